"""What a statement of a search gives back, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from minkang.records.repository import Record
from minkang.records.search.session import Row
from minkang.records.types import type_name

_METHODS: Final[tuple[Literal["create", "update", "delete"], ...]] = ("create", "create", "update", "delete")
FIRST_KEY: Final = 8


@dataclass(frozen=True, slots=True)
class Hit:
    """A record on a page.

    Attributes:
        type: the code of its type.
        rid: its number.
        keys: its sort values as texts.
        total: how many match in all, where the statement counted.
        record: the record itself.
    """

    type: int
    rid: int
    keys: tuple[str | None, ...]
    total: int | None
    record: Record


def hit(row: Row) -> Hit:
    """A row of type, id, version, at, method, body, rid, total, and the sort keys."""
    type, id, version, at, method, body, rid, total = row[:FIRST_KEY]
    record = Record(type_name(type), id, version, at, _METHODS[method], body)
    return Hit(type, rid, row[FIRST_KEY:], total, record)
