"""A WS/T 500 or WS/T 483 document of stored resources, with text for people beside every entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from minkang.errors import Fault
from minkang.exchange.cda import identity
from minkang.exchange.cda.catalogue import LOINC, DocumentType, Section, documents, section_of
from minkang.exchange.cda.entries import entries, visit_entries
from minkang.exchange.cda.layout import compose
from minkang.exchange.cda.markup import observation, oid, tag, words
from minkang.exchange.cda.narrative import words as narrated
from minkang.exchange.cda.writing_header import header

Resource = Mapping[str, Any]
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
ROOT = {"xmlns": "urn:hl7-org:v3", "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance"}


def write_document(code: str, resources: Iterable[Resource]) -> bytes:
    """Write a document.

    Args:
        code: of the type: `C0002`, `HSDB04.01`.
        resources: FHIR R4 JSON with ids: one Patient, its Encounter where there is one, what the document tells of, and
            the Composition where the document came from one; without it the sections are filled by the type's table.

    Returns:
        The document in UTF-8. Reading it gives what was written: the same resources, under the same keys where the
        Composition is given.

    Raises:
        Fault: `CDA-020` no such type, `CDA-021` not one Patient.
    """
    kind = documents().get(code)
    if kind is None:
        raise Fault("CDA-020", type=code)
    given = list(resources)
    patients = [one for one in given if one.get("resourceType") == "Patient"]
    if len(patients) != 1:
        raise Fault("CDA-021", count=len(patients))
    by_reference = {f"{one.get('resourceType')}/{one.get('id')}": one for one in given}
    encounter: Resource = next((one for one in given if one.get("resourceType") == "Encounter"), {})
    composition = _composition(kind, given) or compose(kind, patients[0], encounter, given)
    parts = (_section(one, by_reference, encounter, kind) for one in composition.get("section", ()))
    body = tag("component", None, tag("structuredBody", None, *(tag("component", None, one) for one in parts)))
    head = header(kind, composition, patients[0], encounter, _numbers(given))
    return (HEAD + tag("ClinicalDocument", ROOT, head, body)).encode("utf-8")


def _composition(kind: DocumentType, given: Iterable[Resource]) -> Resource | None:
    for one in given:
        if one.get("resourceType") == "Composition":
            codes = {coding.get("code") for coding in one.get("type", {}).get("coding", ())}
            if kind.code in codes:
                return one
    return None


def _numbers(given: Iterable[Resource]) -> dict[str, str]:
    """Prescription and report numbers, which stand beside the patient's own."""
    found: dict[str, str] = {}
    for one in given:
        said = [*one.get("identifier", ())] if one.get("resourceType") == "DiagnosticReport" else []
        if one.get("resourceType") == "MedicationRequest" and "groupIdentifier" in one:
            said.append(one["groupIdentifier"])
        for number in said:
            root = oid(str(number.get("system", "")))
            if root.startswith(identity.OID):
                found.setdefault(root, str(number.get("value", "")))
    return found


def _section(one: Resource, known: Mapping[str, Resource], encounter: Resource, kind: DocumentType) -> str:
    code = one.get("code", {})
    number = next((str(it.get("code", "")) for it in code.get("coding", ())), "")
    table = section_of(number, (str(code.get("text", "")), str(one.get("title", ""))))
    texts: list[Resource] = []
    inner: list[Resource] = []
    for part in one.get("section", ()):
        (inner if _is_section(part) else texts).append(part)
    named = tag(
        "code", {"code": number, "codeSystem": LOINC if number else "", "displayName": str(code.get("text", ""))}
    )
    told = [known[it["reference"]] for it in one.get("entry", ()) if it.get("reference") in known]
    title = str(one.get("title", ""))
    own = "" if "emptyReason" in one else narrated(one.get("text"))
    return tag(
        "section", None, named if code else "", tag("title", None, words(title)),
        tag("text", None, words(own)) if own else "",
        *(tag("entry", None, _text(it)) for it in texts),
        *(tag("entry", None, it) for it in _entries(told, table, kind)),
        *(tag("entry", None, it) for it in visit_entries(encounter, table)),
        *(tag("component", None, _section(it, known, encounter, kind)) for it in inner),
    )  # fmt: skip


def _entries(told: list[Resource], table: Section | None, kind: DocumentType) -> list[str]:
    return [made for one in told for made in entries(one, table.key if table else "")]


def _is_section(part: Resource) -> bool:
    if part.get("entry") or part.get("section"):
        return True
    codings = part.get("code", {}).get("coding")
    return not codings or codings[0].get("system") == "http://loinc.org"


def _text(part: Resource) -> str:
    coding = part["code"]["coding"][0]
    code = {
        "code": str(coding.get("code", "")),
        "codeSystem": oid(str(coding.get("system", ""))),
        "displayName": str(coding.get("display", "")),
    }
    return observation(code, tag("value", {"xsi:type": "ST"}, words(narrated(part.get("text")))))
