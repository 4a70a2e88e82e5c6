"""Two registers with visits of their own: severe mental disorder (norms 1.7) and tuberculosis (norms 1.8)."""

from __future__ import annotations

import numpy as np

from minkang.synth.arrays import NEVER, YEAR, Ints, day, minutes, pick, spread, weekdays
from minkang.synth.catalogue import index
from minkang.synth.chronic import STATUS, attend
from minkang.synth.chunk import Chunk

PREVALENCE = 0.0052  # of those of 18 and over, as registered nationally (modelled)
KINDS = (("F20.9", "精神分裂症"), ("F25.9", "分裂情感性障碍"), ("F22.0", "偏执性精神病"), ("F31.9", "双相情感障碍"),
         ("G40.9", "癫痫所致精神障碍"), ("F79.1", "精神发育迟滞伴发精神障碍"))  # fmt: skip
SHARE = (0.68, 0.03, 0.03, 0.1, 0.07, 0.09)
MANAGED_2020 = {"wenshang": 0.90}
SMD_MEDICINES = ("olanzapine", "risperidone", "valproate")


def register(chunk: Chunk) -> None:
    """Both registers."""
    _mental(chunk)
    _tuberculosis(chunk)


def _mental(chunk: Chunk) -> None:
    rng = chunk.rng("mental")
    county, people = chunk.county, chunk.people
    ill = np.flatnonzero((rng.random(chunk.size) < PREVALENCE) & ~people["away"] & (chunk.age(county.end) > 20))
    kind = pick(rng, SHARE, len(ill))
    onset = people["birth"][ill] + ((16 + rng.gamma(2.5, 5.0, len(ill))) * YEAR).astype(np.int64)
    diagnosed = onset + rng.exponential(500, len(ill)).astype(np.int64)
    known = diagnosed < np.minimum(chunk.leaves(ill), county.end)
    ill, kind, onset, diagnosed = (
        ill[known],
        kind[known],
        onset[known],
        np.maximum(diagnosed[known], people["resident_from"][ill[known]]),
    )
    managed = np.maximum(diagnosed + rng.integers(10, 60, len(ill)), county.begin - 900)
    managed = np.where(managed < np.minimum(chunk.leaves(ill), county.end), managed, NEVER)
    centre = chunk.centre(ill)
    chunk.add("conditions", person=ill, programme="mental", icd10=np.array([one for one, _ in KINDS], dtype=object)[kind],
              zh=np.array([name for _, name in KINDS], dtype=object)[kind], onset=onset, diagnosed=diagnosed,
              managed_from=managed, managed_to=np.where(managed < NEVER, np.minimum(chunk.leaves(ill), county.end), NEVER),
              institution=centre, staff=county.a_doctor(rng, centre))  # fmt: skip
    first, last = county.years
    count = (last - first + 1) * 4
    row, slot = spread(np.full(len(ill), count))
    who, start, year = ill[row], managed[row], first + slot // 4
    reliable = rng.random(len(ill))[row]
    due = (
        np.array([day(y) for y in range(first, last + 1)])[year - first]
        + slot % 4 * 91
        + rng.integers(5, 60, len(ill))[row]
    )
    open_ = (due >= start) & (due < chunk.leaves(who)) & (due < county.end - 3)
    who, year, due, reliable = (part[open_] for part in (who, year, weekdays(due), reliable))
    share = MANAGED_2020.get(county.region.id, 0.88) + (year - 2020) * 0.004
    done, status = attend(rng, chunk, who, year, due, reliable < share)
    _mental_visits(chunk, rng, who, due, done, status)


