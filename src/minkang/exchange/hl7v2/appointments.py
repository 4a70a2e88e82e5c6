"""SCH, AIS, AIP, AIL, AIG in SIU: Appointment."""

from __future__ import annotations

from datetime import datetime, timedelta

from minkang.exchange.hl7v2.conversion import REGISTRATION, Conversion
from minkang.exchange.hl7v2.datatypes import (
    Json,
    concept,
    entity,
    kept,
    location_reference,
    person_reference,
    tables,
    uri_part,
)
from minkang.exchange.hl7v2.parsing import Segment

DELETED = {"S17"}
MINUTES = {"": 1, "MIN": 1, "M": 1, "MINUTE": 1, "MINUTES": 1, "H": 60, "HR": 60, "HOUR": 60, "D": 1440}
LONGEST = 7 * 1440


def sch(c: Conversion, one: Segment) -> None:
    """The appointment; it stands before the patient, who is put in when PID comes."""
    number = one.get(2) or one.get(1)
    if not number:
        c.note("HL7-028", one.where(1))
        number = c.key
    state = _status(c, one)
    numbers = [entity(one.first(1), c.sender, "PLAC"), entity(one.first(2), c.sender, "FILL")]
    who = [person_reference(part, c.sender) for part in one.all(16)]
    body = kept(
        identifier=[part for part in numbers if part],
        status=state,
        appointmentType=concept(one.first(8), c.sender),
        reasonCode=[concept(part, c.sender) for part in one.all(7)],
        **_times(c, one),
        participant=[{"actor": part, "status": "accepted"} for part in who if part][:1],
    )
    body.setdefault("participant", [])
    made = c.add("Appointment", f"appointment/{uri_part(number)}", body, REGISTRATION, c.event in DELETED)
    c.appointment = c.parts["appointment"] = c.parts["noted"] = made


def _status(c: Conversion, one: Segment) -> str:
    by_event = tables()["scheduling"].get(c.event)
    if by_event in {"cancelled", "noshow"}:
        return by_event
    said = c.mapped("appointment_status", one, 25, "") if one.get(25) else ""
    return said or by_event or "booked"


def _times(c: Conversion, one: Segment) -> Json:
    """Start and end of SCH-11 (to 2.4) with the duration of SCH-9."""
    start, end = c.when(one, 11, 4), c.when(one, 11, 5)
    minutes = _minutes(one.get(9), one.get(10))
    return _slot(start, end, minutes)


def _minutes(text: str, unit: str) -> int:
    factor = MINUTES.get(unit.upper(), 0)
    value = int(text) * factor if text.isascii() and text.isdigit() and len(text) < 6 else 0
    return value if 0 < value <= LONGEST else 0


def _slot(start: str | None, end: str | None, minutes: int) -> Json:
    """Start and end stand together or not at all (app-2), both as instants."""
    if start and "T" in start and not (end and "T" in end) and minutes:
        end = (datetime.fromisoformat(start) + timedelta(minutes=minutes)).isoformat()
    if not (start and end and "T" in start and "T" in end) or datetime.fromisoformat(end) < datetime.fromisoformat(
        start
    ):
        return kept(minutesDuration=minutes or None)
    return kept(start=start, end=end, minutesDuration=minutes or None)


def appointment_time(c: Conversion, one: Segment) -> None:
    """TQ1, which from 2.5 on holds what SCH-11 held before: the appointment's own time."""
    slot = _slot(c.when(one, 7), c.when(one, 8), 0)
    if c.appointment is not None and slot:
        c.appointment.update(slot)


def take_part(c: Conversion) -> None:
    """The patient of an appointment, when PID has been read."""
    body = c.appointment
    if body is not None and c.patient:
        patient = {"actor": c.subject, "status": "accepted"}
        if patient not in body["participant"]:
            body["participant"].insert(0, patient)


def ais(c: Conversion, one: Segment) -> None:
    """The service, and when."""
    body = c.appointment
    if body is None:
        return
    body.setdefault("serviceType", []).append(concept(one.first(3), c.sender) or {"text": "-"})
    c.parts["noted"] = body
    if "start" not in body:
        body.update(_slot(c.when(one, 4), None, _minutes(one.get(7), one.get(8))))


def resource(c: Conversion, one: Segment) -> None:
    """AIP a person, AIL a place, AIG a thing: who and what takes part."""
    body = c.appointment
    if body is None:
        return
    for part in one.all(3):
        if one.name == "AIP":
            actor = person_reference(part, c.sender)
        elif one.name == "AIL":
            actor = location_reference(part, c.sender)
        else:
            actor = kept(display=part.get(2) or part.get(1))
        if actor:
            body["participant"].append({"actor": actor, "status": "accepted"})


def finish_appointment(c: Conversion) -> None:
    """An appointment has a participant and, unless it is cancelled or only proposed, a time."""
    for draft in c.drafts.values():
        if draft.type == "Appointment":
            _finish(c, draft.body)


def _finish(c: Conversion, body: Json) -> None:
    if not body["participant"]:
        body["participant"] = [{"actor": {"display": "-"}, "status": "needs-action"}]
    if "start" not in body and body["status"] not in {"proposed", "cancelled", "waitlist"}:
        c.note("HL7-030", "SCH-11")
        body["status"] = "proposed" if body["status"] == "booked" else body["status"]
