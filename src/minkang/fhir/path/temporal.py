"""Dates, times and their partial precision, as FHIRPath compares them.

Source: FHIRPath 2.0, "Date/Time Comparison": two values are compared precision by precision; where one ends earlier the
answer is unknown (an empty collection).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

_DATE = r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2}))?)?"
_TIME = r"(?P<hour>\d{2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d+))?)?)?"
_ZONE = r"(?P<zone>Z|[+-]\d{2}:\d{2})?"
PATTERN = re.compile(rf"(?:{_DATE}(?P<t>T(?:{_TIME}{_ZONE})?)?|T(?P<only>{_TIME.replace('P<', 'P<t_')}))\Z")


@dataclass(frozen=True, slots=True)
class Temporal:
    """A date, dateTime or time.

    Attributes:
        kind: "date", "dateTime" or "time".
        parts: year, month, day, hour, minute, second as far as known (a time starts at hour); the last in microseconds.
        zone: minutes east of UTC, `None` where not stated.
        text: as written.
    """

    kind: str
    parts: tuple[int, ...]
    zone: int | None
    text: str

    @classmethod
    def parse(cls, text: str) -> Temporal | None:
        """The value that `text` (`2024-01`, `2024-01-31T10:00Z`, `T10:30`, also `10:30:00`) says, or None."""
        found = PATTERN.match(text) or (PATTERN.match(f"T{text}") if text[2:3] == ":" else None)
        if found is None:
            return None
        timed = "t_" if found["only"] else ""
        clock = [found[timed + name] for name in ("hour", "minute", "second")]
        parts = [] if timed else [int(part) for part in (found["year"], found["month"], found["day"]) if part]
        if found["t"] and found["hour"] and len(parts) < 3:
            return None
        parts += [int(part) for part in clock if part]
        if clock[2]:
            parts[-1] = parts[-1] * 1_000_000 + int((found[timed + "fraction"] or "0").ljust(6, "0")[:6])
        kind = "time" if timed else "dateTime" if found["t"] else "date"
        return cls(kind, tuple(parts), _minutes(found["zone"]), text) if _real(kind, parts) else None

    def aligned(self, zone: int) -> Temporal:
        """The same instant written in another zone, with the same precision (needs at least minutes)."""
        if self.zone is None or self.zone == zone or len(self.parts) < 5:
            return self
        year, month, day, hour, minute, *rest = self.parts
        moment = datetime(year, month, day, hour, minute) + timedelta(minutes=zone - self.zone)
        parts = (moment.year, moment.month, moment.day, moment.hour, moment.minute, *rest)
        return Temporal(self.kind, parts, zone, self.text)

    def compare(self, other: Temporal) -> int | None:
        """-1, 0 or 1; None where the precisions do not tell, or one has a zone and the other none."""
        left, right = self, other
        if (left.kind == "time") != (right.kind == "time"):
            return None
        if len(left.parts) > 3 and len(right.parts) > 3 and left.kind != "time":
            if (left.zone is None) != (right.zone is None):
                return None
            if left.zone is not None:
                left, right = left.aligned(0), right.aligned(0)
        for one, two in zip(left.parts, right.parts, strict=False):
            if one != two:
                return -1 if one < two else 1
        return 0 if len(left.parts) == len(right.parts) else None


def _minutes(zone: str | None) -> int | None:
    if not zone:
        return None
    if zone == "Z":
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[4:6])
    return -minutes if zone[0] == "-" else minutes


def _real(kind: str, parts: list[int]) -> bool:
    """Whether the calendar and the clock have such a value."""
    try:
        if kind != "time":
            days = [*parts[:3], 1, 1][:3]
            date(days[0], days[1], days[2])
        hour, minute, second = [*(parts if kind == "time" else parts[3:]), 0, 0, 0][:3]
        time(hour, minute, second // 1_000_000)
    except ValueError:
        return False
    return True
