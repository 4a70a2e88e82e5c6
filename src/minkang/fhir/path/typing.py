"""Types of elements, from the table of R4's types."""

from __future__ import annotations

from functools import lru_cache

from minkang.fhir.schema import Element, choices_of, elements_of, has_type


def element_named(owner: str, name: str) -> Element | None:
    """The property `name` of a type (`Patient`, `HumanName`, `Observation.component`); None where there is none."""
    return elements_of(owner).get(name) if has_type(owner) else None


def forms_of(owner: str, name: str) -> tuple[Element, ...]:
    """The properties that a choice may take (`value`: valueQuantity, …); () where it is no choice."""
    return choices_of(owner, name) if has_type(owner) else ()


@lru_cache(maxsize=8192)
def type_of(owner: str, name: str) -> str:
    """The type of a property, "" where it is not known."""
    element = element_named(owner, name) if owner else None
    return element.types[0] if element is not None else ""
