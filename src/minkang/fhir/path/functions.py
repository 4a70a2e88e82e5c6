"""The functions on collections, and the table of all functions.

A function takes the scope, the collection before the dot and its call (name, arguments, place). Growing the language is
adding a line to `FUNCTIONS`, or giving functions in the environment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from minkang.fhir.path.items import Item, Items, is_type, members, root
from minkang.fhir.path.operators import same
from minkang.fhir.path.scope import Scope
from minkang.fhir.path.strings import STRING_FUNCTIONS
from minkang.fhir.path.tree import Call, Literal, Member, Node, This


@dataclass(frozen=True, slots=True)
class Function:
    """A function: its least and most number of arguments and what it does."""

    arity: tuple[int, int]
    run: Callable[[Scope, Items, Call], Items]


def _true(items: Items) -> bool:
    return len(items) == 1 and items[0].value is not False


def _where(scope: Scope, items: Items, call: Call) -> Items:
    condition = call.arguments[0]
    return [item for place, item in enumerate(items) if _true(scope.at(item, place).run(condition))]


def _select(scope: Scope, items: Items, call: Call) -> Items:
    each = call.arguments[0]
    return [found for place, item in enumerate(items) for found in scope.at(item, place).run(each)]


def _repeat(scope: Scope, items: Items, call: Call) -> Items:
    found: Items = []
    waiting = list(items)
    while waiting:
        scope.spend(len(waiting) * (len(found) + 1))
        new = [item for item in _select(scope, waiting, call) if not any(same(item, old) for old in found)]
        found += new
        waiting = new
    return found


def _exists(scope: Scope, items: Items, call: Call) -> Items:
    return [Item(bool(_where(scope, items, call) if call.arguments else items))]


def _all(scope: Scope, items: Items, call: Call) -> Items:
    return [Item(len(_where(scope, items, call)) == len(items))]


def _not(_scope: Scope, items: Items, _call: Call) -> Items:
    return [Item(not _true(items))] if len(items) == 1 else []


def _single(scope: Scope, items: Items, call: Call) -> Items:
    if len(items) > 1:
        raise scope.fault("FHIRPATH-006", call.at, count=len(items))
    return items


def number(scope: Scope, call: Call) -> int:
    """The whole number that a function's only argument says."""
    found = scope.run(call.arguments[0])
    value = found[0].value if len(found) == 1 else None
    if not isinstance(value, int) or isinstance(value, bool):
        raise scope.fault("FHIRPATH-007", call.at, operator=f"{call.name}()")
    return max(value, 0)


def union(scope: Scope, left: Items, right: Items) -> Items:
    """All items of both sides, each once."""
    found: Items = []
    for item in (*left, *right):
        scope.spend(len(found))
        if not any(same(item, other) for other in found):
            found.append(item)
    return found


def _distinct(scope: Scope, items: Items, _call: Call) -> Items:
    return union(scope, items, [])


def _combined(scope: Scope, items: Items, call: Call) -> Items:
    return [*items, *scope.run(call.arguments[0])]


def _union(scope: Scope, items: Items, call: Call) -> Items:
    return union(scope, items, scope.run(call.arguments[0]))


def _common(scope: Scope, items: Items, call: Call) -> Items:
    other = scope.run(call.arguments[0])
    scope.spend(len(items) * len(other))
    return [item for item in _distinct(scope, items, call) if any(same(item, one) for one in other)]


def _excluded(scope: Scope, items: Items, call: Call) -> Items:
    other = scope.run(call.arguments[0])
    scope.spend(len(items) * len(other))
    return [item for item in items if not any(same(item, one) for one in other)]


def type_named(scope: Scope, call: Call, node: Node) -> str:
    """The type that an argument names: `Patient`, `FHIR.Patient`, or 'Patient' as a text."""
    match node:
        case Member(source=This()):
            return node.name
        case Member(source=Member(source=This(), name=space)):
            return f"{space}.{node.name}"
        case Literal(value=str() as name):
            return name
        case _:
            raise scope.fault("FHIRPATH-007", call.at, operator=f"{call.name}()")


def _of_type(scope: Scope, items: Items, call: Call) -> Items:
    name = type_named(scope, call, call.arguments[0])
    return [item for item in items if is_type(item, name)]


def _is(scope: Scope, items: Items, call: Call) -> Items:
    name = type_named(scope, call, call.arguments[0])
    return [Item(is_type(item, name)) for item in _single(scope, items, call)]


