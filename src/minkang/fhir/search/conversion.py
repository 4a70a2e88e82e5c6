"""From FHIR data types (structs) to keys: one function a kind of key and data type.

Each takes the list to add to, the branch, the value and the group. They are called by the extractors that `extraction`
writes, millions of times, hence the plain code: tuples are made directly, without the named tuples' own constructors.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from minkang.fhir.search import dates
from minkang.fhir.search.keys import Number, Reference, Text, Token, Uri
from minkang.fhir.search.numbers import FORMAT, INFINITY
from minkang.fhir.search.text import fold

CURRENCY = "urn:iso:std:iso:4217"
new = tuple.__new__


def coding_tokens(out: list[Token], branch: int, value: Any, group: int) -> None:
    """Coding: its system and code, its display for `:text`."""
    out.append(new(Token, (branch, value.system or "", value.code or "", group, value.display or "")))


def concept_tokens(out: list[Token], branch: int, value: Any, group: int) -> None:
    """CodeableConcept: every coding; its text as a token without code unless a coding already shows it."""
    text = value.text
    for coding in value.coding or ():
        display = coding.display or ""
        out.append(new(Token, (branch, coding.system or "", coding.code or "", group, display)))
        if display == text:
            text = None
    if text:
        out.append(new(Token, (branch, "", "", group, text)))


def identifier_tokens(out: list[Token], branch: int, value: Any, group: int) -> None:
    """Identifier: its system and value, its type's text for `:text`. One without a value is not found."""
    if value.value is not None:
        text = value.type.text if value.type is not None else None
        out.append(new(Token, (branch, value.system or "", value.value, group, text or "")))


def typed_tokens(out: list[Token], branch: int, value: Any, group: int) -> None:
    """Identifier with a type, for `:of-type`: the type's system and `CODE|VALUE`."""
    if value.value is None or value.type is None:
        return
    for coding in value.type.coding or ():
        if coding.code is not None:
            out.append(new(Token, (branch, coding.system or "", f"{coding.code}|{value.value}", group, "")))


def contact_tokens(out: list[Token], branch: int, value: Any, group: int) -> None:
    """ContactPoint: its value, with phone, email, … as the system."""
    if value.value is not None:
        out.append(new(Token, (branch, value.system or "", value.value, group, "")))


def reference_keys(out: list[Reference], branch: int, value: Any, group: int) -> None:
    """Reference: where it points. Pointers to contained resources are not found from outside."""
    address = value.reference
    if address is not None and address[0] != "#":
        out.append(new(Reference, (branch, versionless(address), group)))


def versionless(address: str) -> str:
    """`Patient/1/_history/2` gives `Patient/1`."""
    place = address.find("/_history/")
    return address if place < 0 else address[:place]


def logical_tokens(out: list[Token], branch: int, value: Any, group: int) -> None:
    """The identifier of a logical reference, for `:identifier`."""
    if value.identifier is not None:
        identifier_tokens(out, branch, value.identifier, group)


def canonical_references(out: list[Reference], branch: int, value: str, group: int) -> None:
    """A canonical: as written and, where it names a version, without."""
    out.append(new(Reference, (branch, value, group)))
    if "|" in value:
        out.append(new(Reference, (branch, value[: value.index("|")], group)))


def canonical_uris(out: list[Uri], branch: int, value: str, group: int) -> None:
    """A canonical: as written and, where it names a version, without."""
    out.append(new(Uri, (branch, value, group)))
    if "|" in value:
        out.append(new(Uri, (branch, value[: value.index("|")], group)))


def text_keys(out: list[Text], branch: int, value: str, group: int) -> None:
    """A string."""
    out.append(new(Text, (branch, fold(value), value, group)))


def name_texts(out: list[Text], branch: int, value: Any, group: int) -> None:
    """HumanName: every part. A Chinese name given in parts is also found whole (张 + 三 by 张三)."""
    family, text = value.family, value.text
    given = value.given or ()
    if text is not None:
        text_keys(out, branch, text, group)
    if family is not None:
        text_keys(out, branch, family, group)
        if given and text is None and not family.isascii():
            text_keys(out, branch, family + "".join(part for part in given if part is not None), group)
    for parts in (given, value.prefix or (), value.suffix or ()):
        for part in parts:
            if part is not None:
                text_keys(out, branch, part, group)


