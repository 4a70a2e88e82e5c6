"""Dates and instants as parameters write them: a year, a month, a day, or a moment with its offset."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from minkang.errors import Fault

_FORM = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?([Zz]|[+ -]\d\d:\d\d)?)?)?)?")


def interval(name: str, text: str) -> tuple[datetime, datetime]:
    """The span `[start, end)` in UTC that a date of any precision covers; without an offset it is UTC.

    Args:
        name: the parameter, for the refusal.
        text: `2025`, `2025-06`, `2025-06-30` or `2025-06-30T08:00:00+08:00` (a `+` that a query string turned into a
            space is understood).

    Raises:
        Fault: `REST-032`.
    """
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise Fault("REST-032", name=name, value=text)
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        start = datetime(int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0))
        start += timedelta(microseconds=int(float(fraction or 0) * 1_000_000))
        start = (start - _offset(offset)).replace(tzinfo=UTC)
        if month is None:
            return start, start.replace(year=start.year + 1)
        if day is None:
            return start, (start + timedelta(days=31)).replace(day=1)
        length = timedelta(days=1) if hour is None else timedelta(minutes=1) if second is None else timedelta(seconds=1)
        return start, start + (timedelta(milliseconds=1) if fraction else length)
    except (ValueError, OverflowError):
        raise Fault("REST-032", name=name, value=text) from None


def _offset(text: str | None) -> timedelta:
    if text is None or text in "Zz":
        return timedelta()
    sign = -1 if text[0] == "-" else 1
    return sign * timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
