"""What the rules say of one record: two masks of bits, its group, and what would make another record the same."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from minkang.exchange.message import SOURCE
from minkang.exchange.quality.looks import LOOKS, Seen, first, moment_of, values
from minkang.exchange.quality.rules import Dataset, Rule, Rules

WITHDRAWN = {"system": "urn:minkang:exchange", "code": "withdrawn"}
STANDS = "stands"
HOUR = 3600.0
YEARS = range(1850, 2200)
_PERIOD = re.compile(r"(?:^|/)(\d{4})(?:-(\d{2})|-?[qQ]([1-4]))?(?=[.\s,:])")
_RANK_PARTS = 2


class Statement(NamedTuple):
    """Where the standing content of a resource comes from.

    Attributes:
        rank: as text, see `minkang.exchange.intake.ranks`; received, place: of the message.
    """

    rank: str
    received: datetime
    place: str


class Measured(NamedTuple):
    """A row of `quality_record`."""

    id: str
    type: str
    sender: str
    dataset: str
    month: date
    checked: int
    failed: int
    likeness: UUID | None


def dataset_of(body: Mapping[str, Any], rules: Rules) -> Dataset | None:
    """The data set a resource belongs to: the first that fits."""
    categories = {str(code) for code in values(body, "category.coding.code")}
    for one in rules.dataset:
        if one.type == body["resourceType"] and (not one.category or one.category in categories):
            return one
    return None


def measure(body: Mapping[str, Any], statement: Statement | None, rules: Rules) -> Measured | None:
    """Look at a resource (FHIR JSON) by all rules that apply.

    Returns:
        None for a resource that no sender brought, or of a kind without rules. Of one that was withdrawn nothing but
        that is said.
    """
    meta = body.get("meta", {})
    source, dataset = str(meta.get("source", "")), dataset_of(body, rules)
    if dataset is None or not source.startswith(SOURCE):
        return None
    withdrawn = WITHDRAWN in meta.get("tag", ()) or body.get("status") == "entered-in-error"
    stated = statement.rank.split("\x01")[1] if statement and statement.rank.count("\x01") >= _RANK_PARTS else ""
    event = _event(body, dataset)
    seen = Seen(body, withdrawn, stated, _late(stated, statement), event)
    checked = failed = 0
    for rule in rules.of_dataset(dataset):
        if withdrawn and rule.id != STANDS:
            continue
        good = LOOKS[rule.look](seen, rule)
        if good is not None:
            checked |= _bit(rule)
            failed |= 0 if good else _bit(rule)
    sender = source.removeprefix(SOURCE).partition("#")[0]
    month = _month(event if dataset.month == "event" else "") or _month(stated) or _month(str(meta.get("lastUpdated")))
    likeness = None if withdrawn else _likeness(body, dataset, sender)
    part = first(body, dataset.split) if dataset.split else ""
    key = (str(body["id"]), str(body["resourceType"]), sender, f"{dataset.id}/{part}" if part else dataset.id)
    return Measured(*key, month or date(1970, 1, 1), checked, failed, likeness)


def _bit(rule: Rule) -> int:
    return 1 << (rule.number - 1)


def _event(body: Mapping[str, Any], dataset: Dataset) -> str:
    if not dataset.day:
        return ""
    return first(body, dataset.day) or first(body, dataset.day.replace(".start", ".end"))


def _month(text: str) -> date | None:
    digits = text[:10].replace("-", "")
    try:
        found = date(int(digits[:4]), int(digits[4:6] or 1), 1)
    except ValueError:
        return None
    return found if found.year in YEARS else None


def _late(stated: str, statement: Statement | None) -> float | None:
    """Hours from the statement to the arrival: to the receipt, or, where the file's name gives the period it is for,
    at most to the beginning of that period (files of years past are taken in today)."""
    zoned = moment_of(stated)
    if statement is None or zoned is None:
        return None
    late = (statement.received - zoned).total_seconds() / HOUR
    if found := _PERIOD.search(statement.place):
        month = int(found[2]) if found[2] else 3 * int(found[3]) - 2 if found[3] else 1
        if 1 <= month <= 12:
            begins = zoned.replace(year=int(found[1]), month=month, day=1, hour=0, minute=0, second=0)
            late = min(late, (begins - zoned).total_seconds() / HOUR)
    return max(0.0, late)


def _likeness(body: Mapping[str, Any], dataset: Dataset, sender: str) -> UUID | None:
    if not dataset.alike:
        return None
    found = [sorted({str(one) for one in values(body, path)}) for path in dataset.alike]
    if not any(found) or not found[0] or found[0] == [""]:
        return None
    text = repr((sender, dataset.id, found))
    return UUID(bytes=hashlib.sha256(text.encode("utf-8", "replace")).digest()[:16])