def _iif(scope: Scope, _items: Items, call: Call) -> Items:
    condition, chosen, *rest = call.arguments
    if _true(scope.run(condition)):
        return scope.run(chosen)
    return scope.run(rest[0]) if rest else []


def _extension(scope: Scope, items: Items, call: Call) -> Items:
    wanted = [item.value for item in scope.run(call.arguments[0])]
    return [
        found
        for item in items
        for found in members(item, "extension", scope.environment.typing)
        if isinstance(found.value, dict) and found.value.get("url") in wanted
    ]


def _has_value(_scope: Scope, items: Items, _call: Call) -> Items:
    return [Item(len(items) == 1 and items[0].value is not None and not isinstance(items[0].value, dict))]


def _resolve(scope: Scope, items: Items, _call: Call) -> Items:
    found = []
    for item in items:
        address = item.value.get("reference") if isinstance(item.value, dict) else item.value
        if isinstance(address, str):
            resource = _contained(scope, address) or scope.environment.resolve(address) or _known(address)
            found += [root(resource)] if resource else []
        elif isinstance(item.value, dict) and "type" in item.value:
            found.append(root({"resourceType": item.value["type"]}))
    return found


def _contained(scope: Scope, address: str) -> dict[str, Any] | None:
    whole = scope.resource.value
    if not address.startswith("#") or not isinstance(whole, dict):
        return None
    inner: list[dict[str, Any]] = whole.get("contained", [])
    return next((one for one in inner if one.get("id") == address[1:]), None)


def _known(address: str) -> dict[str, Any] | None:
    """What the reference itself says, where the resource cannot be had: its type and id."""
    parts = address.split("/_history/", maxsplit=1)[0].split("/")
    if len(parts) < 2 or not parts[-2][:1].isupper():
        return None
    return {"resourceType": parts[-2], "id": parts[-1]}


def _resource_key(_scope: Scope, items: Items, _call: Call) -> Items:
    return [Item(item.value["id"]) for item in items if isinstance(item.value, dict) and "id" in item.value]


def _reference_key(scope: Scope, items: Items, call: Call) -> Items:
    wanted = type_named(scope, call, call.arguments[0]) if call.arguments else ""
    known = [_known(item.value.get("reference", "")) for item in items if isinstance(item.value, dict)]
    return [Item(one["id"]) for one in known if one and wanted in {"", one["resourceType"]}]


def _slice(start: int | None, stop: int | None) -> Function:
    return Function((0, 0), lambda _scope, items, _call: items[start:stop])


def _truths(wanted: bool, every: bool) -> Function:
    def run(_scope: Scope, items: Items, _call: Call) -> Items:
        answers = [(item.value is wanted) for item in items]
        return [Item(all(answers) if every else any(answers))]

    return Function((0, 0), run)


FUNCTIONS: dict[str, Function] = {
    "where": Function((1, 1), _where),
    "select": Function((1, 1), _select),
    "repeat": Function((1, 1), _repeat),
    "exists": Function((0, 1), _exists),
    "all": Function((1, 1), _all),
    "empty": Function((0, 0), lambda _scope, items, _call: [Item(not items)]),
    "not": Function((0, 0), _not),
    "count": Function((0, 0), lambda _scope, items, _call: [Item(len(items))]),
    "first": _slice(None, 1),
    "last": _slice(-1, None),
    "tail": _slice(1, None),
    "skip": Function((1, 1), lambda scope, items, call: items[number(scope, call) :]),
    "take": Function((1, 1), lambda scope, items, call: items[: number(scope, call)]),
    "single": Function((0, 0), _single),
    "distinct": Function((0, 0), _distinct),
    "isDistinct": Function((0, 0), lambda s, items, call: [Item(len(_distinct(s, items, call)) == len(items))]),
    "combine": Function((1, 1), _combined),
    "union": Function((1, 1), _union),
    "intersect": Function((1, 1), _common),
    "exclude": Function((1, 1), _excluded),
    "allTrue": _truths(True, True),
    "anyTrue": _truths(True, False),
    "allFalse": _truths(False, True),
    "anyFalse": _truths(False, False),
    "ofType": Function((1, 1), _of_type),
    "as": Function((1, 1), _of_type),
    "is": Function((1, 1), _is),
    "iif": Function((2, 3), _iif),
    "extension": Function((1, 1), _extension),
    "hasValue": Function((0, 0), _has_value),
    "resolve": Function((0, 0), _resolve),
    "getResourceKey": Function((0, 0), _resource_key),
    "getReferenceKey": Function((0, 1), _reference_key),
    **{name: Function(arity, run) for name, (arity, run) in STRING_FUNCTIONS.items()},
}
