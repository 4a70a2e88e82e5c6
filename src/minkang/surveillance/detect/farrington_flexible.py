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
BATCH = 256  # fits made together; their training counts stay in a processor's second cache


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
    trend = settings.trend and settings.years >= LEAST_YEARS_FOR_TREND
    rule = Rule(settings.reweight, settings.reweight_above, trend, settings.trend_below, settings.errors)
    blocks = [_blocks(series, settings, step) for step in columns]
    found, reason = predict_rows(series, columns, blocks, rule, population=settings.population_offset)
    predictor, error, phi, fitted, slope = found
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


def _blocks(series: Series, settings: FarringtonFlexible, step: int) -> Blocks | None:
    points = reference_points(series, step, settings.years, by_date=settings.by_date)
    return seasonal_blocks(points, settings.half_width, settings.seasons, settings.past_excluded) if points else None


def predict_rows(
    series: Series, columns: range, blocks: list[Blocks | None], rule: Rule, *, population: bool
) -> tuple[Prediction, NDArray[np.int8]]:
    """Fit and predict every series at every column from its blocks; each array series × columns.

    Steps whose training steps lie alike share a design, and are fitted together.
    """
    shape = (series.shape[0], len(columns))
    whole = unpredicted(shape)
    reason = np.full(shape, Reason.HISTORY, dtype=np.int8)
    powered = np.cbrt(series.counts) ** 2
    alike: dict[bytes, list[int]] = {}
    for place, block in enumerate(blocks):
        if block is not None:
            alike.setdefault(block.layout(), []).append(place)
    for members in alike.values():
        first = blocks[members[0]]
        assert first is not None
        design = Design.of(first)
        pairs = np.indices((shape[0], len(members))).reshape(2, -1)
        for begin in range(0, pairs.shape[1], BATCH):
            rows, places = pairs[:, begin : begin + BATCH]
            places = np.asarray(members)[places]
            steps = (columns.start + places)[:, None] + np.append(first.steps - first.step, 0)[None, :]
            usable, offset, offset_now = _offsets(series, rows, steps, wanted=population)
            train = (rows[:, None], steps[:, :-1])
            training = Training.of(series.counts[train], powered[train], offset, offset_now)
            found = predict(design, training, rule)
            if rule.errors == "textbook":
                found = _without_cases(found, training)
            for mine, value in zip(whole, found._replace(fitted=found.fitted & usable), strict=True):
                mine[rows, places] = value
            said = np.where(usable, np.where(found.fitted, Reason.JUDGED, Reason.FIT), Reason.POPULATION)
            reason[rows, places] = said
    return whole, reason


def _without_cases(found: Prediction, training: Training) -> Prediction:
    """Where known training counts are all zero there is no finite fit: expect none, so that any case is above it.

    R gives no verdict there, so that the first outbreak of a disease new to a place would pass in silence.
    """
    none = ~found.fitted & (training.weights.sum(axis=1) > 0) & (training.counts.sum(axis=1) == 0)
    return Prediction(
        np.where(none, -np.inf, found.predictor), np.where(none, 0.0, found.error), np.where(none, 1.0, found.phi),
        found.fitted | none, found.slope & ~none,
    )  # fmt: skip


def unpredicted(shape: tuple[int, int]) -> Prediction:
    """Nothing is predicted."""
    unknown = np.full(shape, np.nan)
    no = np.zeros(shape, dtype=np.bool_)
    return Prediction(unknown, unknown.copy(), unknown.copy(), no, no.copy())


def _offsets(
    series: Series, rows: NDArray[np.int64], steps: NDArray[np.int64], *, wanted: bool
) -> tuple[NDArray[np.bool_], Floats | None, Floats]:
    """Which rows have a population above zero throughout, and its logs for training and for the judged step."""
    none = np.zeros(len(rows))
    if not wanted:
        return np.ones(len(rows), dtype=np.bool_), None, none
    if series.population is None:
        return np.zeros(len(rows), dtype=np.bool_), None, none
    people = series.population[rows[:, None], steps]
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
