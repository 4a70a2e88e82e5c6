"""Healthy life expectancy by Sullivan's method: years of a life table weighted with the share in good health.

Source: D. F. Sullivan, HSMHA Health Reports 86 (1971); variance from the survey alone, as in Jagger and others,
Health Expectancy Calculation by the Sullivan Method (EHEMU, 2007).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from minkang.errors import Fault
from minkang.indicators.demography.lifetable import LifeRow


@dataclass(frozen=True)
class HealthyRow:
    """Healthy expectation at an age, years, its standard error from the survey, and its share of all years ahead."""

    start: float
    years: float
    se: float
    share: float


def healthy_life(
    table: Sequence[LifeRow], healthy: Sequence[float], asked: Sequence[int] | None = None
) -> list[HealthyRow]:
    """Healthy life expectancy by age.

    Args:
        table: a life table.
        healthy: share in good health, 0 to 1, in the same age groups.
        asked: how many were asked in each; None where the shares are taken as known.

    Raises:
        Fault: `INDICATORS-008` when groups do not match or a share is outside 0 to 1.
    """
    numbers = list(asked) if asked is not None else [0] * len(table)
    if not len(table) == len(healthy) == len(numbers) or not all(0 <= share <= 1 for share in healthy):
        raise Fault("INDICATORS-008", groups=len(table))
    rows: list[HealthyRow] = []
    years = spread = 0.0
    for row, share, number in zip(reversed(table), reversed(healthy), reversed(numbers), strict=True):
        years += row.person_years * share
        spread += row.person_years**2 * share * (1 - share) / number if number else 0.0
        expected = years / row.lx if row.lx else 0.0
        error = math.sqrt(spread) / row.lx if row.lx else 0.0
        rows.append(HealthyRow(row.start, expected, error, expected / row.ex if row.ex else 0.0))
    return rows[::-1]
