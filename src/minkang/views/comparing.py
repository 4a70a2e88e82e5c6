"""Equality and order in SQL, with the unknown as NULL.

Source: FHIRPath 2.0, "Equality", "Comparison" and "Date/Time Comparison".
"""

from __future__ import annotations

from dataclasses import replace

from minkang.views.kinds import family
from minkang.views.shape import text_literal
from minkang.views.values import Scope, Value, converted, single


def _ready(left: Value, right: Value, operator: str, scope: Scope) -> tuple[Value, Value, str]:
    """Both sides converted, and what they are compared as."""
    one, two = converted(left, scope.draft), converted(right, scope.draft)
    kinds = {family(one.type), family(two.type)}
    if "complex" in kinds:
        raise scope.fault("VIEWS-021", operator=operator, left=left.type, right=right.type)
    if "date" in kinds and kinds <= {"date", "text"}:
        return one, two, "date"
    if kinds <= {"time", "text"} or kinds <= {"integer", "decimal"} or len(kinds) == 1:
        return one, two, "plain"
    return one, two, ""


def equality(operator: str, left: Value, right: Value, scope: Scope) -> Value:
    """`=`, `!=`, `~`, `!~`: item by item for collections; a collection of another length is not equal."""
    if "" in {left.type, right.type}:
        return Value("NULL", "boolean")
    one, two, kind = _ready(left, right, operator, scope)
    negative = operator.startswith("!")
    if not kind:
        sql = f"CASE WHEN {_there(one)} AND {_there(two)} THEN {'true' if negative else 'false'} END"
        return Value(sql, "boolean")
    if operator in {"~", "!~"}:
        one, two = _folded(one), _folded(two)
    compare = _equal_dates if kind == "date" else _equal
    if one.many and two.many:
        if kind == "date":
            raise scope.fault("VIEWS-021", operator=operator, left=f"{left.type}[]", right=f"{right.type}[]")
        sql = f"CASE WHEN {_there(one)} AND {_there(two)} THEN {one.sql} = {two.sql} END"
    elif one.many or two.many:
        listed, other = (one, two) if one.many else (two, one)
        inner = compare(f"({listed.sql})[1]", other.sql)
        sql = (
            f"CASE WHEN {_there(other)} AND len({listed.sql}) > 0 THEN "
            f"CASE WHEN len({listed.sql}) = 1 THEN {inner} ELSE false END END"
        )
    else:
        sql = compare(one.sql, two.sql)
        if negative and kind == "plain":
            return Value(sql.replace(" = ", " <> ") if sql == f"{one.sql} = {two.sql}" else f"NOT ({sql})", "boolean")
    return Value(f"NOT ({sql})" if negative else sql, "boolean")


def _there(value: Value) -> str:
    return f"len({value.sql}) > 0" if value.many else f"{value.sql} IS NOT NULL"


def _folded(value: Value) -> Value:
    """Text without regard to case and spaces, for `~`."""
    if family(value.type) != "text":
        return value
    fold = "trim(regexp_replace(lower({}), '\\s+', ' ', 'g'))"
    if not value.many:
        return replace(value, sql=fold.format(value.sql))
    return replace(value, sql=f"list_transform({value.sql}, lambda text: {fold.format('text')})")


def _equal(one: str, two: str) -> str:
    return f"{one} = {two}"


def _equal_dates(one: str, two: str) -> str:
    return f"({_date_order(one, two)} = 0)"


def order(operator: str, left: Value, right: Value, scope: Scope) -> Value:
    """`<`, `<=`, `>`, `>=` of two single values of one kind."""
    if "" in {left.type, right.type}:
        return Value("NULL", "boolean")
    one, two, kind = _ready(single(left, scope), single(right, scope), operator, scope)
    if not kind or "boolean" in {left.type, right.type}:
        raise scope.fault("VIEWS-021", operator=operator, left=left.type, right=right.type)
    if kind == "date":
        return Value(f"({_date_order(one.sql, two.sql)} {operator} 0)", "boolean")
    return Value(f"{one.sql} {operator} {two.sql}", "boolean")


def _date_order(one: str, two: str) -> str:
    """-1, 0, 1, or NULL where the precisions do not tell.

    Days are compared as far as both are known; two times of day as instants where both have a zone.
    """
    days = f"least(length({one}), length({two}), 10)"
    a, b = f"left({one}, {days})", f"left({two}, {days})"
    zone = text_literal("(Z|[+-][0-9]{2}:[0-9]{2})$")
    zoned = f"regexp_matches({one}, {zone}) AND regexp_matches({two}, {zone})"
    bare = f"NOT regexp_matches({one}, {zone}) AND NOT regexp_matches({two}, {zone})"
    stamps = tuple(f"CAST({side} AS TIMESTAMPTZ)" for side in (one, two))
    return (
        f"CASE WHEN length({one}) > 10 AND length({two}) > 10 "
        f"THEN CASE WHEN {zoned} THEN {_sign(*stamps)} WHEN {bare} THEN {_sign(one, two)} END "
        f"WHEN {a} <> {b} THEN {_sign(a, b)} "
        f"WHEN length({one}) = length({two}) THEN 0 END"
    )


def _sign(one: str, two: str) -> str:
    return f"(CAST({one} > {two} AS INTEGER) - CAST({one} < {two} AS INTEGER))"


def membership(inner: Value, outer: Value, scope: Scope) -> Value:
    """`in` and `contains`: whether a single value is among a collection; nothing for an empty value."""
    if inner.type == "":
        return Value("NULL", "boolean")
    if outer.type == "":
        return Value("false", "boolean")
    one, two, kind = _ready(single(inner, scope), outer, "in", scope)
    if not kind:
        return Value(f"CASE WHEN {_there(one)} THEN false END", "boolean")
    listed = two.sql if two.many else f"[{two.sql}]"
    found = f"coalesce(list_contains({listed}, {one.sql}), false)"
    return Value(f"CASE WHEN {_there(one)} THEN {found} END", "boolean")


def union(left: Value, right: Value, scope: Scope) -> Value:
    """`|`: both collections, each value once, in their order."""
    sides = [converted(side, scope.draft) for side in (left, right) if side.type]
    if not sides:
        return Value("NULL", "")
    if len({family(side.type) for side in sides}) > 1 or "complex" in {family(side.type) for side in sides}:
        raise scope.fault("VIEWS-021", operator="|", left=left.type, right=right.type)
    parts = [side.sql if side.many else f"[{side.sql}]" for side in sides]
    return Value(distinct(f"list_concat({', '.join(parts)})" if len(parts) > 1 else parts[0]), sides[0].type, True)


def distinct(sql: str) -> str:
    """SQL of a list with each value once, in the order of first appearance."""
    inner = "list_filter(l, lambda x, i: x IS NOT NULL AND list_position(l, x) = i)"
    return f"(list_transform([{sql}], lambda l: {inner}))[1]"
