"""Times of HL7 v2 (DT, TM, TS, DTM) as FHIR dates, keeping their precision, and as instants that can be compared."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

ZONE = "Asia/Shanghai"
_STAMP = re.compile(
    r"(\d{4})(?:[-/.年]?(\d{2})(?:[-/.月]?(\d{2})日?(?:[ T]?(\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.(\d{1,9}))?)?)?)?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?"
)
_CLOCK = re.compile(r"(\d{2}):?(\d{2})?(?::?(\d{2}))?(?:\.(\d{1,9}))?(?:Z|[+-]\d{2}:?\d{2})?")
UNKNOWN = "0001-01-01T00:00:00.000000Z"
MOST_OFFSET = timedelta(hours=14)


@lru_cache(maxsize=1 << 14)
def date_time(text: str, zone: str = ZONE) -> str | None:
    """A FHIR dateTime as precise as the text: a year, a month, a day, or a time with seconds and offset.

    Args:
        text: `2020`, `202005`, `20200517083100.123+0800`; also with separators, as some systems write.
        zone: IANA name or offset (`+0800`) that holds where the text names none.

    Returns:
        None where it is no time.
    """
    match = _STAMP.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        days = int(year), int(month or 1), int(day or 1)
        whole = datetime(*days, int(hour or 0), int(minute or 0), int(second or 0))
    except ValueError:
        return None
    if hour is None:
        return "-".join(filter(None, (year, month, day)))
    shown = _shown_offset(whole, offset or zone)
    if shown is None:
        return None
    return f"{whole.isoformat()}{'.' + fraction if fraction else ''}{shown}"


def day_of(text: str) -> str | None:
    """A FHIR date: a dateTime without its time."""
    found = date_time(text)
    return found[:10] if found else None


@lru_cache(maxsize=1 << 14)
def clock(text: str) -> str | None:
    """A FHIR time (`08:31:00`); None where it is none."""
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        return None
    hour, minute, second, fraction = match.groups()
    try:
        said = time(int(hour), int(minute or 0), int(second or 0))
    except ValueError:
        return None
    return f"{said:%H:%M:%S}{'.' + fraction if fraction else ''}"


@lru_cache(maxsize=1 << 14)
def instant(text: str, zone: str = ZONE) -> str | None:
    """The moment in UTC with microseconds, all of one length, so that later ones compare higher as text."""
    said = date_time(text, zone)
    if said is None:
        return None
    if "T" not in said:
        year, month, day = (*map(int, said.split("-")), 1, 1)[:3]
        offset = _shown_offset(datetime(year, month, day), zone)
        said = f"{date(year, month, day).isoformat()}T00:00:00{offset or '+00:00'}"
    try:
        moment = datetime.fromisoformat(said[:26] + said[-6:] if len(said) > 32 else said)
        return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
    except (ValueError, OverflowError):
        return None


def offset_of(text: str) -> str:
    """The offset a time names (`+0800`); empty where it names none. MSH-7's holds for the whole message."""
    match = _STAMP.fullmatch(text.strip())
    return match[8] or "" if match else ""


def _shown_offset(whole: datetime, zone: str) -> str | None:
    """`+08:00` of an offset as sent or of a zone on that day."""
    if zone == "Z":
        return "+00:00"
    if zone[:1] in "+-":
        hours, minutes = int(zone[1:3]), int(zone[-2:])
        far = minutes > 59 or timedelta(hours=hours, minutes=minutes) > MOST_OFFSET
        return None if far else f"{zone[0]}{hours:02d}:{minutes:02d}"
    offset = whole.replace(tzinfo=ZoneInfo(zone)).utcoffset() or timedelta()
    minutes = round(offset.total_seconds() / 60)  # Local mean time before 1901 has seconds, which FHIR cannot say.
    shown = timezone(timedelta(minutes=minutes))
    return datetime(2000, 1, 1, tzinfo=shown).isoformat()[19:]
