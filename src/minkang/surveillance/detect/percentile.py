"""The moving percentile method of the Chinese automated alert and response system (CIDARS).

Yang W, Li Z, Lan Y, et al. A nationwide web-based automated system for outbreak early detection and rapid response in
China. Western Pacific Surveillance and Response 2011;2(1):10-5. The sum of the last days is compared with a percentile
of the sums over the same dates of earlier years and over the neighbouring blocks there. What published texts leave
open is a setting; docs/reference/detectors.md says what was chosen and why.
"""

from __future__ import annotations

import calendar
from datetime import date
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from minkang.surveillance.detect.baseline import reference_points
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

Interpolation = Literal["linear", "hazen", "weibull", "median-unbiased", "inverted-cdf-interpolated"]
# Hyndman and Fan's plotting positions (American Statistician 1996;50:361-5), as pairs alpha, beta.
PLOTTING: dict[Interpolation, tuple[float, float]] = {
    "linear": (1.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "median-unbiased": (1 / 3, 1 / 3),
    "inverted-cdf-interpolated": (0.0, 1.0),
}
DAYS_OF_BLOCK = 7


class MovingPercentile(Struct, frozen=True, forbid_unknown_fields=True):
    """Settings.

    Attributes:
        percentile: between 0 and 1.
        years: earlier years that are compared; neighbours: blocks on each side of the same dates there.
        block: steps that are summed; by default 7 for daily series and 1 for others.
        reached: whether a sum that reaches the percentile alarms, or only one above it.
        least_cases: a smaller sum never alarms.
        interpolation: between the ordered sums.
        by_date: find weeks of earlier years by date; months and days always are where there are dates.
        rows: 1-based first and last row to judge.
    """

    percentile: Annotated[float, Meta(gt=0, lt=1)] = 0.8
    years: Annotated[int, Meta(ge=1)] = 5
    neighbours: Annotated[int, Meta(ge=0)] = 2
    block: Annotated[int, Meta(ge=1)] | None = None
    reached: bool = True
    least_cases: Annotated[float, Meta(ge=0)] = 1
    interpolation: Interpolation = "linear"
    by_date: bool = False
    rows: tuple[int, int] | None = None


def moving_percentile(series: Series, settings: MovingPercentile) -> Verdicts:
    """Judge sums over blocks; expected is their median. `details`: `sum`, `blocks` (how many were compared).

    Thresholds are of the sum of the last `block` steps, not of the last step. A block that touches a gap is left out;
    half of the blocks must be left.
    """
    columns = series.rows(settings.rows)
    if not columns or not series.shape[0]:
        return unjudged(series)
    block = settings.block or (DAYS_OF_BLOCK if series.freq == 365 else 1)
    sums = block_sums(series.counts, block)
    size, wanted = series.shape[0], settings.years * (2 * settings.neighbours + 1)
    shape = (size, len(columns))
    bound, middle, number = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape)
    for place, step in enumerate(columns):
        blocks = _blocks(series, step, settings, block)
        if blocks is None:
            continue
        ordered = np.sort(sums[:, blocks], axis=1)
        number[:, place] = np.isfinite(ordered).sum(axis=1)
        bound[:, place] = _quantile(ordered, number[:, place], settings.percentile, settings.interpolation)
        middle[:, place] = _quantile(ordered, number[:, place], 0.5, settings.interpolation)
    enough = number * 2 >= wanted
    here = sums[:, columns.start : columns.stop]
    with np.errstate(invalid="ignore"):
        above = here >= bound if settings.reached else here > bound
        alarms = above & (here >= settings.least_cases)
    alarm = np.where(enough & np.isfinite(here), np.where(alarms, ALARM, QUIET), UNKNOWN).astype(np.int8)
    reason = np.where(enough, np.where(np.isfinite(here), Reason.JUDGED, Reason.MISSING), Reason.HISTORY)
    found = Verdicts(
        np.where(enough, middle, np.nan), np.where(enough, bound, np.nan), alarm, reason.astype(np.int8),
        {"sum": here, "blocks": number},
    )  # fmt: skip
    return spread(series, columns, found)


def block_sums(counts: Floats, block: int) -> Floats:
    """Sums of the last `block` steps; NaN where they touch a gap or the beginning."""
    sums = np.full_like(counts, np.nan)
    if counts.shape[1] >= block:
        windows = np.lib.stride_tricks.sliding_window_view(counts, block, axis=1)
        sums[:, block - 1 :] = windows.sum(axis=2)
    return sums


def _blocks(series: Series, step: int, settings: MovingPercentile, block: int) -> NDArray[np.int64] | None:
    """The last steps of the blocks to compare with; None when one lies before the series."""
    points = _points(series, step, settings)
    if points is None:
        return None
    shifts = block * np.arange(-settings.neighbours, settings.neighbours + 1)
    found = (np.asarray(points)[:, None] + shifts[None, :]).ravel()
    return found if found.min() >= block - 1 and found.max() < step else None


def _points(series: Series, step: int, settings: MovingPercentile) -> list[int] | None:
    if series.dates is None or series.freq == 52:
        points = reference_points(series, step, settings.years, by_date=settings.by_date)
        return None if points is None else points[1:]
    here: date = series.dates[step].astype("datetime64[D]").item()
    earlier = np.array([_same_date(here, here.year - back) for back in range(1, settings.years + 1)], "datetime64[D]")
    places = np.searchsorted(series.dates, earlier)
    return places.tolist() if (series.dates[places] == earlier).all() else None


def _same_date(day: date, year: int) -> date:
    """The same month and day; 29 February becomes the 28th where there is none."""
    if day.month == 2 and day.day == 29 and not calendar.isleap(year):
        return date(year, 2, 28)
    return day.replace(year=year)


def _quantile(ordered: Floats, number: Floats, share: float, kind: Interpolation) -> Floats:
    """The quantile of each row of values sorted with NaN last, of which `number` are known."""
    alpha, beta = PLOTTING[kind]
    place = number * share + alpha + share * (1 - alpha - beta) - 1
    place = np.clip(place, 0, np.maximum(number - 1, 0))
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(number - 1, 0).astype(np.int64))
    rows = np.arange(len(ordered))
    below, above = ordered[rows, low], ordered[rows, high]
    result: Floats = below + (above - below) * (place - low)
    return result
