"""Who lives with whom on the first day: couples, mothers, fathers, twins, households, migrants, surnames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minkang.synth.arrays import NEVER, YEAR, Bools, Floats, Ints, Texts, age_at, pair, pick, pick_by
from minkang.synth.chunk import Chunk, never
from minkang.synth.names import given, surnames

LOW = np.array([0, 1, *range(5, 90, 5)], dtype=np.float64)
WIDTH = np.array([1, 4] + [5] * 17, dtype=np.float64)
OLDEST_SPREAD = 5.8  # years beyond 85, as a population with this mortality has it
MARRIED_AGE = np.array([19, 22, 26, 31, 36, 60, 70, 80, 95], dtype=np.float64)
MARRIED_MEN = np.array([0.0, 0.08, 0.5, 0.84, 0.93, 0.94, 0.9, 0.78, 0.5])
MARRIED_WOMEN = np.array([0.0, 0.25, 0.75, 0.95, 0.98, 0.92, 0.78, 0.48, 0.15])


@dataclass(frozen=True)
class Folk:
    """People before they have names: place, sex, birth, spouse and mother (positions, -1), and the day they enter."""

    place: Ints
    male: Bools
    birth: Ints
    spouse: Ints
    mother: Ints
    enters: Ints


def settle(chunk: Chunk) -> None:
    """Fill `chunk.people` with the residents of the first day and those who will move in later."""
    rng = chunk.rng("settle")
    place, male, birth, enters = _draw(chunk, rng)
    begin = chunk.county.begin
    age = age_at(birth, begin)
    married, widowed = _marital(rng, age, male)
    spouse, place = _couples(rng, age, male, married & (enters <= begin), place)
    folk = Folk(place, male, birth, spouse, np.full(len(birth), -1, dtype=np.int64), enters)
    _find_mothers(rng, folk, age, widowed & ~male)
    folk, twin = _twins(rng, folk, begin)
    place, male, birth, spouse, mother = folk.place, folk.male, folk.birth, folk.spouse, folk.mother
    size = len(birth)
    father = np.where(mother >= 0, spouse[mother], -1)
    married_in = (spouse >= 0) & ~male & (rng.random(size) < 0.8)
    mother, father = np.where(married_in, -1, mother), np.where(married_in, -1, father)
    chunk.people.update(
        place=place, male=male, birth=birth, spouse=spouse, mother=mother, father=father, twin=twin,
        married_in=married_in, resident_from=folk.enters, resident_to=never(size), death=never(size),
    )  # fmt: skip
    chunk.people["household"] = _households(rng, age_at(birth, begin), male, spouse, mother)
    _migrants(chunk, rng)
    chunk.people["surname"] = _surnames(chunk, rng)
    chunk.people["given"] = given(rng, birth, male)


def _draw(chunk: Chunk, rng: np.random.Generator) -> tuple[Ints, Bools, Ints, Ints]:
    """Place, sex and birth of everyone, and the day movers come."""
    county = chunk.county
    first_year, last_year = county.years
    used = np.arange(chunk.first_place, chunk.last_place)
    place = np.repeat(used, county.sizes[used])
    tables = np.array([county.region.residents[first_year, county.places[p][:9]].ravel() for p in used])
    cell = pick_by(rng, tables, place - chunk.first_place)
    group = cell % 19
    age = LOW[group] + rng.random(len(place)) * WIDTH[group]
    old = group == 18
    age[old] = np.minimum(85 + rng.exponential(OLDEST_SPREAD, int(old.sum())), 104)
    movers = int(len(place) * 0.006 * (last_year - first_year + 1))
    place = np.concatenate([place, pick(rng, county.sizes[used].astype(np.float64), movers) + chunk.first_place])
    male = np.concatenate([cell < 19, rng.random(movers) < 0.5])
    age = np.concatenate([age, 18 + rng.gamma(2.2, 6.0, movers)])
    birth = (county.begin - age * YEAR).astype(np.int64)
    enters = np.full(len(place), -NEVER, dtype=np.int64)
    enters[len(place) - movers :] = rng.integers(county.begin + 1, county.end, movers)
    return place, male, birth, enters


def _marital(rng: np.random.Generator, age: Floats, male: Bools) -> tuple[Bools, Bools]:
    chance = np.where(male, np.interp(age, MARRIED_AGE, MARRIED_MEN), np.interp(age, MARRIED_AGE, MARRIED_WOMEN))
    married = rng.random(len(age)) < chance
    return married, ~married & (age > 45) & (rng.random(len(age)) < np.where(male, 0.5, 0.95))


def _couples(rng: np.random.Generator, age: Floats, male: Bools, married: Bools, place: Ints) -> tuple[Ints, Ints]:
    """Pair married men with women about two years younger: first within the place, then within the chunk.

    Returns:
        everyone's spouse (-1 for none), and the places after women of other places moved to their husbands'.
    """
    spouse = np.full(len(age), -1, dtype=np.int64)
    place = place.copy()
    for shift, local in ((0.0, True), (2.5, True), (1.2, False), (3.5, False)):
        men = np.flatnonzero(married & male & (spouse < 0))
        women = np.flatnonzero(married & ~male & (spouse < 0))
        band_m, band_w = ((age[men] + shift) // 5).astype(np.int64), ((age[women] + 2 + shift) // 5).astype(np.int64)
        i, j = pair(rng, place[men] * local * 100 + band_m, place[women] * local * 100 + band_w)
        spouse[men[i]], spouse[women[j]] = women[j], men[i]
        place[women[j]] = place[men[i]]
    return spouse, place


def _find_mothers(rng: np.random.Generator, folk: Folk, age: Floats, widow: Bools) -> None:
    """A mother for the young and, where one lives, for the grown: 18 to 44 years older, of the same place.

    No two children of one mother are born within 330 days (twins are made afterwards), and none has over five.
    """
    birth, place, spouse, mother, male = folk.birth, folk.place, folk.spouse, folk.mother, folk.male
    women = np.flatnonzero(~male & ((spouse >= 0) | widow))
    wide = 200_000
    order = women[np.argsort(place[women] * wide + birth[women] + 60_000, kind="stable")]
    keys = place[order] * wide + birth[order] + 60_000
    for attempt in range(6):
        single = spouse < 0
        child = np.flatnonzero((mother < 0) & (age < 62) & ~(~male & (age > 24) & ~single))
        gap = np.clip(rng.normal(26.0, 4.6, len(child)), 18.2, 43) * YEAR
        at = np.searchsorted(keys, place[child] * wide + birth[child] - gap.astype(np.int64) + 60_000)
        at = np.clip(at + rng.integers(-1 - attempt, 2 + attempt, len(child)), 0, len(order) - 1)
        found = order[at]
        years = (birth[child] - birth[found]) / YEAR
        good = (place[found] == place[child]) & (years > 18) & (years < 44)
        mother[child[good]] = found[good]
        _space(mother, birth)


def _space(mother: Ints, birth: Ints) -> None:
    """Undo links that give a mother children too close in time, or more than five."""
    for _ in range(3):
        linked = np.flatnonzero(mother >= 0)
        order = linked[np.lexsort((birth[linked], mother[linked]))]
        same = mother[order][1:] == mother[order][:-1]
        close = same & (np.diff(birth[order]) < 330)
        mother[order[1:][close]] = -1
        linked = order[mother[order] >= 0]
        rank = np.zeros(len(birth), dtype=np.int64)
        owner = mother[linked]
        starts = np.concatenate([[True], owner[1:] != owner[:-1]])
        place = np.arange(len(linked))
        rank[linked] = place - np.maximum.accumulate(np.where(starts, place, 0)) if len(linked) else 0
        mother[linked[rank[linked] >= 5]] = -1


def _twins(rng: np.random.Generator, folk: Folk, begin: int) -> tuple[Folk, Ints]:
    """Give 1.2 percent of those under 40 with a mother a twin, two thirds of one sex; who is whose twin."""
    able = np.flatnonzero((folk.mother >= 0) & (age_at(folk.birth, begin) < 40) & (folk.spouse < 0))
    first = able[rng.random(len(able)) < 0.012]
    size, more = len(folk.birth), len(first)
    twin = np.full(size + more, -1, dtype=np.int64)
    twin[first] = np.arange(size, size + more)
    twin[size:] = first
    same = rng.random(more) < 0.66
    both = Folk(
        place=np.concatenate([folk.place, folk.place[first]]),
        male=np.concatenate([folk.male, np.where(same, folk.male[first], ~folk.male[first])]),
        birth=np.concatenate([folk.birth, folk.birth[first]]),
        spouse=np.concatenate([folk.spouse, np.full(more, -1, dtype=np.int64)]),
        mother=np.concatenate([folk.mother, folk.mother[first]]),
        enters=np.concatenate([folk.enters, folk.enters[first]]),
    )
    return both, twin


def _households(rng: np.random.Generator, age: Floats, male: Bools, spouse: Ints, mother: Ints) -> Ints:
    """One number a household: a couple and its unmarried children; one married son's family stays with his mother."""
    size = len(age)
    own = np.arange(size)
    head = np.where((spouse >= 0) & ~male, spouse, own)  # a couple lives under the husband's number
    child = (mother >= 0) & (spouse < 0) & ((age < 32) | (rng.random(size) < 0.5))
    head = np.where(child, np.where(spouse[mother] >= 0, spouse[mother], mother), head)
    sons = np.flatnonzero(male & (mother >= 0) & (spouse >= 0))
    order = sons[np.lexsort((age[sons], mother[sons]))]
    youngest = np.concatenate([[True], mother[order][1:] != mother[order][:-1]]) if len(order) else np.zeros(0, bool)
    stays = order[youngest & (rng.random(len(order)) < 0.5)]
    up = np.where(spouse[mother[stays]] >= 0, spouse[mother[stays]], mother[stays])
    head[stays] = up
    for _ in range(5):
        head = head[head]
    return head


