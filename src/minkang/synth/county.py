"""The plan of a county before anyone lives in it: places and their sizes, institutions, staff, outbreaks, chunks."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from minkang.errors import Fault
from minkang.synth.arrays import Columns, Floats, Ints, day, pick
from minkang.synth.catalogue import index, rows
from minkang.synth.mortality import Mortality, fit
from minkang.synth.names import full_names
from minkang.synth.region import Institution, Region

CHUNK = 20_000
PEOPLE_A_PLACE = 150
FIRST_YEAR, LAST_YEAR = 2019, 2025
HOSPITALS = ("general", "tcm", "mch", "specialist")


@dataclass(frozen=True)
class County:
    """What every chunk shares.

    Attributes:
        places: codes of the places used, in order of code; `people` and `children` (school) sizes beside them.
        institutions: those that take part; `clinic[p]` and `centre[p]` are positions of place p's village clinic
            and township centre.
        staff: columns `id`, `institution`, `kind` (doctor, village-doctor, nurse), `male`, `name`; `first` and
            `doctors` give the run of those who see patients in each institution.
        chunks: for each chunk the half-open range of places.
    """

    region: Region
    people: int
    years: tuple[int, int]
    seed: int
    places: tuple[str, ...]
    sizes: Ints
    institutions: tuple[Institution, ...]
    clinic: Ints
    centre: Ints
    staff: Columns
    first: Ints
    doctors: Ints
    outbreaks: Columns
    chunks: tuple[tuple[int, int], ...]
    mortality: Mortality

    @property
    def begin(self) -> int:
        """First day."""
        return day(self.years[0])

    @property
    def end(self) -> int:
        """The day after the last."""
        return day(self.years[1] + 1)

    def rng(self, name: str, chunk: int = -1) -> np.random.Generator:
        """A stream of its own for every purpose and chunk, so that a change in one moves no other."""
        key = (zlib.crc32(self.region.id.encode()), chunk + 1, zlib.crc32(name.encode()))
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=key)))

    def of_kind(self, *kinds: str) -> Ints:
        """Positions of the institutions of these kinds."""
        return np.array([i for i, one in enumerate(self.institutions) if one.kind in kinds], dtype=np.int64)

    def beds(self, institutions: Ints) -> Floats:
        """Their beds, one at least, as weights for who goes where."""
        return np.array([self.institutions[number].beds + 1.0 for number in institutions])

    def a_doctor(self, rng: np.random.Generator, institution: Ints) -> Ints:
        """A doctor of each institution, at random; -1 where it has none."""
        count = self.doctors[institution]
        chosen = self.first[institution] + (rng.random(len(institution)) * count).astype(np.int64)
        return np.where(count > 0, chosen, -1)


def plan(region: Region, people: int, years: tuple[int, int], seed: int) -> County:
    """Lay out a county of about `people` residents.

    Raises:
        Fault: `SYNTH-003` for sizes or years out of range.
    """
    first, last = years
    if not (100 <= people <= 10_000_000 and FIRST_YEAR <= first <= last <= LAST_YEAR):
        raise Fault("SYNTH-003", f"people={people}, years={first}..{last}", first=FIRST_YEAR, last=LAST_YEAR)
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(zlib.crc32(b"plan"),))))
    places = _places(rng, region, people)
    sizes = _sizes(rng, region, places, people, first)
    institutions, clinic, centre = _institutions(region, places)
    staff, first_staff, doctors = _staff(rng, region, institutions, people)
    return County(
        region=region,
        people=people,
        years=years,
        seed=seed,
        places=places,
        sizes=sizes,
        institutions=institutions,
        clinic=clinic,
        centre=centre,
        staff=staff,
        first=first_staff,
        doctors=doctors,
        outbreaks=_outbreaks(rng, sizes, people, years),
        chunks=_chunks(sizes),
        mortality=fit(region),
    )


def _places(rng: np.random.Generator, region: Region, people: int) -> tuple[str, ...]:
    """All places of a full county; of a small one a few of every township, so that places keep a size."""
    townships = sorted({place[:9] for place in region.places})
    wanted = int(np.clip(people // PEOPLE_A_PLACE, min(len(townships), people // 50), len(region.places)))
    order = rng.permutation(len(region.places))
    rank = dict.fromkeys(townships, 0)
    keyed = []
    for number in order:
        code = region.places[number]
        share = float(region.residents[2020, code[:9]].sum())
        keyed.append((rank[code[:9]] / max(share, 1.0), -share, code))
        rank[code[:9]] += 1
    return tuple(sorted(code for _, _, code in sorted(keyed)[:wanted]))


def _sizes(rng: np.random.Generator, region: Region, places: tuple[str, ...], people: int, year: int) -> Ints:
    """Residents of each place: its township's share over its places, uneven as villages are."""
    townships = [place[:9] for place in places]
    share = np.array([region.residents[year, one].sum() / townships.count(one) for one in townships])
    share = share * rng.gamma(6.0, 1 / 6.0, len(places))
    edges = np.round(np.cumsum(share) / share.sum() * people).astype(np.int64)
    return np.diff(np.concatenate([[0], edges]))


