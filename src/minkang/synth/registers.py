"""Two registers with visits of their own: severe mental disorder (norms 1.7) and tuberculosis (norms 1.8)."""

from __future__ import annotations

import numpy as np

from minkang.synth.arrays import NEVER, YEAR, Ints, Texts, pick, quarters, spread
from minkang.synth.catalogue import index
from minkang.synth.chronic import attend, is_owed, note_followups
from minkang.synth.chunk import Chunk
from minkang.synth.seen import Due, Seen, Service

PREVALENCE = 0.0052  # of those of 18 and over, as registered nationally (modelled)
KINDS = (
    ("F20.9", "精神分裂症", 0.68),
    ("F25.9", "分裂情感性障碍", 0.03),
    ("F22.0", "偏执性精神病", 0.03),
    ("F31.9", "双相情感障碍", 0.1),
    ("G40.9", "癫痫所致精神障碍", 0.07),
    ("F79.1", "精神发育迟滞伴发精神障碍", 0.09),
)
MANAGED_2020 = {"wenshang": 0.90}
MEDICINES = ("olanzapine", "risperidone", "valproate")


def register(chunk: Chunk) -> None:
    """Both registers."""
    _mental(chunk)
    _tuberculosis(chunk)


def _mental(chunk: Chunk) -> None:
    """The registered with a diagnosis, four visits a year; the published share of them gets all four."""
    rng = chunk.rng("mental")
    county, people = chunk.county, chunk.people
    ill = np.flatnonzero((rng.random(chunk.size) < PREVALENCE) & ~people["away"] & (chunk.age(county.end) > 20))
    kind = pick(rng, [share for *_, share in KINDS], len(ill))
    onset = people["birth"][ill] + ((16 + rng.gamma(2.5, 5.0, len(ill))) * YEAR).astype(np.int64)
    diagnosed = np.maximum(onset + rng.exponential(500, len(ill)).astype(np.int64), people["resident_from"][ill])
    stops = np.minimum(chunk.leaves(ill), county.end)
    known = diagnosed < stops
    ill, kind, onset, diagnosed, stops = (column[known] for column in (ill, kind, onset, diagnosed, stops))
    managed = np.maximum(diagnosed + rng.integers(10, 60, len(ill)), county.begin - 900)
    managed = np.where(managed < stops, managed, NEVER)
    centre = chunk.centre(ill)
    codes: Texts = np.array([code for code, *_ in KINDS], dtype=object)
    names: Texts = np.array([name for _, name, _ in KINDS], dtype=object)
    chunk.add(
        "conditions",
        person=ill,
        programme="mental",
        icd10=codes[kind],
        zh=names[kind],
        onset=onset,
        diagnosed=diagnosed,
        managed_from=managed,
        managed_to=np.where(managed < NEVER, stops, NEVER),
        institution=centre,
        staff=county.a_doctor(rng, centre),
    )
    row, year, due = quarters(rng, county.years, len(ill))
    reliable, who = rng.random(len(ill))[row], ill[row]
    open_ = is_owed(chunk, who, due, managed[row])
    share = MANAGED_2020.get(county.region.id, 0.88) + (year - 2020) * 0.004
    owed = Due(who[open_], year[open_], due[open_], (reliable < share)[open_])
    done, status = attend(rng, chunk, owed)
    place = chunk.centre(owed.who)
    took = status < 2
    seen = chunk.meet(rng, owed.who[took], done[took], place[took], kind="followup", icd10="F99", zh="严重精神障碍随访")
    _mental_visits(chunk, rng, seen)
    note_followups(chunk, "mental", "visit", Service(owed.who, owed.day, done, status, place), seen)


def _mental_visits(chunk: Chunk, rng: np.random.Generator, seen: Seen) -> None:
    """Danger, insight, class and adherence at every visit that took place; most take their medicine."""
    size, who = len(seen), seen.who
    danger = pick(rng, (0.88, 0.075, 0.03, 0.012, 0.003), size)
    danger = np.where(who % 5 == 0, danger, np.minimum(danger, 1))
    insight = np.where(who % 3 == 0, 1 + pick(rng, (0.68, 0.27, 0.05), size), 1)
    stable = np.where(danger >= 3, 1, np.where((danger > 0) | (insight > 1), 2, 3))
    adherence = 1 + pick(rng, (0.82, 0.12, 0.06), size)
    chunk.observe("danger", seen, danger)
    chunk.observe("insight", seen, insight)
    chunk.observe("mental_visit", seen, stable)
    chunk.observe("medication_adherence", seen, adherence)
    drug = np.array([index("drugs")[name] for name in MEDICINES])[who % 3]
    chunk.prescribe(seen.at(adherence < 3), drug[adherence < 3], "F99")


def _tuberculosis(chunk: Chunk) -> None:
    """Six months of treatment with a first visit within 72 hours and one a month, for every case notified."""
    rng = chunk.rng("tuberculosis")
    county, cases = chunk.county, chunk.rows("notifications")
    mine = np.flatnonzero(cases["disease"] == index("diseases")["tuberculosis"])
    _, once = np.unique(cases["person"][mine], return_index=True)
    mine = mine[once]
    who, diagnosed = cases["person"][mine].astype(np.int64), cases["diagnosed"][mine]
    centre = chunk.centre(who)
    ends = np.minimum(np.minimum(diagnosed + 182, chunk.leaves(who)), county.end)
    chunk.add(
        "conditions",
        person=who,
        programme="tuberculosis",
        icd10="A15.0",
        zh="肺结核",
        onset=cases["onset"][mine],
        diagnosed=diagnosed,
        managed_from=np.minimum(diagnosed + 1, ends),
        managed_to=ends,
        institution=centre,
        staff=county.a_doctor(rng, centre),
    )
    row, slot = spread(np.full(len(who), 7))
    due = diagnosed[row] + np.where(slot == 0, 3, slot * 30)
    open_ = due < ends[row] - 1
    row, due, slot = row[open_], due[open_], slot[open_]
    status = pick(rng, (0.9, 0.06, 0.04), len(row))
    shift = np.where(status == 1, rng.integers(4, 12, len(row)), -rng.integers(0, 2, len(row)))
    done = np.where(status == 2, NEVER, np.minimum(due + shift, np.minimum(chunk.leaves(who[row]), county.end) - 1))
    _tuberculosis_visits(chunk, rng, Due(who[row], slot, due, status < 2), done, status)


def _tuberculosis_visits(chunk: Chunk, rng: np.random.Generator, owed: Due, done: Ints, status: Ints) -> None:
    """Adherence each time, a smear after two, five and six months, and the medicines of the phase."""
    took, centre, month = owed.standard, chunk.centre(owed.who), owed.year
    seen = chunk.meet(rng, owed.who[took], done[took], centre[took], kind="followup", icd10="A15.0", zh="肺结核")
    slot = month[took]
    chunk.observe("medication_adherence", seen, 1 + pick(rng, (0.95, 0.04, 0.01), len(seen)))
    tested = np.isin(slot, (2, 5, 6))
    positive = (slot[tested] == 2) & (rng.random(int(tested.sum())) < 0.08)
    chunk.observe("sputum_smear", seen.at(tested), np.where(positive, 2, 1))
    drugs = index("drugs")
    chunk.prescribe(seen, np.where(slot <= 2, drugs["rifampicin_compound"], drugs["isoniazid_rifampicin"]), "A15.0")
    step: Texts = np.where(month == 0, "first-visit", "month").astype(object)
    note_followups(chunk, "tuberculosis", step, Service(owed.who, owed.day, done, status, centre), seen)
