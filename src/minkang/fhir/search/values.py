"""Values of search parameters: text from a query to `query.Value` (R4 search, "Search Parameter Types")."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import get_args

from minkang.errors import Fault
from minkang.fhir.search import dates, numbers
from minkang.fhir.search.conversion import versionless
from minkang.fhir.search.parameters import SearchParameter, searchable_types
from minkang.fhir.search.query import (
    CompositeValue,
    DateValue,
    IdValue,
    NumberValue,
    Prefix,
    ReferenceValue,
    SetValue,
    TextValue,
    TokenValue,
    UriValue,
    Value,
)
from minkang.fhir.search.text import fold

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}\Z")
_PREFIX = re.compile(rf"({'|'.join(get_args(Prefix))})?(.*)\Z", re.DOTALL)
_ESCAPED = re.compile(r"\\([,$|\\])")
_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a search may ask, and how its values are read.

    Attributes:
        strict: unknown parameters are refused, not collected.
        count: the largest page; a larger `_count` is cut to it.
        clauses, values, chain: most parameters in a query, values of one parameter, and steps of a chain.
        links: most types that one step of a chain may lead to.
        base: the server's own address; references to it count as relative.
        zone: the zone of dates that name none.
        now: what `ap` measures from.
    """

    strict: bool = False
    count: int = 1000
    clauses: int = 50
    values: int = 500
    chain: int = 6
    links: int = 20
    base: str = ""
    zone: tzinfo = dates.CHINA
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


def split(text: str, mark: str) -> list[str]:
    """Cut at every unescaped `mark`; escapes stay in the parts."""
    if "\\" not in text:
        return text.split(mark)
    parts, place = [""], 0
    while place < len(text):
        step = 2 if text[place] == "\\" else 1
        if text[place] == mark:
            parts.append("")
        else:
            parts[-1] += text[place : place + step]
        place += step
    return parts


def plain(text: str) -> str:
    """Escapes taken off: `\\,` `\\$` `\\|` `\\\\`."""
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


@dataclass(frozen=True, slots=True)
class Reading:
    """One value on its way: `name` is the parameter as the caller wrote it, `text` the value with its escapes."""

    parameter: SearchParameter
    modifier: str
    name: str
    text: str
    types: tuple[str, ...]
    limits: Limits

    def fault(self, code: str, **params: object) -> Fault:
        """A refusal that names parameter and value."""
        return Fault(code, where=self.name, name=self.name, value=self.text, **params)


def read_value(reading: Reading) -> Value:
    """The value of one alternative. Faults: SEARCH-004 … -012."""
    if reading.parameter.row == "id":
        return IdValue(plain(reading.text))
    return _READERS[reading.parameter.type](reading)


def _token(reading: Reading) -> Value:
    modifier = reading.modifier
    if modifier == "text":
        return _string(reading)
    if modifier in {"in", "not-in"}:
        return SetValue(url=plain(reading.text))
    if modifier == "of-type":
        return _of_type(reading)
    parts = [plain(part) for part in split(reading.text, "|")]
    if len(parts) > 2 or not any(parts):
        raise reading.fault("SEARCH-007")
    system, code = parts if len(parts) == 2 else (None, parts[0])
    if modifier in {"above", "below"}:
        return SetValue(system=system, code=code)
    if modifier == "identifier":
        return TokenValue(system, code or None)
    return TokenValue(_known_system(reading, system, code), code or None)


def _of_type(reading: Reading) -> Value:
    parts = [plain(part) for part in split(reading.text, "|")]
    if len(parts) != 3 or not all(parts):
        raise reading.fault("SEARCH-012")
    return TokenValue(parts[0], f"{parts[1]}|{parts[2]}")


def _known_system(reading: Reading, system: str | None, code: str) -> str | None:
    """Codes and booleans are kept without the system that their binding implies; a query may name it all the same."""
    leaves = [leaf for branch in reading.parameter.branches for leaf in branch.leaves]
    if leaves and all(leaf.type in {"boolean", "truth"} for leaf in leaves) and code not in {"true", "false"}:
        raise reading.fault("SEARCH-008")
    return "" if system and all(leaf.system == system for leaf in leaves) else system


