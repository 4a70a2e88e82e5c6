"""The original Farrington method.

Farrington CP, Andrews NJ, Beale AD, Catchpole MA. A statistical algorithm for the early detection of outbreaks of
infectious disease. Journal of the Royal Statistical Society A 1996;159(3):547-63.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from msgspec import Meta, Struct
from scipy import stats

from minkang.surveillance.detect.baseline import Blocks, reference_points, seasonal_blocks
from minkang.surveillance.detect.farrington_flexible import (
    LEAST_YEARS_FOR_TREND,
    Power,
    enough,
    predict_rows,
    transformed_bound,
)
from minkang.surveillance.detect.grouped_poisson import SMALLEST_MEAN
from minkang.surveillance.detect.robust_fit import Rule
from minkang.surveillance.detect.series import Reason, Series, Verdicts, unjudged, verdicts


class Farrington(Struct, frozen=True, forbid_unknown_fields=True):
    """Settings; the names mean what they mean in `FarringtonFlexible`, but `alpha` is two-sided."""

    years: Annotated[int, Meta(ge=1)] = 5
    half_width: Annotated[int, Meta(ge=0)] = 3
    alpha: Annotated[float, Meta(gt=0, lt=1)] = 0.01
    power: Power = "2/3"
    reweight: bool = True
    reweight_above: float = 1.0
    trend: bool = True
    trend_below: float = 0.05
    limit: tuple[int, Annotated[int, Meta(ge=1)]] = (5, 4)
    by_date: bool = True
    rows: tuple[int, int] | None = None


def farrington(series: Series, settings: Farrington) -> Verdicts:
    """Judge every row that has the history; `details` as of the flexible method, but without `p`."""
    columns = series.rows(settings.rows)
    if not columns or not series.shape[0]:
        return unjudged(series)
    trend = settings.trend and settings.years >= LEAST_YEARS_FOR_TREND
    rule = Rule(settings.reweight, settings.reweight_above, trend, settings.trend_below, "textbook")
    blocks = [_blocks(series, settings, step) for step in columns]
    found, reason = predict_rows(series, columns, blocks, rule, population=False)
    predictor, error, phi, fitted, slope = found
    with np.errstate(over="ignore"):
        mean = np.where(fitted, np.maximum(np.exp(predictor), SMALLEST_MEAN), np.nan)
    z = float(stats.norm.ppf(1 - settings.alpha / 2))
    with np.errstate(invalid="ignore", over="ignore"):
        bound = transformed_bound(settings.power, z, mean, phi + mean * error**2)
    reason[~enough(series, columns, settings.limit) & (reason == Reason.JUDGED)] = Reason.FEW
    shown = reason == Reason.JUDGED
    return verdicts(
        series, columns, np.where(shown, mean, np.nan), np.where(shown, bound, np.nan), reason,
        mean=mean, bound=bound, phi=phi, error=error, slope=np.where(fitted, slope, np.nan),
    )  # fmt: skip


def _blocks(series: Series, settings: Farrington, step: int) -> Blocks | None:
    points = reference_points(series, step, settings.years, by_date=settings.by_date)
    # Only the windows of earlier years are used; the exclusion takes the judged year's own window out.
    return seasonal_blocks(points, settings.half_width, 1, settings.half_width) if points else None
