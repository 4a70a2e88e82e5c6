"""Premature mortality: the probability of dying between 30 and 70 from the four main chronic diseases (40q30).

Source: WHO, indicator 3.4.1 of the Sustainable Development Goals; national definition of 重大慢性病过早死亡率
(心脑血管疾病、癌症、慢性呼吸系统疾病、糖尿病). Eight five-year groups from 30–34 to 65–69.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from minkang.errors import Fault
from minkang.indicators.demography.lifetable import NORMAL_95

CAUSES = {
    "cardiovascular": ("I00", "I99"),
    "cancer": ("C00", "C97"),
    "diabetes": ("E10", "E14"),
    "respiratory": ("J30", "J98"),
}
"""ICD-10 three-character ranges, both ends included (from memory in the norms: to be verified)."""
GROUPS = 8
WIDTH = 5.0


@dataclass(frozen=True)
class Premature:
    """A probability, 0 to 1, and its 95 % interval (delta method, deaths as Poisson counts)."""

    value: float
    low: float
    high: float


def is_premature_cause(code: str) -> bool:
    """Whether an ICD-10 code (`I21.9`, `I219`) is one of the four."""
    three = code[:3].upper()
    return any(first <= three <= last for first, last in CAUSES.values())


def premature_mortality(deaths: Sequence[float], population: Sequence[float]) -> Premature:
    """40q30 from the deaths of the four causes and the person-years of the eight groups 30–34 … 65–69.

    Raises:
        Fault: `INDICATORS-006` when there are not eight groups, `INDICATORS-002` for a negative count, `INDICATORS-003`
            for a group without population.
    """
    if not len(deaths) == len(population) == GROUPS:
        raise Fault("INDICATORS-006", count=len(deaths))
    survive, spread = 1.0, 0.0
    for number, (dead, people) in enumerate(zip(deaths, population, strict=True)):
        age = f"{30 + 5 * number}"
        if not (math.isfinite(dead) and dead >= 0 and math.isfinite(people) and people >= 0):
            raise Fault("INDICATORS-002", age=age)
        if people == 0:
            raise Fault("INDICATORS-003", age=age)
        rate = dead / people
        dying = min(1.0, WIDTH * rate / (1 + WIDTH / 2 * rate))
        survive *= 1 - dying
        if dead and dying < 1:
            spread += dying**2 / (dead * (1 - dying))  # var(q) ≈ q²(1−q)/D, summed on the scale of log survival
    error = survive * math.sqrt(spread)
    value = 1 - survive
    return Premature(value, max(0.0, value - NORMAL_95 * error), min(1.0, value + NORMAL_95 * error))
