"""ORC, OBR, TQ1, RXO, RXE, RXD, RXR in orders: ServiceRequest, MedicationRequest, MedicationDispense."""

from __future__ import annotations

from minkang.exchange.hl7v2.appointments import appointment_time
from minkang.exchange.hl7v2.conversion import MENTION, REGISTRATION, Conversion
from minkang.exchange.hl7v2.datatypes import Json, concept, entity, kept, person_reference, tables, uri_part
from minkang.exchange.hl7v2.parsing import Repetition, Segment
from minkang.exchange.hl7v2.results import RESULTS, report
from minkang.exchange.hl7v2.values import number

ORDERS = {"ORM", "OMG", "OML", "OMI", "OMP", "RDE", "RDS", "RGV"}
IN_ERROR = {"E", "EIE", "ERR", "录入错误"}
MEDICATION_STATUS = {"revoked": "cancelled"}


def orc(c: Conversion, one: Segment) -> None:
    """An order begins; what is ordered follows (or, in OUL, came before)."""
    c.order = one
    c.order_open = True
    if c.code not in RESULTS:
        for role in ("request", "medication", "report", "noted"):
            c.parts.pop(role, None)


def obr(c: Conversion, one: Segment) -> None:
    """A report in a result message, a request in others."""
    if not c.patient:
        c.note("HL7-024", one.where())
        return
    if c.code in RESULTS:
        report(c, one)
    else:
        request(c, one)
    c.order_open = False


def request(c: Conversion, one: Segment) -> None:
    """ServiceRequest of ORC and OBR. A cancellation is `revoked`; one because of an error (ORC-16) withdraws."""
    order = c.order if c.order_open or c.parts.get("request") is None else None
    placer = one.get(2) or (order.get(2) if order else "")
    filler = one.get(3) or (order.get(3) if order else "")
    number = placer or filler
    if not number:
        c.note("HL7-028", one.where(2))
        number = f"{c.key}/{one.ordinal}"
    if c.count(f"order/{number}") > 1:
        number = f"{number}/{uri_part(one.get(4) or str(one.ordinal))}"
    who = person_reference(one.first(16), c.sender) or (person_reference(order.first(12), c.sender) if order else {})
    numbers = [entity(first, c.sender, kind) for first, kind in _numbers(one, order)]
    c.prefix = f"order/{number}"
    body = kept(
        identifier=[part for part in numbers if part],
        status=_status(c, order),
        intent="order",
        priority=tables()["priority"].get((one.get(5) or one.get(27, 6)).upper()),
        code=c.coded("laboratory", one.first(4)),
        subject=c.subject,
        encounter=c.encounter,
        occurrenceDateTime=c.when(one, 36) or c.when(one, 6),
        authoredOn=(c.when(order, 9) if order else None) or c.when(one, 6),
        requester=who,
        reasonCode=[concept(part, c.sender) for part in one.all(31)],
        note=[{"text": one.get(13)}] if one.get(13) else None,
    )
    authority = REGISTRATION if c.code in ORDERS else MENTION
    c.parts["request"] = c.parts["noted"] = c.add("ServiceRequest", c.prefix, body, authority, _in_error(order))


def _numbers(one: Segment, order: Segment | None) -> list[tuple[Repetition, str]]:
    placer = one.first(2) or (order.first(2) if order else one.first(2))
    filler = one.first(3) or (order.first(3) if order else one.first(3))
    return [(placer, "PLAC"), (filler, "FILL")]


def _in_error(order: Segment | None) -> bool:
    return order is not None and order.get(1).upper() == "CA" and order.get(16).upper() in IN_ERROR


def _status(c: Conversion, order: Segment | None) -> str:
    if order is None:
        return "active"
    said = c.mapped("order_status", order, 5, "") if order.get(5) else ""
    control = c.mapped("order_control", order, 1, "unknown") if order.get(1) else "unknown"
    return said if said and control != "revoked" else control


def tq1(c: Conversion, one: Segment) -> None:
    """When it is wanted, and how urgently; of an appointment, when it is."""
    if c.appointment is not None:
        appointment_time(c, one)
        return
    body = c.parts.get("medication") or c.parts.get("request")
    if body is None:
        return
    priority = tables()["priority"].get(one.get(9).upper())
    if priority and "priority" not in body and body["resourceType"] != "MedicationDispense":
        body["priority"] = priority
    start = c.when(one, 7)
    if body["resourceType"] == "ServiceRequest":
        if start:
            body["occurrenceDateTime"] = start
        return
    rhythm = one.first(3)
    said = kept(
        timing=kept(code=concept(rhythm.subs(1) if len(rhythm.subs(1)) > 1 else rhythm, c.sender) if rhythm else None)
    )
    if said:
        body.setdefault("dosageInstruction", [{}])[0].update(said)


