"""Days of the week and Chinese public holidays as columns of a regression, and how full a working day each day is.

Holidays, with the working Saturdays and Sundays that pay for them, are those the State Council announces each year (the
`chinesecalendar` package carries them from 2004 on). A year not announced yet has the fixed dates of the Regulation
on Public Holidays (New Year, Qingming, May Day, Dragon Boat, Mid-Autumn, National Day, Spring Festival; `holidays`).
"""

from __future__ import annotations

from datetime import date
from functools import cache

import holidays
import numpy as np
from chinese_calendar import get_holiday_detail, is_holiday  # type: ignore[import-untyped]  # it has no types

from minkang.surveillance.detect.series import Days, Floats

WORKING, WEEKEND, HOLIDAY, FIRST_BACK = range(4)


@cache
def kind_of_day(day: date) -> int:
    """`WORKING`, `WEEKEND` (off by the week only), `HOLIDAY`, or `FIRST_BACK` (the first working day after one)."""
    if not _off(day):
        return FIRST_BACK if _holiday(_before(day)) or (_off(_before(day)) and _in_long_break(day)) else WORKING
    return HOLIDAY if _holiday(day) else WEEKEND


def _before(day: date, days: int = 1) -> date:
    return date.fromordinal(day.toordinal() - days)


def _in_long_break(day: date) -> bool:
    """Whether a holiday lies within the days off that end before `day`."""
    for back in range(1, 10):
        earlier = _before(day, back)
        if not _off(earlier):
            return False
        if _holiday(earlier):
            return True
    return False


@cache
def _off(day: date) -> bool:

    try:
        return bool(is_holiday(day))
    except NotImplementedError:
        return day.weekday() >= 5 or day in _fixed(day.year)


@cache
def _holiday(day: date) -> bool:

    try:
        off, name = get_holiday_detail(day)
    except NotImplementedError:
        return day in _fixed(day.year)
    return bool(off and name)


@cache
def _fixed(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("CN", years=year))


def day_columns(days: Days) -> Floats:
    """Six columns for Tuesday to Sunday as such, then: holiday, working weekend, first day back (0 or 1 each)."""
    dates: list[date] = days.astype("datetime64[D]").astype(object).tolist()
    columns = np.zeros((len(dates), 9))
    for row, day in enumerate(dates):
        kind, weekday = kind_of_day(day), day.weekday()
        if kind in (WORKING, FIRST_BACK) and weekday >= 5:
            columns[row, 7] = 1.0
        elif kind == HOLIDAY:
            columns[row, 6] = 1.0
        elif weekday:
            columns[row, weekday - 1] = 1.0
        columns[row, 8] = float(kind == FIRST_BACK)
    return columns
