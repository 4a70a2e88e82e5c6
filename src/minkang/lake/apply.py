"""Changes of records into one table: new versions, deletions, persons relinked, persons purged."""

# ruff: noqa: S608 - the SQL is put together from names of tables, columns and files of the lake; data are parameters

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path

import msgspec
import pyarrow as pa  # type: ignore[import-untyped]

from minkang.lake.asides import read_asides, without, write_asides
from minkang.lake.buckets import BucketWriter, select
from minkang.lake.engines.duckdb import count_of
from minkang.lake.flatten import Aside, Flattener, Workshop, bucket_of, note_persons
from minkang.lake.manifest import Bucket, TableState
from minkang.lake.tables import KEY, PATIENT, PERSON, Table
from minkang.records.repository import Change

_CHUNK = 50_000


class Newest(msgspec.Struct, frozen=True):
    """The last that was heard of a record.

    Attributes:
        body: None where it was deleted.
        new: whether all that was heard of it began with its first version, so that no row of it can be there yet.
    """

    body: bytes | None
    new: bool


class Latest:
    """What the feed said, the last of each record."""

    def __init__(self) -> None:
        self._types: dict[str, dict[str, Newest]] = {}
        self.size = 0

    def __len__(self) -> int:
        return sum(map(len, self._types.values()))

    def take(self, page: Sequence[Change]) -> None:
        """Some more of the feed."""
        for change in page:
            record = change.record
            of_type = self._types.setdefault(record.type, {})
            before = of_type.get(record.id)
            new = record.version == 1 if before is None else before.new
            of_type[record.id] = Newest(record.body, new)
            self.size += len(record.body or b"")

    def of(self, type: str) -> Mapping[str, Newest]:
        """By id, what was heard of records of a type."""
        return self._types.get(type, {})


