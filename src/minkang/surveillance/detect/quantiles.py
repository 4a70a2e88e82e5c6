"""Upper quantiles of counts, vectorised and safe for any size of their parameters."""

from __future__ import annotations

import numpy as np
from scipy import special, stats

from minkang.surveillance.detect.series import Floats

FUZZ = 1 - 64 * np.finfo(np.float64).eps  # R's allowance for a cumulative probability that just misses
HUGE_MEAN = 1e9  # Beyond it the expansion errs by far less than one count, and exact steps would not be felt.
NEARLY_POISSON = 1e-9


def overdispersed_quantile(p: float, mean: Floats, phi: Floats) -> Floats:
    """The smallest count whose cumulative probability reaches `p`, for mean `mean` and variance `phi` × mean.

    Negative binomial for phi > 1 (size mean / (phi - 1)), Poisson otherwise. NaN parameters give NaN, an infinite mean
    gives infinity.
    """
    mean, phi = np.broadcast_arrays(np.asarray(mean, dtype=np.float64), np.asarray(phi, dtype=np.float64))
    found = np.full(mean.shape, np.nan)
    found[(mean == np.inf) & (phi >= 1)] = np.inf
    found[(mean == 0) & ~np.isnan(phi)] = 0.0
    usable = np.isfinite(mean) & np.isfinite(phi) & (mean > 0)
    if usable.any():
        found[usable] = _search(p * FUZZ, mean[usable], np.maximum(phi[usable], 1.0), _expansion(p, mean, phi)[usable])
    return found


def cumulative(count: Floats, mean: Floats, phi: Floats) -> Floats:
    """P(Y ≤ count) of the same distribution."""
    excess = np.maximum(phi - 1.0, NEARLY_POISSON)
    below = np.where(
        phi - 1.0 > NEARLY_POISSON,
        special.betainc(mean / excess, np.maximum(count, 0.0) + 1.0, 1.0 / (1.0 + excess)),
        special.gammaincc(np.maximum(count, 0.0) + 1.0, mean),
    )
    result: Floats = np.where(count < 0, 0.0, below)
    return result


def _expansion(p: float, mean: Floats, phi: Floats) -> Floats:
    """Cornish and Fisher's expansion, for a start and for very large means."""
    z = float(stats.norm.ppf(p))
    with np.errstate(all="ignore"):
        spread = np.sqrt(mean * phi)
        skew = (2 * phi - 1) / spread
        guess: Floats = mean + spread * (z + skew * (z * z - 1) / 6)
    return guess


def _search(p: float, mean: Floats, phi: Floats, guess: Floats) -> Floats:
    """Bracket the quantile from a guess by doubling steps, then halve."""
    answer = np.maximum(np.round(guess), 0.0)
    todo = np.flatnonzero(mean < HUGE_MEAN)
    if not todo.size:
        return answer
    mean, phi, here = mean[todo], phi[todo], np.maximum(np.floor(guess[todo]), 0.0)
    reached = cumulative(here, mean, phi) >= p
    low = np.where(reached, -1.0, here)  # below the quantile
    high = np.where(reached, here, np.inf)  # at the quantile or above
    step = 1.0
    while True:
        open_below = (low < 0) & reached & (high > 0)
        open_above = np.isinf(high)
        moving = np.flatnonzero(open_below | open_above)
        if not moving.size:
            break
        up = open_above[moving]
        trial = np.where(up, low[moving] + step, np.maximum(high[moving] - step, 0.0))
        hit = cumulative(trial, mean[moving], phi[moving]) >= p
        high[moving[hit]] = trial[hit]
        low[moving[~hit]] = trial[~hit]
        step *= 2
    while (wide := np.flatnonzero(high - np.maximum(low, -1.0) > 1)).size:
        middle = np.floor((low[wide] + high[wide]) / 2)
        hit = cumulative(middle, mean[wide], phi[wide]) >= p
        high[wide[hit]] = middle[hit]
        low[wide[~hit]] = middle[~hit]
    answer[todo] = high
    return answer
