"""What stands in a cell: texts, dates in all the ways people write them, numbers with units, ID numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from minkang.codes.identifiers import parse_id_card, parse_institution_code
from minkang.errors import Fault

ZONE = "+08:00"
EMPTY = frozenset({"", "-", "--", "—", "——", "/", "\\", "NULL", "null", "None", "NaN", "nan", "N/A", "无数据"})
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[T ]?(\d{2})(\d{2})(\d{2})?)?")
_TIME = re.compile(
    r"[T\s]*(\d{1,2})\s*[:时]\s*(\d{1,2})\s*(?:[:分]\s*(\d{1,2})(?:\.\d+)?\s*秒?|分)?\s*(?:Z|[+-]\d\d:?\d\d)?"
)
_SERIAL = re.compile(r"\d{5}(\.\d+)?")
_NUMBER = re.compile(r"([<>≤≥=~～约]?)\s*([-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|[-+]?\.\d+)\s*(\D.*)?")
_WIDE = str.maketrans("０１２３４５６７８９．／－：，（）＋", "0123456789./-:,()+")
FIRST_SERIAL, LAST_SERIAL = 3654, 73050  # 1910-01-01 to 2099-12-31 in Excel's days
EXCEL_EPOCH = datetime(1899, 12, 30)

Parser = Callable[[str], Any]


@lru_cache(maxsize=1 << 16)
def read_moment(text: str) -> str:
    """A day or a moment as ISO 8601: `2020-03-05` where no time is given, else `2020-03-05T08:30:00+08:00`.

    Reads `2020-3-5`, `2020/03/05 8:30`, `20200305`, `20200305083000`, `2020年3月5日`, full-width digits, and
    Excel's day numbers (`43895.354`).

    Raises:
        Fault: `TABLES-020` for what is no date, `TABLES-021` for a day that no calendar has.
    """
    said = text.strip().translate(_WIDE)
    try:
        if found := _DATE.match(said):
            day = date(int(found[1]), int(found[2]), int(found[3])).isoformat()
            return _with_time(day, said[found.end() :].strip(), text)
        if found := _COMPACT.fullmatch(said):
            day = date(int(found[1]), int(found[2]), int(found[3])).isoformat()
            return _moment(day, found[4], found[5], found[6]) if found[4] else day
        if _SERIAL.fullmatch(said) and FIRST_SERIAL <= float(said) <= LAST_SERIAL:
            moment = EXCEL_EPOCH + timedelta(seconds=round(float(said) * 86400))
            return moment.date().isoformat() if "." not in said else moment.isoformat() + ZONE
    except ValueError:
        raise Fault("TABLES-021", given=text) from None
    raise Fault("TABLES-020", given=text)


def _with_time(day: str, rest: str, text: str) -> str:
    if not rest:
        return day
    found = _TIME.fullmatch(rest)
    if not found:
        raise Fault("TABLES-020", given=text)
    return _moment(day, found[1], found[2], found[3])


def _moment(day: str, hour: str, minute: str, second: str | None) -> str:
    h, m, s = int(hour), int(minute), int(second or 0)
    if h > 23 or m > 59 or s > 59:
        raise ValueError(day)
    return f"{day}T{h:02d}:{m:02d}:{s:02d}{ZONE}"


@lru_cache(maxsize=1 << 16)
def read_day(text: str) -> str:
    """The day of `read_moment`."""
    return read_moment(text)[:10]


def read_number(text: str) -> tuple[str, float, str]:
    """A number as (sign before it, value, unit behind it): `<`, 0.5, `mg/L`.

    Raises:
        Fault: `TABLES-022` for what is no number.
    """
    said = text.strip()
    try:
        value = float(said)
    except ValueError:
        found = _NUMBER.fullmatch(said.translate(_WIDE))
        if not found:
            raise Fault("TABLES-022", given=text) from None
        sign, value, unit = found[1], float(found[2].replace(",", "")), (found[3] or "").strip()
    else:
        sign, unit = "", ""
    if not -1e15 < value < 1e15:  # Also what float() calls inf and nan.
        raise Fault("TABLES-022", given=text)
    return sign, int(value) if value == int(value) else value, unit


def read_flag(text: str) -> bool:
    """Yes or no.

    Raises:
        Fault: `TABLES-023` for what is neither.
    """
    said = text.strip().casefold()
    if said in {"是", "有", "true", "y", "yes", "1", "√", "✓"}:
        return True
    if said in {"否", "无", "false", "n", "no", "0", "×", "没有"}:
        return False
    raise Fault("TABLES-023", given=text)


@lru_cache(maxsize=1 << 15)
def card_doubt(text: str) -> str:
    """The code of what is wrong with an ID number, empty where nothing is."""
    if "E+" in text.upper():
        return "TABLES-024"
    try:
        parse_id_card(text)
    except Fault as fault:
        return fault.code
    return ""


@lru_cache(maxsize=1 << 12)
def institution_doubt(text: str) -> str:
    """The code of what is wrong with a 22-digit institution code; shorter codes are local and not judged."""
    if len(text) != 22:
        return ""
    try:
        parse_institution_code(text)
    except Fault as fault:
        return fault.code
    return ""
