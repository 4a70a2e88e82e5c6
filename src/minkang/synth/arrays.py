"""Whole-column draws and joins that every part of the generator is written in (numpy, no loops over people).

All days are whole days since 1970-01-01 (`int64`), all minutes are minutes of the day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Texts = NDArray[np.object_]
Column = NDArray[Any]
Columns = dict[str, Column]

YEAR = 365.2425
NEVER = 2_000_000  # a day no calendar here reaches (about the year 7400)
EPOCH = date(1970, 1, 1).toordinal()


def day(year: int, month: int = 1, of_month: int = 1) -> int:
    """The day number of a date."""
    return date(year, month, of_month).toordinal() - EPOCH


def years_of(days: Ints) -> Ints:
    """The calendar years of days."""
    return np.asarray(days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970)


def months_of(days: Ints) -> Ints:
    """The calendar months (1 to 12) of days."""
    return np.asarray(days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1)


def age_at(birth: Ints, days: Ints | int) -> Floats:
    """Age in years, as a fraction."""
    return np.asarray((days - birth) / YEAR, dtype=np.float64)


def pick(rng: np.random.Generator, weights: Sequence[float] | NDArray[np.floating[Any]], size: int) -> Ints:
    """`size` indices drawn with the given weights."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    found = np.searchsorted(edges, rng.random(size) * edges[-1], side="right")
    return np.asarray(np.minimum(found, len(edges) - 1), dtype=np.int64)


def pick_by(rng: np.random.Generator, table: Floats, row: Ints) -> Ints:
    """One column index a row: `table` is (groups, columns) of weights, `row` says which group each draw uses."""
    edges = np.cumsum(table, axis=1)
    edges /= edges[:, -1:]
    draws = rng.random(len(row))
    out = np.zeros(len(row), dtype=np.int64)
    for group in np.unique(row):
        here = row == group
        out[here] = np.searchsorted(edges[group], draws[here], side="right")
    return np.asarray(np.minimum(out, table.shape[1] - 1), dtype=np.int64)


def rank_within(*keys: Ints) -> Ints:
    """0, 1, 2 … within each run of equal last-named key, in the order of the earlier keys (as `numpy.lexsort`)."""
    order = np.lexsort(keys)
    last = keys[-1][order]
    place = np.arange(len(last))
    new = np.ones(len(last), dtype=bool)
    new[1:] = last[1:] != last[:-1]
    rank = np.empty(len(last), dtype=np.int64)
    rank[order] = place - np.maximum.accumulate(np.where(new, place, 0))
    return rank


def pair(rng: np.random.Generator, left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """Match rows of two key columns one to one where keys are equal, at random; positions in each."""
    width = max(len(left), len(right), 1)
    a = left * width + rank_within(rng.permutation(len(left)), left)
    b = right * width + rank_within(rng.permutation(len(right)), right)
    _, i, j = np.intersect1d(a, b, assume_unique=True, return_indices=True)
    return i.astype(np.int64), j.astype(np.int64)


def spread(counts: Ints) -> tuple[Ints, Ints]:
    """Rows repeated `counts` times: the row each comes from, and its number within the row."""
    rows = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    return rows, np.arange(len(rows)) - np.repeat(starts, counts)


def events(rng: np.random.Generator, rate: Floats) -> Ints:
    """How many events each row has: Poisson of `rate` (events)."""
    return rng.poisson(np.maximum(rate, 0.0)).astype(np.int64)


def minutes(rng: np.random.Generator, size: int) -> Ints:
    """Times of attendance: mornings more than afternoons, 7:30 to 17:30."""
    morning = rng.random(size) < 0.65
    return np.where(morning, rng.integers(450, 720, size), rng.integers(810, 1050, size)).astype(np.int64)


def weekdays(days: Ints) -> Ints:
    """Move Saturdays back and Sundays on, as planned services do."""
    number = (days + 3) % 7  # 1970-01-01 was a Thursday; Monday is 0
    return days + np.where(number == 5, -1, np.where(number == 6, 1, 0))


def year_starts(first: int, last: int) -> Ints:
    """New Year's Days of the years from `first` to `last`."""
    return np.array([day(year) for year in range(first, last + 1)], dtype=np.int64)


def quarters(rng: np.random.Generator, years: tuple[int, int], size: int) -> tuple[Ints, Ints, Ints]:
    """Four working days a year, 91 days apart, for each of `size` rows, at a phase of the row's own.

    Returns:
        the row, the year and the day, each of length size x years x 4.
    """
    first, last = years
    row, slot = spread(np.full(size, (last - first + 1) * 4))
    year = first + slot // 4
    phase = rng.integers(4, 66, size)[row]
    return row, year, weekdays(year_starts(first, last)[slot // 4] + slot % 4 * 91 + phase)


def stack(parts: Sequence[Columns]) -> Columns:
    """Tables of equal columns, one under the other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def logistic(value: Floats) -> Floats:
    """1 / (1 + exp(-x))."""
    return np.asarray(1.0 / (1.0 + np.exp(-value)), dtype=np.float64)
