"""PV1, PV2: Encounter, with what an event of ADT says about it."""

from __future__ import annotations

from typing import Any

from minkang.exchange.hl7v2.conversion import MENTION, REGISTRATION, Conversion
from minkang.exchange.hl7v2.datatypes import (
    Json,
    identifier,
    kept,
    location_reference,
    person_reference,
)
from minkang.exchange.hl7v2.parsing import Segment

CLASS = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
STATUS = {
    "A01": "in-progress", "A02": "in-progress", "A03": "finished", "A04": "in-progress", "A05": "planned",
    "A06": "in-progress", "A07": "in-progress", "A09": "in-progress", "A10": "arrived", "A12": "in-progress",
    "A13": "in-progress", "A14": "planned", "A15": "in-progress", "A16": "in-progress", "A21": "onleave",
    "A22": "in-progress", "A25": "in-progress", "A26": "in-progress", "A32": "in-progress", "A33": "in-progress",
    "A52": "onleave", "A53": "in-progress",
}  # fmt: skip
CANCELS = {"A11", "A23", "A27", "A38"}
REOPENS = {"A13", "A25"}
PERSONS_ONLY = {"A28", "A29", "A31", "A40", "A47", "A60", "A24", "A37", "A18", "A30", "A34", "A36", "A39"}
PARTICIPANT = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
ROLES = {7: "ATND", 8: "REF", 9: "CON", 17: "ADM"}


def pv1(c: Conversion, one: Segment) -> None:
    """The visit. Without a number of its own it can be known again only by its message, so only an ADT makes one."""
    number = _number(c, one)
    if not c.patient or not number:
        if one.get(2) not in {"", "N"} or (c.code == "ADT" and c.event not in PERSONS_ONLY):
            c.note("HL7-023", one.where(19))
        return
    c.visit = f"visit/{number}"
    registration = c.code == "ADT" and c.event not in PERSONS_ONLY
    cancelled = c.code == "ADT" and c.event in CANCELS
    body = _encounter(c, one, registration)
    c.parts["encounter"] = c.add("Encounter", c.visit, body, REGISTRATION if registration else MENTION, cancelled)


def pv2(c: Conversion, one: Segment) -> None:
    """Reason, and times expected."""
    body = c.parts.get("encounter")
    if body is None:
        return
    if reason := c.coded("diagnosis", one.first(3)):
        body.setdefault("reasonCode", []).append(reason)
    elif one.get(12):
        body.setdefault("reasonCode", []).append({"text": one.get(12)})
    expected = c.when(one, 8)
    if expected and body["status"] == "planned" and "period" not in body:
        body["period"] = {"start": expected}


def _number(c: Conversion, one: Segment) -> str:
    """PV1-19; PV1-50, or the account number of PID-18, where it is missing."""
    account = next((part.get(18) for part in c.message.named("PID")), "")
    return one.get(19) or one.get(50) or (account if one.get(2).upper() not in {"", "N"} else "")


def _encounter(c: Conversion, one: Segment, registration: bool) -> Json:
    start, end = c.when(one, 44), c.when(one, 45)
    if c.event in REOPENS and c.code == "ADT":
        end = None
    numbers = [identifier(part, c.sender, "VN") for field in (19, 50) for part in one.all(field)]
    kind = c.mapped("encounter_class", one, 2, "")
    place = location_reference(one.first(3), c.sender)
    return kept(
        identifier=[part for part in numbers if part],
        status=_status(c, registration, end),
        **{"class": {"system": CLASS, "code": kind} if kind else _unknown_class(one)},
        type=[c.coded("department", one.first(10))] if one.first(10) else None,
        priority=_admission(one),
        subject=c.subject,
        participant=[part for field in ROLES for part in _participants(c, one, field)],
        period=kept(start=start, end=end if not (start and end and end < start) else None),
        hospitalization=_hospitalization(c, one),
        location=[{"location": place}] if place else None,
    )


def _unknown_class(one: Segment) -> Json:
    """A class without a map stands as sent."""
    return kept(system="http://terminology.hl7.org/CodeSystem/v2-0004", code=" ".join(one.get(2).split()) or "U")


def _status(c: Conversion, registration: bool, end: str | None) -> str:
    if not registration:
        return "finished" if end else "unknown"
    said = STATUS.get(c.event) or "in-progress"
    # A registration that already gives the time of leaving (PV1-45), as of an attendance sent once it is over.
    return "finished" if end and said == "in-progress" else said


def _admission(one: Segment) -> Json:
    """PV1-4, admission type."""
    code = " ".join(one.get(4).split())
    return (
        kept(coding=[kept(system="http://terminology.hl7.org/CodeSystem/v2-0007", code=code, display=one.get(4, 2))])
        if code
        else {}
    )


def _participants(c: Conversion, one: Segment, field: int) -> list[Json]:
    who = [person_reference(part, c.sender) for part in one.all(field)]
    role = {"coding": [{"system": PARTICIPANT, "code": ROLES[field]}]}
    return [{"type": [role], "individual": part} for part in who if part]


def _hospitalization(c: Conversion, one: Segment) -> dict[str, Any]:
    return kept(
        admitSource=c.coded("admission_way", one.first(14)),
        dischargeDisposition=c.coded("discharge_way", one.first(36)),
    )
