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
        text = self.query(records)
        return count_of(self._connection, f"CREATE OR REPLACE TEMP TABLE {self.ROWS} AS {text}")

    def query(self, records: Records) -> str:
        """SQL of a batch's rows, with `bucket`; good until the next batch. Spares who reads it once a copy."""
        self.asides = []
        columns = ", ".join(f'"{output.name}" {output.sql_type}' for output in self._table.compiled.columns)
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE lake_flat ({columns})")
        if not (self._quick and self._at_once(records)):
            self._insert([(id, body) for id, body in records if self._readable(id, body)])
        shaped = self._table.shaped(self._shop.zone, "lake_flat")
        if not self._table.by_person:
            return f"SELECT *, 0 AS bucket FROM ({shaped})"
        found = self._connection.execute(f"SELECT DISTINCT {PATIENT} FROM lake_flat WHERE {PATIENT} IS NOT NULL")
        patients = [patient for (patient,) in found.fetchall()]
        note_persons(self._connection, self._shop.resolver, patients, self._shop.buckets)
        names = ", ".join(f'"{column.name}"' for column in self._table.columns)
        nobody = bucket_of("NULL", self._shop.buckets)
        return (
            f"SELECT {names}, coalesce(bucket, {nobody}) AS bucket "
            f"FROM ({shaped}) LEFT JOIN lake_persons USING ({PATIENT})"
        )

    def _at_once(self, records: Records) -> bool:
        """The whole batch the quick way, which reads a file twice as fast and stops at any doubt; whether it did."""
        place = self._shop.scratch / "batch.ndjson"
        with place.open("wb") as stream:
            stream.write(b"\n".join([*(body for _, body in records), b""]))
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


def note_persons(connection: Connection, resolver: PersonResolver, patients: Sequence[str], buckets: int) -> None:
    """Make the temporary table `lake_persons` (patient_id, person_id, bucket) of some patients."""
    persons = resolver.resolve(patients)
    columns = {
        PATIENT: pa.array(patients, pa.string()),
        PERSON: pa.array([persons[patient] for patient in patients], pa.string()),
    }
    connection.register("lake_given_persons", pa.table(columns))
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE lake_persons AS "
        f"SELECT *, {bucket_of(PERSON, buckets)} AS bucket FROM lake_given_persons"
    )
    connection.unregister("lake_given_persons")


def bucket_of(person: str, buckets: int) -> str:
    """SQL of the bucket of a person: by MD5, which every engine and every version of it has alike."""
    return f"CAST(md5_number_lower(coalesce({person}, '')) % {buckets} AS INTEGER)"


def _aside(id: str, error: Exception) -> Aside:
    raised = _RAISED.search(str(error))
    if raised:
        return Aside(id, raised[1], Fault(raised[1], where=raised[2], reason=raised[2]).text("en"))
    return Aside(id, SLOW, str(error).splitlines()[0])
