"""Log likelihood ratios of a changed mean against the in-control mean, for every step the change may have begun at."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from minkang.surveillance.detect.series import Floats

MOST_STEPS = 60
STILL = 1e-11
LARGEST_STEP = 1.0
LARGEST_LOG_FACTOR = 30.0
CELLS = 4_000_000  # working memory is about 100 bytes a cell


class Ratio(NamedTuple):
    """Counts and in-control means of the steps up to the judged one, series × steps.

    Attributes:
        before: the counts one step earlier where the change is in proportion to them, else None.
        known: false where a count is missing.
        alpha: dispersion per series.
        falls: whether the change is a fall.
    """

    counts: Floats
    mean: Floats
    before: Floats | None
    known: NDArray[np.bool_]
    alpha: Floats
    falls: bool


def known_ratio(count: Floats, mean: Floats, alpha: Floats, size: float) -> Floats:
    """The log likelihood ratio of one count for a mean times exp(size)."""
    factor = np.exp(size)
    safe = np.where(alpha > 0, alpha, 1.0)
    negative = size * count + (count + 1 / safe) * np.log((1 + safe * mean) / (1 + safe * mean * factor))
    result: Floats = np.where(alpha > 0, negative, size * count - (factor - 1) * mean)
    return result


def poisson_ratio(data: Ratio) -> Floats:
    """For each start the ratio at the best factor; Poisson counts, where it has a closed form."""
    counts = np.where(data.known, data.counts, 0.0)[:, ::-1].cumsum(axis=1)[:, ::-1]
    means = np.where(data.known, data.mean, 0.0)[:, ::-1].cumsum(axis=1)[:, ::-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.log(counts / means)
        size = np.minimum(size, 0.0) if data.falls else np.maximum(size, 0.0)
        value = np.where(np.isneginf(size), means, size * counts + (1 - np.exp(size)) * means)
    result: Floats = np.where(means > 0, value, 0.0)
    return result


def best_ratio(data: Ratio, sizes: Floats) -> Floats:
    """For each start the ratio at the best size of the change, found by Newton's method; batched to bound memory.

    `sizes` (series × starts) is where the search begins, and is left at what it found: the next count moves it little.
    """
    series, steps = data.counts.shape
    batch = max(1, CELLS // (steps * steps))
    parts = []
    for begin in range(0, series, batch):
        part = slice(begin, begin + batch)
        before = None if data.before is None else data.before[part]
        ratio = Ratio(data.counts[part], data.mean[part], before, data.known[part], data.alpha[part], data.falls)
        parts.append(_best(ratio, sizes[part]))
    return np.concatenate(parts)


def _best(data: Ratio, sizes: Floats) -> Floats:
    """Newton's method on all starts at once; those at rest drop out."""
    steps = data.counts.shape[1]
    own, start = (index.ravel() for index in np.indices(data.counts.shape))
    size = sizes.ravel().copy()
    value = np.zeros(own.size)
    within = np.arange(steps)
    todo = np.arange(own.size)
    for _ in range(MOST_STEPS):
        rows = own[todo]
        use = (within[None, :] >= start[todo][:, None]) & data.known[rows]
        value[todo], slope, curve = _likelihood(data, rows, size[todo], use)
        move = _step(slope, curve)
        aim = np.clip(size[todo] + move, *_room(data))
        still = np.abs(aim - size[todo]) < STILL * (1 + np.abs(aim))
        size[todo] = aim
        todo = todo[~still]
        if not todo.size:
            break
    sizes[:] = size.reshape(sizes.shape)
    return np.maximum(value, 0.0).reshape(data.counts.shape)


def _room(data: Ratio) -> tuple[float, float]:
    if data.before is not None:
        return 0.0, np.inf
    return (-LARGEST_LOG_FACTOR, 0.0) if data.falls else (0.0, LARGEST_LOG_FACTOR)


def _step(slope: Floats, curve: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        newton = np.where(curve < 0, -slope / curve, np.sign(slope) * LARGEST_STEP)
    result: Floats = np.clip(np.nan_to_num(newton), -LARGEST_STEP, LARGEST_STEP)
    return result


def _likelihood(
    data: Ratio, rows: NDArray[np.int64], size: Floats, use: NDArray[np.bool_]
) -> tuple[Floats, Floats, Floats]:
    """The log ratio and its first two derivatives in the size of the change, summed over the steps in use."""
    count, mean = data.counts[rows], data.mean[rows]
    alpha = data.alpha[rows][:, None]
    if data.before is None:
        changed = mean * np.exp(size)[:, None]
        first = second = changed
    else:
        first = data.before[rows]
        changed = mean + size[:, None] * first
        second = np.zeros_like(first)
    spread = changed * (1 + alpha * changed)
    pull = (count - changed) / spread
    bend = -1 / spread - pull * (1 + 2 * alpha * changed) / spread
    safe = np.where(alpha > 0, alpha, 1.0)
    negative = count * np.log(changed / mean) - (count + 1 / safe) * np.log((1 + safe * changed) / (1 + safe * mean))
    poisson = count * np.log(changed / mean) - (changed - mean)
    value = np.where(use, np.where(alpha > 0, negative, poisson), 0.0).sum(axis=1)
    slope = np.where(use, pull * first, 0.0).sum(axis=1)
    curve = np.where(use, bend * first * first + pull * second, 0.0).sum(axis=1)
    return value, slope, curve