def _of_reference(reading: Reading) -> Value:
    if reading.modifier == "identifier":
        return _token(reading)
    text = plain(reading.text)
    base = reading.limits.base.rstrip("/")
    if base and text.startswith(f"{base}/"):
        text = text[len(base) + 1 :]
    if ":" in text:
        return ReferenceValue((versionless(text),))
    type, slash, id = versionless(text).rpartition("/")
    if not ID.match(id):
        raise reading.fault("SEARCH-009")
    if slash and type not in searchable_types():
        raise reading.fault("SEARCH-009")
    allowed = reading.types or reading.parameter.targets
    if slash and reading.types and type not in reading.types:
        raise Fault("SEARCH-010", where=reading.name, name=reading.name, type=type, allowed=", ".join(reading.types))
    types = (type,) if slash else allowed or searchable_types()
    relative = tuple(f"{one}/{id}" for one in types)
    return ReferenceValue(relative + tuple(f"{base}/{one}" for one in relative) if base else relative)


def _prefixed(text: str) -> tuple[Prefix, str]:
    found = _PREFIX.match(text)
    assert found is not None
    prefix: Prefix = found[1] or "eq"  # type: ignore[assignment]
    return prefix, found[2]


def _date(reading: Reading) -> Value:
    prefix, text = _prefixed(plain(reading.text))
    # A plus sign that was not escaped in the address arrives as a space.
    if " " in text and "T" in text:
        text = text.replace(" ", "+")
    try:
        low, high = dates.stretch(text, reading.limits.zone)
    except ValueError:
        raise reading.fault("SEARCH-004") from None
    if prefix == "ap":
        tenth = abs(reading.limits.now - low) / 10
        low, high = _sooner(low, tenth), _later(high, tenth)
    return DateValue(prefix, low, high)


def _sooner(moment: datetime, by: timedelta) -> datetime:
    return moment - by if moment - dates.BEGINNING > by else dates.BEGINNING


def _later(moment: datetime, by: timedelta) -> datetime:
    return moment + by if dates.END - moment > by else dates.END


def _number(reading: Reading, text: str | None = None, fault: str = "SEARCH-005") -> NumberValue:
    prefix, digits = _prefixed(plain(reading.text if text is None else text))
    try:
        value, low, high = numbers.implied(digits)
    except ValueError:
        raise reading.fault(fault) from None
    if prefix == "ap":
        tenth = abs(value) * _TENTH
        low, high = min(low, value - tenth), max(high, value + tenth)
    return NumberValue(prefix, value, low, high)


def _quantity(reading: Reading) -> Value:
    parts = split(reading.text, "|")
    if len(parts) not in {1, 3}:
        raise reading.fault("SEARCH-006")
    number = _number(reading, parts[0], "SEARCH-006")
    if len(parts) == 1:
        return number
    system, code = plain(parts[1]) or None, plain(parts[2]) or None
    return NumberValue(number.prefix, number.value, number.low, number.high, system, code)


def _string(reading: Reading) -> Value:
    text = plain(reading.text)
    return TextValue(text, fold(text))


def _uri(reading: Reading) -> Value:
    return UriValue(plain(reading.text))


def _composite(reading: Reading) -> Value:
    components = reading.parameter.pairings[0]
    parts = split(reading.text, "$")
    if len(parts) != len(components) or not all(parts):
        names = "$".join(part.code for part in components)
        raise reading.fault("SEARCH-011", count=len(components), parts=names)
    read = (
        read_value(Reading(component, "", reading.name, part, (), reading.limits))
        for component, part in zip(components, parts, strict=True)
    )
    return CompositeValue(tuple(read))


_READERS: dict[str, Callable[[Reading], Value]] = {
    "token": _token,
    "reference": _of_reference,
    "date": _date,
    "number": _number,
    "quantity": _quantity,
    "string": _string,
    "uri": _uri,
    "composite": _composite,
}
