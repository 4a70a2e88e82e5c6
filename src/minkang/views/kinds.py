"""FHIR types as a view needs them: families that compare with each other, and their SQL types.

Source: FHIR R4, "Data Types"; SQL on FHIR v2, "Column Types" and "Type Hinting with Tags".
"""

from __future__ import annotations

import re
from typing import Literal

from minkang.fhir.schema import PRIMITIVES, Element, elements_of, has_type

Family = Literal["text", "boolean", "integer", "decimal", "date", "time", "complex"]

DECIMAL = "DECIMAL(38,18)"
"""Exact for what FHIR asks to be kept: 18 digits."""
INTEGERS = frozenset(("integer", "positiveInt", "unsignedInt", "integer64"))
DATES = frozenset(("date", "dateTime", "instant"))
PARENTS = {
    **dict.fromkeys(("code", "id", "markdown"), "string"),
    **dict.fromkeys(("url", "canonical", "uuid", "oid"), "uri"),
    **dict.fromkeys(("positiveInt", "unsignedInt"), "integer"),
    **dict.fromkeys(("Age", "Count", "Distance", "Duration", "MoneyQuantity", "SimpleQuantity"), "Quantity"),
}
_ANSI = (
    (r"(?:CHARACTER VARYING|CHAR VARYING|VARCHAR|CHARACTER|CHAR|TEXT|STRING)(?:\s*\(\d{1,5}\))?", "VARCHAR"),
    (r"(?:DECIMAL|NUMERIC|DEC)(?:\s*\(\s*(?P<digits>\d{1,2})\s*(?:,\s*(?P<places>\d{1,2})\s*)?\))?", "DECIMAL"),
    (r"SMALLINT", "SMALLINT"),
    (r"INTEGER|INT", "INTEGER"),
    (r"BIGINT", "BIGINT"),
    (r"DOUBLE PRECISION|DOUBLE|FLOAT", "DOUBLE"),
    (r"REAL", "FLOAT"),
    (r"BOOLEAN", "BOOLEAN"),
    (r"DATE", "DATE"),
    (r"TIME(?:\s*\(\d\))?(?:\s+WITHOUT TIME ZONE)?", "TIME"),
    (r"TIMESTAMP(?:\s*\(\d\))?\s+WITH TIME ZONE|TIMESTAMPTZ", "TIMESTAMPTZ"),
    (r"TIMESTAMP(?:\s*\(\d\))?(?:\s+WITHOUT TIME ZONE)?", "TIMESTAMP"),
)


def is_primitive(type: str) -> bool:
    """Whether a FHIR type is a primitive (`integer64` of constants included)."""
    return type in PRIMITIVES or type == "integer64"


def family(type: str) -> Family:
    """Which values a type compares with."""
    if type in INTEGERS:
        return "integer"
    if type in DATES:
        return "date"
    if type in {"boolean", "decimal", "time"}:
        return type  # type: ignore[return-value]
    return "text" if is_primitive(type) else "complex"


def sql_type(type: str) -> str:
    """The SQL type of a column of this FHIR type; dates and times stay text, since they may be partial."""
    match family(type):
        case "boolean":
            return "BOOLEAN"
        case "integer":
            return "BIGINT" if type == "integer64" else "INTEGER"
        case "decimal":
            return DECIMAL
        case _:
            return "VARCHAR"


def tagged_type(text: str) -> str | None:
    """The SQL type that an `ansi/type` tag asks for, or None where it is none that is known."""
    for pattern, name in _ANSI:
        found = re.fullmatch(pattern, text.strip(), re.IGNORECASE)
        if not found:
            continue
        if name != "DECIMAL":
            return name
        digits, places = int(found["digits"] or 38), int(found["places"] or (0 if found["digits"] else 18))
        return f"DECIMAL({digits},{places})" if 0 < digits <= 38 and places <= digits else None
    return None


def is_a(type: str, wanted: str) -> bool:
    """Whether a type is `wanted` or built on it (`code` is a `string`)."""
    while type and type != wanted:
        type = PARENTS.get(type, "")
    return bool(type)


def is_known(type: str) -> bool:
    """Whether R4 has such a type, primitives and backbones included."""
    return is_primitive(type) or has_type(type) or type in {"Element", "BackboneElement", "Resource", "DomainResource"}


def members_of(type: str) -> dict[str, Element]:
    """The JSON properties of a complex type by name; what every primitive has beside its value for `Element`."""
    if type == "Element":
        return {name: elements_of("HumanName")[name] for name in ("id", "extension")}
    return dict(elements_of(type)) if has_type(type) else {}


def fits(declared: str, inferred: str) -> bool:
    """Whether a column may be declared of one type while its path gives another.

    Text takes any primitive; within a family types stand for each other; whole numbers are also decimals.
    """
    if not is_primitive(inferred) or not is_primitive(declared):
        return is_a(inferred, declared)
    one, two = family(declared), family(inferred)
    return one in {two, "text"} or (one, two) in {("decimal", "integer"), ("date", "text"), ("time", "text")}
