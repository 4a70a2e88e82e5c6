"""What a resource needs besides its entries: who, when, which visit, which role."""

from __future__ import annotations

from typing import Any

from minkang.codes.translator import Translator
from minkang.exchange.cda.gathering import Group
from minkang.exchange.cda.header import DEPARTMENT, INSTITUTION, Header
from minkang.exchange.cda.identity import INPATIENT, OID, OUTPATIENT, uri
from minkang.exchange.cda.statements import Person
from minkang.exchange.cda.values import time
from minkang.exchange.message import Note

STAFF = f"{OID}4"
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ROLE = "urn:minkang:code:diagnosis-role"
ROLES = {
    "main": "主要诊断", "other": "其他诊断", "admission": "入院诊断", "preoperative": "术前诊断",
    "postoperative": "术后诊断", "pathology": "病理诊断", "outpatient": "门(急)诊诊断", "visit": "就诊诊断",
}  # fmt: skip
USES = {"main": "DD", "other": "DD", "admission": "AD", "postoperative": "post-op", "preoperative": "pre-op"}
OF_SECTION = {
    "admission-diagnosis": "admission", "preoperative-diagnosis": "preoperative",
    "postoperative-diagnosis": "postoperative",
}  # fmt: skip
KINDS = {
    "outpatient": "门诊", "inpatient": "住院", "followup": "慢病及重点人群随访", "antenatal": "产前检查",
    "postnatal": "产后访视", "child-check": "儿童健康检查", "elderly-check": "老年人健康体检",
}  # fmt: skip
CENT = 0.011


def staff(one: Person) -> dict[str, Any]:
    """A logical reference to a member of staff; empty where nobody is named."""
    found: dict[str, Any] = {}
    if one.id:
        found["identifier"] = {"system": uri(STAFF), "value": one.id}
    if one.name:
        found["display"] = one.name
    return found


def institution(code: str, name: str) -> dict[str, Any]:
    """A logical reference to an institution; empty where none is named."""
    found: dict[str, Any] = {"identifier": {"system": uri(INSTITUTION), "value": code}} if code else {}
    return found | ({"display": name} if name else {})


def moment(header: Header) -> str:
    """When what the document tells of happened, where an entry does not say: when its author wrote."""
    return time(header.authored) or header.at


def role_of(group: Group, first: bool) -> str:
    """Which part a diagnosis has in the document, by its section and what its entries are called."""
    words = group.words
    if group.section == "discharge-diagnosis":
        return "main" if "主要" in words or ("其他" not in words and first) else "other"
    if group.section in OF_SECTION:
        return OF_SECTION[group.section]
    return "pathology" if "病理" in words else "outpatient" if "门" in words and "诊" in words else "visit"


def finish(group: Group, header: Header, translator: Translator) -> list[Note]:
    """Complete the body of a group; what is doubtful is noted."""
    body, kind = group.body, group.kind
    body["resourceType"] = kind.resource
    if kind.time and not (group.end and kind.name == "Procedure"):
        body.setdefault(kind.time, time(group.start) or moment(header))
    special = _SPECIAL.get(kind.name)
    return special(group, header, translator) if special else _people(group, "performer")


def _people(group: Group, name: str) -> list[Note]:
    found = [made for one in group.people if (made := staff(one))]
    if found:
        group.body[name] = found
    return []


def _laboratory(group: Group, header: Header, translator: Translator) -> list[Note]:
    body, notes = group.body, []
    value = body.pop("valueQuantity", {}).get("value")
    if value is not None:
        codes = (one["code"] for one in body.get("code", {}).get("coding", ()) if one["system"] == "http://loinc.org")
        body["valueQuantity"] = translator.measure(value, group.unit, next(codes, "")).quantity()
    elif group.unit:
        notes.append(Note("CDA-038", f"section {group.section}", {"unit": group.unit[:40]}))
    body.setdefault("code", {"text": "检验项目"})
    return [*notes, *_people(group, "performer")]


def _procedure(group: Group, header: Header, translator: Translator) -> list[Note]:
    body = group.body
    body.setdefault("code", {"text": "手术操作"})
    if group.end:
        body.pop("performedDateTime", None)
        start = time(group.start)
        body["performedPeriod"] = ({"start": start} if start else {}) | {"end": time(group.end) or moment(header)}
    found = [({"function": {"text": one.role}} if one.role else {}) | {"actor": made}
             for one in group.people if (made := staff(one))]  # fmt: skip
    if found:
        body["performer"] = found
    return []


def _medication(group: Group, header: Header, translator: Translator) -> list[Note]:
    body = group.body
    body.setdefault("medicationCodeableConcept", {"text": "药品"})
    if made := staff(header.author):
        body["requester"] = made
    prescription = header.numbers.get(f"{OID}20")
    if prescription:
        body["groupIdentifier"] = {"system": uri(f"{OID}20"), "value": prescription}
    return []


def _vaccination(group: Group, header: Header, translator: Translator) -> list[Note]:
    body = group.body
    body.setdefault("vaccineCode", {"text": "疫苗"})
    body.setdefault("occurrenceDateTime", moment(header))
    if made := institution(*header.keeper):
        body["performer"] = [{"actor": made}]
    return []


