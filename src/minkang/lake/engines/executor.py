"""What a Spark executor does with a view: the same DuckDB SQL as everywhere, over its batches of JSON text.

Runs in a Python process on the executor, where Minkang is installed; it needs no Spark of its own.
"""

# ruff: noqa: S608 - names of the view's columns, checked

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

import duckdb
import msgspec
import pyarrow as pa  # type: ignore[import-untyped]

from minkang.lake.unreadable import Checker
from minkang.views.compiler import compile_view
from minkang.views.values import SLOW

COLUMN = "resource"
FAULT, PLACE, TEXT = "minkang_fault", "minkang_where", "minkang_resource"
"""Columns beside those of the view, in the rows of resources that it cannot read: code, place or reason, text."""
_BATCH = "lake_batch"
_RAISED = re.compile(r"(VIEWS-\d{3})\|(\S*)")


class _Entry(msgspec.Struct):
    resource: msgspec.Raw = msgspec.Raw(b"")


class _Head(msgspec.Struct):
    resourceType: str = ""
    entry: list[_Entry] = []


_HEAD = msgspec.json.Decoder(_Head)


class Executor:
    """A view in one Python process.

    Args:
        view: its ViewDefinition as JSON.
        aside: give resources that cannot be read as rows of their own; otherwise the first one raises.
    """

    def __init__(self, view: str, *, aside: bool) -> None:
        self._compiled = compile_view(view)
        self._type = self._compiled.view.resource
        self._aside = aside
        casts = ", ".join(
            f'CAST("{one.name}" AS VARCHAR) AS "{one.name}"' if one.sql_type == "TIME" else f'"{one.name}"'
            for one in self._compiled.columns
        )
        none = "".join(f", CAST(NULL AS VARCHAR) AS {name}" for name in (FAULT, PLACE, TEXT)) if aside else ""
        self._sql = f"SELECT {casts}{none} FROM ({self._compiled.over_table(_BATCH, COLUMN)})"

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows of the view for batches with the column `resource`; one engine for all of them."""
        with duckdb.connect(config={"threads": 1}) as connection:
            connection.execute("SET enable_progress_bar = false")
            for batch in batches:
                texts = [text for text in batch.column(COLUMN).to_pylist() if text]
                yield from self._rows(connection, texts if not self._aside else self._readable(texts))
                yield from self._asides()

    @cached_property
    def _checker(self) -> Checker:
        return Checker(self._compiled)

    def _readable(self, texts: list[str]) -> list[str]:
        """The resources of the view's type that it can read; the others of its type are noted."""
        self._found: list[tuple[str, str, str]] = []
        good = []
        for line in texts:
            for text in self._opened(line):
                reason = self._checker.reason(text.encode())
                if reason:
                    self._found.append((SLOW, reason, text))
                else:
                    good.append(text)
        return good

    def _opened(self, line: str) -> Iterator[str]:
        """A line's resources of the view's type; a Bundle is opened."""
        if self._type not in line:
            return
        try:
            head = _HEAD.decode(line)
            if head.resourceType == self._type:
                yield line
            elif head.resourceType == "Bundle":
                for entry in head.entry:
                    body = bytes(entry.resource).decode()
                    if body and _HEAD.decode(body).resourceType == self._type:
                        yield body
        except msgspec.DecodeError as error:
            self._found.append((SLOW, str(error), line))

    def _rows(self, connection: duckdb.DuckDBPyConnection, texts: list[str]) -> Iterator[pa.RecordBatch]:
        """Rows of resources; where they cannot be read, of their halves, down to the one at fault."""
        if not texts:
            return
        connection.register(_BATCH, pa.table({COLUMN: pa.array(texts, pa.large_string())}))
        try:
            found = connection.sql(self._sql).to_arrow_table()
        except duckdb.Error as error:
            if not self._aside:
                raise
            if len(texts) == 1:
                raised = _RAISED.search(str(error))
                code, place = (raised[1], raised[2]) if raised else (SLOW, str(error).splitlines()[0])
                self._found.append((code, place, texts[0]))
                return
            half = len(texts) // 2
            yield from self._rows(connection, texts[:half])
            yield from self._rows(connection, texts[half:])
            return
        yield from found.to_batches()

    def _asides(self) -> Iterator[pa.RecordBatch]:
        """The resources set aside in this batch, as rows in which the view's columns are empty."""
        if not self._aside or not self._found:
            return
        with duckdb.connect(config={"threads": 1}) as connection:
            empty = pa.table({COLUMN: pa.array([], pa.large_string())})
            connection.register(_BATCH, empty)
            schema = connection.sql(self._sql).to_arrow_table().schema
        faults = dict(zip((FAULT, PLACE, TEXT), map(list, zip(*self._found, strict=True)), strict=True))
        columns = [
            pa.array(faults[field.name], field.type) if field.name in faults else pa.nulls(len(self._found), field.type)
            for field in schema
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)
