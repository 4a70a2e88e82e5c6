"""The lake: how fast it is built, and what 1,000 changes cost when ten million rows are there."""

from __future__ import annotations

import hashlib
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from benchmarks.rows import Row
from benchmarks.views import observation
from minkang.lake.buckets import BucketWriter
from minkang.lake.engines.duckdb import connect
from minkang.lake.flatten import bucket_of
from minkang.lake.manifest import Manifest, TableState
from minkang.lake.query import Lake
from minkang.lake.refresh import Options, Refresher
from minkang.lake.snapshots import Folder
from minkang.lake.source import Slice
from minkang.lake.tables import Table, standard_tables
from minkang.records.repository import Change, Position, Record

ROWS = 10_000_000
CHANGES = 1_000
BUILT = 100_000
PEOPLE = 200_000
BUCKETS = 16
AT = datetime(2026, 1, 1, tzinfo=UTC)
_QUERY = "SELECT effective_date, count(*), avg(value) FROM observation WHERE loinc = '8480-6' GROUP BY 1"


def key(number: int) -> str:
    """The id of a pressure: 36 characters without order, as ids in a store are."""
    return str(UUID(hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()))


def pressure(number: int) -> bytes:
    """A pressure with such an id."""
    return observation(number).strip().replace(f"bp-{number}", key(number), 1).encode()


class Pressures:
    """A store of blood pressures that are made as they are read; `changed` of them have a second version."""

    def __init__(self, count: int) -> None:
        self.total = count
        self.changed: list[int] = []

    def end(self) -> Position:
        """See `Source.end`."""
        return Position(str(len(self.changed)))

    def changes(self, after: Position, until: Position) -> Iterator[list[Change]]:
        """See `Source.changes`."""
        for number in range(int(after or 0), int(until)):
            of = self.changed[number]
            body = pressure(of).replace(b'"value":1', b'"value":2', 1)
            yield [Change(Position(str(number + 1)), Record("Observation", key(of), 2, AT, "update", body))]

    def everything(self, type: str, until: Position, cursor: str) -> Slice:
        """See `Source.everything`."""
        start = int(cursor or 0)
        end = min(start + 40_000, self.total)
        records = [(key(number), pressure(number)) for number in range(start, end)]
        return Slice(str(end) if end < self.total else "", records)

    def count(self, type: str) -> int:
        """See `Source.count`."""
        return self.total


class Made(Pressures):
    """Pressures that are made before they are asked for, so that making them is not measured."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self._slices: dict[str, Slice] = {}
        cursor = ""
        while cursor or not self._slices:
            self._slices[cursor] = super().everything("Observation", Position("0"), cursor)
            cursor = self._slices[cursor].cursor

    def everything(self, type: str, until: Position, cursor: str) -> Slice:
        """See `Source.everything`."""
        return self._slices[cursor]


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of the processor."""
    began, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - used


def written(folder: Folder, table: Table, rows: int) -> None:
    """A lake of so many rows, written by SQL as a build would leave it: three rows a pressure, ids as in the store."""
    with tempfile.TemporaryDirectory() as name, connect(Path(name)) as connection:
        connection.execute("SET preserve_insertion_order = false")
        given = {
            "id": "CAST(CAST(md5(CAST(n AS VARCHAR)) AS UUID) AS VARCHAR)",
            "patient_id": f"'p' || n % {PEOPLE}", "person_id": f"'p' || n % {PEOPLE}",
            "status": "'final'", "panel_code": "'85354-9'",
            "effective_date": "DATE '2024-01-01' + CAST(n % 365 AS INTEGER)",
            "effective_at": "TIMESTAMP '2024-01-01 08:30:00' + INTERVAL (n % 365) DAY", "component": "c",
            "code": "['85354-9', '8480-6', '8462-4'][c + 1]", "loinc": "['85354-9', '8480-6', '8462-4'][c + 1]",
            "system": "'http://loinc.org'", "value": "CASE WHEN c > 0 THEN 60.0 + n % 120 END", "unit": "'mmHg'",
        }  # fmt: skip
        columns = ", ".join(
            f'CAST({given.get(column.name, "NULL")} AS {column.type}) AS "{column.name}"' for column in table.columns
        )
        writer = BucketWriter(table, connection, folder.tables / table.name, 1)
        staged = Path(name) / "staged"
        connection.execute(
            f"COPY (SELECT *, {bucket_of('person_id', BUCKETS)} AS bucket FROM "
            f"(SELECT {columns} FROM range({rows // 3}) a(n), range(3) b(c))) "
            f"TO '{staged}' (FORMAT parquet, PARTITION_BY (bucket))"
        )
        buckets = {
            number: writer.written(number, f"read_parquet('{staged}/bucket={number}/*.parquet')")
            for number in range(BUCKETS)
        }
        state = TableState(table.digest, table.version, Position("0"), buckets)
        with folder.refreshing():
            folder.commit(Manifest(1, BUCKETS, tables={table.name: state}))


def measure() -> list[Row]:
    """Rows of the table; `MINKANG_BENCH_LAKE_ROWS` changes the size."""
    rows = int(os.environ.get("MINKANG_BENCH_LAKE_ROWS", ROWS))
    table = standard_tables()["observation"]
    options = Options(buckets=BUCKETS)
    with tempfile.TemporaryDirectory() as name:
        source = Made(BUILT)
        keeper = Refresher(Folder(Path(name) / "built"), source, tables={table.name: table}, options=options)
        building, worked = timed(keeper.run)
        folder = Folder(Path(name) / "large")
        written(folder, table, rows)
        large = Pressures(rows // 3)
        keeper = Refresher(folder, large, tables={table.name: table}, options=options)
        asked, seconds, used = [], [], []
        with Lake(folder.place) as lake:
            for turn in range(3):
                best = min(lake.sql(_QUERY).seconds for _ in range(3))
                asked.append(best)
                large.changed += [(turn * 7 + number * 3_331) % large.total for number in range(CHANGES)]
                clock, processor = timed(keeper.run)
                seconds.append(clock)
                used.append(processor)
    each = ", ".join(f"{one:.1f}" for one in seconds)
    busy = f"{max(used):.1f} s of processor; the machine's load was {os.getloadavg()[0]:.1f}"
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return [
        Row(
            f"Refresh after {CHANGES:,} changed Observations in a table of {rows:,} rows, {BUCKETS} buckets",
            f"{max(seconds):.1f} s",
            "",
            "under 5 s",
            f"slowest of three in a row ({each} s), {busy}; the table was written by SQL; "
            f"a query over all rows took {asked[0]:.2f} s before, {asked[-1]:.2f} s with two refreshes beside it",
        ),
        Row(
            f"Build the table of observations from {BUILT:,} blood pressures (42 columns, three rows each)",
            f"{BUILT / building:,.0f} resources/s, {BUILT * 3 / building:,.0f} rows/s",
            "",
            "20,000 resources/s of processor",
            f"{BUILT / worked:,.0f} resources/s of processor, the store's part not counted; "
            f"the largest memory of this process, all measurements: {memory:.1f} GiB",
        ),
    ]
