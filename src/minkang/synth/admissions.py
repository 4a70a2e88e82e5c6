"""Admissions with their front page: diagnoses, operation, days, and costs whose parts add up to the total.

The number of admissions is such that bed days a resident are the region's published beds times their occupancy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minkang.synth.arrays import (
    NEVER,
    YEAR,
    Bools,
    Columns,
    Floats,
    Ints,
    Texts,
    day,
    events,
    pick,
    pick_by,
    rank_within,
    spread,
    years_of,
)
from minkang.synth.catalogue import links, number, texts
from minkang.synth.chronic import Chronic
from minkang.synth.chunk import Chunk
from minkang.synth.visits import age_group, blood_count, diagnose, diagnosis_table

RELATIVE = np.array([1.15, 0.45, 0.55, 1.05, 2.6])  # by age group, before scaling
COURSE, INTERVAL = 6, 21  # admissions of one course of cancer treatment in a year, days between them
DELIVERIES = 0.035  # of bed days; the rest is scaled to what the published beds leave
PANDEMIC = {2020: 0.97, 2021: 0.98, 2022: 0.98}
LEVEL = np.array(
    [
        [0.12, 0.5, 0.22, 0.16],
        [0.15, 0.5, 0.2, 0.15],
        [0.14, 0.52, 0.2, 0.14],
        [0.22, 0.44, 0.22, 0.12],
        [0.30, 0.38, 0.22, 0.10],
    ]
)
OTHER: Texts = np.array(["I10", "E11.9", "E78.5", "I25.1", "K29.5", "D64.9", "M81.9", "N39.0", "J98.4"], dtype=object)
PARTS = {
    "service": 0.09,
    "nursing": 0.05,
    "laboratory": 0.17,
    "imaging": 0.13,
    "treatment": 0.12,
    "western": 0.27,
    "chinese": 0.04,
    "material": 0.08,
    "other": 0.05,
}
DEPARTMENTS = {
    "J": "呼吸内科", "I": "心血管内科", "K": "普外科", "M": "骨科", "S": "骨科", "T": "骨科", "N": "泌尿外科",
    "C": "肿瘤科", "D": "妇科", "H": "眼科", "E": "内分泌科", "F": "精神科", "G": "神经内科", "R": "儿科",
}  # fmt: skip


@dataclass(frozen=True)
class Stay:
    """Stays that are fully known: who, from when to when, where (and at which level), for what, operated or not."""

    who: Ints
    day: Ints
    leaves: Ints
    institution: Ints
    level: Ints
    code: Ints
    operated: Bools

    def __len__(self) -> int:
        return len(self.who)


def admit(chunk: Chunk, chronic: Chronic) -> None:
    """All admissions but those for delivery, with referrals up and down."""
    rng = chunk.rng("admissions")
    first, last = chunk.county.years
    rate = _rate(chunk)
    for year in range(first, last + 1):
        start = day(year)
        here = chunk.here(start + 182)
        weight = RELATIVE[age_group(chunk.age(start + 182))] * (1 + 0.5 * chronic.burden(start)) * here
        weight *= here.sum() / max(float(weight.sum()), 1e-9)
        who, _ = spread(events(rng, rate * weight * PANDEMIC.get(year, 1.0) * (1 + 0.015 * (year - 2020))))
        days = start + rng.integers(0, day(year + 1) - start, len(who))
        present = chunk.here(days, who)
        _record(chunk, rng, _stays(chunk, rng, who[present], days[present]))


def _rate(chunk: Chunk) -> float:
    """Admissions a resident and year: published bed days a resident over the mean stay, weighted as admissions are."""
    facts = chunk.county.region.facts
    resources = facts["resources"]
    bed_days = resources["beds"] * resources["bed_occupancy"] / 100 * 365 / facts["population"]["people_2020"]
    share = np.array([0.055, 0.12, 0.36, 0.31, 0.155]) * RELATIVE * np.array([1, 1, 1.03, 1.15, 1.35])
    table = diagnosis_table("i").reshape(2, 5, 12, -1).mean(axis=(0, 2))
    table /= table.sum(axis=1, keepdims=True)
    stay = float((share[:, None] * table * number("diagnoses", "los")[None, :]).sum() / share.sum())
    return float(min(bed_days, 1.9) * (1 - DELIVERIES) / stay)


def _stays(chunk: Chunk, rng: np.random.Generator, who: Ints, days: Ints) -> Stay:
    """Each admission's institution, diagnosis, operation and length; those of no night are dropped."""
    county, size = chunk.county, len(who)
    group = age_group((days - chunk.people["birth"][who]) / YEAR)
    code = diagnose(rng, "i", group, days, chunk.people["male"][who])
    who, days = _courses(chunk, who, days, code)
    operated = rng.random(size) < number("diagnoses", "operated")[code]
    level = pick_by(rng, LEVEL, group)
    level = np.where(operated & (level == 0), 1, level)
    choices = [chunk.centre(who)]
    for kinds in (("general",), ("tcm",), ("specialist", "general")):
        some = county.of_kind(*kinds)
        choices.append(some[pick(rng, county.beds(some), size)])
    usual = number("diagnoses", "los")[code]
    length = np.maximum(np.where(operated, 2, 1), np.round(rng.gamma(3.2, usual / 3.2))).astype(np.int64)
    leaves = np.minimum(days + length, np.minimum(chunk.leaves(who), county.end - 1))
    stay = leaves > days
    columns = (who, days, leaves, np.choose(level, choices), level, code, operated)
    return Stay(*(np.asarray(column)[stay] for column in columns))