def medication(c: Conversion, one: Segment) -> None:
    """RXO or RXE: a prescription. RXE, the encoded order, says it last."""
    order = c.order
    what, low, unit = (1, 2, 4) if one.name == "RXO" else (2, 3, 5)
    drug = c.coded("drug", one.first(what))
    own = (order.get(2) or order.get(3)) if order else ""
    if not c.patient or not drug:
        c.note("HL7-024", one.where(what))
        return
    if not own:
        c.note("HL7-028", one.where())
        own = f"{c.key}/{one.ordinal}"
    control = MEDICATION_STATUS.get(said := _status(c, order), said)
    amount = number(one.get(low))
    instruction = one.first(7)
    said_dose = kept(value=amount, unit=one.get(unit, 2) or one.get(unit)) if amount is not None else {}
    dosage = kept(
        text=instruction.get(2) or instruction.get(1),
        doseAndRate=[{"doseQuantity": said_dose}] if said_dose else None,
    )
    who = person_reference(order.first(12), c.sender) if order else {}
    body = kept(
        identifier=[entity(order.first(2), c.sender, "PLAC")] if order and order.get(2) else None,
        status=control,
        intent="order",
        medicationCodeableConcept=drug,
        subject=c.subject,
        encounter=c.encounter,
        authoredOn=c.when(order, 9) if order else None,
        requester=who,
        dosageInstruction=[dosage] if dosage else None,
        dispenseRequest=_amount(one),
    )
    key = f"prescription/{uri_part(own)}"
    c.parts["medication"] = c.parts["noted"] = c.add("MedicationRequest", key, body, REGISTRATION, _in_error(order))
    c.order_open = False


def _amount(one: Segment) -> Json:
    field = 11 if one.name == "RXO" else 10
    value = number(one.get(field))
    return (
        kept(quantity=kept(value=value, unit=one.get(field + 1, 2) or one.get(field + 1))) if value is not None else {}
    )


def rxr(c: Conversion, one: Segment) -> None:
    """Route and site, of a prescription, a dispense or a dose."""
    route, site = c.coded("route", one.first(1)), concept(one.first(2), c.sender)
    dose = c.parts.get("immunization")
    if dose is not None:
        dose.update(kept(route=route, site=site))
        return
    body = c.parts.get("medication")
    if body is not None:
        body.setdefault("dosageInstruction", [{}])[0].update(kept(route=route, site=site))
        if not body["dosageInstruction"][0]:
            del body["dosageInstruction"]


def rxd(c: Conversion, one: Segment) -> None:
    """What was dispensed."""
    drug = c.coded("drug", one.first(2))
    if not c.patient or not drug:
        c.note("HL7-024", one.where(2))
        return
    order = c.order
    own = one.get(7) or ((order.get(3) or order.get(2)) if order else "") or c.key
    asked = next((key for kind, key in c.drafts if kind == "MedicationRequest"), "")
    value = number(one.get(4))
    who = [person_reference(part, c.sender) for part in one.all(10)]
    body = kept(
        status="completed",
        medicationCodeableConcept=drug,
        subject=c.subject,
        context=c.encounter,
        performer=[{"actor": part} for part in who if part],
        authorizingPrescription=[c.ref("MedicationRequest", asked)] if asked else None,
        quantity=kept(value=value, unit=one.get(5, 2) or one.get(5)) if value is not None else None,
        whenHandedOver=c.when(one, 3),
    )
    key = f"dispense/{uri_part(own)}/{one.get(1) or one.ordinal}"
    c.parts["medication"] = c.parts["noted"] = c.add("MedicationDispense", key, body, REGISTRATION)


def rf1(c: Conversion, one: Segment) -> None:
    """A referral: a ServiceRequest of category referral."""
    number = one.get(6) or one.get(11) or c.key
    if not c.patient:  # In I12 the referral stands before the patient: it is read again behind PID.
        c.unread = one
        return
    c.prefix = f"referral/{uri_part(number)}"
    body = kept(
        identifier=[part for part in (entity(one.first(6), c.sender, "PLAC"),) if part],
        status=tables()["referral_status"].get(one.get(1).upper(), "active"),
        intent="order",
        category=[{"coding": [{"system": "http://snomed.info/sct", "code": "3457005"}], "text": "Patient referral"}],
        priority=tables()["priority"].get(one.get(2).upper()),
        code=concept(one.first(3), c.sender),
        subject=c.subject,
        encounter=c.encounter,
        occurrencePeriod=kept(start=c.when(one, 7), end=None),
        authoredOn=c.when(one, 9),
        reasonCode=[concept(part, c.sender) for part in one.all(10)],
    )
    c.referral = c.parts["request"] = c.parts["noted"] = c.add("ServiceRequest", c.prefix, body, REGISTRATION)


def late_referral(c: Conversion) -> None:
    """The referral that stood before the patient."""
    if c.unread is not None:
        rf1(c, c.unread)
        c.unread = None


def prd(c: Conversion, one: Segment) -> None:
    """Who refers and who is asked; they stand before the patient, so they are put in at the end."""
    c.early.append(one)


def late_providers(c: Conversion) -> None:
    """The providers of a referral, when all is read."""
    body = c.referral
    for one in c.early:
        if body is None:
            c.note("HL7-020", one.where(), segment="PRD", event=c.event)
        elif who := _provider(c, one):
            _takes_part(body, one, who)


def _takes_part(body: Json, one: Segment, who: Json) -> None:
    if one.get(1).upper() == "RP" and "requester" not in body:
        body["requester"] = who
    else:
        body.setdefault("performer", []).append(who)


def _provider(c: Conversion, one: Segment) -> Json:
    name = one.first(2)
    shown = " ".join(filter(None, (name.get(5), name.get(2), name.get(1))))
    number = one.get(7)
    who = kept(system=f"urn:minkang:id:{c.sender}:provider", value=number) if number else None
    return kept(type="Practitioner" if who else None, identifier=who, display=shown)
