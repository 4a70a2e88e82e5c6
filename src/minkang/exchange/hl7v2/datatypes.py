"""Composite types of HL7 v2 as FHIR data types (JSON). What is empty is left out; nothing is invented.

Source: HL7 v2-to-FHIR, data type maps. Codes of the tables come from `minkang/exchange/hl7v2/tables.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from minkang.exchange.hl7v2.parsing import Repetition
from minkang.exchange.hl7v2.times import date_time, day_of

Json = dict[str, Any]
ID_CARD = "urn:oid:2.16.156.10011.1.3"
V2 = "http://terminology.hl7.org/CodeSystem/v2-"
_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")
_TABLE = re.compile(r"HL7?[- ]?(\d{4})", re.IGNORECASE)
_SPACES = re.compile(r"\s+")
_HAN = re.compile(r"[\u3400-\u9fff]")


@cache
def tables() -> Mapping[str, Mapping[str, str]]:
    """Tables of HL7 that need no dates: code to FHIR code; read once."""
    found: dict[str, dict[str, str]] = tomllib.loads(
        (files("minkang.exchange.hl7v2") / "tables.toml").read_text("utf-8")
    )
    return found


def kept(**parts: Any) -> Json:
    """The parts that are not empty; of lists what in them is not."""
    found: Json = {}
    for name, part in parts.items():
        if type(part) is list:
            if whole := part if all(part) else [one for one in part if one]:
                found[name] = whole
        elif part or part == 0:
            found[name] = part
    return found


def code_text(text: str) -> str:
    """A text as FHIR's `code` allows it: single spaces."""
    if " " not in text and text.isprintable():
        return text
    return _SPACES.sub(" ", text).strip()


def system_of(name: str, sender: str) -> str:
    """URI of a coding system named as in v2: an OID, a known name, a table of HL7, or one of the sender's own."""
    if not name:
        return ""
    known = tables()["systems"].get(name.upper())
    if known:
        return known
    if _OID.fullmatch(name):
        return f"urn:oid:{name}"
    if match := _TABLE.fullmatch(name):
        return V2 + match[1]
    return f"urn:minkang:local:{sender}:{uri_part(name)}"


def uri_part(text: str) -> str:
    """A text as part of a URI: without spaces."""
    return _SPACES.sub("_", text)


def authority(part: Repetition, sender: str, kind: str = "") -> str:
    """The system of identifiers that an HD names (`part` read as name, universal id, its type)."""
    name, universal = part.get(1), part.get(2)
    if universal and _OID.fullmatch(universal):
        return f"urn:oid:{universal}"
    if kind in tables()["national_ids"] and (not name or name.upper() in tables()["national_authorities"]):
        return tables()["national_ids"][kind]
    local = name or universal or kind.lower() or "id"
    return f"urn:minkang:id:{sender}:{uri_part(local)}"


def identifier(one: Repetition, sender: str, kind: str = "") -> Json:
    """CX: number, check digit (not kept: it is part of the number where it matters), authority, type."""
    value = one.get(1)
    if not value:
        return {}
    kind = one.get(5) or kind
    coding = kept(system=V2 + "0203", code=code_text(kind)) if kind else {}
    period = kept(start=day_of(one.get(7)), end=day_of(one.get(8)))
    if "start" in period and "end" in period and period["start"] > period["end"]:
        period = {}
    return kept(
        type={"coding": [coding]} if coding else None,
        system=authority(one.subs(4), sender, kind.upper()),
        value=value,
        period=period,
    )


def entity(one: Repetition, sender: str, kind: str = "") -> Json:
    """EI: an order's or document's number and who gave it."""
    value = one.get(1)
    if not value:
        return {}
    name = one.get(2) or one.get(3)
    universal = one.get(3)
    system = (
        f"urn:oid:{universal}" if _OID.fullmatch(universal) else f"urn:minkang:id:{sender}:{uri_part(name or kind)}"
    )
    return kept(type={"coding": [{"system": V2 + "0203", "code": kind}]} if kind else None, system=system, value=value)


def human_name(one: Repetition) -> Json:
    """XPN. A Chinese name stands whole in the first component or in family and given; `text` joins it unspaced."""
    family, given, more, suffix, prefix, degree = (one.get(number) for number in range(1, 7))
    if not family and not given:
        return {}
    parts = [part for part in (prefix, given, more, family, suffix, degree) if part]
    chinese = bool(_HAN.search(family + given))
    text = f"{family}{given}" if chinese else " ".join(parts)
    return kept(
        use=tables()["name_use"].get(one.get(7).upper()),
        text=text,
        family=family if given or not chinese else "",
        given=[part for part in (given, more) if part],
        prefix=[prefix] if prefix else None,
        suffix=[part for part in (suffix, degree) if part],
    )


