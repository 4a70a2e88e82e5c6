"""Admissions with their front page: diagnoses, operation, days, and costs whose parts add up to the total.

The number of admissions is such that bed days a resident are the region's published beds times their occupancy.
"""

from __future__ import annotations

import numpy as np

from minkang.synth.arrays import Bools, Columns, Floats, Ints, day, events, minutes, pick, pick_by, spread
from minkang.synth.catalogue import index, links, number, texts
from minkang.synth.chronic import Chronic
from minkang.synth.chunk import Chunk
from minkang.synth.visits import AGE_EDGES, blood_count, diagnose, diagnosis_table

RELATIVE = np.array([1.15, 0.45, 0.55, 1.05, 2.6])  # by age group, before scaling
DELIVERY_SHARE = 0.94  # of all admissions; the rest are deliveries, made with the pregnancies
LEVEL = np.array([[0.12, 0.5, 0.22, 0.16], [0.15, 0.5, 0.2, 0.15], [0.14, 0.52, 0.2, 0.14], [0.22, 0.44, 0.22, 0.12],
                  [0.30, 0.38, 0.22, 0.10]])  # fmt: skip
OTHER = np.array(["I10", "E11.9", "E78.5", "I25.1", "K29.5", "D64.9", "M81.9", "N39.0", "J98.4"], dtype=object)
PARTS = {"service": 0.09, "nursing": 0.05, "laboratory": 0.17, "imaging": 0.13, "treatment": 0.12, "western": 0.27,
         "chinese": 0.04, "material": 0.08, "other": 0.05}  # fmt: skip


def admit(chunk: Chunk, chronic: Chronic) -> None:
    """All admissions but those for delivery, with referrals up and down."""
    rng = chunk.rng("admissions")
    first, last = chunk.county.years
    rate = _rate(chunk)
    for year in range(first, last + 1):
        start = day(year)
        group = np.searchsorted(AGE_EDGES, chunk.age(start + 182), side="right")
        ill = 1 + 0.5 * ((chronic.onset_hypertension < start).astype(float) + (chronic.onset_diabetes < start))
        weight = RELATIVE[group] * ill * chunk.here(start + 182)
        weight *= chunk.here(start + 182).sum() / max(weight.sum(), 1e-9)
        pandemic = 0.84 if year == 2020 else 0.95 if year in {2021, 2022} else 1.0
        who, _ = spread(events(rng, rate * weight * pandemic * (1 + 0.015 * (year - 2020))))
        days = start + rng.integers(0, day(year + 1) - start, len(who))
        present = chunk.here(days, who)
        _stay(chunk, rng, who[present], days[present])


def _rate(chunk: Chunk) -> float:
    """Admissions a resident and year: published beds, occupancy and people, over the mean stay of the vocabulary."""
    facts = chunk.county.region.facts
    resources = facts["resources"]
    bed_days = resources["beds"] * resources["bed_occupancy"] / 100 * 365 / facts["population"]["people_2020"]
    weight = diagnosis_table("i").reshape(5, 12, -1).mean(axis=1).sum(axis=0)
    stay = float((weight * number("diagnoses", "los")).sum() / weight.sum())
    return float(min(bed_days, 1.9) / stay / 1.02 * DELIVERY_SHARE / 0.84)


def _stay(chunk: Chunk, rng: np.random.Generator, who: Ints, days: Ints) -> None:
    """Each admission's institution, diagnoses, operation, length, outcome and costs."""
    county, size = chunk.county, len(who)
    age = (days - chunk.people["birth"][who]) / 365.2425
    group = np.searchsorted(AGE_EDGES, age, side="right")
    code = diagnose(rng, "i", group, days, chunk.people["male"][who])
    level = pick_by(rng, LEVEL, group)
    centre, general, tcm = chunk.centre(who), county.of_kind("general"), county.of_kind("tcm")
    special = county.of_kind("specialist", "general")
    operated = rng.random(size) < number("diagnoses", "operated")[code]
    level = np.where(operated & (level == 0), 1, level)
    institution = np.choose(level, [centre, _one(rng, county.institutions, general, size),
                                    _one(rng, county.institutions, tcm, size),
                                    _one(rng, county.institutions, special, size)])  # fmt: skip
    length = np.maximum(1, np.round(rng.gamma(3.2, number("diagnoses", "los")[code] / 3.2)))
    length = np.where(operated, np.maximum(length, 2), length).astype(np.int64)
    leaves = np.minimum(days + length, np.minimum(chunk.leaves(who), county.end - 1))
    stay = leaves > days
    who, days, code, level, institution, operated, age = (
        part[stay] for part in (who, days, code, level, institution, operated, age)
    )
    record_stay(chunk, rng, who, days, leaves[stay], institution, code, operated, age, level)


def _one(rng: np.random.Generator, institutions: tuple[object, ...], kinds: Ints, size: int) -> Ints:
    beds = np.array([getattr(institutions[number], "beds", 0) + 1.0 for number in kinds])
    return kinds[pick(rng, beds, size)]


