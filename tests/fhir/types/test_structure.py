"""Unknown elements, cardinality, choices, primitive extensions and required codes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from minkang.errors import Fault
from minkang.fhir import decode, encode

REASON = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}
CODE = {"text": "x"}


def patient(**elements: Any) -> bytes:
    return json.dumps({"resourceType": "Patient", **elements}).encode()


def observation(**elements: Any) -> bytes:
    return json.dumps({"resourceType": "Observation", "status": "final", "code": CODE, **elements}).encode()


GOOD = {
    "only the type": patient(),
    "required primitive by extension only": observation(status=None).replace(
        b'"status": null', b'"_status": ' + json.dumps(REASON).encode()
    ),
    "required choice by extension only": json.dumps(
        {
            "resourceType": "MedicationRequest",
            "status": "active",
            "intent": "order",
            "subject": {"reference": "Patient/1"},
            "medicationCodeableConcept": CODE,
        }
    ).encode(),
    "value and extension of one choice": patient(deceasedBoolean=True, _deceasedBoolean={"id": "a"}),
    "hole in a list": patient(name=[{"given": [None, "a"], "_given": [{"id": "x"}, None]}]),
    "extensions without values": patient(name=[{"_given": [{"id": "x"}]}]),
    "contentReference": observation(component=[{"code": CODE, "referenceRange": [{"text": "low"}]}]),
    "element named by a keyword": json.dumps(
        {"resourceType": "Encounter", "status": "planned", "class": {"code": "AMB"}}
    ).encode(),
    "element called resourceType": json.dumps(
        {
            "resourceType": "ExampleScenario",
            "status": "draft",
            "instance": [{"resourceId": "a", "resourceType": "Patient"}],
        }
    ).encode(),
}
BAD = {
    "unknown element": (patient(foo=1), "FHIR-009", "Patient.foo"),
    "unknown element inside": (patient(contact=[{}, {"foo": 1}]), "FHIR-009", "Patient.contact[1].foo"),
    "wrong spelling": (patient(birthdate="2024"), "FHIR-009", "Patient.birthdate"),
    "extension of a complex element": (patient(_name=[{"id": "a"}]), "FHIR-009", "Patient._name"),
    "required complex absent": (observation(code=None).replace(b', "code": null', b""), "FHIR-010", "Observation.code"),
    "required primitive absent": (
        observation(status=None).replace(b'"status": null, ', b""),
        "FHIR-010",
        "Observation.status",
    ),
    "required url of an extension absent": (
        patient(extension=[{"valueString": "a"}]),
        "FHIR-010",
        "Patient.extension[0].url",
    ),
    "required choice absent": (
        b'{"resourceType":"MedicationRequest","status":"active","intent":"order","subject":{"display":"a"}}',
        "FHIR-015",
        "MedicationRequest.medication[x]",
    ),
    "two types of a choice": (
        observation(valueString="a", valueInteger=1),
        "FHIR-014",
        "Observation.valueInteger",
    ),
    "two types of a choice, one by extension": (
        patient(deceasedDateTime="2020", _deceasedBoolean={"id": "a"}),
        "FHIR-014",
        "Patient.deceasedDateTime",
    ),
    "two types in an extension": (
        patient(extension=[{"url": "a", "valueString": "a", "valueCode": "b"}]),
        "FHIR-014",
        "Patient.extension[0].valueString",
    ),
    "null": (patient(birthDate=None), "FHIR-011", "Patient.birthDate"),
    "null for an object": (patient(maritalStatus=None), "FHIR-011", "Patient.maritalStatus"),
    "null in a list of objects": (patient(name=[None]), "FHIR-011", "Patient.name[0]"),
    "list for one": (patient(gender=["male"]), "FHIR-011", "Patient.gender"),
    "one for list": (patient(name={"text": "a"}), "FHIR-011", "Patient.name"),
    "empty list": (patient(name=[]), "FHIR-019", "Patient.name"),
    "empty object": (patient(maritalStatus={}), "FHIR-019", "Patient.maritalStatus"),
    "empty object, spread out": (
        b'{"resourceType":"Patient","maritalStatus":{ \n }}',
        "FHIR-019",
        "Patient.maritalStatus",
    ),
    "empty object in an extension list": (patient(name=[{"_given": [{}]}]), "FHIR-019", "Patient.name[0].given[0]"),
    "hole without extension": (patient(name=[{"given": ["a", None]}]), "FHIR-017", "Patient.name[0].given[1]"),
    "hole in both": (
        patient(name=[{"given": [None], "_given": [None]}]),
        "FHIR-017",
        "Patient.name[0].given[0]",
    ),
    "lists of different length": (
        patient(name=[{"given": ["a", "b"], "_given": [{"id": "x"}]}]),
        "FHIR-016",
        "Patient.name[0].given",
    ),
    "code outside its set": (patient(gender="m"), "FHIR-013", "Patient.gender"),
    "code outside its set, deep": (
        patient(_birthDate={"extension": [{"url": "a", "valueQuantity": {"comparator": "~"}}]}),
        "FHIR-013",
        "Patient.birthDate.extension[0].valueQuantity.comparator",
    ),
    "property of another object": (
        patient(name=[{"resourceType": "HumanName"}]),
        "FHIR-009",
        "Patient.name[0].resourceType",
    ),
    "element the npm package adds to R4": (patient(meta={"project": "a"}), "FHIR-009", "Patient.meta.project"),
}


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_what_r4_allows_comes_back_as_it_was(body: bytes) -> None:
    assert json.loads(encode(decode(body))) == json.loads(body)


@pytest.mark.parametrize(("body", "code", "where"), BAD.values(), ids=BAD)
def test_what_r4_forbids_is_refused_at_its_place(body: bytes, code: str, where: str) -> None:
    with pytest.raises(Fault) as caught:
        decode(body)
    assert (caught.value.code, caught.value.where) == (code, where)
    assert caught.value.text("zh") != caught.value.text("en")
    assert caught.value.advice("zh") != caught.value.advice("en")


def test_a_code_outside_its_set_is_answered_with_the_set() -> None:
    with pytest.raises(Fault) as caught:
        decode(patient(gender="m"))
    assert "male, female, other, unknown" in caught.value.advice("zh")


def test_a_fault_of_a_struct_built_in_python_names_the_element() -> None:
    from minkang.fhir.r4 import Coding, Patient

    with pytest.raises(Fault) as caught:
        Coding(system="a b")
    assert (caught.value.code, caught.value.where) == ("FHIR-032", "system")
    with pytest.raises(ValueError, match="FHIR-014"):
        Patient(deceasedBoolean=True, deceasedDateTime="2024")
