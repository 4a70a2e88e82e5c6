"""Reporting triangles, and how much of each day has been reported so far.

Reverse hazards (Lawless 1994, doi:10.2307/3315820; the chain ladder of insurers): of the cases reported within d days,
which share came on day d. They need no knowledge of how many are still to come, so every day of the window serves.
Each delay has its hazard by kind of the day of the report (working day, weekend, holiday, first day back), drawn
towards the delay's own over all kinds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minkang.errors import Fault
from minkang.surveillance.detect.calendar_effects import kind_of_day
from minkang.surveillance.detect.series import Days, Floats, Ints

KINDS = 4
TOWARDS_ALL = 20.0  # cases that the hazard over all kinds of days is worth for one kind
PRIOR = (0.1, 0.4)  # of a hazard without any case


@dataclass(frozen=True)
class Triangle:
    """Reports by day of onset and delay.

    Attributes:
        counts: days × delays 0…D; NaN where the day of the report has not come yet (after the last day).
        kinds: of the day of each report, days × delays; all 0 when the calendar is not known.
    """

    counts: Floats
    kinds: Ints

    @property
    def reported(self) -> Floats:
        """Cases known so far, by day of onset."""
        found: Floats = np.nansum(self.counts, axis=1)
        return found


def triangle(onset: Days, reported: Days, as_of: np.datetime64, days: int, longest: int) -> Triangle:
    """The triangle of the `days` days that end on `as_of`, with delays up to `longest` days.

    Longer delays count as `longest`; cases reported after `as_of` are not known yet and left out, as are those with
    onset before the first day.

    Raises:
        Fault: SURVEILLANCE-120 when a case was reported before its onset, or a date is missing.
    """
    onset, reported = onset.astype("datetime64[D]"), reported.astype("datetime64[D]")
    delay = (reported - onset).astype(np.int64)
    wrong = np.isnat(onset) | np.isnat(reported) | (delay < 0)
    if wrong.any():
        raise Fault("SURVEILLANCE-120", where=f"{int(wrong.argmax()) + 1}", count=int(wrong.sum()))
    first = as_of.astype("datetime64[D]") - (days - 1)
    at = (onset - first).astype(np.int64)
    known = (reported <= as_of) & (at >= 0)
    counts = np.zeros((days, longest + 1))
    np.add.at(counts, (at[known], np.minimum(delay[known], longest)), 1.0)
    counts[_unknown(days, longest)] = np.nan
    calendar = np.arange(first, first + days + longest).astype("datetime64[D]").astype(object)
    kind = np.array([kind_of_day(day) for day in calendar])
    return Triangle(counts, kind[np.arange(days)[:, None] + np.arange(longest + 1)])


def _unknown(days: int, longest: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    return np.arange(days)[:, None] + np.arange(longest + 1) >= days


def hazards(found: Triangle, window: int) -> tuple[Floats, Floats]:
    """Beta parameters of the reverse hazards, each delays × kinds; row 0 is not used.

    Args:
        found: the triangle.
        window: how many of the last days teach.
    """
    counts, kinds = found.counts[-window:], found.kinds[-window:]
    known = np.isfinite(counts)
    here = np.where(known, counts, 0.0)
    within = np.where(known, np.cumsum(here, axis=1), 0.0)
    came = np.stack([(here * (kinds == kind)).sum(0) for kind in range(KINDS)], axis=1)
    of = np.stack([(within * (kinds == kind)).sum(0) for kind in range(KINDS)], axis=1)
    overall = (came.sum(1, keepdims=True) + PRIOR[0]) / (of.sum(1, keepdims=True) + sum(PRIOR))
    return came + TOWARDS_ALL * overall, of - came + TOWARDS_ALL * (1.0 - overall)


def shares(hazard: Floats, found: Triangle) -> Floats:
    """The share of each day that is reported so far, given hazards (… × delays × kinds): … × days."""
    width = found.counts.shape[1]
    last = slice(-(width - 1), None) if width > 1 else slice(0, 0)
    later = np.log1p(-np.minimum(hazard[..., np.arange(width), found.kinds[last]], 1 - 1e-12))
    told: Floats = np.ones((*hazard.shape[:-2], len(found.counts)))
    told[..., last] = np.exp((later * np.isnan(found.counts[last])).sum(-1))
    return told
