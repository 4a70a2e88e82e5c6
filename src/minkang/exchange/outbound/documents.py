"""Shared documents of stored records, on demand: WS/T 483 and WS/T 500."""

from __future__ import annotations

from typing import Any

import msgspec

from minkang.access import Access
from minkang.errors import Fault
from minkang.exchange.cda.writing import write_document
from minkang.fhir.search.reading import parse_query
from minkang.records.repository import Record, Repository

TOLD = {
    "Observation": "encounter",
    "Condition": "encounter",
    "Procedure": "encounter",
    "MedicationRequest": "encounter",
    "DiagnosticReport": "encounter",
    "ServiceRequest": "encounter",
    "Immunization": "",
    "Claim": "encounter",
    "AllergyIntolerance": "",
}
"""Types a document may tell of, and the search parameter that ties them to an attendance; empty where there is none."""
PAGE = 500
WRONG = "entered-in-error"


def document_of(repository: Repository, access: Access, code: str, address: str) -> bytes:
    """Write a document of what is stored.

    Args:
        access: what it may not read is not in the document.
        code: of the type: `C0002`, `HSDB04.01`.
        address: `Composition/…` gives the document again as it came; `Encounter/…` tells of one attendance;
            `Patient/…` of all that is stored of a person.

    Raises:
        Fault: `OUTBOUND-011` for an address of another type; `CDA-020`; of the store where there is no such record.
    """
    type, _, id = address.partition("/")
    if type not in {"Composition", "Encounter", "Patient"} or not id:
        raise Fault("OUTBOUND-011", document=code, reference=address[:200])
    start = _read(repository, access, type, id)
    if type == "Patient":
        return write_document(code, [start, *_about(repository, access, id, "")])
    patient = start.get("subject", {}).get("reference", "")
    if not patient.startswith("Patient/"):
        raise Fault("OUTBOUND-011", document=code, reference=address[:200])
    resources = [start, _read(repository, access, *patient.split("/", 1))]
    if type == "Composition":
        resources += _referred(repository, access, start)
        return write_document(code, resources)
    return write_document(code, [*resources, *_about(repository, access, patient.partition("/")[2], id)])


def _read(repository: Repository, access: Access, type: str, id: str) -> dict[str, Any]:
    return _json(repository.read(access, type, id))


def _json(record: Record) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.json.decode(record.body or b"{}")
    return body


def _about(repository: Repository, access: Access, patient: str, encounter: str) -> list[dict[str, Any]]:
    found = []
    for type, tie in TOLD.items():
        if (encounter and not tie) or not access.allows(type, "search"):
            continue
        pairs = [("patient", f"Patient/{patient}"), ("_count", str(PAGE))]
        if encounter:
            pairs.append((tie, f"Encounter/{encounter}"))
        page = repository.search(access, parse_query(type, pairs, strict=True))
        found += [_json(record) for record in page.matches]
    return [one for one in found if one.get("status") != WRONG]


def _referred(repository: Repository, access: Access, composition: dict[str, Any]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    waiting = [composition]
    while waiting:
        part = waiting.pop()
        addresses = [it.get("reference", "") for it in part.get("entry", ())]
        addresses += [part["encounter"]["reference"]] if "encounter" in part else []
        for address in addresses:
            type, _, id = address.partition("/")
            if id and address not in found and access.allows(type, "read"):
                try:
                    found[address] = _read(repository, access, type, id)
                except Fault as fault:
                    if fault.category.status not in {404, 410}:
                        raise
        waiting += part.get("section", ())
    return list(found.values())