def address_texts(out: list[Text], branch: int, value: Any, group: int) -> None:
    """Address: every part."""
    if value.text is not None:
        text_keys(out, branch, value.text, group)
    for line in value.line or ():
        if line is not None:
            text_keys(out, branch, line, group)
    for part in (value.city, value.district, value.state, value.postalCode, value.country):
        if part is not None:
            text_keys(out, branch, part, group)


def number_keys(out: list[Number], branch: int, value: Decimal | int, group: int) -> None:
    """integer or decimal: a point."""
    exact = Decimal(value)
    out.append(new(Number, (branch, exact, exact, "", "", group)))


def quantity_numbers(out: list[Number], branch: int, value: Any, group: int) -> None:
    """Quantity: its value, open on one side where it has a comparator. A unit that is not its code counts besides."""
    if value.value is None:
        return
    low = high = Decimal(value.value)
    if value.comparator is not None:
        low, high = (-INFINITY, high) if value.comparator[0] == "<" else (low, INFINITY)
    _unit_numbers(out, branch, (low, high), value, group)


def _unit_numbers(out: list[Number], branch: int, ends: tuple[Decimal, Decimal], unit: Any, group: int) -> None:
    system, code, human = unit.system or "", unit.code or "", unit.unit or ""
    out.append(new(Number, (branch, *ends, system, code or human, group)))
    if code and human and human != code:
        out.append(new(Number, (branch, *ends, "", human, group)))


def range_numbers(out: list[Number], branch: int, value: Any, group: int) -> None:
    """Range: from low to high, open where absent."""
    low = value.low.value if value.low is not None else None
    high = value.high.value if value.high is not None else None
    if low is not None or high is not None:
        ends = (-INFINITY if low is None else Decimal(low), INFINITY if high is None else Decimal(high))
        _unit_numbers(out, branch, ends, value.low if low is not None else value.high, group)


def money_numbers(out: list[Number], branch: int, value: Any, group: int) -> None:
    """Money: its value, in its currency."""
    if value.value is not None:
        exact = Decimal(value.value)
        out.append(new(Number, (branch, exact, exact, CURRENCY if value.currency else "", value.currency or "", group)))


def sampled_numbers(out: list[Number], branch: int, value: Any, group: int) -> None:
    """SampledData: from its least to its greatest sample."""
    origin, factor = value.origin.value, value.factor
    words = (value.data or "").split()
    # Besides numbers there are E, U and L (error, below, above); `data` is a string, so anything else may be there too.
    samples = [Decimal(word) for word in words if FORMAT.match(word)]
    if not samples or origin is None:
        return
    scaled = [Decimal(origin) + sample * Decimal(1 if factor is None else factor) for sample in samples]
    _unit_numbers(out, branch, (min(scaled), max(scaled)), value.origin, group)


def period_dates(value: Any, zone: tzinfo) -> tuple[datetime, datetime] | None:
    """Period: see `dates.period`."""
    return dates.period(value.start, value.end, zone)


STRINGS = ("string", "markdown")
PLAIN_TOKENS = ("code", "string", "id", "uri", "url", "canonical", "oid")

CONVERTERS: dict[tuple[str, str], Callable[..., None]] = {
    ("tokens", "CodeableConcept"): concept_tokens,
    ("tokens", "Coding"): coding_tokens,
    ("tokens", "Identifier"): identifier_tokens,
    ("tokens", "ContactPoint"): contact_tokens,
    ("references", "Reference"): reference_keys,
    ("references", "canonical"): canonical_references,
    ("references", "uri"): canonical_references,
    ("references", "url"): canonical_references,
    ("texts", "string"): text_keys,
    ("texts", "markdown"): text_keys,
    ("texts", "HumanName"): name_texts,
    ("texts", "Address"): address_texts,
    ("uris", "canonical"): canonical_uris,
    **{("numbers", type): number_keys for type in ("integer", "decimal", "positiveInt", "unsignedInt")},
    **{("numbers", type): quantity_numbers for type in ("Quantity", "Age", "Count", "Distance", "Duration")},
    ("numbers", "Range"): range_numbers,
    ("numbers", "Money"): money_numbers,
    ("numbers", "SampledData"): sampled_numbers,
}
