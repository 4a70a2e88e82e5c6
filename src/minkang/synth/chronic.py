"""Hypertension and type 2 diabetes: who has it from when, who knows, who is managed, and every follow-up visit.

Each person has one number that fixes the age of onset through a logistic prevalence curve, so that prevalence at
every age is that of the curve. The share of persons managed to the standard follows the region's published rate of
2020 and rises by 1.8 points a year; steps and thresholds are those of the norms, 1.4 and 1.5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minkang.synth.arrays import (
    NEVER,
    YEAR,
    Bools,
    Column,
    Floats,
    Ints,
    Texts,
    quarters,
    rank_within,
    weekdays,
    year_starts,
)
from minkang.synth.catalogue import index
from minkang.synth.chunk import Chunk
from minkang.synth.seen import Due, Seen, Service

STANDARD_2020 = {"wenshang": 0.6107, "shangyou": 0.74, "leshan_shizhong": 0.905, "yantai": 0.685, "jinan": 0.60}
RISE = 0.0179
CONTROLLED_2020 = 0.53
STATUS: Texts = np.array(["kept", "late", "missed"], dtype=object)


@dataclass(frozen=True)
class Curve:
    """Prevalence `top / (1 + exp(-(age - middle) / width))` and how the disease is found and taken on."""

    programme: str
    icd10: str
    zh: str
    top: float
    middle: float
    width: float
    found: float
    delay_years: float


HYPERTENSION = Curve("hypertension", "I10", "原发性高血压", 0.62, 57.0, 9.5, 0.72, 3.0)
DIABETES = Curve("diabetes", "E11.9", "2型糖尿病", 0.21, 60.0, 9.0, 0.66, 3.5)


@dataclass(frozen=True)
class Chronic:
    """By position: the day management begins and the day the disease began, NEVER for those without."""

    hypertension: Ints
    diabetes: Ints
    onset_hypertension: Ints
    onset_diabetes: Ints

    def burden(self, at: int) -> Floats:
        """How many of the two diseases each person has at a day."""
        return (self.onset_hypertension < at).astype(np.float64) + (self.onset_diabetes < at)


def standard_share(chunk: Chunk, year: Ints | int) -> Floats:
    """The share of managed persons who get all their visits in a year."""
    start = STANDARD_2020.get(chunk.county.region.id, 0.62)
    return np.asarray(np.clip(start + (np.asarray(year) - 2020) * RISE, 0, 0.97), dtype=np.float64)


def fall_ill(chunk: Chunk) -> Chronic:
    """Onset, diagnosis and management of both diseases; every visit of the managed."""
    rng = chunk.rng("chronic")
    first = rng.random(chunk.size)
    second = np.where(rng.random(chunk.size) < 0.18, first, rng.random(chunk.size))
    onset_h, managed_h = _course(chunk, rng, HYPERTENSION, first)
    onset_d, managed_d = _course(chunk, rng, DIABETES, second)
    chronic = Chronic(managed_h, managed_d, onset_h, onset_d)
    _visits(chunk, rng, chronic)
    return chronic


def _course(chunk: Chunk, rng: np.random.Generator, curve: Curve, trait: Floats) -> tuple[Ints, Ints]:
    """Onset and start of management for everyone, NEVER where there is none; adds the conditions."""
    people, county, size = chunk.people, chunk.county, chunk.size
    able = trait < curve.top * 0.995
    age = curve.middle + curve.width * np.log(np.clip(trait, 1e-4, None) / np.clip(curve.top - trait, 1e-6, None))
    onset = np.where(able & (age > 18), people["birth"] + age * YEAR, NEVER).astype(np.int64)
    known = rng.random(size) < curve.found
    diagnosed = np.where(known, onset + rng.exponential(curve.delay_years * YEAR, size), NEVER).astype(np.int64)
    diagnosed = np.maximum(diagnosed, people["resident_from"])
    stops = np.minimum(chunk.leaves(np.arange(size)), county.end)
    diagnosed = np.where(known & (onset < NEVER) & (diagnosed < stops), diagnosed, NEVER)
    joins = (diagnosed < NEVER) & (rng.random(size) < 0.86) & ~people["away"]
    old_enough = people["birth"] + int(35 * YEAR)
    managed = np.maximum(np.maximum(diagnosed + rng.integers(3, 90, size), old_enough), county.begin - 1500)
    managed = np.where(joins & (managed < stops), managed, NEVER)
    who = np.flatnonzero(diagnosed < NEVER)
    clinic = chunk.clinic(who)
    chunk.add(
        "conditions",
        person=who,
        programme=curve.programme,
        icd10=curve.icd10,
        zh=curve.zh,
        onset=onset[who],
        diagnosed=diagnosed[who],
        managed_from=managed[who],
        managed_to=np.where(managed < NEVER, stops, NEVER)[who],
        institution=clinic,
        staff=county.a_doctor(rng, clinic),
    )
    return onset, managed


def _visits(chunk: Chunk, rng: np.random.Generator, chronic: Chronic) -> None:
    """Four visits a year, three months apart; those not managed to the standard miss at least one."""
    start = np.minimum(chronic.hypertension, chronic.diabetes)
    managed = np.flatnonzero(start < NEVER)
    row, year, due = quarters(rng, chunk.county.years, len(managed))
    reliable = rng.random(len(managed))[row]
    who = managed[row]
    open_ = is_owed(chunk, who, due, start[who])
    share = standard_share(chunk, year)
    owed = Due(who[open_], year[open_], due[open_], (reliable < share)[open_])
    done, status = attend(rng, chunk, owed)
    _record(chunk, rng, chronic, (owed, done, status))


def is_owed(chunk: Chunk, who: Ints, due: Ints, start: Ints) -> Bools:
    """Whether a service due then is owed: management has begun, the person is there, the years are not over."""
    return np.asarray((due >= start) & (due < chunk.leaves(who)) & (due < chunk.county.end - 3))


def attend(rng: np.random.Generator, chunk: Chunk, owed: Due, miss: float = 0.42) -> tuple[Ints, Ints]:
    """When each due visit took place and how: 0 kept, 1 late (over two weeks), 2 missed.

    Persons not managed to the standard in a year miss each visit with probability `miss`, and one for certain.
    """
    size = len(owed)
    late = rng.random(size) < np.where(owed.standard, 0.1, 0.3)
    shift = np.where(late, rng.integers(15, 36, size), rng.integers(-7, 11, size))
    forced = rank_within(rng.permutation(size), owed.who * 100 + (owed.year - 2000)) == 0
    missed = ~owed.standard & (forced | (rng.random(size) < miss))
    last = np.minimum(chunk.leaves(owed.who), chunk.county.end) - 1
    last = np.minimum(last, year_starts(2000, 2031)[owed.year - 2000 + 1] - 1)
    first = np.maximum(chunk.county.begin, owed.day - 7)
    done = np.clip(weekdays(owed.day + shift), first, np.maximum(last, owed.day))
    status = np.where(missed, 2, np.where(done > owed.day + 14, 1, 0))
    return np.where(missed, NEVER, done), status


def _record(chunk: Chunk, rng: np.random.Generator, chronic: Chronic, visits: tuple[Due, Ints, Ints]) -> None:
    """Encounters and measurements of the visits that took place, and a follow-up row for all."""
    owed, done, status = visits
    clinic, took = chunk.clinic(owed.who), status < 2
    has = np.stack([chronic.hypertension[owed.who] <= owed.day, chronic.diabetes[owed.who] <= owed.day])
    icd10 = np.where(has[0], "I10", "E11.9")[took]
    zh = np.where(has[0], HYPERTENSION.zh, DIABETES.zh)[took]
    seen = chunk.meet(rng, owed.who[took], done[took], clinic[took], kind="followup", icd10=icd10, zh=zh)
    _measure(chunk, rng, seen, owed.year[took], has[:, took])
    service = Service(owed.who, owed.day, done, status, clinic)
    for row, name in enumerate(("hypertension", "diabetes")):
        note_followups(chunk, name, "visit", service, seen, rows=has[row])


def note_followups(
    chunk: Chunk, programme: str, step: str | Column, service: Service, seen: Seen, *, rows: Bools | None = None
) -> None:
    """One row for every service owed; `seen` holds, in order, those that took place (`status` below 2)."""
    encounter = np.full(len(service.who), -1, dtype=np.int64)
    staff = np.full(len(service.who), -1, dtype=np.int64)
    took = service.status < 2
    encounter[took], staff[took] = seen.encounter, seen.staff
    keep = np.arange(len(took)) if rows is None else np.flatnonzero(rows)
    chunk.add(
        "followups",
        person=service.who[keep],
        programme=programme,
        step=step if isinstance(step, str) else step[keep],
        due=service.due[keep],
        day=service.done[keep],
        status=STATUS[service.status[keep]],
        encounter=encounter[keep],
        institution=service.institution[keep],
        staff=staff[keep],
    )


def _measure(chunk: Chunk, rng: np.random.Generator, seen: Seen, year: Ints, has: Bools) -> None:
    """Blood pressure, pulse and weight always, glucose for diabetes, the class of the visit, and the medicines."""
    size, people, who = len(seen), chunk.people, seen.who
    good = chunk.rng("control").random((chunk.size, 2))[who] < (CONTROLLED_2020 + (year - 2020) * 0.012)[:, None]
    age = (seen.day - people["birth"][who]) / YEAR
    calm = 129.0 + np.where(age >= 65, 5.0, 0.0)
    systolic = rng.normal(np.where(has[0], np.where(good[:, 0], calm, 149.0), 126.0), 7.5)
    systolic = np.clip(np.round(systolic), 88, 215)
    diastolic = 0.36 * systolic + 33 - np.maximum(age - 60, 0) * 0.25 + rng.normal(0, 5, size)
    diastolic = np.clip(np.round(diastolic), 48, 125)
    glucose = np.where(has[1], rng.normal(np.where(good[:, 1], 6.2, 8.6), 1.0), rng.normal(5.3, 0.5))
    glucose = np.clip(np.round(glucose, 1), 3.2, 22)
    chunk.observe("blood_pressure", seen, systolic, diastolic)
    chunk.observe("heart_rate", seen, np.round(rng.normal(75, 8, size)))
    tall = np.where(people["male"][who], 1.68, 1.57) + (people["birth"][who] % 17 - 8) / 100
    mass = np.clip(rng.normal(25.0, 0.5, size) + who % 7 - 3, 17, 38)
    chunk.observe("weight", seen, np.round(tall**2 * mass, 1))
    tested = has[1] | (rng.random(size) < 0.12)
    chunk.observe("fasting_glucose", seen.at(tested), glucose[tested])
    yearly = has[1] & (seen.day % 91 < 23)
    sugar = np.clip(np.round(glucose[yearly] * 0.62 + 2.6 + rng.normal(0, 0.4, int(yearly.sum())), 1), 4.2, 15)
    chunk.observe("hba1c", seen.at(yearly), sugar)
    over = (systolic >= np.where(age >= 65, 150, 140)) | (diastolic >= 90)
    for row, name, bad in ((0, "hypertension_visit", over), (1, "diabetes_visit", glucose >= 7.0)):
        here = has[row]
        side = rng.random(int(here.sum())) < 0.008
        chunk.observe(name, seen.at(here), np.where(side, 3, np.where(bad[here], 2, 1)))
    _prescribe(chunk, rng, seen, has)


def _prescribe(chunk: Chunk, rng: np.random.Generator, seen: Seen, has: Bools) -> None:
    """What most are given: one or two medicines a disease, the same for a person all along."""
    drug = index("drugs")
    for row, icd10, names in ((0, "I10", ("amlodipine", "valsartan")), (1, "E11.9", ("metformin", "glimepiride"))):
        for number, name in enumerate(names):
            taken = has[row] & ((seen.who * (7 + number) + 3) % 10 < (7, 3)[number]) & (rng.random(len(seen)) < 0.8)
            chunk.prescribe(seen.at(taken), drug[name], icd10)
