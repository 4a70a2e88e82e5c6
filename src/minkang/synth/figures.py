"""What each indicator really is in a truth: numerators and denominators by year, and a life table over all years.

Counts add over chunks, so a county of any size is measured in the memory of one chunk. Definitions are those of the
norms (1.4 to 1.10, 5.1, 5.2); they are counted from the truth, not from any record, so that a figure computed from
records can be judged by them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from minkang.synth.arrays import NEVER, YEAR, Bools, Columns, Floats, Ints, day, years_of
from minkang.synth.catalogue import index, number
from minkang.synth.truth import Truth

EDGES = np.array([1, 5, *range(10, 90, 5)], dtype=np.float64)
WIDTHS = np.array([1, 4] + [5] * 16 + [np.inf])
WITHIN = np.array([0.1, 0.4] + [0.5] * 17)
UNITS = {
    "birth_rate": 1000, "infant_mortality": 1000, "under_five_mortality": 1000, "tuberculosis_incidence": 100_000,
    "outpatient_visits": 1, "admissions": 1000, "bed_days": 1, "doctors": 1000, "nurses": 1000,
}  # fmt: skip


@dataclass
class Figures:
    """Counts of a truth.

    Attributes:
        years: first and last.
        counts: indicator to an array of shape (years, 2): numerator, denominator.
        deaths, exposure, chronic: deaths, person-years and deaths of the four chronic diseases by 19 age groups.
    """

    years: tuple[int, int]
    counts: dict[str, Floats] = field(default_factory=dict)
    deaths: Floats = field(default_factory=lambda: np.zeros(19))
    exposure: Floats = field(default_factory=lambda: np.zeros(19))
    chronic: Floats = field(default_factory=lambda: np.zeros(19))

    def add(self, name: str, year: int, numerator: float, denominator: float) -> None:
        """Count some more."""
        table = self.counts.setdefault(name, np.zeros((self.years[1] - self.years[0] + 1, 2)))
        table[year - self.years[0]] += (numerator, denominator)

    def value(self, name: str, year: int | None = None) -> float:
        """An indicator in its usual unit (percent unless `UNITS` says otherwise); of all years where none is named."""
        table = self.counts[name]
        top, bottom = table.sum(axis=0) if year is None else table[year - self.years[0]]
        return float(top / bottom * UNITS.get(name, 100)) if bottom else float("nan")

    def life_expectancy(self) -> float:
        """Years at birth, abridged life table by Chiang over all years."""
        rate = self.deaths / np.maximum(self.exposure, 1e-9)
        alive, years = 1.0, 0.0
        for group in range(18):
            width = WIDTHS[group]
            dying = width * rate[group] / (1 + width * (1 - WITHIN[group]) * rate[group])
            years += alive * width * (1 - dying * (1 - WITHIN[group]))
            alive *= 1 - dying
        return float(years + alive / max(rate[18], 1e-9))

    def premature_mortality(self) -> float:
        """Percent who would die of the four chronic diseases between 30 and 70 (norms, 5.2)."""
        rate = (self.chronic / np.maximum(self.exposure, 1e-9))[7:15]
        return float(100 * (1 - np.prod(1 - 5 * rate / (1 + 2.5 * rate))))


def measure(truth: Truth | Iterable[Truth]) -> Figures:
    """Count all indicators of a truth, whole or chunk by chunk."""
    figures: Figures | None = None
    for part in [truth] if isinstance(truth, Truth) else truth:
        figures = figures or Figures(part.county.years)
        count(part, figures)
    if figures is None:
        raise ValueError("no truth")
    return figures


def count(part: Truth, figures: Figures) -> None:
    """Add what one chunk has to the figures."""
    if "doctors" not in figures.counts:
        _resources(part, figures)
    for year in range(figures.years[0], figures.years[1] + 1):
        _people(part, figures, year)
        _care(part, figures, year)
        _programmes(part, figures, year)
        _children(part, figures, year)


def _here(one: Columns, at: int) -> Bools:
    alive = (one["birth"] <= at) & (one["death"] > at)
    return np.asarray(alive & (one["resident_from"] <= at) & (one["resident_to"] > at) & ~one["away"])


def _in(days: Ints, year: int) -> Bools:
    return np.asarray((days >= day(year)) & (days < day(year + 1)))


def _of(truth: Truth, person: Ints) -> Ints:
    """Rows of persons by id."""
    return np.searchsorted(truth.tables["persons"]["id"], person).astype(np.int64)


def _resources(truth: Truth, figures: Figures) -> None:
    doctors = int((truth.county.staff["kind"] == "doctor").sum())
    nurses = int((truth.county.staff["kind"] == "nurse").sum())
    for year in range(figures.years[0], figures.years[1] + 1):
        figures.add("doctors", year, doctors, truth.county.people)
        figures.add("nurses", year, nurses, truth.county.people)


def _people(truth: Truth, figures: Figures, year: int) -> None:
    persons, deaths, births = (truth.tables[name] for name in ("persons", "deaths", "births"))
    middle = day(year, 7, 1)
    here = _here(persons, middle)
    residents = float(here.sum())
    born = _in(births["day"], year)
    figures.add("birth_rate", year, float(born.sum()), residents)
    group = np.searchsorted(EDGES, (middle - persons["birth"]) / YEAR, side="right")
    figures.exposure += np.bincount(group[here], minlength=19)[:19]
    dead = _in(deaths["day"], year)
    age = (deaths["day"] - persons["birth"][_of(truth, deaths["person"])]) / YEAR
    at = np.searchsorted(EDGES, age, side="right")
    figures.deaths += np.bincount(at[dead], minlength=19)[:19]
    chronic = dead & (number("causes", "ncd")[deaths["cause"]] > 0)
    figures.chronic += np.bincount(at[chronic], minlength=19)[:19]
    figures.add("infant_mortality", year, float((dead & (age < 1)).sum()), float(born.sum()))
    figures.add("under_five_mortality", year, float((dead & (age < 5)).sum()), float(born.sum()))
    cases = truth.tables["notifications"]
    tuberculosis = (cases["disease"] == index("diseases")["tuberculosis"]) & _in(cases["diagnosed"], year)
    figures.add("tuberculosis_incidence", year, float(tuberculosis.sum()), residents)


def _care(truth: Truth, figures: Figures, year: int) -> None:
    residents = float(_here(truth.tables["persons"], day(year, 7, 1)).sum())
    encounters, stays = truth.tables["encounters"], truth.tables["admissions"]
    visits = (encounters["kind"] == "outpatient") & _in(encounters["day"], year)
    figures.add("outpatient_visits", year, float(visits.sum()), residents)
    inside = _in(stays["day"], year)
    figures.add("admissions", year, float(inside.sum()), residents)
    figures.add("bed_days", year, float((stays["to_day"] - stays["day"])[inside].sum()), residents)
    contracts = truth.tables["contracts"]
    figures.add("family_doctor_contracts", year, float(_in(contracts["day"], year).sum()), residents)


def _programmes(truth: Truth, figures: Figures, year: int) -> None:
    """Managed to the standard: of those with services due in the year, those who got every one."""
    followups = truth.tables["followups"]
    here = _in(followups["due"], year)
    for name, programmes in (("chronic_standard_management", ("hypertension", "diabetes")),
                             ("mental_management", ("mental",)), ("elderly_examination", ("elderly",))):  # fmt: skip
        rows = np.flatnonzero(here & np.isin(followups["programme"], programmes))
        person, at = np.unique(followups["person"][rows], return_inverse=True)
        missed = np.bincount(at, weights=(followups["status"][rows] == "missed").astype(float), minlength=len(person))
        figures.add(name, year, float((missed == 0).sum()), float(len(person)))
    for kind in ("hypertension", "diabetes"):
        _control(truth, figures, year, kind)
    pregnancies = truth.tables["pregnancies"]
    over = _in(pregnancies["delivered"], year) & (pregnancies["conceived"] >= truth.county.begin)
    total = float(over.sum())
    figures.add("maternal_systematic_management", year, float((over & pregnancies["systematic"]).sum()), total)
    figures.add("prenatal_screening", year, float((over & pregnancies["screened"]).sum()), total)


def _control(truth: Truth, figures: Figures, year: int, kind: str) -> None:
    """Control at the last visit of the year (class 1 or, for adverse reactions, not judged), over those seen."""
    observations = truth.tables["observations"]
    rows = np.flatnonzero(
        (observations["kind"] == index("observations")[f"{kind}_visit"]) & _in(observations["day"], year)
    )
    order = rows[np.lexsort((observations["day"][rows], observations["person"][rows]))]
    person = observations["person"][order]
    last = np.append(person[1:] != person[:-1], True) if len(person) else np.zeros(0, bool)
    good = observations["value"][order[last]] == 1
    figures.add(f"{kind}_control", year, float(good.sum()), float(last.sum()))


def _children(truth: Truth, figures: Figures, year: int) -> None:
    """Under three: every examination due in the year took place; at seven: all doses due were given."""
    followups, doses = truth.tables["followups"], truth.tables["vaccinations"]
    persons = truth.tables["persons"]
    rows = np.flatnonzero((followups["programme"] == "child") & _in(followups["due"], year))
    young = (followups["due"][rows] - persons["birth"][_of(truth, followups["person"][rows])]) < 3 * YEAR + 20
    rows = rows[young]
    person, at = np.unique(followups["person"][rows], return_inverse=True)
    missed = np.bincount(at, weights=(followups["status"][rows] == "missed").astype(float), minlength=len(person))
    figures.add("child_systematic_management", year, float((missed == 0).sum()), float(len(person)))
    birth = persons["birth"][_of(truth, doses["person"])]
    rows = np.flatnonzero((years_of(birth) == year - 2) & (doses["due"] < birth + 2 * YEAR - 60))
    person, at = np.unique(doses["person"][rows], return_inverse=True)
    lacking = np.bincount(at, weights=(doses["day"][rows] >= NEVER).astype(float), minlength=len(person))
    figures.add("full_vaccination", year, float((lacking == 0).sum()), float(len(person)))
