"""Buckets of a table as files: read as they now count, changed by keys and rows, written anew.

A change to a large bucket goes into its small files (delta and gone); when those have grown to a tenth of the base, or
the base is small anyway, the bucket is written anew. So the cost of a refresh follows what changed, and that of a
query grows by a tenth at most.
"""

# ruff: noqa: S608 - the SQL is put together from names of tables, columns and files of the lake; data are parameters

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from minkang.lake.engines.duckdb import Connection, count_of
from minkang.lake.manifest import Bucket, TableState
from minkang.lake.tables import KEY, PERSON, Table
from minkang.views.shape import text_literal

SMALL = 20_000
"""Rows of a base that is rather written anew than given small files."""
SHARE = 0.1
"""Of a base, how much may have changed before it is written anew."""
ROW_GROUP = 100_000
_PARQUET = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP}"


def listed(folder: Path, names: Iterable[str]) -> str:
    """Files as SQL takes them: a list of texts."""
    return "[" + ", ".join(text_literal(str(folder / name)) for name in names) + "]"


def select(table: Table, folder: Path, buckets: Mapping[int, Bucket], columns: str, *, number: bool = False) -> str:
    """SQL of the rows that count in some buckets.

    Args:
        folder: of the table.
        columns: what to select.
        number: add the column `bucket`.
    """
    hive = "hive_partitioning = true, hive_types_autocast = true"
    shown = f"{columns}, CAST(bucket AS INTEGER) AS bucket" if number else columns
    whole = [bucket.base for bucket in buckets.values() if bucket.base and not bucket.gone]
    partly = [bucket for bucket in buckets.values() if bucket.base and bucket.gone]
    whole += [bucket.delta for bucket in buckets.values() if bucket.delta]
    parts = []
    if whole:
        parts.append(f"SELECT {shown} FROM read_parquet({listed(folder, whole)}, {hive})")
    if partly:
        bases = listed(folder, (bucket.base for bucket in partly))
        gone = listed(folder, (bucket.gone for bucket in partly))
        parts.append(
            f"SELECT {shown} FROM read_parquet({bases}, {hive}) ANTI JOIN "
            f"(SELECT {KEY}, bucket FROM read_parquet({gone}, {hive})) USING ({KEY}, bucket)"
        )
    if not parts:
        types = {column.name: column.type for column in table.columns}
        empty = ", ".join(f'CAST(NULL AS {type}) AS "{name}"' for name, type in types.items())
        return f"SELECT {shown} FROM (SELECT {empty}, 0 AS bucket) WHERE false"
    return " UNION ALL ".join(parts)


class BucketWriter:
    """Writes the buckets of one table for one generation.

    Args:
        folder: of the table.
        generation: the one being made; it is in the names of the files.
    """

    def __init__(self, table: Table, connection: Connection, folder: Path, generation: int) -> None:
        self._table = table
        self._connection = connection
        self._folder = folder
        self._generation = generation
        self._columns = ", ".join(f'"{column.name}"' for column in table.columns)
        self._order = f"{PERSON}, {KEY}" if table.by_person else KEY

    def apply(self, state: TableState, rows: str, *, whole: bool = False) -> dict[int, Bucket]:
        """Change a table: drop the rows of some keys, add others.

        Args:
            rows: a temporary table of the table's columns and `bucket`; the keys, in whatever buckets they now
                are, stand in the temporary table `lake_keys` (id).
            whole: leave no trace of what is dropped: write all touched buckets anew.

        Returns:
            the buckets that changed.
        """
        self._find(state)
        touched = self._connection.execute(
            f"SELECT DISTINCT bucket FROM {rows} UNION SELECT DISTINCT bucket FROM lake_found "
            "UNION SELECT DISTINCT bucket FROM lake_stale"
        ).fetchall()
        return {
            number: self._changed(number, state.buckets.get(number, Bucket()), rows, whole=whole)
            for (number,) in sorted(touched)
        }

    def _find(self, state: TableState) -> None:
        """Where the keys are: `lake_found` in bases, with how many rows that still count; `lake_stale` in deltas."""
        bases = {n: Bucket(base=b.base, rows=b.rows, gone=b.gone) for n, b in state.buckets.items() if b.base}
        deltas = {n: Bucket(base=b.delta) for n, b in state.buckets.items() if b.delta}
        for name, buckets in (("lake_found", bases), ("lake_stale", deltas)):
            text = select(self._table, self._folder, buckets, KEY, number=True)
            self._connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT bucket, {KEY}, CAST(count(*) AS BIGINT) AS rows "
                f"FROM ({text}) SEMI JOIN lake_keys USING ({KEY}) GROUP BY ALL"
            )

    def _changed(self, number: int, bucket: Bucket, rows: str, *, whole: bool) -> Bucket:
        added = count_of(self._connection, f"SELECT count(*) FROM {rows} WHERE bucket = {number}")
        dropped = count_of(self._connection, f"SELECT coalesce(sum(rows), 0) FROM lake_found WHERE bucket = {number}")
        beside = bucket.fresh + added + bucket.hidden + dropped
        if whole or bucket.rows < SMALL or beside > bucket.rows * SHARE:
            return self._rewritten(number, bucket, f"SELECT {self._columns} FROM {rows} WHERE bucket = {number}")
        before = Bucket(base=bucket.delta)
        delta, fresh = self._write(
            number, "delta",
            f"{self._kept(number, before)} UNION ALL SELECT {self._columns} FROM {rows} WHERE bucket = {number}",
        )  # fmt: skip
        gone, hidden = bucket.gone, bucket.hidden
        if dropped:
            gone = self._name(number, "gone")
            older = f"UNION ALL SELECT {KEY}, rows FROM read_parquet({listed(self._folder, [bucket.gone])})"
            self._copy(
                f"SELECT {KEY}, rows FROM lake_found WHERE bucket = {number} {older if bucket.gone else ''}", gone
            )
            hidden += dropped
        return Bucket(bucket.base, bucket.rows, gone, hidden, delta, fresh)

    def folded(self, number: int, bucket: Bucket) -> Bucket:
        """A bucket written anew as it now counts."""
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE lake_keys ({KEY} VARCHAR)")
        return self._rewritten(number, bucket, "")

    def written(self, number: int, rows: str) -> Bucket:
        """A new bucket of some rows."""
        base, count = self._write(number, "base", f"SELECT {self._columns} FROM {rows}")
        return Bucket(base, count)

    def _rewritten(self, number: int, bucket: Bucket, more: str) -> Bucket:
        text = self._kept(number, bucket) + (f" UNION ALL {more}" if more else "")
        base, count = self._write(number, "base", text)
        return Bucket(base, count)

    def _kept(self, number: int, bucket: Bucket) -> str:
        """SQL of a bucket's rows but those of the keys."""
        text = select(self._table, self._folder, {number: bucket}, self._columns)
        return f"SELECT {self._columns} FROM ({text}) ANTI JOIN lake_keys USING ({KEY})"

    def _write(self, number: int, kind: str, text: str) -> tuple[str, int]:
        name = self._name(number, kind)
        count = self._copy(f"SELECT * FROM ({text}) ORDER BY {self._order}", name)
        if not count:
            (self._folder / name).unlink()
            return "", 0
        return name, count

    def _name(self, number: int, kind: str) -> str:
        return f"bucket={number:02d}/{self._generation}-{kind}.parquet"

    def _copy(self, text: str, name: str) -> int:
        place = self._folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        return count_of(self._connection, f"COPY ({text}) TO {text_literal(str(place))} ({_PARQUET})")
