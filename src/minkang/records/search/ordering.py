"""The order of a sorted search, worked out from the resources themselves.

The tables give the order of dates, numbers and texts (see `sorting`). Tokens and references are in the tables as hashes
only; a search sorted by those reads its matches and sorts them here. The memory twin sorts everything so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cmp_to_key
from typing import Any, TypeVar

import msgspec

from minkang.fhir.search.matching import Found, sort_key
from minkang.fhir.search.query import Sort
from minkang.records.search.cursors import Place

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a record stands: its values for the sort keys (None where it has none), then type and number."""

    values: tuple[Any, ...]
    type: int
    rid: int


def standing(sorts: Sequence[Sort], found: Found, type: int, rid: int) -> Standing:
    """Where a record stands among others."""
    return Standing(tuple(sort_key(sort, found) for sort in sorts), type, rid)


def in_order(
    sorts: Sequence[Sort], items: Iterable[tuple[Standing, T]], after: Place | None
) -> list[tuple[Standing, T]]:
    """Items in the order asked for, those behind a place only."""
    down = [sort.descending for sort in sorts]

    def compare(one: tuple[Standing, T], other: tuple[Standing, T]) -> int:
        return _compare(one[0], other[0], down)

    place = None if after is None else Standing(_read_values(sorts, after.keys), after.type, after.rid)
    kept = [item for item in items if place is None or _compare(item[0], place, down) > 0]
    return sorted(kept, key=cmp_to_key(compare))


def _compare(one: Standing, other: Standing, down: Sequence[bool]) -> int:
    for mine, theirs, descending in zip(one.values, other.values, down, strict=True):
        if mine != theirs:
            if mine is None or theirs is None:
                return 1 if mine is None else -1
            return 1 if (mine < theirs) == descending else -1
    sign = -1 if down and down[0] else 1
    here, there = (one.type, one.rid), (other.type, other.rid)
    return sign * ((here > there) - (here < there))


def written_values(values: Sequence[Any]) -> tuple[str | None, ...]:
    """Sort values as texts for a cursor."""
    return tuple(None if value is None else _written(value) for value in values)


def _written(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return msgspec.json.encode(value).decode() if isinstance(value, tuple) else str(value)


def _read_values(sorts: Sequence[Sort], texts: Sequence[str | None]) -> tuple[Any, ...]:
    return tuple(None if text is None else _read(sort, text) for sort, text in zip(sorts, texts, strict=True))


def _read(sort: Sort, text: str) -> Any:
    if sort.parameter.type == "date" or sort.parameter.row == "lastUpdated":
        return datetime.fromisoformat(text)
    if sort.parameter.type == "token" and not sort.parameter.row:
        return tuple(msgspec.json.decode(text))
    return Decimal(text) if sort.parameter.type in {"number", "quantity"} else text
