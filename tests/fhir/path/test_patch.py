"""FHIRPath Patch: the five operations, and how mistakes are refused (R4 fhirpatch.html)."""

from __future__ import annotations

from typing import Any

import pytest

from minkang.errors import Fault
from minkang.fhir.path.patch import apply

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "birthDate": "1920-01-01",
    "deceasedBoolean": False,
    "name": [{"given": ["a", "b", "c"], "_given": [None, {"id": "of-b"}, None]}],
    "identifier": [{"system": "s", "value": str(number)} for number in (1, 2, 3)],
    "maritalStatus": {"coding": [{"code": "S"}], "extension": [{"url": "urn:x", "valueString": "y"}]},
}


def operation(type: str, path: str, **parts: Any) -> dict[str, Any]:
    given: list[dict[str, Any]] = [{"name": "type", "valueCode": type}, {"name": "path", "valueString": path}]
    for name, value in parts.items():
        kind = "valueInteger" if isinstance(value, int) else "valueString" if isinstance(value, str) else ""
        given.append({"name": name, kind: value} if kind else {"name": name, **value})
    return {"name": "operation", "part": given}


def patched(*operations: dict[str, Any], resource: dict[str, Any] = PATIENT) -> dict[str, Any]:
    return apply({"resourceType": "Parameters", "parameter": list(operations)}, resource)


@pytest.mark.parametrize(
    ("given", "at", "expected"),
    [
        (operation("add", "Patient", name="gender", value={"valueCode": "male"}), "gender", "male"),
        (operation("add", "Patient", name="multipleBirth", value={"valueInteger": 2}), "multipleBirthInteger", 2),
        (
            operation("add", "Patient.maritalStatus", name="text", value="single"),
            "maritalStatus",
            {**PATIENT["maritalStatus"], "text": "single"},
        ),
        (operation("replace", "Patient.birthDate", value={"valueDate": "1930"}), "birthDate", "1930"),
        (operation("replace", "Patient.identifier[1].value", value="9"), "identifier.1.value", "9"),
        (operation("replace", "Patient.deceased", value={"valueDateTime": "2020"}), "deceasedDateTime", "2020"),
        (operation("replace", "Patient.deceased", value={"valueBoolean": True}), "deceasedBoolean", True),
        (
            operation("replace", "Patient.maritalStatus.extension('urn:x').value", value={"valueInteger": 1}),
            "maritalStatus.extension.0",
            {"url": "urn:x", "valueInteger": 1},
        ),
        (operation("delete", "Patient.birthDate"), "birthDate", None),
        (operation("delete", "Patient.contact"), "contact", None),
        (operation("delete", "Patient.identifier.where(value = '2')"), "identifier.1.value", "3"),
        (
            operation("delete", "Patient.name.given[0]"),
            "name.0",
            {"given": ["b", "c"], "_given": [{"id": "of-b"}, None]},
        ),
        (
            operation("insert", "Patient.identifier", index=1, value={"valueIdentifier": {"value": "n"}}),
            "identifier.1",
            {"value": "n"},
        ),
        (
            operation("insert", "Patient.name.given", index=3, value="d"),
            "name.0",
            {"given": ["a", "b", "c", "d"], "_given": [None, {"id": "of-b"}, None, None]},
        ),
        (operation("move", "Patient.identifier", source=2, destination=0), "identifier.0.value", "3"),
        (
            operation("move", "Patient.name.given", source=1, destination=0),
            "name.0",
            {"given": ["b", "a", "c"], "_given": [{"id": "of-b"}, None, None]},
        ),
    ],
)
def test_an_operation_changes_what_it_names(given: dict[str, Any], at: str, expected: Any) -> None:
    """One operation each, and the resource given stays as it was."""
    before = repr(PATIENT)
    found: Any = patched(given)
    for step in at.split("."):
        found = found[int(step)] if step.isdigit() else found.get(step)
    assert found == expected
    assert repr(PATIENT) == before


