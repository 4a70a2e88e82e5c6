"""Ordinary attendances: colds, stomachs, teeth and backs, by age and season, with what was measured and given."""

from __future__ import annotations

from functools import cache

import numpy as np

from minkang.synth.arrays import YEAR, Bools, Floats, Ints, day, events, months_of, pick, pick_by, spread
from minkang.synth.catalogue import index, links, numbers, rows, texts
from minkang.synth.chronic import Chronic
from minkang.synth.chunk import Chunk
from minkang.synth.seen import Seen

# Visits a person and year that the region's systems see, by age group 0-4, 5-14, 15-44, 45-64, 65+ (modelled).
RATE = np.array([3.4, 1.7, 1.3, 2.1, 3.0])
AGE_EDGES = (5, 15, 45, 65)
WHERE = np.array(
    [
        [0.30, 0.30, 0.22, 0.18],
        [0.38, 0.30, 0.20, 0.12],
        [0.38, 0.24, 0.24, 0.14],
        [0.46, 0.24, 0.19, 0.11],
        [0.52, 0.25, 0.15, 0.08],
    ]
)
SEASONS = {"winter": 0.55, "summer": -0.5, "flat": 0.0}
PANDEMIC = {2020: 0.72, 2021: 0.9, 2022: 0.9}
FEVERISH = ("uri", "bronchitis", "pneumonia", "tonsillitis", "gastroenteritis")
WOMEN_ONLY = ("breast_cancer", "uterine_fibroid", "vaginitis")


def attend_clinics(chunk: Chunk, chronic: Chronic) -> None:
    """All outpatient attendances of the years, with diagnoses, temperature, blood counts and prescriptions."""
    rng = chunk.rng("visits")
    taste = rng.gamma(2.0, 0.5, chunk.size)
    first, last = chunk.county.years
    for year in range(first, last + 1):
        start = day(year)
        group = age_group(chunk.age(start + 182))
        rate = RATE[group] * taste * (1 + 0.35 * chronic.burden(start)) * PANDEMIC.get(year, 1.0)
        who, _ = spread(events(rng, rate))
        days = start + rng.integers(0, day(year + 1) - start, len(who))
        present = chunk.here(days, who)
        _one_year(chunk, rng, who[present], days[present])


def age_group(age: Floats) -> Ints:
    """0 to 4 for the age groups that rates are given by."""
    return np.searchsorted(AGE_EDGES, age, side="right").astype(np.int64)


@cache
def diagnosis_table(prefix: str) -> Floats:
    """Weights of diagnoses, shape (2 sexes x 5 age groups x 12 months, diagnoses), women first."""
    by_age = numbers("diagnoses", *(f"{prefix}{group}" for group in range(5))).T
    depth = np.array([SEASONS[row["season"]] for row in rows("diagnoses")])
    season = 1 + depth[None, :] * np.cos(2 * np.pi * (np.arange(12) - 0.3) / 12)[:, None]
    women = np.asarray((by_age[:, None, :] * season[None, :, :]).reshape(60, -1), dtype=np.float64)
    men = women.copy()
    men[:, [index("diagnoses")[key] for key in WOMEN_ONLY]] = 0
    return np.concatenate([women, men])


def diagnose(rng: np.random.Generator, prefix: str, group: Ints, days: Ints, male: Bools) -> Ints:
    """A main diagnosis for each attendance by age group, month and sex."""
    return pick_by(rng, diagnosis_table(prefix), group * 12 + months_of(days) - 1 + np.where(male, 60, 0))


def _one_year(chunk: Chunk, rng: np.random.Generator, who: Ints, days: Ints) -> None:
    county, size = chunk.county, len(who)
    group = age_group((days - chunk.people["birth"][who]) / YEAR)
    code = diagnose(rng, "o", group, days, chunk.people["male"][who])
    level = pick_by(rng, WHERE, group)
    general, others = county.of_kind("general"), county.of_kind("tcm", "mch", "specialist")
    institution = np.choose(
        level,
        [
            chunk.clinic(who),
            chunk.centre(who),
            general[pick(rng, county.beds(general), size)],
            others[pick(rng, county.beds(others), size)],
        ],
    )
    icd10, zh = texts("diagnoses", "icd10")[code], texts("diagnoses", "zh")[code]
    seen = chunk.meet(rng, who, days, institution, kind="outpatient", icd10=icd10, zh=zh)
    feverish = np.isin(code, [index("diagnoses")[key] for key in FEVERISH])
    _findings(chunk, rng, seen, feverish, group)
    tested = (level >= 2) & (links("diagnoses", "labs", "observations", 1)[code, 0] >= 0) & (rng.random(size) < 0.55)
    blood_count(chunk, rng, seen.at(tested), feverish[tested])
    drugs = links("diagnoses", "drugs", "drugs", 3)[code]
    for place, share in enumerate((0.82, 0.55, 0.4)):
        given = (drugs[:, place] >= 0) & (rng.random(size) < share)
        chunk.prescribe(seen.at(given), drugs[given, place], icd10[given])


def _findings(chunk: Chunk, rng: np.random.Generator, seen: Seen, feverish: Bools, group: Ints) -> None:
    """Temperature in infections; blood pressure at 45 and over."""
    hot = feverish & (rng.random(len(seen)) < 0.8)
    heat = np.clip(rng.normal(37.5, 0.7, int(hot.sum())), 36.1, 40.6)
    chunk.observe("temperature", seen.at(hot), np.round(heat, 1))
    old = (group >= 3) & (rng.random(len(seen)) < 0.4)
    systolic = np.round(np.clip(rng.normal(126 + 4 * (group[old] - 3), 14), 85, 210))
    diastolic = np.round(systolic * 0.4 + 28 + rng.normal(0, 5, len(systolic)))
    chunk.observe("blood_pressure", seen.at(old), systolic, diastolic)


def blood_count(chunk: Chunk, rng: np.random.Generator, seen: Seen, infected: Bools) -> None:
    """White cells, haemoglobin, platelets and CRP; infections raise the first and the last."""
    size, result = len(seen), seen.later(40)
    chunk.observe("wbc", result, np.round(np.clip(rng.normal(6.4 + 3.2 * infected, 1.6), 1.9, 28), 1))
    red = rng.normal(np.where(chunk.people["male"][seen.who], 148, 131), 11)
    chunk.observe("hemoglobin", result, np.round(np.clip(red, 58, 190)))
    chunk.observe("platelets", result, np.round(np.clip(rng.normal(228, 52, size), 25, 620)))
    chunk.observe("crp", result, np.round(np.clip(rng.exponential(3 + 14 * infected, size), 0.1, 240), 1))
