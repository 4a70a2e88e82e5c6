"""Tables that are not made of records: population and divisions of the regions, and the audit trail by day.

The first two come from the files of `regions/`. The audit summary is counts only; nobody is named in it.
"""

# ruff: noqa: S608 - the SQL is put together from names of tables, columns and files of the lake; data are parameters

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa  # type: ignore[import-untyped]

from minkang.db import Database, Queries
from minkang.errors import Fault
from minkang.lake.buckets import BucketWriter, select
from minkang.lake.engines.duckdb import Connection
from minkang.lake.manifest import TableState
from minkang.lake.tables import Column, Table
from minkang.records.repository import Position

SQL = Queries.read("minkang.lake", "records.sql")
_OLDEST = 120
_LEVEL = {4: 0, 6: 1, 9: 2, 12: 3}
_FIRST = datetime(1, 1, 2, tzinfo=UTC)
RECOUNT = timedelta(hours=1)
"""The audit trail grows with each refresh that reads the store; by days, it is counted again no oftener than this."""

POPULATION = Table(
    "population",
    "常住人口(年中)",
    "Residents at mid-year by division, sex and age group, one row each",
    (
        Column("region", "VARCHAR", "地区", "Folder of the region", 1),
        Column("id", "VARCHAR", "行标识", "Year, division, sex and first age", 1),
        Column("year", "INTEGER", "年份", "Year", 1),
        Column("county", "VARCHAR", "县区代码", "Code of the county, 6 digits", 1),
        Column("division", "VARCHAR", "乡镇街道代码", "Code of the township, 9 digits", 1),
        Column("gender", "VARCHAR", "性别", "male or female, as in the table of patients", 1),
        Column("age_from", "INTEGER", "年龄下限", "First age of the group, in years", 1),
        Column("age_to", "INTEGER", "年龄上限", "Last age of the group, inclusive; 120 for the open one", 1),
        Column("people", "BIGINT", "人数", "Residents", 1),
        Column("origin", "VARCHAR", "数据性质", "How the figure was come by, such as modelled", 1),
    ),
    keep_years=99,
)
DIVISION = Table(
    "division",
    "行政区划",
    "Divisions from the city or county down, with the one each lies in",
    (
        Column("id", "VARCHAR", "区划代码", "Code: 6 digits county, 9 township, 12 village", 1),
        Column("name", "VARCHAR", "名称", "Name", 1),
        Column("level", "INTEGER", "层级", "0 city, 1 county, 2 township, 3 village", 1),
        Column("within", "VARCHAR", "上级代码", "Code of the division it lies in; empty for the topmost", 1),
        Column("region", "VARCHAR", "地区", "Folder of the region", 1),
    ),
    keep_years=99,
)
AUDIT = Table(
    "audit_day",
    "审计汇总",
    "Looks and writes by day; counts only",
    (
        Column("id", "VARCHAR", "行标识", "Day, interaction, type, outcome and kind of caller", 2),
        Column("day", "DATE", "日期", "Day, in the region's civil time", 2),
        Column("interaction", "VARCHAR", "操作", "What was asked", 2),
        Column("type", "VARCHAR", "资源类型", "Type of resource; empty for the whole store", 2),
        Column("outcome", "VARCHAR", "结果", "ok, or the code of the fault", 2),
        Column("by", "VARCHAR", "主体类别", "program or caller", 2),
        Column("times", "BIGINT", "次数", "How often", 2),
        Column("records", "BIGINT", "记录数", "Records read or written", 2),
        Column("callers", "BIGINT", "主体数", "Different callers", 2),
    ),
    keep_years=10,
)


class Given(Protocol):
    """A table that is not made of records."""

    @property
    def table(self) -> Table:
        """What it is."""

    def state(
        self, connection: Connection, folder: Path, generation: int, before: TableState | None
    ) -> TableState | None:
        """Write it for a generation; None where nothing changed since `before`."""
        ...


class RegionTable:
    """A table from the files of all regions, written when a file changes."""

    def __init__(self, table: Table, file: str, rows: Callable[[str, Iterable[dict[str, str]]], list[Any]]) -> None:
        self.table = table
        self._file = file
        self._rows = rows

    def state(
        self, connection: Connection, folder: Path, generation: int, before: TableState | None
    ) -> TableState | None:
        """See `Given.state`."""
        texts = [(place.name, place.joinpath(self._file).read_text("utf-8")) for place in region_folders()]
        digest = hashlib.sha256(repr((self.table.digest, texts)).encode()).hexdigest()[:16]
        if before and before.digest == digest:
            return None
        rows = [row for region, text in texts for row in self._rows(region, csv.DictReader(text.splitlines()))]
        return written(self.table, connection, folder, generation, rows, digest)


