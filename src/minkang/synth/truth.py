"""What really is: the county's tables, whole or those of one chunk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from minkang.synth.arrays import NEVER, Column, Columns
from minkang.synth.catalogue import texts
from minkang.synth.county import County
from minkang.synth.schema import TABLES

Tables = dict[str, Columns]


@dataclass
class Truth:
    """A county and some or all of its tables (see `schema.TABLES`).

    Attributes:
        county: the plan: region, places, institutions, staff, outbreaks.
        tables: name to columns; days are whole days since 1970-01-01, `NEVER` for none.
    """

    county: County
    tables: Tables = field(default_factory=dict)

    def count(self, table: str) -> int:
        """Rows of a table."""
        return len(self.tables[table]["id"])

    def arrow(self, table: str) -> pa.Table:
        """A table with dates as dates and vocabulary rows as keys."""
        names = TABLES[table]
        return pa.table({name: _arrow(self.tables[table][name], kind) for name, kind in names.items()})


def _arrow(column: Column, kind: str) -> Any:
    if kind == "day":
        missing = (column >= NEVER) | (column <= -NEVER)
        return pa.array(np.where(missing, 0, column).astype(np.int32), mask=missing).cast(pa.date32())
    if kind.startswith("row:"):
        vocabulary = kind.removeprefix("row:")
        keys = texts(vocabulary, "key")
        numbers = pa.array(np.maximum(column, 0).astype(np.int32), mask=column < 0)
        return pa.array(keys, pa.string()).take(numbers)
    if kind == "text":
        return pa.array(column, pa.string())
    if kind in {"minute", "int"}:
        return pa.array(column.astype(np.int32))
    return pa.array(column)
