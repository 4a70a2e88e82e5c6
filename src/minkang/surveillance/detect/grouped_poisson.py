"""Quasi-Poisson regressions of many series on one design of seasons and time, fitted all at once.

The linear predictor is a season's level plus a slope over time. Its information matrix is diagonal but for one row and
column, so that each step of iteratively reweighted least squares costs a few sums per season and no factorisation.
Start, stopping rule and the weights left by the last step are those of R's `glm`, on which its dispersion rests
(McCullagh and Nelder, Generalized Linear Models, 2nd ed., section 2.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from minkang.surveillance.detect.baseline import Blocks
from minkang.surveillance.detect.series import Floats

MOST_STEPS = 25
TOLERANCE = 1e-8
SMALLEST_MEAN = float(np.finfo(np.float64).eps)
LOG_SMALLEST = float(np.log(SMALLEST_MEAN))
COLLINEAR = 1e-11


class Design(NamedTuple):
    """The columns that all series share: seasons (steps × groups), the same times time, and time squared."""

    seasons: Floats
    moments: Floats
    time: Floats
    now: float

    @classmethod
    def of(cls, blocks: Blocks) -> Design:
        """The design of the training steps."""
        seasons = np.zeros((len(blocks.steps), blocks.groups))
        seasons[np.arange(len(blocks.steps)), blocks.group] = 1.0
        time = blocks.time
        moments = np.column_stack([seasons, seasons * time[:, None], time * time])
        return cls(seasons, moments, time, blocks.now)


class Moments(NamedTuple):
    """Weights summed per season, with time, and with time squared."""

    weight: Floats
    with_time: Floats
    squared: Floats

    @classmethod
    def of(cls, weights: Floats, design: Design) -> Moments:
        """Sum weights (series × steps)."""
        groups = design.seasons.shape[1]
        sums = weights @ design.moments
        return cls(sums[:, :groups], sums[:, groups : 2 * groups], sums[:, -1])

    def inverse_weight(self) -> Floats:
        """One over a season's weight; 0 for a season without data."""
        with np.errstate(divide="ignore"):
            return np.where(self.weight > 0, 1.0 / self.weight, 0.0)

    def spread_of_time(self) -> Floats:
        """The weighted spread of time within seasons: the information on the slope; 0 when there is none."""
        spread = self.squared - (self.with_time**2 * self.inverse_weight()).sum(axis=1)
        result: Floats = np.where(spread > COLLINEAR * np.maximum(self.squared, 1e-300), spread, 0.0)
        return result


@dataclass
class Fitted:
    """Fits of a batch of series.

    Attributes:
        level: series × seasons, on the log scale. slope: series; 0 where no slope is fitted.
        mean: series × steps, fitted means. working: the weights of the last step of the fitting.
        moments: of the working weights.
        residual_degrees: n minus the rank.
        dispersion: Pearson's, with the working weights.
        converged: whether the deviance came to rest.
        has_slope: whether a slope was fitted.
    """

    level: Floats
    slope: Floats
    mean: Floats
    working: Floats
    moments: Moments
    residual_degrees: Floats
    dispersion: Floats
    converged: NDArray[np.bool_]
    has_slope: NDArray[np.bool_]

    def leverages(self, design: Design) -> Floats:
        """Diagonal of the hat matrix, series × steps."""
        inverse = self.moments.inverse_weight()
        centre = self.moments.with_time * inverse
        spread = np.where(self.has_slope, self.moments.spread_of_time(), np.inf)
        away = design.time - centre @ design.seasons.T
        result: Floats = self.working * (inverse @ design.seasons.T + away**2 / spread[:, None])
        return result

    def variance_now(self, design: Design) -> Floats:
        """Variance of the linear predictor at the judged step, in units of the dispersion."""
        inverse = self.moments.inverse_weight()[:, -1]
        spread = np.where(self.has_slope, self.moments.spread_of_time(), np.inf)
        result: Floats = inverse + (design.now - self.moments.with_time[:, -1] * inverse) ** 2 / spread
        return result


@dataclass
class _Batch:
    """Data of the series that still move."""

    counts: Floats
    weights: Floats
    offset: Floats | None
    total_season: Floats
    total_time: Floats
    constant: Floats  # what the deviance has beside the terms of the coefficients
    wants_slope: NDArray[np.bool_]

    def take(self, keep: NDArray[np.bool_]) -> _Batch:
        offset = None if self.offset is None else self.offset[keep]
        return _Batch(
            self.counts[keep], self.weights[keep], offset, self.total_season[keep],
            self.total_time[keep], self.constant[keep], self.wants_slope[keep],
        )  # fmt: skip


