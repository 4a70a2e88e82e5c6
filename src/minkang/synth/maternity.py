"""Pregnancies from booking to the 42nd day, deliveries with their front page, newborns and their screening."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minkang.synth.admissions import costs
from minkang.synth.arrays import NEVER, YEAR, Bools, Columns, Ints, pick, spread
from minkang.synth.catalogue import index
from minkang.synth.chronic import note_followups
from minkang.synth.chunk import Chunk
from minkang.synth.seen import Seen, Service

SYSTEMATIC = {"wenshang": 0.9297, "yantai": 0.924}
SCREENED = {"wenshang": 0.892, "shangyou": 0.788}
WEEKS = ((8, 12), (16, 20), (21, 24), (28, 36), (37, 40))
GOES_TO = {"mch": 5.0, "general": 3.5, "tcm": 1.0}
AFTER = (("postnatal", 10, 4, 11), ("day-42", 42, 38, 50))


@dataclass(frozen=True)
class Pregnancies:
    """One row a pregnancy; `over` says that it ended within the years."""

    mother: Ints
    conceived: Ints
    delivery: Ints
    weeks: Ints
    systematic: Bools
    screened: Bools
    cut: Bools
    over: Bools
    institution: Ints

    def __len__(self) -> int:
        return len(self.mother)


def bear(chunk: Chunk, deliveries: Columns) -> None:
    """Everything around the deliveries that `lives.live` decided."""
    rng = chunk.rng("maternity")
    if not len(deliveries["day"]):
        return
    one = _pregnancies(chunk, rng, deliveries)
    visits, booked = _antenatal(chunk, rng, one)
    postnatal = _postnatal(chunk, rng, one)
    age = (one.delivery - chunk.people["birth"][one.mother]) / YEAR
    chunk.add(
        "pregnancies",
        person=one.mother,
        conceived=one.conceived,
        delivered=np.where(one.over, one.delivery, NEVER),
        booked=booked,
        visits=visits,
        systematic=one.systematic & one.over,
        screened=one.screened,
        caesarean=one.cut & one.over,
        institution=one.institution,
        risk=np.where(age > 35, 2, pick(rng, (0.62, 0.25, 0.1, 0.02, 0.01), len(one))),
        children=np.where(one.over, deliveries["children"], 0),
        outcome=np.where(one.over, "live birth", "ongoing"),
        postnatal=postnatal,
    )
    _deliver(chunk, rng, one)
    _newborns(chunk, rng, one, deliveries)


def _pregnancies(chunk: Chunk, rng: np.random.Generator, deliveries: Columns) -> Pregnancies:
    county, size = chunk.county, len(deliveries["day"])
    weeks = np.clip(np.round(rng.normal(39.2, 1.35, size)), 30, 41).astype(np.int64)
    places = county.of_kind(*GOES_TO)
    draw = [GOES_TO[county.institutions[number].kind] for number in places]
    return Pregnancies(
        mother=deliveries["mother"],
        conceived=deliveries["day"] - weeks * 7,
        delivery=deliveries["day"],
        weeks=weeks,
        systematic=rng.random(size) < SYSTEMATIC.get(county.region.id, 0.92),
        screened=rng.random(size) < SCREENED.get(county.region.id, 0.88),
        cut=rng.random(size) < np.where(deliveries["children"] > 1, 0.75, 0.41),
        over=(deliveries["day"] < county.end) & (deliveries["first"] >= 0),
        institution=places[pick(rng, draw, size)],
    )


def _antenatal(chunk: Chunk, rng: np.random.Generator, one: Pregnancies) -> tuple[Ints, Ints]:
    """The five examinations of the norm; outside systematic care one or more are missed or the first is late.

    Returns:
        how many took place within the years, and the day of the first.
    """
    size, county = len(one), chunk.county
    late_first = ~one.systematic & (rng.random(size) < 0.6)
    visits = np.zeros(size, dtype=np.int64)
    booked = np.full(size, NEVER, dtype=np.int64)
    clinic = chunk.centre(one.mother)
    for number, (low, high) in enumerate(WEEKS):
        week = rng.integers(low, high + 1, size)
        week = np.where(late_first, 15, week) if number == 0 else week
        days = one.conceived + week * 7 + rng.integers(0, 5, size)
        missed = ~one.systematic & (rng.random(size) < 0.4) if number else np.zeros(size, dtype=bool)
        due = one.conceived + high * 7 + 6
        open_ = (
            (due < one.delivery) & (due < county.end) & (one.conceived >= county.begin) & chunk.here(due, one.mother)
        )
        took = open_ & ~missed & (days < np.minimum(one.delivery, county.end)) & chunk.here(days, one.mother)
        seen = chunk.meet(
            rng, one.mother[took], days[took], clinic[took], kind="antenatal", icd10="Z34.9", zh="正常妊娠监督"
        )
        _examine(chunk, rng, number, seen, week[took])
        if number == 1:
            rows = one.screened[took]
            chunk.observe("prenatal_screening", seen.at(rows), np.where(rng.random(int(rows.sum())) < 0.05, 2, 1))
        visits += took
        booked = np.where(took & (booked == NEVER), days, booked)
        status = np.where(took, np.where(days > due, 1, 0), 2)
        done = np.where(took, days, NEVER)
        service = Service(one.mother, due, done, status, clinic)
        note_followups(chunk, "maternal", f"antenatal-{number + 1}", service, seen, rows=open_)
    return visits, booked


def _examine(chunk: Chunk, rng: np.random.Generator, number: int, seen: Seen, week: Ints) -> None:
    size = len(seen)
    systolic = np.round(rng.normal(112, 9, size))
    chunk.observe("blood_pressure", seen, systolic, np.round(systolic * 0.5 + 14))
    chunk.observe("weight", seen, np.round(rng.normal(57 + number * 2.6, 7, size), 1))
    chunk.observe("gestational_age", seen, week)
    if number >= 2:
        chunk.observe("fundal_height", seen, np.round(week - 1 + rng.normal(0, 1.2, size)))
        chunk.observe("fetal_heart_rate", seen, np.round(rng.normal(142, 7, size)))
    if number in {0, 3}:
        chunk.observe("hemoglobin", seen, np.round(rng.normal(119, 10, size)))


def _postnatal(chunk: Chunk, rng: np.random.Generator, one: Pregnancies) -> Ints:
    """The visit within a week of leaving hospital, and the examination on day 42; the day of the first."""
    first = np.full(len(one), NEVER, dtype=np.int64)
    clinic = chunk.centre(one.mother)
    for step, within, low, high in AFTER:
        days = one.delivery + rng.integers(low, high, len(one))
        due = one.delivery + within
        open_ = one.over & (np.maximum(due, days) < chunk.county.end) & chunk.here(due, one.mother)
        open_ &= chunk.here(days, one.mother)
        took = open_ & (one.systematic | (rng.random(len(one)) < 0.55))
        seen = chunk.meet(
            rng, one.mother[took], days[took], clinic[took], kind="postnatal", icd10="Z39.2", zh="产后随访"
        )
        systolic = np.round(rng.normal(112, 9, len(seen)))
        chunk.observe("blood_pressure", seen, systolic, np.round(systolic * 0.5 + 14))
        service = Service(one.mother, due, np.where(took, days, NEVER), np.where(took, 0, 2), clinic)
        note_followups(chunk, "maternal", step, service, seen, rows=open_)
        first = np.where(took & (step == "postnatal"), days, first)
    return first


def _deliver(chunk: Chunk, rng: np.random.Generator, all_: Pregnancies) -> None:
    """The stay for delivery: a day or two before to three (six after a section) days later."""
    rows = np.flatnonzero(all_.over)
    size, county = len(rows), chunk.county
    mother, day, cut = all_.mother[rows], all_.delivery[rows], all_.cut[rows]
    institution = all_.institution[rows]
    enters = np.maximum(day - rng.integers(0, 2, size), county.begin)
    leaves = day + np.where(cut, rng.integers(4, 7, size), rng.integers(2, 4, size))
    leaves = np.maximum(np.minimum(np.minimum(leaves, county.end - 1), chunk.leaves(mother) - 1), day)
    icd10, zh = np.where(cut, "O82.9", "O80.9"), np.where(cut, "经剖宫产分娩", "头位顺产")
    minute = rng.integers(0, 1440, size)
    seen = chunk.meet(
        rng, mother, enters, institution, minute=minute, to_day=leaves, kind="delivery", icd10=icd10, zh=zh
    )
    operation = np.where(cut, index("operations")["caesarean"], index("operations")["delivery"])
    insurance = chunk.people["insurance"][mother]
    chunk.add(
        "admissions",
        person=mother,
        encounter=seen.encounter,
        institution=institution,
        staff=seen.staff,
        day=enters,
        minute=minute,
        to_day=leaves,
        icd10=icd10,
        zh=zh,
        other_icd10="Z37.0",
        operation=operation,
        operation_day=day,
        leave=1,
        entry=2,
        insurance=insurance,
        department="产科",
        **costs(rng, np.where(cut, 8200.0, 4700.0), operation, insurance),
    )


def _newborns(chunk: Chunk, rng: np.random.Generator, one: Pregnancies, deliveries: Columns) -> None:
    """One row a child, with weight, screening and the day it was entered in the household register."""
    of, rank = spread(np.where(one.over, deliveries["children"], 0))
    size, day = len(of), one.delivery[of]
    child = deliveries["first"][of] + rank
    twin = deliveries["children"][of] > 1
    expected = 3320 - (39.2 - one.weeks[of]) * 130 - 480 * twin
    weight = np.round(np.clip(rng.normal(expected, 380.0), 900.0, 5200.0), -1)
    survives = np.minimum(chunk.people["death"][child], chunk.county.end) > day + 3
    tested = survives & (rng.random(size) < 0.975)
    result = np.where(tested, np.where(rng.random(size) < 0.012, 2, 1), 0)
    seen = Seen(
        who=child,
        day=day,
        minute=rng.integers(0, 1440, size),
        encounter=np.full(size, -1, dtype=np.int64),
        staff=chunk.county.a_doctor(rng, one.institution[of]),
    )
    chunk.add(
        "births",
        person=child,
        mother=one.mother[of],
        day=day,
        minute=seen.minute,
        weight=weight,
        institution=one.institution[of],
        weeks=one.weeks[of],
        screening=result,
        registered=chunk.people["card_from"][child],
    )
    chunk.observe("birth_weight", seen, weight)
    later = Seen(seen.who, day + 3, seen.minute, seen.encounter, seen.staff).at(tested)
    chunk.observe("newborn_screening", later, result[tested])
