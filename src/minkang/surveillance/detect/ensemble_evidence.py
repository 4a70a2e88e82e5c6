"""Evidence for an outbreak that began in one of the last steps, and the smallest count that would tip it.

For each start within the last `SHARES` steps and each size, the count's likelihood ratio against the forecast alone is
kept; the products over the steps since the start are averaged. A count's part in an alarm is spent: after an alarm the
evidence so far is taken back to nothing, so that one high week is not told twice and a further alarm needs new cases.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from minkang.surveillance.detect.ensemble_forecast import MIN_EXCESS, Forecast
from minkang.surveillance.detect.series import Floats

SHARES = (0.5, 0.42, 0.07)  # of an outbreak's cases in its first steps: the lognormal incubation of weeks
SIZES = (3.0, 5.0)  # of outbreaks, in standard deviations of the usual count: those that are worth the search
LARGEST_COUNT = 2**40


class Evidence:
    """The log likelihood ratios of a batch of series, by start and size; moved on step by step."""

    def __init__(self, size: int) -> None:
        self._kept = np.zeros((len(SHARES), len(SIZES), size))
        self._kept[1:] = -np.inf
        self._load = np.array(SHARES)[:, None, None] * np.array(SIZES)[None, :, None]

    def judge(self, forecast: Forecast, bound: float) -> Judgement:
        """What today's count could do, given the forecast; `bound` is the log mean ratio above which it alarms."""
        return Judgement(self._kept, self._load, forecast, bound)

    def learn(self, ratios: Floats, known: NDArray[np.bool_], alarm: NDArray[np.bool_]) -> None:
        """Take today's ratios in; where the count is not known, only time moves on."""
        told = self._kept + np.where(known, ratios, 0.0)
        told = np.where(alarm, np.minimum(told, 0.0), told)
        self._kept = np.concatenate([np.zeros_like(told[:1]), told[:-1]])


class Judgement:
    """The rule for one step: how strong each count would be, and the smallest that alarms."""

    def __init__(self, kept: Floats, load: Floats, forecast: Forecast, bound: float) -> None:
        self._kept = kept
        self._bound = bound
        excess = np.maximum(forecast.phi - 1.0, MIN_EXCESS)
        self._size0 = forecast.mean / excess
        self._size1 = self._size0 + load * (np.sqrt(forecast.phi * forecast.mean) / excess)
        self._fixed = gammaln(self._size0) - gammaln(self._size1) - (self._size1 - self._size0) * np.log1p(excess)
        self._start = np.ceil(forecast.mean + 2.0 * np.sqrt(forecast.phi * forecast.mean))

    def ratios(self, count: Floats) -> Floats:
        """Log likelihood ratios of a count, start × size × series; they grow with the count."""
        found: Floats = gammaln(count + self._size1) - gammaln(count + self._size0) + self._fixed
        return found

    def strength(self, ratios: Floats) -> Floats:
        """Log of the likelihood ratio of a count's `ratios`, summed over starts and averaged over sizes."""
        told = self._kept + ratios
        top = told.max(axis=(0, 1))
        total: Floats = top + np.log(np.exp(told - top).sum(axis=(0, 1)) / told.shape[1])
        return total

    def smallest(self) -> Floats:
        """The smallest count, at least 1, whose strength is above the bound."""
        low = np.zeros_like(self._start)
        high = np.maximum(self._start, 1.0)
        while True:
            short = (self.strength(self.ratios(high)) <= self._bound) & (high < LARGEST_COUNT)
            if not short.any():
                break
            low = np.where(short, high, low)
            high = np.where(short, high * 2, high)
        while np.any(high - low > 1):
            middle = np.floor((low + high) / 2)
            enough = self.strength(self.ratios(middle)) > self._bound
            high = np.where(enough & (middle > low), middle, high)
            low = np.where(enough | (middle <= low), low, middle)
        return high
