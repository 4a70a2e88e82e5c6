"""The yearly examination of residents of 65 and over (norms 1.6), at the share the region's plan publishes."""

from __future__ import annotations

import numpy as np

from minkang.synth.arrays import NEVER, YEAR, Ints, day, minutes, weekdays
from minkang.synth.catalogue import index
from minkang.synth.chronic import STATUS
from minkang.synth.chunk import Chunk

EXAMINED_2020 = {"wenshang": 0.61, "shangyou": 0.70, "yantai": 0.711}
RISE = 0.022

# Mean and spread of what the examination measures in the elderly (modelled).
PANEL = {
    "heart_rate": (74, 9, 0), "hemoglobin": (133, 13, 0), "wbc": (6.1, 1.5, 1), "platelets": (212, 52, 0),
    "alt": (20, 8, 0), "ast": (23, 7, 0), "bilirubin": (13, 4, 1), "creatinine": (73, 18, 0), "urea": (5.6, 1.5, 1),
    "fasting_glucose": (5.9, 1.2, 1), "cholesterol": (4.9, 0.95, 2), "triglyceride": (1.5, 0.6, 2), "ldl": (2.9, 0.7, 2),
    "hdl": (1.35, 0.28, 2),
}  # fmt: skip


def examine(chunk: Chunk) -> None:
    """One examination a year, with the whole panel, for those who come."""
    rng = chunk.rng("elders")
    county = chunk.county
    habit = rng.random(chunk.size)
    start = EXAMINED_2020.get(county.region.id, 0.62)
    for year in range(county.years[0], county.years[1] + 1):
        due = day(year, 11, 30)
        old = (due - chunk.people["birth"] >= 65 * YEAR) & chunk.here(due) & chunk.here(day(year, 1, 2))
        who = np.flatnonzero(old)
        takes = habit[who] * 0.85 + rng.random(len(who)) * 0.15 < _cut(start + (year - 2020) * RISE)
        days = np.minimum(weekdays(day(year, 3, 1) + rng.integers(0, 270, len(who))), due)
        days = np.maximum(days, np.minimum(chunk.people["resident_from"][who], due))
        place = chunk.centre(who)
        staff = county.a_doctor(rng, place)
        encounter = np.full(len(who), -1, dtype=np.int64)
        at = np.flatnonzero(takes)
        minute = minutes(rng, len(at))
        encounter[at] = chunk.encounter(who[at], days[at], minute, kind="elderly-check", institution=place[at],
                                        staff=staff[at], icd10="Z00.0", zh="老年人健康体检")  # fmt: skip
        _panel(chunk, rng, encounter[at], who[at], days[at], minute, staff[at])
        chunk.add("followups", person=who, programme="elderly", step=f"year-{year}", due=due,
                  day=np.where(takes, days, NEVER), status=STATUS[np.where(takes, 0, 2)], encounter=encounter,
                  institution=place, staff=staff)  # fmt: skip


def _cut(share: float) -> float:
    """Where to cut 0.85 u + 0.15 v (u, v uniform) so that `share` fall below; the middle of it is linear."""
    return min(max(0.075 + 0.85 * share, 0.0), 1.0)


def _panel(
    chunk: Chunk, rng: np.random.Generator, encounter: Ints, who: Ints, days: Ints, minute: Ints, staff: Ints
) -> None:
    kinds, size = index("observations"), len(who)
    systolic = np.round(np.clip(rng.normal(136, 15, size), 92, 205))
    chunk.observe(kinds["blood_pressure"], encounter, who, days, minute, systolic, staff,
                  np.round(np.clip(systolic * 0.38 + 26 + rng.normal(0, 6, size), 48, 115)))  # fmt: skip
    tall = np.round(np.where(chunk.people["male"][who], 166.0, 155.0) + (chunk.people["birth"][who] % 17 - 8), 1)
    mass = np.round(np.clip(rng.normal(24.2, 3.1, size), 15.5, 38), 1)
    chunk.observe(kinds["height"], encounter, who, days, minute, tall, staff)
    chunk.observe(kinds["weight"], encounter, who, days, minute, np.round(mass * (tall / 100) ** 2, 1), staff)
    chunk.observe(kinds["bmi"], encounter, who, days, minute, mass, staff)
    chunk.observe(
        kinds["waist"], encounter, who, days, minute, np.round(mass * 2.3 + 29 + rng.normal(0, 4, size)), staff
    )
    for name, (mean, deviation, digits) in PANEL.items():
        value = np.round(np.maximum(rng.normal(mean, deviation, size), mean * 0.35), digits)
        chunk.observe(kinds[name], encounter, who, days, minute, value, staff)
    age = (days - chunk.people["birth"][who]) / YEAR
    score = np.where(
        rng.random(size) < np.clip((age - 62) / 60, 0.02, 0.5), rng.integers(4, 20, size), rng.integers(0, 4, size)
    )
    chunk.observe(kinds["self_care"], encounter, who, days, minute, score, staff)
    smokes = np.where(chunk.people["smokes"][who], 3, np.where(chunk.people["male"][who] & (who % 4 == 0), 2, 1))
    chunk.observe(kinds["smoking"], encounter, who, days, minute, smokes, staff)
