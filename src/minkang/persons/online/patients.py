"""A Patient as the fields that are compared, and what the register reads besides; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ID_CARD = "urn:oid:2.16.156.10011.1.3"
HEALTH_CARD = "urn:oid:2.16.156.10011.1.19"
DIVISION = "urn:minkang:extension:division"
SOURCE = "urn:minkang:sender:"
NOT_DOCUMENTS = (ID_CARD, HEALTH_CARD, "urn:oid:2.16.156.10011.1.2", "urn:oid:2.16.156.10011.1.13")
MOTHER = {"MTH", "NMTH", "MOTHER", "母亲", "母", "MTHR", "11", "52"}
PARENT_WORDS = ("母", "监护")
CHILD_YEARS = 15

Json = Mapping[str, Any]


@dataclass(frozen=True)
class SourceRecord:
    """One Patient as a source of who somebody is.

    Attributes:
        source: its logical id; `version`: of the record.
        sender, feed: who sends it and how; empty where it was written by a program here.
        raw: the fields that are compared, as sent.
        told: what the register reads besides: `born`, `died`, `dead`, `active`, `household`, `same_as` (ids of Patients
            that the sender says are the same person), `address`, `division`.
    """

    source: str
    version: int
    sender: str
    feed: str
    raw: dict[str, str]
    told: dict[str, Any]


def read_patient(body: Json, source: str, version: int) -> SourceRecord:
    """Read a Patient resource.

    Args:
        body: FHIR R4 JSON.
        source: its logical id; `version`: of the record.
    """
    sender, _, feed = _source(body)
    home = _home(body)
    raw = {
        "name": _name(body),
        "sex": {"male": "1", "female": "2"}.get(str(body.get("gender")), ""),
        "birth_date": str(body.get("birthDate", "")),
        "id_card": _identifier(body, ID_CARD),
        "health_card": _identifier(body, HEALTH_CARD),
        "document": _document(body),
        "phone": next((str(one["value"]) for one in _list(body, "telecom") if _is_phone(one)), ""),
        "address": home,
        "division": _extension(body, DIVISION),
        "guardian": _guardian(body),
        "birth_order": str(body.get("multipleBirthInteger", "")),
    }
    told = {
        "born": raw["birth_date"],
        "died": str(body.get("deceasedDateTime", ""))[:10],
        "dead": bool(body.get("deceasedDateTime")) or body.get("deceasedBoolean") is True,
        "active": body.get("active") is not False,
        "same_as": list(_same_as(body)),
    }
    return SourceRecord(source, version, sender, feed, {k: v for k, v in raw.items() if v}, told)


def read_mother(body: Json) -> tuple[str, str] | None:
    """Of a RelatedPerson: the Patient whose mother it is, and her ID number; None for any other."""
    if not any(_codes(one) & MOTHER for one in _list(body, "relationship")):
        return None
    patient = _reference(body.get("patient"))
    return (patient, _identifier(body, ID_CARD)) if patient else None


def _list(body: Json, name: str) -> list[dict[str, Any]]:
    found = body.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _source(body: Json) -> tuple[str, str, str]:
    meta = body.get("meta")
    said = str(meta.get("source", "")) if isinstance(meta, dict) else ""
    return said.removeprefix(SOURCE).partition("#") if said.startswith(SOURCE) else ("", "", "")


def _name(body: Json) -> str:
    names = [one for one in _list(body, "name") if one.get("use") not in {"old", "nickname", "maiden"}]
    for one in sorted(names, key=lambda name: name.get("use") != "official"):
        given = "".join(str(part) for part in one.get("given", ()) if part)
        text = one.get("text") or f"{one.get('family', '')}{given}"
        if text:
            return str(text)
    return ""


def _identifier(body: Json, system: str) -> str:
    found = (str(one.get("value", "")) for one in _list(body, "identifier") if one.get("system") == system)
    return next((one for one in found if one), "")


def _document(body: Json) -> str:
    """Another document of the person: an identifier under a national root or the platform's, not a sender's own."""
    for one in _list(body, "identifier"):
        system = str(one.get("system", ""))
        national = system.startswith("urn:oid:2.16.156.10011.1.") or system == "urn:minkang:id:document"
        if national and system not in NOT_DOCUMENTS and one.get("value"):
            return f"{system.rpartition('.')[2]}-{one['value']}" if "oid" in system else str(one["value"])
    return ""


def _is_phone(one: Json) -> bool:
    return bool(one.get("value")) and one.get("system", "phone") in {"phone", "sms"}


def _home(body: Json) -> str:
    for one in sorted(_list(body, "address"), key=lambda address: address.get("use") not in {"home", None}):
        lines = "".join(str(line) for line in one.get("line", ()) if line)
        parts = "".join(str(one.get(part, "")) for part in ("state", "city", "district"))
        text = one.get("text") or parts + lines
        if text:
            return str(text)
    return ""


def _extension(body: Json, url: str) -> str:
    found = (one.get("valueCode") or one.get("valueString") for one in _list(body, "extension") if one["url"] == url)
    return str(next((one for one in found if one), ""))


def _codes(concept: Json) -> set[str]:
    said = {str(concept.get("text", "")).upper()}
    return said | {
        str(coding.get(part, "")).upper() for coding in _list(concept, "coding") for part in ("code", "display")
    }


def _guardian(body: Json) -> str:
    """The mother's name; a contact without a relationship is one where the person is a child."""
    for one in _list(body, "contact"):
        said = set().union(*(_codes(concept) for concept in _list(one, "relationship")), set())
        mother = bool(said & MOTHER) or any(word in text for text in said for word in PARENT_WORDS)
        if (mother or not said - {""}) and isinstance(one.get("name"), dict):
            name = _name({"name": [one["name"]]})
            if name:
                return name
    return ""


def _reference(said: object) -> str:
    text = str(said.get("reference", "")) if isinstance(said, dict) else ""
    return text.rpartition("Patient/")[2].partition("/")[0] if "Patient/" in text else ""


def _same_as(body: Json) -> Iterator[str]:
    for one in _list(body, "link"):
        other = _reference(one.get("other"))
        if other and one.get("type") in {"replaced-by", "replaces", "seealso"}:
            yield other
