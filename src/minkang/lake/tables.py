"""The tables of the lake: a ViewDefinition each, widened by a person, and by a date and a time for each FHIR time.

A standard table is a file of `lake/tables/`. Beside what SQL on FHIR says, a column carries tags: `minkang/zh` its
Chinese name, `minkang/level` its sensitivity, `minkang/de` the data element of WS/T 363 where one exists.

Two things are added to what a view gives. `person_id` is the person behind `patient_id` (`persons.resolver`), the id
of the patient itself where no link exists. A column of the FHIR types dateTime and instant becomes `NAME_date` (DATE)
and `NAME_at` (TIMESTAMP) in the civil time of the region: a partial date counts from its first day, a day from its
midnight. A column of type date becomes `NAME_date`, or keeps its name where that ends so.
"""

# ruff: noqa: S608 - the SQL is put together from names of tables, columns and files of the lake; data are parameters

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from minkang.errors import Fault
from minkang.views.columns import Output
from minkang.views.compiler import Compiled, compile_view
from minkang.views.definition import View
from minkang.views.shape import identifier, text_literal

LAYOUT = 1
"""Raised when the way rows are made or kept changes, so that every table is made anew."""
LEVELS: Mapping[int, str] = {1: "public", 2: "internal", 3: "personal", 4: "identifying"}
"""Sensitivity of a column: open to all; within the commission; of one person; says who the person is."""
KEY = "id"
PATIENT = "patient_id"
PERSON = "person_id"
_KEEP = "urn:minkang:lake:keep-years"
_REGISTERS = frozenset(("Patient", "RelatedPerson", "Group", "Coverage", "Device"))
_NO_EVENTS = frozenset(("birth_date", "expires_date", "recorded_date", "value_time_date"))
_SINCE_TEXT = ("dateTime", "instant")


@dataclass(frozen=True)
class Column:
    """A column of a lake table.

    Attributes:
        type: of DuckDB.
        zh, en: its name in Chinese, and its meaning.
        level: its sensitivity, a key of `LEVELS`.
        element: the data element of WS/T 363 (`DE02.01.039.00`); empty where there is none.
        path: the FHIRPath it comes from; empty for what the lake adds.
    """

    name: str
    type: str
    zh: str
    en: str
    level: int
    element: str = ""
    path: str = ""


@dataclass(frozen=True)
class Table:
    """A table of the lake.

    Attributes:
        name: what queries call it.
        definition: its ViewDefinition as JSON; empty for a table that is not made of records.
        title, description: in Chinese and in English.
        columns: in order; those of the view with what the lake adds.
        keep_years: how long its rows are to be kept after the year they belong to.
    """

    name: str
    title: str
    description: str
    columns: tuple[Column, ...]
    version: str = "1"
    keep_years: int = 15
    definition: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def compiled(self) -> Compiled:
        """Its view compiled."""
        return compile_view(self.definition)

    @property
    def resource(self) -> str:
        """The type of resource it is made of; empty where it is made of none."""
        return str(self.definition.get("resource", ""))

    @property
    def by_person(self) -> bool:
        """Whether its rows belong to persons, and lie in buckets by person."""
        return any(column.name == PERSON for column in self.columns)

    @property
    def dates(self) -> tuple[str, ...]:
        """The columns that say when a row's event was, not when it was recorded; none for registers of persons."""
        if not self.by_person or self.resource in _REGISTERS:
            return ()
        return tuple(c.name for c in self.columns if c.type == "DATE" and c.name not in _NO_EVENTS)

    @cached_property
    def digest(self) -> str:
        """Changes whenever the table has to be made anew: with its view, its version or the layout of the lake."""
        text = json.dumps([LAYOUT, self.version, self.definition, [c.name for c in self.columns]], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def shaped(self, zone: str, source: str) -> str:
        """SQL of the table's rows, without the person, over a source with the columns of its view.

        Args:
            zone: the region's time zone, such as `Asia/Shanghai`.
        """
        parts = [sql for output in self.compiled.columns for _, _, sql in _widened(output, zone)]
        return f"SELECT {', '.join(parts)} FROM {source}"


def read_table(definition: Mapping[str, Any]) -> Table:
    """A table from its ViewDefinition.

    Raises:
        Faults: what is wrong with the view.
        Fault: `LAKE-002` where it has no name, or no column `id` that is the resource's key.
    """
    compiled = compile_view(definition)
    view = compiled.view
    if not view.name or not any(output.name == KEY for output in compiled.columns):
        raise Fault("LAKE-002", where=view.name or "ViewDefinition")
    given = {column.name: column for column in _columns_of(view)}
    columns: list[Column] = []
    for output in compiled.columns:
        tags = given[output.name].tags
        path = given[output.name].path.text
        level, element = int(tags.get("minkang/level", "3")), tags.get("minkang/de", "")
        zh = tags.get("minkang/zh", output.name)
        columns += [
            Column(name, type, zh, output.description, level, element, path)
            for name, type, _ in _widened(output, "UTC")
        ]
        if output.name == PATIENT:
            columns.append(Column(PERSON, "VARCHAR", "个人标识", "The person whose record this is", 3))
    keep = next((e["valueInteger"] for e in definition.get("extension", ()) if e.get("url") == _KEEP), 15)
    version = str(definition.get("version", "1"))
    return Table(view.name, view.title, view.description, tuple(columns), version, int(keep), definition)


@cache
def standard_tables() -> Mapping[str, Table]:
    """The tables that come with the program, by name."""
    found = (entry for entry in files("minkang.lake").joinpath("tables").iterdir() if entry.name.endswith(".json"))
    tables = [read_table(json.loads(entry.read_text("utf-8"))) for entry in found]
    return {table.name: table for table in sorted(tables, key=lambda one: one.name)}


def _columns_of(view: View) -> Iterator[Any]:
    waiting = list(view.selects)
    while waiting:
        select = waiting.pop()
        yield from select.columns
        waiting += [*select.selects, *select.unions]


def _widened(output: Output, zone: str) -> list[tuple[str, str, str]]:
    """Name, type and SQL of the columns that a column of the view becomes."""
    name = identifier(output.name)
    if output.collection or output.fhir_type not in {*_SINCE_TEXT, "date"} or output.sql_type != "VARCHAR":
        return [(output.name, output.sql_type, name)]
    moment = _moment(name, zone)
    plain = output.name.removesuffix("_date")
    day = (f"{plain}_date", "DATE", f"CAST({moment} AS DATE) AS {plain}_date")
    if output.fhir_type == "date":
        return [day]
    return [day, (f"{plain}_at", "TIMESTAMP", f"{moment} AS {plain}_at")]


def _moment(name: str, zone: str) -> str:
    """A FHIR time as civil time: the instant in the zone, or the first instant of a year, month or day."""
    return (
        f"CASE length({name}) WHEN 10 THEN TRY_CAST({name} AS TIMESTAMP) "
        f"WHEN 7 THEN TRY_CAST({name} || '-01' AS TIMESTAMP) WHEN 4 THEN TRY_CAST({name} || '-01-01' AS TIMESTAMP) "
        f"ELSE timezone({text_literal(zone)}, TRY_CAST({name} AS TIMESTAMPTZ)) END"
    )
