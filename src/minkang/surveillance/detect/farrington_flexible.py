"""The flexible Farrington method.

Noufaily A, Enki DG, Farrington P, Garthwaite P, Andrews N, Charlett A. An improved algorithm for outbreak detection in
multiple surveillance systems. Statistics in Medicine 2013;32(7):1206-22. Defaults are the paper's; thresholds are
quantiles of the negative binomial distribution, as the paper proposes, unless another kind is asked for.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray
from scipy import stats

from minkang.surveillance.detect.baseline import Blocks, reference_points, seasonal_blocks
from minkang.surveillance.detect.grouped_poisson import Design
from minkang.surveillance.detect.quantiles import cumulative, overdispersed_quantile
from minkang.surveillance.detect.robust_fit import Prediction, Rule, StandardErrors, Training, predict
from minkang.surveillance.detect.series import Floats, Reason, Series, Verdicts, unjudged, verdicts

Threshold = Literal["nb-plugin", "muan", "delta"]
Power = Literal["2/3", "1/2", "none"]
LEAST_YEARS_FOR_TREND = 3
BATCH = 256  # series fitted together; their training counts fit a processor's second cache


class FarringtonFlexible(Struct, frozen=True, forbid_unknown_fields=True):
    """Settings.

    Attributes:
        years: earlier years that are compared.
        half_width: steps on each side of the reference point of a year.
        seasons: levels of the seasonal factor; 1 uses the windows only.
        past_excluded: steps before the judged one that are left out of training.
        alpha: one-sided.
        threshold: `nb-plugin`, `muan` (its mean at the upper end of its interval) or `delta` (normal, transformed).
        power: the transformation of `delta`.
        reweight, reweight_above, trend, trend_below, errors: see `robust_fit.Rule`.
        limit: at least so many cases in so many last steps, else no threshold is given.
        population_offset: model the rate instead of the count.
        by_date: find the weeks of earlier years by their dates where the series have dates.
        rows: 1-based first and last row to judge; all that have the history by default.
    """

    years: Annotated[int, Meta(ge=1)] = 5
    half_width: Annotated[int, Meta(ge=0)] = 3
    seasons: Annotated[int, Meta(ge=1)] = 10
    past_excluded: Annotated[int, Meta(ge=0)] = 26
    alpha: Annotated[float, Meta(gt=0, lt=1)] = 0.01
    threshold: Threshold = "nb-plugin"
    power: Power = "2/3"
    reweight: bool = True
    reweight_above: float = 2.58
    trend: bool = True
    trend_below: float = 1.0
    errors: StandardErrors = "textbook"
    limit: tuple[int, Annotated[int, Meta(ge=1)]] = (5, 4)
    population_offset: bool = False
    by_date: bool = True
    rows: tuple[int, int] | None = None


def farrington_flexible(series: Series, settings: FarringtonFlexible) -> Verdicts:
    """Judge every row that has the history.

    `details`: `mean` and `bound` also where `limit` withholds them, `phi`, `error` (of the log mean), `slope` (0 or 1),
    and `p`, the probability of a count at least as large.
    """
    columns = series.rows(settings.rows)
    if not columns or not series.shape[0]:
        return unjudged(series)
    powered = np.cbrt(series.counts) ** 2
    found, reasons = zip(*(_judge(series, settings, step, powered) for step in columns), strict=True)
    predictor, error, phi, fitted, slope = (np.stack(part, axis=1) for part in zip(*found, strict=True))
    reason = np.stack(reasons, axis=1)
    with np.errstate(over="ignore"):
        mean = np.where(fitted, np.exp(predictor), np.nan)
    bound = upper_bound(settings, mean, error, phi)
    reason[~enough(series, columns, settings.limit) & (reason == Reason.JUDGED)] = Reason.FEW
    reason[np.isinf(bound) & (reason == Reason.JUDGED)] = Reason.UNBOUNDED
    with np.errstate(invalid="ignore"):
        p = 1.0 - cumulative(series.counts[:, columns.start : columns.stop] - 1.0, mean, phi)
    shown = reason == Reason.JUDGED
    return verdicts(
        series, columns, np.where(shown, mean, np.nan), np.where(shown, bound, np.nan), reason,
        mean=mean, bound=bound, phi=phi, error=error, slope=np.where(fitted, slope, np.nan), p=p,
    )  # fmt: skip


def _judge(
    series: Series, settings: FarringtonFlexible, step: int, powered: Floats
) -> tuple[Prediction, NDArray[np.int8]]:
    """The prediction of one step for all series, and why there is none."""
    size = series.shape[0]
    points = reference_points(series, step, settings.years, by_date=settings.by_date)
    blocks = seasonal_blocks(points, settings.half_width, settings.seasons, settings.past_excluded) if points else None
    if blocks is None:
        return unpredicted(size), np.full(size, Reason.HISTORY, dtype=np.int8)
    rule = Rule(
        settings.reweight, settings.reweight_above,
        settings.trend and settings.years >= LEAST_YEARS_FOR_TREND, settings.trend_below, settings.errors,
    )  # fmt: skip
    return predict_step(series, blocks, powered, rule, population=settings.population_offset)


def unpredicted(size: int) -> Prediction:
    """Of `size` series none is predicted."""
    no = np.zeros(size, dtype=np.bool_)
    return Prediction(np.full(size, np.nan), np.full(size, np.nan), np.full(size, np.nan), no, no)


def predict_step(
    series: Series, blocks: Blocks, powered: Floats, rule: Rule, *, population: bool
) -> tuple[Prediction, NDArray[np.int8]]:
    """Fit all series on their training steps and predict the judged one; `powered` are the counts to the power 2/3."""
    design = Design.of(blocks)
    usable, offset, offset_now = offsets(series, blocks, wanted=population)
    found = []
    for begin in range(0, series.shape[0], BATCH):
        part = slice(begin, begin + BATCH)
        counts = series.counts[part][:, blocks.steps]
        known = None if offset is None else offset[part]
        training = Training.of(counts, powered[part][:, blocks.steps], known, offset_now[part])
        found.append(predict(design, training, rule))
    whole = Prediction(*(np.concatenate(part) for part in zip(*found, strict=True)))
    fitted = whole.fitted & usable
    reason = np.where(usable, np.where(whole.fitted, Reason.JUDGED, Reason.FIT), Reason.POPULATION)
    return whole._replace(fitted=fitted), reason.astype(np.int8)


def offsets(series: Series, blocks: Blocks, *, wanted: bool) -> tuple[NDArray[np.bool_], Floats | None, Floats]:
    """Which series have a population above zero throughout, and the logs of it for training and for the judged step."""
    size = series.shape[0]
    if not wanted:
        return np.ones(size, dtype=np.bool_), None, np.zeros(size)
    if series.population is None:
        return np.zeros(size, dtype=np.bool_), None, np.zeros(size)
    people = series.population[:, np.append(blocks.steps, blocks.step)]
    with np.errstate(invalid="ignore"):
        usable = np.asarray((people > 0).all(axis=1), dtype=np.bool_)
    logs = np.log(np.where(usable[:, None], people, 1.0))
    return usable, logs[:, :-1], logs[:, -1]


def enough(series: Series, columns: range, limit: tuple[int, int]) -> NDArray[np.bool_]:
    """Whether the last `limit[1]` steps together have `limit[0]` cases; gaps count as none."""
    cases, steps = limit
    total = np.nancumsum(series.counts, axis=1)
    total = np.concatenate([np.zeros((len(total), 1)), total], axis=1)
    ends = np.arange(columns.start, columns.stop) + 1
    result: NDArray[np.bool_] = total[:, ends] - total[:, np.maximum(ends - steps, 0)] >= cases
    return result


def upper_bound(settings: FarringtonFlexible, mean: Floats, error: Floats, phi: Floats) -> Floats:
    """The threshold for a mean with the standard error `error` of its log and variance `phi` × mean."""
    z = float(stats.norm.ppf(1 - settings.alpha))
    if settings.threshold == "nb-plugin":
        return overdispersed_quantile(1 - settings.alpha, mean, phi)
    with np.errstate(over="ignore", invalid="ignore"):
        if settings.threshold == "muan":
            return overdispersed_quantile(1 - settings.alpha, mean * np.exp(z * error), phi)
        return transformed_bound(settings.power, z, mean, phi + mean * error**2)


def transformed_bound(power: Power, z: float, mean: Floats, tau: Floats) -> Floats:
    """Upper end of an interval that is normal on the transformed scale, for a forecast with variance `tau` × mean."""
    with np.errstate(invalid="ignore", over="ignore"):
        if power == "2/3":
            bound = (mean ** (2 / 3) + z * np.sqrt(4 / 9 * mean ** (1 / 3) * tau)) ** 1.5
        elif power == "1/2":
            bound = (np.sqrt(mean) + z * np.sqrt(tau / 4)) ** 2
        else:
            bound = mean + z * np.sqrt(mean * tau)
    return bound
