"""What stands before the body: which document, about whom, by whom, kept where, of which visit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field

from minkang.codes.translator import Translator
from minkang.errors import Fault
from minkang.exchange.cda import identity
from minkang.exchange.cda.catalogue import DocumentType, by_template, documents
from minkang.exchange.cda.parsing import SDTC_STATUS, Node
from minkang.exchange.cda.statements import Person, person, times
from minkang.exchange.cda.values import Said, time
from minkang.exchange.message import Note

DOCUMENT_ROOT = f"{identity.OID}1"
DEPARTMENT, WARD, INSTITUTION = f"{identity.OID}26", f"{identity.OID}27", f"{identity.OID}5"
ROOM, BED = f"{identity.OID}21", f"{identity.OID}22"
READ = {
    "realmCode", "typeId", "templateId", "id", "code", "title", "effectiveTime", "confidentialityCode", "languageCode",
    "setId", "versionNumber", "recordTarget", "author", "custodian", "legalAuthenticator", "authenticator",
    "participant",
    "relatedDocument", "componentOf", "component", SDTC_STATUS,
}  # fmt: skip
ISO_FULL = 19
_VERSION = re.compile(r"\d{1,9}")


class Signature(Struct, frozen=True):
    """Who signed: `legal` for the legal authenticator; `at` as sent."""

    who: Person
    legal: bool
    at: str


class Visit(Struct, frozen=True):
    """The encounter of the document: its number (empty for none), times as sent, places by OID, and how admitted."""

    number: str = ""
    root: str = ""
    start: str = ""
    end: str = ""
    places: tuple[tuple[str, str, str], ...] = ()
    way: Said | None = None


class Header(Struct):
    """See the module. `base` is what the keys of the document's resources begin with; `at` its time in ISO form."""

    type: DocumentType
    root: str
    number: str
    set: str
    version: str
    replaces: tuple[tuple[str, str], ...]
    title: str
    at: str
    secrecy: str
    nullified: bool
    numbers: dict[str, str]
    patient: dict[str, Any]
    patient_key: str
    age: dict[str, Any] | None
    author: Person
    authored: str
    keeper: tuple[str, str]
    signatures: tuple[Signature, ...]
    contacts: tuple[dict[str, Any], ...]
    visit: Visit
    notes: list[Note] = field(default_factory=list)

    @property
    def base(self) -> str:
        """Set, business number, replaced document or own number: the same for all versions of one thing."""
        if self.set:
            return f"{self.type.code}/set/{self.set}"
        if self.type.number and (value := self.numbers.get(identity.OID + self.type.number)):
            return f"{self.type.code}/{self.type.number}/{value}"
        if self.replaces:
            return f"{self.type.code}/{self.replaces[0][1]}"
        return f"{self.type.code}/{self.number}"


def read_header(root: Node, translator: Translator) -> Header:
    """Read it.

    Raises:
        Fault: `CDA-010` no clinical document; `CDA-011` nobody whom it is about; `CDA-012` no number; `CDA-013` a type
            that is not known; `CDA-014` no time.
    """
    if root.name != "ClinicalDocument":
        raise Fault("CDA-010", "line 1", root=root.name[:80])
    kind = _type(root)
    number = next((one for one in root.all("id") if one.get("extension") or one.get("root")), None)
    if number is None:
        raise Fault("CDA-012", "id")
    role = root.first("recordTarget", "patientRole")
    if role is None:
        raise Fault("CDA-011", "recordTarget")
    at = _instant(root)
    numbers = identity.ids(role)
    patient = identity.read_patient(role, translator)
    own, set_ = number.get("extension") or number.get("root"), root.first("setId")
    version = root.first("versionNumber")
    header = Header(
        kind, number.get("root") if number.get("extension") else "", own,
        (set_.get("extension") or set_.get("root")) if set_ else "", version.get("value") if version else "",
        tuple(_replaced(root)), root.words("title") or kind.zh, at, _code(root, "confidentialityCode"),
        any(one.get("code") == "nullified" for one in root.all(SDTC_STATUS)), numbers, patient,
        identity.patient_key(numbers, patient), identity.age(role), _author(root), _authored(root), _keeper(root, role),
        tuple(_signatures(root)), tuple(_contacts(root, translator)), _visit(root, kind, numbers, role),
    )  # fmt: skip
    if header.contacts:
        patient["contact"] = list(header.contacts)
    header.notes += _unread(root)
    return header


def rank_tie(header: Header) -> str:
    """Between versions of one instant the higher number wins."""
    version = header.version if _VERSION.fullmatch(header.version) else "0"
    return f"{int(version):09d}/{header.number}"