def _courses(chunk: Chunk, who: Ints, days: Ints, code: Ints) -> tuple[Ints, Ints]:
    """Admissions for cancer come in courses: up to six in a year are of one person, three weeks apart or more.

    So as many people have cancer as in life, not as many as there are admissions for it.
    """
    ill = np.flatnonzero(np.array([text[0] == "C" for text in texts("diagnoses", "icd10")])[code])
    kind = chunk.people["male"][who[ill]] * 1000 + code[ill]
    run = kind * 100_000 + rank_within(chunk.people["birth"][who[ill]], kind) // COURSE
    order = np.lexsort((days[ill], run))
    ill, place = ill[order], rank_within(days[ill][order], run[order])
    leader, moved = who[ill], days[ill].copy()
    for turn in range(1, COURSE):
        at = np.flatnonzero(place == turn)
        leader[at] = leader[at - 1]
        moved[at] = np.maximum(moved[at], moved[at - 1] + INTERVAL)
    good = chunk.here(moved, leader) & (years_of(moved) == years_of(days[ill]))
    out_who, out_days = who.copy(), days.copy()
    out_who[ill[good]], out_days[ill[good]] = leader[good], moved[good]
    return out_who, out_days


def _record(chunk: Chunk, rng: np.random.Generator, stay: Stay) -> None:
    """Encounters, front pages, laboratory work and referrals."""
    size = len(stay)
    icd10, zh = texts("diagnoses", "icd10")[stay.code], texts("diagnoses", "zh")[stay.code]
    seen = chunk.meet(
        rng, stay.who, stay.day, stay.institution, to_day=stay.leaves, kind="inpatient", icd10=icd10, zh=zh
    )
    operation = np.where(stay.operated, links("diagnoses", "operation", "operations", 1)[stay.code, 0], -1)
    base = number("diagnoses", "cost")[stay.code] * np.choose(stay.level, [0.55, 1.05, 0.95, 1.1])
    dead = chunk.people["death"][stay.who] == stay.leaves
    insurance = chunk.people["insurance"][stay.who]
    usual = number("diagnoses", "los")[stay.code]
    age = (stay.day - chunk.people["birth"][stay.who]) / YEAR
    ids = chunk.add(
        "admissions",
        person=stay.who,
        encounter=seen.encounter,
        institution=stay.institution,
        staff=seen.staff,
        day=stay.day,
        minute=seen.minute,
        to_day=stay.leaves,
        icd10=icd10,
        zh=zh,
        other_icd10=_others(rng, age, icd10),
        operation=operation,
        operation_day=np.where(operation >= 0, np.minimum(stay.day + rng.integers(0, 3, size), stay.leaves), NEVER),
        leave=np.where(dead, 5, np.array([1, 2, 3, 4, 9])[pick(rng, (0.9, 0.02, 0.025, 0.045, 0.01), size)]),
        entry=np.array([1, 2, 3])[pick(rng, (0.28, 0.66, 0.06), size)],
        insurance=insurance,
        department=department(stay.code),
        **costs(rng, base * (0.35 + 0.65 * (stay.leaves - stay.day) / usual), operation, insurance),
    )
    blood_count(chunk, rng, seen, rng.random(size) < 0.3)
    chunk.observe("creatinine", seen.later(40), np.round(np.clip(rng.gamma(20, 3.6, size), 28, 640)))
    chunk.observe("alt", seen.later(40), np.round(np.clip(rng.gamma(3, 8, size), 5, 480)))
    _refer(chunk, rng, stay, ids)