def _mental_visits(chunk: Chunk, rng: np.random.Generator, who: Ints, due: Ints, done: Ints, status: Ints) -> None:
    """Danger, insight, class and adherence at every visit that took place; most take their medicine."""
    kinds, took = index("observations"), status < 2
    centre = chunk.centre(who)
    staff = chunk.county.a_doctor(rng, centre)
    encounter = np.full(len(who), -1, dtype=np.int64)
    w, d, s = who[took], done[took], staff[took]
    minute = minutes(rng, len(w))
    e = chunk.encounter(
        w, d, minute, kind="followup", institution=centre[took], staff=s, icd10="F99", zh="严重精神障碍随访"
    )
    encounter[took] = e
    danger = np.array([0, 1, 2, 3, 4])[pick(rng, (0.88, 0.075, 0.03, 0.012, 0.003), len(w))]
    insight = np.array([1, 2, 3])[pick(rng, (0.68, 0.27, 0.05), len(w))]
    danger, insight = np.where(w % 5 == 0, danger, np.minimum(danger, 1)), np.where(w % 3 == 0, insight, 1)
    stable = np.where(danger >= 3, 1, np.where((danger > 0) | (insight > 1), 2, 3))
    adherence = np.array([1, 2, 3])[pick(rng, (0.82, 0.12, 0.06), len(w))]
    for name, value in (
        ("danger", danger),
        ("insight", insight),
        ("mental_visit", stable),
        ("medication_adherence", adherence),
    ):
        chunk.observe(kinds[name], e, w, d, minute, value, s)
    drug = np.array([index("drugs")[name] for name in SMD_MEDICINES])[w % 3]
    at = np.flatnonzero(adherence < 3)
    chunk.add(
        "prescriptions",
        person=w[at],
        encounter=e[at],
        day=d[at],
        minute=minute[at],
        drug=drug[at],
        icd10="F99",
        staff=s[at],
    )
    chunk.add("followups", person=who, programme="mental", step="visit", due=due, day=done, status=STATUS[status],
              encounter=encounter, institution=centre, staff=staff)  # fmt: skip


def _tuberculosis(chunk: Chunk) -> None:
    """Six months of treatment with a first visit within 72 hours and one a month, for every case notified."""
    rng = chunk.rng("tuberculosis")
    county = chunk.county
    cases = chunk.rows("notifications")
    mine = np.flatnonzero(cases["disease"] == index("diseases")["tuberculosis"])
    _, once = np.unique(cases["person"][mine], return_index=True)
    mine = mine[once]
    who, diagnosed = cases["person"][mine].astype(np.int64), cases["diagnosed"][mine]
    if not len(who):
        return
    centre = chunk.centre(who)
    ends = np.minimum(np.minimum(diagnosed + 182, chunk.leaves(who)), county.end)
    chunk.add("conditions", person=who, programme="tuberculosis", icd10="A15.0", zh="肺结核", onset=cases["onset"][mine],
              diagnosed=diagnosed, managed_from=diagnosed + 1, managed_to=ends, institution=centre,
              staff=county.a_doctor(rng, centre))  # fmt: skip
    row, slot = spread(np.full(len(who), 7))
    w, due = who[row], diagnosed[row] + np.where(slot == 0, 3, slot * 30)
    open_ = due < ends[row] - 1
    w, due, slot = w[open_], due[open_], slot[open_]
    status = pick(rng, (0.9, 0.06, 0.04), len(w))
    done = np.where(status == 2, NEVER, np.minimum(due + np.where(status == 1, rng.integers(4, 12, len(w)), -rng.integers(0, 2, len(w))),
                                                   np.minimum(chunk.leaves(w), county.end) - 1))  # fmt: skip
    _tb_visits(chunk, rng, w, due, done, status, slot)


def _tb_visits(
    chunk: Chunk, rng: np.random.Generator, who: Ints, due: Ints, done: Ints, status: Ints, slot: Ints
) -> None:
    kinds, took, centre = index("observations"), status < 2, chunk.centre(who)
    staff = chunk.county.a_doctor(rng, centre)
    encounter = np.full(len(who), -1, dtype=np.int64)
    w, d, s = who[took], done[took], staff[took]
    minute = minutes(rng, len(w))
    e = chunk.encounter(w, d, minute, kind="followup", institution=centre[took], staff=s, icd10="A15.0", zh="肺结核")
    encounter[took] = e
    chunk.observe(
        kinds["medication_adherence"], e, w, d, minute, np.array([1, 2, 3])[pick(rng, (0.95, 0.04, 0.01), len(w))], s
    )
    at = np.flatnonzero(np.isin(slot[took], (2, 5, 6)))
    smear = np.where((slot[took][at] == 2) & (rng.random(len(at)) < 0.08), 2, 1)
    chunk.observe(kinds["sputum_smear"], e[at], w[at], d[at], minute[at], smear, s[at])
    drug = np.where(slot[took] <= 2, index("drugs")["rifampicin_compound"], index("drugs")["isoniazid_rifampicin"])
    chunk.add("prescriptions", person=w, encounter=e, day=d, minute=minute, drug=drug, icd10="A15.0", staff=s)
    chunk.add("followups", person=who, programme="tuberculosis", step=np.where(slot == 0, "first-visit", "month"), due=due,
              day=done, status=STATUS[status], encounter=encounter, institution=centre, staff=staff)  # fmt: skip
