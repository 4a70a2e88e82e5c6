"""Records that a view could not read, kept beside its table: which, and why. The records are in the store."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from minkang.lake.flatten import Aside

_SCHEMA = pa.schema([("id", pa.string()), ("code", pa.string()), ("reason", pa.string())])


def write_asides(folder: Path, generation: int, asides: Sequence[Aside]) -> str:
    """Write them to a file of a generation.

    Returns:
        its name; empty where there are none.
    """
    if not asides:
        return ""
    name = f"{generation}-asides.parquet"
    folder.mkdir(parents=True, exist_ok=True)
    rows = [{"id": one.id, "code": one.code, "reason": one.reason} for one in asides]
    pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), folder / name, compression="zstd")
    return name


def read_asides(folder: Path, name: str) -> list[Aside]:
    """Those of a table; none where the name is empty."""
    if not name:
        return []
    return [Aside(**row) for row in pq.read_table(folder / name).to_pylist()]


def without(asides: Sequence[Aside], ids: Collection[str]) -> list[Aside]:
    """Those of other records."""
    return [one for one in asides if one.id not in ids]
