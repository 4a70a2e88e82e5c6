"""Year by year: who dies, marries, leaves and is born."""

from __future__ import annotations

import numpy as np

from minkang.synth.arrays import NEVER, Columns, Ints, day, pair, pick, pick_by
from minkang.synth.cards import address_code, card_numbers
from minkang.synth.catalogue import number, numbers
from minkang.synth.chunk import Chunk
from minkang.synth.names import given

FERTILE_AGE = (19, 22, 25, 28, 31, 34, 38, 42, 46)
FERTILE = (0.0, 0.45, 1.0, 1.1, 0.85, 0.55, 0.24, 0.05, 0.0)
ID_DELAY_DAYS = 45
COUNTIES_BESIDE = 60


def live(chunk: Chunk) -> Columns:
    """Run all years and one more of pregnancies that are not yet over.

    Returns:
        deliveries: `mother` (position), `day`, `first` (position of the first child, -1 where the birth lies after
        the last day), `children`.
    """
    rng = chunk.rng("lives")
    deliveries: list[Columns] = []
    first, last = chunk.county.years
    last_birth = _last_births(chunk)
    for year in range(first, last + 2):
        if year <= last:
            _die(chunk, rng, year)
            _marry(chunk, rng, year)
            _leave(chunk, rng, year)
        deliveries.append(_deliver(chunk, rng, year, last_birth))
    _name_changes(chunk, rng)
    _cards(chunk, rng)
    _causes(chunk, rng)
    return {name: np.concatenate([part[name] for part in deliveries]) for name in deliveries[0]}


def in_winter(rng: np.random.Generator, year: int, size: int, depth: float = 0.25) -> Ints:
    """Days of a year, more of them in winter (a cosine of the given depth, highest in mid-January)."""
    length = day(year + 1) - day(year)
    weights = 1 + depth * np.cos(2 * np.pi * (np.arange(length) - 15) / length)
    return day(year) + pick(rng, weights, size)


def _die(chunk: Chunk, rng: np.random.Generator, year: int) -> None:
    """Deaths from the first birthday on; those in the first year of life are drawn at birth."""
    people = chunk.people
    start = day(year)
    lives = (people["death"] == NEVER) & (people["birth"] < start - 365)
    stays = (people["resident_to"] > start) & (people["resident_from"] < start)
    alive = np.flatnonzero(lives & stays)
    age = chunk.age(start)[alive]
    chance = chunk.county.mortality.within_a_year(age, people["male"][alive])
    dying = alive[rng.random(len(alive)) < chance]
    people["death"][dying] = in_winter(rng, year, len(dying))


