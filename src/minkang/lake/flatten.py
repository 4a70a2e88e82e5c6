"""Records to rows: the view's SQL over a batch of JSON, then the person, the bucket and the civil times.

What a view cannot read is found (`unreadable.Checker`, then halving the batch) and set aside with its reason; the
other records of the batch become rows all the same.
"""

# ruff: noqa: S608 - the SQL is put together from names of tables, columns and files of the lake; data are parameters

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
from msgspec import Struct

from minkang.errors import Fault
from minkang.lake.engines.duckdb import Connection, EngineError, count_of
from minkang.lake.tables import PATIENT, PERSON, Table
from minkang.lake.unreadable import Checker
from minkang.persons.resolver import PersonResolver
from minkang.views.values import SLOW

_RAISED = re.compile(r"(VIEWS-\d{3})\|(\S*)")
Records = Sequence[tuple[str, bytes]]


class Aside(Struct, frozen=True):
    """A record that a view could not read.

    Attributes:
        id: of the record.
        code: of the fault.
        reason: what was wrong, in English.
    """

    id: str
    code: str
    reason: str


@dataclass(frozen=True)
class Workshop:
    """What it takes to make rows.

    Attributes:
        connection: to the engine, where rows are made in temporary tables.
        scratch: an empty folder.
        resolver: whose records are whose.
        buckets: into how many buckets the rows of persons go.
        zone: of civil times.
    """

    connection: Connection
    scratch: Path
    resolver: PersonResolver
    buckets: int
    zone: str


class Flattener:
    """Makes rows of one table, in a temporary table called `ROWS`."""

    ROWS = "lake_rows"

    def __init__(self, table: Table, shop: Workshop) -> None:
        self._table = table
        self._shop = shop
        self._connection = shop.connection
        self._checker = Checker(table.compiled)
        self._sql = table.compiled.over_table("lake_batch", "resource")
        self._quick = not (table.compiled.as_written or table.compiled.needs_nested)
        self.asides: list[Aside] = []

    def rows(self, records: Records) -> int:
        """Make `ROWS` anew from a batch: the table's columns and `bucket`.

        Returns:
            how many rows there are; `asides` holds what could not be read.
        """
        self.asides = []
        columns = ", ".join(f'"{output.name}" {output.sql_type}' for output in self._table.compiled.columns)
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE lake_flat ({columns})")
        if not (self._quick and self._at_once(records)):
            self._insert([(id, body) for id, body in records if self._readable(id, body)])
        self._place()
        self._connection.execute("DROP TABLE lake_flat")
        return count_of(self._connection, f"SELECT count(*) FROM {self.ROWS}")

    def _at_once(self, records: Records) -> bool:
        """The whole batch the quick way, which reads a file twice as fast and stops at any doubt; whether it did."""
        place = self._shop.scratch / "batch.ndjson"
        with place.open("wb") as stream:
            stream.writelines(line for _, body in records for line in (body, b"\n"))
        try:
            text = f"INSERT INTO lake_flat {self._table.compiled.over_files()}"
            self._connection.execute(text, {"files": [str(place)]})
        except EngineError:
            return False
        finally:
            place.unlink()
        return True

    def _readable(self, id: str, body: bytes) -> bool:
        reason = self._checker.reason(body)
        if reason:
            self.asides.append(Aside(id, SLOW, reason))
        return not reason

    def _insert(self, records: list[tuple[str, bytes]]) -> None:
        """A batch into `lake_flat`; where it fails, its halves, down to the record at fault."""
        if not records:
            return
        texts = pa.array([body for _, body in records], pa.large_binary()).cast(pa.large_string())
        self._connection.register("lake_batch", pa.table({"resource": texts}))
        try:
            self._connection.execute(f"INSERT INTO lake_flat {self._sql}")
        except EngineError as error:
            if len(records) == 1:
                self.asides.append(_aside(records[0][0], error))
                return
            half = len(records) // 2
            self._insert(records[:half])
            self._insert(records[half:])
        finally:
            self._connection.unregister("lake_batch")

    def _place(self) -> None:
        shaped = self._table.shaped(self._shop.zone, "lake_flat")
        if not self._table.by_person:
            self._connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {self.ROWS} AS SELECT *, 0 AS bucket FROM ({shaped})"
            )
            return
        found = self._connection.execute(f"SELECT DISTINCT {PATIENT} FROM lake_flat WHERE {PATIENT} IS NOT NULL")
        register_persons(self._connection, self._shop.resolver, [patient for (patient,) in found.fetchall()])
        names = ", ".join(f'"{column.name}"' for column in self._table.columns)
        self._connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {self.ROWS} AS "
            f"SELECT {names}, {bucket_of(PERSON, self._shop.buckets)} AS bucket "
            f"FROM ({shaped}) LEFT JOIN lake_persons USING ({PATIENT})"
        )
        self._connection.unregister("lake_persons")


def register_persons(connection: Connection, resolver: PersonResolver, patients: Sequence[str]) -> None:
    """Make `lake_persons` (patient_id, person_id) known to the engine."""
    persons = resolver.resolve(patients)
    columns = {
        PATIENT: pa.array(patients, pa.string()),
        PERSON: pa.array([persons[patient] for patient in patients], pa.string()),
    }
    connection.register("lake_persons", pa.table(columns))


def bucket_of(person: str, buckets: int) -> str:
    """SQL of the bucket of a person: by MD5, which every engine and every version of it has alike."""
    return f"CAST(md5_number_lower(coalesce({person}, '')) % {buckets} AS INTEGER)"


def _aside(id: str, error: Exception) -> Aside:
    raised = _RAISED.search(str(error))
    if raised:
        return Aside(id, raised[1], Fault(raised[1], where=raised[2], reason=raised[2]).text("en"))
    return Aside(id, SLOW, str(error).splitlines()[0])
