"""CUSUM charts of counts made nearly normal.

Rossi G, Lampugnani L, Marchi M. An approximate CUSUM procedure for surveillance of health events. Statistics in
Medicine 1999;18:2111-22. Other transformations: Anscombe's for Poisson and negative binomial counts, and Pearson's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray
from scipy import special

from minkang.surveillance.detect.log_linear import harmonics, log_linear
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

Transformation = Literal["standard", "rossi", "anscombe", "anscombe2nd", "pearsonNegBin", "anscombeNegBin", "none"]
YEARS_OF_REFERENCE = 3
R_TABLE_END = 100.0  # seen to end between 4.5 and 102.4


class Cusum(Struct, frozen=True, forbid_unknown_fields=True):
    """Settings.

    Attributes:
        k: what is taken off at each step; h: the sum that alarms. Both in standard deviations (of counts for `none`).
        transformation: of the count to a nearly normal deviate.
        mean: of the reference steps (`constant`), or a Poisson regression on them with one harmonic (`seasonal`).
        alpha: dispersion of the negative binomial transformations, variance = mean + alpha × mean².
        reset: whether the sum begins again after an alarm.
        arithmetic: `exact`, the threshold being the count at which the sum would reach h; or `r`, with the roundings
            and slips of R's package (see docs/reference/detectors.md).
        rows: 1-based first and last row to judge; the rows before are the reference. By default three years are.
    """

    k: float = 1.04
    h: float = 2.26
    transformation: Transformation = "rossi"
    mean: Literal["constant", "seasonal"] = "constant"
    alpha: Annotated[float, Meta(gt=0)] = 0.1
    reset: bool = False
    arithmetic: Literal["exact", "r"] = "exact"
    rows: tuple[int, int] | None = None


def cusum(series: Series, settings: Cusum) -> Verdicts:
    """Alarm where the sum of what exceeds k reaches h. `details`: `statistic`, the sum.

    The threshold is the count that would alarm when reached. A gap leaves the sum as it is.
    """
    asked = settings.rows or (YEARS_OF_REFERENCE * series.freq + 1, series.shape[1])
    columns = series.rows(asked)
    if not columns or not series.shape[0]:
        return unjudged(series)
    part = slice(columns.start, columns.stop)
    mean, reason = reference_mean(series, columns, seasonal=settings.mean == "seasonal")
    counts = series.counts[:, part]
    chart = _CHARTS[settings.transformation]
    with np.errstate(invalid="ignore", divide="ignore"):
        if settings.arithmetic == "r" and settings.transformation == "anscombeNegBin":
            deviate = _tabulated_deviate(counts, mean, settings.alpha)
        else:
            deviate = chart.deviate(counts, mean, settings.alpha)
    total, before, alarms = _run(deviate, settings)
    if settings.arithmetic == "r":  # There a sum that once met a gap stays unknown.
        lost = np.maximum.accumulate(np.isnan(deviate), axis=1)
        total = np.where(lost, np.nan, total)
        judgeable = ~lost
    else:
        judgeable = np.isfinite(deviate)
    with np.errstate(invalid="ignore", divide="ignore"):
        bound = _bounds(settings, chart, mean, total, before)
    judged = (reason == Reason.JUDGED) & judgeable
    alarm = np.where(judged, np.where(alarms, ALARM, QUIET), UNKNOWN).astype(np.int8)
    bound = np.where(reason == Reason.JUDGED, bound, np.nan)
    return spread(series, columns, Verdicts(mean, bound, alarm, reason, {"statistic": total}))


def reference_mean(series: Series, columns: range, *, seasonal: bool) -> tuple[Floats, NDArray[np.int8]]:
    """Each judged step's mean from the steps before the first judged one, and why a series has none."""
    reference = series.counts[:, : columns.start]
    known = np.isfinite(reference).sum(axis=1)
    total = np.nansum(reference, axis=1)
    shape = (series.shape[0], len(columns))
    if seasonal:
        times = np.arange(1, columns.stop + 1, dtype=np.float64)
        design = harmonics(times, series.freq, 1, trend=False)
        if known.max(initial=0) <= design.shape[1]:
            return np.full(shape, np.nan), np.full(shape, Reason.HISTORY, dtype=np.int8)
        found = log_linear(design[: columns.start], reference, np.zeros(shape[0]))
        mean = found.means(design[columns.start :])
        reason = np.where(found.settled, Reason.JUDGED, Reason.FLAT)
    else:
        mean = np.broadcast_to((total / np.maximum(known, 1))[:, None], shape).copy()
        reason = np.where(total > 0, Reason.JUDGED, Reason.FLAT)
    reason = np.where(known * 2 > columns.start, reason, Reason.HISTORY).astype(np.int8)
    mean[reason != Reason.JUDGED] = np.nan
    return mean, np.repeat(reason[:, None], shape[1], axis=1)


def _run(deviate: Floats, settings: Cusum) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """The sums, the sums of the step before, and where they alarm."""
    total = np.empty_like(deviate)
    before = np.empty_like(deviate)
    now = np.zeros(len(deviate))
    for step in range(deviate.shape[1]):
        before[:, step] = now
        more = np.maximum(0.0, now + deviate[:, step] - settings.k)
        now = np.where(np.isnan(deviate[:, step]), now, more)
        total[:, step] = now
        if settings.reset:
            now = np.where(now >= settings.h, 0.0, now)
    return total, before, total >= settings.h


