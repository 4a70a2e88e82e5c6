"""The reference evaluator: a tree and a JSON value give a collection. Plain rather than fast; other evaluators are
tested against it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from minkang.errors import Fault
from minkang.fhir.path.functions import FUNCTIONS, union
from minkang.fhir.path.items import Item, Items, Quantity, is_type, members, root
from minkang.fhir.path.operators import LOGIC, Incomparable, arithmetic, equal, equivalent, order, same
from minkang.fhir.path.parser import parse
from minkang.fhir.path.scope import Environment, Scope
from minkang.fhir.path.temporal import Temporal
from minkang.fhir.path.tree import (
    Call,
    Index,
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
from minkang.fhir.path.tree import (
    Item as Indexed,
)

_NOWHERE = Environment()
_LITERALS = {"ucum": "http://unitsofmeasure.org", "sct": "http://snomed.info/sct", "loinc": "http://loinc.org"}


def evaluate(
    expression: str | Node, value: Any, environment: Environment = _NOWHERE, *, resource: Any = None
) -> list[Any]:
    """The JSON values an expression gives; dates computed within the expression come as ISO text.

    Args:
        expression: FHIRPath text or its tree.
        value: where it starts (`%context`): a resource or any JSON value.
        environment: variables, resolver, types.
        resource: `%resource`, where it is not `value` itself.

    Raises:
        Fault: FHIRPATH-001…-008.
    """
    return [_outer(item.value) for item in collect(expression, value, environment, resource=resource)]


def collect(expression: str | Node, value: Any, environment: Environment = _NOWHERE, *, resource: Any = None) -> Items:
    """As `evaluate`, but the items themselves, with their types and extensions."""
    tree = parse(expression) if isinstance(expression, str) else expression
    start = value if isinstance(value, Item) else root(value)
    whole = start if resource is None else root(resource)
    text = expression if isinstance(expression, str) else ""
    scope = Scope(environment, _run, whole, [start], text)
    try:
        return _run(tree, scope)
    except RecursionError:
        raise Fault("FHIRPATH-008", where=text[:40], limit=100) from None


def truth(expression: str | Node, value: Any, environment: Environment = _NOWHERE) -> bool:
    """Whether an expression holds: a true or a single value; empty counts as false."""
    items = collect(expression, value, environment)
    return len(items) == 1 and items[0].value is not False


def _outer(value: Any) -> Any:
    if isinstance(value, Temporal):
        return value.text
    if isinstance(value, Quantity):
        return {"value": value.value, "unit": value.unit}
    return value


def _run(node: Node, scope: Scope) -> Items:  # noqa: PLR0911 - one return a kind of node
    scope.spend(1)
    match node:
        case This():
            return scope.this
        case Member():
            return _member(node, scope)
        case Call():
            return _call(node, scope)
        case Literal():
            return [] if node.value is None else [Item(node.value)]
        case QuantityLiteral():
            return [Item(Quantity(node.value, node.unit))]
        case Operation():
            return _operate(node, scope)
        case Indexed():
            return _indexed(node, scope)
        case TypeTest():
            return _type_test(node, scope)
        case Sign():
            return _signed(node, scope)
        case Variable():
            return _variable(node, scope)
        case Index():
            return [] if scope.index is None else [Item(scope.index)]


def _member(node: Member, scope: Scope) -> Items:
    source = scope.run(node.source)
    if isinstance(node.source, This) and node.name[0].isupper():
        named = [item for item in source if is_type(item, node.name)]
        if named:
            return named
    return [found for item in source for found in members(item, node.name, scope.environment.typing)]


def _call(node: Call, scope: Scope) -> Items:
    function = scope.environment.functions.get(node.name) or FUNCTIONS.get(node.name)
    if function is None:
        raise scope.fault("FHIRPATH-004", node.at, name=node.name)
    least, most = function.arity
    if not least <= len(node.arguments) <= most:
        raise scope.fault("FHIRPATH-005", node.at, name=node.name, count=len(node.arguments))
    return function.run(scope, scope.run(node.source), node)


def _indexed(node: Indexed, scope: Scope) -> Items:
    place = one(scope.run(node.index), scope, node.at)
    if place is None:
        return []
    if not isinstance(place.value, int):
        raise scope.fault("FHIRPATH-007", node.at, operator="[]")
    source = scope.run(node.source)
    return source[place.value : place.value + 1] if place.value >= 0 else []


def _variable(node: Variable, scope: Scope) -> Items:
    if node.name in {"resource", "rootResource"}:
        return [scope.resource]
    if node.name in scope.environment.variables:
        value = scope.environment.variables[node.name]
        return [root(entry) for entry in value] if isinstance(value, list) else [] if value is None else [root(value)]
    if node.name == "context":
        return [scope.resource]
    if node.name in _LITERALS:
        return [Item(_LITERALS[node.name])]
    raise scope.fault("FHIRPATH-009", node.at, name=node.name)


def one(items: Items, scope: Scope, at: int) -> Item | None:
    """The only item, or None; more than one is a fault of the expression."""
    if len(items) > 1:
        raise scope.fault("FHIRPATH-006", at, count=len(items))
    return items[0] if items else None


def _type_test(node: TypeTest, scope: Scope) -> Items:
    items = scope.run(node.operand)
    if node.operator == "as":
        # The standard allows one item only; R4's own search parameters use `as` on many, as a filter.
        return [item for item in items if is_type(item, node.type)]
    item = one(items, scope, node.at)
    return [] if item is None else [Item(is_type(item, node.type))]


def _signed(node: Sign, scope: Scope) -> Items:
    item = one(scope.run(node.operand), scope, node.at)
    if item is None or node.operator == "+":
        return [] if item is None else [item]
    value = item.value
    if isinstance(value, Quantity):
        return [Item(Quantity(-value.value, value.unit))]
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise scope.fault("FHIRPATH-007", node.at, operator="-")
    return [Item(-value)]


def _operate(node: Operation, scope: Scope) -> Items:  # noqa: PLR0911 - one return a kind of operator
    operator = node.operator
    left = scope.run(node.left)
    if operator in LOGIC:
        return _answer(_logic(node, left, scope))
    right = scope.run(node.right)
    match operator:
        case "|":
            return union(scope, left, right)
        case "=" | "!=":
            answer = equal(left, right)
            return _answer(answer if operator == "=" or answer is None else not answer)
        case "~" | "!~":
            return _answer(equivalent(left, right) is (operator == "~"))
        case "in" | "contains":
            inner, outer = (left, right) if operator == "in" else (right, left)
            item = one(inner, scope, node.at)
            scope.spend(len(outer))
            return _answer(None if item is None else any(same(item, other) for other in outer))
        case "&":
            texts = [one(side, scope, node.at) for side in (left, right)]
            return [Item("".join(str(_outer(item.value)) for item in texts if item is not None))]
        case _:
            return _binary(node, left, right, scope)


def _logic(node: Operation, left: Items, scope: Scope) -> bool | None:
    known = boolean(left, scope, node.at)
    if (node.operator, known) in {("and", False), ("or", True), ("implies", False)}:
        return node.operator != "and"
    return LOGIC[node.operator](known, boolean(scope.run(node.right), scope, node.at))


def boolean(items: Items, scope: Scope, at: int) -> bool | None:
    """A collection as a condition: empty is unknown, a single value that is no boolean is true."""
    item = one(items, scope, at)
    return None if item is None else item.value is not False


def _answer(value: bool | None) -> Items:
    return [] if value is None else [Item(value)]


def _binary(node: Operation, left: Items, right: Items, scope: Scope) -> Items:
    """Order and arithmetic: both sides single; an empty side makes the answer empty."""
    first, second = one(left, scope, node.at), one(right, scope, node.at)
    if first is None or second is None:
        return []
    try:
        if node.operator in {"<", ">", "<=", ">="}:
            sign = order(first, second)
            return [] if sign is None else [Item(_ORDERS[node.operator](sign))]
        result = arithmetic(node.operator, first.value, second.value)
    except Incomparable:
        raise scope.fault("FHIRPATH-007", node.at, operator=node.operator) from None
    return [] if result is None else [Item(result)]


_ORDERS = {
    "<": lambda sign: sign < 0,
    ">": lambda sign: sign > 0,
    "<=": lambda sign: sign <= 0,
    ">=": lambda sign: sign >= 0,
}
