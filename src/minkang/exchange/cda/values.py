"""What an entry says (`Said`), to FHIR and back."""

from __future__ import annotations

import math
import re
from calendar import monthrange
from functools import lru_cache
from typing import Any

from msgspec import Struct

from minkang.codes.translator import Translator
from minkang.exchange.cda.catalogue import Element
from minkang.exchange.cda.parsing import XSI_TYPE, Node

OFFSET = "+08:00"
_NUMBER = re.compile(r"[-+]?\d{1,15}(?:\.\d{1,10})?")
_TIME = re.compile(r"(\d{4})(?:(\d{2})(?:(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?)?)?)?(?:\.\d+)?([+-]\d{4}|Z)?")
_HOURS, _MINUTES, _MONTHS = 23, 59, 12
LONG = 4000


class Said(Struct, frozen=True):
    """The value of an entry as it stands.

    Attributes:
        type: `xsi:type` (ST, CD, PQ …).
        code, system, display: of CD; `system` is an OID.
        text: of ST, and the `value` of all that have one; `unit`: of PQ and MO.
    """

    type: str
    code: str = ""
    system: str = ""
    display: str = ""
    text: str = ""
    unit: str = ""

    @property
    def empty(self) -> bool:
        """Nothing said."""
        return not (self.code or self.display or self.text)

    @property
    def shown(self) -> str:
        """For people."""
        return self.display or self.text + (f" {self.unit}" if self.unit and self.text else "") or self.code


def said(node: Node) -> Said:
    """The value in a `value` element. A type that is not said is told from the attributes."""
    kind = node.get(XSI_TYPE).rpartition(":")[2]
    code, value = node.get("code"), node.get("value")
    if not kind:
        kind = "CD" if code else "PQ" if node.get("unit") else "ST"
    unit = node.get("unit") or node.get("currency")
    text = value or node.text
    return Said(kind, code, node.get("codeSystem"), node.get("displayName"), text[:LONG], unit)


def number(text: str) -> float | None:
    """A decimal number of reasonable length, else None."""
    if not _NUMBER.fullmatch(text):
        return None
    found = float(text)
    if not math.isfinite(found):
        return None
    return int(found) if "." not in text else found


@lru_cache(maxsize=1 << 14)
def time(text: str) -> str:
    """`20200517`, `202005170831` and longer as FHIR's; empty where it is no time. Without an offset it is China's.

    A day is a date; a time of day without seconds has none.
    """
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return ""
    year, month, day, hour, minute, second, offset = found.groups()
    if not (_is_day(int(year), int(month or 1), int(day or 1)) and _is_clock(hour, minute, second)):
        return ""
    date = "-".join(part for part in (year, month, day) if part)
    if hour is None:
        return date
    zone = "Z" if offset == "Z" else f"{offset[:3]}:{offset[3:]}" if offset else OFFSET
    return f"{date}T{hour}:{minute}:{second or '00'}{zone}"


def _is_day(year: int, month: int, day: int) -> bool:
    return year > 0 and 1 <= month <= _MONTHS and 1 <= day <= monthrange(year, month)[1]


def _is_clock(hour: str | None, minute: str | None, second: str | None) -> bool:
    return int(hour or 0) <= _HOURS and int(minute or 0) <= _MINUTES and int(second or 0) <= _MINUTES


@lru_cache(maxsize=1 << 14)
def stamp(text: str) -> str:
    """A FHIR date or dateTime as CDA writes it; the offset is left out where it is China's."""
    digits = re.sub(r"[-:T]", "", text[:19]) if len(text) > 10 else text.replace("-", "")
    zone = text[19:] if len(text) > 10 else ""
    return digits + ("" if zone in {OFFSET, ""} else zone.replace(":", "") if zone != "Z" else "Z")


def concept(one: Said, element: Element, translator: Translator) -> dict[str, Any]:
    """A CodeableConcept; by the element's map where it has one, else as sent."""
    if element.map:
        return translator.concept(element.map, one.code or ("" if one.display else one.text), one.display)
    return plain_concept(one, element.set)


def plain_concept(one: Said, expected: str = "") -> dict[str, Any]:
    """A CodeableConcept of what was sent, untranslated."""
    found: dict[str, Any] = {}
    if one.code:
        system = one.system or expected
        coding = ({"system": f"urn:oid:{system}" if system[:1].isdigit() else system} if system else {}) | {
            "code": one.code
        }
        found["coding"] = [coding | ({"display": one.display} if one.display else {})]
    if text := one.display or one.text:
        found["text"] = text
    return found


def fhir_value(one: Said, element: Element, translator: Translator) -> Any:
    """The value of an element at its path, by the element's type; None where it cannot be read as that."""
    kind = element.type
    if kind == "CD":
        return concept(one, element, translator)
    if kind in {"PQ", "REAL", "MO", "INT"}:
        amount = number(one.text)
        if amount is None:
            return None
        return _amount(kind, amount, one.unit or element.unit, element, translator)
    if kind == "BL":
        return {"true": True, "1": True, "false": False, "0": False}.get(one.text.lower())
    if kind == "TS":
        return time(one.text) or None
    return one.text or one.display or one.code or None


def _amount(kind: str, amount: float, unit: str, element: Element, translator: Translator) -> Any:
    if kind == "PQ":
        return translator.measure(amount, unit, element.key).quantity()
    if kind == "MO":
        return {"value": amount, "currency": "CNY"}
    if kind == "INT":
        return int(amount) if amount == int(amount) else None
    return amount


def observation_value(one: Said, element: Element | None, translator: Translator) -> dict[str, Any]:
    """`value[x]` of an Observation: by the element where it can be read so, else as it was sent."""
    if element is not None and (value := fhir_value(one, element, translator)) is not None:
        if element.type == "REAL":
            return {"valueQuantity": {"value": value}}
        name = {"CD": "CodeableConcept", "PQ": "Quantity", "BL": "Boolean", "INT": "Integer", "TS": "DateTime"}
        return {f"value{name.get(element.type, 'String')}": value}
    if one.type in {"CD", "CE", "CV"} and (one.code or one.display):
        return {"valueCodeableConcept": plain_concept(one)}
    amount = number(one.text)
    if one.type in {"PQ", "REAL", "INT", "MO"} and amount is not None:
        return {"valueQuantity": translator.measure(amount, one.unit).quantity()}
    return {"valueString": one.shown}
