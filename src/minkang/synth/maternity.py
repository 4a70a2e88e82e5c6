"""Pregnancies from booking to the 42nd day, deliveries with their front page, newborns and their screening."""

from __future__ import annotations

import numpy as np

from minkang.synth.admissions import costs
from minkang.synth.arrays import NEVER, Columns, Ints, minutes, pick
from minkang.synth.catalogue import index
from minkang.synth.chronic import STATUS
from minkang.synth.chunk import Chunk

SYSTEMATIC = {"wenshang": 0.9297, "yantai": 0.924}
SCREENED = {"wenshang": 0.892, "shangyou": 0.788}
WEEKS = ((8, 12), (16, 20), (21, 24), (28, 36), (37, 40))
STEPS = ("antenatal-1", "antenatal-2", "antenatal-3", "antenatal-4", "antenatal-5")


def bear(chunk: Chunk, deliveries: Columns) -> None:
    """Everything around the deliveries that `lives.live` decided."""
    rng = chunk.rng("maternity")
    county, size = chunk.county, len(deliveries["day"])
    if not size:
        return
    mother, day = deliveries["mother"], deliveries["day"]
    weeks = np.clip(np.round(rng.normal(39.2, 1.35, size)), 30, 41).astype(np.int64)
    conceived = day - weeks * 7
    systematic = rng.random(size) < SYSTEMATIC.get(county.region.id, 0.92)
    screened = rng.random(size) < SCREENED.get(county.region.id, 0.88)
    cut = rng.random(size) < np.where(deliveries["children"] > 1, 0.75, 0.41)
    places = county.of_kind("mch", "general", "tcm")
    institution = places[pick(rng, [_draws(county.institutions[number].kind) for number in places], size)]
    over = (day < county.end) & (deliveries["first"] >= 0)
    visits, booked = _antenatal(chunk, rng, mother, conceived, day, systematic, screened)
    postnatal = _postnatal(chunk, rng, mother, day, systematic, over)
    age = chunk.age(chunk.county.begin)[mother] + (day - county.begin) / 365.25
    chunk.add(
        "pregnancies", person=mother, conceived=conceived, delivered=np.where(over, day, NEVER), booked=booked,
        visits=visits, systematic=systematic & over, screened=screened, caesarean=cut & over, institution=institution,
        risk=np.where(age > 35, 2, pick(rng, (0.62, 0.25, 0.1, 0.02, 0.01), size)),
        children=np.where(over, deliveries["children"], 0), outcome=np.where(over, "live birth", "ongoing"),
        postnatal=postnatal,
    )  # fmt: skip
    rows = np.flatnonzero(over)
    _deliver(chunk, rng, mother[rows], day[rows], cut[rows], institution[rows])
    _newborns(chunk, rng, {name: column[rows] for name, column in deliveries.items()}, weeks[rows], institution[rows])


def _draws(kind: str) -> float:
    return {"mch": 5.0, "general": 3.5, "tcm": 1.0}[kind]


