"""Which earlier steps a step is compared with: reference points of past years, windows around them, seasonal blocks."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from minkang.surveillance.detect.series import Floats, Ints, Series

WEEK = 7


def reference_points(series: Series, step: int, years: int, *, by_date: bool) -> list[int] | None:
    """The same step of each earlier year, newest first and `step` itself at the head.

    By date it is the same calendar date, moved in weekly series to the nearest step of the same weekday (so that years
    of 53 weeks do no harm); otherwise it is `step` minus whole years of `series.freq` steps. 29 February becomes
    1 March in other years. None when a point lies before the series or between its steps.
    """
    if not by_date or series.dates is None:
        found = [step - series.freq * back for back in range(years + 1)]
        return found if found[-1] >= 0 else None
    here: date = series.dates[step].astype("datetime64[D]").item()
    points = [step]
    for back in range(1, years + 1):
        wanted = np.datetime64(_years_before(here, back, weekly=series.freq == 52), "D")
        place = int(np.searchsorted(series.dates, wanted))
        if place >= len(series.dates) or series.dates[place] != wanted:
            return None
        points.append(place)
    return points


def _years_before(day: date, back: int, *, weekly: bool) -> date:
    year = day.year - back
    if day.month == 2 and day.day == 29 and not calendar.isleap(year):
        then = date(year, 3, 1)
    else:
        then = day.replace(year=year)
    if not weekly:
        return then
    off = (day.weekday() - then.weekday()) % WEEK
    return then + timedelta(days=off if off <= WEEK // 2 else off - WEEK)


@dataclass(frozen=True)
class Blocks:
    """The training steps of one judged step.

    Attributes:
        step: the judged column.
        steps: columns of the training steps, ascending.
        group: for each of them its season, 0-based; the last season is the windows around the reference points.
        groups: how many seasons there are.
        time: for each of them its time, scaled so that the training steps span about -1 to 1.
        now: the judged step's time on that scale.
    """

    step: int
    steps: Ints
    group: Ints
    groups: int
    time: Floats
    now: float

    def layout(self) -> bytes:
        """Equal for steps whose training steps and seasons lie alike as seen from them."""
        return (self.steps - self.step).tobytes() + self.group.tobytes()


def seasonal_blocks(points: list[int], half_width: int, seasons: int, excluded: int) -> Blocks | None:
    """Windows of ± `half_width` around the reference points, and the steps between them cut into `seasons` - 1 blocks.

    The first blocks are one step longer where the cut leaves a remainder. Around the judged step itself only the steps
    up to it belong to the window, and the `excluded` steps before it (and itself) are left out of training.
    With one season only the windows are used. None when the oldest window begins before the series.
    """
    step, oldest = points[0], points[-1]
    if oldest - half_width < 0:
        return None
    group = np.full(step + 1, -1, dtype=np.int64)
    older = oldest
    for newer in reversed(points[:-1]):
        begin, end = older + half_width + 1, newer - half_width
        if seasons > 1 and end > begin:
            sizes = [len(part) for part in np.array_split(np.arange(end - begin), seasons - 1)]
            group[begin:end] = np.repeat(np.arange(seasons - 1), sizes)
        older = newer
    for point in points:
        group[max(0, point - half_width) : min(step, point + half_width) + 1] = seasons - 1
    group[max(0, step - excluded) :] = -1
    steps = np.flatnonzero(group >= 0)
    if not steps.size:
        return None
    middle, half = (steps[0] + steps[-1]) / 2, max(1.0, (steps[-1] - steps[0]) / 2)
    return Blocks(step, steps, group[steps], seasons, (steps - middle) / half, float((step - middle) / half))
