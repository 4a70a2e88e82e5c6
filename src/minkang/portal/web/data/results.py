"""The rows of a query as a table of a page, as a chart, and as files."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from minkang.lake.query import Result
from minkang.lake.results import write_result
from minkang.portal.web.components import Chart, Series
from minkang.portal.web.tables import Column, Link, Row, Rows, TableQuery
from minkang.portal.web.tables.source import Value

MOST_POINTS = 400
MOST_SERIES = 4
FIRST_COLUMNS = 10
"""Columns that are shown until somebody chooses; more would be too narrow to read."""
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}


class ResultSource:
    """The rows of one answer; sorted and paged as Arrow, since they are all here.

    Args:
        result: the answer.
        addresses: what the `id` of a row leads to, before it; empty where the rows are of no one type of record.
    """

    name = "result"
    paging: Literal["offset", "keyset"] = "offset"

    def __init__(self, result: Result, addresses: str = "") -> None:
        self._table = result.table
        self._addresses = addresses
        names = self._table.column_names
        # Two columns of one name are two columns; the engine allows them, and rows by name would lose one.
        self._keys = [name if names.index(name) == place else f"{name}.{place}" for place, name in enumerate(names)]
        self.columns: Sequence[Column] = [
            Column(
                key, name, _kind(field.type), sortable=not pa.types.is_nested(field.type), shown=place < FIRST_COLUMNS
            )
            for place, (key, name, field) in enumerate(zip(self._keys, names, self._table.schema, strict=True))
        ]

    def rows(self, query: TableQuery) -> Rows:
        """One page."""
        table = self._table
        if query.sort in self._keys:
            order = "descending" if query.descending else "ascending"
            column = table.column(self._keys.index(query.sort))
            table = table.take(pc.sort_indices(column, sort_keys=[("", order)], null_placement="at_end"))
        page = table.slice(query.offset, query.size)
        values = [column.to_pylist() for column in page.columns]
        return Rows([self._row(line) for line in zip(*values, strict=True)] if values else [])

    def count(self, query: TableQuery) -> int:
        """How many rows there are."""
        return int(self._table.num_rows)

    def _row(self, line: Sequence[Any]) -> Row:
        row: dict[str, Value] = {key: _value(value) for key, value in zip(self._keys, line, strict=True)}
        if self._addresses and isinstance(row.get("id"), str):
            row["id"] = Link(str(row["id"]), f"{self._addresses}{row['id']}")
        return row


def _kind(type: pa.DataType) -> Literal["text", "number", "date", "time"]:
    if pa.types.is_integer(type) or pa.types.is_floating(type) or pa.types.is_decimal(type):
        return "number"
    return "date" if pa.types.is_date(type) else "text"


def _value(value: Any) -> Value:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if value is None or isinstance(value, str | int | float | bool | date):
        return value
    return str(value)


def chart_of(result: Result, kind: Literal["line", "bar"], across: str, title: str) -> Chart | None:
    """A simple chart: one column across, up to four columns of numbers up; None where there are no numbers.

    Args:
        across: name of the column across; empty for the first that is no number, else the first.
    """
    table = result.table.slice(0, MOST_POINTS)
    fields = list(table.schema)
    numbers = [one.name for one in fields if _kind(one.type) == "number"]
    others = [one.name for one in fields if one.name not in numbers]
    along = across if across in table.column_names else (others or [one.name for one in fields] or [""])[0]
    shown = [name for name in dict.fromkeys(numbers) if name != along][:MOST_SERIES]
    if not along or not shown or not table.num_rows:
        return None
    places = ["" if value is None else str(value) for value in _column(table, along)]
    series = [
        Series(name, [None if value is None else float(value) for value in _column(table, name)], kind, number == 0)
        for number, name in enumerate(shown)
    ]
    return Chart("result", title, places, series)


def _column(table: pa.Table, name: str) -> list[Any]:
    found: list[Any] = table.column(table.column_names.index(name)).to_pylist()
    return found


def file_of(result: Result, format: str) -> bytes:
    """The rows as a file of one of `TYPES`.

    Raises:
        Fault: `LAKE-014` for more rows than a worksheet takes.
    """
    with tempfile.TemporaryDirectory(prefix="minkang-result-") as folder:
        place = Path(folder) / f"result.{format}"
        write_result(result.table, place, format)
        return place.read_bytes()
