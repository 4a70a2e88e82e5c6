"""DG1, PRB, AL1, IAM, PR1: Condition, AllergyIntolerance, Procedure."""

from __future__ import annotations

from minkang.exchange.hl7v2.conversion import REGISTRATION, Conversion
from minkang.exchange.hl7v2.datatypes import (
    Json,
    concept,
    entity,
    kept,
    person_reference,
    tables,
    uri_part,
)
from minkang.exchange.hl7v2.parsing import Segment
from minkang.exchange.hl7v2.visits import CANCELS

CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"
ROLE = "http://terminology.hl7.org/CodeSystem/diagnosis-role"
ALLERGY = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
ORDERS = {"ORM", "OMG", "OML", "OMI", "ORU", "OUL"}


def dg1(c: Conversion, one: Segment) -> None:
    """A diagnosis of the visit; behind an order, its reason."""
    said = c.coded("diagnosis", one.first(3)) or kept(text=one.get(4))
    if not said or not c.patient:
        c.note("HL7-024", one.where(3))
        return
    request = c.parts.get("request")
    if request is not None and c.code in ORDERS:
        request.setdefault("reasonCode", []).append(said)
        return
    number = one.get(20) or one.get(3) or said["text"]
    key = f"{c.visit or c.patient}/diagnosis/{uri_part(number)}"
    withdrawn = one.get(21).upper() == "D" or (c.code == "ADT" and c.event in CANCELS)
    who = person_reference(one.first(16), c.sender)
    c.add(
        "Condition",
        key,
        kept(
            identifier=[entity(one.first(20), c.sender)] if one.get(20) else None,
            category=[{"coding": [{"system": CATEGORY, "code": "encounter-diagnosis"}]}],
            code=said,
            subject=c.subject,
            encounter=c.encounter,
            onsetDateTime=c.when(one, 5),
            recordedDate=c.when(one, 19),
            asserter=who,
        ),
        REGISTRATION,
        withdrawn,
    )
    _to_encounter(c, one, key)


def _to_encounter(c: Conversion, one: Segment, key: str) -> None:
    body = c.parts.get("encounter")
    if body is None:
        return
    role = tables()["diagnosis_use"].get(one.get(6).upper())
    rank = one.get(15) if one.get(15).isascii() and one.get(15).isdigit() and len(one.get(15)) < 6 else ""
    said = kept(
        condition=c.ref("Condition", key),
        use={"coding": [{"system": ROLE, "code": role}]} if role else None,
        rank=int(rank) if rank and int(rank) > 0 else None,
    )
    listed = body.setdefault("diagnosis", [])
    if all(part["condition"] != said["condition"] for part in listed):
        listed.append(said)


def prb(c: Conversion, one: Segment) -> None:
    """A problem of the list of problems; PRB-1 says whether it is added, changed or deleted."""
    said = c.coded("diagnosis", one.first(3))
    number = one.get(4) or one.get(3)
    if not said or not number or not c.patient:
        c.note("HL7-024", one.where(3))
        return
    ended = c.when(one, 9)
    c.parts["noted"] = c.add(
        "Condition",
        f"{c.patient}/problem/{uri_part(number)}",
        kept(
            identifier=[entity(one.first(4), c.sender)] if one.get(4) else None,
            clinicalStatus={"coding": [{"system": CLINICAL, "code": "resolved" if ended else "active"}]},
            category=[{"coding": [{"system": CATEGORY, "code": "problem-list-item"}]}],
            code=said,
            subject=c.subject,
            onsetDateTime=c.when(one, 16) or c.when(one, 8),
            abatementDateTime=ended,
            recordedDate=c.when(one, 7) or c.when(one, 2),
        ),
        REGISTRATION,
        one.get(1).upper() in {"DE", "D"},
    )


def al1(c: Conversion, one: Segment) -> None:
    """An allergy."""
    _allergy(c, one, (one.get(3) or one.get(3, 2)), (2, 3, 4, 5), False)


def iam(c: Conversion, one: Segment) -> None:
    """An allergy with an action code: A60 tells changes, not the whole list."""
    number = one.get(7) or one.get(3) or one.get(3, 2)
    _allergy(c, one, number, (2, 3, 4, 5), one.get(6).upper() == "D")


def _allergy(c: Conversion, one: Segment, number: str, fields: tuple[int, int, int, int], withdrawn: bool) -> None:
    kind, what, severity, reactions = fields
    if not number or not c.patient:
        c.note("HL7-024", one.where(what))
        return
    category = tables()["allergy_category"].get(one.get(kind).upper())
    degree = tables()["allergy_severity"].get(one.get(severity).upper())
    shown = [{"text": part.get(2) or part.get(1)} for part in one.all(reactions) if part.get(1) or part.get(2)]
    started = c.when(one, 6) if one.name == "AL1" else c.when(one, 11)
    c.add(
        "AllergyIntolerance",
        f"{c.patient}/allergy/{uri_part(number)}",
        kept(
            clinicalStatus={"coding": [{"system": ALLERGY, "code": "active"}]},
            category=[category] if category else None,
            code=concept(one.first(what), c.sender) or {"text": number},
            patient=c.subject,
            onsetDateTime=started,
            reaction=[kept(manifestation=shown, severity=degree)] if shown else None,
        ),
        REGISTRATION,
        withdrawn,
    )


def pr1(c: Conversion, one: Segment) -> None:
    """A procedure."""
    said = c.coded("operation", one.first(3)) or kept(text=one.get(4))
    if not said or not c.patient:
        c.note("HL7-024", one.where(3))
        return
    number = one.get(19) or f"{one.get(3) or said['text']}/{one.get(5)}"
    when = c.when(one, 5)
    surgeons = [person_reference(part, c.sender) for field in (11, 12) for part in one.all(field)]
    withdrawn = one.get(20).upper() == "D" or (c.code == "ADT" and c.event in CANCELS)
    body: Json = kept(
        identifier=[entity(one.first(19), c.sender)] if one.get(19) else None,
        status="completed",
        code=said,
        subject=c.subject,
        encounter=c.encounter,
        performedDateTime=when,
        performer=[{"actor": part} for part in surgeons if part],
        reasonCode=[c.coded("diagnosis", one.first(15))] if one.first(15) else None,
    )
    c.add("Procedure", f"{c.visit or c.patient}/procedure/{uri_part(number)}", body, REGISTRATION, withdrawn)