class AuditDays:
    """The audit trail by day: once an hour, the days since the last one seen are counted again."""

    table = AUDIT

    def __init__(self, database: Database, zone: str, every: timedelta = RECOUNT) -> None:
        self._database = database
        self._zone = zone
        self._every = every

    def state(
        self, connection: Connection, folder: Path, generation: int, before: TableState | None
    ) -> TableState | None:
        """See `Given.state`."""
        if before and before.digest == AUDIT.digest and datetime.now(UTC) - _when(before.at) < self._every:
            return None
        kept: list[tuple[Any, ...]] = []
        since = _FIRST
        if before and before.digest == AUDIT.digest and before.rows:
            names = ", ".join(f'"{column.name}"' for column in AUDIT.columns)
            text = select(AUDIT, folder, before.buckets, names)
            last: date = connection.execute(f"SELECT max(day) FROM ({text})").fetchall()[0][0]
            # The last day seen may have gone on; a day's width more, for the zone.
            since = datetime(last.year, last.month, last.day, tzinfo=UTC) - timedelta(days=2)
            cut = last - timedelta(days=1)
            kept = connection.execute(f"SELECT {names} FROM ({text}) WHERE day < $cut", {"cut": cut}).fetchall()
            counted = [row for row in self._days(since) if row[1] >= cut]
        else:
            counted = self._days(since)
        return written(AUDIT, connection, folder, generation, [*kept, *counted], AUDIT.digest)

    def _days(self, since: datetime) -> list[tuple[Any, ...]]:
        with self._database.singly() as connection:
            rows = connection.execute(SQL["audit_days"], {"since": since, "zone": self._zone}).fetchall()
        return [("/".join(map(str, row[:5])), *row) for row in rows]


def _when(at: str) -> datetime:
    return datetime.fromisoformat(at) if at else _FIRST


def region_tables() -> list[Given]:
    """The tables from the files of the regions."""
    return [
        RegionTable(POPULATION, "population.csv", _population),
        RegionTable(DIVISION, "divisions.csv", _divisions),
    ]


def region_folders() -> list[Any]:
    """The folders of all regions: in the wheel beside the code, in a checkout at its root.

    Raises:
        Fault: `LAKE-007` where there are none.
    """
    for place in (files("minkang").joinpath("regions"), Path(__file__).parents[3] / "regions"):
        if place.is_dir():
            return sorted(
                (one for one in place.iterdir() if one.joinpath("population.csv").is_file()), key=lambda one: one.name
            )
    raise Fault("LAKE-007")


def written(  # noqa: PLR0917 - a table, where it goes and what it holds
    table: Table, connection: Connection, folder: Path, generation: int, rows: Sequence[Sequence[Any]], digest: str
) -> TableState:
    """A table of rows as one bucket."""
    columns = ", ".join(f'"{column.name}" {column.type}' for column in table.columns)
    names = [column.name for column in table.columns]
    arrays = {name: [row[number] for row in rows] for number, name in enumerate(names)}
    connection.execute(f"CREATE OR REPLACE TEMP TABLE lake_given ({columns})")
    if rows:
        connection.register("lake_given_rows", pa.table(arrays))
        connection.execute("INSERT INTO lake_given SELECT * FROM lake_given_rows")
        connection.unregister("lake_given_rows")
    bucket = BucketWriter(table, connection, folder, generation).written(0, "lake_given")
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return TableState(digest, table.version, Position(""), {0: bucket}, at=at, built=at)


def _population(region: str, lines: Iterable[dict[str, str]]) -> list[Any]:
    rows = []
    for line in lines:
        year, division, sex, origin = line["year"], line["township"], line["sex"], line["source"]
        gender = {"1": "male", "2": "female"}[sex]
        for group, people in line.items():
            if not group[0].isdigit():
                continue
            first, _, last = group.partition("-")
            low = int(first.removesuffix("+"))
            high = _OLDEST if group.endswith("+") else int(last or first)
            key = f"{year}/{division}/{sex}/{low}"
            rows.append((region, key, int(year), division[:6], division, gender, low, high, int(people), origin))
    return rows


def _divisions(region: str, lines: Iterable[dict[str, str]]) -> list[Any]:
    names = {line["code"]: line["name"] for line in lines}
    cut = {4: 0, 6: 4, 9: 6, 12: 9}
    return [
        (code, name, _LEVEL[len(code)], code[: cut[len(code)]] if code[: cut[len(code)]] in names else "", region)
        for code, name in names.items()
    ]