def _order(group: Group, header: Header, translator: Translator) -> list[Note]:
    body = group.body
    body.setdefault("code", {"text": "医嘱"})
    if made := staff(group.people[0] if group.people else header.author):
        body["requester"] = made
    if group.end and (end := time(group.end)):
        start = time(group.start)
        body["occurrencePeriod"] = ({"start": start} if start else {}) | {"end": end}
    if "category" in body:
        body["category"] = [one for one in body["category"] if one]
    if "requisition" in body:
        body["requisition"]["system"] = uri(f"{OID}24")
    return []


def _referral(group: Group, header: Header, translator: Translator) -> list[Note]:
    body = group.body
    body.setdefault("authoredOn", moment(header))
    if made := staff(header.author):
        body["requester"] = made
    for one in body.get("performer", ()):
        if "identifier" in one:
            one["identifier"]["system"] = uri(INSTITUTION)
    return []


def _costs(group: Group, header: Header, translator: Translator) -> list[Note]:
    body = group.body
    body["provider"] = institution(*header.keeper) or {"display": "-"}
    body["created"] = body["created"][:10] if "T" not in body["created"] else body["created"]
    items, total = body.get("item", []), body.get("total", {}).get("value")
    said = sum(one["net"]["value"] for one in items if "category" not in one)
    if items and total is not None and abs(said - total) > CENT:
        return [Note("CDA-034", "section costs", {"sum": f"{said:.2f}", "total": f"{total:.2f}"})]
    return []


def _report(group: Group, header: Header, translator: Translator) -> list[Note]:
    body, imaging = group.body, header.type.code == "C0006"
    for root in ("33", "32"):
        if value := header.numbers.get(OID + root):
            body["identifier"] = [{"system": uri(OID + root), "value": value}]
    section, coding = (
        ("RAD", ("18748-4", "Diagnostic imaging study")) if imaging else ("LAB", ("11502-2", "Laboratory report"))
    )
    body["category"] = [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": section}]}]
    body["code"] = {
        "coding": [{"system": "http://loinc.org", "code": coding[0], "display": coding[1]}],
        "text": header.type.zh,
    }
    body["issued"] = header.at
    if made := institution(*header.keeper):
        body["performer"] = [made]
    return []


def _death(group: Group, header: Header, translator: Translator) -> list[Note]:
    at = group.body.get("effectiveDateTime")
    if at:
        header.patient["deceasedDateTime"] = at
    return []


def _case(group: Group, header: Header, translator: Translator) -> list[Note]:
    group.body["identifier"] = [{"system": "urn:minkang:id:report-card", "value": header.number}]
    if made := staff(header.author):
        group.body["recorder"] = made
    return []


def _condition(group: Group, header: Header, translator: Translator) -> list[Note]:
    group.body.setdefault("code", {"text": "诊断"})
    return []


_SPECIAL = {
    "Laboratory": _laboratory, "Procedure": _procedure, "Medication": _medication, "Vaccination": _vaccination,
    "Order": _order, "Referral": _referral, "Costs": _costs, "Report": _report, "Death": _death,
    "NotifiableCase": _case, "Diagnosis": _condition, "TcmDiagnosis": _condition, "ExternalCause": _condition,
}  # fmt: skip


def encounter(header: Header, extra: dict[str, Any], translator: Translator) -> dict[str, Any]:
    """The Encounter of a document: whole in the visit's own record, a mention elsewhere."""
    visit, kind = header.visit, header.type
    inpatient = visit.root == INPATIENT or (visit.root != OUTPATIENT and kind.visit == "inpatient")
    code, display = ("IMP", "inpatient encounter") if inpatient else ("AMB", "ambulatory")
    body: dict[str, Any] = {
        "resourceType": "Encounter", "status": "finished" if kind.main or time(visit.end) else "unknown",
        "class": {"system": ACT, "code": code, "display": display},
    }  # fmt: skip
    if visit.number:
        body["identifier"] = [
            {"system": uri(visit.root), "value": visit.number} if visit.root else {"value": visit.number}
        ]
    if kind.main:
        coding = {"system": "urn:minkang:code:encounter-kind", "code": kind.visit, "display": KINDS[kind.visit]}
        body["type"] = [{"coding": [coding], "text": KINDS[kind.visit]}]
    start, end = time(visit.start), time(visit.end)
    if not start and kind.main and not inpatient:
        start = moment(header)
    if start or end:
        body["period"] = ({"start": start} if start else {}) | ({"end": end} if end else {})
    if made := institution(*header.keeper):
        body["serviceProvider"] = made
    department = next((name or code for root, code, name in visit.places if root == DEPARTMENT), "")
    if department:
        body["serviceType"] = {"text": department}
    places = [{"location": {"identifier": {"system": uri(root), "value": number_}}
    | ({"display": name} if name else {})}
              if number_ else {"location": {"display": name}}
              for root, number_, name in visit.places if root != DEPARTMENT]  # fmt: skip
    if places:
        body["location"] = places
    body |= extra
    if visit.way is not None:
        way = translator.concept("admission_way", visit.way.code, visit.way.display)
        body["hospitalization"] = {"admitSource": way} | body.get("hospitalization", {})
    return body
