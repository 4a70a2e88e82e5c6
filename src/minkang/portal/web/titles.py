"""What a record is called in a list: a person's name, a code's words, a date, found without knowing each type."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from minkang.records.repository import Record

_NAMED = ("title", "name", "code", "vaccineCode", "medicationCodeableConcept", "type", "category", "description")
_DATED = (
    "birthDate", "effectiveDateTime", "occurrenceDateTime", "performedDateTime", "onsetDateTime", "authoredOn",
    "date", "recordedDate", "issued", "created",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One line of a list; `method` is `create` for a first version, whichever request made it."""

    type: str
    id: str
    version: int
    at: datetime
    method: str
    deleted: bool
    title: str
    date: str
    synthetic: bool


def row_of(record: Record) -> Row:
    """The line of a record; a deleted one has no title."""
    body: dict[str, Any] = msgspec.json.decode(record.body) if record.body else {}
    return Row(
        type=record.type,
        id=record.id,
        version=record.version,
        at=record.at,
        method="create" if record.version == 1 else record.method,
        deleted=record.deleted,
        title=title_of(body),
        date=_first_date(body),
        synthetic=is_synthetic(body),
    )


def is_synthetic(body: dict[str, Any]) -> bool:
    """Whether a record says of itself that it is test data (`HTEST` of v3 ActReason), which every page repeats."""
    return any(label.get("code") == "HTEST" for label in body.get("meta", {}).get("security", []))


def title_of(body: dict[str, Any]) -> str:
    """The first words a reader would know the record by; empty where there are none."""
    for name in _NAMED:
        if text := _words(body.get(name)):
            return text
    return ""


def _words(value: Any) -> str:
    if isinstance(value, list):
        return _words(value[0]) if value else ""
    if isinstance(value, str):
        return value
    return _words_of(value) if isinstance(value, dict) else ""


def _words_of(value: dict[str, Any]) -> str:
    if text := value.get("text"):
        return str(text)
    if "family" in value or "given" in value:
        return _person(value)
    codings = [value, *value.get("coding", [])]
    return next((str(shown) for one in codings if (shown := one.get("display") or one.get("code"))), "")


def _person(name: dict[str, Any]) -> str:
    """A name as its language writes it: 张伟, but Wei Zhang."""
    family, given = str(name.get("family", "")), [str(part) for part in name.get("given", [])]
    if family and not family.isascii():
        return family + "".join(given)
    return " ".join(part for part in [*given, family] if part)


def _first_date(body: dict[str, Any]) -> str:
    for name in _DATED:
        value = body.get(name)
        if isinstance(value, str):
            return value[:10]
    period = body.get("period") or body.get("effectivePeriod") or body.get("performedPeriod") or {}
    return str(period.get("start", ""))[:10] if isinstance(period, dict) else ""
