"""RXA in VXU: Immunization, with the observations that belong to it."""

from __future__ import annotations

from minkang.exchange.hl7v2.conversion import REGISTRATION, Conversion
from minkang.exchange.hl7v2.datatypes import concept, entity, kept, organization_reference, person_reference, uri_part
from minkang.exchange.hl7v2.parsing import Segment
from minkang.exchange.hl7v2.times import day_of
from minkang.exchange.hl7v2.values import number

FUNDING, ELIGIBILITY, DOSE = "30963-3", "64994-7", "30973-2"
DOCUMENT, PRESENTED, PUBLISHED = {"69764-9", "30956-7"}, "29769-7", "29768-9"
UNKNOWN_DOSE = {"999", "998"}


def rxa(c: Conversion, one: Segment) -> None:
    """One dose given, refused or deleted (RXA-21)."""
    vaccine = c.coded("vaccine", one.first(5))
    when = c.when(one, 3)
    if not c.patient or not vaccine or when is None:
        c.note("HL7-024", one.where(5 if not vaccine else 3))
        return
    order = c.order
    own = (order.get(3) or order.get(2)) if order else ""
    key = f"immunization/{uri_part(own)}" if own else f"{c.patient}/dose/{uri_part(one.get(5))}/{when}"
    refused = one.get(20).upper() == "RE"
    value = number(one.get(6)) if one.get(6) not in UNKNOWN_DOSE else None
    unit = one.first(7)
    lots = [part.get(1) for part in one.all(15) if part.get(1)]
    if len(lots) > 1:
        c.note("HL7-020", one.where(15), segment="RXA-15", event=c.event)
    who = [person_reference(part, c.sender) for part in one.all(10)]
    body = kept(
        identifier=[part for part in (entity(order.first(3), c.sender, "FILL") if order else {},) if part],
        status=c.mapped("immunization_status", one, 20, "completed"),
        statusReason=concept(one.first(18), c.sender) if refused else None,
        vaccineCode=vaccine,
        patient=c.subject,
        encounter=c.encounter,
        occurrenceDateTime=when,
        recorded=c.when(one, 22),
        primarySource=one.get(9) in {"", "00"},
        reportOrigin=concept(one.first(9), c.sender) if one.get(9) not in {"", "00"} else None,
        lotNumber=lots[0] if lots else None,
        expirationDate=c.day(one, 16),
        manufacturer=_maker(c, one),
        doseQuantity=kept(value=value, unit=unit.get(2) or unit.get(1)) if value is not None else None,
        performer=[{"actor": part} for part in who if part],
        reasonCode=[concept(part, c.sender) for part in one.all(19)],
    )
    withdrawn = one.get(21).upper() == "D"
    c.parts["immunization"] = c.parts["noted"] = c.add("Immunization", key, body, REGISTRATION, withdrawn)


def _maker(c: Conversion, one: Segment) -> dict[str, str]:
    maker = one.first(17)
    return kept(display=maker.get(2) or maker.get(1)) or organization_reference(one.first(33), c.sender)


def dose_observation(c: Conversion, one: Segment) -> bool:
    """Whether an OBX behind an RXA says something of the dose itself, and was put there."""
    body = c.parts.get("immunization")
    code = one.get(3)
    if body is None:
        return False
    value = one.first(5)
    if code == FUNDING:
        body["fundingSource"] = concept(value, c.sender)
    elif code == ELIGIBILITY:
        body.setdefault("programEligibility", []).append(concept(value, c.sender))
    elif code == DOSE and value.get(1).isdigit() and 0 < int(value.get(1)[:4]) < 1000:
        body["protocolApplied"] = [{"doseNumberPositiveInt": int(value.get(1)[:4])}]
    elif code in DOCUMENT:
        body.setdefault("education", []).append({"documentType": value.get(2) or value.get(1)})
    elif code in {PRESENTED, PUBLISHED} and body.get("education"):
        day = day_of(value.get(1))
        body["education"][-1] |= kept(**{"presentationDate" if code == PRESENTED else "publicationDate": day})
    else:
        return False
    return True
