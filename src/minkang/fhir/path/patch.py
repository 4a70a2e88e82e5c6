"""FHIRPath Patch: a Parameters resource that says what to change (R4 fhirpatch.html).

Works on JSON values. The result is not checked here: whoever stores it decodes it, which finds a wrong type or a
missing element.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from minkang.errors import Fault
from minkang.fhir.path.evaluation import collect
from minkang.fhir.path.functions import Function
from minkang.fhir.path.items import CHOICES, Item, Items
from minkang.fhir.path.parser import parse
from minkang.fhir.path.scope import Environment, Scope
from minkang.fhir.path.tree import Call, Member
from minkang.fhir.path.typing import element_named, forms_of

MOST = 500
STEPS = 200_000


def apply(parameters: Mapping[str, Any], resource: Mapping[str, Any]) -> dict[str, Any]:
    """The resource after every operation, in order; the argument stays as it is.

    Args:
        parameters: a Parameters resource (JSON) whose parameters are all called `operation`.
        resource: the resource (JSON).

    Raises:
        Fault: FHIRPATH-010 … -015 with the number of the operation as `where`; FHIRPATH-001 … -009 for its path.
    """
    entries = parameters.get("parameter") if parameters.get("resourceType") == "Parameters" else None
    if not isinstance(entries, list) or not entries or any(_name(entry) != "operation" for entry in entries):
        raise Fault("FHIRPATH-010")
    if len(entries) > MOST:
        raise Fault("FHIRPATH-008", where="Parameters.parameter", limit=MOST)
    patched: dict[str, Any] = deepcopy(dict(resource))
    for number, entry in enumerate(entries):
        _Operation(entry, f"Parameters.parameter[{number}]", patched).run()
    return patched


def _name(entry: Any) -> str:
    return str(entry.get("name", "")) if isinstance(entry, dict) else ""


class _Operation:
    """One operation with its parts, on the resource as the operations before it left it."""

    def __init__(self, entry: Mapping[str, Any], where: str, resource: dict[str, Any]) -> None:
        parts = entry.get("part")
        if not isinstance(parts, list):
            raise Fault("FHIRPATH-011", where=where, part="type")
        self.parts: dict[str, Mapping[str, Any]] = {_name(part): part for part in parts if _name(part)}
        self.where = where
        self.resource = resource

    def run(self) -> None:
        kind = self.text("type")
        action = _ACTIONS.get(kind)
        if action is None:
            raise Fault("FHIRPATH-012", where=self.where, type=kind)
        action(self)

    def text(self, part: str) -> str:
        """A part that is a text (any kind of it)."""
        value = _value(self.parts.get(part, {}))[1]
        if not isinstance(value, str) or not value:
            raise Fault("FHIRPATH-011", where=self.where, part=part)
        return value

    def number(self, part: str, limit: int) -> int:
        """A part that is a place in a list, 0 … limit."""
        value = _value(self.parts.get(part, {}))[1]
        if not isinstance(value, int) or isinstance(value, bool):
            raise Fault("FHIRPATH-011", where=self.where, part=part)
        if not 0 <= value <= limit:
            raise Fault("FHIRPATH-013", where=self.where, part=part, value=value, limit=limit)
        return value

    def found(self) -> list[Item]:
        """What the path gives."""
        return collect(self.text("path"), self.resource, _ENVIRONMENT)

    def single(self) -> Item:
        """The one element that the path gives."""
        found = self.found()
        if len(found) != 1:
            raise Fault("FHIRPATH-014", where=self.where, path=self.text("path"), count=len(found))
        return found[0]

    def value(self, owner: str) -> tuple[str, Any]:
        """The type and the JSON of the new value, which becomes an element of type `owner`."""
        part = self.parts.get("value")
        if part is None:
            raise Fault("FHIRPATH-011", where=self.where, part="value")
        if isinstance(part.get("part"), list):
            return owner, self.built(part["part"], owner)
        kind, value = _value(part)
        if value is None:
            raise Fault("FHIRPATH-011", where=self.where, part="value")
        return kind, deepcopy(value)

    def built(self, parts: list[Any], type: str) -> dict[str, Any]:
        """A value given element by element."""
        result: dict[str, Any] = {}
        for part in parts:
            name = _name(part)
            if isinstance(part.get("part"), list):
                inner = element_named(type, name)
                kind = inner.types[0] if inner is not None else ""
                value: Any = self.built(part["part"], kind)
            else:
                kind, value = _value(part)
            property, is_list = self.property(type, name, kind)
            if is_list:
                result.setdefault(property, []).append(value)
            else:
                result[property] = value
        return result

    def property(self, type: str, name: str, kind: str) -> tuple[str, bool]:
        """The JSON property of element `name` for a value of type `kind`, and whether it is a list."""
        element = element_named(type, name)
        if element is None:
            forms = forms_of(type, name)
            element = next((form for form in forms if form.types == (kind,)), None)
        if element is None:
            raise Fault("FHIRPATH-015", where=self.where, type=type or "?", name=name)
        return element.name, element.is_list


def _refused(scope: Scope, _items: Items, call: Call) -> Items:
    raise scope.fault("FHIRPATH-004", call.at, name=call.name)


# Paths of patches come from outside: no patterns, which can be made to run for ever, and little work.
_ENVIRONMENT = Environment(
    functions={name: Function((0, 9), _refused) for name in ("matches", "replaceMatches")}, steps=STEPS
)


def _value(part: Mapping[str, Any]) -> tuple[str, Any]:
    """The type and value of `value[x]`."""
    for key, value in part.items():
        if key.startswith("value") and key[5:] in CHOICES:
            return CHOICES[key[5:]], value
    return "", part.get("resource")


def _add(operation: _Operation) -> None:
    owner = operation.single()
    if not isinstance(owner.value, dict):
        raise Fault("FHIRPATH-014", where=operation.where, path=operation.text("path"), count=1)
    name = operation.text("name")
    known = element_named(owner.type, name)
    kind, value = operation.value(known.types[0] if known is not None else "")
    property, is_list = operation.property(owner.type, name, kind)
    if is_list:
        _sparse(owner.value, property, len(owner.value.get(property) or []), None)
        owner.value.setdefault(property, []).append(value)
        return
    taken = {form.name for form in forms_of(owner.type, name)} | {property}
    if taken & set(owner.value):
        raise Fault("FHIRPATH-016", where=operation.where, name=name)
    owner.value[property] = value


def _list(operation: _Operation) -> tuple[dict[str, Any], str, list[Any], str]:
    """The list that the path gives the elements of: its object, property, values, and their type."""
    found = operation.found()
    places = [item.place for item in found if item.place is not None and item.place[2] is not None]
    owners = {(id(place[0]), place[1]) for place in places}
    if not places or len(places) != len(found) or len(owners) != 1:
        raise Fault("FHIRPATH-014", where=operation.where, path=operation.text("path"), count=len(found))
    owner, property, _ = places[0]
    return owner, property, owner.setdefault(property, []), found[0].type


def _insert(operation: _Operation) -> None:
    owner, property, values, type = _list(operation)
    index = operation.number("index", len(values))
    _sparse(owner, property, index, None)
    values.insert(index, operation.value(type)[1])


def _move(operation: _Operation) -> None:
    owner, property, values, _ = _list(operation)
    source, destination = (operation.number(part, len(values) - 1) for part in ("source", "destination"))
    values.insert(destination, values.pop(source))
    beside = owner.get(f"_{property}")
    if isinstance(beside, list):
        beside += [None] * (len(values) - len(beside))
        beside.insert(destination, beside.pop(source))


def _sparse(owner: dict[str, Any], property: str, index: int, value: Any) -> None:
    """Keep the extensions of primitives (`_given`) beside the values they belong to."""
    beside = owner.get(f"_{property}")
    if isinstance(beside, list):
        beside.insert(index, value)


def _delete(operation: _Operation) -> None:
    found = operation.found()
    if not found:
        return
    owner, property, index = _placed(operation, operation.single())
    if index is None:
        owner.pop(property, None)
        owner.pop(f"_{property}", None)
        return
    for name in (property, f"_{property}"):
        values = owner.get(name)
        if isinstance(values, list):
            del values[index : index + 1]
            if not any(value is not None for value in values):
                del owner[name]


def _placed(operation: _Operation, item: Item) -> tuple[dict[str, Any], str, int | None]:
    if item.place is None:
        raise Fault("FHIRPATH-014", where=operation.where, path=operation.text("path"), count=1)
    return item.place


def _replace(operation: _Operation) -> None:
    item = operation.single()
    owner, property, index = _placed(operation, item)
    kind, value = operation.value(item.type)
    if index is not None:
        values = owner.setdefault(property, [])
        values += [None] * (index + 1 - len(values))
        values[index] = value
        return
    tree = parse(operation.text("path"))
    if isinstance(tree, Member) and property != tree.name:
        # A choice may change its type: deceasedDateTime where deceasedBoolean was.
        del owner[property]
        property = tree.name + kind[:1].upper() + kind[1:]
    owner.pop(f"_{property}", None)
    owner[property] = value


_ACTIONS: Mapping[str, Callable[[_Operation], None]] = {
    "add": _add,
    "insert": _insert,
    "delete": _delete,
    "replace": _replace,
    "move": _move,
}
