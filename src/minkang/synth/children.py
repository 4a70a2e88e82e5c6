"""Vaccination by the national schedule (norms 2.1) and the examinations of children under seven (norms 1.10)."""

from __future__ import annotations

import numpy as np

from minkang.synth.arrays import NEVER, YEAR, Floats, Ints, Texts, day, weekdays
from minkang.synth.catalogue import Row, rows
from minkang.synth.chronic import note_followups
from minkang.synth.chunk import Chunk
from minkang.synth.seen import Seen, Service

SYSTEMATIC = {"wenshang": 0.9395, "yantai": 0.928}
MONTH = YEAR / 12
CHECKS = (1, 3, 6, 8, 12, 18, 24, 30, 36, 48, 60, 72)
HISTORY_YEARS = 7
LOTS = 24
LEAST_INTERVAL = 28
GROWTH_MONTHS = (0, 1, 3, 6, 8, 12, 18, 24, 30, 36, 48, 60, 72)
HEIGHT = (50, 54.5, 62, 67.5, 70.5, 76, 82.5, 88, 92.5, 96.5, 104, 111, 117)
WEIGHT = (3.3, 4.4, 6.6, 8.1, 8.8, 9.9, 11.1, 12.4, 13.5, 14.5, 16.6, 18.7, 21)
HEAD = (34, 37, 40.3, 43, 44.2, 45.8, 46.8, 47.8, 48.4, 49, 0, 0, 0)


def grow(chunk: Chunk) -> None:
    """Doses and examinations of all children: doses since birth, examinations within the years."""
    rng = chunk.rng("vaccination")
    trait = rng.random(chunk.size)
    last: dict[str, Ints] = {}
    for number, row in enumerate(rows("vaccines")):
        before = last.setdefault(row["key"], np.full(chunk.size, -NEVER, dtype=np.int64))
        _dose(chunk, rng, trait, (number, row), before)
    _examine(chunk)


def _dose(chunk: Chunk, rng: np.random.Generator, trait: Floats, dose: tuple[int, Row], last: Ints) -> None:
    """One dose of the schedule for the birth cohort that has it; a tenth come late, very few never.

    `last` is the day of each person's last dose of the series: the next comes 28 days later at the earliest.
    """
    number, row = dose
    people, county = chunk.people, chunk.county
    teenage = row["key"] == "HPV2"
    oldest = -NEVER if teenage else day(county.years[0] - HISTORY_YEARS)
    low, high = max(_date(row["born_from"], -NEVER), oldest), _date(row["born_before"], NEVER)
    able = (people["birth"] >= low) & (people["birth"] < high) & ~people["away"]
    who = np.flatnonzero(able & ~people["male"] if row["sex"] == "2" else able)
    starts, ends = _date(row["from"], -NEVER), _date(row["before"], NEVER)
    due = people["birth"][who] + round(int(row["months"]) * MONTH)
    due = np.maximum(due, starts) if teenage else due
    slow = trait[who] > 0.9
    delay = np.where(slow, rng.exponential(45, len(who)), rng.exponential(9, len(who))).astype(np.int64)
    given = due if row["months"] == "0" else weekdays(due + 2 + delay)
    given = np.maximum(given, last[who] + LEAST_INTERVAL)
    never = (trait[who] > 0.985) & (rng.random(len(who)) < 0.7)
    never |= rng.random(len(who)) < (0.35 if teenage else 0.0025)
    owed = (due >= starts) & (due < np.minimum(ends, county.end)) & chunk.here(due, who)
    owed &= (people["birth"][who] + 14 * YEAR > due) if teenage else True
    took = ~never & (given < county.end) & chunk.here(given, who)
    lots: Texts = np.array([f"{row['key'].replace('-', '')}{2012 + lot}{number:02d}" for lot in range(LOTS)], object)
    last[who[owed & took]] = given[owed & took]
    place = chunk.centre(who[owed])
    chunk.add(
        "vaccinations",
        person=who[owed],
        vaccine=number,
        due=due[owed],
        day=np.where(took, given, NEVER)[owed],
        institution=place,
        staff=county.a_doctor(rng, place),
        lot=lots[rng.integers(0, LOTS, len(place))],
    )


def _date(text: str, without: int) -> int:
    return day(*map(int, text.split("-"))) if text else without


def _examine(chunk: Chunk) -> None:
    """The examinations at 1 to 72 months; of those not in systematic care three in four are missed."""
    rng = chunk.rng("children")
    people, county = chunk.people, chunk.county
    reliable = rng.random(chunk.size) < SYSTEMATIC.get(county.region.id, 0.93)
    build = rng.normal(0, 1, chunk.size)
    for months in CHECKS:
        due = people["birth"] + round(months * MONTH)
        who = np.flatnonzero((due >= county.begin + 5) & (due < county.end - 5) & chunk.here(due))
        due = due[who]
        late = rng.random(len(who)) < 0.08
        shift = np.where(late, rng.integers(21, 50, len(who)), rng.integers(-2, 12, len(who)))
        last = np.minimum(chunk.leaves(who), county.end) - 1
        days = np.maximum(np.minimum(weekdays(due + shift), last), due - 3)
        took = reliable[who] | (rng.random(len(who)) < 0.25)
        place = chunk.centre(who)
        seen = chunk.meet(
            rng, who[took], days[took], place[took], kind="child-check", icd10="Z00.1", zh="常规儿童健康检查"
        )
        _measure(chunk, rng, months, seen, build[seen.who])
        status = np.where(~took, 2, np.where(days > due + 20, 1, 0))
        service = Service(who, due, np.where(took, days, NEVER), status, place)
        note_followups(chunk, "child", f"month-{months}", service, seen)


def _measure(chunk: Chunk, rng: np.random.Generator, months: int, seen: Seen, build: Floats) -> None:
    place, size = GROWTH_MONTHS.index(months), len(seen)
    boys = np.where(chunk.people["male"][seen.who], 1.012, 0.988)
    tall = HEIGHT[place] * boys * (1 + 0.034 * build + rng.normal(0, 0.006, size))
    heavy = WEIGHT[place] * boys * (1 + 0.1 * build + rng.normal(0, 0.03, size))
    chunk.observe("height", seen, np.round(tall, 1))
    chunk.observe("weight", seen, np.round(heavy, 1))
    if HEAD[place]:
        chunk.observe("head", seen, np.round(HEAD[place] * (1 + 0.025 * build), 1))
    if months in {8, 18, 30}:
        chunk.observe("hemoglobin", seen, np.round(rng.normal(118, 9, size)))
