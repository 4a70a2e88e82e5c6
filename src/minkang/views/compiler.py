"""A ViewDefinition to one readable SQL text, checked first.

The text has one open end: where the resources come from. `over_files` reads NDJSON with only the columns the view
needs; `over_table` reads JSON text from a table, an Arrow batch or a Spark executor.

The SQL is put together from compiled parts, never from data (hence the marks for the linter): names come from the FHIR
definitions or were checked, and texts of the view stand in quotes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from minkang.errors import Fault
from minkang.views import calls
from minkang.views.columns import Output
from minkang.views.definition import View, read_view
from minkang.views.problems import Problems
from minkang.views.rows import Rows, Step, lone
from minkang.views.shape import Shape, identifier, text_literal
from minkang.views.values import Draft

__all__ = ["Checked", "Compiled", "calls", "check_view", "compile_view"]  # `calls` enters the functions when read

_PASSES = 5


@dataclass(frozen=True)
class Checked:
    """What checking a view found.

    Attributes:
        view: the view as read, also where it has faults.
        faults: what stops it; empty for a good view.
        notices: what its author should know.
        columns: its columns; those with faults are missing.
    """

    view: View
    faults: tuple[Fault, ...]
    notices: tuple[Fault, ...]
    columns: tuple[Output, ...]


@dataclass(frozen=True)
class Compiled:
    """A view as SQL.

    Attributes:
        view: what was compiled.
        columns: name and types of each column.
        as_written: the view needs the digits of decimals as written, which only `over_table` keeps.
        repeats: it walks nested JSON.
    """

    view: View
    columns: tuple[Output, ...]
    as_written: bool
    repeats: bool
    _quick: _Pass
    _careful: _Pass

    @property
    def needs(self) -> Shape:
        """The JSON that the view reads of a resource."""
        return self._careful.draft.root

    @property
    def needs_nested(self) -> Mapping[str, Shape]:
        """By FHIR type, what the view reads of JSON that it opens in a second step (`repeat`, contained resources)."""
        found: dict[str, Shape] = {}
        for shape in self._careful.draft.casts:
            found.setdefault(shape.type, Shape(shape.type, shape.type, False, frozenset())).take(shape)
        return found

    def over_files(self) -> str:
        """SQL with one parameter `$files` (a list of NDJSON files): the quick way.

        It stops with an error whose text begins `VIEWS-027` where a value cannot be read exactly this way (a number
        of more than 15 digits, an object where text should be); the careful way is then to be taken.
        """
        fields = {"resourceType": "VARCHAR", **{n: f.sql() for n, f in self._quick.draft.root.fields.items()}}
        columns = ",\n        ".join(f"{text_literal(name)}: {text_literal(type)}" for name, type in fields.items())
        source = (
            "read_json($files, format = 'newline_delimited', columns = {\n"
            f"        {columns}\n    }})"
        )
        return self._quick.text(source, self.view.resource)

    def over_table(self, table: str = "resources", column: str = "resource") -> str:
        """SQL over a table whose column has the JSON text of one resource: exact, and the same on any engine's batch.

        The JSON is taken as it is: what does not fit a type becomes NULL unless it was checked before.
        """
        root = Shape("", "", False, frozenset())
        root.field("resourceType", "code", False)
        root.fields.update(self._careful.draft.root.fields)
        text, struct = identifier(column), root.struct(exact=self._careful.draft.decimals)
        source = f"(SELECT unnest(TRY_CAST(CAST({text} AS JSON) AS {struct})) FROM {identifier(table)})"  # noqa: S608
        return self._careful.text(source, self.view.resource)


@dataclass(frozen=True)
class _Pass:
    """One pass that reached its end."""

    draft: Draft
    steps: tuple[Step, ...]
    columns: tuple[Output, ...]
    conditions: tuple[str, ...]

    def text(self, source: str, resource: str) -> str:
        """The whole SQL over a source of rows with the resource's elements as columns."""
        tests = [f"r.resourceType = {text_literal(resource)}", *(f"({one})" for one in self.conditions)]
        where = "\n      AND ".join(tests)
        parts = [f"resource AS (\n    SELECT r.*\n    FROM {source} r\n    WHERE {where}\n)"]  # noqa: S608
        columns = ",\n    ".join(f"{column.sql} AS {identifier(column.name)}" for column in self.columns)
        texts = [*(step.sql for step in self.steps), columns]
        before = "resource"
        for number, step in enumerate(self.steps):
            rest = " ".join(texts[number + 1 :])
            parts += _step(step, before, step.index != "" and f"r.{step.index}" in rest)
            before = step.item
        body = "WITH " + ",\n".join(parts) + f"\nSELECT\n    {columns}\nFROM {before} r"
        return re.sub("‹(\\d+)›", lambda found: self.draft.casts[int(found[1])].struct(exact=self.draft.decimals), body)


def _step(step: Step, before: str, placed: bool) -> list[str]:
    """The parts of the text for one unnesting; a list whose places count gets a part of its own."""
    if not placed:
        listed = lone(step.sql, step.keeps, step.nothing)
        return [f"{step.item} AS (\n    SELECT r.*, unnest({listed}) AS {step.item}\n    FROM {before} r\n)"]  # noqa: S608
    whole = f"{step.item}_all"
    listed = lone(step.sql, step.keeps, step.nothing)
    places = f", unnest(range(len(r.{whole}))) AS {step.index}" if placed else ""
    return [
        f"{whole} AS (\n    SELECT r.*, {listed} AS {whole}\n    FROM {before} r\n)",  # noqa: S608
        f"{step.item} AS (\n    SELECT r.*, unnest(r.{whole}) AS {step.item}{places}\n    FROM {whole} r\n)",  # noqa: S608
    ]


def check_view(body: bytes | str | Mapping[str, Any]) -> Checked:
    """All that is wrong with a view, at once.

    Raises:
        Fault: `VIEWS-001` where it is no JSON object.
    """
    problems = Problems()
    view = read_view(body, problems)
    columns: tuple[Output, ...] = ()
    if view.resource:
        columns = _passes(view, problems, careful=True).columns
    return Checked(view, tuple(problems.faults), tuple(problems.notices), columns)


def compile_view(body: bytes | str | Mapping[str, Any] | View) -> Compiled:
    """A view compiled.

    Raises:
        Faults: everything that is wrong with it.
    """
    problems = Problems()
    view = body if isinstance(body, View) else read_view(body, problems)
    problems.raise_if_any()
    careful = _passes(view, problems, careful=True)
    problems.raise_if_any()
    quick = _passes(view, Problems(), careful=False)
    draft = careful.draft
    return Compiled(view, careful.columns, draft.as_written, draft.repeats, quick, careful)


def _passes(view: View, problems: Problems, *, careful: bool) -> _Pass:
    """Compile until no more nodes are found that must stay unread JSON (two passes at most, but for odd views)."""
    raws: frozenset[str] = frozenset()
    for _ in range(_PASSES):
        draft = Draft(view.constants, careful, raws, Shape(view.resource, view.resource, False, raws))
        rows = Rows(view, draft, problems)
        conditions = rows.conditions()
        rows.run()
        if draft.wanted <= raws:
            break
        raws |= draft.wanted
    return _Pass(draft, tuple(rows.steps), tuple(rows.columns), tuple(conditions))
