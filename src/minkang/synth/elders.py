"""The yearly examination of residents of 65 and over (norms 1.6), at the share the region's plan publishes."""

from __future__ import annotations

import numpy as np

from minkang.synth.arrays import NEVER, YEAR, day, weekdays
from minkang.synth.chronic import note_followups
from minkang.synth.chunk import Chunk
from minkang.synth.seen import Seen, Service

EXAMINED_2020 = {"wenshang": 0.61, "shangyou": 0.70, "yantai": 0.711}
RISE = 0.022

# Mean, spread and digits of what the examination measures in the elderly (modelled).
PANEL = {
    "heart_rate": (74, 9, 0), "hemoglobin": (133, 13, 0), "wbc": (6.1, 1.5, 1), "platelets": (212, 52, 0),
    "alt": (20, 8, 0), "ast": (23, 7, 0), "bilirubin": (13, 4, 1), "creatinine": (73, 18, 0), "urea": (5.6, 1.5, 1),
    "fasting_glucose": (5.9, 1.2, 1), "cholesterol": (4.9, 0.95, 2), "triglyceride": (1.5, 0.6, 2),
    "ldl": (2.9, 0.7, 2), "hdl": (1.35, 0.28, 2),
}  # fmt: skip


def examine(chunk: Chunk) -> None:
    """One examination a year, with the whole panel, for those who come; most of them come every year."""
    rng = chunk.rng("elders")
    county, people = chunk.county, chunk.people
    habit = rng.random(chunk.size)
    start = EXAMINED_2020.get(county.region.id, 0.62)
    for year in range(county.years[0], county.years[1] + 1):
        due = day(year, 11, 30)
        old = (due - people["birth"] >= 65 * YEAR) & chunk.here(due) & chunk.here(day(year, 3, 1) - 3)
        who = np.flatnonzero(old)
        takes = habit[who] * 0.85 + rng.random(len(who)) * 0.15 < _cut(start + (year - 2020) * RISE)
        days = np.minimum(weekdays(day(year, 3, 1) + rng.integers(0, 270, len(who))), due)
        place = chunk.centre(who)
        seen = chunk.meet(
            rng, who[takes], days[takes], place[takes], kind="elderly-check", icd10="Z00.0", zh="老年人健康体检"
        )
        _panel(chunk, rng, seen)
        when, status = np.where(takes, days, NEVER), np.where(takes, 0, 2)
        dues = np.full(len(who), due, dtype=np.int64)
        note_followups(chunk, "elderly", f"year-{year}", Service(who, dues, when, status, place), seen)


def _cut(share: float) -> float:
    """Where to cut 0.85 u + 0.15 v (u, v uniform) so that `share` fall below; between 0.15 and 0.85 it is exact."""
    return min(max(0.075 + 0.85 * share, 0.0), 1.0)


def _panel(chunk: Chunk, rng: np.random.Generator, seen: Seen) -> None:
    size, people, who = len(seen), chunk.people, seen.who
    systolic = np.round(np.clip(rng.normal(136, 15, size), 92, 205))
    diastolic = np.round(np.clip(systolic * 0.38 + 26 + rng.normal(0, 6, size), 48, 115))
    chunk.observe("blood_pressure", seen, systolic, diastolic)
    tall = np.where(people["male"][who], 166.0, 155.0) + (people["birth"][who] % 17 - 8)
    mass = np.round(np.clip(rng.normal(24.2, 3.1, size), 15.5, 38), 1)
    chunk.observe("height", seen, tall)
    chunk.observe("weight", seen, np.round(mass * (tall / 100) ** 2, 1))
    chunk.observe("bmi", seen, mass)
    chunk.observe("waist", seen, np.round(mass * 2.3 + 29 + rng.normal(0, 4, size)))
    for name, (mean, deviation, digits) in PANEL.items():
        value = np.round(np.maximum(rng.normal(mean, deviation, size), mean * 0.35), digits)
        chunk.observe(name, seen.later(30), value)
    age = (seen.day - people["birth"][who]) / YEAR
    frail = rng.random(size) < np.clip((age - 62) / 60, 0.02, 0.5)
    chunk.observe("self_care", seen, np.where(frail, rng.integers(4, 20, size), rng.integers(0, 4, size)))
    stopped = people["male"][who] & (who % 4 == 0)
    chunk.observe("smoking", seen, np.where(people["smokes"][who], 3, np.where(stopped, 2, 1)))
