"""The fit of both Farrington methods: quasi-Poisson, past outbreaks weighted down, with or without a trend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from minkang.surveillance.detect.grouped_poisson import Design, Fitted, fit
from minkang.surveillance.detect.series import Floats

StandardErrors = Literal["textbook", "r"]
PERFECT = 1e-20


@dataclass(frozen=True)
class Rule:
    """How the fit is made.

    Attributes:
        reweight: whether to fit a second time with weights for large residuals.
        above: standardised Anscombe residuals above it are weighted by their inverse square.
        trend: whether a slope over time is tried.
        trend_below: the slope is kept where its p-value is below; 1 keeps it whatever its p-value.
        errors: textbook standard errors, or those that R's package computes (see docs/reference/detectors.md).
    """

    reweight: bool
    above: float
    trend: bool
    trend_below: float
    errors: StandardErrors


class Prediction(NamedTuple):
    """For each series: the linear predictor at the judged step, its standard error, the dispersion (≥ 1), whether the
    fit succeeded, and whether the slope is in it."""

    predictor: Floats
    error: Floats
    phi: Floats
    fitted: NDArray[np.bool_]
    slope: NDArray[np.bool_]


@dataclass
class Training:
    """The training counts of a batch of series.

    Attributes:
        counts, weights: series × steps; a gap has weight 0.
        offset: series × steps on the log scale, or None; offset_now: series, of the judged step.
        powered: counts to the power 2/3.
    """

    counts: Floats
    weights: Floats
    offset: Floats | None
    offset_now: Floats
    powered: Floats

    @classmethod
    def of(cls, counts: Floats, powered: Floats, offset: Floats | None, offset_now: Floats) -> Training:
        """From counts with NaN for gaps."""
        known = np.isfinite(counts)
        filled = np.where(known, counts, 0.0)
        return cls(filled, known.astype(np.float64), offset, offset_now, np.where(known, powered, 0.0))

    def take(self, rows: NDArray[np.int64]) -> Training:
        """Some of the series."""
        offset = None if self.offset is None else self.offset[rows]
        return Training(self.counts[rows], self.weights[rows], offset, self.offset_now[rows], self.powered[rows])


def predict(design: Design, training: Training, rule: Rule) -> Prediction:
    """Fit the training counts and predict the judged step."""
    with_slope = np.full(len(training.counts), rule.trend)
    first = _predict(design, training, rule, with_slope)
    drop = np.flatnonzero(first.slope & ~_keeps_slope(first, training, rule) | (with_slope & ~first.fitted))
    if drop.size:
        second = _predict(design, training.take(drop), rule, np.zeros(drop.size, dtype=np.bool_))
        for mine, other in zip(first[:5], second[:5], strict=True):
            mine[drop] = other
    return Prediction(*first[:5])


class _Trial(NamedTuple):
    predictor: Floats
    error: Floats
    phi: Floats
    fitted: NDArray[np.bool_]
    slope: NDArray[np.bool_]
    slope_p: Floats


def _keeps_slope(trial: _Trial, training: Training, rule: Rule) -> NDArray[np.bool_]:
    """A slope stays where it is significant and does not lead above every training count."""
    highest = np.where(training.weights > 0, training.counts, 0.0).max(axis=1)
    with np.errstate(over="ignore"):
        moderate = np.exp(trial.predictor) <= highest
    significant = np.ones_like(moderate) if rule.trend_below >= 1 else trial.slope_p < rule.trend_below
    result: NDArray[np.bool_] = moderate & significant
    return result


def _predict(design: Design, training: Training, rule: Rule, slope: NDArray[np.bool_]) -> _Trial:
    result = fit(design, training.counts, training.weights, training.offset, slope)
    prior = training.weights
    if rule.reweight:
        result, prior = _refit(design, training, rule, result)
    scale = _scale(training, rule, result, prior)
    last = result.level[:, -1] + result.slope * design.now + training.offset_now
    fitted = result.converged & (result.moments.weight[:, -1] > 0) & (result.residual_degrees > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(result.variance_now(design) * scale)
        slope_error = np.sqrt(_trend_scale(rule, result, scale) / result.moments.spread_of_time())
        degrees = np.maximum(result.residual_degrees, 1.0)
        slope_p = np.ones_like(last)
        if rule.trend_below < 1:
            slope_p = np.asarray(2 * stats.t.sf(np.abs(result.slope / slope_error), degrees), dtype=np.float64)
            slope_p[result.dispersion < PERFECT] = 1.0  # Nothing but rounding is left to compare the slope with.
    return _Trial(last, error, np.maximum(result.dispersion, 1.0), fitted, result.has_slope & fitted, slope_p)


def _trend_scale(rule: Rule, result: Fitted, scale: Floats) -> Floats:
    return result.dispersion if rule.errors == "textbook" else scale


def _scale(training: Training, rule: Rule, result: Fitted, prior: Floats) -> Floats:
    """What the unscaled variance is multiplied by.

    In R the reweighted fit keeps the prior weights in the place of the working weights, and the dispersion does not
    reach `predict`, so that its residual scale is a mean of squared relative residuals.
    """
    if rule.errors == "textbook":
        return np.maximum(result.dispersion, 1.0)
    if not rule.reweight:
        return result.dispersion
    relative = (training.counts - result.mean) / result.mean
    with np.errstate(divide="ignore", invalid="ignore"):
        scale: Floats = (prior * relative * relative).sum(axis=1) / result.residual_degrees
    return scale


def _refit(design: Design, training: Training, rule: Rule, first: Fitted) -> tuple[Fitted, Floats]:
    """Weight steps with large Anscombe residuals down and fit those series again."""
    phi = np.maximum(first.dispersion, 1.0)
    room = 1.0 - first.leverages(design)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        sixth = np.cbrt(np.sqrt(first.mean))
        residual = 1.5 * (training.powered / sixth - sixth**3) / np.sqrt(phi[:, None] * np.maximum(room, 1e-12))
    large = (residual > rule.above) & (training.weights > 0) & (room > 1e-12)
    again = np.flatnonzero(large.any(axis=1) & np.isfinite(phi))
    prior = training.weights.copy()
    if not again.size:
        return first, prior
    weights = training.weights[again] * np.where(large[again], np.maximum(residual[again], 1e-12) ** -2.0, 1.0)
    weights *= (training.weights[again].sum(axis=1) / weights.sum(axis=1))[:, None]
    prior[again] = weights
    part = training.take(again)
    second = fit(design, part.counts, weights, part.offset, first.has_slope[again])
    _put(first, again, second)
    return first, prior


def _put(whole: Fitted, rows: NDArray[np.int64], part: Fitted) -> None:
    for name in ("level", "slope", "mean", "working", "residual_degrees", "dispersion", "converged", "has_slope"):
        getattr(whole, name)[rows] = getattr(part, name)
    for mine, other in zip(whole.moments, part.moments, strict=True):
        mine[rows] = other
