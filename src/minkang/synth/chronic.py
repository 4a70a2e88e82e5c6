"""Hypertension and type 2 diabetes: who has it from when, who knows, who is managed, and every follow-up visit.

Each person has one number that fixes the age of onset through a logistic prevalence curve, so that prevalence at
every age is that of the curve. The share of persons managed to the standard follows the region's published rate of
2020 and rises by 1.8 points a year; steps and thresholds are those of the norms, 1.4 and 1.5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minkang.synth.arrays import NEVER, YEAR, Bools, Floats, Ints, day, minutes, rank_within, spread, weekdays
from minkang.synth.catalogue import index
from minkang.synth.chunk import Chunk

STANDARD_2020 = {"wenshang": 0.6107, "shangyou": 0.74, "leshan_shizhong": 0.905, "yantai": 0.685, "jinan": 0.60}
RISE = 0.0179
CONTROLLED_2020 = 0.53


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
    """Positions and days of the managed, for the modules that follow: `from_` is NEVER for those not managed."""

    hypertension: Ints
    diabetes: Ints
    onset_hypertension: Ints
    onset_diabetes: Ints


def standard_share(chunk: Chunk, year: Ints | int) -> Floats:
    """The share of managed persons who get all their visits in a year."""
    start = STANDARD_2020.get(chunk.county.region.id, 0.62)
    return np.asarray(np.clip(start + (np.asarray(year) - 2020) * RISE, 0, 0.97), dtype=np.float64)


def fall_ill(chunk: Chunk) -> Chronic:
    """Onset, diagnosis and management of both diseases; every visit of the managed."""
    rng = chunk.rng("chronic")
    size = chunk.size
    first = rng.random(size)
    second = np.where(rng.random(size) < 0.18, first, rng.random(size))
    onset_h, managed_h = _course(chunk, rng, HYPERTENSION, first)
    onset_d, managed_d = _course(chunk, rng, DIABETES, second)
    chronic = Chronic(managed_h, managed_d, onset_h, onset_d)
    _visits(chunk, rng, chronic)
    return chronic


def _course(chunk: Chunk, rng: np.random.Generator, curve: Curve, trait: Floats) -> tuple[Ints, Ints]:
    """Onset and start of management for everyone, NEVER where there is none; adds the conditions."""
    people = chunk.people
    size = chunk.size
    able = trait < curve.top * 0.995
    age = curve.middle + curve.width * np.log(np.clip(trait, 1e-4, None) / np.clip(curve.top - trait, 1e-6, None))
    onset = np.where(able & (age > 18), people["birth"] + age * YEAR, NEVER).astype(np.int64)
    known = rng.random(size) < curve.found
    diagnosed = np.where(known, onset + rng.exponential(curve.delay_years * YEAR, size), NEVER).astype(np.int64)
    county = chunk.county
    diagnosed = np.where((onset < NEVER) & (diagnosed < np.minimum(chunk.leaves(np.arange(size)), county.end)),
                         np.maximum(diagnosed, people["resident_from"]), NEVER)  # fmt: skip
    joins = (diagnosed < NEVER) & (rng.random(size) < 0.86) & ~people["away"]
    old_enough = people["birth"] + int(35 * YEAR)
    managed = np.maximum(np.maximum(diagnosed + rng.integers(3, 90, size), old_enough), county.begin - 1500)
    managed = np.where(joins & (managed < np.minimum(chunk.leaves(np.arange(size)), county.end)), managed, NEVER)
    who = np.flatnonzero(diagnosed < NEVER)
    clinic = chunk.clinic(who)
    chunk.add(
        "conditions", person=who, programme=curve.programme, icd10=curve.icd10, zh=curve.zh, onset=onset[who],
        diagnosed=diagnosed[who], managed_from=managed[who], institution=clinic,
        managed_to=np.where(managed[who] < NEVER, np.minimum(chunk.leaves(who), county.end), NEVER),
        staff=chunk.county.a_doctor(rng, clinic),
    )  # fmt: skip
    return onset, managed


def _visits(chunk: Chunk, rng: np.random.Generator, chronic: Chronic) -> None:
    """Four visits a year, three months apart; those not managed to the standard miss at least one."""
    county = chunk.county
    start = np.minimum(chronic.hypertension, chronic.diabetes)
    managed = np.flatnonzero(start < NEVER)
    first, last = county.years
    years = last - first + 1
    row, slot = spread(np.full(len(managed), years * 4))
    who, year, quarter = managed[row], first + slot // 4, slot % 4
    reliable = rng.random(len(managed))[row]
    phase = rng.integers(4, 66, len(managed))[row]
    due = weekdays(np.array([day(y) for y in range(first, last + 1)])[year - first] + quarter * 91 + phase)
    open_ = (due >= start[who]) & (due < chunk.leaves(who)) & (due < county.end - 3)
    who, year, quarter, reliable, due = (part[open_] for part in (who, year, quarter, reliable, due))
    standard = reliable < standard_share(chunk, year)
    done, status = attend(rng, chunk, who, year, due, standard)
    _record(chunk, rng, chronic, who, year, due, done, status)


def attend(rng: np.random.Generator, chunk: Chunk, who: Ints, year: Ints, due: Ints, standard: Bools,
           miss: float = 0.42) -> tuple[Ints, Ints]:  # fmt: skip
    """When each due visit took place and how: 0 kept, 1 late (over two weeks), 2 missed.

    Persons not managed to the standard in a year miss each visit with `miss`, and one for certain.
    """
    size = len(who)
    late = rng.random(size) < np.where(standard, 0.1, 0.3)
    shift = np.where(late, rng.integers(15, 36, size), rng.integers(-7, 11, size))
    key = who * 100 + (year - 2000)
    forced = rank_within(rng.random(size).argsort().argsort(), key) == 0
    missed = ~standard & (forced | (rng.random(size) < miss))
    done = weekdays(due + shift)
    first, last = chunk.county.begin, np.minimum(chunk.leaves(who), chunk.county.end) - 1
    new_year = np.array([day(int(y)) for y in range(2000, 2031)])
    last = np.minimum(last, new_year[year - 2000 + 1] - 1)
    done = np.clip(done, np.maximum(first, due - 7), np.maximum(last, due))
    status = np.where(missed, 2, np.where(done > due + 14, 1, 0))
    return np.where(missed, NEVER, done), status


STATUS = np.array(["kept", "late", "missed"], dtype=object)


def _record(chunk: Chunk, rng: np.random.Generator, chronic: Chronic, who: Ints, year: Ints, due: Ints, done: Ints,
            status: Ints) -> None:  # fmt: skip
    """Encounters and measurements of the visits that took place, and a follow-up row for all."""
    clinic, took = chunk.clinic(who), status < 2
    staff = chunk.county.a_doctor(rng, clinic)
    encounter = np.full(len(who), -1, dtype=np.int64)
    w, d, s = who[took], done[took], staff[took]
    minute = minutes(rng, len(w))
    has_h = chronic.hypertension[who] <= due
    has_d = chronic.diabetes[who] <= due
    h, dm = has_h[took], has_d[took]
    e = chunk.encounter(w, d, minute, kind="followup", institution=clinic[took], staff=s,
                        icd10=np.where(h, "I10", "E11.9"), zh=np.where(h, "原发性高血压", "2型糖尿病"))  # fmt: skip
    encounter[took] = e
    _measure(chunk, rng, w, year[took], d, minute, e, s, h, dm)
    for has, name in ((has_h, "hypertension"), (has_d, "diabetes")):
        rows = np.flatnonzero(has)
        chunk.add("followups", person=who[rows], programme=name, step="visit", due=due[rows], day=done[rows],
                  status=STATUS[status[rows]], encounter=encounter[rows], institution=clinic[rows], staff=staff[rows])  # fmt: skip


def _measure(chunk: Chunk, rng: np.random.Generator, who: Ints, year: Ints, days: Ints, minute: Ints, encounter: Ints,
             staff: Ints, h: Bools, d: Bools) -> None:  # fmt: skip
    """Blood pressure, pulse and weight always, glucose for diabetes, the class of the visit, and the medicines."""
    kinds, size = index("observations"), len(who)
    trait = np.random.Generator(np.random.PCG64(chunk.rng("control").integers(2**62))).random((chunk.size, 2))
    good = trait[who] < (CONTROLLED_2020 + (year - 2020) * 0.012)[:, None]
    age = (days - chunk.people["birth"][who]) / YEAR
    mean = np.where(h, np.where(good[:, 0], 129.0, 149.0) + np.where(good[:, 0] & (age >= 65), 5.0, 0.0), 126.0)
    systolic = np.clip(np.round(rng.normal(mean, 7.5)), 88, 215)
    diastolic = np.clip(
        np.round(0.36 * systolic + 33 - np.maximum(age - 60, 0) * 0.25 + rng.normal(0, 5, size)), 48, 125
    )
    glucose = np.clip(
        np.round(np.where(d, rng.normal(np.where(good[:, 1], 6.2, 8.6), 1.0), rng.normal(5.3, 0.5)), 1), 3.2, 22
    )
    chunk.observe(kinds["blood_pressure"], encounter, who, days, minute, systolic, staff, diastolic)
    chunk.observe(kinds["heart_rate"], encounter, who, days, minute, np.round(rng.normal(75, 8, size)), staff)
    tall = np.where(chunk.people["male"][who], 168.0, 157.0) + (chunk.people["birth"][who] % 17 - 8)
    weight = np.round((tall / 100) ** 2 * np.clip(rng.normal(25.0, 1.2, size) + who % 7 - 3, 17, 38), 1)
    chunk.observe(kinds["weight"], encounter, who, days, minute, weight, staff)
    tested = d | (rng.random(size) < 0.12)
    rows = np.flatnonzero(tested)
    chunk.observe(
        kinds["fasting_glucose"], encounter[rows], who[rows], days[rows], minute[rows], glucose[rows], staff[rows]
    )
    over = (systolic >= np.where(age >= 65, 150, 140)) | (diastolic >= 90)
    for has, name, bad in ((h, "hypertension", over), (d, "diabetes", glucose >= 7.0)):
        rows = np.flatnonzero(has)
        side = rng.random(len(rows)) < 0.008
        value = np.where(side, 3, np.where(bad[rows], 2, 1))
        chunk.observe(kinds[f"{name}_visit"], encounter[rows], who[rows], days[rows], minute[rows], value, staff[rows])
    _prescribe(chunk, rng, who, days, minute, encounter, staff, h, d)


def _prescribe(chunk: Chunk, rng: np.random.Generator, who: Ints, days: Ints, minute: Ints, encounter: Ints,
               staff: Ints, h: Bools, d: Bools) -> None:  # fmt: skip
    """What most are given: one or two medicines a disease, the same for a person all along."""
    drug = index("drugs")
    for has, icd10, names in ((h, "I10", ("amlodipine", "valsartan")), (d, "E11.9", ("metformin", "glimepiride"))):
        for number, name in enumerate(names):
            taken = has & ((who * (7 + number) + 3) % 10 < (7, 3)[number]) & (rng.random(len(who)) < 0.8)
            rows = np.flatnonzero(taken)
            chunk.add("prescriptions", person=who[rows], encounter=encounter[rows], day=days[rows], minute=minute[rows],
                      drug=drug[name], icd10=icd10, staff=staff[rows])  # fmt: skip