def address(one: Repetition) -> Json:
    """XAD."""
    street = " ".join(filter(None, (one.get(1, number) for number in (1, 2, 3))))
    lines = [part for part in (street, one.get(2)) if part]
    kind = one.get(7).upper()
    return kept(
        use=tables()["address_use"].get(kind),
        type=tables()["address_type"].get(kind),
        line=lines,
        city=one.get(3),
        district=one.get(9),
        state=one.get(4),
        postalCode=one.get(5),
        country=one.get(6),
    )


def contact_point(one: Repetition, use: str = "") -> Json:
    """XTN: the number as one text (component 1 or 12), or put together of its parts."""
    kind = one.get(3).upper()
    system = tables()["telecom_system"].get(kind, "phone")
    if kind in {"INTERNET", "X.400"} or (one.get(4) and "@" in one.get(4)):
        return kept(system="email", value=one.get(4) or one.get(1))
    parts = [f"+{one.get(5)}" if one.get(5) else "", one.get(6), one.get(7)]
    value = one.get(1) or one.get(12) or " ".join(filter(None, parts))
    if not value:
        return {}
    if "@" in value:
        return {"system": "email", "value": value}
    said = "mobile" if kind == "CP" else tables()["telecom_use"].get(one.get(2).upper(), use)
    return kept(system=system, value=value, use=said)


def person_reference(one: Repetition, sender: str) -> Json:
    """XCN: who did it, as a logical reference; staff are registered elsewhere, not by each message that names them."""
    if not one.raw:
        return {}
    number = one.get(1)
    family, given = one.get(2), one.get(3)
    chinese = bool(_HAN.search(family + given))
    shown = f"{family}{given}" if chinese else " ".join(filter(None, (one.get(6), given, one.get(4), family)))
    if number and not shown and not number.isascii():
        return {"display": number}  # A name alone in the place of the number.
    who = kept(system=authority(one.subs(9), sender, "staff"), value=number) if number else None
    return kept(type="Practitioner" if who else None, identifier=who, display=shown)


def organization_reference(one: Repetition, sender: str) -> Json:
    """XON: which organisation, as a logical reference."""
    if not one.raw:
        return {}
    number = one.get(10) or one.get(3)
    who = kept(system=authority(one.subs(6), sender, "organization"), value=number) if number else None
    return kept(type="Organization" if who else None, identifier=who, display=one.get(1))


def location_reference(one: Repetition, sender: str) -> Json:
    """PL: point of care, room, bed, facility …, as a logical reference with a name for people."""
    if not one.raw:
        return {}
    parts = [one.get(number) for number in (4, 7, 8, 1, 2, 3, 9)]
    shown = " ".join(filter(None, parts))
    if not shown:
        return {}
    value = "^".join(one.get(number) for number in (1, 2, 3, 4)).rstrip("^")
    who = kept(system=f"urn:minkang:id:{sender}:location", value=value) if value else None
    return kept(type="Location", identifier=who, display=shown)


def coding_parts(one: Repetition) -> list[tuple[str, str, str]]:
    """CE, CWE, CNE: (code, text, system name) of the coding, its alternate and (CWE) the second alternate."""
    if not one.raw:
        return []
    size = len(one)
    found = [(one.get(at), one.get(at + 1), one.get(at + 2)) for at in (1, 4, 10) if at <= size]
    return [(code_text(code), text, system) for code, text, system in found if code or text]


def concept(one: Repetition, sender: str) -> Json:
    """CE, CWE, CNE as a CodeableConcept without any map: every coding as sent."""
    if not one.raw:
        return {}
    codings = []
    text = one.get(9)
    for code, said, name in coding_parts(one):
        if code:
            system = system_of(name, sender) or f"urn:minkang:local:{sender}"
            codings.append(kept(system=system, code=code, display=said))
        text = text or said or code
    return kept(coding=codings, text=text)


def period(one: Repetition, zone: str) -> Json:
    """DR: from, to; without an end before its beginning."""
    start, end = date_time(one.get(1), zone), date_time(one.get(2), zone)
    return kept(start=start, end=end if not (start and end and end < start) else None)
