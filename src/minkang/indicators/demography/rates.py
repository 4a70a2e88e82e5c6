"""Rates with intervals, crude and directly standardised.

Sources: exact Poisson limits by the chi-square (Garwood 1936); Wilson's score interval (1927); the gamma interval of
directly standardised rates (Fay and Feuer, Statistics in Medicine 1997).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from minkang.errors import Fault

LEVEL = 0.95


@dataclass(frozen=True)
class Rate:
    """A rate a person(-year) and its 95 % interval; multiply by 1,000 or 100,000 to show it."""

    value: float
    low: float
    high: float


def poisson_interval(count: float, level: float = LEVEL) -> tuple[float, float]:
    """Exact limits of the mean behind a count."""
    from scipy.stats import chi2  # noqa: PLC0415  takes a second to import, which most commands need not wait for

    tail = (1 - level) / 2
    low = float(chi2.ppf(tail, 2 * count) / 2) if count > 0 else 0.0
    return low, float(chi2.ppf(1 - tail, 2 * count + 2) / 2)


def wilson_interval(count: int, of: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Limits of a share, 0 to 1; sensible near both ends and for few. (0, 1) where nobody was looked at."""
    if of == 0:
        return 0.0, 1.0
    share, square = count / of, z * z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = z / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    low = 0.0 if count == 0 else middle - half
    return low, 1.0 if count == of else middle + half


def standardised_rate(events: Sequence[float], people: Sequence[float], standard: Sequence[float]) -> Rate:
    """Direct standardisation.

    Args:
        events, people: of the population, by stratum.
        standard: weights of the standard population by the same strata, in any scale.

    Raises:
        Fault: `INDICATORS-007` strata of different number, or a stratum that has weight but no people.
    """
    from scipy.stats import gamma  # noqa: PLC0415  as above

    total = sum(standard)
    if not len(events) == len(people) == len(standard) or total <= 0:
        raise Fault("INDICATORS-007", strata=len(standard))
    shares = []
    for one, many in zip(people, standard, strict=True):
        if many > 0 and one <= 0:
            raise Fault("INDICATORS-007", strata=len(standard))
        shares.append(many / total / one if many > 0 else 0.0)
    value = sum(share * event for share, event in zip(shares, events, strict=True))
    variance = sum(share**2 * event for share, event in zip(shares, events, strict=True))
    most = max(shares)
    tail = (1 - LEVEL) / 2
    low = float(gamma.ppf(tail, value**2 / variance, scale=variance / value)) if value else 0.0
    above, spread = value + most, variance + most**2
    return Rate(value, low, float(gamma.ppf(1 - tail, above**2 / spread, scale=spread / above)))
