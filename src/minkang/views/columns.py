"""Columns: the last step of a path, into a value of one SQL type.

Source: SQL on FHIR v2, "Column Types" and "Type Hinting with Tags".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from minkang.errors import Fault
from minkang.fhir.path.parser import parse
from minkang.fhir.path.tree import Variable
from minkang.views.definition import Column, Path
from minkang.views.expressions import compiled
from minkang.views.kinds import family, fits, is_known, is_primitive, sql_type, tagged_type
from minkang.views.problems import Problems
from minkang.views.values import SLOW, Choice, Scope, Value, at_most_one, converted, each, is_name, stop


@dataclass(frozen=True)
class Output:
    """A column of the table as it comes out.

    Attributes:
        fhir_type: its FHIR type.
        sql_type: its SQL type; a list type for `collection`.
        counts: it is `%rowIndex`, which is 0 in a row that `forEachOrNull` makes of nothing.
    """

    name: str
    sql: str
    fhir_type: str
    sql_type: str
    collection: bool
    description: str
    place: str
    counts: bool = False


def output_of(column: Column, scope: Scope, nothing: str, problems: Problems) -> Output:
    """A column as SQL, with its types checked.

    Args:
        scope: of its path.
        nothing: the test of a row that `forEachOrNull` made of nothing; empty where there is none.
        problems: where notices go.

    Raises:
        Fault: the first thing that is wrong with it.
    """
    if not column.path.text:
        raise Fault("VIEWS-004", where=column.path.place, key="path")
    value = placed(column.path, lambda: compiled(scope))
    if isinstance(value, Choice):
        raise scope.fault("VIEWS-025", element=value.elements[0].choice_of, types=type_list(value))
    _check(column, value, scope, problems)
    type = column.type or value.type or "string"
    target = _target(column, type)
    plain = scope.this if isinstance(scope.this, Value) else value
    item = _shown(value, type, target, scope)
    sql = _collected(item, target) if column.collection else _only(item, column)
    counts = _is_row_index(column.path)
    follows = not column.collection and (counts or _follows(value.sql, plain.sql))
    if nothing and not follows:
        sql = f"CASE WHEN NOT ({nothing}) THEN {sql} END"
    listed = f"{target}[]" if column.collection else target
    return Output(column.name, sql, type, listed, bool(column.collection), column.description, column.place, counts)


def _check(column: Column, value: Value, scope: Scope, problems: Problems) -> None:
    """A column's declared type and cardinality against what its path gives."""
    if column.type and not is_known(column.type):
        raise Fault("VIEWS-029", where=f"{column.place}.type", type=column.type, path=column.path.text)
    if value.type and not is_primitive(value.type) and not column.type:
        raise scope.fault("VIEWS-017", type=value.type)
    if column.type and value.type and not fits(column.type, value.type):
        raise Fault(
            "VIEWS-016", where=f"{column.place}.type", declared=column.type, found=value.type, path=column.path.text
        )
    if value.many and not column.collection:
        if column.collection is False:
            raise Fault("VIEWS-022", where=f"{column.place}.collection", path=column.path.text)
        problems.notice("VIEWS-023", column.path.place, path=column.path.text)


def _target(column: Column, type: str) -> str:
    """The SQL type of a column: by its `ansi/type` tag, or by its FHIR type."""
    tag = column.tags.get("ansi/type")
    if tag is None:
        return sql_type(type)
    found = tagged_type(tag)
    if found is None:
        raise Fault("VIEWS-024", where=f"{column.place}.tag", tag=tag)
    return found


def _shown(value: Value, type: str, target: str, scope: Scope) -> Value:
    """A value, or each of its items, as its column shows it."""
    if value.type == "":
        return Value(f"CAST(NULL AS {target})", type)
    if family(value.type) == "complex":
        scope.draft.want_raw(value.shape)
        if value.is_row or (not value.raw and value.shape is not None and value.shape.key.endswith("#")):
            raise scope.fault("VIEWS-017", type=value.type)
        return each(scope.draft, value, lambda one: replace(one, sql=f"CAST({one.sql} AS VARCHAR)"))
    natural = sql_type(value.type)
    is_text = natural == "VARCHAR"
    ready = converted(value, scope.draft)
    if is_text and ready.leaf and not scope.draft.careful:
        # An object or array where text should be comes out as its JSON.
        doubt = stop(SLOW, scope.path.place)
        # Comparing beginnings is what the engine does fastest.
        doubtful = "({0} >= '{{' AND {0} < '|') OR ({0} >= '[' AND {0} < '\\')"
        guarded = f"CASE WHEN {doubtful} THEN {doubt} ELSE {{0}} END"
        ready = each(scope.draft, ready, lambda one: replace(one, sql=guarded.format(one.sql)))
    if target != natural or (natural == "INTEGER" and not value.written):
        return each(scope.draft, ready, lambda one: replace(one, sql=f"CAST({one.sql} AS {target})"))
    if natural.startswith("DECIMAL") and not value.written:
        return each(scope.draft, ready, lambda one: replace(one, sql=f"CAST({one.sql} AS {target})"))
    return ready


def _collected(value: Value, target: str) -> str:
    """All values of a column as a list, never NULL."""
    if value.many:
        return f"coalesce({value.sql}, [])"
    return f"CASE WHEN {value.sql} IS NULL THEN CAST([] AS {target}[]) ELSE [{value.sql}] END"


def placed(path: Path, work: Callable[[], Value | Choice]) -> Value | Choice:
    """Run, so that a fault of the path's grammar says where the path stands."""
    try:
        return work()
    except Fault as fault:
        if fault.code.startswith("FHIRPATH"):
            raise Fault(fault.code, where=f"{path.place}: {path.text}", **fault.params) from None
        raise


def type_list(choice: Choice) -> str:
    """The types of a choice, for a message."""
    return ", ".join(element.types[0] for element in choice.elements[:12])


def _only(value: Value, column: Column) -> str:
    return at_most_one(value.sql, column.path.place) if value.many else value.sql


def _is_row_index(path: Path) -> bool:
    tree = parse(path.text)
    return isinstance(tree, Variable) and tree.name == "rowIndex"


def _follows(sql: str, item: str) -> bool:
    """Whether a value is a field of an item, and so NULL where the item is."""
    return is_name(sql) and (sql == item or sql.startswith(f"{item}."))
