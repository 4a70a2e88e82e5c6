"""PID, PD1, NK1, MRG: Patient, and who a patient's number was merged into."""

from __future__ import annotations

from typing import Any

from minkang.errors import Fault
from minkang.exchange.hl7v2.conversion import MENTION, MERGE, REGISTRATION, Conversion
from minkang.exchange.hl7v2.datatypes import (
    ID_CARD,
    Json,
    address,
    contact_point,
    human_name,
    identifier,
    kept,
    organization_reference,
    person_reference,
    tables,
    uri_part,
)
from minkang.exchange.hl7v2.parsing import Repetition, Segment

MERGES = {"A18", "A30", "A34", "A36", "A39", "A40", "A47", "A46"}
MOVES = {"A41", "A43", "A44", "A45", "A50", "A51", "A35", "A42", "A49", "A48"}
DELETES = {"A29"}
NATION = "urn:minkang:extension:nation"


def pid(c: Conversion, one: Segment) -> None:
    """The patient; in an ADT message a registration, in others a mention that overwrites none."""
    own = _own_number(one)
    if own is None:
        raise Fault("HL7-011", one.where(3))
    c.patient = f"patient/{own.get(1)}"
    c.visit = ""
    c.parts.clear()
    authority = REGISTRATION if c.code == "ADT" else MENTION
    body = _patient(c, one)
    c.parts["patient"] = c.add("Patient", c.patient, body, authority, c.event in DELETES and c.code == "ADT")


def pd1(c: Conversion, one: Segment) -> None:
    """Whose patient: primary care provider and organisation."""
    body = c.parts.get("patient")
    if body is None:
        return
    who = [person_reference(part, c.sender) for part in one.all(4)]
    places = [organization_reference(part, c.sender) for part in one.all(3)]
    if found := [part for part in who + places if part]:
        body["generalPractitioner"] = found


def nk1(c: Conversion, one: Segment) -> None:
    """A contact of the patient."""
    body = c.parts.get("patient")
    names = [part for part in map(human_name, one.all(2)) if part]
    phones = [part for field in (5, 6) for part in map(contact_point, one.all(field)) if part]
    homes = [part for part in map(address, one.all(4)) if part]
    if body is None or not (names or phones or homes or one.get(13)):
        return
    start, end = c.day(one, 8), c.day(one, 9)
    relation = c.coded("relationship", one.first(3))
    body.setdefault("contact", []).append(
        kept(
            relationship=[relation] if relation else None,
            name=names[0] if names else None,
            telecom=phones,
            address=homes[0] if homes else None,
            gender=c.mapped("sex", one, 15, "unknown") if one.get(15) else None,
            organization={"display": one.get(13)} if one.get(13) and not names else None,
            period=kept(start=start, end=end if not (start and end and end < start) else None),
        )
    )


def mrg(c: Conversion, one: Segment) -> None:
    """A merge: the old number's Patient is inactive and replaced by the one in PID."""
    body = c.parts.get("patient")
    if body is None or c.event in MOVES:
        return
    if c.event not in MERGES:
        c.note("HL7-020", one.where(), segment="MRG", event=c.event)
        return
    for old in one.all(1) or one.all(4):
        key = f"patient/{old.get(1)}"
        if not old.get(1) or key == c.patient:
            continue
        said = {name: part for name, part in body.items() if name not in {"identifier", "resourceType"}}
        said |= kept(identifier=[identifier(old, c.sender, "MR")])
        said |= {"active": False, "link": [{"other": c.subject, "type": "replaced-by"}]}
        c.add("Patient", key, said, MERGE)


def _own_number(one: Segment) -> Repetition | None:
    """The repetition of PID-3 that is the sender's own patient number; PID-2, PID-4 in messages of 2.3."""
    ranks = tables()["own_number"]
    found = [part for part in one.all(3) if part.get(1)]
    if found:
        return min(found, key=lambda part: ranks.get(part.get(5).upper(), "9"))
    others = (part for field in (2, 4, 18) for part in one.all(field) if part.get(1))
    return next(others, None)


def _identifiers(c: Conversion, one: Segment) -> list[Json]:
    found: list[Json] = []
    for field, kind in ((3, "MR"), (2, "PI"), (4, "PI")):
        for part in one.all(field):
            said = identifier(part, c.sender, kind)
            if said and all(
                (known.get("system"), known["value"]) != (said.get("system"), said["value"]) for known in found
            ):
                found.append(said)
    card = one.get(19)
    if card and all(known["value"] != card for known in found):
        found.append({"use": "official", "system": ID_CARD, "value": card})
    if licence := one.get(20):
        found.append(
            {"system": f"urn:minkang:id:{c.sender}:licence:{uri_part(one.get(20, 2))}".rstrip(":"), "value": licence}
        )
    return found


def _patient(c: Conversion, one: Segment) -> Json:
    names = [part for part in map(human_name, one.all(5)) if part]
    names += [part | {"use": "old"} for part in map(human_name, one.all(9)) if part]
    homes = [part for part in map(address, one.all(11)) if part]
    if one.get(12) and homes and "district" not in homes[0]:
        homes[0]["district"] = one.get(12)
    phones = [contact_point(part, "home") for part in one.all(13)] + [
        contact_point(part, "work") for part in one.all(14)
    ]
    birth = c.day(one, 7)
    return kept(
        extension=_nation(c, one),
        identifier=_identifiers(c, one),
        active=None if c.code != "ADT" or c.event in DELETES else True,
        name=names,
        telecom=[part for part in phones if part],
        gender=c.mapped("sex", one, 8, "unknown") if one.get(8) else None,
        birthDate=birth,
        **_death(c, one),
        address=homes,
        maritalStatus=c.coded("marital", one.first(16)),
        **_twin(one),
        communication=[{"language": kept(text=one.get(15, 2) or one.get(15))}] if one.get(15) else None,
    )


def _nation(c: Conversion, one: Segment) -> list[Json] | None:
    """PID-22 (ethnic group): 民族 where it is one of GB 3304, else it is noted as not carried over."""
    if not one.get(22):
        return None
    code = c.translator.code("nation", one.get(22), one.get(22, 2))
    if code is None:
        return None
    found = c.translator.concept("nation", one.get(22), one.get(22, 2))
    coding = next((part for part in found.get("coding", ()) if part["code"] == code), None)
    return [{"url": NATION, "valueCoding": coding}] if coding else None


def _death(c: Conversion, one: Segment) -> dict[str, Any]:
    when = c.when(one, 29)
    if when:
        return {"deceasedDateTime": when}
    said = one.get(30).upper()
    return {"deceasedBoolean": said == "Y"} if said in {"Y", "N"} else {}


def _twin(one: Segment) -> dict[str, Any]:
    order, said = one.get(25), one.get(24).upper()
    if order.isascii() and order.isdigit() and 0 < len(order) < 3 and said != "N":
        return {"multipleBirthInteger": int(order)}
    return {"multipleBirthBoolean": said == "Y"} if said in {"Y", "N"} else {}
