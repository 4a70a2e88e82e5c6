"""The R4 types by name."""

from __future__ import annotations

from functools import cache
from importlib import import_module

import msgspec

from minkang.errors import Fault
from minkang.fhir.r4 import MODULES, RESOURCES
from minkang.fhir.r4.datatypes import Resource

_RESOURCES = frozenset(RESOURCES)


def type_names() -> tuple[str, ...]:
    """All resource types of R4, in alphabetical order."""
    return RESOURCES


def is_resource_type(name: str) -> bool:
    """Whether R4 has a resource type of this name."""
    return name in _RESOURCES


@cache
def struct_of(name: str) -> type[msgspec.Struct]:
    """The struct of a resource, a data type or a backbone (`Observation.component`); loads its module if need be.

    Raises:
        Fault: `FHIR-025` where R4 has no such type.
    """
    parts = name.split(".")
    module = MODULES.get(parts[0])
    struct = "".join(part[:1].upper() + part[1:] for part in parts)
    found = getattr(import_module(f"minkang.fhir.r4.{module}"), struct, None) if module else None
    if found is None:
        raise Fault("FHIR-025", type=name)
    return found  # type: ignore[no-any-return]


def resource_type(resource: Resource) -> str:
    """The name of a resource's type."""
    return type(resource).__name__