class Applier:
    """Changes one table.

    Args:
        folder: of the table.
        generation: the one being made.
    """

    def __init__(
        self,
        table: Table,
        shop: Workshop,
        folder: Path,
        generation: int,
    ) -> None:
        self._table = table
        self._connection = shop.connection
        self._folder = folder
        self._resolver = shop.resolver
        self._generation = generation
        self._buckets = shop.buckets
        self._writer = BucketWriter(table, shop.connection, folder, generation)
        self._flattener = Flattener(table, shop)

    def change(self, state: TableState, latest: Mapping[str, Newest]) -> TableState:
        """New versions of records in place of the old ones."""
        self._flattener.rows([(id, one.body) for id, one in latest.items() if one.body is not None])
        self._keys([id for id, one in latest.items() if not one.new])
        buckets = self._writer.apply(state, Flattener.ROWS)
        return self._with(state, buckets, latest, self._flattener.asides)

    def move(self, state: TableState, patients: Sequence[str]) -> TableState | None:
        """Rows of patients to the persons they now belong to; None where nothing changes."""
        self._rows_of(state, patients)
        note_persons(self._connection, self._resolver, list(dict.fromkeys(patients)), self._buckets)
        self._connection.execute(
            f"DELETE FROM lake_theirs t USING lake_persons p "
            f"WHERE p.{PATIENT} = t.{PATIENT} AND p.{PERSON} IS NOT DISTINCT FROM t.{PERSON}"
        )
        names = ", ".join(f'"{c.name}"' if c.name != PERSON else f"p.{PERSON}" for c in self._table.columns)
        names = names.replace(f'"{PATIENT}"', f"t.{PATIENT}")
        # A record can have rows of several patients (a household), and all rows of a key are replaced at once.
        others = select(self._table, self._folder, state.buckets, self._plain())
        self._connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {Flattener.ROWS} AS "
            f"WITH theirs AS (SELECT * FROM ({others}) SEMI JOIN lake_theirs USING ({KEY})) "
            f"SELECT *, {bucket_of(PERSON, self._buckets)} AS bucket FROM ("
            f"SELECT {names} FROM theirs t JOIN lake_persons p ON p.{PATIENT} = t.{PATIENT} UNION ALL "
            f"SELECT {self._names()} FROM theirs t WHERE t.{PATIENT} IS NULL OR "
            f"t.{PATIENT} NOT IN (SELECT {PATIENT} FROM lake_persons))"
        )
        return self._replaced(state)

    def purge(self, state: TableState, patients: Sequence[str]) -> TableState | None:
        """Without the rows of patients, in any file; None where there were none."""
        self._rows_of(state, patients)
        self._connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {Flattener.ROWS} AS SELECT {self._names()}, "
            f"{bucket_of(PERSON, self._buckets)} AS bucket FROM "
            f"({select(self._table, self._folder, state.buckets, self._plain())}) t "
            f"SEMI JOIN lake_theirs USING ({KEY}) "
            f"WHERE t.{PATIENT} IS NULL OR t.{PATIENT} NOT IN (SELECT {PATIENT} FROM lake_theirs)"
        )
        # Rows that no longer count may lie in a base as well, and a purge is of what lies there.
        hidden = self._hidden_of(state, patients)
        after = self._replaced(state, whole=True)
        if not hidden:
            return after
        folded = {n: self._writer.folded(n, b) for n, b in (after or state).buckets.items() if n in hidden and b.gone}
        return msgspec.structs.replace(after or state, buckets={**(after or state).buckets, **folded})

    def expire(self, state: TableState, before: date, *, dry: bool) -> tuple[int, TableState | None]:
        """Without records all of whose dates are before a day: how many rows, and None where nothing changes."""
        if not self._table.dates:
            return 0, None
        latest = "greatest(" + ", ".join(f'max("{name}")' for name in self._table.dates) + ")"
        text = select(self._table, self._folder, state.buckets, self._plain())
        self._connection.execute(
            f"CREATE OR REPLACE TEMP TABLE lake_theirs AS SELECT {KEY}, count(*) AS rows FROM ({text}) "
            f"GROUP BY {KEY} HAVING {latest} < $before", {"before": before},
        )  # fmt: skip
        count = count_of(self._connection, "SELECT CAST(coalesce(sum(rows), 0) AS BIGINT) FROM lake_theirs")
        if dry or not count:
            return count, None
        self._connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {Flattener.ROWS} AS SELECT *, 0 AS bucket FROM ({text}) LIMIT 0"
        )
        return count, self._replaced(state, whole=True)

    def fold(self, state: TableState) -> TableState | None:
        """With every bucket in one file; None where that is so."""
        many = {n: bucket for n, bucket in state.buckets.items() if bucket.gone or bucket.delta}
        if not many:
            return None
        folded = {number: self._writer.folded(number, bucket) for number, bucket in many.items()}
        return msgspec.structs.replace(state, buckets={**state.buckets, **folded})

    def misplaced(self, state: TableState) -> set[str]:
        """Patients with rows that stand with another person than the resolver's."""
        text = select(self._table, self._folder, state.buckets, f"{PATIENT}, {PERSON}")
        found = self._connection.cursor().execute(f"SELECT DISTINCT {PATIENT}, {PERSON} FROM ({text}) "
                                                  f"WHERE {PATIENT} IS NOT NULL")  # fmt: skip
        wrong: set[str] = set()
        while pairs := found.fetchmany(_CHUNK):
            persons = self._resolver.resolve([patient for patient, _ in pairs])
            wrong |= {patient for patient, person in pairs if persons[patient] != person}
        return wrong

    def _rows_of(self, state: TableState, patients: Sequence[str]) -> None:
        """`lake_theirs`: key, patient and person of the rows of patients."""
        self._connection.register("lake_patients", pa.table({PATIENT: pa.array(list(patients), pa.string())}))
        text = select(self._table, self._folder, state.buckets, f"{KEY}, {PATIENT}, {PERSON}")
        self._connection.execute(
            f"CREATE OR REPLACE TEMP TABLE lake_theirs AS SELECT DISTINCT * FROM ({text}) "
            f"SEMI JOIN lake_patients USING ({PATIENT})"
        )
        self._connection.unregister("lake_patients")

    def _hidden_of(self, state: TableState, patients: Sequence[str]) -> set[int]:
        """Buckets whose base has rows of patients that no longer count."""
        bases = {number: Bucket(base=bucket.base) for number, bucket in state.buckets.items() if bucket.gone}
        if not bases:
            return set()
        self._connection.register("lake_patients", pa.table({PATIENT: pa.array(list(patients), pa.string())}))
        text = select(self._table, self._folder, bases, PATIENT, number=True)
        found = self._connection.execute(
            f"SELECT DISTINCT bucket FROM ({text}) SEMI JOIN lake_patients USING ({PATIENT})"
        ).fetchall()
        self._connection.unregister("lake_patients")
        return {number for (number,) in found}

    def _replaced(self, state: TableState, *, whole: bool = False) -> TableState | None:
        """The rows of the keys in `lake_theirs` replaced by those in `ROWS`."""
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE lake_keys AS SELECT DISTINCT {KEY} FROM lake_theirs")
        if not count_of(self._connection, "SELECT count(*) FROM lake_keys"):
            return None
        buckets = self._writer.apply(state, Flattener.ROWS, whole=whole)
        return msgspec.structs.replace(state, buckets={**state.buckets, **buckets})

    def _keys(self, ids: Collection[str]) -> None:
        self._connection.register("lake_ids", pa.table({KEY: pa.array(list(ids), pa.string())}))
        self._connection.execute("CREATE OR REPLACE TEMP TABLE lake_keys AS SELECT * FROM lake_ids")
        self._connection.unregister("lake_ids")

    def _plain(self) -> str:
        return ", ".join(f'"{column.name}"' for column in self._table.columns)

    def _names(self) -> str:
        return ", ".join(f't."{column.name}"' for column in self._table.columns)

    def _with(
        self, state: TableState, buckets: Mapping[int, Bucket], ids: Mapping[str, Newest], more: Sequence[Aside]
    ) -> TableState:
        asides, count = state.asides, state.set_aside
        if more or asides:
            every = [*without(read_asides(self._folder, state.asides), ids), *more]
            asides, count = write_asides(self._folder, self._generation, every), len(every)
        return msgspec.structs.replace(state, buckets={**state.buckets, **buckets}, asides=asides, set_aside=count)