def _marry(chunk: Chunk, rng: np.random.Generator, year: int) -> None:
    """Single men and women marry; she moves to his household."""
    people = chunk.people
    middle = day(year, 6, 30)
    age = chunk.age(middle)
    free = chunk.here(middle) & (people["spouse"] < 0)
    men = np.flatnonzero(free & people["male"] & (age > 22) & (age < 42) & (rng.random(chunk.size) < 0.16))
    women = np.flatnonzero(free & ~people["male"] & (age > 20) & (age < 40) & (rng.random(chunk.size) < 0.16))
    i, j = pair(rng, (age[men] // 4).astype(np.int64), ((age[women] + 2) // 4).astype(np.int64))
    i, j = men[i], women[j]
    kin = (people["mother"][i] == people["mother"][j]) & (people["mother"][i] >= 0)
    i, j = i[~kin], j[~kin]
    when = day(year) + rng.integers(0, 365, len(i))
    people["spouse"][i], people["spouse"][j] = j, i
    if len(i):
        chunk.add("moves", person=j, day=when, kind="marriage", place_from=people["place"][j],
                  place_to=people["place"][i])  # fmt: skip
    people["place"][j] = people["place"][i]
    people["household"][j] = people["household"][i]


def _leave(chunk: Chunk, rng: np.random.Generator, year: int) -> None:
    """Seven in a thousand move away for good, most of them young."""
    people = chunk.people
    start = day(year)
    age = chunk.age(start)
    chance = np.where((age > 17) & (age < 45), 0.012, 0.003)
    going = np.flatnonzero(chunk.here(start) & (people["resident_from"] < start) & (rng.random(chunk.size) < chance))
    when = day(year) + rng.integers(0, 365, len(going))
    going, when = going[people["death"][going] > when], when[people["death"][going] > when]
    people["resident_to"][going] = when
    if len(going):
        chunk.add("moves", person=going, day=when, kind="out", place_from=people["place"][going], place_to=-1)


def _last_births(chunk: Chunk) -> Ints:
    last = np.full(chunk.size, -NEVER, dtype=np.int64)
    linked = np.flatnonzero(chunk.people["mother"] >= 0)
    np.maximum.at(last, chunk.people["mother"][linked], chunk.people["birth"][linked])
    return last


def _deliver(chunk: Chunk, rng: np.random.Generator, year: int, last_birth: Ints) -> Columns:
    """Births of a year to married women, at the region's rate; children die in their first year as published."""
    people = chunk.people
    last_year = chunk.county.years[1]
    middle = day(year, 7, 1)
    rates = chunk.county.region.births
    rate = rates[min(year, last_year)] / 1000
    age = chunk.age(middle)
    when = day(year) + rng.integers(0, 365, chunk.size)
    size = len(last_birth)
    last = np.concatenate([last_birth, np.full(chunk.size - size, -NEVER, dtype=np.int64)])
    able = ~people["male"] & (people["spouse"] >= 0) & chunk.here(when) & chunk.here(when - 280) & (when - last > 420)
    weight = np.where(able, np.interp(age, FERTILE_AGE, FERTILE), 0.0)
    expected = rate * float(chunk.here(min(middle, chunk.county.end - 1)).sum()) / 1.012
    chance = np.minimum(weight * expected / max(weight.sum(), 1e-9), 0.8)
    mothers = np.flatnonzero(rng.random(chunk.size) < chance)
    days = when[mothers]
    children = 1 + (rng.random(len(mothers)) < 0.012).astype(np.int64)
    first = np.full(len(mothers), -1, dtype=np.int64)
    if year <= last_year:
        first = _append(chunk, rng, mothers, days, children)
        last_birth[mothers[mothers < size]] = days[mothers < size]
    return {"mother": mothers, "day": days, "first": first, "children": children}


def _append(chunk: Chunk, rng: np.random.Generator, mothers: Ints, days: Ints, children: Ints) -> Ints:
    """Put newborns at the end of all columns; returns the position of each delivery's first child."""
    people = chunk.people
    before = chunk.size
    first = before + np.cumsum(children) - children
    of = np.repeat(np.arange(len(mothers)), children)
    mother, birth = mothers[of], days[of]
    size = len(of)
    position = np.arange(before, before + size)
    twin = np.full(size, -1, dtype=np.int64)
    second = position != first[of]
    twin[second] = first[of][second]
    twin[np.flatnonzero(second) - 1] = position[second]
    male = rng.random(size) < 0.525
    alike = np.flatnonzero(second)[rng.random(int(second.sum())) < 0.6]
    male[alike] = male[alike - 1]
    father = people["spouse"][mother]
    more: Columns = {
        "place": people["place"][mother], "male": male, "birth": birth, "mother": mother, "father": father,
        "spouse": np.full(size, -1), "twin": twin, "married_in": np.zeros(size, bool),
        "resident_from": birth, "resident_to": np.full(size, NEVER), "death": _infant_deaths(chunk, rng, birth),
        "household": people["household"][mother], "away": np.zeros(size, bool), "left_behind": np.zeros(size, bool),
        "surname": people["surname"][np.where(rng.random(size) < 0.96, father, mother)],
        "given": given(rng, birth, male),
    }  # fmt: skip
    for name, column in more.items():
        people[name] = np.concatenate([people[name], column.astype(people[name].dtype)])
    return first


def _infant_deaths(chunk: Chunk, rng: np.random.Generator, birth: Ints) -> Ints:
    """Death days of newborns: half within a week, a fifth within the month, the rest within the year."""
    size = len(birth)
    phase = rng.random(size)
    after = np.where(phase < 0.52, rng.integers(0, 7, size), np.where(phase < 0.74, rng.integers(7, 28, size),
                     rng.integers(28, 365, size)))  # fmt: skip
    dies = rng.random(size) < chunk.county.mortality.infant
    return np.where(dies, birth + after, NEVER)


def _name_changes(chunk: Chunk, rng: np.random.Generator) -> None:
    """Four in ten thousand change their given name within the years; the register then shows the new one."""
    people = chunk.people
    first, last = chunk.county.years
    who = np.flatnonzero(rng.random(chunk.size) < 0.0004 * (last - first + 1))
    if not len(who):
        return
    fresh = given(rng, people["birth"][who], people["male"][who])
    low = np.maximum(people["birth"][who] + 400, chunk.county.begin)
    room = np.maximum(np.minimum(chunk.leaves(who), chunk.county.end) - low, 1)
    when = low + (rng.random(len(who)) * room).astype(np.int64)
    good = (when < chunk.county.end) & (when < chunk.leaves(who)) & (fresh != people["given"][who])
    who, fresh, when = who[good], fresh[good], when[good]
    if len(who):
        family = people["surname"][who]
        chunk.add("name_changes", person=who, day=when, before=family + people["given"][who], after=family + fresh)
        people["given"][who] = fresh


def _cards(chunk: Chunk, rng: np.random.Generator) -> None:
    """ID numbers; 0.6 percent of the old never had a card, newborns get theirs after some weeks."""
    people = chunk.people
    county = chunk.county
    size = chunk.size
    city = int(county.region.code[2:4]) * 100
    away = people["married_in"] & (rng.random(size) < 0.25)
    moved = people["resident_from"] > np.maximum(people["birth"], county.begin)
    other = np.where(away, city + rng.integers(1, COUNTIES_BESIDE, size), 0)
    other = np.where(moved, rng.integers(100, 5000, size), other)
    address = address_code(county.region.facts["impossible_province"], county.region.code, chunk.number, other)
    people["card"] = card_numbers(address, people["birth"], people["male"], chunk.number)
    born_here = people["birth"] >= county.begin
    delay = np.where(born_here, 3 + rng.exponential(ID_DELAY_DAYS, size), 0).astype(np.int64)
    without = (chunk.age(county.begin) > 75) & (rng.random(size) < 0.006)
    people["card_from"] = np.where(without, NEVER, people["birth"] + delay)
    people["card_from"] = np.where(people["card_from"] >= people["death"], NEVER, people["card_from"])
    people["name"] = np.asarray(people["surname"] + people["given"], dtype=object)


def _causes(chunk: Chunk, rng: np.random.Generator) -> None:
    """What each died of, by age and sex; at home, in a hospital, or elsewhere."""
    people = chunk.people
    dead = np.flatnonzero(people["death"] < np.minimum(chunk.county.end, people["resident_to"]))
    late = people["death"] >= people["resident_to"]
    people["death"] = np.where(late | (people["death"] >= chunk.county.end), NEVER, people["death"])
    if not len(dead):
        return
    age = (people["death"][dead] - people["birth"][dead]) / 365.2425
    group = np.searchsorted([1, 15, 45, 70], age, side="right")
    by_age = numbers("causes", "a0", "a1", "a2", "a3", "a4").T
    men = number("causes", "men")
    share = men / (1 + men)
    table = np.concatenate([by_age * share, by_age * (1 - share)])
    cause = pick_by(rng, table, group + np.where(people["male"][dead], 0, 5))
    where = pick(rng, (0.24, 0.05, 0.67, 0.04), len(dead))
    hospitals = chunk.county.of_kind("general", "tcm")
    institution = np.where(where == 0, hospitals[rng.integers(0, len(hospitals), len(dead))],
                           np.where(where == 1, chunk.centre(dead), chunk.clinic(dead)))  # fmt: skip
    chunk.add("deaths", person=dead, day=people["death"][dead], cause=cause, setting=where, institution=institution)