def _antenatal(chunk: Chunk, rng: np.random.Generator, mother: Ints, conceived: Ints, delivered: Ints,
               systematic: Ints, screened: Ints) -> tuple[Ints, Ints]:  # fmt: skip
    """The five examinations of the norm; outside systematic care one or more are missed or the first is late."""
    kinds, size = index("observations"), len(mother)
    late_first = ~systematic & (rng.random(size) < 0.6)
    visits = np.zeros(size, dtype=np.int64)
    booked = np.full(size, NEVER, dtype=np.int64)
    for number, (low, high) in enumerate(WEEKS):
        week = (
            np.where(late_first, 15, rng.integers(low, high + 1, size))
            if number == 0
            else rng.integers(low, high + 1, size)
        )
        days = conceived + week * 7 + rng.integers(0, 5, size)
        missed = ~systematic & (rng.random(size) < 0.4) if number else np.zeros(size, dtype=bool)
        due = conceived + high * 7
        open_ = (
            (due < delivered)
            & chunk.here(due, mother)
            & (due < chunk.county.end)
            & (conceived >= chunk.county.begin - 200)
        )
        took = open_ & ~missed & (days < delivered) & (days < chunk.county.end) & (days >= chunk.county.begin)
        rows = np.flatnonzero(took)
        encounter = np.full(size, -1, dtype=np.int64)
        clinic = chunk.centre(mother)
        staff = chunk.county.a_doctor(rng, clinic)
        minute = minutes(rng, size)
        at = (mother[rows], days[rows], minute[rows])
        encounter[rows] = chunk.encounter(*at, kind="antenatal", institution=clinic[rows], staff=staff[rows],
                                          icd10="Z34.9", zh="正常妊娠监督")  # fmt: skip
        _examine(chunk, rng, kinds, number, encounter[rows], at, week[rows], staff[rows], screened[rows])
        visits += took
        booked = np.where(took & (booked == NEVER), days, booked)
        rows = np.flatnonzero(open_)
        status = np.where(took, np.where(late_first & (number == 0), 1, 0), 2)
        chunk.add("followups", person=mother[rows], programme="maternal", step=STEPS[number], due=due[rows],
                  day=np.where(took, days, NEVER)[rows], status=STATUS[status[rows]], encounter=encounter[rows],
                  institution=clinic[rows], staff=staff[rows])  # fmt: skip
    return visits, booked


def _examine(chunk: Chunk, rng: np.random.Generator, kinds: dict[str, int], number: int, encounter: Ints,
             at: tuple[Ints, Ints, Ints], week: Ints, staff: Ints, screened: Ints) -> None:  # fmt: skip
    size = len(encounter)
    systolic = np.round(rng.normal(112, 9, size))
    chunk.observe(kinds["blood_pressure"], encounter, *at, systolic, staff, np.round(systolic * 0.5 + 14))
    chunk.observe(kinds["weight"], encounter, *at, np.round(rng.normal(57 + number * 2.6, 7, size), 1), staff)
    chunk.observe(kinds["gestational_age"], encounter, *at, week, staff)
    if number >= 2:
        chunk.observe(kinds["fundal_height"], encounter, *at, np.round(week - 1 + rng.normal(0, 1.2, size)), staff)
        chunk.observe(kinds["fetal_heart_rate"], encounter, *at, np.round(rng.normal(142, 7, size)), staff)
    if number in {0, 3}:
        chunk.observe(kinds["hemoglobin"], encounter, *at, np.round(rng.normal(119, 10, size)), staff)
    if number == 1:
        rows = np.flatnonzero(screened)
        there = (at[0][rows], at[1][rows], at[2][rows])
        high = np.where(rng.random(len(rows)) < 0.05, 2, 1)
        chunk.observe(kinds["prenatal_screening"], encounter[rows], *there, high, staff[rows])


def _postnatal(chunk: Chunk, rng: np.random.Generator, mother: Ints, day: Ints, systematic: Ints, over: Ints) -> Ints:
    """The visit within a week of leaving hospital, and the examination on day 42."""
    first = np.full(len(mother), NEVER, dtype=np.int64)
    clinic = chunk.centre(mother)
    staff = chunk.county.a_doctor(rng, clinic)
    for step, due, low, high, share in (("postnatal", day + 10, 4, 11, 0.96), ("day-42", day + 42, 38, 50, 0.95)):
        days = day + rng.integers(low, high, len(mother))
        open_ = over & chunk.here(due, mother) & (due < chunk.county.end)
        took = (
            open_
            & (systematic | (rng.random(len(mother)) < share - 0.4))
            & (days < chunk.county.end)
            & chunk.here(days, mother)
        )
        encounter = np.full(len(mother), -1, dtype=np.int64)
        rows = np.flatnonzero(took)
        minute = minutes(rng, len(rows))
        encounter[rows] = chunk.encounter(mother[rows], days[rows], minute, kind="postnatal", institution=clinic[rows],
                                          staff=staff[rows], icd10="Z39.2", zh="产后随访")  # fmt: skip
        systolic = np.round(rng.normal(112, 9, len(rows)))
        chunk.observe(index("observations")["blood_pressure"], encounter[rows], mother[rows], days[rows], minute,
                      systolic, staff[rows], np.round(systolic * 0.5 + 14))  # fmt: skip
        rows = np.flatnonzero(open_)
        chunk.add("followups", person=mother[rows], programme="maternal", step=step, due=due[rows],
                  day=np.where(took, days, NEVER)[rows], status=STATUS[np.where(took, 0, 2)[rows]],
                  encounter=encounter[rows], institution=clinic[rows], staff=staff[rows])  # fmt: skip
        first = np.where(took & (step == "postnatal"), days, first)
    return first


