"""Selections to rows: each `forEach` is one step that unnests a list; a union is one list of structs, unnested.

Everything is an expression over one resource, so that a resource is read once, rows keep their order, and the same text
runs over files and over Arrow batches. Source: SQL on FHIR v2, "Processing Algorithm".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from minkang.errors import Fault
from minkang.views.columns import Output, output_of, placed, type_list
from minkang.views.definition import Column, Iteration, Path, Select, View
from minkang.views.expressions import boolean, compiled
from minkang.views.kinds import is_primitive
from minkang.views.problems import Problems
from minkang.views.shape import identifier, text_literal
from minkang.views.values import (
    DEEP,
    Choice,
    Draft,
    Scope,
    Value,
    converted,
    each,
    is_name,
    stop,
)

DEEPEST = 32
"""How many levels `repeat` follows."""


@dataclass
class Step:
    """One unnesting.

    Attributes:
        sql: the list.
        item: the name of its items.
        index: the name of their places, where they are asked for.
        keeps: an empty list still gives a row, of nothing.
        nothing: the test of a row of nothing, which stays one.
    """

    sql: str
    item: str
    index: str = ""
    keeps: bool = False
    nothing: str = ""


@dataclass(frozen=True)
class Level:
    """Where a selection stands: the scope of its paths and the test of a row that `forEachOrNull` made of nothing."""

    scope: Scope
    nothing: str = ""


@dataclass
class Rows:
    """All steps and columns of one pass."""

    view: View
    draft: Draft
    problems: Problems
    steps: list[Step] = field(default_factory=list)
    columns: list[Output] = field(default_factory=list)

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Keep a fault met inside instead of stopping at it."""
        try:
            yield
        except Fault as fault:
            self.problems.keep(fault)

    def scope(self, path: Path, level: Level) -> Scope:
        """The scope of one path at a level."""
        return replace(level.scope, path=path)

    def run(self) -> None:
        """Compile all selections of the view."""
        row = Value("r", self.view.resource, shape=self.draft.root, is_row=True)
        scope = Scope(self.draft, row, row, Path("", ""))
        for select in self.view.selects:
            self.columns += self.select(select, Level(scope))
        self.unique()

    def conditions(self) -> list[str]:
        """The view's `where` as SQL conditions."""
        row = Value("r", self.view.resource, shape=self.draft.root, is_row=True)
        found = []
        for path in filter(lambda path: path.text, self.view.where):
            with self.gathering():
                scope = Scope(self.draft, row, row, path)
                result = placed(path, lambda s=scope: compiled(s))  # type: ignore[misc]
                if isinstance(result, Value) and result.type not in {"boolean", ""}:
                    # FHIRPath would take any single value for true; in a filter that is hardly ever meant.
                    raise scope.fault("VIEWS-034", type=result.type)
                found.append(boolean(result, scope))
        return found

    def unique(self) -> None:
        """Names of columns are unique, capitals aside, since SQL does not tell them apart."""
        seen: dict[str, str] = {}
        for column in self.columns:
            if column.name.lower() in seen:
                other = seen[column.name.lower()]
                self.problems.add("VIEWS-012", f"{column.place}.name", name=column.name, other=other)
            seen.setdefault(column.name.lower(), column.place)

    def select(self, select: Select, level: Level) -> list[Output]:
        """A selection in the pipeline: its own steps, then those of its parts; its columns in their order."""
        if select.over is not None:
            with self.gathering():
                level = self.enter(select.over, level)
        found = [output for column in select.columns for output in self.column(column, level)]
        for inner in select.selects:
            found += self.select(inner, level)
        if select.unions:
            found += self.union(select, level)
        return found

    def enter(self, over: Iteration, level: Level) -> Level:
        """Add the step of an iteration; the level of its items."""
        items = self.items(over, level)
        listed = _listed(items)
        name = self.draft.name("each")
        index = f"{name}_place"
        keeps = over.kind == "forEachOrNull"
        or_null = keeps or bool(level.nothing)
        self.steps.append(Step(listed, name, index, keeps, level.nothing))
        item = replace(items, sql=f"r.{name}", many=False)
        scope = replace(level.scope, this=item, row_index=f"r.{index}")
        return Level(scope, f"r.{name} IS NULL" if or_null else "")

    def items(self, over: Iteration, level: Level) -> Value:
        """What an iteration goes over."""
        if over.kind == "repeat":
            return self.walk(over, level)
        scope = self.scope(over.paths[0], level)
        items = placed(over.paths[0], lambda: compiled(scope))
        if isinstance(items, Choice):
            raise scope.fault("VIEWS-025", element=items.elements[0].choice_of, types=type_list(items))
        if items.is_row:
            raise scope.fault("VIEWS-030", type=items.type)
        return converted(items, self.draft)

    def walk(self, over: Iteration, level: Level) -> Value:
        """Every item at any depth, parents before children, as `repeat` asks."""
        self.draft.repeats = True
        node = self.draft.name("node")
        first, type, names = self.children(over, level, None)
        if not type:
            raise self.scope(over.paths[0], level).fault("VIEWS-032")
        deeper, again, more = self.children(over, level, Value(node, type, raw=True))
        if again not in {type, ""}:
            raise Fault("VIEWS-031", where=over.paths[0].place, path=over.paths[0].text, one=type, other=again)
        below = f"list_transform([x.node], lambda {node}: {deeper})[1]"
        numbered = "lambda n, i: {'path': list_append(x.path, i), 'node': n}"
        grown = f"flatten(list_transform(s.front, lambda x: list_transform({below}, {numbered})))"
        deep = stop(DEEP, over.paths[0].place)
        # No branch can be deeper than the keys that lead down occur in its text.
        keys = " + ".join(f"len(string_split(f.node, {text_literal(_key(name))}))" for name in sorted(names | more))
        levels = f"least({DEEPEST}, 1 + coalesce(list_max(list_transform(front, lambda f: {keys})), 0))"
        sql = (
            "list_transform(list_transform("
            f"[list_transform({first}, lambda n, i: {{'path': [i], 'node': n}})], "
            f"lambda front: list_reduce(range({levels}), lambda s, level: "
            f"{{'done': list_concat(s.done, s.front), 'front': {grown}}}, "
            "{'done': [], 'front': front})), "
            f"lambda s: CASE WHEN len(s.front) > 0 THEN {deep} "
            "ELSE list_transform(list_sort(s.done), lambda x: x.node) END)[1]"
        )
        return each(self.draft, Value(sql, type, True, raw=True), self.typed, "node")

    def typed(self, node: Value) -> Value:
        """A node of the walk, read with the elements that the view asks of it."""
        mark, shape = self.draft.cast(f"repeat:{node.type}", node.type)
        return Value(f"TRY_CAST({node.sql} AS {mark})", node.type, shape=shape)

    def children(self, over: Iteration, level: Level, node: Value | None) -> tuple[str, str, set[str]]:
        """What the paths of a `repeat` give at one place.

        Returns:
            SQL of the list of unread JSON, the FHIR type of its items, and the JSON names that lead to them; an empty
            list and type where no path leads on.
        """
        lists, type, names = [], "", set()
        for path in over.paths:
            scope = self.scope(path, level) if node is None else self.scope(path, level).at(node)
            if not self.reaches(path, scope):
                continue
            found = placed(path, lambda s=scope: compiled(s))  # type: ignore[misc]
            if isinstance(found, Choice) or is_primitive(found.type) or found.is_row or found.shape is None:
                raise scope.fault("VIEWS-032")
            self.draft.want_raw(found.shape)
            names.add(found.shape.key.rpartition(".")[2])
            if type and found.type != type:
                raise Fault("VIEWS-031", where=path.place, path=path.text, one=type, other=found.type)
            type = found.type or type
            lists.append(f"coalesce({_listed(found)}, [])")
        return (f"list_concat({', '.join(lists)})" if len(lists) > 1 else "".join(lists) or "[]"), type, names

    def reaches(self, path: Path, scope: Scope) -> bool:
        """Whether a path of a `repeat` exists at its start; some exist only further down (`answer.item`)."""
        try:
            compiled(scope)
        except Fault as fault:
            if fault.code == "VIEWS-014":
                return False
            raise
        return True

    def column(self, column: Column, level: Level) -> list[Output]:
        """A column; nothing where it has a fault, which is kept."""
        try:
            return [output_of(column, self.scope(column.path, level), level.nothing, self.problems)]
        except Fault as fault:
            self.problems.keep(fault)
            return []

    def union(self, select: Select, level: Level) -> list[Output]:
        """The union of a selection as one step; its columns are those of its first branch."""
        made = [self.listed(branch, level) for branch in select.unions]
        first = made[0][1]
        for branch, (_, outputs) in zip(select.unions, made, strict=True):
            self.alike(first, outputs, branch)
        name = self.draft.name("union")
        sql = f"list_concat({', '.join(sql for sql, _ in made)})" if len(made) > 1 else made[0][0]
        self.steps.append(Step(or_nothing(sql, first, level), name))
        return [replace(output, sql=f"r.{name}.{identifier(output.name)}") for output in first]

    def alike(self, first: list[Output], outputs: list[Output], branch: Select) -> None:
        """The branches of a union have the same columns, in the same order, of the same types."""
        names = [output.name for output in first], [output.name for output in outputs]
        if names[0] != names[1]:
            self.problems.add("VIEWS-013", branch.place, one=", ".join(names[0]), other=", ".join(names[1]))
            return
        for one, two in zip(first, outputs, strict=True):
            if one.sql_type != two.sql_type:
                self.problems.add(
                    "VIEWS-033", f"{two.place}.type", name=one.name, one=one.fhir_type, other=two.fhir_type
                )

    def listed(self, select: Select, level: Level) -> tuple[str, list[Output]]:
        """A selection as one expression: a list of structs of its columns."""
        if select.over is None:
            return self.product(select, level)
        try:
            items = self.items(select.over, level)
        except Fault as fault:
            self.problems.keep(fault)
            return "[]", []
        item, place = self.draft.name("each"), self.draft.name("place")
        or_null = select.over.kind == "forEachOrNull" or bool(level.nothing)
        value = replace(items, sql=item, many=False)
        inner = Level(
            replace(level.scope, this=value, row_index=f"({place} - 1)"), f"{item} IS NULL" if or_null else ""
        )
        sql, outputs = self.product(select, inner)
        listed = lone(_listed(items), select.over.kind == "forEachOrNull", level.nothing)
        names = f"{item}, {place}" if place in sql else item
        only = sql.startswith("[{") and sql.endswith("}]") and not (select.selects or select.unions)
        if only:
            return f"list_transform({listed}, lambda {names}: {sql[1:-1]})", outputs
        return f"flatten(list_transform({listed}, lambda {names}: {sql}))", outputs

    def product(self, select: Select, level: Level) -> tuple[str, list[Output]]:
        """The columns of a selection crossed with the rows of its parts."""
        own = [output for column in select.columns for output in self.column(column, level)]
        parts = [self.listed(inner, level) for inner in select.selects]
        if select.unions:
            branches = [self.listed(branch, level) for branch in select.unions]
            for branch, (_, outputs) in zip(select.unions, branches, strict=True):
                self.alike(branches[0][1], outputs, branch)
            joined = ", ".join(sql for sql, _ in branches)
            parts.append((f"list_concat({joined})" if len(branches) > 1 else joined, branches[0][1]))
        parts = [(or_nothing(sql, outputs, level), outputs) for sql, outputs in parts]
        names = [self.draft.name("part") for _ in parts]
        outputs = [*own]
        for name, (_, columns) in zip(names, parts, strict=True):
            outputs += [replace(column, sql=f"{name}.{identifier(column.name)}") for column in columns]
        packed = ", ".join(f"{text_key(output.name)}: {output.sql}" for output in outputs)
        sql = f"[{{{packed}}}]"
        for name, (listed, _) in zip(reversed(names), reversed(parts), strict=True):
            sql = f"flatten(list_transform({listed}, lambda {name}: {sql}))"
        return sql, outputs


