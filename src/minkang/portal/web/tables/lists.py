"""A source over rows that are all in memory: some thousands at most."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal

from minkang.portal.web.tables.source import Column, Row, Rows, TableQuery, Value


class ListSource:
    """Sorts, filters and pages a list.

    Args:
        name: of the table.
        columns: text filters find any part of the text, whatever the case.
        rows: all of them, in the order they have when nobody sorts.
    """

    paging: Literal["offset", "keyset"] = "offset"

    def __init__(self, name: str, columns: Sequence[Column], rows: Sequence[Row]) -> None:
        self.name = name
        self.columns = columns
        self._rows = rows
        self._kinds = {column.name: column for column in columns}

    def rows(self, query: TableQuery) -> Rows:
        """One page."""
        kept = self._kept(query)
        if query.sort:
            full = [row for row in kept if row.get(query.sort) is not None]
            empty = [row for row in kept if row.get(query.sort) is None]
            kept = sorted(full, key=lambda row: _order(row.get(query.sort)), reverse=query.descending) + empty
        return Rows(kept[query.offset : query.offset + query.size])

    def count(self, query: TableQuery) -> int:
        """How many rows are left."""
        return len(self._kept(query))

    def _kept(self, query: TableQuery) -> list[Row]:
        return [row for row in self._rows if all(self._fits(row, name, text) for name, text in query.filters.items())]

    def _fits(self, row: Row, name: str, text: str) -> bool:
        name, _, end = name.partition(".")
        value = row.get(name)
        if end:
            return value is not None and _within(value, end, text)
        if self._kinds[name].filter == "choice":
            return _code(value) == text
        return text.casefold() in str(value or "").casefold()


def _within(value: Value, end: str, text: str) -> bool:
    edge: Any = text
    held: Any = value
    if isinstance(value, date):
        held = value.date().isoformat() if isinstance(value, datetime) else value.isoformat()
    else:
        try:
            held, edge = float(str(value)), float(text)
        except ValueError:
            return False
    return bool(held >= edge if end == "from" else held <= edge)


def _code(value: Value) -> str:
    state = getattr(value, "state", None)
    return str(state.value) if state is not None else str(value)


def _order(value: Value) -> tuple[int, Any]:
    """Numbers by size, times by time, everything else as text; kinds do not mix within a column."""
    if isinstance(value, int | float):
        return 0, value
    return (1, value.isoformat()) if isinstance(value, date) else (2, str(value))