def _migrants(chunk: Chunk, rng: np.random.Generator) -> None:
    """Parents who work elsewhere; children whose both parents do are left behind."""
    people = chunk.people
    size = chunk.size
    age = chunk.age(chunk.county.begin)
    away = np.zeros(size, dtype=bool)
    children = (age < 14) & (people["mother"] >= 0)
    has_child = np.zeros(size, dtype=bool)
    has_child[people["mother"][children]] = True
    mothers = np.flatnonzero(has_child & (people["spouse"] >= 0) & (age < 42))
    goes = rng.random(len(mothers))
    away[people["spouse"][mothers[goes < 0.09]]] = True
    away[mothers[goes < 0.04]] = True
    people["away"] = away
    mother, father = people["mother"], people["father"]
    people["left_behind"] = children & (mother >= 0) & away[mother] & (father >= 0) & away[father]


def _surnames(chunk: Chunk, rng: np.random.Generator) -> Texts:
    """Fathers hand theirs on; a village has one that a third of its families share."""
    people = chunk.people
    local = surnames(rng, chunk.last_place - chunk.first_place)
    own = surnames(rng, chunk.size)
    out = np.where(~people["married_in"] & (rng.random(chunk.size) < 0.33),
                   local[people["place"] - chunk.first_place], own)  # fmt: skip
    for _ in range(4):
        father = people["father"]
        out = np.where(father >= 0, out[father], out)
    return np.asarray(out, dtype=object)
