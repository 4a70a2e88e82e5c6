"""DuckDB within the process."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import duckdb

Connection = duckdb.DuckDBPyConnection
EngineError = duckdb.Error
Interrupted = duckdb.InterruptException
OutOfMemory = duckdb.OutOfMemoryException


def connect(folder: Path, *, threads: int | None = None, memory: str = "4GiB") -> Connection:
    """A database of one's own, in memory; what does not fit is put aside in `folder`.

    Args:
        folder: an existing folder, removed by the caller.
        threads: how many to use; by default as many as the process may.
        memory: the most it holds in memory, as DuckDB writes it (`4GiB`).
    """
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": threads or len(os.sched_getaffinity(0)),
            "memory_limit": memory,
            "temp_directory": str(folder / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    return quiet(connection)


def quiet(connection: Connection) -> Connection:
    """The connection, which will not draw a progress bar of its own on the terminal."""
    connection.execute("SET enable_progress_bar = false")
    return connection


def count_of(connection: Connection, text: str) -> int:
    """The one whole number that a statement gives, or that it says it wrote."""
    return int(connection.execute(text).fetchall()[0][0])


def shut_in(folder: Path, spill: Path, *, threads: int | None = None, memory: str = "2GiB") -> Connection:
    """A database in memory that can read one folder and nothing else, whose settings nobody can change.

    Args:
        folder: the only place it can read.
        spill: a folder for what does not fit into memory.
    """
    connection = connect(spill, threads=threads, memory=memory)
    for setting in (
        "SET python_enable_replacements = false",
        "SET python_scan_all_frames = false",
        "SET allow_community_extensions = false",
        "SET allow_unsigned_extensions = false",
        "SET allow_persistent_secrets = false",
    ):
        with contextlib.suppress(duckdb.Error):
            connection.execute(setting)
    connection.execute("SET allowed_directories = [$folder]", {"folder": str(folder)})
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection
