"""A table made from the beginning: slices flattened into staging, then one file a bucket.

Every slice that is done is noted, so a build that was broken off goes on with the next. It reads the store as it stood
at the position it began at, however long it takes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec

from minkang.lake.asides import write_asides
from minkang.lake.buckets import BucketWriter
from minkang.lake.flatten import Aside, Flattener, Workshop
from minkang.lake.manifest import Bucket, TableState, replace_file
from minkang.lake.snapshots import Folder
from minkang.lake.source import Slice, Source
from minkang.lake.tables import Table
from minkang.records.repository import Position
from minkang.views.shape import text_literal

Progress = Callable[[str, int, int], None]
"""Told the table, how many records were read, and about how many there are."""


class _Done(msgspec.Struct):
    """What a build noted: for what, up to where, and how far."""

    digest: str
    buckets: int
    zone: str
    until: Position
    cursor: str = ""
    slices: int = 0
    records: int = 0
    ended: bool = False
    asides: list[Aside] = []


class Build:
    """The making of one table.

    Args:
        until: the position of the feed that the table will stand at, unless an older build goes on.
    """

    def __init__(
        self,
        table: Table,
        shop: Workshop,
        folder: Folder,
        source: Source,
        *,
        until: Position,
        progress: Progress,
    ) -> None:
        self._table = table
        self._connection = shop.connection
        self._folder = folder
        self._source = source
        self._progress = progress
        self._staging = folder.staging(table.name)
        self._flattener = Flattener(table, shop)
        self._done = self._begun(_Done(table.digest, shop.buckets, shop.zone, until))

    def _begun(self, fresh: _Done) -> _Done:
        """What an earlier build of the same noted; where there is none, a clean beginning."""
        try:
            found = msgspec.json.decode((self._staging / "done.json").read_bytes(), type=_Done)
            if (found.digest, found.buckets, found.zone) == (fresh.digest, fresh.buckets, fresh.zone):
                return found
        except (OSError, msgspec.DecodeError):
            pass  # Nothing to go on with, which is the ordinary case.
        shutil.rmtree(self._staging, ignore_errors=True)
        self._staging.mkdir(parents=True)
        return fresh

    def run(self, generation: int, at: str) -> TableState:
        """Make the table; its files are there when this ends, and count when a manifest names them."""
        done, total = self._done, self._source.count(self._table.resource)
        for slice in self._slices():
            self._stage(done.slices, self._flattener.query(slice.records))
            done.asides += self._flattener.asides
            done.cursor, done.ended = slice.cursor, not slice.cursor
            done.slices += 1
            done.records += len(slice.records)
            replace_file(self._staging / "done.json", msgspec.json.encode(done))
            self._progress(self._table.name, done.records, max(total, done.records))
        return self._finished(generation, at)

    def _slices(self) -> Iterator[Slice]:
        """The slices still to do; the next is read while one is worked on."""
        done, source, type = self._done, self._source, self._table.resource
        if done.ended:
            return
        with ThreadPoolExecutor(1) as pool:
            coming = pool.submit(source.everything, type, done.until, done.cursor)
            while True:
                slice = coming.result()
                if slice.cursor:
                    coming = pool.submit(source.everything, type, done.until, slice.cursor)
                yield slice
                if not slice.cursor:
                    return

    def _stage(self, number: int, rows: str) -> None:
        place = self._staging / f"slice-{number:06d}"
        shutil.rmtree(place, ignore_errors=True)  # Half of it may be there from before.
        place.mkdir()
        self._connection.execute(f"COPY ({rows}) TO {text_literal(str(place))} (FORMAT parquet, PARTITION_BY (bucket))")

    def _finished(self, generation: int, at: str) -> TableState:
        done, folder = self._done, self._folder.tables / self._table.name
        writer = BucketWriter(self._table, self._connection, folder, generation)
        buckets: dict[int, Bucket] = {}
        for number in range(done.buckets):
            if any(self._staging.glob(f"slice-*/bucket={number}")):
                files = text_literal(str(self._staging / f"slice-*/bucket={number}/*.parquet"))
                buckets[number] = writer.written(number, f"read_parquet({files}, hive_partitioning = false)")
        asides = write_asides(folder, generation, done.asides)
        return TableState(
            self._table.digest, self._table.version, done.until, buckets, asides, len(done.asides), at, at
        )