def _others(rng: np.random.Generator, age: Floats, main: Texts) -> Texts:
    """Up to three other diagnoses, more of them with age, joined by `|`; the main one is not repeated."""
    size = len(age)
    count = np.minimum(3, rng.poisson(np.clip((age - 30) / 25, 0.1, 2.2)))
    out = np.full(size, "", dtype=object)
    start = rng.integers(0, len(OTHER), size)
    for place in range(3):
        one = OTHER[(start + place * 2) % len(OTHER)]
        adds = (count > place) & (one != main)
        out = np.where(adds, np.where(out == "", one, out + "|" + one), out)
    return np.asarray(out, dtype=object)


def department(code: Ints) -> Texts:
    """The department by the chapter of the main diagnosis."""
    of = [DEPARTMENTS.get(text[0], "全科") for text in texts("diagnoses", "icd10")]
    return np.asarray(np.array(of, dtype=object)[code], dtype=object)


def costs(rng: np.random.Generator, care: Floats, operation: Ints, insurance: Ints) -> Columns:
    """Yuan by item of the front page; `total` is the sum of the items, `antibacterial` lies within `western`.

    Args:
        care: what the stay is expected to cost; `operation`: row of the vocabulary or -1; `insurance` as in persons.
    """
    size = len(care)
    surgery = np.where(operation >= 0, number("operations", "cost")[np.maximum(operation, 0)], 0.0)
    care = care * rng.lognormal(0, 0.22, size)
    care = np.maximum(care - surgery * 0.5, care * 0.4)
    out: Columns = {name: np.round(care * share * rng.lognormal(0, 0.18, size), 2) for name, share in PARTS.items()}
    out["operating"] = np.round(surgery * 0.45, 2)
    out["anaesthesia"] = np.round(surgery * 0.14, 2)
    out["material"] = np.round(out["material"] + surgery * 0.41, 2)
    cents = sum(np.round(out[name] * 100).astype(np.int64) for name in [*PARTS, "operating", "anaesthesia"])
    out["total"] = np.round(np.asarray(cents) / 100, 2)
    out["antibacterial"] = np.round(out["western"] * rng.uniform(0.05, 0.4, size), 2)
    share = np.choose(np.clip(insurance, 0, 2), [1.0, 0.22, 0.34])
    out["own"] = np.round(out["total"] * np.clip(share * rng.lognormal(0, 0.2, size), 0.05, 1), 2)
    return out


def _refer(chunk: Chunk, rng: np.random.Generator, stay: Stay, ids: Ints) -> None:
    """Eight percent of hospital stays were referred up from the township, four percent go down again."""
    draw, centre = rng.random(len(stay)), chunk.centre(stay.who)
    last = np.minimum(chunk.leaves(stay.who), chunk.county.end) - 1
    hospital = stay.level > 0
    for up, mask in ((True, hospital & (draw < 0.08)), (False, hospital & (draw > 0.96) & (stay.leaves < last))):
        rows = np.flatnonzero(mask)
        there = stay.institution[rows]
        source, target = (centre[rows], there) if up else (there, centre[rows])
        wait = rng.integers(0, 4, len(rows))
        asked = np.maximum(stay.day[rows] - wait, chunk.county.begin) if up else stay.leaves[rows]
        arrived = stay.day[rows] if up else np.minimum(stay.leaves[rows] + 1 + wait, last[rows])
        chunk.add(
            "referrals",
            person=stay.who[rows],
            day=asked,
            from_institution=source,
            to_institution=target,
            staff=chunk.county.a_doctor(rng, source),
            direction="up" if up else "down",
            icd10=texts("diagnoses", "icd10")[stay.code[rows]],
            zh=texts("diagnoses", "zh")[stay.code[rows]],
            admission=ids[rows],
            arrived=arrived,
        )
