"""Detectors that compare a count with reference values of the last steps and of the same time in earlier years.

`bayes`: Höhle M. surveillance: an R package for the monitoring of infectious diseases. Computational Statistics
2007;22:571-82 (predictive distribution under Jeffreys' prior). `rki`: the weekly rule of the Robert Koch Institute.
`cdc`: Stroup DF, Williamson GD, Herndon JL, Karon JM. Detection of aberrations in the occurrence of notifiable
diseases surveillance data. Statistics in Medicine 1989;8:323-9.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray
from scipy import stats

from minkang.surveillance.detect.quantiles import overdispersed_quantile
from minkang.surveillance.detect.series import Floats, Reason, Series, Verdicts, unjudged, verdicts

# Upper ends of 95 % intervals of a Poisson mean for 0 to 20 counts: Crow EL, Gardner RS. Confidence intervals for the
# expectation of a Poisson variable. Biometrika 1959;46:441-53.
CROW_GARDNER = np.array([
    3.285, 5.323, 6.686, 8.102, 9.598, 11.177, 12.817, 13.765, 14.921, 16.768, 17.633, 19.05, 20.335, 21.364, 22.945,
    23.762, 25.4, 26.306, 27.735, 28.966, 30.017,
])  # fmt: skip
RKI_TABLE_UP_TO = 20
CDC_BLOCK = 4


class ReferenceValues(Struct, frozen=True, forbid_unknown_fields=True):
    """Settings.

    Attributes:
        years: earlier years of which the same time is used.
        half_width: steps on each side of it there, and steps before the judged one in its own year.
        this_year: whether the steps before the judged one are used.
        alpha: one-sided (Bayes); the RKI rule has none.
        rows: 1-based first and last row to judge.
    """

    years: Annotated[int, Meta(ge=0)] = 0
    half_width: Annotated[int, Meta(ge=1)] = 6
    this_year: bool = True
    alpha: Annotated[float, Meta(gt=0, lt=1)] = 0.05
    rows: tuple[int, int] | None = None


class Reference2(ReferenceValues, frozen=True):
    """Defaults of the second system: the last six steps and thirteen of last year."""

    years: Annotated[int, Meta(ge=0)] = 1


class Reference3(ReferenceValues, frozen=True):
    """Defaults of the third system: nine steps of each of the last two years."""

    years: Annotated[int, Meta(ge=0)] = 2
    half_width: Annotated[int, Meta(ge=1)] = 4
    this_year: bool = False


class CdcSums(Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of the four-week rule.

    Attributes:
        years: earlier years that are compared. alpha: two-sided. rows: 1-based first and last row to judge.
        neighbours: four-week sums on each side of the same four weeks.
    """

    years: Annotated[int, Meta(ge=1)] = 5
    neighbours: Annotated[int, Meta(ge=0)] = 1
    alpha: Annotated[float, Meta(gt=0, lt=1)] = 0.025
    rows: tuple[int, int] | None = None


def bayes(series: Series, settings: ReferenceValues) -> Verdicts:
    """A count above the upper quantile of the predictive distribution given the reference values."""
    values, columns = _references(series, settings)
    if values is None:
        return unjudged(series)
    number = np.asarray(np.isfinite(values).sum(axis=2), dtype=np.int64)
    enough = _enough(number, values.shape[2])
    mean = np.where(enough, (np.nansum(values, axis=2) + 0.5) / np.maximum(number, 1), np.nan)
    bound = overdispersed_quantile(1 - settings.alpha, mean, (number + 1) / np.maximum(number, 1))
    return verdicts(series, columns, mean, bound, np.where(enough, Reason.JUDGED, Reason.HISTORY).astype(np.int8))


def rki(series: Series, settings: ReferenceValues) -> Verdicts:
    """A count above mean and two standard deviations, or above Crow and Gardner's bound for means up to 20."""
    values, columns = _references(series, settings)
    if values is None:
        return unjudged(series)
    number = np.asarray(np.isfinite(values).sum(axis=2), dtype=np.int64)
    enough = _enough(number, values.shape[2]) & (number > 1)
    safe = np.maximum(number, 2)
    mean = np.nansum(values, axis=2) / safe
    deviation = np.sqrt(np.nansum((values - mean[:, :, None]) ** 2, axis=2) / (safe - 1))
    by_table = CROW_GARDNER[np.minimum(mean, RKI_TABLE_UP_TO).astype(np.int64)]
    bound = np.where(mean > RKI_TABLE_UP_TO, mean + 2 * deviation, by_table)
    reason = np.where(enough, Reason.JUDGED, Reason.HISTORY).astype(np.int8)
    return verdicts(
        series, columns, np.where(enough, mean, np.nan), np.where(enough, bound, np.nan), reason, deviation=deviation
    )


def cdc_sums(series: Series, settings: CdcSums) -> Verdicts:
    """The sum of the last four steps above a normal bound for the same sums of earlier years.

    Expected and threshold are of the *sum* (`details["sum"]`), not of the last step.
    """
    sums = np.full(series.shape, np.nan)
    if series.shape[1] >= CDC_BLOCK:
        windows = np.lib.stride_tricks.sliding_window_view(series.counts, CDC_BLOCK, axis=1)
        sums[:, CDC_BLOCK - 1 :] = windows.sum(axis=2)
    shifts = CDC_BLOCK * np.arange(-settings.neighbours, settings.neighbours + 1)
    back = series.freq * np.arange(1, settings.years + 1)[:, None] + shifts[None, :]
    columns = series.rows(settings.rows)
    if not columns or not series.shape[0]:
        return unjudged(series)
    values = _gather(sums, columns, back.ravel())
    number = np.asarray(np.isfinite(values).sum(axis=2), dtype=np.int64)
    enough = _enough(number, values.shape[2]) & (number > 1)
    safe = np.maximum(number, 2)
    mean = np.nansum(values, axis=2) / safe
    deviation = np.sqrt(np.nansum((values - mean[:, :, None]) ** 2, axis=2) / (safe - 1))
    z = float(stats.norm.ppf(1 - settings.alpha / 2))
    bound = np.where(enough, mean + z * deviation * np.sqrt(1 + 1 / safe), np.nan)
    reason = np.where(enough, Reason.JUDGED, Reason.HISTORY).astype(np.int8)
    summed = Series(sums, series.dates, series.freq)
    return verdicts(
        summed, columns, np.where(enough, mean, np.nan), bound, reason, sum=sums[:, columns.start : columns.stop]
    )


def _references(series: Series, settings: ReferenceValues) -> tuple[Floats | None, range]:
    """The reference values, series × steps × values; NaN for a gap, and all NaN where one lies before the series."""
    columns = series.rows(settings.rows)
    if not columns or not series.shape[0]:
        return None, columns
    around = np.arange(-settings.half_width, settings.half_width + 1)
    back = [series.freq * year + around for year in range(1, settings.years + 1)]
    if settings.this_year:
        back.append(np.arange(1, settings.half_width + 1))
    if not back:
        return None, columns
    return _gather(series.counts, columns, np.concatenate(back)), columns


def _gather(values: Floats, columns: range, back: NDArray[np.int64]) -> Floats:
    wanted = np.arange(columns.start, columns.stop)[:, None] - back[None, :]
    found = values[:, np.maximum(wanted, 0)]
    early = np.asarray((wanted < 0).any(axis=1))
    result: Floats = np.where(early[None, :, None], np.nan, found)
    return result


def _enough(number: NDArray[np.int64], wanted: int) -> NDArray[np.bool_]:
    """At least half of the reference values are known."""
    return np.asarray(number * 2 >= wanted, dtype=np.bool_)
