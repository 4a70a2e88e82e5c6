"""IN1, GT1, FT1: Coverage, the guarantor as RelatedPerson, ChargeItem."""

from __future__ import annotations

from minkang.exchange.hl7v2.conversion import REGISTRATION, Conversion
from minkang.exchange.hl7v2.datatypes import (
    Json,
    address,
    concept,
    contact_point,
    human_name,
    identifier,
    kept,
    organization_reference,
    uri_part,
)
from minkang.exchange.hl7v2.parsing import Segment
from minkang.exchange.hl7v2.values import number

GUARANTOR = "http://terminology.hl7.org/CodeSystem/v3-RoleClass"
CURRENCY = "CNY"


def in1(c: Conversion, one: Segment) -> None:
    """A patient's insurance."""
    plan = one.get(2) or one.get(3) or one.get(4)
    policy = one.get(49) or one.get(36)
    if not c.patient or not (plan or policy):
        c.note("HL7-024", one.where(2))
        return
    payor = organization_reference(one.first(4), c.sender) or kept(display=one.get(2, 2) or plan)
    start, end = c.day(one, 12), c.day(one, 13)
    holder = human_name(one.first(16))
    c.add(
        "Coverage",
        f"{c.patient}/coverage/{uri_part(plan)}/{uri_part(policy)}",
        kept(
            identifier=[identifier(one.first(49), c.sender, "MB")] if one.get(49) else None,
            status="active",
            type=c.coded("insurance", one.first(15)) if one.first(15) else c.coded("insurance", one.first(2)),
            subscriber={"display": holder["text"]} if holder else None,
            subscriberId=policy,
            beneficiary=c.subject,
            relationship=c.coded("relationship", one.first(17)),
            period=kept(start=start, end=end if not (start and end and end < start) else None),
            payor=[payor or {"display": "-"}],
        ),
        REGISTRATION,
    )


def gt1(c: Conversion, one: Segment) -> None:
    """Who stands for the costs."""
    names = [part for part in map(human_name, one.all(3)) if part]
    who = one.get(2) or (names[0]["text"] if names else "")
    if not c.patient or not who:
        return
    homes = [part for part in map(address, one.all(5)) if part]
    phones = [part for field in (6, 7) for part in map(contact_point, one.all(field)) if part]
    role = {"coding": [{"system": GUARANTOR, "code": "GUAR", "display": "guarantor"}]}
    said = c.coded("relationship", one.first(11))
    c.add(
        "RelatedPerson",
        f"{c.patient}/guarantor/{uri_part(who)}",
        kept(
            identifier=[part for part in (identifier(one.first(2), c.sender),) if part],
            patient=c.subject,
            relationship=[role, said] if said else [role],
            name=names,
            telecom=phones,
            gender=c.mapped("sex", one, 9, "unknown") if one.get(9) else None,
            birthDate=c.day(one, 8),
            address=homes,
        ),
        REGISTRATION,
    )


def ft1(c: Conversion, one: Segment) -> None:
    """A charge."""
    code = concept(one.first(7), c.sender) or kept(text=one.get(8))
    if not c.patient or not code:
        c.note("HL7-024", one.where(7))
        return
    own = one.get(2) or f"{c.key}/{one.get(1) or one.ordinal}"
    amount, price = number(one.get(10)), _money(one)
    credit = one.get(6).upper() in {"CD", "CR"}
    body: Json = kept(
        identifier=[kept(system=f"urn:minkang:id:{c.sender}:charge", value=own)] if one.get(2) else None,
        status="billable" if not credit else "aborted",
        code=code,
        subject=c.subject,
        context=c.encounter,
        occurrenceDateTime=c.when(one, 4),
        enteredDate=c.when(one, 5),
        quantity=kept(value=amount) if amount is not None else None,
        priceOverride=price,
        reason=[c.coded("diagnosis", part) for part in one.all(19)],
    )
    c.parts["noted"] = c.add("ChargeItem", f"charge/{uri_part(own)}", body, REGISTRATION)


def _money(one: Segment) -> Json:
    """FT1-11, the extended amount."""
    value = number(one.get(11))
    currency = one.get(11, 1, 2).upper()
    known = currency if len(currency) == 3 and currency.isascii() and currency.isalpha() else CURRENCY
    return {"value": value, "currency": known} if value is not None else {}
