"""What a detector is given and what it answers: many series over one common axis of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minkang.errors import Fault

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Days = NDArray[np.datetime64]


class Reason(IntEnum):
    """Why a point has no verdict, or only a part of one."""

    JUDGED = 0
    OUTSIDE = 1  # not among the rows asked for
    HISTORY = 2  # the baseline reaches back before the series begins, or too much of it is missing
    MISSING = 3  # no count on that day
    NEGATIVE = 4  # a negative count, taken as missing
    FEW = 5  # too few recent cases to judge (`limit`)
    FIT = 6  # the model could not be fitted
    FLAT = 7  # the baseline does not vary, and the rule divides by its spread
    POPULATION = 8  # population absent or not above zero
    UNBOUNDED = 9  # the threshold is infinite: the mean is known too badly


UNKNOWN, QUIET, ALARM = -1, 0, 1


@dataclass(frozen=True)
class Series:
    """Counts of many series over one axis of time.

    Attributes:
        counts: series × time, cases per step; NaN is a gap.
        dates: the first day of each step, ascending and evenly spaced (days, weeks, months); None when only rows count.
        freq: steps in a year: 365, 52 or 12.
        population: series × time, persons; None when unknown.
        known: series × time, a mean known from elsewhere (for charts that take one); None when there is none.
        names: one a series.

    Raises:
        Fault: SURVEILLANCE-003 when the shapes differ.
    """

    counts: Floats
    dates: Days | None = None
    freq: int = 52
    population: Floats | None = None
    known: Floats | None = None
    names: tuple[str, ...] = ()
    negative: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        counts = np.asarray(self.counts, dtype=np.float64)
        if counts.ndim != 2:
            raise Fault("SURVEILLANCE-003", reason=f"counts: {counts.ndim}-d")
        for name, value in (("population", self.population), ("known", self.known)):
            if value is not None and np.shape(value) != counts.shape:
                raise Fault("SURVEILLANCE-003", reason=f"{name} {np.shape(value)} ≠ {counts.shape}")
        if self.dates is not None and len(self.dates) != counts.shape[1]:
            raise Fault("SURVEILLANCE-003", reason=f"dates {len(self.dates)} ≠ {counts.shape[1]}")
        with np.errstate(invalid="ignore"):
            negative = counts < 0
        usable = np.isfinite(counts) & ~negative
        object.__setattr__(self, "negative", negative)
        object.__setattr__(self, "counts", np.where(usable, counts, np.nan))

    @property
    def shape(self) -> tuple[int, int]:
        """How many series, how many steps."""
        return self.counts.shape[0], self.counts.shape[1]

    def rows(self, asked: tuple[int, int] | None) -> range:
        """The columns that are to be judged, from 1-based first and last rows."""
        steps = self.shape[1]
        if asked is None:
            return range(steps)
        return range(max(0, asked[0] - 1), min(steps, asked[1]))


@dataclass
class Verdicts:
    """What a detector says, each array series × time.

    Attributes:
        expected: the expected count; NaN where none can be given.
        threshold: the upper bound of what is usual; NaN where none can be given.
        alarm: `ALARM`, `QUIET` or `UNKNOWN`.
        reason: a `Reason`; anything but JUDGED says why the point has no (full) verdict.
        details: further arrays of the method, by name (`phi`, `se`, `statistic` …).
    """

    expected: Floats
    threshold: Floats
    alarm: NDArray[np.int8]
    reason: NDArray[np.int8]
    details: Mapping[str, NDArray[Any]] = field(default_factory=dict)


def verdicts(
    series: Series,
    columns: range,
    expected: Floats,
    threshold: Floats,
    reason: NDArray[np.int8],
    **details: NDArray[Any],
) -> Verdicts:
    """Verdicts over the whole axis from arrays over `columns`: a count above its threshold alarms."""
    counts = series.counts[:, columns.start : columns.stop]
    judged = np.isfinite(threshold) & np.isfinite(counts)
    with np.errstate(invalid="ignore"):
        alarm = np.where(judged, counts > threshold, UNKNOWN).astype(np.int8)
    quiet = (reason == Reason.FEW) | (reason == Reason.UNBOUNDED)
    alarm[quiet & np.isfinite(counts)] = QUIET
    return spread(series, columns, Verdicts(expected, threshold, alarm, reason, details))


def spread(series: Series, columns: range, found: Verdicts) -> Verdicts:
    """Lay verdicts over `columns` out on the whole axis (the rest is `OUTSIDE`), and say where counts are missing."""
    part = slice(columns.start, columns.stop)

    def laid(values: NDArray[Any], empty: float, kind: type[Any]) -> NDArray[Any]:
        whole = np.full(series.shape, empty, dtype=kind)
        whole[:, part] = values
        return whole

    missing = np.isnan(series.counts[:, part]) & (found.reason == Reason.JUDGED)
    said = np.where(series.negative[:, part], np.int8(Reason.NEGATIVE), np.int8(Reason.MISSING))
    return Verdicts(
        laid(found.expected, np.nan, np.float64),
        laid(found.threshold, np.nan, np.float64),
        laid(found.alarm, UNKNOWN, np.int8),
        laid(np.where(missing, said, found.reason), Reason.OUTSIDE, np.int8),
        {name: laid(values, np.nan, np.float64) for name, values in found.details.items()},
    )


def unjudged(series: Series) -> Verdicts:
    """No row was asked for."""
    unknown = np.full(series.shape, np.nan)
    alarm = np.full(series.shape, UNKNOWN, dtype=np.int8)
    return Verdicts(unknown, unknown.copy(), alarm, np.full(series.shape, Reason.OUTSIDE, dtype=np.int8))