def _institutions(region: Region, places: tuple[str, ...]) -> tuple[tuple[Institution, ...], Ints, Ints]:
    """County institutions, those of the townships used, and the clinics of the places used."""
    townships = {place[:9] for place in places}
    used = tuple(
        one
        for one in region.institutions
        if one.kind not in {"village", "clinic", "township", "community"}
        or (one.kind in {"township", "community"} and one.division in townships)
        or (one.kind == "village" and one.division in places)
    )
    at = {one.division: i for i, one in enumerate(used) if one.kind in {"village", "township", "community"}}
    centre = np.array([at[place[:9]] for place in places], dtype=np.int64)
    clinic = np.array([at.get(place, at[place[:9]]) for place in places], dtype=np.int64)
    return used, clinic, centre


def _staff(
    rng: np.random.Generator, region: Region, institutions: tuple[Institution, ...], people: int
) -> tuple[Columns, Ints, Ints]:
    """Doctors and nurses as many as the published figures per 1000 people give, a doctor at least in each institution.

    A village clinic has one village doctor (乡村医生), who is not counted among the licensed doctors.

    Returns:
        the staff, and for each institution the first and the number of those who see patients.
    """
    facts = region.facts["resources"]
    scale = people / region.facts["population"]["people_2020"]
    village = np.array([one.kind == "village" for one in institutions])
    weight = np.array([_weight(one) for one in institutions])
    counts = []
    for total, least in ((facts["doctors"], 1), (facts["nurses"], 0)):
        given = np.round(total * scale * weight / weight.sum()).astype(np.int64)
        counts.append(np.where(weight > 0, np.maximum(given, least), 0))
    treating = counts[0] + village
    per = treating + counts[1]
    first = np.cumsum(per) - per
    institution = np.repeat(np.arange(len(institutions)), per)
    nurse = (np.arange(len(institution)) - first[institution]) >= treating[institution]
    kind = np.where(nurse, "nurse", np.where(village[institution], "village-doctor", "doctor")).astype(object)
    male = rng.random(len(institution)) < np.where(nurse, 0.04, 0.55)
    born = day(1958) + (rng.random(len(institution)) * 40 * 365).astype(np.int64)
    staff: Columns = {
        "id": np.arange(len(institution)),
        "institution": institution,
        "kind": kind,
        "male": male,
        "name": full_names(rng, born, male),
    }
    return staff, first, treating


def _weight(one: Institution) -> float:
    if one.kind in {"commission", "insurance", "village"}:
        return 0.0
    return float(one.beds) if one.beds else 8.0


OUTBREAKS = (("diarrhoea", 2.0), ("hfmd", 2.0), ("varicella", 2.0), ("influenza", 2.5), ("mumps", 1.0))
SEASON = {"diarrhoea": (10, 2), "hfmd": (5, 7), "varicella": (10, 12), "influenza": (11, 1), "mumps": (4, 6)}


def _outbreaks(rng: np.random.Generator, sizes: Ints, people: int, years: tuple[int, int]) -> Columns:
    """Outbreaks of known disease, place, first day and size; about two per 20,000 people and year, at least two."""
    span = years[1] - years[0] + 1
    count = max(2, round(people / 20_000 * span * 2))
    kind = pick(rng, [weight for _, weight in OUTBREAKS], count)
    year = rng.integers(years[0], years[1] + 1, count)
    first = np.empty(count, dtype=np.int64)
    for number in range(count):
        month, until = SEASON[OUTBREAKS[kind[number]][0]]
        length = (until - month) % 12 * 30 + 25
        first[number] = day(int(year[number]), month, 3) + int(rng.integers(0, length))
    last_day = day(years[1] + 1) - 30
    first = np.minimum(first, last_day)
    place = pick(rng, sizes.astype(np.float64) ** 1.2, count)
    names = [OUTBREAKS[k][0] for k in kind]
    return {
        "id": np.arange(count),
        "disease": np.array([index("diseases")[name] for name in names], dtype=np.int64),
        "place": place,
        "setting": np.array([rows("diseases")[index("diseases")[name]]["outbreak"] for name in names], dtype=object),
        "first": first,
        "planned": rng.integers(8, 31, count),
    }


def _chunks(sizes: Ints) -> tuple[tuple[int, int], ...]:
    """Runs of whole places of about CHUNK people each, so that memory does not grow with the county."""
    number = (np.cumsum(sizes) - 1) // CHUNK
    edges = np.flatnonzero(np.diff(number)) + 1
    starts = [0, *edges.tolist()]
    return tuple(zip(starts, [*edges.tolist(), len(sizes)], strict=True))
