"""Turn what the parser says into faults with a place."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from minkang.errors import Fault
from minkang.fhir.broken import Broken
from minkang.fhir.depth import MAX_DEPTH
from minkang.fhir.formats import DECIMAL_EXPONENT, PATTERNS, not_of_form, not_of_kind, shown
from minkang.fhir.schema import codes_of, elements_of
from minkang.fhir.shapes import LONGEST_TEXT

_TYPE_OF_PATTERN = {pattern: name for name, pattern in reversed(PATTERNS.items())}
_PLACE = re.compile(r"(.*?)(?: - at `\$(.*)`)?", re.DOTALL)
_CONTROL = re.compile(rb"\\(?:u00[01]|[bf])")


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
    if isinstance(problem, InvalidOperation):
        return Fault("FHIR-018", _place_of_odd_number(text, where or type), limit=DECIMAL_EXPONENT)
    if isinstance(problem, msgspec.ValidationError):
        return _invalid(problem, text, type, where)
    return _malformed(problem, text, where)


def may_have_control_characters(text: bytes) -> bool:
    """Whether an escape of one stands anywhere (or looks so: a backslash may itself be escaped)."""
    return b"\\" in text and _CONTROL.search(text) is not None


def check_characters(text: bytes, where: str) -> None:
    """Refuse control characters, which JSON can only write as escapes.

    Raises:
        Fault: `FHIR-021`.
    """
    if not may_have_control_characters(text):
        return
    for one, place in _leaves(msgspec.json.decode(text), where):
        if isinstance(one, str):
            bad = next((letter for letter in one if letter < " " and letter not in "\t\r\n"), None)
            if bad is not None:
                raise Fault("FHIR-021", place, character=f"U+{ord(bad):04X}")


def check_empty(text: bytes, where: str) -> None:
    """Refuse empty objects; the types themselves refuse empty arrays and strings.

    Raises:
        Fault: `FHIR-019`.
    """
    for one, place in _leaves(msgspec.json.decode(text), where):
        if one == {}:
            raise Fault("FHIR-019", place)


def _malformed(problem: Exception, text: bytes, where: str) -> Fault:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return Fault("FHIR-003", where)
    if b"\x00" in text[:4]:  # UTF-16 or UTF-32 without a mark may be valid UTF-8
        return Fault("FHIR-003", where)
    said = str(problem)
    if said == "Input data was truncated":
        if re.search(rb"\\u[dD][89a-fA-F]", text):
            return Fault("FHIR-001", where, problem="half a pair of surrogates (\\uD8…)")
        return Fault("FHIR-002", where)
    return Fault("FHIR-001", where, problem=said.removeprefix("JSON is malformed: "))


def _invalid(problem: msgspec.ValidationError, text: bytes, type: str, where: str) -> Fault:
    match = _PLACE.fullmatch(str(problem))
    said, path = (match[1], match[2] or "") if match else (str(problem), "")
    place = (where or type) + path.replace("._", ".")
    if isinstance(problem.__cause__, Broken):
        return _placed(problem.__cause__, place)
    if not type and not path:
        return Fault("FHIR-004", where)
    name = re.fullmatch(r"Object (?:contains unknown|missing required) field `(.*)`", said, re.DOTALL)
    if name:
        return _about_field(said, name[1], place)
    if "matching regex" in said or said.startswith("Invalid"):
        return _of_value(said, str(_value_at(text, path)), type, path, place)
    return _of_kind(said, place.lstrip("."))


def _of_value(said: str, value: str, type: str, path: str, place: str) -> Fault:
    """Faults of form and of code."""
    if "matching regex" in said:
        pattern = ast.literal_eval(said.split("matching regex ")[1])
        return _placed(not_of_form(_TYPE_OF_PATTERN[pattern], value, ""), place)
    if path == ".resourceType":  # given twice, and not alike
        return Fault("FHIR-007", place, expected=type, got=value)
    return Fault("FHIR-013", place, value=shown(value), allowed=", ".join(_codes_at(type, path)))


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
    if said == "Integer value out of range":
        return Fault("FHIR-018", place, limit=DECIMAL_EXPONENT)
    kinds = re.fullmatch(r"Expected `(.*)`, got `(.*)`", said)
    if kinds:
        return _placed(not_of_kind(kinds[1].removesuffix(" | null"), kinds[2], ""), place)
    return Fault("FHIR-024", place, problem=said)


def _placed(problem: Broken, place: str) -> Fault:
    return Fault(problem.code, f"{place}.{problem.where}".rstrip("."), **problem.params)


def _codes_at(type: str, path: str) -> tuple[str, ...]:
    """The codes that are allowed at a path of msgspec (`.contact[0].gender`)."""
    *names, last = re.findall(r"\.(\w+)", path)
    for name in names:
        type = "Element" if name.startswith("_") else elements_of(type)[name].types[0]
    return codes_of(elements_of(type)[last].code_set)


def _value_at(text: bytes, path: str) -> Any:
    """The value a path of msgspec points to (`.contact[0].name`)."""
    value: Any = msgspec.json.decode(text)
    for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", path):
        value = value[name] if name else value[int(index)]
    return value


def _place_of_odd_number(text: bytes, where: str) -> str:
    """Where the number stands whose exponent no `Decimal` can hold."""

    def read(number: str) -> Decimal | None:
        try:
            return Decimal(number)
        except InvalidOperation:
            return None

    whole = msgspec.json.Decoder(float_hook=read).decode(text.replace(b"null", b"0"))
    return next((place for one, place in _leaves(whole, where) if one is None), where)


def _leaves(value: Any, where: str) -> Iterator[tuple[Any, str]]:
    """Every value that holds no other, with its place, in the order of the document."""
    waiting = [(value, where)]
    while waiting:
        one, place = waiting.pop()
        if isinstance(one, dict) and one:
            waiting += [(inner, f"{place}.{name.removeprefix('_')}") for name, inner in reversed(one.items())]
        elif isinstance(one, list):
            waiting += [(inner, f"{place}[{index}]") for index, inner in reversed(list(enumerate(one)))]
        else:
            yield one, place
