"""How a resource shows that its sender has taken it back.

By its own means where R4 gives it some: the status `entered-in-error` (found in the generated types, so that no list
can lag behind), the verification status of a Condition or AllergyIntolerance (whose clinical status must then go: rules
con-5 and ait-2), `active` false for people and institutions, `inactive` for places. Every withdrawn resource also bears
a tag in `meta`, which is all that a type without any of these can show.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from minkang.fhir import struct_of
from minkang.fhir.schema import codes_of, elements_of

WRONG = "entered-in-error"
TAG = {"system": "urn:minkang:exchange", "code": "withdrawn"}
_VERIFIED = {
    "Condition": "http://terminology.hl7.org/CodeSystem/condition-ver-status",
    "AllergyIntolerance": "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
}
# Their status is bound to a set that R4 requires and the generated sets do not list; it has `entered-in-error`.
_UNLISTED = frozenset(
    (
        *("CarePlan", "Claim", "ClaimResponse", "ClinicalImpression", "Communication", "CommunicationRequest"),
        *("Coverage", "CoverageEligibilityRequest", "CoverageEligibilityResponse", "DetectedIssue", "DeviceRequest"),
        *("EnrollmentRequest", "EnrollmentResponse", "Immunization", "ImmunizationEvaluation", "Media", "Medication"),
        *("MedicationAdministration", "MedicationDispense", "MedicationKnowledge", "MedicationRequest"),
        *("MedicationStatement", "NutritionOrder", "PaymentNotice", "PaymentReconciliation", "Procedure"),
        *("RequestGroup", "RiskAssessment", "ServiceRequest", "VisionPrescription"),
    )
)
_STATUSES = ("status", "lifecycleStatus")
_INACTIVE = {"Location": "inactive"}


def mark(body: dict[str, Any]) -> dict[str, Any]:
    """A resource (JSON) as it is shown once withdrawn; the one given stays as it is."""
    type = body["resourceType"]
    meta = dict(body.get("meta", {}))
    meta["tag"] = [tag for tag in meta.get("tag", []) if tag.get("system") != TAG["system"]] + [dict(TAG)]
    marked = {**body, "meta": meta}
    if type in _VERIFIED:
        marked["verificationStatus"] = {"coding": [{"system": _VERIFIED[type], "code": WRONG}]}
        marked.pop("clinicalStatus", None)
    elif field := status_field(type):
        marked[field] = WRONG
    elif type in _INACTIVE:
        marked["status"] = _INACTIVE[type]
    elif "active" in struct_of(type).__struct_fields__:
        marked["active"] = False
    return marked


@cache
def status_field(type: str) -> str | None:
    """The element of a type that can say `entered-in-error`; None where R4 gives it none."""
    elements = elements_of(type)
    for name in _STATUSES:
        if name not in elements:
            continue
        listed = elements[name].code_set
        if WRONG in codes_of(listed) if listed else type in _UNLISTED:
            return name
    return None
