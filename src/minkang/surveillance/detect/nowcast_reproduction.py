"""The effective reproduction number of an ongoing outbreak.

Cori A, Ferguson NM, Fraser C, Cauchemez S. A new framework and software to estimate time-varying reproduction numbers
during epidemics. Am J Epidemiol 2013;178:1505-12. Written here because the Python packages for it are no longer kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from minkang.errors import Fault
from minkang.surveillance.detect.series import Floats

PRIOR_SHAPE, PRIOR_SCALE = 1.0, 5.0  # the paper's: mean and standard deviation 5, so that R < 1 is not assumed
ENOUGH_CASES = 11  # in a window, for a coefficient of variation of 0.3 under that prior, as the paper advises


@dataclass(frozen=True)
class Reproduction:
    """One value a day; NaN on days without a full window, or before any case could have infected.

    Attributes:
        mean, low, high: of the reproduction number over the window that ends that day.
        enough: whether the window holds enough cases to tell.
    """

    mean: Floats
    low: Floats
    high: Floats
    enough: np.ndarray[tuple[int], np.dtype[np.bool_]]


def serial_interval(mean: float, deviation: float, longest: int = 60) -> Floats:
    """Probability of 0, 1, 2 … days from case to case: the paper's discrete gamma, shifted by one day (0 has none).

    Raises:
        Fault: SURVEILLANCE-122 unless the mean is above one day and the deviation above zero.
    """
    if not (mean > 1 and deviation > 0 and longest >= 1):
        raise Fault("SURVEILLANCE-122", mean=mean, deviation=deviation)
    shape, scale = ((mean - 1) / deviation) ** 2, deviation**2 / (mean - 1)
    day = np.arange(longest + 1, dtype=np.float64)

    def below(x: Floats, more: int = 0) -> Floats:
        found: Floats = stats.gamma.cdf(x, shape + more, scale=scale)
        return found

    weight = day * below(day) + (day - 2) * below(day - 2) - 2 * (day - 1) * below(day - 1)
    weight += shape * scale * (2 * below(day - 1, 1) - below(day - 2, 1) - below(day, 1))
    weight = np.maximum(weight, 0.0)
    weight[0] = 0.0
    found: Floats = weight / weight.sum()
    return found


def reproduction(incidence: Floats, interval: Floats, *, window: int = 7, level: float = 0.95) -> Reproduction:
    """R of each day.

    Args:
        incidence: cases by day of onset, or draws × days of a nowcast, whose uncertainty then widens the interval.
        interval: as `serial_interval` makes it; item 0 must be 0.
        window: days over which R is taken as constant.
        level: probability within `low` and `high`.

    Raises:
        Fault: SURVEILLANCE-123 for negative or missing cases.
    """
    draws = np.atleast_2d(np.asarray(incidence, dtype=np.float64))
    if not draws.size or not np.all(np.isfinite(draws)) or draws.min() < 0:
        raise Fault("SURVEILLANCE-123")
    days = draws.shape[1]
    pressure = np.stack([np.convolve(one, interval)[:days] for one in draws])
    cases, force = _windowed(draws, window), _windowed(pressure, window)
    shape, scale = PRIOR_SHAPE + cases, 1.0 / (1.0 / PRIOR_SCALE + force)
    edge = (1 - level) / 2
    if len(draws) == 1:
        low, high = (stats.gamma.ppf(at, shape[0], scale=scale[0]) for at in (edge, 1 - edge))
    else:
        drawn = np.random.default_rng(1).gamma(shape, scale)
        low, high = np.quantile(drawn, [edge, 1 - edge], axis=0)
    told = (np.arange(days) >= window) & (force.min(axis=0) > 0)
    mean = (shape * scale).mean(axis=0)
    blank = [np.where(told, values, np.nan) for values in (mean, low, high)]
    return Reproduction(blank[0], blank[1], blank[2], told & (cases.mean(axis=0) >= ENOUGH_CASES))


def _windowed(values: Floats, window: int) -> Floats:
    sums = np.cumsum(values, axis=1)
    found: Floats = sums - np.pad(sums, ((0, 0), (window, 0)))[:, : values.shape[1]]
    return found
