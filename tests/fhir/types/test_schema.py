"""The schema says what the structs say."""

from __future__ import annotations

import pytest

from minkang.errors import Fault
from minkang.fhir import struct_of, type_names
from minkang.fhir.schema import PRIMITIVES, base_of, choices_of, codes_of, elements_of, has_type
from minkang.fhir.shapes import json_name


def test_r4_has_146_resource_types() -> None:
    assert len(type_names()) == 146
    assert "SubscriptionStatus" not in type_names()  # of 4.3.0


def all_types() -> list[str]:
    """Every resource and data type with every backbone that can be reached from it."""
    found: list[str] = []
    waiting = [*type_names(), "ElementDefinition", "ProdCharacteristic", "SubstanceAmount"]
    while waiting:
        name = waiting.pop()
        if name not in found and name != "Resource" and name not in PRIMITIVES:
            found.append(name)
            waiting += [type for element in elements_of(name).values() for type in element.types]
    return found


def test_every_element_is_a_property_of_its_struct_in_the_same_order() -> None:
    types = all_types()
    assert len(types) > 600
    for name in types:
        fields = [json_name(field) for field in struct_of(name).__struct_fields__]
        assert [field for field in fields if not field.startswith("_")] == list(elements_of(name)), name


def test_an_element_is_described() -> None:
    value = elements_of("Observation")["valueQuantity"]
    assert (value.types, value.is_list, value.required) == (("Quantity",), False, False)
    assert (value.choice_of, value.path) == ("value", "Observation.value[x]")
    assert elements_of("Observation")["component"].types == ("Observation.component",)
    assert elements_of("Observation.component")["referenceRange"].types == ("Observation.referenceRange",)
    assert "Patient" in elements_of("Observation")["subject"].targets
    assert elements_of("Patient")["id"].types == ("id",)
    assert elements_of("HumanName")["id"].types == ("string",)
    assert codes_of(elements_of("Patient")["gender"].code_set) == ("male", "female", "other", "unknown")
    assert len(choices_of("Observation", "value")) == 11
    assert base_of("Observation") == "DomainResource"
    assert base_of("Observation.component") == "BackboneElement"


def test_what_r4_does_not_have_is_refused() -> None:
    assert not has_type("Observation.nothing")
    for ask in (elements_of, base_of, struct_of):
        with pytest.raises(Fault) as caught:
            ask("Observation.nothing")
        assert caught.value.code == "FHIR-025"
