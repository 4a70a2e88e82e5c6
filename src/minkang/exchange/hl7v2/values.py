"""OBX-5 by its type (OBX-2): the value of an Observation, with units and reference ranges."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from minkang.codes.units import measure
from minkang.exchange.hl7v2.conversion import Conversion
from minkang.exchange.hl7v2.datatypes import Json, concept, kept, period, tables
from minkang.exchange.hl7v2.parsing import Repetition, Segment
from minkang.exchange.hl7v2.times import clock, date_time

LOINC = "http://loinc.org"
OURS = "urn:minkang:code:observation"
NUMBER = r"[+-]?\d{1,15}(?:\.\d{1,12})?"
_NUMBER = re.compile(NUMBER)
_COMPARED = re.compile(rf"(<=|>=|<|>|≤|≥)\s*({NUMBER})")
_BETWEEN = re.compile(rf"({NUMBER})\s*(?:-|--|~|～|－|—|–)\s*({NUMBER})")
SIGNS = {"≤": "<=", "≥": ">="}
MOST_TEXT = 1 << 20


def number(text: str) -> int | float | None:
    """A number as sent; None for what is none."""
    said = text.strip()
    if not _NUMBER.fullmatch(said):
        return None
    return int(said) if said.lstrip("+-").isdigit() else float(said)


def analyte_of(code: Json) -> str:
    """By what the conversions of units know an observation."""
    return next((one["code"] for one in code.get("coding", ()) if one.get("system") in {LOINC, OURS}), "")


@lru_cache(maxsize=1 << 12)
def unit_of(unit: str, analyte: str) -> Json | None:
    """The parts of a Quantity for a unit that is known and needs no conversion; None for any other."""
    found = measure(1.0, unit, analyte)
    return {name: part for name, part in found.quantity().items() if name != "value"} if (
        found.known and not found.converted
    ) else None  # fmt: skip


class Reading:
    """What one OBX says its values are measured in."""

    def __init__(self, c: Conversion, one: Segment, code: Json) -> None:
        self.c = c
        self.one = one
        unit = one.first(6)
        self.unit = unit.get(1) or unit.get(2)
        self.analyte = analyte_of(code)
        self.noted = False

    def quantity(self, text: str, comparator: str = "") -> Json | None:
        """A number in the unit of the analyte; None for what is no number."""
        value = number(text)
        if value is None:
            return None
        plain = unit_of(self.unit, self.analyte)
        if plain is not None:
            return {"value": value} | plain | ({"comparator": SIGNS.get(comparator, comparator)} if comparator else {})
        found = self.c.translator.measure(value, self.unit, self.analyte)
        said: Json = found.quantity()
        if not found.converted:
            said["value"] = value
        elif not self.noted:
            self.noted = True
            self.c.note("HL7-027", self.one.where(6), given=self.unit, taken=found.unit)
        if comparator:
            said["comparator"] = SIGNS.get(comparator, comparator)
        return said


def value_of(reading: Reading, kind: str, part: Repetition) -> Json:
    """`{"valueQuantity": …}` of one repetition of OBX-5; empty where it says nothing."""
    make = _BY_TYPE.get(kind)
    if make is not None and (found := make(reading, part)):
        return found
    if make is not None and kind in _STRICT and part.whole():
        reading.c.note("HL7-025", reading.one.where(5), type=kind, value=part.whole()[:40])
    elif make is None and kind:
        reading.c.note("HL7-026", reading.one.where(2), type=kind)
    return _text(reading, part)


def _text(reading: Reading, part: Repetition) -> Json:
    said = part.whole() if len(part) == 1 else part.shown()
    return {"valueString": said[:MOST_TEXT]} if said else {}


def _quantity(reading: Reading, part: Repetition) -> Json:
    text = part.get(1)
    if match := _COMPARED.fullmatch(text):
        return kept(valueQuantity=reading.quantity(match[2], match[1]))
    return kept(valueQuantity=reading.quantity(text))


def _structured(reading: Reading, part: Repetition) -> Json:
    """SN: comparator, number, separator, number."""
    sign, first, between, second = (part.get(number) for number in range(1, 5))
    low, high = reading.quantity(first), reading.quantity(second)
    if low and not second and sign in {"", "=", "<", ">", "<=", ">="}:
        return {"valueQuantity": low | ({"comparator": sign} if sign not in {"", "="} else {})}
    if low and high and between == "-" and low["value"] <= high["value"]:
        return {"valueRange": {"low": low, "high": high}}
    if low and high and between in {":", "/"}:
        return {"valueRatio": {"numerator": low, "denominator": high}}
    shown = f"{sign}{first}{between}{second}"
    return {"valueString": shown} if shown else {}


def _range(reading: Reading, part: Repetition) -> Json:
    low, high = reading.quantity(part.get(1)), reading.quantity(part.get(2))
    return {"valueRange": kept(low=low, high=high)} if low or high else {}


def _coded(reading: Reading, part: Repetition) -> Json:
    return kept(valueCodeableConcept=concept(part, reading.c.sender))


def _moment(reading: Reading, part: Repetition) -> Json:
    return kept(valueDateTime=date_time(part.get(1), reading.c.zone))


def _clock(reading: Reading, part: Repetition) -> Json:
    return kept(valueTime=clock(part.get(1)))


def _period(reading: Reading, part: Repetition) -> Json:
    return kept(valuePeriod=period(part, reading.c.zone))


_BY_TYPE = {
    "NM": _quantity, "SN": _structured, "NR": _range, "CE": _coded, "CWE": _coded, "CNE": _coded, "CF": _coded,
    "TS": _moment, "DT": _moment, "DTM": _moment, "TM": _clock, "DR": _period,
    "ST": _text, "TX": _text, "FT": _text, "ID": _text, "IS": _text, "SI": _text,
}  # fmt: skip
_STRICT = {"NM", "TS", "DT", "DTM", "TM", "DR", "NR"}


def reference_range(reading: Reading, text: str) -> list[Json] | None:
    """OBX-7: `3.9-6.1`, `<5`, `≥60`, or words; as `referenceRange`."""
    if not text:
        return None
    said: dict[str, Any] = {"text": text}
    if match := _BETWEEN.fullmatch(text):
        low, high = reading.quantity(match[1]), reading.quantity(match[2])
        if low and high and low["value"] <= high["value"]:
            said = {"low": low, "high": high, "text": text}
    elif match := _COMPARED.fullmatch(text):
        bound = reading.quantity(match[2])
        if bound:
            said = {"high" if match[1] in {"<", "<=", "≤"} else "low": bound, "text": text}
    return [said]


def content_type(*names: str) -> str | None:
    """A MIME type of what ED and RP name (`image`, `JPEG`)."""
    known = tables()["content_type"]
    found = next((known[one.upper()] for one in reversed(names) if one.upper() in known), None)
    if found or not names or "/" not in names[-1]:
        main, sub = (*names, "", "")[:2]
        plain = re.fullmatch(r"[a-zA-Z]+", main or "") and re.fullmatch(r"[\w.+-]+", sub or "", re.ASCII)
        return found or (f"{main}/{sub}".lower() if plain else None)
    return None
