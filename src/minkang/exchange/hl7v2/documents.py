"""TXA in MDM: DocumentReference; what follows in OBX is its content."""

from __future__ import annotations

from minkang.exchange.hl7v2.conversion import REGISTRATION, Conversion
from minkang.exchange.hl7v2.datatypes import V2, code_text, kept, person_reference, tables, uri_part
from minkang.exchange.hl7v2.parsing import Segment
from minkang.exchange.hl7v2.values import content_type

ADDENDA, REPLACEMENTS, CANCELS = {"T05", "T06"}, {"T09", "T10"}, {"T11"}


def txa(c: Conversion, one: Segment) -> None:
    """A document. An addendum appends to its parent (TXA-13), a replacement replaces it, T11 withdraws it."""
    number = one.get(12) or one.get(12, 3)
    if not c.patient or not number:
        c.note("HL7-024", one.where(12))
        return
    parent = one.get(13) or one.get(13, 3)
    relation = "appends" if c.event in ADDENDA else "replaces" if c.event in REPLACEMENTS else ""
    made = c.when(one, 6) or c.when(one, 4)
    who = [person_reference(part, c.sender) for field in (9, 10) for part in one.all(field)]
    kind = one.first(2)
    coding = kept(system=V2 + "0270", code=code_text(kind.get(1)), display=kind.get(2)) if kind.get(1) else None
    when = c.when(one, 4)
    key = f"document/{uri_part(number)}"
    if parent and relation and f"document/{uri_part(parent)}" == key:
        parent = ""
    body = kept(
        masterIdentifier=kept(system=f"urn:minkang:id:{c.sender}:document", value=number),
        status="current",
        docStatus=tables()["document_status"].get(one.get(17).upper()),
        type={"coding": [coding]} if coding else None,
        subject=c.subject,
        date=made if made and "T" in made else None,
        author=[part for part in who if part],
        authenticator=person_reference(one.first(22), c.sender),
        relatesTo=_related(c, parent, relation),
        description=one.get(25) or one.get(16),
        content=[
            {
                "attachment": kept(
                    contentType=content_type(one.get(3)) if one.get(3) else None, title=one.get(16) or number
                )
            }
        ],
        context=_context(c, one, when),
    )
    c.parts["document"] = c.parts["noted"] = c.add("DocumentReference", key, body, REGISTRATION, c.event in CANCELS)
    if parent and relation == "replaces":
        c.note("HL7-029", one.where(13), document=parent)


def _related(c: Conversion, parent: str, relation: str) -> list[dict[str, object]] | None:
    if not parent or not relation:
        return None
    return [{"code": relation, "target": c.ref("DocumentReference", f"document/{uri_part(parent)}")}]


def _context(c: Conversion, one: Segment, when: str | None) -> dict[str, object]:
    orders = [part.get(1) for part in one.all(14) if part.get(1)]
    return kept(
        encounter=[c.encounter] if c.encounter else None,
        period={"start": when} if when else None,
        related=[c.ref("ServiceRequest", f"order/{number}") for number in orders],
    )
