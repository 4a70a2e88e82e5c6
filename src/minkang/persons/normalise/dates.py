"""Birth dates as written: the forms they come in, the day they mean in the lunar calendar, and placeholders."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from lunardate import LunarDate  # type: ignore[import-untyped]

from minkang.persons.normalise.characters import plain

_PARTS = re.compile(r"^\D*(\d{4})\D{0,3}(\d{1,2})\D{0,3}(\d{1,2})(?!\d{3})")
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:\d{2,6})?$")
_BACKWARD = re.compile(r"^(\d{1,2})\D(\d{1,2})\D(\d{4})")
_LUNAR = re.compile(r"农历|阴历|旧历")
PLACEHOLDERS = frozenset({"19000101", "19000102", "19010101", "18991230", "18991231", "19700101",
                          "99991231", "11110101", "20990101", "00010101"})  # fmt: skip
_MANY = 200_000


@dataclass(frozen=True, slots=True)
class Birth:
    """A birth date.

    Attributes:
        day: YYYYMMDD, "" for nothing, a placeholder or what no calendar has.
        lunar: the solar day if `day` was meant in the lunar calendar, "" where there is none.
        filler: a placeholder such as 1900-01-01 stood there.
    """

    day: str = ""
    lunar: str = ""
    filler: bool = False


NO_BIRTH = Birth()


@lru_cache(maxsize=_MANY)
def read_birth(text: str | None) -> Birth:
    """Read `1962-03-05`, `19620305`, `1962年3月5日`, `05/03/1962`, with or without a time.

    Day and month that cannot be so are exchanged (`1962-25-03`); a date marked 农历 becomes its solar day.
    """
    written = plain(text)
    parts = _parts(written)
    if parts is None:
        return NO_BIRTH
    year, month, day = parts
    if f"{year:04}{month:02}{day:02}" in PLACEHOLDERS:
        return Birth(filler=True)
    if _LUNAR.search(written):
        return Birth(_solar(year, month, day))
    if month > 12 >= day:
        month, day = day, month
    try:
        said = date(year, month, day).isoformat().replace("-", "")
    except ValueError:
        return NO_BIRTH
    return Birth(said, _solar(year, month, day))


def _parts(text: str) -> tuple[int, int, int] | None:
    found = _COMPACT.match(text) or _PARTS.match(text)
    if found:
        return int(found[1]), int(found[2]), int(found[3])
    found = _BACKWARD.match(text)
    return (int(found[3]), int(found[2]), int(found[1])) if found else None


@lru_cache(maxsize=_MANY)
def _solar(year: int, month: int, day: int) -> str:
    """The solar day of a lunar one, "" outside the table of years or for a day that month does not have."""
    try:
        return str(LunarDate(year, month, day).to_solar_date().strftime("%Y%m%d"))
    except (ValueError, IndexError, AttributeError):
        return ""