def _key(name: str) -> str:
    return f'"{name}"'


def or_nothing(sql: str, outputs: list[Output], level: Level) -> str:
    """A list of rows; in a row of nothing, one row of nothing."""
    if not level.nothing:
        return sql
    empty = (f"{text_key(one.name)}: CAST({'0' if one.counts else 'NULL'} AS {one.sql_type})" for one in outputs)
    return f"CASE WHEN {level.nothing} THEN [{{{', '.join(empty)}}}] ELSE {sql} END"


def text_key(name: str) -> str:
    """A column's name as the key of a struct."""
    return f"'{name}'"


def _listed(value: Value) -> str:
    """SQL of a value as a list without NULL in it."""
    if value.sql == "NULL":
        return "[]"
    if value.many:
        return value.sql
    return f"CASE WHEN {value.sql} IS NOT NULL THEN [{value.sql}] END"


def lone(listed: str, keeps: bool, nothing: str) -> str:
    """A list to unnest: for `forEachOrNull`, and within a row made of nothing, never empty."""
    if keeps and is_name(listed):
        listed = f"CASE WHEN len({listed}) > 0 THEN {listed} ELSE [NULL] END"
    elif keeps:
        listed = f"list_transform([{listed}], lambda l: CASE WHEN len(l) > 0 THEN l ELSE [NULL] END)[1]"
    return f"CASE WHEN {nothing} THEN [NULL] ELSE {listed} END" if nothing else listed
