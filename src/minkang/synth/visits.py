"""Ordinary attendances: colds, stomachs, teeth and backs, by age and season, with what was measured and given."""

from __future__ import annotations

import numpy as np

from minkang.synth.arrays import Floats, Ints, day, events, minutes, months_of, pick, pick_by, spread
from minkang.synth.catalogue import index, links, number, numbers, rows, texts
from minkang.synth.chronic import Chronic
from minkang.synth.chunk import Chunk

# Visits a person and year that the region's systems see, by age group 0-4, 5-14, 15-44, 45-64, 65+ (modelled).
RATE = np.array([3.4, 1.7, 1.3, 2.1, 3.0])
AGE_EDGES = (5, 15, 45, 65)
WHERE = np.array([[0.30, 0.30, 0.22, 0.18], [0.38, 0.30, 0.20, 0.12], [0.38, 0.24, 0.24, 0.14],
                  [0.46, 0.24, 0.19, 0.11], [0.52, 0.25, 0.15, 0.08]])  # fmt: skip
SEASONS = {"winter": 0.55, "summer": -0.5, "flat": 0.0}


def attend_clinics(chunk: Chunk, chronic: Chronic) -> None:
    """All outpatient attendances of the years, with diagnoses, temperature, blood counts and prescriptions."""
    rng = chunk.rng("visits")
    first, last = chunk.county.years
    for year in range(first, last + 1):
        start = day(year)
        group = np.searchsorted(AGE_EDGES, chunk.age(start + 182), side="right")
        taste = np.random.Generator(np.random.PCG64(chunk.number * 7919 + 13)).gamma(2.0, 0.5, chunk.size)
        ill = 1 + 0.35 * ((chronic.onset_hypertension < start).astype(float) + (chronic.onset_diabetes < start))
        pandemic = 0.72 if year == 2020 else 0.9 if year in {2021, 2022} else 1.0
        count = events(rng, RATE[group] * taste * ill * pandemic)
        who, _ = spread(count)
        days = start + rng.integers(0, day(year + 1) - start, len(who))
        present = chunk.here(days, who)
        who, days = who[present], days[present]
        _one_year(
            chunk,
            rng,
            who,
            days,
            np.searchsorted(AGE_EDGES, (days - chunk.people["birth"][who]) / 365.25, side="right"),
        )


def diagnosis_table(prefix: str, women: bool = True) -> Floats:
    """Weights of diagnoses by age group and season: shape (5 ages x 12 months, diagnoses)."""
    by_age = numbers("diagnoses", *(f"{prefix}{group}" for group in range(5))).T
    depth = np.array([SEASONS[row["season"]] for row in rows("diagnoses")])
    season = 1 + depth[None, :] * np.cos(2 * np.pi * (np.arange(12) - 0.3) / 12)[:, None]
    table = (by_age[:, None, :] * season[None, :, :]).reshape(60, -1)
    if not women:
        for key in ("breast_cancer", "uterine_fibroid", "vaginitis"):
            table[:, index("diagnoses")[key]] = 0
    return np.asarray(table, dtype=np.float64)


def diagnose(rng: np.random.Generator, prefix: str, group: Ints, days: Ints, male: Ints) -> Ints:
    """A main diagnosis for each attendance by age group, month and sex."""
    table = np.concatenate([diagnosis_table(prefix), diagnosis_table(prefix, women=False)])
    return pick_by(rng, table, group * 12 + months_of(days) - 1 + np.where(male, 60, 0))


def _one_year(chunk: Chunk, rng: np.random.Generator, who: Ints, days: Ints, group: Ints) -> None:
    county = chunk.county
    code = diagnose(rng, "o", group, days, chunk.people["male"][who])
    level = pick_by(rng, WHERE, group)
    general, tcm = county.of_kind("general"), county.of_kind("tcm", "mch", "specialist")
    institution = np.choose(level, [
        chunk.clinic(who), chunk.centre(who),
        general[pick(rng, _beds(chunk, general), len(who))], tcm[pick(rng, _beds(chunk, tcm), len(who))],
    ])  # fmt: skip
    staff, minute = county.a_doctor(rng, institution), minutes(rng, len(who))
    encounter = chunk.encounter(
        who, days, minute, kind="outpatient", institution=institution, staff=staff,
        icd10=texts("diagnoses", "icd10")[code], zh=texts("diagnoses", "zh")[code],
    )  # fmt: skip
    _findings(chunk, rng, who, days, minute, encounter, staff, code, level, group)
    _medicines(chunk, rng, who, days, minute, encounter, staff, code)


