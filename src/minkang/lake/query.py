"""`Lake.sql`: the one way to query the lake from code, and the engine shut in for it."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from minkang.db.leases import FileLock
from minkang.errors import Fault
from minkang.lake.buckets import select
from minkang.lake.engines.duckdb import Connection, EngineError, Interrupted, OutOfMemory, shut_in
from minkang.lake.given import AUDIT, DIVISION, POPULATION
from minkang.lake.guard import admit
from minkang.lake.manifest import Manifest
from minkang.lake.snapshots import Folder
from minkang.lake.tables import Table, standard_tables

MOST_ROWS = 1_000_000
SECONDS = 60.0
_BATCH = 50_000


@dataclass(frozen=True)
class Result:
    """The answer to a query.

    Attributes:
        table: its rows as Arrow.
        truncated: whether there were more rows than asked for.
        seconds: how long it took.
        generation: of the lake it was answered from.
        read: the tables it read.
    """

    table: pa.Table
    truncated: bool
    seconds: float
    generation: int
    read: tuple[str, ...]

    def rows(self) -> list[dict[str, Any]]:
        """The rows as dictionaries."""
        found: list[dict[str, Any]] = self.table.to_pylist()
        return found


def known_tables() -> dict[str, Table]:
    """Every table the program knows of, by name."""
    return {**standard_tables(), **{table.name: table for table in (POPULATION, DIVISION, AUDIT)}}


class Lake:
    """The lake as one queries it. Safe to share between threads; `close` it, or use it as a context manager.

    Args:
        folder: of the lake.
        tables: definitions, by name; the known ones by default.
        memory: the most one process of the engine holds in memory; beyond it, rows go to the disk.
        threads: how many the engine uses; by default as many as the process may.
    """

    def __init__(
        self,
        folder: Path,
        *,
        tables: Mapping[str, Table] | None = None,
        memory: str = "2GiB",
        threads: int | None = None,
    ) -> None:
        self.folder = Folder(folder)
        self.tables = dict(known_tables() if tables is None else tables)
        self._memory = memory
        self._threads = threads
        self._making = threading.Lock()
        self._open: dict[int, _Generation] = {}

    def sql(
        self,
        text: str,
        params: Mapping[str, Any] | None = None,
        *,
        max_rows: int = MOST_ROWS,
        seconds: float = SECONDS,
        level: int = 4,
        only: Collection[str] | None = None,
    ) -> Result:
        """Answer a query from one generation of the lake, whole, whatever is refreshed meanwhile.

        Args:
            text: one SELECT in DuckDB's SQL; parameters as `$name`.
            max_rows: rows beyond these are left away, and the result says so.
            seconds: how long it may take.
            level: the highest sensitivity of a column it may see (`tables.LEVELS`); others are not there.
            only: tables it may read; all by default.

        Raises:
            Fault: `LAKE-005` before the first refresh, `LAKE-006` for a table that is not there, `LAKE-008` for wrong
                SQL, `LAKE-009` for a query that reaches beyond the lake, `LAKE-010` when it takes too long,
                `LAKE-013` when it needs too much memory.
        """
        began = time.monotonic()
        with self._generation() as generation:
            known = set(generation.manifest.tables) & set(self.tables)
            may = known if only is None else known & set(only)
            admitted = admit(generation.cursor(), text, may, known - may)
            connection = generation.seeing(admitted.tables, level)
            table, truncated = _answer(connection, text, params, max_rows, seconds)
            return Result(
                table, truncated, time.monotonic() - began, generation.manifest.generation,
                tuple(sorted(admitted.tables)),
            )  # fmt: skip

    def manifest(self) -> Manifest:
        """What there is now.

        Raises:
            Fault: `LAKE-005` before the first refresh.
        """
        manifest = self.folder.current()
        if manifest is None:
            raise Fault("LAKE-005", where=str(self.folder.place))
        return manifest

    def close(self) -> None:
        """Let go of the files that are held."""
        with self._making:
            for generation in self._open.values():
                generation.retire()
            self._open.clear()

    def __enter__(self) -> Lake:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @contextmanager
    def _generation(self) -> Iterator[_Generation]:
        """The current generation, held while the block runs; older ones go when their last query ends."""
        with self._making:
            current = self.folder.current()
            number = current.generation if current else -1
            if number not in self._open:
                for older in self._open.values():
                    older.retire()
                manifest, lock = self.folder.hold()
                number = manifest.generation
                self._open = {number: _Generation(self, manifest, lock)}
            found = self._open[number]
            found.enter()
        try:
            yield found
        finally:
            found.leave()

    def _shut_in(self, spill: Path) -> Connection:
        return shut_in(self.folder.tables, spill, threads=self._threads, memory=self._memory)


class _Generation:
    """One generation, open in the engine: a schema for each set of columns that may be seen."""

    def __init__(self, lake: Lake, manifest: Manifest, lock: FileLock) -> None:
        self.manifest = manifest
        self._lake = lake
        self._lock = lock
        self._making = threading.Lock()
        self._users = 0
        self._retired = False
        self._spill = tempfile.TemporaryDirectory(prefix="minkang-lake-")
        self._connection = lake._shut_in(Path(self._spill.name))
        self._made: set[tuple[str, int]] = set()

    def enter(self) -> None:
        """One query more."""
        with self._making:
            self._users += 1

    def leave(self) -> None:
        """One query less."""
        with self._making:
            self._users -= 1
        self._close_if_done()

    def retire(self) -> None:
        """No more queries; closed when the last one ends."""
        self._retired = True
        self._close_if_done()

    def _close_if_done(self) -> None:
        with self._making:
            if self._retired and not self._users and self._lock.held:
                self._connection.close()
                self._lock.release()
                self._spill.cleanup()

    def cursor(self) -> Connection:
        """A connection of the caller's own to the same engine."""
        return self._connection.cursor()

    def seeing(self, names: Collection[str], level: int) -> Connection:
        """A connection to which some tables are there, with the columns up to a level."""
        with self._making:
            schema = f"level_{level}"
            for name in sorted(names):
                if (name, level) not in self._made:
                    self._make(name, schema, level)
                    self._made.add((name, level))
        cursor = self._connection.cursor()
        if names:
            cursor.execute(f"USE {schema}")
        return cursor

    def _make(self, name: str, schema: str, level: int) -> None:
        table = self._lake.tables[name]
        columns = ", ".join(f'"{column.name}"' for column in table.columns if column.level <= level)
        text = select(table, self._lake.folder.tables / name, self.manifest.tables[name].buckets, columns)
        self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        self._connection.execute(f'CREATE VIEW {schema}."{name}" AS {text}')


def _answer(
    connection: Connection, text: str, params: Mapping[str, Any] | None, max_rows: int, seconds: float
) -> tuple[pa.Table, bool]:
    late = threading.Event()

    def stop() -> None:
        late.set()
        connection.interrupt()

    clock = threading.Timer(seconds, stop)
    clock.start()
    try:
        reader = connection.sql(text, params=dict(params) if params else None).to_arrow_reader(_BATCH)
        batches, count = [], 0
        for batch in reader:
            batches.append(batch)
            count += batch.num_rows
            if count > max_rows:
                break
        table = pa.Table.from_batches(batches, reader.schema)
    except Interrupted:
        raise Fault("LAKE-010", seconds=f"{seconds:g}") from None
    except OutOfMemory as error:
        raise Fault("LAKE-013", reason=str(error).splitlines()[0]) from None
    except (EngineError, pa.ArrowException) as error:
        if late.is_set():
            raise Fault("LAKE-010", seconds=f"{seconds:g}") from None
        raise Fault("LAKE-008", reason=str(error).splitlines()[0]) from None
    finally:
        clock.cancel()
        connection.close()
    return table.slice(0, max_rows), table.num_rows > max_rows
