"""The functions on text and the conversions (FHIRPath 2.0, "String Manipulation" and "Conversion")."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from minkang.fhir.path.items import Item, Items
from minkang.fhir.path.scope import Scope
from minkang.fhir.path.temporal import Temporal
from minkang.fhir.path.tree import Call

Run: TypeAlias = Callable[[Scope, Items, Call], Items]


def _text(scope: Scope, items: Items, call: Call) -> str | None:
    """The single text a function works on; None for an empty collection."""
    if len(items) > 1:
        raise scope.fault("FHIRPATH-006", call.at, count=len(items))
    if not items or items[0].value is None:
        return None
    value = items[0].value.text if isinstance(items[0].value, Temporal) else items[0].value
    if not isinstance(value, str):
        raise scope.fault("FHIRPATH-007", call.at, operator=f"{call.name}()")
    return value


def _on_text(work: Callable[..., Any], *kinds: type) -> Run:
    """A function of a text and of arguments of these kinds; empty where the text or an argument is empty."""

    def run(scope: Scope, items: Items, call: Call) -> Items:
        text = _text(scope, items, call)
        given: list[Any] = []
        for kind, node in zip(kinds, call.arguments, strict=False):
            found = scope.run(node)
            if not found:
                return []
            if len(found) > 1 or not isinstance(found[0].value, kind):
                raise scope.fault("FHIRPATH-007", call.at, operator=f"{call.name}()")
            given.append(found[0].value)
        if text is None:
            return []
        try:
            result = work(text, *given)
        except re.error:
            raise scope.fault("FHIRPATH-007", call.at, operator=f"{call.name}()") from None
        if isinstance(result, list):
            return [Item(part) for part in result]
        return [] if result is None else [Item(result)]

    return run


def _substring(text: str, start: int, length: int | None = None) -> str | None:
    if not 0 <= start < len(text):
        return None
    return text[start:] if length is None else text[start : start + max(length, 0)]


def _join(scope: Scope, items: Items, call: Call) -> Items:
    between = scope.run(call.arguments[0])[0].value if call.arguments else ""
    return [Item(str(between).join(str(item.value) for item in items if item.value is not None))] if items else []


def _convert(work: Callable[[Any], Any]) -> Run:
    def run(scope: Scope, items: Items, call: Call) -> Items:
        if len(items) > 1:
            raise scope.fault("FHIRPATH-006", call.at, count=len(items))
        result = work(items[0].value) if items else None
        return [] if result is None else [Item(result)]

    return run


def _to_string(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Temporal):
        return value.text
    return str(value) if isinstance(value, str | int | float | Decimal) else None


def _to_integer(value: Any) -> int | None:
    if isinstance(value, int):
        return int(value)
    return int(value) if isinstance(value, str) and re.fullmatch(r"[+-]?\d{1,18}", value, re.ASCII) else None


def _to_decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool | int | float | Decimal):
        return Decimal(str(int(value) if isinstance(value, bool) else value))
    try:
        return Decimal(value) if isinstance(value, str) and re.fullmatch(r"[+-]?\d+(\.\d+)?", value, re.ASCII) else None
    except InvalidOperation:
        return None


def _to_boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    known = {"true": True, "t": True, "yes": True, "y": True, "1": True, "1.0": True}
    known |= {"false": False, "f": False, "no": False, "n": False, "0": False, "0.0": False}
    return known.get(str(value).lower())


def _to_temporal(kind: str) -> Run:
    def work(value: Any) -> Temporal | None:
        found = value if isinstance(value, Temporal) else Temporal.parse(value) if isinstance(value, str) else None
        if found is None or (found.kind == "time") != (kind == "time"):
            return None
        if kind == "date" and len(found.parts) > 3:
            return Temporal("date", found.parts[:3], None, found.text[:10])
        return found

    return _convert(work)


def _absolute(value: Any) -> Decimal | int | None:
    return None if isinstance(value, bool) or not isinstance(value, int | float | Decimal) else abs(Decimal(str(value)))


STRING_FUNCTIONS: dict[str, tuple[tuple[int, int], Run]] = {
    "startsWith": ((1, 1), _on_text(str.startswith, str)),
    "endsWith": ((1, 1), _on_text(str.endswith, str)),
    "contains": ((1, 1), _on_text(str.__contains__, str)),
    "indexOf": ((1, 1), _on_text(str.find, str)),
    "matches": ((1, 1), _on_text(lambda text, pattern: re.search(pattern, text, re.DOTALL) is not None, str)),
    "replaceMatches": ((2, 2), _on_text(lambda text, pattern, new: re.sub(pattern, new, text), str, str)),
    "replace": ((2, 2), _on_text(str.replace, str, str)),
    "length": ((0, 0), _on_text(len)),
    "substring": ((1, 2), _on_text(_substring, int, int)),
    "upper": ((0, 0), _on_text(str.upper)),
    "lower": ((0, 0), _on_text(str.lower)),
    "trim": ((0, 0), _on_text(str.strip)),
    "split": ((1, 1), _on_text(str.split, str)),
    "join": ((0, 1), _join),
    "toString": ((0, 0), _convert(_to_string)),
    "toInteger": ((0, 0), _convert(_to_integer)),
    "toDecimal": ((0, 0), _convert(_to_decimal)),
    "toBoolean": ((0, 0), _convert(_to_boolean)),
    "toDate": ((0, 0), _to_temporal("date")),
    "toDateTime": ((0, 0), _to_temporal("dateTime")),
    "toTime": ((0, 0), _to_temporal("time")),
    "abs": ((0, 0), _convert(_absolute)),
}
