"""DuckDB within the process."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

Connection = duckdb.DuckDBPyConnection
EngineError = duckdb.Error


def connect(folder: Path, *, threads: int | None = None, memory: str = "4GiB") -> Connection:
    """A database of one's own, in memory; what does not fit is put aside in `folder`.

    Args:
        folder: an existing folder, removed by the caller.
        threads: how many to use; by default as many as the process may.
        memory: the most it holds in memory, as DuckDB writes it (`4GiB`).
    """
    return duckdb.connect(
        ":memory:",
        config={
            "threads": threads or len(os.sched_getaffinity(0)),
            "memory_limit": memory,
            "temp_directory": str(folder / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
