"""Periods as people write them: `2025`, `2025Q3`, `2025-06`, `2025W27`, `2025-06-30`, `2025MCH`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from minkang.errors import Fault
from minkang.periods.ages import add_months
from minkang.periods.kinds import Kind
from minkang.periods.weeks import EpiWeek, epi_week

_FORMS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("year", re.compile(r"(\d{4})", re.ASCII)),
    ("mch-year", re.compile(r"(\d{4})MCH", re.ASCII)),
    ("quarter", re.compile(r"(\d{4})Q([1-4])", re.ASCII)),
    ("month", re.compile(r"(\d{4})-(\d{2})", re.ASCII)),
    ("week", re.compile(r"(\d{4})W(\d{2})", re.ASCII)),
    ("day", re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)),
)
FIRST_YEAR, LAST_YEAR = 1900, 2199


@dataclass(frozen=True, order=True)
class Period:
    """A span of whole days.

    Attributes:
        first, last: both belong to it.
        kind: what it is a year, week … of.
    """

    first: date
    last: date
    kind: Kind

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def end(self) -> date:
        """The day after its last, for half-open comparisons."""
        return self.last + timedelta(days=1)

    def holds(self, day: date) -> bool:
        """Whether the day lies in it."""
        return self.first <= day <= self.last

    def next(self) -> Period:
        """The one of the same kind that follows."""
        return period_of(self.end, self.kind)

    def before(self) -> Period:
        """The one of the same kind that precedes."""
        return period_of(self.first - timedelta(days=1), self.kind)

    def __str__(self) -> str:
        year = self.last.year
        if self.kind == "week":
            return str(epi_week(self.first))
        quarter = (self.first.month + 2) // 3
        forms = {"year": f"{year}", "mch-year": f"{year}MCH", "quarter": f"{year}Q{quarter}"}
        return forms.get(self.kind, self.first.isoformat()[: 7 if self.kind == "month" else 10])


def period_of(day: date, kind: Kind) -> Period:
    """The period of a kind that a day lies in."""
    if kind == "day":
        return Period(day, day, kind)
    if kind == "week":
        week = epi_week(day)
        return Period(week.first, week.last, kind)
    months, first = {
        "month": (1, day.replace(day=1)),
        "quarter": (3, date(day.year, (day.month - 1) // 3 * 3 + 1, 1)),
        "year": (12, date(day.year, 1, 1)),
        "mch-year": (12, date(day.year if day.month >= 10 else day.year - 1, 10, 1)),
    }[kind]
    return Period(first, add_months(first, months) - timedelta(days=1), kind)


def parse_period(text: str) -> Period:
    """Read a period as its `str` writes it.

    Raises:
        Fault: `PERIODS-001` for a form nobody uses, a month, week or day that the calendar does not have, or a year
            outside 1900 to 2199.
    """
    for kind, form in _FORMS:
        found = form.fullmatch(text.strip())
        if found:
            try:
                return _made(kind, [int(part) for part in found.groups()])
            except ValueError:
                break
    raise Fault("PERIODS-001", text=text[:40])


def _made(kind: Kind, numbers: list[int]) -> Period:
    year, *rest = numbers
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(year)
    if kind == "week":
        return period_of(EpiWeek(year, rest[0]).first, kind)
    if kind == "quarter":
        rest = [rest[0] * 3 - 2]
    month, day = (*rest, 1, 1)[:2]
    return period_of(date(year, month, day), kind)


def periods_between(first: date, last: date, kind: Kind) -> Iterator[Period]:
    """The periods of a kind that hold a day from `first` to `last`, in order; none when `last` is before `first`."""
    if last < first:
        return
    period = period_of(first, kind)
    while period.first <= last:
        yield period
        period = period.next()