def _type(root: Node) -> DocumentType:
    code = _code(root, "code")
    if code in documents():
        return documents()[code]
    for one in root.all("templateId"):
        if one.get("root") in by_template():
            return by_template()[one.get("root")]
    raise Fault("CDA-013", "code", type=code[:40], title=root.words("title")[:80])


def _code(root: Node, name: str) -> str:
    found = root.first(name)
    return found.get("code") if found else ""


def _instant(root: Node) -> str:
    """The time of the statement to the second; a day alone counts from midnight, as a rank must be complete."""
    found = root.first("effectiveTime")
    at = time(found.get("value")) if found else ""
    if not at:
        raise Fault("CDA-014", "effectiveTime", value=found.get("value")[:40] if found else "")
    if len(at) < ISO_FULL:
        return f"{(at + '-01-01')[:10] if len(at) == 4 else (at + '-01')[:10]}T00:00:00+08:00"
    return at


def _replaced(root: Node) -> Iterator[tuple[str, str]]:
    for related in root.all("relatedDocument"):
        parent = related.first("parentDocument", "id")
        if related.get("typeCode") in {"", "RPLC"} and parent is not None and parent.get("extension"):
            yield parent.get("root"), parent.get("extension")


def _author(root: Node) -> Person:
    found = root.first("author")
    return person(found) if found else Person()


def _authored(root: Node) -> str:
    found = root.first("author", "time")
    return found.get("value") if found else ""


def _keeper(root: Node, role: Node) -> tuple[str, str]:
    """Code and name of the institution that keeps the document; of the one that treated where none keeps it."""
    node = root.first("custodian", "assignedCustodian", "representedCustodianOrganization")
    if node is None or not (node.words("name") or node.first("id")):
        node = role.first("providerOrganization", "asOrganizationPartOf", "wholeOrganization") or role.first(
            "providerOrganization"
        )
    if node is None:
        return "", ""
    number = next((one.get("extension") for one in node.all("id") if one.get("extension")), "")
    return number, node.words("name")


def _signatures(root: Node) -> Iterator[Signature]:
    for name in ("legalAuthenticator", "authenticator"):
        for node in root.all(name):
            who, at = person(node), node.first("time")
            if who.name or who.id:
                yield Signature(who, name == "legalAuthenticator", at.get("value") if at else "")


def _contacts(root: Node, translator: Translator) -> Iterator[dict[str, Any]]:
    for node in root.all("participant"):
        who = node.first("associatedEntity") or node.first("assignedEntity")
        if node.get("typeCode") != "NOT" or who is None:
            continue
        name, phone, code = person(who).name, who.first("telecom"), who.first("code")
        one: dict[str, Any] = {}
        if code and (code.get("code") or code.get("displayName")):
            one["relationship"] = [translator.concept("relationship", code.get("code"), code.get("displayName"))]
        if name:
            one["name"] = {"text": name}
        if phone and phone.get("value"):
            one["telecom"] = [{"system": "phone", "value": phone.get("value").removeprefix("tel:")}]
        if (place := who.first("addr")) and (address := identity.read_address(place, "home")):
            one["address"] = address
        if one:
            yield one


def _visit(root: Node, kind: DocumentType, numbers: dict[str, str], role: Node) -> Visit:
    node = root.first("componentOf", "encompassingEncounter")
    order = (
        (identity.INPATIENT, identity.OUTPATIENT)
        if kind.visit == "inpatient"
        else (identity.OUTPATIENT, identity.INPATIENT)
    )
    roots = [one for one in order if numbers.get(one)]
    own = next((one for one in node.all("id") if one.get("extension")), None) if node else None
    found = (own.get("root"), own.get("extension")) if own else (roots[0], numbers[roots[0]]) if roots else ("", "")
    start, end = times(node) if node else ("", "")
    places = tuple(_places(node)) if node else ()
    provider = role.first("providerOrganization")
    if not places and provider is not None:
        places = tuple(_places(provider))
    code = node.first("code") if node else None
    way = Said("CD", code.get("code"), code.get("codeSystem"), code.get("displayName")) if code else None
    return Visit(found[1], found[0], start, end, places, None if way is None or way.empty else way)


def _places(node: Node) -> Iterator[tuple[str, str, str]]:
    """Bed, room, department and ward, as (root, number, name)."""
    seen = set()
    for one in node.every():
        number = one.first("id")
        root = number.get("root") if number else ""
        if root in {DEPARTMENT, WARD, ROOM, BED} and number is not None and root not in seen:
            extension, name = number.get("extension"), one.words("name")
            if extension or name:
                seen.add(root)
                yield root, extension, name


def _unread(root: Node) -> list[Note]:
    notes = []
    for one in root.children:
        kept = one.name in READ and not (one.name == "participant" and one.get("typeCode") != "NOT")
        if not kept:
            notes.append(Note("CDA-030", f"{one.name}, line {one.line}", {"element": one.name}))
    return notes
