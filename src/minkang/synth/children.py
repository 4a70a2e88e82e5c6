"""Vaccination by the national schedule (norms 2.1) and the examinations of children under seven (norms 1.10)."""

from __future__ import annotations

import numpy as np

from minkang.synth.arrays import NEVER, YEAR, Bools, Ints, day, minutes, weekdays
from minkang.synth.catalogue import index, rows
from minkang.synth.chronic import STATUS
from minkang.synth.chunk import Chunk

SYSTEMATIC = {"wenshang": 0.9395, "yantai": 0.928}
MONTH = YEAR / 12
CHECKS = (1, 3, 6, 8, 12, 18, 24, 30, 36, 48, 60, 72)
HISTORY_YEARS = 7
GROWTH_MONTHS = (0, 1, 3, 6, 8, 12, 18, 24, 30, 36, 48, 60, 72)
HEIGHT = (50, 54.5, 62, 67.5, 70.5, 76, 82.5, 88, 92.5, 96.5, 104, 111, 117)
WEIGHT = (3.3, 4.4, 6.6, 8.1, 8.8, 9.9, 11.1, 12.4, 13.5, 14.5, 16.6, 18.7, 21)
HEAD = (34, 37, 40.3, 43, 44.2, 45.8, 46.8, 47.8, 48.4, 49, 0, 0, 0)


def grow(chunk: Chunk) -> None:
    """Doses and examinations of all children, doses since birth, examinations within the years."""
    vaccinate(chunk)
    _examine(chunk)


def vaccinate(chunk: Chunk) -> None:
    """Every dose of the schedule a child's birth cohort has; a few come late, very few never."""
    rng = chunk.rng("vaccination")
    people, county = chunk.people, chunk.county
    trait = rng.random(chunk.size)
    slow = trait > 0.9
    refuses = trait > 0.985
    oldest = day(county.years[0] - HISTORY_YEARS)
    for number, row in enumerate(rows("vaccines")):
        low, high = _date(row["born_from"], -NEVER), _date(row["born_before"], NEVER)
        who = np.flatnonzero((people["birth"] >= max(low, oldest if row["key"] != "HPV2" else low)) & (people["birth"] < high)
                             & ~people["away"])  # fmt: skip
        if row["sex"]:
            who = who[~people["male"][who]]
        due = people["birth"][who] + np.round(int(row["months"]) * MONTH).astype(np.int64)
        due = np.maximum(due, _date(row["from"], -NEVER)) if row["key"] == "HPV2" else due
        delay = np.where(slow[who], rng.exponential(45, len(who)), rng.exponential(9, len(who))).astype(np.int64)
        given = np.where(int(row["months"]) == 0, due, weekdays(due + 1 + delay))
        never = refuses[who] & (rng.random(len(who)) < 0.7) | (
            rng.random(len(who)) < (0.35 if row["key"] == "HPV2" else 0.0025)
        )
        open_ = (
            (due < county.end)
            & (due >= _date(row["from"], -NEVER))
            & (due < _date(row["before"], NEVER))
            & chunk.here(due, who)
        )
        if row["key"] == "HPV2":
            open_ &= due < people["birth"][who] + 14 * YEAR + 200
        took = ~never & (given < county.end) & chunk.here(given, who)
        at = np.flatnonzero(open_)
        place = chunk.centre(who[at])
        lots = rng.integers(0, 24, len(at))
        chunk.add("vaccinations", person=who[at], vaccine=number, due=due[at], day=np.where(took, given, NEVER)[at],
                  institution=place, staff=county.a_doctor(rng, place),
                  lot=np.array([f"{row['key'].replace('-', '')}{2012 + value}{number:02d}" for value in range(24)], dtype=object)[lots])  # fmt: skip


def _date(text: str, without: int) -> int:
    return day(*map(int, text.split("-"))) if text else without


def _examine(chunk: Chunk) -> None:
    rng = chunk.rng("children")
    people, county = chunk.people, chunk.county
    reliable = rng.random(chunk.size) < SYSTEMATIC.get(county.region.id, 0.93)
    build = rng.normal(0, 1, chunk.size)
    for months in CHECKS:
        due = people["birth"] + round(months * MONTH)
        who = np.flatnonzero((due >= county.begin) & (due < county.end - 5) & chunk.here(due))
        shift = np.where(rng.random(len(who)) < 0.08, rng.integers(21, 50, len(who)), rng.integers(-3, 12, len(who)))
        days = np.minimum(weekdays(due[who] + shift), county.end - 1)
        days = np.minimum(days, chunk.leaves(who) - 1)
        days = np.maximum(days, due[who] - 3)
        took = reliable[who] | (rng.random(len(who)) < 0.6)
        status = np.where(~took, 2, np.where(days > due[who] + 20, 1, 0))
        place = chunk.centre(who)
        staff = county.a_doctor(rng, place)
        encounter = np.full(len(who), -1, dtype=np.int64)
        at = np.flatnonzero(took)
        minute = minutes(rng, len(at))
        encounter[at] = chunk.encounter(who[at], days[at], minute, kind="child-check", institution=place[at],
                                        staff=staff[at], icd10="Z00.1", zh="常规儿童健康检查")  # fmt: skip
        _measure(chunk, rng, months, encounter[at], who[at], days[at], minute, staff[at], build[who[at]])
        chunk.add("followups", person=who, programme="child", step=f"month-{months}", due=due[who],
                  day=np.where(took, days, NEVER), status=STATUS[status], encounter=encounter, institution=place,
                  staff=staff)  # fmt: skip


def _measure(chunk: Chunk, rng: np.random.Generator, months: int, encounter: Ints, who: Ints, days: Ints, minute: Ints,
             staff: Ints, build: Bools) -> None:  # fmt: skip
    kinds, place = index("observations"), GROWTH_MONTHS.index(months)
    boys = np.where(chunk.people["male"][who], 1.012, 0.988)
    tall = np.round(HEIGHT[place] * boys * (1 + 0.034 * build + rng.normal(0, 0.006, len(who))), 1)
    heavy = np.round(WEIGHT[place] * boys * (1 + 0.1 * build + rng.normal(0, 0.03, len(who))), 1)
    chunk.observe(kinds["height"], encounter, who, days, minute, tall, staff)
    chunk.observe(kinds["weight"], encounter, who, days, minute, heavy, staff)
    if HEAD[place]:
        chunk.observe(
            kinds["head"], encounter, who, days, minute, np.round(HEAD[place] * (1 + 0.025 * build), 1), staff
        )
    if months in {8, 18, 30}:
        chunk.observe(kinds["hemoglobin"], encounter, who, days, minute, np.round(rng.normal(118, 9, len(who))), staff)