def record_stay(chunk: Chunk, rng: np.random.Generator, who: Ints, days: Ints, leaves: Ints, institution: Ints,
                code: Ints, operated: Bools, age: Floats, level: Ints) -> None:  # fmt: skip
    """Write encounters, front pages, laboratory work and referrals of stays that are fully known."""
    size = len(who)
    minute, staff = minutes(rng, size), chunk.county.a_doctor(rng, institution)
    icd10, zh = texts("diagnoses", "icd10")[code], texts("diagnoses", "zh")[code]
    encounter = chunk.add("encounters", person=who, day=days, minute=minute, to_day=leaves, kind="inpatient",
                          institution=institution, staff=staff, icd10=icd10, zh=zh)  # fmt: skip
    operation = np.where(operated, links("diagnoses", "operation", "operations", 1)[code, 0], -1)
    base = number("diagnoses", "cost")[code] * np.choose(level, [0.55, 1.05, 0.95, 1.1])
    dead = chunk.people["death"][who] == leaves
    ids = chunk.add(
        "admissions", person=who, encounter=encounter, institution=institution, staff=staff, day=days, minute=minute,
        to_day=leaves, icd10=icd10, zh=zh, other_icd10=_others(rng, age, icd10), operation=operation,
        operation_day=np.where(operation >= 0, np.minimum(days + rng.integers(0, 3, size), leaves), 2_000_000),
        leave=np.where(dead, 5, np.array([1, 2, 3, 4, 9])[pick(rng, (0.9, 0.02, 0.025, 0.045, 0.01), size)]),
        entry=np.array([1, 2, 3])[pick(rng, (0.28, 0.66, 0.06), size)],
        insurance=chunk.people["insurance"][who], department=department(code, operated),
        **costs(rng, base, leaves - days, operation, number("diagnoses", "los")[code], chunk.people["insurance"][who]),
    )  # fmt: skip
    blood_count(chunk, rng, encounter, who, days, minute, staff, rng.random(size) < 0.3)
    kinds = index("observations")
    chunk.observe(
        kinds["creatinine"], encounter, who, days, minute, np.round(np.clip(rng.gamma(20, 3.6, size), 28, 640)), staff
    )
    chunk.observe(kinds["alt"], encounter, who, days, minute, np.round(np.clip(rng.gamma(3, 8, size), 5, 480)), staff)
    _refer(chunk, rng, who, days, leaves, institution, icd10, zh, ids, level)


def _others(rng: np.random.Generator, age: Floats, main: Ints) -> Ints:
    """Up to three other diagnoses, more of them with age, joined by `|`; the main one is not repeated."""
    size = len(age)
    count = np.minimum(3, rng.poisson(np.clip((age - 30) / 25, 0.1, 2.2)))
    out = np.full(size, "", dtype=object)
    start = rng.integers(0, len(OTHER), size)
    for place in range(3):
        one = OTHER[(start + place * 2) % len(OTHER)]
        adds = (count > place) & (one != main)
        out = np.where(adds, np.where(out == "", one, out + "|" + one), out)
    return np.asarray(out)


def department(code: Ints, operated: Bools) -> Ints:
    """The department by the chapter of the main diagnosis."""
    letter = np.array([text[0] for text in texts("diagnoses", "icd10")], dtype=object)[code]
    names = {"J": "呼吸内科", "I": "心血管内科", "K": "普外科", "M": "骨科", "S": "骨科", "T": "骨科", "N": "泌尿外科",
             "C": "肿瘤科", "D": "妇科", "H": "眼科", "E": "内分泌科", "F": "精神科", "G": "神经内科", "R": "儿科"}  # fmt: skip
    return np.asarray(np.array([names.get(one, "全科") for one in letter], dtype=object))


def costs(
    rng: np.random.Generator, base: Floats, length: Ints, operation: Ints, usual: Floats, insurance: Ints
) -> Columns:
    """Yuan by item of the front page; `total` is the sum of the items, `antibacterial` lies within `western`."""
    size = len(base)
    care = base * (0.35 + 0.65 * length / np.maximum(usual, 1)) * rng.lognormal(0, 0.22, size)
    surgery = np.where(operation >= 0, number("operations", "cost")[np.maximum(operation, 0)], 0.0)
    care = np.maximum(care - surgery * 0.5, care * 0.4)
    out: Columns = {name: np.round(care * share * rng.lognormal(0, 0.18, size), 2) for name, share in PARTS.items()}
    out["operating"] = np.round(surgery * 0.45, 2)
    out["anaesthesia"] = np.round(surgery * 0.14, 2)
    out["material"] = np.round(out["material"] + surgery * 0.41, 2)
    items = [*PARTS, "operating", "anaesthesia"]
    out["total"] = np.round(sum(np.round(out[name] * 100).astype(np.int64) for name in items) / 100, 2)
    out["antibacterial"] = np.round(out["western"] * rng.uniform(0.05, 0.4, size), 2)
    share = np.choose(np.clip(insurance, 0, 2), [1.0, 0.22, 0.34])
    out["own"] = np.round(out["total"] * np.clip(share * rng.lognormal(0, 0.2, size), 0.05, 1), 2)
    return out


def _refer(chunk: Chunk, rng: np.random.Generator, who: Ints, days: Ints, leaves: Ints, institution: Ints, icd10: Ints,
           zh: Ints, ids: Ints, level: Ints) -> None:  # fmt: skip
    """Eight percent of hospital stays were referred up from the township, four percent go down again."""
    draw = rng.random(len(who))
    for rows, direction in ((np.flatnonzero((level > 0) & (draw < 0.08)), "up"),
                            (np.flatnonzero((level > 0) & (draw > 0.96)), "down")):  # fmt: skip
        centre, hospital = chunk.centre(who[rows]), institution[rows]
        up = direction == "up"
        source, target = (centre, hospital) if up else (hospital, centre)
        asked = days[rows] - rng.integers(0, 4, len(rows)) if up else leaves[rows]
        arrived = days[rows] if up else np.minimum(leaves[rows] + rng.integers(1, 8, len(rows)), chunk.county.end - 1)
        chunk.add("referrals", person=who[rows], day=np.maximum(asked, chunk.county.begin), from_institution=source,
                  to_institution=target, staff=chunk.county.a_doctor(rng, source), direction=direction,
                  icd10=icd10[rows], zh=zh[rows], admission=ids[rows], arrived=arrived)  # fmt: skip
