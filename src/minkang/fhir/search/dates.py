"""FHIR dates as stretches of time, [low, high) in UTC.

A date is as long as its precision: `2024-02` is the whole month, `2024-02-01T10:00` the minute. Where no zone is
written it is China's, +08:00 throughout: a fixed offset needs no zone database, and queries are read with the same one,
so the summer times of 1986 to 1991 change no answer about days.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
BEGINNING = datetime.min.replace(tzinfo=UTC)
END = datetime.max.replace(tzinfo=UTC)
FORMAT = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,12}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?\Z", re.ASCII
)


@lru_cache(maxsize=4096)
def stretch(text: str, zone: tzinfo = CHINA) -> tuple[datetime, datetime]:
    """The stretch a date, dateTime or instant says. `ValueError` where it is none."""
    found = FORMAT.match(text)
    if found is None:
        raise ValueError(text)
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    begin = datetime(int(year), int(month or 1), int(day or 1), tzinfo=_zone(offset, zone))
    if month is None:
        return _utc(begin), _utc_end(begin, year=1)
    if day is None:
        return _utc(begin), _utc_end(begin, month=1)
    if hour is None:
        return _stretch(begin, timedelta(days=1))
    # A leap second belongs to the minute it ends.
    seconds = min(int(second or 0), 59)
    begin = begin.replace(hour=int(hour), minute=int(minute), second=seconds)
    if second is None:
        return _stretch(begin, timedelta(minutes=1))
    if fraction is None:
        return _stretch(begin, timedelta(seconds=1))
    begin = begin.replace(microsecond=int(fraction.ljust(6, "0")[:6]))
    return _stretch(begin, timedelta(microseconds=10 ** max(6 - len(fraction), 0)))


def _zone(offset: str | None, zone: tzinfo) -> tzinfo:
    if offset is None:
        return zone
    if offset == "Z":
        return UTC
    minutes = int(offset[1:3]) * 60 + int(offset[4:6])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def _stretch(begin: datetime, length: timedelta) -> tuple[datetime, datetime]:
    low = _utc(begin)
    return low, low + length if low < END - length else END


def _utc(moment: datetime) -> datetime:
    """In UTC; beyond what the calendar can say, its end."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return BEGINNING if moment.year < 5000 else END


def _utc_end(begin: datetime, *, year: int = 0, month: int = 0) -> datetime:
    """The first moment after the year or month that starts at `begin`."""
    months = begin.year * 12 + begin.month - 1 + year * 12 + month
    if months // 12 > 9999:
        return END
    return _utc(begin.replace(year=months // 12, month=months % 12 + 1))


def period(start: str | None, end: str | None, zone: tzinfo = CHINA) -> tuple[datetime, datetime] | None:
    """From the beginning of `start` to the end of `end`, each open where absent; None where both are."""
    if start is None and end is None:
        return None
    low = BEGINNING if start is None else stretch(start, zone)[0]
    high = END if end is None else stretch(end, zone)[1]
    # A period written the wrong way round still covers what lies between its ends.
    return (low, high) if low <= high else (stretch(end or "", zone)[0], stretch(start or "", zone)[1])


def timing(value: Any, zone: tzinfo = CHINA) -> tuple[datetime, datetime] | None:
    """The outer limits of a Timing struct: its events and its bounds (R4 search, "date": details are ignored)."""
    parts = [stretch(event, zone) for event in value.event or () if event is not None]
    bounds = value.repeat.boundsPeriod if value.repeat is not None else None
    if bounds is not None and (around := period(bounds.start, bounds.end, zone)) is not None:
        parts.append(around)
    return (min(low for low, _ in parts), max(high for _, high in parts)) if parts else None
