"""The EARS charts C1, C2 and C3.

Hutwagner L, Thompson W, Seeman GM, Treadwell T. The bioterrorism preparedness and response Early Aberration Reporting
System (EARS). Journal of Urban Health 2003;80(2 Suppl 1):i89-96. C1 and C2 compare a count with mean and standard
deviation of the last `baseline` counts, for C2 and C3 with two steps left out between; C3 adds up what C2 exceeds 1 by
over three steps.
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

import numpy as np
from msgspec import Meta, Struct
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import stats

from minkang.surveillance.detect.series import (
    QUIET,
    UNKNOWN,
    Floats,
    Reason,
    Series,
    Verdicts,
    spread,
    unjudged,
    verdicts,
)

CDC_LIMIT = 3.0
CDC_LIMIT_C3 = 2.0
LAG = 2


class Ears(Struct, frozen=True, forbid_unknown_fields=True):
    """Settings.

    Attributes:
        baseline: how many earlier counts are the reference; half of them must be known.
        alpha: one-sided; None is the rule of the CDC, three standard deviations.
        least_deviation: a standard deviation below it is raised to it.
        rows: 1-based first and last row to judge.
    """

    baseline: Annotated[int, Meta(ge=2)] = 7
    alpha: Annotated[float, Meta(gt=0, lt=1)] | None = None
    least_deviation: Annotated[float, Meta(ge=0)] = 0.0
    rows: tuple[int, int] | None = None


class EarsC3(Ears, frozen=True, forbid_unknown_fields=True):
    """Settings of C3.

    Attributes:
        rule: `cdc` (the sum over three steps passes 2), or what R's package does (`r`) or says (`r-documented`).
    """

    rule: Literal["cdc", "r", "r-documented"] = "cdc"


class _Baseline(NamedTuple):
    mean: Floats
    deviation: Floats


def ears_c1(series: Series, settings: Ears) -> Verdicts:
    """C1: the baseline ends the step before."""
    return _simple(series, settings, 0)


def ears_c2(series: Series, settings: Ears) -> Verdicts:
    """C2: the baseline ends three steps before."""
    return _simple(series, settings, LAG)


def ears_c3(series: Series, settings: EarsC3) -> Verdicts:
    """C3: what C2 exceeds 1 by, over three steps. `details`: `deviation`, and `statistic`, the sum.

    By the rule of the CDC the two days before can alarm alone; the threshold is then 0 and the alarm stands whatever
    the count. A baseline without spread gives no verdict.
    """
    columns = series.rows(settings.rows)
    if not columns or not series.shape[0]:
        return unjudged(series)
    base = _baseline(series, settings, LAG)
    with np.errstate(invalid="ignore", divide="ignore"):
        excess = np.maximum(0.0, (series.counts - base.mean) / base.deviation - 1.0)
        before = _shifted(excess, 1) + _shifted(excess, 2)
    bound, alarm = _third_chart(series, settings, base, before)
    reason = np.where(np.isnan(base.mean), Reason.HISTORY, Reason.JUDGED).astype(np.int8)
    flat = (base.deviation == 0) | (_shifted(base.deviation, 1) == 0) | (_shifted(base.deviation, 2) == 0)
    early = np.isnan(_shifted(base.mean, 2)) & (reason == Reason.JUDGED)
    reason[early & ~_gap(series, 2)] = Reason.HISTORY
    reason[(reason == Reason.JUDGED) & np.isnan(bound)] = Reason.MISSING
    reason[(reason == Reason.MISSING) & flat] = Reason.FLAT
    part = slice(columns.start, columns.stop)
    found = Verdicts(
        base.mean[:, part], bound[:, part], alarm[:, part], reason[:, part],
        {"deviation": base.deviation[:, part], "statistic": (before + excess)[:, part]},
    )  # fmt: skip
    return spread(series, columns, found)


def _third_chart(series: Series, settings: EarsC3, base: _Baseline, before: Floats) -> tuple[Floats, NDArray[np.int8]]:
    counts = series.counts
    with np.errstate(invalid="ignore"):
        if settings.rule == "cdc":
            limit = CDC_LIMIT_C3 if settings.alpha is None else float(stats.norm.ppf(1 - settings.alpha))
            left = limit - before
            flat = base.deviation == 0
            bound = np.where(left >= 0, base.mean + base.deviation * (1 + left), 0.0)
            bound = np.where(np.isnan(left) | flat, np.nan, bound)
            alarms = (left < 0) | (counts > bound)
        else:
            z = float(stats.norm.ppf(1 - (0.025 if settings.alpha is None else settings.alpha)))
            centre = counts if settings.rule == "r" else base.mean
            bound = np.maximum(0.0, centre + base.deviation * (z - before))
            alarms = counts > bound
    known = np.isfinite(bound) & np.isfinite(counts)
    return bound, np.where(known, np.where(alarms, 1, QUIET), UNKNOWN).astype(np.int8)


def _simple(series: Series, settings: Ears, lag: int) -> Verdicts:
    columns = series.rows(settings.rows)
    if not columns or not series.shape[0]:
        return unjudged(series)
    base = _baseline(series, settings, lag)
    z = CDC_LIMIT if settings.alpha is None else float(stats.norm.ppf(1 - settings.alpha))
    bound = base.mean + z * base.deviation
    reason = np.where(np.isnan(bound), Reason.HISTORY, Reason.JUDGED).astype(np.int8)
    part = slice(columns.start, columns.stop)
    return verdicts(
        series, columns, base.mean[:, part], bound[:, part], reason[:, part], deviation=base.deviation[:, part]
    )


def _baseline(series: Series, settings: Ears, lag: int) -> _Baseline:
    """Mean and standard deviation (n - 1) of each step's baseline; NaN where it is not there or half of it is a gap."""
    size, steps = series.shape
    mean, deviation = np.full((size, steps), np.nan), np.full((size, steps), np.nan)
    first = settings.baseline + lag
    if steps > first:
        windows = sliding_window_view(series.counts, settings.baseline, axis=1)[:, : steps - first]
        known = np.isfinite(windows)
        number = known.sum(axis=2).astype(np.float64)
        number[number < max(2.0, settings.baseline / 2)] = np.nan
        middle = np.where(known, windows, 0.0).sum(axis=2) / number
        away = np.where(known, windows - middle[:, :, None], 0.0)
        mean[:, first:] = middle
        deviation[:, first:] = np.maximum(np.sqrt((away * away).sum(axis=2) / (number - 1)), settings.least_deviation)
    return _Baseline(mean, deviation)


def _shifted(values: Floats, by: int) -> Floats:
    moved = np.full_like(values, np.nan)
    if values.shape[1] > by:
        moved[:, by:] = values[:, :-by]
    return moved


def _gap(series: Series, by: int) -> NDArray[np.bool_]:
    """Whether one of the last `by` counts is missing."""
    missing = np.isnan(series.counts).astype(np.float64)
    result: NDArray[np.bool_] = sum((_shifted(missing, back) == 1) for back in range(1, by + 1)) > 0
    return result
