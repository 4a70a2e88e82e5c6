"""FHIRPath trees to SQL: literals, members, indexes and operators; the functions are in `calls`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from difflib import get_close_matches

from minkang.fhir.path.parser import parse
from minkang.fhir.path.temporal import Temporal
from minkang.fhir.path.tree import (
    Call,
    Index,
    Item,
    Literal,
    Member,
    Node,
    Operation,
    QuantityLiteral,
    Sign,
    This,
    TypeTest,
    Variable,
)
from minkang.fhir.schema import choices_of, has_type
from minkang.views import calculating, comparing
from minkang.views.definition import Constant
from minkang.views.kinds import INTEGERS, family, is_a, is_primitive, members_of
from minkang.views.shape import text_literal
from minkang.views.values import (
    Choice,
    Result,
    Scope,
    Value,
    converted,
    each,
    is_name,
    member_sql,
    present,
    single,
)

EMPTY = Value("NULL", "")
NAMED = {
    "ucum": "http://unitsofmeasure.org",
    "sct": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
}
CALLS: dict[str, Callable[[Call, Scope], Result]] = {}
"""The functions by name; `calls` and `text_calls` fill it."""


def compiled(scope: Scope) -> Result:
    """The expression of a scope as SQL."""
    return run(parse(scope.path.text), scope)


def run(node: Node, scope: Scope) -> Result:  # noqa: PLR0911 - one return a kind of node
    """A tree as SQL."""
    match node:
        case This():
            return scope.this
        case Member():
            return member(node, scope)
        case Call():
            return call(node, scope)
        case Literal():
            return literal(node.value)
        case Item():
            return indexed(node, scope)
        case Operation():
            return operation(node, scope)
        case TypeTest():
            return type_test(run(node.operand, scope), node.type, node.operator, scope)
        case Variable():
            return variable(node.name, scope)
        case Sign():
            return calculating.signed(node.operator, single(value_of(node.operand, scope), scope), scope)
        case Index():
            if not scope.index:
                raise scope.fault("VIEWS-019", name="$index")
            return Value(scope.index, "integer")
        case QuantityLiteral():
            raise scope.fault("VIEWS-021", operator=f"{node.value} '{node.unit}'", left="Quantity", right="")


def value_of(node: Node, scope: Scope) -> Value:
    """As `run`, where a choice between types is no answer."""
    result = run(node, scope)
    if isinstance(result, Choice):
        raise scope.fault("VIEWS-025", element=result.elements[0].choice_of, types=choice_types(result))
    return result


def choice_types(choice: Choice) -> str:
    """The types of a choice, for a message."""
    return ", ".join(element.types[0] for element in choice.elements[:12])


def literal(value: str | bool | int | Decimal | Temporal | None) -> Value:
    """A constant of the expression."""
    match value:
        case None:
            return EMPTY
        case bool():
            return Value("true" if value else "false", "boolean")
        case int():
            return Value(str(value), "integer")
        case Decimal():
            return Value(f"{value:f}", "decimal")
        case Temporal():
            return Value(text_literal(value.text.removeprefix("T")), value.kind)
        case _:
            return Value(text_literal(value), "string")


def variable(name: str, scope: Scope) -> Value:
    """`%name`: a constant of the view, `%rowIndex`, the resource, or a name FHIRPath itself knows."""
    if name == "rowIndex":
        return Value(scope.row_index, "integer")
    if name in scope.draft.constants:
        return _constant(scope.draft.constants[name])
    if name in {"resource", "rootResource", "context"}:
        return scope.row
    if name in NAMED:
        return Value(text_literal(NAMED[name]), "string")
    known = ", ".join(f"%{one}" for one in scope.draft.constants) or "—"
    raise scope.fault("VIEWS-018", name=name, known=known)


def _constant(constant: Constant) -> Value:
    made = literal(constant.value)
    if constant.type == "decimal" and made.type == "integer":
        return Value(made.sql, "decimal")
    return replace(made, type=constant.type)


def member(node: Member, scope: Scope) -> Result:
    """`source.name`."""
    here = scope.this
    # At the start of a path the name of the type itself may stand.
    if isinstance(node.source, This) and isinstance(here, Value) and here.type == node.name and has_type(node.name):
        return here
    if node.name in {"extension", "id"}:
        beside = beside_primitive(node.source, scope)
        if beside is not None:
            return step(beside, node.name, scope)
    return step(run(node.source, scope), node.name, scope)


def step(source: Result, name: str, scope: Scope) -> Result:
    """An element of every item."""
    if isinstance(source, Choice):
        return _choice_step(source, name, scope)
    if source.type == "":
        return EMPTY
    elements = members_of(source.type)
    element = elements.get(name)
    if element is not None and not element.choice_of:
        return each(scope.draft, source, lambda one: member_sql(one, element, scope.draft), name)
    choices = choices_of(source.type, name) if has_type(source.type) else ()
    if choices:
        return Choice(source, choices)
    if element is not None:
        raise scope.fault("VIEWS-015", element=name, stem=element.choice_of, type=element.types[0])
    if source.type == "Resource":
        raise scope.fault("VIEWS-025", element=name, types="ofType(…)")
    names = sorted({one.choice_of or one.name for one in elements.values()})
    near = get_close_matches(name, names, 3, 0.5) or names[:12]
    raise scope.fault("VIEWS-014", element=name, type=source.type, near=", ".join(near) or "—")


def _choice_step(source: Choice, name: str, scope: Scope) -> Result:
    """A member of a choice: of the one type that has it."""
    having = [element for element in source.elements if name in members_of(element.types[0])]
    kinds = {members_of(element.types[0])[name].types for element in having}
    if len(having) != 1 and not (having and len(kinds) == 1):
        raise scope.fault("VIEWS-025", element=source.elements[0].choice_of, types=choice_types(source))
    chosen = [step(picked(source, (element,), scope), name, scope) for element in having]
    return _first_present([one for one in chosen if isinstance(one, Value)], scope)


def _first_present(values: list[Value], scope: Scope) -> Value:
    first = values[0]
    if len(values) == 1:
        return first
    if any(value.many for value in values):
        texts = ", ".join(value.sql if value.many else f"[{value.sql}]" for value in values)
        return replace(first, sql=f"list_filter(list_concat({texts}), lambda one: one IS NOT NULL)", many=True)
    return replace(first, sql=f"coalesce({', '.join(value.sql for value in values)})")


def picked(choice: Choice, elements: tuple[object, ...], scope: Scope) -> Value:
    """The values of a choice that are of certain types."""
    chosen = [element for element in choice.elements if element in elements]
    values = [
        each(scope.draft, choice.owner, lambda one, e=element: member_sql(one, e, scope.draft), element.name)  # type: ignore[misc]
        for element in chosen
    ]
    return _first_present(values, scope)


def of_type(source: Result, type: str, scope: Scope) -> Value:
    """What of a collection is of a type."""
    if isinstance(source, Choice):
        fitting = tuple(element for element in source.elements if is_a(element.types[0], type))
        return picked(source, fitting, scope) if fitting else Value("NULL", type)
    if source.type == "Resource" and source.raw:
        key = source.shape.key if source.shape else "contained"
        kept = _where_raw(source, type, scope)
        mark, shape = scope.draft.cast(f"{key}:{type}", type)
        return each(
            scope.draft,
            kept,
            lambda one: Value(f"TRY_CAST({one.sql} AS {mark})", type, shape=shape),
            type,
        )
    return source if is_a(source.type, type) else Value("NULL", type)


def _where_raw(source: Value, type: str, scope: Scope) -> Value:
    test = "json_extract_string({}, '$.resourceType') = " + text_literal(type)
    if not source.many:
        return replace(source, sql=f"CASE WHEN {test.format(source.sql)} THEN {source.sql} END")
    name = scope.draft.name("resource")
    return replace(source, sql=f"list_filter({source.sql}, lambda {name}: {test.format(name)})")


def type_test(source: Result, type: str, operator: str, scope: Scope) -> Value:
    """`is` and `as`."""
    plain = type.rpartition(".")[2]
    if operator == "as":
        return of_type(source, plain, scope)
    if isinstance(source, Choice):
        inner = of_type(source, plain, scope)
        return Value(f"CASE WHEN {present(source, scope.draft)} THEN {present(inner, scope.draft)} END", "boolean")
    answer = "true" if is_a(source.type, plain) else "false"
    return Value(f"CASE WHEN {present(source, scope.draft)} THEN {answer} END", "boolean")


def single_result(source: Result, scope: Scope) -> Result:
    """The only item, where that can be said of a choice too."""
    return source if isinstance(source, Choice) else single(source, scope)


def beside_primitive(node: Node, scope: Scope) -> Value | None:
    """What JSON keeps in `_name` beside the primitive that a node names; None where it names no primitive."""
    if isinstance(node, Call) and node.name == "ofType" and isinstance(node.source, Member):
        chosen = run(node.source, scope)
        if not isinstance(chosen, Choice):
            return None
        typed = [one for one in chosen.elements if one.types[0] == type_argument(node, scope)]
        owner, elements = chosen.owner, typed
    elif isinstance(node, Member):
        source = run(node.source, scope)
        if isinstance(source, Choice) or source.type == node.name:
            return None
        found = members_of(source.type).get(node.name)
        owner, elements = source, [found] if found else []
    else:
        return None
    if not elements or not is_primitive(elements[0].types[0]) or owner.type == "":
        return None
    element = elements[0]._replace(name=f"_{elements[0].name}", types=("Element",))
    beside = each(scope.draft, owner, lambda one: member_sql(one, element, scope.draft), element.name[1:])
    if element.is_list:
        return replace(beside, sql=f"list_filter({beside.sql}, lambda one: one IS NOT NULL)")
    return beside


def type_argument(node: Call, scope: Scope) -> str:
    """The type that the only argument of a function names."""
    argument = node.arguments[0] if node.arguments else None
    match argument:
        case Member(source=This(), name=name) | Literal(value=str() as name):
            return name
        case Member(source=Member(source=This(), name="FHIR" | "System"), name=name):
            return name
        case _:
            raise scope.fault("VIEWS-020", name=node.name)


def call(node: Call, scope: Scope) -> Result:
    """A function."""
    work = CALLS.get(node.name)
    if work is None:
        near = get_close_matches(node.name, CALLS, 3, 0.6)
        raise scope.fault("VIEWS-019", name=f"{node.name}()", known=", ".join(near or sorted(CALLS)))
    return work(node, scope)


def indexed(node: Item, scope: Scope) -> Result:
    """`source[index]`."""
    source = value_of(node.source, scope)
    place = single(value_of(node.index, scope), scope)
    if place.type not in INTEGERS:
        raise scope.fault("VIEWS-021", operator="[]", left=source.type, right=place.type or "{}")
    return item_at(source, converted(place, scope.draft).sql)


def item_at(source: Value, place: str) -> Value:
    """The item at a place counted from 0, given as SQL."""
    if not source.many and place == "0":
        return source
    if not source.many and source.is_row:
        return replace(source, guard=f"{source.guard} AND {place} = 0" if source.guard else f"{place} = 0")
    if not source.many:
        return replace(source, sql=f"CASE WHEN {place} = 0 THEN {source.sql} END")
    number = str(int(place) + 1) if place.isdigit() else f"{place} + 1"
    listed = source.sql if is_name(source.sql) else f"({source.sql})"
    return replace(source, sql=f"{listed}[{number}]", many=False)


def boolean(result: Result, scope: Scope) -> str:
    """A collection as a condition in three values: a single value that is no boolean counts as true."""
    if isinstance(result, Choice):
        held = of_type(result, "boolean", scope) if any(e.types[0] == "boolean" for e in result.elements) else None
        known = converted(single(held, scope), scope.draft).sql if held else "NULL"
        return f"CASE WHEN {present(result, scope.draft)} THEN coalesce({known}, true) END"
    if result.type == "boolean":
        return converted(single(result, scope), scope.draft).sql
    if result.is_row:
        return f"({result.guard} OR NULL)" if result.guard else "true"
    if result.type == "":
        return "NULL"
    one = single(result, scope)
    return f"CASE WHEN {one.sql} IS NOT NULL THEN true END"


def condition(node: Node, scope: Scope) -> str:
    """A tree as a condition."""
    return boolean(run(node, scope), scope)


def operation(node: Operation, scope: Scope) -> Value:  # noqa: PLR0911 - one return a kind of operator
    """`left operator right`."""
    operator = node.operator
    if operator in {"and", "or", "xor", "implies"}:
        return Value(_logic(operator, condition(node.left, scope), condition(node.right, scope)), "boolean")
    left, right = value_of(node.left, scope), value_of(node.right, scope)
    match operator:
        case "=" | "!=" | "~" | "!~":
            return comparing.equality(operator, left, right, scope)
        case "<" | "<=" | ">" | ">=":
            return comparing.order(operator, left, right, scope)
        case "in" | "contains":
            inner, outer = (left, right) if operator == "in" else (right, left)
            return comparing.membership(inner, outer, scope)
        case "|":
            return comparing.union(left, right, scope)
        case "&":
            texts = [f"coalesce({as_text(single(side, scope), scope).sql}, '')" for side in (left, right)]
            return Value(f"({texts[0]} || {texts[1]})", "string")
        case _:
            return calculating.arithmetic(operator, single(left, scope), single(right, scope), scope)


def _logic(operator: str, left: str, right: str) -> str:
    match operator:
        case "xor":
            return f"(({left}) <> ({right}))"
        case "implies":
            return f"(NOT ({left}) OR ({right}))"
        case _:
            return f"({left} {operator.upper()} {right})"


def as_text(value: Value, scope: Scope) -> Value:
    """A primitive as text."""
    if value.type == "":
        return Value("NULL", "string")
    if family(value.type) == "complex":
        raise scope.fault("VIEWS-021", operator="&", left=value.type, right="string")
    if family(value.type) in {"text", "date", "time"} or value.written:
        return Value(value.sql, "string", value.many)
    return Value(f"CAST({value.sql} AS VARCHAR)", "string")
