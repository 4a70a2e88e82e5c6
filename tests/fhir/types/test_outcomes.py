"""Faults as OperationOutcome."""

from __future__ import annotations

import json

import pytest

from minkang.errors import Fault, Faults
from minkang.fhir import decode, encode
from minkang.fhir.outcomes import FAULT_SYSTEM, outcome_of, success


def test_a_fault_becomes_an_issue_in_the_language_asked_for() -> None:
    with pytest.raises(Fault) as caught:
        decode(b'{"resourceType":"Patient","birthDate":"2024-02-30"}')
    for language in ("zh", "en"):
        issue = json.loads(encode(outcome_of(caught.value, language)))["issue"][0]
        assert issue["severity"] == "error"
        assert issue["code"] == "invalid"
        assert issue["details"]["coding"] == [{"system": FAULT_SYSTEM, "code": "FHIR-034"}]
        assert caught.value.text(language) in issue["details"]["text"]
        assert "2024-02-30" in issue["diagnostics"]
        assert issue["expression"] == ["Patient.birthDate"]


def test_several_faults_become_several_issues() -> None:
    faults = Faults([Fault("FHIR-005"), Fault("FHIR-006", "resourceType", type="X")])
    assert [one.expression for one in outcome_of(faults).issue] == [None, ["resourceType"]]


def test_success_is_an_outcome_too_and_outcomes_are_themselves_good_fhir() -> None:
    for outcome in (success("可以"), outcome_of(Fault("FHIR-002"))):
        assert encode(decode(encode(outcome))) == encode(outcome)
