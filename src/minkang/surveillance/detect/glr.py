"""Likelihood ratio charts of seasonal counts, Poisson or negative binomial.

Höhle M, Paul M. Count data regression charts for the monitoring of surveillance time series. Computational Statistics
and Data Analysis 2008;52(9):4357-68. The statistic is the largest log likelihood ratio, over the steps since which
the change may have lasted, of a changed mean against the in-control mean; the size of the change is estimated (GLR) or
given (LR). After an alarm the chart begins again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from minkang.surveillance.detect.likelihood_ratio import Ratio, best_ratio, known_ratio, poisson_ratio
from minkang.surveillance.detect.log_linear import harmonics, log_linear, log_linear_dispersed
from minkang.surveillance.detect.series import (
    ALARM,
    QUIET,
    UNKNOWN,
    Floats,
    Reason,
    Series,
    Verdicts,
    spread,
    unjudged,
)

YEARS_OF_REFERENCE = 3
MOST_CASES = 2.0**40


class Glr(Struct, frozen=True, forbid_unknown_fields=True):
    """Settings.

    Attributes:
        limit: the statistic that alarms.
        alpha: dispersion, variance = mean + alpha × mean²; 0 is Poisson, None estimates it with the mean.
        mean: `seasonal` (a regression on the steps before the first judged one) or `known` (the series' own `known`).
        harmonics, trend: of the regression.
        change: a factor on the mean (`intercept`), or cases in proportion to the count before (`epi`).
        size: the logarithm of the factor when it is given instead of estimated.
        direction: a rise or a fall.
        shortest: the change has lasted so many steps at least; longest: and at most, None is without end.
        bound: the threshold is the count that would alarm when reached (`count`), or the statistic itself as in R.
        rows: 1-based first and last row to judge.
    """

    limit: float = 5.0
    alpha: Annotated[float, Meta(ge=0)] | None = None
    mean: Literal["seasonal", "known"] = "seasonal"
    harmonics: Annotated[int, Meta(ge=0)] = 1
    trend: bool = False
    change: Literal["intercept", "epi"] = "intercept"
    size: Annotated[float, Meta(gt=0)] | None = None
    direction: Literal["rise", "fall"] = "rise"
    shortest: Annotated[int, Meta(ge=1)] = 1
    longest: Annotated[int, Meta(ge=1)] | None = None
    bound: Literal["count", "statistic"] = "count"
    rows: tuple[int, int] | None = None


class GlrPoisson(Glr, frozen=True):
    """The same without dispersion."""

    alpha: Annotated[float, Meta(ge=0)] | None = 0.0


def glr(series: Series, settings: Glr) -> Verdicts:
    """Judge every row after the reference. `details`: `statistic`, `alpha`.

    A gap takes no part in the sums and has no verdict.
    """
    first = 1 if settings.mean == "known" else YEARS_OF_REFERENCE * series.freq + 1
    columns = series.rows(settings.rows or (first, series.shape[1]))
    if not columns or not series.shape[0]:
        return unjudged(series)
    part = slice(columns.start, columns.stop)
    mean, alpha, reason = _means(series, columns, settings)
    counts = series.counts[:, part]
    known = np.isfinite(counts) & np.isfinite(mean) & (mean > 0)
    before = np.zeros_like(counts)
    before[:, 1:] = np.nan_to_num(counts[:, :-1])
    if columns.start:
        before[:, 0] = np.nan_to_num(series.counts[:, columns.start - 1])
    chart = _Chart(
        np.where(known, counts, 0.0), np.where(known, mean, 1.0), before, known, alpha, settings
    )  # fmt: skip
    statistic, bound = chart.run()
    alarm = np.where(known, np.where(statistic >= settings.limit, ALARM, QUIET), UNKNOWN).astype(np.int8)
    shown = statistic if settings.bound == "statistic" else bound
    shown = np.where(reason == Reason.JUDGED, shown, np.nan)
    details = {"statistic": np.where(known, statistic, np.nan), "alpha": np.repeat(alpha[:, None], len(columns), 1)}
    return spread(series, columns, Verdicts(mean, shown, alarm, reason, details))


def _means(series: Series, columns: range, settings: Glr) -> tuple[Floats, Floats, NDArray[np.int8]]:
    """In-control means of the judged steps, the dispersion of each series, and why there is none."""
    shape = (series.shape[0], len(columns))
    fixed = np.full(shape[0], 0.0 if settings.alpha is None else settings.alpha)
    if settings.mean == "known":
        mean = np.full(shape, np.nan) if series.known is None else series.known[:, columns.start : columns.stop]
        with np.errstate(invalid="ignore"):
            reason = np.where(mean > 0, Reason.JUDGED, Reason.HISTORY)
        return mean, fixed, reason.astype(np.int8)
    times = np.arange(1, columns.stop + 1, dtype=np.float64)
    design = harmonics(times, series.freq, settings.harmonics, trend=settings.trend)
    reference = series.counts[:, : columns.start]
    enough = np.isfinite(reference).sum(axis=1) > design.shape[1]
    mean = np.full(shape, np.nan)
    reason = np.full(shape, Reason.HISTORY, dtype=np.int8)
    use = np.flatnonzero(enough)
    if use.size:
        if settings.alpha is None:
            fixed[use], found = log_linear_dispersed(design[: columns.start], reference[use])
        else:
            found = log_linear(design[: columns.start], reference[use], fixed[use])
        mean[use] = np.where(found.settled[:, None], found.means(design[columns.start :]), np.nan)
        reason[use] = np.where(found.settled, Reason.JUDGED, Reason.FLAT)[:, None]
    return mean, fixed, reason


@dataclass
class _Chart:
    """The chart of a batch of series over the judged steps."""

    counts: Floats
    mean: Floats
    before: Floats
    known: NDArray[np.bool_]
    alpha: Floats
    settings: Glr
    sizes: Floats = field(init=False)  # the best size of the change since each step, as last found

    def __post_init__(self) -> None:
        self.sizes = np.zeros_like(self.counts)

    def run(self) -> tuple[Floats, Floats]:
        """The statistic and the count that alarms, series × steps."""
        statistic = np.zeros_like(self.counts)
        bound = np.full_like(self.counts, np.nan)
        begin = np.zeros(len(self.counts), dtype=np.int64)
        carried = np.zeros(len(self.counts))
        for step in range(self.counts.shape[1]):
            judge = self._judge(step, begin, carried)
            statistic[:, step] = judge(self.counts[:, step])
            if self.settings.bound == "count":
                bound[:, step] = self._count(judge, step, carried)
            alarms = self.known[:, step] & (statistic[:, step] >= self.settings.limit)
            carried = np.where(alarms, 0.0, np.maximum(statistic[:, step], 0.0))
            begin = np.where(alarms, step + 1, begin)
        return statistic, bound

    def _judge(self, step: int, begin: NDArray[np.int64], carried: Floats) -> Callable[[Floats], Floats]:
        """The statistic at a step as a function of its count."""
        settings = self.settings

        def with_size(count: Floats) -> Floats:
            more = known_ratio(count, self.mean[:, step], self.alpha, self._size())
            return np.maximum(0.0, carried + np.where(self.known[:, step], more, 0.0))

        if settings.size is not None:
            return with_size
        oldest = 0 if settings.longest is None else max(0, step - settings.longest + 1)
        starts = np.arange(oldest, step - settings.shortest + 2)
        allowed = starts[None, :] >= begin[:, None]
        steps = slice(oldest, step + 1)
        falls = settings.direction == "fall"

        def estimated(count: Floats) -> Floats:
            if not starts.size:
                return np.zeros(len(count))
            counts = self.counts[:, steps].copy()
            counts[:, -1] = np.where(self.known[:, step], count, 0.0)
            ratio = Ratio(
                counts, self.mean[:, steps], self.before[:, steps] if settings.change == "epi" else None,
                self.known[:, steps], self.alpha, falls,
            )  # fmt: skip
            simple = settings.change == "intercept" and not self.alpha.any()
            values = poisson_ratio(ratio) if simple else best_ratio(ratio, self.sizes[:, steps])
            best: Floats = np.where(allowed, values[:, : starts.size], 0.0).max(axis=1)
            return best

        return estimated

    def _size(self) -> float:
        size = self.settings.size or 0.0
        return -size if self.settings.direction == "fall" else size

    def _count(self, judge: Callable[[Floats], Floats], step: int, carried: Floats) -> Floats:
        """The count at which the step would alarm: exact where the size is given, else the smallest whole number."""
        if self.settings.size is not None:
            mean, size = self.mean[:, step], self._size()
            zero = known_ratio(np.zeros_like(mean), mean, self.alpha, size)
            slope = known_ratio(np.ones_like(mean), mean, self.alpha, size) - zero
            return np.where(self.known[:, step], (self.settings.limit - carried - zero) / slope, np.nan)
        if self.settings.direction == "fall":
            return np.full(len(carried), np.nan)
        return np.where(self.known[:, step], self._search(judge, step), np.nan)

    def _search(self, judge: Callable[[Floats], Floats], step: int) -> Floats:
        """The smallest whole number that alarms, by false position and halving in turn."""
        limit, mean = self.settings.limit, self.mean[:, step]
        low, high = np.full(len(mean), -1.0), np.ceil(mean + 4 * np.sqrt(mean + self.alpha * mean**2)) + 4
        below, above = judge(np.zeros(len(mean))), judge(high)
        high, above = np.where(below >= limit, 0.0, high), np.where(below >= limit, below, above)
        while (short := (above < limit) & (high < MOST_CASES)).any():
            low, below = np.where(short, high, low), np.where(short, above, below)
            high = np.where(short, high * 2, high)
            above = judge(high)
        halve = False
        while (wide := high - low > 1).any():
            share = 0.5 if halve else np.clip((limit - below) / np.maximum(above - below, 1e-300), 0.0, 1.0)
            trial = np.clip(np.floor(low + share * (high - low)), low + 1, high - 1)
            trial = np.where(wide, trial, high)
            value = judge(np.maximum(trial, 0.0))
            reached = value >= limit
            low, below = np.where(wide & ~reached, trial, low), np.where(wide & ~reached, value, below)
            high, above = np.where(wide & reached, trial, high), np.where(wide & reached, value, above)
            halve = not halve
        return np.where(high < MOST_CASES, high, np.inf)
