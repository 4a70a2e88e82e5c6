"""What a FHIRPath expression becomes: a piece of SQL with its FHIR type and cardinality."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from minkang.errors import Fault
from minkang.fhir.schema import Element
from minkang.views.definition import Constant, Path
from minkang.views.kinds import DECIMAL, family
from minkang.views.shape import Shape, identifier

MANY = "VIEWS-026"
"""The fault of a resource with more values than the view allows."""
SLOW = "VIEWS-027"
"""Not a fault but a signal: this input needs the careful way of reading."""
DEEP = "VIEWS-028"
"""The fault of a resource nested deeper than `repeat` follows."""


@dataclass(frozen=True)
class Value:
    """A compiled expression.

    Attributes:
        sql: SQL text; for `many` a LIST (NULL or empty for the empty collection), otherwise NULL stands for empty.
        type: its FHIR type; empty for the empty collection `{}`.
        many: whether there may be more than one.
        shape: the needed JSON of a complex value, to which members are added as they are asked for.
        raw: the value is unread JSON.
        written: text as JSON has it of a boolean or number, not yet converted.
        leaf: text as JSON has it, which may be an object's where the data are wrong.
        is_row: the resource itself: its members are columns of the row.
        guard: the condition under which a single value is there at all.
    """

    sql: str
    type: str
    many: bool = False
    shape: Shape | None = None
    raw: bool = False
    written: bool = False
    leaf: bool = False
    is_row: bool = False
    guard: str = ""


@dataclass(frozen=True)
class Choice:
    """`value[x]` before `ofType()`: the owner and the elements one of which may be there."""

    owner: Value
    elements: tuple[Element, ...]


Result: TypeAlias = Value | Choice


@dataclass
class Draft:
    """One pass of compiling: what all expressions of a view share.

    Attributes:
        careful: numbers come as they are written and were checked before (the careful way of reading); otherwise a
            doubtful value stops the query with `VIEWS-027` so that the caller turns to the careful way.
        raws: keys of shapes that must stay unread JSON, known from the pass before.
        wanted: such keys met in this pass.
        casts: shapes of JSON read within the query; `‹n›` stands for the type of the nth until the pass is over.
        as_written: whether an expression needs the digits of a decimal as they were written.
        decimals: whether any decimal is read.
        repeats: whether nested JSON is walked.
    """

    constants: Mapping[str, Constant]
    careful: bool
    raws: frozenset[str]
    root: Shape
    wanted: set[str] = field(default_factory=set)
    casts: list[Shape] = field(default_factory=list)
    as_written: bool = False
    decimals: bool = False
    repeats: bool = False
    counter: int = 0

    def name(self, base: str) -> str:
        """A name that nothing else has; an element never ends in a number after an underscore."""
        self.counter += 1
        return f"{base[:1].lower()}{base[1:]}_{self.counter}"

    def cast(self, key: str, type: str) -> tuple[str, Shape]:
        """A shape to read JSON of a FHIR type into, and the mark of its SQL type in the text."""
        shape = Shape(f"{key}#", type, False, self.raws)
        self.casts.append(shape)
        return f"‹{len(self.casts) - 1}›", shape

    def want_raw(self, shape: Shape | None) -> None:
        """Ask for a node to stay unread JSON in the next pass."""
        if shape is not None:
            self.wanted.add(shape.key)


@dataclass(frozen=True)
class Scope:
    """Where an expression stands.

    Attributes:
        this: `$this`.
        row: the resource.
        path: the expression with its place, for faults.
        row_index: SQL of `%rowIndex`.
        index: SQL of `$index`, empty outside a function on a collection.
    """

    draft: Draft
    this: Result
    row: Value
    path: Path
    row_index: str = "0"
    index: str = ""

    def at(self, this: Result, index: str = "") -> Scope:
        """The scope of one item."""
        return replace(self, this=this, index=index)

    def fault(self, code: str, **params: object) -> Fault:
        """A fault of this expression."""
        return Fault(code, where=self.path.place, path=self.path.text, **params)


def each(draft: Draft, value: Value, work: Callable[[Value], Value], name: str = "item") -> Value:
    """The same done to every item; lists in a list become one, empty results fall out."""
    if not value.many:
        return work(value)
    variable = draft.name(name)
    inner = work(replace(value, sql=variable, many=False))
    if inner.sql == variable:
        return replace(inner, sql=value.sql, many=True)
    if not inner.many and is_name(inner.sql):
        return replace(inner, sql=f"[{inner.sql} FOR {variable} IN {value.sql} IF {inner.sql} IS NOT NULL]", many=True)
    mapped = f"list_transform({value.sql}, lambda {variable}: {inner.sql})"
    if inner.many:
        return replace(inner, sql=f"flatten({mapped})")
    return replace(inner, sql=f"list_filter({mapped}, lambda {variable}: {variable} IS NOT NULL)", many=True)


def stop(code: str, what: str) -> str:
    """SQL that stops the query for this resource, saying which fault and what about."""
    return f"error('{code}|{what.replace(chr(39), chr(39) * 2)}')"


def single(value: Value, scope: Scope) -> Value:
    """The only item of a collection; more than one stops the query."""
    if not value.many:
        return value
    return replace(value, sql=at_most_one(value.sql, scope.path.place), many=False)


def is_name(sql: str) -> bool:
    """Whether SQL is no more than the name of a column or field."""
    return all(character.isalnum() or character in '._"' for character in sql)


def at_most_one(listed: str, place: str) -> str:
    """SQL of the only item of a list; more than one stops the query."""
    excess = stop(MANY, place)
    if is_name(listed):
        return f"CASE WHEN len({listed}) > 1 THEN {excess} ELSE {listed}[1] END"
    return f"list_transform([{listed}], lambda l: CASE WHEN len(l) > 1 THEN {excess} ELSE l[1] END)[1]"


def converted(value: Value, draft: Draft) -> Value:
    """Booleans and numbers out of their written form."""
    if not value.written:
        return value
    return each(draft, value, lambda one: replace(one, sql=_converted(one, draft), written=False), "text")


def _converted(value: Value, draft: Draft) -> str:
    sql = value.sql
    match family(value.type):
        case "boolean":
            doubt, type = f"{sql} NOT IN ('true', 'false')", "BOOLEAN"
        case "decimal" if draft.careful:
            return f"CAST({sql} AS {DECIMAL})"
        case "decimal":
            # Past fifteen digits the quick way has rounded already.
            doubt, type = f"length({sql}) > 16", DECIMAL
        case _:
            doubt, type = f"contains({sql}, '.')", "INTEGER"
    return f"CASE WHEN {doubt} THEN {stop(SLOW, value.type)} ELSE CAST({sql} AS {type}) END"


def present(result: Result, draft: Draft) -> str:
    """SQL of whether anything is there; never NULL."""
    if isinstance(result, Choice):
        return _choice_present(result, draft)
    if result.many:
        return f"coalesce(len({result.sql}), 0) > 0"
    if result.is_row:
        return f"coalesce({result.guard}, false)" if result.guard else "true"
    return f"{result.sql} IS NOT NULL"


def _choice_present(choice: Choice, draft: Draft) -> str:
    def any_of(owner: Value) -> str:
        fields = [member_sql(owner, element, draft).sql for element in choice.elements]
        return "(" + " OR ".join(f"{one} IS NOT NULL" for one in fields) + ")"

    if not choice.owner.many:
        return any_of(choice.owner)
    variable = draft.name("item")
    inner = any_of(replace(choice.owner, sql=variable, many=False))
    return f"coalesce(len(list_filter({choice.owner.sql}, lambda {variable}: {inner})), 0) > 0"


def member_sql(owner: Value, element: Element, draft: Draft) -> Value:
    """One element of one single value."""
    owner = read_json(owner, draft)
    shape = owner.shape
    assert shape is not None
    type = element.types[0]
    kind = family(type)
    primitive = kind != "complex"
    child = shape.field(element.name, type, element.is_list)
    name = identifier(element.name)
    sql = f"r.{name}" if owner.is_row else f"{owner.sql}.{name}"
    if owner.guard:
        sql = f"CASE WHEN {owner.guard} THEN {sql} END"
    if primitive:
        if element.is_list:
            # JSON has null in a list of primitives where only the extension is given.
            sql = f"list_filter({sql}, lambda text: text IS NOT NULL)"
        draft.decimals = draft.decimals or kind == "decimal"
        written = kind in {"boolean", "integer", "decimal"}
        return Value(sql, type, element.is_list, written=written, leaf=not written)
    raw = child.raw or type == "Resource"
    if type == "Resource":
        draft.want_raw(child)
    return Value(sql, type, element.is_list, child, raw=raw)


def read_json(value: Value, draft: Draft) -> Value:
    """Unread JSON made ready to have members taken from it."""
    if not value.raw:
        return value
    mark, shape = draft.cast(value.shape.key if value.shape else value.type, value.type)
    return replace(value, sql=f"TRY_CAST({value.sql} AS {mark})", shape=shape, raw=False)
