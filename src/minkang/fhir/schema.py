"""What elements a type has, for code that works over all types (paths, views, search).

The table is made in the same run as the structs, and read when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple, get_args

import msgspec

from minkang.errors import Fault
from minkang.fhir.r4 import code_sets

PRIMITIVES = frozenset(
    (
        *("base64Binary", "boolean", "canonical", "code", "date", "dateTime", "decimal", "id", "instant", "integer"),
        *("markdown", "oid", "positiveInt", "string", "time", "unsignedInt", "uri", "url", "uuid", "xhtml"),
    )
)
"""The primitive types of R4."""


class Element(NamedTuple):
    """One JSON property of a type.

    Attributes:
        name: the JSON name (`valueQuantity`, `class`).
        types: its type: a data type, `Resource`, or the path of a backbone (`Observation.component`), also where the
            definition refers to one defined elsewhere.
        is_list: whether JSON has an array.
        required: whether at least one must be there; for a choice: of the whole choice.
        choice_of: the name without the type (`value`), or empty.
        path: the path in the definition (`Observation.value[x]`).
        targets: the resource types a Reference or canonical may name; empty for any.
        code_set: the name of the set its code must come from, for `codes_of`; empty where no listed set binds it.
    """

    name: str
    types: tuple[str, ...]
    is_list: bool
    required: bool
    choice_of: str
    path: str
    targets: tuple[str, ...]
    code_set: str


@cache
def elements_of(type_name: str) -> Mapping[str, Element]:
    """The elements of a resource, a data type or a backbone (`Observation.component`), in their order, by JSON name.

    Raises:
        Fault: `FHIR-025` where R4 has no such type. Primitive types have no entry.
    """
    entry = _table().get(type_name)
    if entry is None:
        raise Fault("FHIR-025", type=type_name)
    return MappingProxyType({row[0]: _element(type_name, row) for row in entry[1]})


def choices_of(type_name: str, stem: str) -> tuple[Element, ...]:
    """The elements of a choice: `("Observation", "value")` gives valueQuantity, valueString and so on."""
    return tuple(element for element in elements_of(type_name).values() if element.choice_of == stem)


def base_of(type_name: str) -> str:
    """`DomainResource`, `Resource`, `BackboneElement` or `Element`: what the type is built on.

    Raises:
        Fault: `FHIR-025`.
    """
    entry = _table().get(type_name)
    if entry is None:
        raise Fault("FHIR-025", type=type_name)
    return entry[0]


def codes_of(code_set: str) -> tuple[str, ...]:
    """The codes of a set that R4 binds as required (`AdministrativeGender`); `AttributeError` for an unknown name."""
    return get_args(getattr(code_sets, code_set))


def has_type(type_name: str) -> bool:
    """Whether R4 has such a resource, data type or backbone."""
    return type_name in _table()


_Row = tuple[str, str, int, str, str, str]


def _element(owner: str, row: _Row) -> Element:
    name, type, flags, stem, targets, code_set = row
    path = f"{owner}.{stem}[x]" if stem else f"{owner}.{name}"
    return Element(name, (type,), bool(flags & 1), bool(flags & 2), stem, path, tuple(targets.split()), code_set)


@cache
def _table() -> dict[str, tuple[str, list[_Row]]]:
    text = (files("minkang.fhir.r4") / "elements.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, tuple[str, list[_Row]]])
