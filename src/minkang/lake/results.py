"""The rows of a query as a file: CSV, JSON, Parquet, or a workbook."""

from __future__ import annotations

import datetime
import io
import json
import math
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.csv as pacsv  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from minkang.errors import Fault

FORMATS = ("csv", "json", "parquet", "xlsx")
SHEET_ROWS = 1_048_575
"""Rows a worksheet takes below its head (ECMA-376)."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_result(table: pa.Table, place: Path, format: str) -> None:
    """Write rows to a file, which appears whole or not at all.

    Raises:
        Fault: `LAKE-014` for more rows than a worksheet takes.
    """
    part = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        if format == "parquet":
            pq.write_table(table, part, compression="zstd")
        elif format == "xlsx":
            _write_workbook(table, part)
        else:
            part.write_text(as_text(table, format), "utf-8")
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)


def as_text(table: pa.Table, format: str) -> str:
    """Rows as CSV with a head, or as a JSON array of objects."""
    if format == "json":
        return json.dumps(table.to_pylist(), ensure_ascii=False, default=_plain) + "\n"
    flat = pa.table({name: _flat(column) for name, column in zip(table.column_names, table.columns, strict=True)})
    stream = io.BytesIO()
    pacsv.write_csv(flat, stream, pacsv.WriteOptions(quoting_style="needed"))
    return stream.getvalue().decode()


def _flat(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """What CSV cannot hold, as text: lists and structs as JSON."""
    if pa.types.is_nested(column.type):
        return pa.array(
            [None if v is None else json.dumps(v, ensure_ascii=False, default=_plain) for v in column.to_pylist()]
        )
    if pa.types.is_decimal(column.type):
        return pc.cast(column, pa.string())
    return column


def _write_workbook(table: pa.Table, place: Path) -> None:
    # openpyxl takes a quarter of a second to import.
    from openpyxl import Workbook  # noqa: PLC0415

    if table.num_rows > SHEET_ROWS:
        raise Fault("LAKE-014", rows=f"{table.num_rows:,}", most=f"{SHEET_ROWS:,}")
    book = Workbook(write_only=True)
    sheet = book.create_sheet("result")
    sheet.append(table.column_names)
    for batch in table.to_batches(10_000):
        for row in batch.to_pylist():
            sheet.append([_cell(value) for value in row.values()])
    book.save(place)


def _cell(value: Any) -> Any:
    """A value as a cell: text never becomes a formula, whatever somebody wrote into a record."""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=_plain)
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return str(value)