def fit(design: Design, counts: Floats, weights: Floats, offset: Floats | None, slope: NDArray[np.bool_]) -> Fitted:
    """Fit every series.

    Args:
        design: shared by all.
        counts: series × steps; any finite number where the weight is 0.
        weights: prior weights, 0 for a gap.
        offset: series × steps on the log scale, or None.
        slope: for each series whether a slope over time is fitted.
    """
    batch = _batch(design, counts, weights, offset, slope)
    result = _empty(counts, design, slope)
    alive = np.arange(len(counts))
    working = weights * (counts + 0.1)
    level, rate, deviance = _first_step(design, batch, working)
    for step in range(MOST_STEPS):
        if step:
            moments = Moments.of(working, design)
            level, rate = _newton(level, rate, moments, batch)
        mean = _means(design, level, rate, batch.offset)
        following = batch.weights * mean
        now = _deviance(level, rate, batch, following)
        with np.errstate(invalid="ignore"):
            done = np.abs(now - deviance) < TOLERANCE * (np.abs(now) + 0.1)
        ending = done | ~np.isfinite(now) if step < MOST_STEPS - 1 else np.ones_like(done)
        if ending.any():
            to = alive[ending]
            result.level[to], result.slope[to], result.converged[to] = level[ending], rate[ending], done[ending]
            result.mean[to], result.working[to] = mean[ending], working[ending]
            keep = ~ending
            if not keep.any():
                break
            alive, batch, level, rate, now = alive[keep], batch.take(keep), level[keep], rate[keep], now[keep]
            following = following[keep]
        working, deviance = following, now
    return _finish(result, design, counts, weights)


def _batch(design: Design, counts: Floats, weights: Floats, offset: Floats | None, slope: NDArray[np.bool_]) -> _Batch:
    weighted = weights * counts
    with np.errstate(divide="ignore"):
        constant = (weighted * (np.log(np.maximum(counts, 1e-300)) - 1.0)).sum(axis=1)
    if offset is not None:
        constant = constant - (weighted * offset).sum(axis=1)
    return _Batch(counts, weights, offset, weighted @ design.seasons, weighted @ design.time, constant, slope)


def _empty(counts: Floats, design: Design, slope: NDArray[np.bool_]) -> Fitted:
    size, groups = len(counts), design.seasons.shape[1]
    nothing = np.zeros(size)
    blank = Moments(nothing, nothing, nothing)
    return Fitted(
        np.zeros((size, groups)), np.zeros(size), np.empty_like(counts), np.empty_like(counts), blank,
        nothing, nothing, np.zeros(size, dtype=np.bool_), slope.copy(),
    )  # fmt: skip


def _first_step(design: Design, batch: _Batch, working: Floats) -> tuple[Floats, Floats, Floats]:
    """Weighted least squares on the log of the counts plus 0.1, and the deviance at that start."""
    start = batch.counts + 0.1
    response = np.log(start)
    deviance = 2.0 * (batch.constant - (batch.weights * batch.counts * response).sum(axis=1) + working.sum(axis=1))
    if batch.offset is not None:
        deviance = deviance + 2.0 * (batch.weights * batch.counts * batch.offset).sum(axis=1)
        response = response - batch.offset
    response = response - 0.1 / start
    weighted = working * response
    moments = Moments.of(working, design)
    level, rate = _solve(moments, weighted @ design.seasons, weighted @ design.time, batch.wants_slope)
    return level, rate, deviance


def _newton(level: Floats, rate: Floats, moments: Moments, batch: _Batch) -> tuple[Floats, Floats]:
    by_season = batch.total_season - moments.weight
    by_time = batch.total_time - moments.with_time.sum(axis=1)
    more_level, more_rate = _solve(moments, by_season, by_time, batch.wants_slope)
    return level + more_level, rate + more_rate


def _solve(moments: Moments, by_season: Floats, by_time: Floats, slope: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    inverse = moments.inverse_weight()
    spread = moments.spread_of_time()
    known = slope & (spread > 0)
    above = by_time - (moments.with_time * by_season * inverse).sum(axis=1)
    rate = np.where(known, above / np.where(known, spread, 1.0), 0.0)
    return (by_season - rate[:, None] * moments.with_time) * inverse, rate


def _means(design: Design, level: Floats, rate: Floats, offset: Floats | None) -> Floats:
    predictor = level @ design.seasons.T
    predictor += rate[:, None] * design.time
    if offset is not None:
        predictor += offset
    with np.errstate(over="ignore", under="ignore"):
        mean: Floats = np.exp(predictor, out=predictor)
    np.maximum(mean, SMALLEST_MEAN, out=mean)
    return mean


def _deviance(level: Floats, rate: Floats, batch: _Batch, weighted_mean: Floats) -> Floats:
    fitted = (level * batch.total_season).sum(axis=1) + rate * batch.total_time
    result: Floats = 2.0 * (batch.constant - fitted + weighted_mean.sum(axis=1))
    return result


def _finish(result: Fitted, design: Design, counts: Floats, weights: Floats) -> Fitted:
    result.moments = Moments.of(result.working, design)
    result.has_slope &= result.moments.spread_of_time() > 0
    rank = (result.moments.weight > 0).sum(axis=1) + result.has_slope
    degrees = (weights > 0).sum(axis=1) - rank
    result.residual_degrees = degrees.astype(np.float64)
    residual = (counts - result.mean) / result.mean
    with np.errstate(divide="ignore", invalid="ignore"):
        result.dispersion = (result.working * residual * residual).sum(axis=1) / result.residual_degrees
    return result