class _Chart(NamedTuple):
    """A transformation and its inverse: (count, mean, alpha) to a deviate, (deviate, mean, alpha) to a count."""

    deviate: Callable[[Floats, Floats, float], Floats]
    inverse: Callable[[Floats, Floats, float], Floats]


def _bounds(settings: Cusum, chart: _Chart, mean: Floats, total: Floats, before: Floats) -> Floats:
    missing = settings.h + settings.k - before
    if settings.arithmetic == "exact":
        return np.maximum(np.nan_to_num(chart.inverse(missing, mean, settings.alpha), nan=0.0), 0.0)
    if settings.transformation in {"none", "anscombeNegBin"}:
        bound = settings.h - total
    elif settings.transformation == "anscombe2nd":  # R has the mean's cube root where its inverse belongs,
        bound = (mean ** (2 / 3) - mean ** (1 / 3) / 9 + missing * 2 / 3 * mean ** (1 / 6)) ** 1.5
    elif settings.transformation == "rossi":  # and squares here whatever the sign.
        bound = (np.sqrt(4 * mean + 2 * np.sqrt(mean) * missing) - np.sqrt(mean)) ** 2
    else:
        bound = chart.inverse(missing, mean, settings.alpha)
    bound = np.maximum(np.nan_to_num(bound, nan=0.0), 0.0)
    return np.ceil(bound) if settings.transformation == "standard" else bound


def _tabulated_deviate(counts: Floats, mean: Floats, alpha: float) -> Floats:
    """As R looks it up: the hypergeometric factor for alpha × count rounded to hundredths, none beyond the table."""

    def area(x: Floats) -> Floats:
        place = np.round(alpha * x, 2)
        factor = np.where(place <= R_TABLE_END, special.hyp2f1(1 / 3, 2 / 3, 5 / 3, -place), np.nan)
        tabulated: Floats = 1.5 * np.cbrt(x) ** 2 * factor
        return tabulated

    return (area(counts) - area(mean)) / (mean + alpha * mean**2) ** (1 / 6)


def _rossi_count(z: Floats, mean: Floats, alpha: float) -> Floats:
    root = np.sqrt(4 * mean + 2 * np.sqrt(mean) * z) - np.sqrt(mean)
    count: Floats = np.sign(root) * root**2
    return count


def _anscombe_area(count: Floats, alpha: float) -> Floats:
    """The integral of (x + alpha x²)^(-1/3) from 0 to the count: Anscombe's scale for negative binomial counts."""
    area: Floats = 1.5 * np.cbrt(count) ** 2 * special.hyp2f1(1 / 3, 2 / 3, 5 / 3, -alpha * count)
    return area


def _anscombe_negbin(count: Floats, mean: Floats, alpha: float) -> Floats:
    return (_anscombe_area(count, alpha) - _anscombe_area(mean, alpha)) / (mean + alpha * mean**2) ** (1 / 6)


def _anscombe_negbin_count(z: Floats, mean: Floats, alpha: float) -> Floats:
    wanted = np.maximum(_anscombe_area(mean, alpha) + z * (mean + alpha * mean**2) ** (1 / 6), 0.0)
    low, high = np.zeros_like(wanted), np.maximum(4 * mean, 4.0)
    for _ in range(200):
        short = _anscombe_area(high, alpha) < wanted
        if not short.any():
            break
        high = np.where(short, high * 2, high)
    for _ in range(80):
        middle = (low + high) / 2
        below = _anscombe_area(middle, alpha) < wanted
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return high


_CHARTS: dict[Transformation, _Chart] = {
    "standard": _Chart(lambda y, m, a: (y - m) / np.sqrt(m), lambda z, m, a: m + z * np.sqrt(m)),
    "rossi": _Chart(lambda y, m, a: (y - 3 * m + 2 * np.sqrt(m * y)) / (2 * np.sqrt(m)), _rossi_count),
    "anscombe": _Chart(
        lambda y, m, a: 1.5 * (np.cbrt(y) ** 2 - np.cbrt(m) ** 2) / m ** (1 / 6),
        lambda z, m, a: (np.cbrt(m) ** 2 + z * 2 / 3 * m ** (1 / 6)) ** 1.5,
    ),
    "anscombe2nd": _Chart(
        lambda y, m, a: 1.5 * (np.cbrt(y) ** 2 - (np.cbrt(m) ** 2 - 1 / (9 * np.cbrt(m)))) / m ** (1 / 6),
        lambda z, m, a: (np.cbrt(m) ** 2 - 1 / (9 * np.cbrt(m)) + z * 2 / 3 * m ** (1 / 6)) ** 1.5,
    ),
    "pearsonNegBin": _Chart(
        lambda y, m, a: (y - m) / np.sqrt(m + a * m**2), lambda z, m, a: m + z * np.sqrt(m + a * m**2)
    ),
    "anscombeNegBin": _Chart(_anscombe_negbin, _anscombe_negbin_count),
    "none": _Chart(lambda y, m, a: y, lambda z, m, a: z),
}
