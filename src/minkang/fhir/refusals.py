"""Turn what the parser says into faults with a place."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from minkang.errors import Fault
from minkang.fhir.broken import Broken
from minkang.fhir.depth import MAX_DEPTH
from minkang.fhir.formats import PATTERNS
from minkang.fhir.shapes import LONGEST_TEXT

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
_TYPE_OF_PATTERN = {pattern: name for name, pattern in reversed(PATTERNS.items())}
_PLACE = re.compile(r"(.*?)(?: - at `\$(.*)`)?", re.DOTALL)
_CONTROL = re.compile(rb"\\(?:u00[01]|[bf])")
_SHOWN = 80


def refusal(problem: Exception, text: bytes, type: str, where: str) -> Fault:
    """The fault for an error of the parser.

    Args:
        problem: what msgspec raised.
        text: the body, for the value at the place.
        type: the resource type; empty where not known.
        where: the place of the resource in a larger document; may be empty.
    """
    if isinstance(problem, RecursionError):
        return Fault("FHIR-008", where or type, limit=MAX_DEPTH)
    if isinstance(problem, UnicodeDecodeError):
        return Fault("FHIR-003", where)
    if isinstance(problem, Broken):
        return _broken(problem, "", where or type)
    if isinstance(problem, msgspec.ValidationError):
        return _invalid(problem, text, where or type)
    return _malformed(problem, text, where)


def check_text(text: bytes, where: str) -> None:
    """Refuse control characters, which JSON can only write as escapes.

    Raises:
        Fault: `FHIR-021`.
    """
    if _CONTROL.search(text):
        _check_characters(msgspec.json.decode(text), where)


def _malformed(problem: Exception, text: bytes, where: str) -> Fault:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return Fault("FHIR-003", where)
    if b"\x00" in text[:4]:  # UTF-16 or UTF-32 without a mark may be valid UTF-8
        return Fault("FHIR-003", where)
    said = str(problem)
    if said == "Input data was truncated":
        return Fault("FHIR-002", where)
    return Fault("FHIR-001", where, problem=said.removeprefix("JSON is malformed: "))


def _invalid(problem: msgspec.ValidationError, text: bytes, root: str) -> Fault:
    match = _PLACE.fullmatch(str(problem))
    said, path = (match[1], match[2] or "") if match else (str(problem), "")
    place = root + path.replace("._", ".")
    if isinstance(problem.__cause__, Broken):
        return _broken(problem.__cause__, path, root)
    name = re.fullmatch(r"Object (?:contains unknown|missing required) field `(.*)`", said, re.DOTALL)
    if name:
        return _about_field(said, name[1], place)
    if "matching regex" in said:
        type = _TYPE_OF_PATTERN.get(said.split("matching regex ")[1].strip("'").replace("\\\\", "\\"), "string")
        return _formed(place, type, str(_value_at(text, path)))
    if said.startswith("Invalid enum value"):
        return _outside_codes(place, path, root, str(_value_at(text, path)))
    return _of_kind(said, place)


def _about_field(said: str, name: str, place: str) -> Fault:
    spot = f"{place}.{name}"
    if "unknown" in said:
        return Fault("FHIR-009", spot, type=place, name=name)
    return Fault("FHIR-010", spot, name=name)


def _of_kind(said: str, place: str) -> Fault:
    """Faults of kind, length and range."""
    if re.search(r"of length [<>]= ", said):
        if "<=" in said:
            return Fault("FHIR-020", place, limit=LONGEST_TEXT)
        return Fault("FHIR-019", place)
    if re.search(r"`int` [<>]=", said):
        return Fault("FHIR-022", place, range=said.split("`int` ")[1])
    kinds = re.fullmatch(r"Expected `(.*)`, got `(.*)`", said)
    if kinds:
        expected = kinds[1].removesuffix(" | null")
        return Fault("FHIR-011", place, expected=_KINDS.get(expected, expected), got=_KINDS.get(kinds[2], kinds[2]))
    return Fault("FHIR-024", place, problem=said)


_KINDS = {"str": "string", "bool": "boolean", "int": "number (whole)", "float": "number"}


def _broken(problem: Broken, path: str, root: str) -> Fault:
    place = f"{root}{path.replace('._', '.')}.{problem.where}".rstrip(".")
    if problem.code == "FHIR-012":
        return _formed(place, str(problem.params["type"]), str(problem.params["value"]))
    return Fault(problem.code, place, **problem.params)


def _formed(place: str, type: str, value: str) -> Fault:
    form = _FORMS.get(type, ("格式不对", "its form is wrong"))
    return Fault("FHIR-012", place, type=type, value=_shown(value), form_zh=form[0], form_en=form[1])


def _outside_codes(place: str, path: str, root: str, value: str) -> Fault:
    return Fault("FHIR-013", place, value=_shown(value), allowed="")


def _shown(value: str) -> str:
    return value if len(value) <= _SHOWN else value[:_SHOWN] + "…"


def _value_at(text: bytes, path: str) -> Any:
    """The value a path of msgspec points to (`.contact[0].name`)."""
    value: Any = msgspec.json.decode(text)
    for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", path):
        value = value[name] if name else value[int(index)]
    return value


def _check_characters(value: Any, where: str) -> None:
    waiting = [(value, where)]
    while waiting:
        one, place = waiting.pop()
        if isinstance(one, dict):
            waiting += [(inner, f"{place}.{name}") for name, inner in one.items()]
        elif isinstance(one, list):
            waiting += [(inner, f"{place}[{index}]") for index, inner in enumerate(one)]
        elif isinstance(one, str):
            bad = next((letter for letter in one if letter < " " and letter not in "\t\r\n"), None)
            if bad is not None:
                raise Fault("FHIR-021", place, character=f"U+{ord(bad):04X}")
