"""What really is: the county's tables, whole or chunk by chunk, and their Parquet form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

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


def write_truth(truth: Truth | Iterable[Truth], folder: Path | str) -> dict[str, int]:
    """Write one Parquet file a table, one row group a chunk; county tables (institutions, staff, places) beside them.

    Args:
        truth: a whole county, or its chunks one after another (memory stays that of one chunk).

    Returns:
        rows by table.
    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    writers: dict[str, pq.ParquetWriter] = {}
    counts = dict.fromkeys(TABLES, 0)
    county: County | None = None
    try:
        for part in _parts(truth):
            county = part.county
            for name in TABLES:
                table = part.arrow(name)
                if name not in writers:
                    writers[name] = pq.ParquetWriter(place / f"{name}.parquet", table.schema, compression="zstd")
                writers[name].write_table(table)
                counts[name] += table.num_rows
    finally:
        for writer in writers.values():
            writer.close()
    if county is not None:
        for name, table in county_tables(county).items():
            pq.write_table(table, place / f"{name}.parquet", compression="zstd")
            counts[name] = table.num_rows
    return counts


def county_tables(county: County) -> dict[str, pa.Table]:
    """Institutions, staff and places with the positions that the other tables use."""
    institutions = [vars(one) | {"position": number} for number, one in enumerate(county.institutions)]
    staff = {name: pa.array(column) for name, column in county.staff.items()}
    places = [
        {
            "position": number,
            "code": code,
            "name": county.region.divisions[code],
            "residents": int(county.sizes[number]),
        }
        for number, code in enumerate(county.places)
    ]
    return {
        "institutions": pa.Table.from_pylist(institutions),
        "staff": pa.table(staff),
        "places": pa.Table.from_pylist(places),
    }


def _parts(truth: Truth | Iterable[Truth]) -> Iterator[Truth]:
    if isinstance(truth, Truth):
        yield truth
    else:
        yield from truth
