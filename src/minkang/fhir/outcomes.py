"""Faults as OperationOutcome, the form in which every FHIR client expects them.

Source: FHIR R4 4.0.1, OperationOutcome. The HTTP status that goes with an outcome is `fault.category.status`.
"""

from __future__ import annotations

from typing import cast

from minkang.errors import Fault, Faults, Language
from minkang.fhir.r4.code_sets import IssueType
from minkang.fhir.r4.datatypes import CodeableConcept, Coding
from minkang.fhir.r4.operation_outcome import OperationOutcome, OperationOutcomeIssue

FAULT_SYSTEM = "urn:minkang:fault"
"""The code system of our fault codes (`RECORDS-012`)."""


def outcome_of(fault: Fault, language: Language = "zh") -> OperationOutcome:
    """The outcome of a fault, one issue for each where there are several.

    Args:
        fault: what was refused.
        language: of `details.text`; `diagnostics` is always English, for whoever maintains the client.
    """
    faults = fault.faults if isinstance(fault, Faults) else [fault]
    return OperationOutcome(issue=[_issue(one, language) for one in faults])


def success(text: str) -> OperationOutcome:
    """The outcome of something that went well and has no other answer (`$validate`, delete)."""
    issue = OperationOutcomeIssue(
        severity="information", code="informational", details=CodeableConcept(text=text), diagnostics=text
    )
    return OperationOutcome(issue=[issue])


def _issue(fault: Fault, language: Language) -> OperationOutcomeIssue:
    category = fault.category
    return OperationOutcomeIssue(
        severity="fatal" if category.issue == "exception" else "error",
        code=cast("IssueType", category.issue),
        details=CodeableConcept(
            coding=[Coding(system=FAULT_SYSTEM, code=fault.code)],
            text=f"{fault.text(language)}{'' if language == 'zh' else ' '}{fault.advice(language)}",
        ),
        diagnostics=f"{fault.text('en')} {fault.advice('en')}",
        expression=[fault.where] if fault.where else None,
    )
