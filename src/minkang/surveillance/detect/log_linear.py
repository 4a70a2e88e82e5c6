"""Seasonal log-linear means of many series on one dense design: Poisson, or negative binomial with a given dispersion.

Fits follow the start and the stopping rule of R's `glm`, so that they stop where it stops; `settle` asks for more.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from minkang.surveillance.detect.series import Floats

MOST_STEPS = 25
MOST_ROUNDS = 50
TOLERANCE = 1e-8
SETTLED = 1e-15
AT_REST = 1e-9
LARGEST_DISPERSION = 1e4
SMALLEST_DISPERSION = 1e-6
LARGEST_PREDICTOR = 50.0


class LogLinear(NamedTuple):
    """Coefficients (series × columns), and whether each fit came to rest on finite ones."""

    coefficients: Floats
    settled: NDArray[np.bool_]

    def means(self, design: Floats) -> Floats:
        """The means at the rows of a design, series × rows."""
        result: Floats = np.exp(np.clip(self.coefficients @ design.T, -LARGEST_PREDICTOR, LARGEST_PREDICTOR))
        return result


def harmonics(times: Floats, freq: int, number: int, *, trend: bool) -> Floats:
    """Columns 1, time where there is a trend, and cosine and sine of `number` harmonics of a year of `freq` steps."""
    angle = 2 * np.pi * times / freq
    columns = [np.ones_like(times)]
    if trend:
        columns.append(times)
    for order in range(1, number + 1):
        columns += [np.cos(order * angle), np.sin(order * angle)]
    return np.column_stack(columns)


def log_linear(design: Floats, counts: Floats, dispersion: Floats, *, settle: bool = False) -> LogLinear:
    """Fit log mean = design · b by maximum likelihood to every series.

    Args:
        design: steps × columns.
        counts: series × steps; NaN for gaps.
        dispersion: per series; the variance is mean + dispersion × mean², 0 is Poisson.
        settle: go on until nothing changes, instead of stopping where R's `glm` does.
    """
    known = np.isfinite(counts)
    y = np.where(known, counts, 0.0)
    alpha = np.broadcast_to(dispersion[:, None], y.shape)
    scale = np.abs(design).max(axis=0)
    columns = design / scale
    beta = np.zeros((len(y), columns.shape[1]))
    mean = np.where(alpha > 0, y + (y == 0) / 6, y + 0.1)
    predictor = np.log(mean)
    deviance = _deviance(y, mean, alpha, known)
    moving = np.arange(len(y))
    for _ in range(2 * MOST_STEPS if settle else MOST_STEPS):
        m, a = mean[moving], alpha[moving]
        weight = np.where(known[moving], m / (1 + a * m), 0.0)
        response = predictor[moving] + (y[moving] - m) / m
        beta[moving] = _least_squares(columns, weight, response)
        predictor[moving] = np.clip(beta[moving] @ columns.T, -LARGEST_PREDICTOR, LARGEST_PREDICTOR)
        mean[moving] = np.exp(predictor[moving])
        now = _deviance(y[moving], mean[moving], a, known[moving])
        limit = (SETTLED if settle else TOLERANCE) * (np.abs(now) + 0.1)
        still = np.abs(now - deviance[moving]) < limit
        deviance[moving] = now
        moving = moving[~still]
        if not moving.size:
            break
    settled = (y.sum(axis=1) > 0) & np.isfinite(beta).all(axis=1)
    return LogLinear(beta / scale, settled)


def _least_squares(columns: Floats, weight: Floats, response: Floats) -> Floats:
    information = np.einsum("st,ti,tj->sij", weight, columns, columns, optimize=True)
    ridge = 1e-14 * np.trace(information, axis1=1, axis2=2) + 1e-300
    information += ridge[:, None, None] * np.eye(columns.shape[1])
    right = (weight * response) @ columns
    result: Floats = np.linalg.solve(information, right[:, :, None])[:, :, 0]
    return result


def _deviance(y: Floats, mean: Floats, alpha: Floats, known: NDArray[np.bool_]) -> Floats:
    part = special.xlogy(y, y / mean)
    safe = np.where(alpha > 0, alpha, 1.0)
    negative = part - (y + 1 / safe) * np.log((1 + safe * y) / (1 + safe * mean))
    terms = np.where(alpha > 0, negative, part - (y - mean))
    result: Floats = 2 * np.where(known, terms, 0.0).sum(axis=1)
    return result


def log_linear_dispersed(design: Floats, counts: Floats) -> tuple[Floats, LogLinear]:
    """Maximise the negative binomial likelihood over mean and dispersion; gives each series' dispersion and fit.

    Mean and dispersion are fitted in turn, the dispersion by Newton's method on its logarithm.
    """
    known = np.isfinite(counts)
    y = np.where(known, counts, 0.0)
    dispersion = np.full(len(counts), 0.1)
    found = log_linear(design, counts, np.zeros(len(counts)))
    moving = np.arange(len(counts))
    for _ in range(MOST_ROUNDS):
        before = dispersion[moving]
        mean = found.means(design)[moving]
        dispersion[moving] = _best_dispersion(y[moving], mean, known[moving], before)
        part = log_linear(design, counts[moving], dispersion[moving], settle=True)
        found.coefficients[moving], found.settled[moving] = part
        moving = moving[np.abs(dispersion[moving] - before) > AT_REST * dispersion[moving]]
        if not moving.size:
            break
    return dispersion, found


def _best_dispersion(y: Floats, mean: Floats, known: NDArray[np.bool_], start: Floats) -> Floats:
    log_size = -np.log(start)
    moving = np.arange(len(y))
    for _ in range(MOST_ROUNDS):
        here = log_size[moving]
        slope, curve = _likelihood_slope(y[moving], mean[moving], known[moving], np.exp(here))
        step = np.where(curve < 0, -slope / np.minimum(curve, -1e-300), np.sign(slope))
        there = here + np.clip(step, -2.0, 2.0)
        there = np.clip(there, -np.log(LARGEST_DISPERSION), -np.log(SMALLEST_DISPERSION))
        log_size[moving] = there
        moving = moving[np.abs(there - here) > AT_REST]
        if not moving.size:
            break
    result: Floats = np.exp(-log_size)
    return result


def _likelihood_slope(y: Floats, mean: Floats, known: NDArray[np.bool_], size: Floats) -> tuple[Floats, Floats]:
    """First and second derivative of the log likelihood in the logarithm of the size (one over the dispersion)."""
    n = size[:, None]
    share = (y + n) / (n + mean)
    first = special.digamma(y + n) - special.digamma(n) + np.log(n / (n + mean)) + 1 - share
    second = special.polygamma(1, y + n) - special.polygamma(1, n) + 1 / n - (2 - share) / (n + mean)
    by_size = np.where(known, first, 0.0).sum(axis=1)
    slope: Floats = by_size * size
    curve: Floats = np.where(known, second, 0.0).sum(axis=1) * size**2 + slope
    return slope, curve
