"""The primitive formats of FHIR R4: patterns, and the checks that the generated types call.

Source: FHIR R4 4.0.1, "Data types, primitive types" (the regular expressions there are for XML schema, so the calendar,
which they leave out, is added here).

Every `check_…` takes the value and the element's name and raises `Broken` (`FHIR-012`).
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

_FORMS: dict[str, tuple[str, str]] = {
    "base64Binary": ("应为 Base64 编码", "it must be base64"),
    "canonical": ("应为网址，不含空白", "it must be an address without white space"),
    "code": ("首尾不能有空白，中间只能有单个空格", "no white space at its ends, and single spaces within"),
    "date": ("应为日历上存在的 年、年-月 或 年-月-日", "a year, year-month or year-month-day of the calendar"),
    "dateTime": (
        "应为日历上存在的日期；写到时刻时要有秒和时区，如 2024-02-29T08:30:00+08:00",
        "a date of the calendar; with a time it needs seconds and zone, like 2024-02-29T08:30:00+08:00",
    ),
    "id": ("只能是 1 至 64 个字母、数字、“-”和“.”", "1 to 64 letters, digits, hyphens and dots"),
    "instant": (
        "应为到秒并带时区的时刻，如 2024-02-29T08:30:00+08:00",
        "a moment with seconds and zone, like 2024-02-29T08:30:00+08:00",
    ),
    "oid": ("应为 urn:oid: 开头的标识", "it must look like urn:oid:1.2.3"),
    "time": ("应为 时:分:秒", "it must be hh:mm:ss"),
    "uri": ("不能含空白", "it may not hold white space"),
    "url": ("不能含空白", "it may not hold white space"),
    "uuid": ("应为 urn:uuid: 开头的小写标识", "it must look like urn:uuid: and a UUID in lower case"),
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
    form_zh, form_en = _FORMS.get(type, ("格式不对", "its form is wrong"))
    return Broken("FHIR-012", where, type=type, value=shown(value), form_zh=form_zh, form_en=form_en)


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


def to_decimal(value: object, name: str) -> Decimal:
    """A decimal from what the parser found; called only where the quick test was in doubt.

    Raises:
        Broken: `FHIR-011` for what is no number, `FHIR-018` for one that no computation could hold.
    """
    if type(value) is int:
        value = Decimal(value)
    if type(value) is not Decimal:
        raise not_of_kind("float", _PYTHON_KINDS.get(type(value), "other"), name)
    if not value.is_finite() or not -DECIMAL_EXPONENT < value.adjusted() < DECIMAL_EXPONENT:
        raise Broken("FHIR-018", name, limit=DECIMAL_EXPONENT)
    return value


def decimals(values: Iterable[object], name: str) -> list[Decimal | None]:
    """The decimals of a repeating element, with its holes."""
    return [None if one is None else to_decimal(one, f"{name}[{index}]") for index, one in enumerate(values)]


def not_of_kind(expected: str, got: str, where: str) -> Broken:
    """The fault of a value of another JSON kind; kinds are named as msgspec names them (`str`, `int`, `object` …)."""
    expected_zh, expected_en = _KINDS.get(expected, (expected, expected))
    got_zh, got_en = _KINDS.get(got, (got, got))
    return Broken("FHIR-011", where, expected_zh=expected_zh, expected_en=expected_en, got_zh=got_zh, got_en=got_en)


_KINDS = {
    "str": ("字符串", "string"),
    "bool": ("真假值", "boolean"),
    "int": ("整数", "whole number"),
    "float": ("数字", "number"),
    "null": ("null", "null"),
    "object": ("对象", "object"),
    "array": ("数组", "array"),
}
_PYTHON_KINDS: dict[type, str] = {str: "str", bool: "bool", dict: "object", list: "array", float: "float"}