def _deliver(chunk: Chunk, rng: np.random.Generator, mother: Ints, day: Ints, cut: Ints, institution: Ints) -> None:
    """The stay for delivery: a day or two before to three (six after a section) days later."""
    size = len(mother)
    enters = np.maximum(day - rng.integers(0, 2, size), chunk.county.begin)
    leaves = np.minimum(day + np.where(cut, rng.integers(4, 7, size), rng.integers(2, 4, size)), chunk.county.end - 1)
    leaves = np.maximum(np.minimum(leaves, chunk.leaves(mother) - 1), day)
    staff, minute = chunk.county.a_doctor(rng, institution), rng.integers(0, 1440, size)
    icd10, zh = np.where(cut, "O82.9", "O80.9"), np.where(cut, "经剖宫产分娩", "头位顺产")
    encounter = chunk.add("encounters", person=mother, day=enters, minute=minute, to_day=leaves, kind="delivery",
                          institution=institution, staff=staff, icd10=icd10, zh=zh)  # fmt: skip
    operation = np.where(cut, index("operations")["caesarean"], index("operations")["delivery"])
    base = np.where(cut, 8200.0, 4700.0)
    chunk.add("admissions", person=mother, encounter=encounter, institution=institution, staff=staff, day=enters,
              minute=minute, to_day=leaves, icd10=icd10, zh=zh, other_icd10="Z37.0", operation=operation,
              operation_day=day, leave=1, entry=2, insurance=chunk.people["insurance"][mother], department="产科",
              **costs(rng, base, leaves - enters, operation, np.where(cut, 6.0, 3.5),
                      chunk.people["insurance"][mother]))  # fmt: skip


def _newborns(chunk: Chunk, rng: np.random.Generator, deliveries: Columns, weeks: Ints, institution: Ints) -> None:
    """One row a child, with weight, screening and the day it was entered in the household register."""
    of = np.repeat(np.arange(len(weeks)), deliveries["children"])
    child = deliveries["first"][of] + (
        np.arange(len(of))
        - np.repeat(np.cumsum(deliveries["children"]) - deliveries["children"], deliveries["children"])
    )
    twin = deliveries["children"][of] > 1
    weight = np.round(np.clip(rng.normal(3320 - (39.2 - weeks[of]) * 130 - 480 * twin, 380), 900, 5200), -1)
    day = deliveries["day"][of]
    tested = (rng.random(len(of)) < 0.975) & (chunk.people["death"][child] > day + 3) & (day + 3 < chunk.county.end)
    result = np.where(tested, np.where(rng.random(len(of)) < 0.012, 2, 1), 0)
    minute = rng.integers(0, 1440, len(of))
    staff = chunk.county.a_doctor(rng, institution[of])
    chunk.add("births", person=child, mother=deliveries["mother"][of], day=day, minute=minute, weight=weight,
              institution=institution[of], weeks=weeks[of], screening=result, registered=chunk.people["card_from"][child])  # fmt: skip
    kinds = index("observations")
    none = np.full(len(of), -1, dtype=np.int64)
    chunk.observe(kinds["birth_weight"], none, child, day, minute, weight, staff)
    rows = np.flatnonzero(tested)
    chunk.observe(
        kinds["newborn_screening"], none[rows], child[rows], day[rows] + 3, minute[rows], result[rows], staff[rows]
    )