def _beds(chunk: Chunk, institutions: Ints) -> Floats:
    return np.array([chunk.county.institutions[number].beds + 1.0 for number in institutions])


def _findings(chunk: Chunk, rng: np.random.Generator, who: Ints, days: Ints, minute: Ints, encounter: Ints,
              staff: Ints, code: Ints, level: Ints, group: Ints) -> None:  # fmt: skip
    """Temperature in infections, first blood pressure of the year at 35 and over, blood counts in hospitals."""
    kinds, keys = index("observations"), index("diagnoses")
    feverish = np.isin(
        code, [keys[key] for key in ("uri", "bronchitis", "pneumonia", "tonsillitis", "gastroenteritis")]
    )
    at = np.flatnonzero(feverish & (rng.random(len(who)) < 0.8))
    heat = np.round(np.clip(rng.normal(37.5, 0.7, len(at)), 36.1, 40.6), 1)
    chunk.observe(kinds["temperature"], encounter[at], who[at], days[at], minute[at], heat, staff[at])
    at = np.flatnonzero((group >= 3) & (rng.random(len(who)) < 0.4))
    systolic = np.round(rng.normal(126 + 4 * (group[at] - 3), 14))
    chunk.observe(kinds["blood_pressure"], encounter[at], who[at], days[at], minute[at], systolic, staff[at],
                  np.round(systolic * 0.4 + 28 + rng.normal(0, 5, len(at))))  # fmt: skip
    wanted = links("diagnoses", "labs", "observations", 1)[:, 0]
    at = np.flatnonzero((level >= 2) & (wanted[code] >= 0) & (rng.random(len(who)) < 0.55))
    blood_count(chunk, rng, encounter[at], who[at], days[at], minute[at], staff[at], feverish[at])


def blood_count(chunk: Chunk, rng: np.random.Generator, encounter: Ints, who: Ints, days: Ints, minute: Ints,
                staff: Ints, infected: Ints | Floats) -> None:  # fmt: skip
    """White cells, haemoglobin, platelets and CRP; infections raise the first and the last."""
    kinds, size = index("observations"), len(who)
    later = np.minimum(minute + 40, 1430)
    white = np.round(np.clip(rng.normal(6.4 + 3.2 * np.asarray(infected, dtype=float), 1.6), 1.9, 28), 1)
    red = np.round(rng.normal(np.where(chunk.people["male"][who], 148, 131), 11))
    chunk.observe(kinds["wbc"], encounter, who, days, later, white, staff)
    chunk.observe(kinds["hemoglobin"], encounter, who, days, later, np.clip(red, 58, 190), staff)
    chunk.observe(
        kinds["platelets"], encounter, who, days, later, np.round(np.clip(rng.normal(228, 52, size), 25, 620)), staff
    )
    protein = np.round(np.clip(rng.exponential(3 + 14 * np.asarray(infected, dtype=float), size), 0.1, 240), 1)
    chunk.observe(kinds["crp"], encounter, who, days, later, protein, staff)


def _medicines(chunk: Chunk, rng: np.random.Generator, who: Ints, days: Ints, minute: Ints, encounter: Ints,
               staff: Ints, code: Ints) -> None:  # fmt: skip
    drugs = links("diagnoses", "drugs", "drugs", 3)[code]
    for place, share in enumerate((0.82, 0.55, 0.4)):
        at = np.flatnonzero((drugs[:, place] >= 0) & (rng.random(len(who)) < share))
        chunk.add("prescriptions", person=who[at], encounter=encounter[at], day=days[at], minute=minute[at],
                  drug=drugs[at, place], icd10=texts("diagnoses", "icd10")[code[at]], staff=staff[at])  # fmt: skip


def price(drugs: Ints) -> Floats:
    """Yuan for one course of each medicine."""
    return np.asarray(number("drugs", "price")[drugs], dtype=np.float64)