def test_a_choice_has_one_form_only() -> None:
    """Replacing a boolean by a date leaves no boolean."""
    assert "deceasedBoolean" not in patched(operation("replace", "Patient.deceased", value={"valueDateTime": "2020"}))


def test_a_list_that_becomes_empty_is_gone() -> None:
    """JSON has no empty lists."""
    assert "name" not in patched(operation("delete", "Patient.name[0]"))


def test_a_value_may_be_given_element_by_element() -> None:
    """Backbone elements have no value[x] of their own."""
    parts = [
        {"name": "name", "valueHumanName": {"text": "n"}},
        {"name": "relationship", "valueCodeableConcept": {"text": "r"}},
        {"name": "period", "part": [{"name": "start", "valueDateTime": "2020"}]},
    ]
    found = patched(operation("add", "Patient", name="contact", value={"part": parts}))
    assert found["contact"] == [
        {"name": {"text": "n"}, "relationship": [{"text": "r"}], "period": {"start": "2020"}},
    ]


def test_operations_follow_one_another() -> None:
    """Each sees what those before it left."""
    found = patched(
        operation("delete", "Patient.identifier[0]"),
        operation("add", "Patient.identifier[0]", name="use", value={"valueCode": "old"}),
    )
    assert found["identifier"][0] == {"system": "s", "value": "2", "use": "old"}


def parameters(*entries: Any) -> dict[str, Any]:
    return {"resourceType": "Parameters", "parameter": list(entries)}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"resourceType": "Patient"}, "FHIRPATH-010"),
        ({"resourceType": "Parameters"}, "FHIRPATH-010"),
        (parameters({"name": "other"}), "FHIRPATH-010"),
        (parameters(*[operation("delete", "Patient.contact")] * 501), "FHIRPATH-008"),
        (parameters({"name": "operation"}), "FHIRPATH-011"),
        (parameters({"name": "operation", "part": [{"name": "type", "valueCode": "add"}]}), "FHIRPATH-011"),
        (parameters(operation("replace", "Patient.birthDate")), "FHIRPATH-011"),
        (parameters(operation("insert", "Patient.identifier", index="1", value="x")), "FHIRPATH-011"),
        (parameters(operation("merge", "Patient")), "FHIRPATH-012"),
        (parameters(operation("insert", "Patient.identifier", index=4, value={"valueIdentifier": {}})), "FHIRPATH-013"),
        (parameters(operation("move", "Patient.identifier", source=3, destination=0)), "FHIRPATH-013"),
        (parameters(operation("add", "Patient.identifier", name="use", value="x")), "FHIRPATH-014"),
        (parameters(operation("add", "Patient.birthDate", name="use", value="x")), "FHIRPATH-014"),
        (parameters(operation("delete", "Patient.identifier")), "FHIRPATH-014"),
        (parameters(operation("delete", "Patient")), "FHIRPATH-014"),
        (parameters(operation("replace", "Patient.contact", value="x")), "FHIRPATH-014"),
        (parameters(operation("insert", "Patient.birthDate", index=0, value="x")), "FHIRPATH-014"),
        (parameters(operation("add", "Patient", name="shoe", value="44")), "FHIRPATH-015"),
        (parameters(operation("add", "Patient", name="deceased", value="x")), "FHIRPATH-015"),
        (parameters(operation("add", "Patient", name="birthDate", value={"valueDate": "1930"})), "FHIRPATH-016"),
        (parameters(operation("add", "Patient", name="deceased", value={"valueDateTime": "2020"})), "FHIRPATH-016"),
        (parameters(operation("delete", "Patient.name[")), "FHIRPATH-003"),
        (parameters(operation("delete", "Patient.name.where(family.matches('(a+)+$'))")), "FHIRPATH-004"),
    ],
)
def test_a_mistake_is_refused(given: dict[str, Any], code: str) -> None:
    """With the number of the operation, and nothing half changed."""
    with pytest.raises(Fault) as caught:
        apply(given, PATIENT)
    assert caught.value.code == code
    assert caught.value.text("zh")
    assert caught.value.advice("en")
