"""What the lake has, for people who govern data: meaning, origin, sensitivity, freshness, completeness, lineage.

Pages and reports read this; it asks the lake only through its manifest and `Lake.sql`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from minkang.errors import Fault
from minkang.lake.asides import read_asides
from minkang.lake.flatten import Aside
from minkang.lake.query import Lake
from minkang.lake.tables import KEY, LEVELS, Table


@dataclass(frozen=True)
class TableCard:
    """A table as the catalogue shows it.

    Attributes:
        title, description: in Chinese and in English.
        resource: the type of record it is made of; empty where it is made of none.
        view: the canonical of its ViewDefinition; empty likewise.
        version: of its definition.
        rows: how many there are now.
        set_aside: records its view could not read.
        at: when it was last brought up to date; `built`: when it was last made anew; ISO 8601 UTC, empty for never.
        level: the highest sensitivity of its columns.
        keep_years: how long its rows are to be kept.
        by_person: whether its rows belong to persons.
        bytes: of its files.
    """

    name: str
    title: str
    description: str
    resource: str
    view: str
    version: str
    rows: int
    set_aside: int
    at: str
    built: str
    level: int
    keep_years: int
    by_person: bool
    bytes: int

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class ColumnCard:
    """A column as the catalogue shows it.

    Attributes:
        zh, en: its name in Chinese, its meaning in English.
        level, sensitivity: how sensitive it is, as a number and in a word (`tables.LEVELS`).
        element: the data element of WS/T 363; empty where there is none.
        path: the FHIRPath it comes from; empty for what the lake adds.
        complete: the share of rows that have a value; None where the table has no rows.
    """

    name: str
    type: str
    zh: str
    en: str
    level: int
    sensitivity: str
    element: str
    path: str
    complete: float | None

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return dataclasses.asdict(self)


class Catalogue:
    """The catalogue of a lake."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def tables(self) -> list[TableCard]:
        """Every table that is there, by name."""
        manifest = self._lake.manifest()
        return [self._card(self._lake.tables[name]) for name in sorted(manifest.tables) if name in self._lake.tables]

    def table(self, name: str) -> TableCard:
        """One table.

        Raises:
            Fault: `LAKE-006`.
        """
        return self._card(self._known(name))

    def columns(self, name: str) -> list[ColumnCard]:
        """The columns of a table, in order, with their completeness over all rows (one pass over the table).

        Raises:
            Fault: `LAKE-006`.
        """
        table = self._known(name)
        counted = ", ".join(f'count("{column.name}") AS "{column.name}"' for column in table.columns)
        # The name was found among the tables; the columns are of its definition.
        found = self._lake.sql(f'SELECT count(*) AS "*", {counted} FROM "{table.name}"').rows()[0]  # noqa: S608
        rows = found["*"]
        return [
            ColumnCard(
                column.name, column.type, column.zh, column.en, column.level, LEVELS[column.level], column.element,
                column.path, found[column.name] / rows if rows else None,
            )
            for column in table.columns
        ]  # fmt: skip

    def unreadable(self, name: str) -> list[Aside]:
        """The records that a table's view could not read, and why.

        Raises:
            Fault: `LAKE-006`.
        """
        self._known(name)
        manifest, lock = self._lake.folder.hold()
        try:
            return read_asides(self._lake.folder.tables / name, manifest.tables[name].asides)
        finally:
            lock.release()

    def lineage(self, name: str, ids: Sequence[str]) -> list[str]:
        """Addresses (`Observation/o1`) in the record store of the records behind rows, by the rows' `id`.

        Raises:
            Fault: `LAKE-006` for an unknown table, and for one that is not made of records.
        """
        table = self._known(name)
        if not table.resource:
            raise Fault("LAKE-006", table=name)
        return [f"{table.resource}/{id}" for id in dict.fromkeys(ids)]

    def rows_of(self, name: str, id: str) -> list[dict[str, Any]]:
        """The rows that one record became.

        Raises:
            Fault: `LAKE-006`.
        """
        table = self._known(name)
        return self._lake.sql(f'SELECT * FROM "{table.name}" WHERE {KEY} = $id', {"id": id}).rows()  # noqa: S608

    def _known(self, name: str) -> Table:
        if name not in self._lake.tables or name not in self._lake.manifest().tables:
            raise Fault("LAKE-006", table=name)
        return self._lake.tables[name]

    def _card(self, table: Table) -> TableCard:
        state = self._lake.manifest().tables[table.name]
        folder = self._lake.folder.tables / table.name
        size = sum((folder / file).stat().st_size for file in state.files if (folder / file).exists())
        return TableCard(
            table.name, table.title, table.description, table.resource, str(table.definition.get("url", "")),
            state.version, state.rows, state.set_aside, state.at, state.built,
            max(column.level for column in table.columns), table.keep_years, table.by_person, size,
        )  # fmt: skip
