"""Nowcast: how many cases the last days really had, before all are reported.

The share reported so far comes from reverse hazards (`delay`), with their own uncertainty. What is still to come is
predicted by a dynamic Poisson-gamma model (West & Harrison): a rate that moves slowly from day to day, seen through the
share. So a last day with almost nothing reported yet leans on the days before it, and an older one on its own reports.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct

from minkang.errors import Fault
from minkang.surveillance.detect.delay import Triangle, hazards, shares
from minkang.surveillance.detect.series import Floats


class NowcastSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Settings.

    Attributes:
        window: days that teach the delay.
        discount: how much of what is known of the rate lasts to the next day.
        interval: probability within `low` and `high`.
        draws: of the predictive distribution.
        seed: of the draws.
    """

    window: Annotated[int, Meta(ge=7)] = 56
    discount: Annotated[float, Meta(gt=0, lt=1)] = 0.8
    interval: Annotated[float, Meta(gt=0, lt=1)] = 0.9
    draws: Annotated[int, Meta(ge=100, le=100_000)] = 1000
    seed: int = 1


@dataclass(frozen=True)
class Nowcast:
    """One value a day of the triangle.

    Attributes:
        reported: cases known so far.
        share: the mean share of all cases that is reported so far; an exposure for detectors.
        expected: mean of all cases that will be known.
        low, high: the interval.
        draws: draws × days.
    """

    reported: Floats
    share: Floats
    expected: Floats
    low: Floats
    high: Floats
    draws: Floats


def nowcast(found: Triangle, settings: NowcastSettings | None = None) -> Nowcast:
    """Complete a triangle; days whose longest delay has passed are what they are.

    Raises:
        Fault: SURVEILLANCE-121 when there are fewer days than delays, so that the longest delays were never seen.
    """
    settings = settings or NowcastSettings()
    days, width = found.counts.shape
    if days < width + 1:
        raise Fault("SURVEILLANCE-121", days=days, longest=width - 1)
    rng = np.random.default_rng(settings.seed)
    came, stayed = hazards(found, settings.window)
    hazard = rng.beta(np.maximum(came, 1e-3), np.maximum(stayed, 1e-3), size=(settings.draws, *came.shape))
    share = shares(hazard, found)
    reported = found.reported
    missing = _missing(reported, share, settings, rng)
    draws = reported + missing
    edge = (1 - settings.interval) / 2
    low, high = np.quantile(draws, [edge, 1 - edge], axis=0)
    return Nowcast(reported, share.mean(0), draws.mean(0), low, high, draws)


def _missing(reported: Floats, share: Floats, settings: NowcastSettings, rng: np.random.Generator) -> Floats:
    """Draws of the cases still to come: the rate is filtered forward, and spread over what is not reported."""
    cases, exposure = np.full(len(share), 0.5), np.full(len(share), 0.1)
    missing = np.zeros_like(share)
    for day in range(share.shape[1]):
        cases = settings.discount * cases + reported[day]
        exposure = settings.discount * exposure + share[:, day]
        rate = rng.gamma(cases) / exposure
        missing[:, day] = rng.poisson(rate * (1.0 - share[:, day]))
    return missing
