"""One-step-ahead forecasts of many series: a robust seasonal regression and two that follow the level, weighed.

The regression is a quasi-likelihood log-linear model (McCullagh & Nelder) with weak normal priors on all but its
intercept, refitted at each step by one Newton step from the step before; past outbreaks lose their weight by Anscombe
residuals, as in Farrington et al. 1996 (doi:10.2307/2983331). The other two multiply its mean by the discounted ratio
of counts to means in the recent past (West & Harrison). Their weights follow their discounted log scores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from minkang.surveillance.detect.series import Floats

ROBUST_FROM = 2.58  # Anscombe residual above which a count loses weight by its square, as in Noufaily et al. 2013
FIRST_STEPS, NEXT_STEPS = 10, 1
LARGEST_STEP = 1.0
PREDICTOR = (-14.0, 16.0)
SPREAD_PRIOR = (1.3, 12.0)  # variance over mean of an unknown series, and the observations this is worth
LEVELS = ((0.0, 1.0), (0.02, 0.95), (0.2, 0.88))  # prior variance of the level's ratio, discount of a step
PRIOR = (0.80, 0.15, 0.05)
SCORE_DISCOUNT = 0.985
HELD_BACK = 3  # newest steps that do not move the level yet: they may be the outbreak
BURN_IN = 104
MIN_EXCESS = 0.02


@dataclass(frozen=True)
class Forecast:
    """What is expected at one step, one value a series: mean, and variance over mean."""

    mean: Floats
    phi: Floats


def log_score(count: Floats, mean: Floats, phi: Floats) -> Floats:
    """Log probability of the negative binomial with variance `phi` × mean, without the term of the count alone."""
    excess = np.maximum(phi - 1.0, MIN_EXCESS)
    size = mean / excess
    score: Floats = (
        gammaln(count + size) - gammaln(size) - size * np.log1p(excess) + count * np.log(excess / (1 + excess))
    )
    return score


def robust_weight(count: Floats, mean: Floats, phi: Floats) -> Floats:
    """1 for usual counts, less for those far above their mean; 0 for gaps."""
    sixth = np.power(mean, 1 / 6)
    residual = 1.5 * (np.cbrt(count) ** 2 - sixth**4) / (sixth * np.sqrt(phi))
    weight = np.where(residual > ROBUST_FROM, (ROBUST_FROM / np.maximum(residual, ROBUST_FROM)) ** 2, 1.0)
    return np.where(np.isnan(count), 0.0, weight)


class Regression:
    """The robust seasonal regression of a batch of series, moved on step by step.

    Args:
        counts: series × time, NaN for gaps.
        offset: log of the exposure, series × time; None for none.
        design: time × columns, the first all ones.
        precision: of each column's normal prior; 0 for none.
    """

    def __init__(self, counts: Floats, offset: Floats | None, design: Floats, precision: Floats) -> None:
        self._known = np.isfinite(counts)
        self._counts = np.where(self._known, counts, 0.0)
        self._powered = np.cbrt(self._counts) ** 2
        self._offset = offset
        self._design = design
        self._precision = precision
        width = design.shape[1]
        self._products = (design[:, :, None] * design[:, None, :]).reshape(len(design), width * width)
        self._beta: Floats | None = None
        self.phi = np.full(len(counts), SPREAD_PRIOR[0])
        self._information = np.zeros((len(counts), width, width))

    def fit(self, low: int, high: int) -> None:
        """Fit to the columns `low` ≤ t < `high`; a fit after the first starts where the last ended."""
        steps = NEXT_STEPS
        if self._beta is None:
            steps = FIRST_STEPS
            self._beta = np.zeros((len(self._counts), self._design.shape[1]))
            exposure = self._known[:, low:high] * np.exp(self._shift(low, high))
            self._beta[:, 0] = np.log((self._counts[:, low:high].sum(1) + 0.5) / (exposure.sum(1) + 1.0))
        for _ in range(steps):
            self._step(low, high)

    def _shift(self, low: int, high: int) -> Floats:
        if self._offset is None:
            return np.zeros((1, high - low))
        return self._offset[:, low:high]

    def _step(self, low: int, high: int) -> None:
        assert self._beta is not None
        rows, counts, known = self._design[low:high], self._counts[:, low:high], self._known[:, low:high]
        sixth = np.exp(np.clip(self._beta @ rows.T + self._shift(low, high), *PREDICTOR) / 6)
        mean = sixth**6
        residual = 1.5 * (self._powered[:, low:high] - sixth**4) / (sixth * np.sqrt(self.phi)[:, None])
        weight = known * np.minimum(1.0, (ROBUST_FROM / np.maximum(residual, 1e-9)) ** 2)
        off = counts - mean
        worth, prior = SPREAD_PRIOR[1], SPREAD_PRIOR[0]
        pearson = (weight * off * off / mean).sum(1) + worth * prior
        self.phi = np.maximum(pearson / np.maximum(weight.sum(1) - rows.shape[1] + worth, worth), 1.0)
        scaled = weight / self.phi[:, None]
        width = rows.shape[1]
        information = ((scaled * mean) @ self._products[low:high]).reshape(-1, width, width)
        gradient = (scaled * off) @ rows - self._beta * self._precision
        # Half a case in one step more, an average one: keeps the mean of a series without any case above zero.
        middle = rows.mean(axis=0)
        alone = np.exp(np.clip(self._beta @ middle, *PREDICTOR))[:, None]
        gradient += (0.5 - alone) * middle
        information += alone[:, :, None] * (middle[:, None] * middle)
        information += np.diag(self._precision + 1e-9)
        move = np.linalg.solve(information, gradient[:, :, None])[:, :, 0]
        self._beta = self._beta + np.clip(move, -LARGEST_STEP, LARGEST_STEP)
        self._information = information

    def means(self, low: int, high: int) -> Floats:
        """Fitted or predicted means of the columns `low` ≤ t < `high`."""
        assert self._beta is not None
        found: Floats = np.exp(np.clip(self._beta @ self._design[low:high].T + self._shift(low, high), *PREDICTOR))
        return found

    def forecast(self, step: int) -> Forecast:
        """Mean of column `step`; its spread holds the uncertainty of the fit too."""
        mean = self.means(step, step + 1)[:, 0]
        row = self._design[step]
        variance = (
            np.linalg.solve(self._information, np.broadcast_to(row, (len(mean), len(row)))[:, :, None])[:, :, 0] @ row
        )
        return Forecast(mean, self.phi + mean * np.minimum(variance, 1.0))


class Levels:
    """Forecasts that follow the level, and the weight of each by how well it did."""

    def __init__(self, size: int) -> None:
        members = len(LEVELS)
        self._variance = np.array([pair[0] for pair in LEVELS])[:, None]
        self._discount = np.array([pair[1] for pair in LEVELS])[:, None]
        self._above = np.zeros((members, size))
        self._below = np.zeros((members, size))
        self._error = np.ones((members, size)) * 20.0
        self._score = np.zeros((members, size))
        self._waiting: list[tuple[Floats, Floats]] = []
        self._member: tuple[Floats, Floats] | None = None

    def forecast(self, base: Forecast) -> Forecast:
        """The members' forecasts weighed together; their disagreement widens the spread."""
        with np.errstate(divide="ignore"):
            prior = np.where(self._variance > 0, base.phi / np.maximum(self._variance, 1e-12), np.inf)
        ratio = np.where(
            np.isinf(prior), 1.0, (self._above + prior) / (self._below + np.where(np.isinf(prior), 1, prior))
        )
        mean = base.mean * np.clip(ratio, 0.05, 20.0)
        phi = np.maximum(1.0, base.phi * np.clip(self._error / self._error[0], 0.3, 2.0))
        self._member = (mean, phi)
        weight = np.log(np.array(PRIOR))[:, None] + self._score - self._score.max(0)
        weight = np.exp(weight - weight.max(0))
        weight /= weight.sum(0)
        together = (weight * mean).sum(0)
        spread = (weight * (mean - together) ** 2).sum(0) / together
        return Forecast(together, (weight * phi).sum(0) + spread)

    def learn(self, count: Floats, base: Forecast) -> None:
        """Take in the count of the step last forecast; NaN moves nothing."""
        assert self._member is not None
        mean, phi = self._member
        known = np.isfinite(count)
        seen = np.where(known, count, 0.0)
        weight = robust_weight(count, base.mean, base.phi)
        self._score = np.where(known, SCORE_DISCOUNT * self._score + weight * log_score(seen, mean, phi), self._score)
        self._error = np.where(
            known, SCORE_DISCOUNT * self._error + weight * (seen - mean) ** 2 / mean / base.phi, self._error
        )
        self._waiting.append((weight * seen, weight * base.mean))
        if len(self._waiting) > HELD_BACK:
            above, below = self._waiting.pop(0)
            self._above = self._discount * self._above + above
            self._below = self._discount * self._below + below


def seasonal_design(year_of_step: Floats, extra: Floats | None, harmonics: int) -> tuple[Floats, Floats]:
    """Design and prior precisions: ones, trend, harmonics of the year, `extra` columns (time × any).

    Args:
        year_of_step: time of each step in years.
        extra: columns of days of the week and holidays, or None.
        harmonics: how many.
    """
    trend = year_of_step - year_of_step[:1]  # not the mean: later steps must not move what is said of earlier ones
    columns, precision = [np.ones_like(trend), trend], [0.0, 30.0]
    for harmonic in range(1, harmonics + 1):
        angle = 2 * np.pi * harmonic * year_of_step
        columns += [np.cos(angle), np.sin(angle)]
        precision += [9.0, 9.0]
    design = np.stack(columns, axis=1)
    if extra is not None:
        design = np.concatenate([design, extra], axis=1)
        precision += [4.0] * extra.shape[1]
    return design, np.array(precision)
