"""Ages in completed units, and dates counted in months.

A child born on the last day of a month is a month older on the same day of the next month, or on that month's last
day where there is none: born 31 January, one month on 28 (29) February, two on 31 March. One born on 29 February has
its birthday on 28 February of common years. Vaccination schedules count so (GB-style schedules give ages in months).
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date


def add_months(day: date, months: int) -> date:
    """The same day of the month so many months on (or back), or that month's last day where there is none."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def birthday(birth: date, years: int) -> date:
    """The day somebody born on `birth` completes so many years."""
    return add_months(birth, 12 * years)


def age_in_months(birth: date, on: date) -> int:
    """Completed months; negative before birth (a month begun before birth counts as −1)."""
    months = (on.year - birth.year) * 12 + on.month - birth.month
    return months if add_months(birth, months) <= on else months - 1


def age_in_years(birth: date, on: date) -> int:
    """Completed years (周岁), counted from the birthday itself; negative before birth."""
    return age_in_months(birth, on) // 12


def age_in_days(birth: date, on: date) -> int:
    """Completed days: 0 on the day of birth."""
    return (on - birth).days
