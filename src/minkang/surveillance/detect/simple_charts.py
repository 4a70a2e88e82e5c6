"""Fixed thresholds, the exponentially weighted moving average, and the test for an outbreak's onset."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from minkang.surveillance.detect.percentile import block_sums
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

FEWEST_KNOWN = 2


class Fixed(Struct, frozen=True, forbid_unknown_fields=True):
    """Settings: `cases` within the last `steps` steps alarm. rows: 1-based first and last row to judge."""

    cases: Annotated[float, Meta(gt=0)] = 1
    steps: Annotated[int, Meta(ge=1)] = 1
    rows: tuple[int, int] | None = None


def fixed(series: Series, settings: Fixed) -> Verdicts:
    """For diseases of which one case is a signal. The threshold alarms when reached; steps before the series are 0.

    A gap counts as no case in the steps before, and leaves its own step without a verdict. `details`: `sum`.
    """
    columns = series.rows(settings.rows)
    if not columns or not series.shape[0]:
        return unjudged(series)
    filled = np.nan_to_num(series.counts)
    padded = np.concatenate([np.zeros((len(filled), settings.steps - 1)), filled], axis=1)
    part = slice(columns.start, columns.stop)
    total = block_sums(padded, settings.steps)[:, settings.steps - 1 :][:, part]
    known = np.isfinite(series.counts[:, part])
    alarm = np.where(known, np.where(total >= settings.cases, ALARM, QUIET), UNKNOWN).astype(np.int8)
    judged = np.full(total.shape, Reason.JUDGED, dtype=np.int8)
    bound = np.full(total.shape, float(settings.cases))
    return spread(series, columns, Verdicts(np.zeros(total.shape), bound, alarm, judged, {"sum": total}))


class Ewma(Struct, frozen=True, forbid_unknown_fields=True):
    """Settings.

    Attributes:
        weight: of the newest count in the average.
        width: of the limit, in standard deviations of the average.
        baseline: earlier counts that give mean and standard deviation; gap: steps left out between.
        least_deviation: a standard deviation below it is raised to it.
        rows: 1-based first and last row to judge.
    """

    weight: Annotated[float, Meta(gt=0, le=1)] = 0.4
    width: Annotated[float, Meta(gt=0)] = 3.0
    baseline: Annotated[int, Meta(ge=3)] = 28
    gap: Annotated[int, Meta(ge=0)] = 2
    least_deviation: Annotated[float, Meta(ge=0)] = 0.5
    rows: tuple[int, int] | None = None


def ewma(series: Series, settings: Ewma) -> Verdicts:
    """Roberts' chart (Technometrics 1959;1:239-50) on a moving baseline.

    The average starts at the first baseline's mean; a gap leaves it as it is. The threshold is the count above which
    the average would pass its limit. `details`: `statistic`, the average.
    """
    columns = series.rows(settings.rows)
    if not columns or not series.shape[0]:
        return unjudged(series)
    mean, deviation = _moving(series.counts, settings)
    weight = settings.weight
    limit = mean + settings.width * deviation * np.sqrt(weight / (2 - weight))
    average, bound = np.full(series.shape, np.nan), np.full(series.shape, np.nan)
    now = np.full(series.shape[0], np.nan)
    for step in range(series.shape[1]):
        now = np.where(np.isnan(now), mean[:, step], now)
        bound[:, step] = (limit[:, step] - (1 - weight) * now) / weight
        count = series.counts[:, step]
        now = np.where(np.isnan(count), now, (1 - weight) * now + weight * count)
        average[:, step] = now
    part = slice(columns.start, columns.stop)
    here, bound = series.counts[:, part], np.maximum(bound[:, part], 0.0)
    judged = np.isfinite(here) & np.isfinite(bound)
    with np.errstate(invalid="ignore"):
        alarms = average[:, part] > limit[:, part]
    alarm = np.where(judged, np.where(alarms, ALARM, QUIET), UNKNOWN).astype(np.int8)
    reason = np.where(np.isfinite(bound), Reason.JUDGED, Reason.HISTORY).astype(np.int8)
    return spread(series, columns, Verdicts(mean[:, part], bound, alarm, reason, {"statistic": average[:, part]}))


def _moving(counts: Floats, settings: Ewma) -> tuple[Floats, Floats]:
    mean, deviation = np.full(counts.shape, np.nan), np.full(counts.shape, np.nan)
    first = settings.baseline + settings.gap
    if counts.shape[1] > first:
        windows = np.lib.stride_tricks.sliding_window_view(counts, settings.baseline, axis=1)
        windows = windows[:, : counts.shape[1] - first]
        known = np.isfinite(windows)
        number = known.sum(axis=2).astype(np.float64)
        number[number < max(FEWEST_KNOWN, settings.baseline / 2)] = np.nan
        middle = np.where(known, windows, 0.0).sum(axis=2) / number
        away = np.where(known, windows - middle[:, :, None], 0.0)
        mean[:, first:] = middle
        deviation[:, first:] = np.maximum(np.sqrt((away * away).sum(axis=2) / (number - 1)), settings.least_deviation)
    return mean, deviation


class Onset(Struct, frozen=True, forbid_unknown_fields=True):
    """Settings: the likelihood ratio that alarms, and the 1-based first and last row to judge."""

    limit: Annotated[float, Meta(gt=0)] = 100.0
    rows: tuple[int, int] | None = None


def onset(series: Series, settings: Onset) -> Verdicts:
    """A rise that never falls against a constant level, since the series began.

    Frisén M, Andersson E, Schiöler L. Robust outbreak surveillance of epidemics in Sweden. Statistics in Medicine
    2009;28:476-93. The threshold shown is the statistic, as in R (`details`: `statistic`, too); expected is the
    constant level. For the onset of one season: give it the season's steps only.
    """
    columns = series.rows(settings.rows)
    if not columns or not series.shape[0]:
        return unjudged(series)
    level, logs = np.full(series.shape, np.nan), np.full(series.shape, np.nan)
    for place, counts in enumerate(series.counts):
        known = np.flatnonzero(np.isfinite(counts))
        level[place, known] = counts[known].cumsum() / np.arange(1, known.size + 1)
        logs[place, known] = _onset_ratios(counts[known])
    part = slice(columns.start, columns.stop)
    with np.errstate(over="ignore"):
        statistic = np.exp(logs[:, part])
    known_here = np.isfinite(statistic) | np.isposinf(statistic)
    alarms = logs[:, part] > np.log(settings.limit)
    alarm = np.where(known_here, np.where(alarms, ALARM, QUIET), UNKNOWN).astype(np.int8)
    judged = np.full(statistic.shape, Reason.JUDGED, dtype=np.int8)
    found = Verdicts(level[:, part], statistic, alarm, judged, {"statistic": statistic})
    return spread(series, columns, found)


def _onset_ratios(counts: NDArray[np.float64]) -> list[float]:
    """The log likelihood ratio at each step, by pooling adjacent violators once along the series."""
    sums: list[float] = []
    lengths: list[int] = []
    ratios = []
    total = 0.0
    for step, count in enumerate(counts, 1):
        total += count
        sums.append(float(count))
        lengths.append(1)
        while len(sums) > 1 and sums[-2] * lengths[-1] >= sums[-1] * lengths[-2]:
            last, length = sums.pop(), lengths.pop()
            sums[-1] += last
            lengths[-1] += length
        pooled, size = np.array(sums), np.array(lengths)
        some = pooled > 0
        risen = float((pooled[some] * np.log(pooled[some] / size[some])).sum())
        ratios.append(risen - (total * float(np.log(total / step)) if total else 0.0))
    return ratios
