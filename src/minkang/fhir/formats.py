"""The primitive formats of FHIR R4: patterns, and the checks that the generated types call.

Source: FHIR R4 4.0.1, "Data types, primitive types" (the regular expressions there are for XML schema, so the calendar,
which they leave out, is added here).

Every `check_…` takes the value and the element's name and raises `Broken` (`FHIR-031` to `FHIR-040`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal

from minkang.fhir.broken import Broken

_MONTH_DAY = (  # in the order of how often each branch is met, which halves the time
    r"(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"|(?:0[13-9]|1[0-2])-(?:29|30)"
    r"|(?:0[13578]|1[02])-31"
    r"|02-29(?:(?<=(?:[02468][48]|[13579][26]|[2468]0)-02-29)|(?<=(?:[02468][048]|[13579][26])00-02-29)))"
)
_YEAR = r"(?!0000)[0-9]{4}"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
_ZONE = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"

PATTERNS: dict[str, str] = {
    "base64Binary": r"^\s*(?:[0-9A-Za-z+/]{4}\s*)*+(?:[0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?\s*\Z",
    "canonical": r"^\S+\Z(?#canonical)",
    "code": r"^\S+(?:\s\S+)*\Z",
    "date": rf"^{_YEAR}(?:-(?:{_MONTH_DAY}|0[1-9]|1[0-2]))?\Z",
    "dateTime": rf"^{_YEAR}(?:-(?:{_MONTH_DAY}(?:T{_CLOCK}{_ZONE})?|0[1-9]|1[0-2]))?\Z",
    "id": r"^[A-Za-z0-9.\-]{1,64}\Z",
    "instant": rf"^{_YEAR}-{_MONTH_DAY}T{_CLOCK}{_ZONE}\Z",
    "oid": r"^urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+\Z",
    "time": rf"^{_CLOCK}\Z",
    "uri": r"^\S+\Z",
    "url": r"^\S+\Z(?#url)",
    "uuid": r"^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z",
}
"""One pattern a primitive type that has a form of its own; no two alike, so that a pattern tells the type."""

DECIMAL_EXPONENT = 400
"""How many places before or after the point a decimal may begin; a double has 308."""

_FAULTS = {
    "base64Binary": "FHIR-031",
    "canonical": "FHIR-032",
    "code": "FHIR-033",
    "date": "FHIR-034",
    "dateTime": "FHIR-035",
    "id": "FHIR-036",
    "instant": "FHIR-037",
    "oid": "FHIR-038",
    "time": "FHIR-039",
    "uri": "FHIR-032",
    "url": "FHIR-032",
    "uuid": "FHIR-040",
}
_SHOWN = 80

_MATCH = {name: re.compile(pattern).match for name, pattern in PATTERNS.items()}
_ID = _MATCH["id"]


def is_valid(type: str, value: str) -> bool:
    """Whether the text has the form of the primitive type; types without a form of their own take all text."""
    match = _MATCH.get(type)
    return match is None or match(value) is not None


def not_of_form(type: str, value: str, where: str) -> Broken:
    """The fault of a value that has not the form of its type."""
    return Broken(_FAULTS[type], where, type=type, value=shown(value))


def shown(value: str) -> str:
    """The value, or its beginning where it is long."""
    return value if len(value) <= _SHOWN else value[:_SHOWN] + "…"


def _check(type: str) -> Callable[[str, str], None]:
    match = _MATCH[type]

    def check(value: str, name: str) -> None:
        if match(value) is None:
            raise not_of_form(type, value, name)

    return check


check_base64_binary = _check("base64Binary")
check_canonical = _check("canonical")
check_code = _check("code")
check_oid = _check("oid")
check_time = _check("time")
check_uri = _check("uri")
check_url = _check("url")
check_uuid = _check("uuid")
check_date = _check("date")
check_date_time = _check("dateTime")
check_instant = _check("instant")


def check_id(value: str) -> None:
    """The logical id of a resource: 1 to 64 of A-Z a-z 0-9 - and dot."""
    if _ID(value) is None:
        raise not_of_form("id", value, "id")


def check_ident(value: str, name: str) -> None:
    """Another element of type id."""
    if _ID(value) is None:
        raise not_of_form("id", value, name)


def check_each(values: Iterable[str | None], check: Callable[[str, str], None], name: str) -> None:
    """Every value of a repeating primitive; holes are left to `check_holes`."""
    for index, value in enumerate(values):
        if value is not None:
            check(value, f"{name}[{index}]")


def read_decimal(_: type, value: object) -> Decimal:
    """A decimal from what the parser found (its hook for field types it does not know).

    Raises:
        Broken: `FHIR-011` for what is no number, `FHIR-018` for one that no computation could hold.
    """
    if type(value) is not Decimal:
        if type(value) is not int:
            raise not_of_kind("float", _PYTHON_KINDS.get(type(value), "null"), "")
        value = Decimal(value)
    if not -DECIMAL_EXPONENT < value.adjusted() < DECIMAL_EXPONENT:
        raise Broken("FHIR-018", "", limit=DECIMAL_EXPONENT)
    return value


def not_of_kind(expected: str, got: str, where: str) -> Broken:
    """The fault of a value of another JSON type; the types are named as msgspec names them (`str`, `int`, `object`)."""
    return Broken("FHIR-011", where, expected=_KINDS.get(expected, expected), got=_KINDS.get(got, got))


_KINDS = {"str": "string", "bool": "boolean", "int": "integer", "float": "number"}
_PYTHON_KINDS: dict[type, str] = {str: "str", bool: "bool", dict: "object", list: "array", float: "float"}
