"""The primitive formats of FHIR R4: patterns, and quick tests that the generated types call.

Source: FHIR R4 4.0.1, "Data types, primitive types" (the regular expressions there are for XML schema, so the calendar,
which they leave out, is added here).

A pattern is the truth; a quick test in front of it only spares the common good value the regular expression. Every
`check_…` takes the value and the element's name and raises `Broken` (`FHIR-012`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal, InvalidOperation

from minkang.fhir.broken import Broken

_MONTH_DAY = (
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8])"
    r"|02-29(?:(?<=(?:[02468][48]|[13579][26]|[2468]0)-02-29)|(?<=(?:[02468][048]|[13579][26])00-02-29)))"
)
_YEAR = r"(?!0000)[0-9]{4}"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
_ZONE = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"

PATTERNS: dict[str, str] = {
    "base64Binary": r"^\s*(?:[0-9A-Za-z+/]{4}\s*)*+(?:[0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?\s*\Z",
    "canonical": r"^\S+\Z",
    "code": r"^\S+(?:\s\S+)*\Z",
    "date": rf"^{_YEAR}(?:-(?:0[1-9]|1[0-2])|-{_MONTH_DAY})?\Z",
    "dateTime": rf"^{_YEAR}(?:-(?:0[1-9]|1[0-2])|-{_MONTH_DAY}(?:T{_CLOCK}{_ZONE})?)?\Z",
    "id": r"^[A-Za-z0-9.\-]{1,64}\Z",
    "instant": rf"^{_YEAR}-{_MONTH_DAY}T{_CLOCK}{_ZONE}\Z",
    "oid": r"^urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+\Z",
    "time": rf"^{_CLOCK}\Z",
    "uri": r"^\S+\Z",
    "url": r"^\S+\Z",
    "uuid": r"^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z",
}
"""One pattern a primitive type that has a form of its own; to be searched, not matched in full."""

DECIMAL_EXPONENT = 400
"""How many places before or after the point a decimal may begin; a double has 308."""

_SEARCH = {name: re.compile(pattern).search for name, pattern in PATTERNS.items()}
_ID = _SEARCH["id"]


def is_valid(type: str, value: str) -> bool:
    """Whether the text has the form of the primitive type; types without a form of their own take all text."""
    search = _SEARCH.get(type)
    return search is None or search(value) is not None


def _check(type: str) -> Callable[[str, str], None]:
    search = _SEARCH[type]

    def check(value: str, name: str) -> None:
        if search(value) is None:
            raise Broken("FHIR-012", name, type=type, value=value)

    return check


check_base64_binary = _check("base64Binary")
check_canonical = _check("canonical")
check_code = _check("code")
check_oid = _check("oid")
check_time = _check("time")
check_uri = _check("uri")
check_url = _check("url")
check_uuid = _check("uuid")
_check_date = _check("date")
_check_date_time = _check("dateTime")
_check_instant = _check("instant")


def check_id(value: str) -> None:
    """The logical id of a resource: 1 to 64 of A-Z a-z 0-9 - and dot."""
    if _ID(value) is None:
        raise Broken("FHIR-012", "id", type="id", value=value)


def check_ident(value: str, name: str) -> None:
    """Another element of type id."""
    if _ID(value) is None:
        raise Broken("FHIR-012", name, type="id", value=value)


def check_date(value: str, name: str) -> None:
    """A year, a month or a day that is in the calendar."""
    _check_date(value, name)


def check_date_time(value: str, name: str) -> None:
    """A year, a month, a day, or a moment with its zone."""
    if not _is_plain_moment(value):
        _check_date_time(value, name)


def check_instant(value: str, name: str) -> None:
    """A moment to the second or finer, with its zone."""
    if not _is_plain_moment(value):
        _check_instant(value, name)


def _is_plain_moment(value: str) -> bool:
    """Whether it is `YYYY-MM-DDThh:mm:ss[.f…](Z|±hh:mm)` beyond doubt; what is not may still be good.

    `fromisoformat` knows the calendar and is four times as quick as the pattern, but also takes forms FHIR does not
    have (`20240105`, `2024-W01`, a comma); the length and the fixed places rule these out.
    """
    size = len(value)
    if size in (20, 24, 27) and value[-1] == "Z":
        pass
    elif not (size in (25, 29, 32) and value[-3] == ":" and value[-6] in "+-" and value[-5:-3] < "14"):
        return False
    if not (value[4] == value[7] == "-" and value[10] == "T" and value[13] == value[16] == ":"):
        return False
    if value[11:13] == "24" or (value[19] != "." and size not in (20, 25)):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def check_each(values: Iterable[str | None], check: Callable[[str, str], None], name: str) -> None:
    """Every value of a repeating primitive; holes are left to `check_holes`."""
    for index, value in enumerate(values):
        if value is not None:
            check(value, f"{name}[{index}]")


def to_decimal(value: object, name: str) -> Decimal:
    """A decimal from what the parser found; called only where the quick test was in doubt.

    Raises:
        Broken: `FHIR-011` for what is no number, `FHIR-018` for one that no computation could hold.
    """
    if type(value) is int:
        value = Decimal(value)
    if type(value) is not Decimal:
        raise Broken("FHIR-011", name, expected="number", got=_json_kind(value))
    if not value.is_finite() or not -DECIMAL_EXPONENT < value.adjusted() < DECIMAL_EXPONENT:
        raise Broken("FHIR-018", name, limit=DECIMAL_EXPONENT)
    return value


def decimals(values: Iterable[object], name: str) -> list[Decimal | None]:
    """The decimals of a repeating element, with its holes."""
    return [None if one is None else to_decimal(one, f"{name}[{index}]") for index, one in enumerate(values)]


def read_number(text: str) -> Decimal:
    """A JSON number with a point or exponent, as written.

    Raises:
        Broken: `FHIR-018` for an exponent beyond what `Decimal` can hold.
    """
    try:
        return Decimal(text)
    except InvalidOperation:
        raise Broken("FHIR-018", "", limit=DECIMAL_EXPONENT) from None


def _json_kind(value: object) -> str:
    kinds: dict[type, str] = {str: "string", bool: "boolean", dict: "object", list: "array"}
    return kinds.get(type(value), type(value).__name__)
