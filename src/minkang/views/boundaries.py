"""The least and greatest value that a partly known one may stand for.

Source: FHIRPath 3.0 (draft), `lowBoundary()` and `highBoundary()`; SQL on FHIR v2, `fn_boundary` tests: a dateTime
without a zone may be in any, from +14:00 to -12:00; times are given to the millisecond.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from decimal import Decimal

from minkang.views.kinds import DECIMAL, family

Writer = Callable[[str], str]
_ZONE = "(Z|[+-][0-9]{2}:[0-9]{2})$"


def sql_of(type: str, low: bool) -> tuple[str, Writer] | None:
    """The type of a boundary and what writes its SQL over the SQL of a written value; None where a type has none."""
    match family(type):
        case "decimal" | "integer":
            return "decimal", lambda text: _number_sql(text, low)
        case "date" if type == "date":
            return "date", lambda text: _date_sql(text, low)
        case "date":
            return type, lambda text: _moment_sql(text, low)
        case "time":
            return "time", lambda text: _clock_sql(text, low)
        case _:
            return None


def _number_sql(text: str, low: bool) -> str:
    places = f"CASE WHEN contains({text}, '.') THEN length({text}) - strpos({text}, '.') ELSE 0 END"
    half = f"CAST('0.' || repeat('0', {places}) || '5' AS {DECIMAL})"
    return f"(CAST({text} AS {DECIMAL}) {'-' if low else '+'} {half})"


def _date_sql(text: str, low: bool) -> str:
    if low:
        return f"CASE length({text}) WHEN 4 THEN {text} || '-01-01' WHEN 7 THEN {text} || '-01' ELSE {text} END"
    last = f"CAST(last_day(CAST({text} || '-01' AS DATE)) AS VARCHAR)"
    return f"CASE length({text}) WHEN 4 THEN {text} || '-12-31' WHEN 7 THEN {last} ELSE {text} END"


def _clock_sql(text: str, low: bool) -> str:
    fill = "0" if low else "9"
    seconds = "00" if low else "59"
    return (
        f"CASE WHEN length({text}) = 2 THEN {text} || ':{seconds}:{seconds}.{fill * 3}' "
        f"WHEN length({text}) = 5 THEN {text} || ':{seconds}.{fill * 3}' "
        f"WHEN length({text}) = 8 THEN {text} || '.{fill * 3}' "
        f"ELSE rpad({text}, CAST(greatest(length({text}), 12) AS INTEGER), '{fill}') END"
    )


def _moment_sql(text: str, low: bool) -> str:
    whole = "T00:00:00.000" if low else "T23:59:59.999"
    zone = "+14:00" if low else "-12:00"
    clock = f"regexp_replace(substr({text}, 12), '{_ZONE}', '')"
    known = f"coalesce(nullif(regexp_extract({text}, 'T.*?{_ZONE}', 1), ''), '{zone}')"
    return (
        f"CASE WHEN length({text}) > 10 THEN left({text}, 11) || {_clock_sql(clock, low)} || {known} "
        f"ELSE {_date_sql(text, low)} || '{whole}{zone}' END"
    )


def boundary(type: str, value: object, low: bool) -> str | Decimal | None:
    """The same in Python, for one value: the second opinion of the tests."""
    match family(type):
        case "decimal" | "integer" if isinstance(value, Decimal | int):
            number = Decimal(value)
            exponent = number.as_tuple().exponent
            half = Decimal((0, (5,), min(exponent if isinstance(exponent, int) else 0, 0) - 1))
            return number - half if low else number + half
        case "date" if isinstance(value, str):
            return _date(value, low) if type == "date" else _moment(value, low)
        case "time" if isinstance(value, str):
            return _clock(value, low)
        case _:
            return None


def _date(text: str, low: bool) -> str:
    parts = [int(part) for part in text.split("-")]
    year, month, day = [*parts, *(1 if low else 12, 1)][:3] if len(parts) < 3 else parts
    if len(parts) < 3:
        day = 1 if low else calendar.monthrange(year, month)[1]
    return f"{year:04}-{month:02}-{day:02}"


def _clock(text: str, low: bool) -> str:
    clock, dot, fraction = text.partition(".")
    parts = clock.split(":")
    parts += ["00" if low else "59"] * (3 - len(parts))
    return ":".join(parts) + "." + (fraction if dot else "").ljust(3, "0" if low else "9")


def _moment(text: str, low: bool) -> str:
    zone = "+14:00" if low else "-12:00"
    if len(text) <= 10:
        return _date(text, low) + ("T00:00:00.000" if low else "T23:59:59.999") + zone
    day, clock = text[:10], text[11:]
    found = re.search(_ZONE, clock)
    return f"{day}T{_clock(clock[: found.start()] if found else clock, low)}{found.group() if found else zone}"
