"""Sections for resources that came from anywhere: which resource stands in which section of a document type."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from minkang.exchange.cda.catalogue import DOCUMENT_CODES, DocumentType, sections
from minkang.exchange.cda.entries import kind_of
from minkang.exchange.cda.finishing import ROLE
from minkang.exchange.cda.identity import OID, uri
from minkang.exchange.cda.narrative import narrative
from minkang.exchange.cda.showing import told

Resource = Mapping[str, Any]
PLACES = {
    "BloodPressure": ("vital-signs", "physical-examination"), "Laboratory": ("laboratory",),
    "Procedure": ("procedures",),
    "Medication": ("medication",), "Vaccination": ("vaccination",), "Costs": ("costs",), "Referral": ("referral",),
    "Order": ("orders",), "Report": ("report", "examination-report"), "NotifiableCase": ("notifiable", "diagnosis"),
    "Death": ("death",), "ExternalCause": ("problems", "diagnosis"), "TcmDiagnosis": ("discharge-diagnosis",
    "diagnosis"),
}  # fmt: skip
OF_ROLE = {
    "main": "discharge-diagnosis", "other": "discharge-diagnosis", "admission": "admission-diagnosis",
    "preoperative": "preoperative-diagnosis", "postoperative": "postoperative-diagnosis",
}  # fmt: skip
OF_CATEGORY = {
    "vital-signs": ("vital-signs", "physical-examination"), "laboratory": ("laboratory",),
    "survey": ("assessment", "followup", "health-event"), "social-history": ("lifestyle", "social-history"),
    "exam": ("physical-examination", "assessment", "birth", "newborn"), "procedure": ("procedures",),
}  # fmt: skip
LAST = ("assessment", "problems", "course", "plan", "diagnosis")
TIMES = (
    "effectiveDateTime", "authoredOn", "occurrenceDateTime", "performedDateTime", "issued", "recordedDate", "created",
)  # fmt: skip


def section_for(resource: Resource, kind: DocumentType) -> str:
    """The section of a type that a resource stands in; the last resort is its first general section, never none."""
    wanted = [one for one in _wanted(resource) if one in kind.sections]
    return (wanted or [one for one in LAST if one in kind.sections] or [kind.sections[-1]])[0]


def _wanted(resource: Resource) -> tuple[str, ...]:
    name = kind_of(resource)
    if name == "Diagnosis":
        roles = [
            it.get("code", "")
            for one in resource.get("category", ())
            for it in one.get("coding", ())
            if it.get("system") == ROLE
        ]
        return (*(OF_ROLE[role] for role in roles if role in OF_ROLE), "diagnosis", "discharge-diagnosis", "problems")
    if name == "Observation":
        codes = [it.get("code", "") for one in resource.get("category", ()) for it in one.get("coding", ())]
        return tuple(place for code in codes for place in OF_CATEGORY.get(code, ()))
    return PLACES.get(name, ())


def compose(kind: DocumentType, patient: Resource, encounter: Resource, given: Iterable[Resource]) -> dict[str, Any]:
    """A Composition of the resources, its sections in the order of the type's table."""
    placed: dict[str, list[Resource]] = {}
    used = [one for one in given if kind_of(one)]
    for one in used:
        placed.setdefault(section_for(one, kind), []).append(one)
    if "length" in encounter and "course" in kind.sections:
        placed.setdefault("course", [])
    if encounter.get("hospitalization", {}).get("dischargeDisposition") and "discharge-diagnosis" in kind.sections:
        placed.setdefault("discharge-diagnosis", [])
    period = encounter.get("period", {})
    moment = max(
        (str(one[name]) for one in used for name in TIMES if name in one), default=str(period.get("start", ""))
    )
    at = str(period.get("end") or period.get("start") or moment or "1970-01-01")
    body: dict[str, Any] = {
        "resourceType": "Composition", "status": "final", "title": kind.zh, "date": max(at, moment),
        "type": {"coding": [{"system": uri(DOCUMENT_CODES), "code": kind.code, "display": kind.zh}]},
        "identifier": {"system": uri(f"{OID}1"), "value": _number(kind, patient, encounter, used)},
        "event": [{"period": {"start": str(period.get("start") or moment or at)}}], "confidentiality": "N",
    }  # fmt: skip
    if keeper := encounter.get("serviceProvider"):
        body["custodian"] = keeper
    if author := next((one["requester"] for one in used if "requester" in one), None):
        body["author"] = [author]
    body["section"] = [_section(key, placed[key]) for key in kind.sections if key in placed]
    return body


def _number(kind: DocumentType, patient: Resource, encounter: Resource, used: Iterable[Resource]) -> str:
    """The same resources give the same number."""
    names = sorted(f"{one.get('resourceType')}/{one.get('id')}" for one in (patient, encounter, *used) if one)
    digest = hashlib.sha256("\n".join([kind.code, *names]).encode("utf-8", "surrogatepass")).hexdigest()
    return f"MK{digest[:30]}"


def _section(key: str, placed: list[Resource]) -> dict[str, Any]:
    table = sections()[key]
    code = (
        {"coding": [{"system": "http://loinc.org", "code": table.loinc}], "text": table.en}
        if table.loinc
        else {"text": table.zh}
    )
    lines = [line for one in placed for line in told(one)]
    made: dict[str, Any] = {"title": table.zh, "code": code}
    if lines:
        made["text"] = narrative("\n".join(lines))
    if placed:
        made["entry"] = [{"reference": f"{one.get('resourceType')}/{one.get('id')}"} for one in placed]
    return made
