"""A document as drafts: the person, the visit, what the entries say, and the document itself as a Composition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from minkang.codes.translator import Translator
from minkang.exchange.cda.catalogue import DOCUMENT_CODES, section_of
from minkang.exchange.cda.finishing import ROLE, ROLES, USES, encounter, finish, institution, role_of, staff
from minkang.exchange.cda.gathering import Gatherer, Group
from minkang.exchange.cda.header import Header, rank_tie, read_header
from minkang.exchange.cda.identity import INPATIENT, uri
from minkang.exchange.cda.narrative import narrative
from minkang.exchange.cda.parsing import Node
from minkang.exchange.cda.statements import statements
from minkang.exchange.cda.values import time
from minkang.exchange.message import Converted, Draft, Note, Rank, reference

SET, VERSION = "urn:minkang:extension:document-set", "urn:minkang:extension:document-version"
AGE, SIGNED_AS = "urn:minkang:extension:stated-age", "urn:minkang:extension:signature-role"
REGISTERS = {"HSDA00.01", "HSDB01.01", "HSDB03.03"}  # documents whose purpose is the person: registration, birth, death
CHINA = timezone(timedelta(hours=8))
MAX_SECTIONS = 500


class Drafting:
    """One document on its way to drafts."""

    def __init__(self, root: Node, translator: Translator, sender: str) -> None:
        self.header: Header = read_header(root, translator)
        self.translator, self.sender, self.root = translator, sender, root
        self.gatherer = Gatherer(translator)
        self.subject = reference(sender, "Patient", self.header.patient_key)
        self.visit_key = self._visit_key()
        self.visit = reference(sender, "Encounter", self.visit_key) if self.visit_key else None
        self.ranks = {authority: Rank(authority, _china(self.header.at), rank_tie(self.header)) for authority in (1, 2)}
        self._keys: dict[int, str] = {}
        self._main = False
        self._sections = 0

    def converted(self) -> Converted:
        """All of it."""
        header = self.header
        shown = [self._section(node) for node in self._body()]
        if header.type.code in {"C0006", "C0007"}:
            self.gatherer.enter(None)
            self.gatherer.once("Report")
        self._name()
        drafts = [self._draft(group) for group in self.gatherer.groups if group.kind.name != "Visit"]
        self._results()
        found = [self._person(), *self._encounter(), *drafts, self._composition(shown), *self._replaced()]
        if header.nullified:
            for one in found:
                one.withdrawn = one.type != "Patient" and (one.type != "Encounter" or header.type.main)
        return Converted(found, [*header.notes, *self.gatherer.notes])

    def _visit_key(self) -> str:
        header = self.header
        if not header.type.visit:
            return ""
        if header.visit.number:
            kind = "in" if header.visit.root == INPATIENT else "out"
            return f"encounter/{kind}/{header.visit.number}"
        return f"{header.base}/encounter" if header.type.main else ""

    def _body(self) -> Iterator[Node]:
        """Sections wherever senders put them: in a structuredBody, or (a template in wide use) beside the header."""
        for component in self.root.all("component"):
            body = component.first("structuredBody")
            for one in body.all("component") if body else (component,):
                yield from one.all("section")
            if (plain := component.first("nonXMLBody")) is not None:
                self.gatherer.notes.append(Note("CDA-033", f"nonXMLBody, line {plain.line}"))
                yield Node("section", {}, "", plain.line)

    def _section(self, node: Node) -> tuple[dict[str, Any], list[Group]]:
        code, title = node.first("code"), node.words("title")
        number = code.get("code") if code else ""
        name = code.get("displayName") if code else ""
        known = section_of(number, (name, title))
        self._sections += 1
        if known is None and self._sections <= MAX_SECTIONS:
            self.gatherer.notes.append(
                Note("CDA-032", f"section, line {node.line}", {"section": (number or name or title)[:60]})
            )
        shown: dict[str, Any] = {"title": title or (known.zh if known else name or number or "-")}
        coding = ({"system": "http://loinc.org"} if number else {}) | ({"code": number} if number else {})
        if coding or name:
            shown["code"] = {"coding": [coding]} if coding else {}
            shown["code"] |= {"text": name} if name else {}
        if text := node.words("text"):
            shown["text"] = narrative(text)
        before = len(self.gatherer.groups)
        texts = self.gatherer.enter(known)
        for one in statements(node):
            self.gatherer.take(one)
        mine = self.gatherer.groups[before:]
        inner = [self._section(child) for component in node.all("component") for child in component.all("section")]
        parts = [*texts, *(one for one, _ in inner)]
        if parts:
            shown["section"] = parts
        for _, groups in inner:
            mine = [*mine, *groups]
        return shown, mine

    def _name(self) -> None:
        """Give every resource its key: kind and number inside the document."""
        counts: Counter[str] = Counter()
        for group in self.gatherer.groups:
            name = group.kind.name.lower()
            if name == "observation":
                codings: list[dict[str, str]] = group.body["code"].get("coding") or [{}]
                name = f"observation/{codings[-1].get('code') or 'text'}"
            counts[name] += 1
            self._keys[id(group)] = f"{self.header.base}/{name}" + ("" if group.kind.once else f"/{counts[name]}")

    def _draft(self, group: Group) -> Draft:
        if group.kind.role:
            role = role_of(group, first=not self._main)
            self._main = self._main or role == "main"
            coding = {"coding": [{"system": ROLE, "code": role, "display": ROLES[role]}]}
            group.body["category"] = [*group.body.get("category", ()), coding]
        self.gatherer.notes += finish(group, self.header, self.translator)
        group.body[group.kind.subject] = self.subject
        if self.visit is not None and group.kind.visit:
            group.body[group.kind.visit] = self.visit
        return Draft(group.kind.resource, self._keys[id(group)], group.body, self.ranks[1])

    def reference(self, group: Group) -> dict[str, str]:
        """To the resource of a group."""
        return reference(self.sender, group.kind.resource, self._keys[id(group)])

    def _results(self) -> None:
        report = next((one for one in self.gatherer.groups if one.kind.name == "Report"), None)
        results = [self.reference(one) for one in self.gatherer.groups if one.kind.name == "Laboratory"]
        if report is not None and results:
            report.body["result"] = results

    def _person(self) -> Draft:
        authority = 2 if self.header.type.code in REGISTERS else 1
        return Draft("Patient", self.header.patient_key, self.header.patient, self.ranks[authority])

    def _encounter(self) -> list[Draft]:
        if not self.visit_key:
            return []
        extra = next((one.body for one in self.gatherer.groups if one.kind.name == "Visit"), {})
        body = encounter(self.header, extra, self.translator)
        body["subject"] = self.subject
        main = self.header.type.main
        if main and (diagnoses := self._diagnoses()):
            body["diagnosis"] = diagnoses
        return [Draft("Encounter", self.visit_key, body, self.ranks[2 if main else 1])]

    def _diagnoses(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        ranks: Counter[str] = Counter()
        for one in self.gatherer.groups:
            if not one.kind.role:
                continue
            role = one.body["category"][-1]["coding"][0]["code"]
            use = USES.get(role, "")
            ranks[use] += 1
            item: dict[str, Any] = {"condition": self.reference(one), "rank": ranks[use]}
            if use:
                system = "http://terminology.hl7.org/CodeSystem/diagnosis-role"
                item["use"] = {"coding": [{"system": system, "code": use}], "text": ROLES[role]}
            found.append(item)
        return found

    def _composition(self, shown: list[tuple[dict[str, Any], list[Group]]]) -> Draft:
        header = self.header
        kind = {"system": uri(DOCUMENT_CODES), "code": header.type.code, "display": header.type.zh}
        body: dict[str, Any] = {"resourceType": "Composition"}
        extensions: list[dict[str, Any]] = [
            {"url": url, "valueString": value} for url, value in ((SET, header.set), (VERSION, header.version)) if value
        ]
        if header.age:
            extensions.append({"url": AGE, "valueQuantity": header.age})
        if extensions:
            body["extension"] = extensions
        system = {"system": uri(header.root)} if header.root else {}
        body |= {
            "identifier": system | {"value": header.number}, "status": "amended" if header.replaces else "final",
            "type": {"coding": [kind], "text": header.type.zh}, "subject": self.subject,
        }  # fmt: skip
        if self.visit is not None:
            body["encounter"] = self.visit
        authored = time(header.authored)
        author = staff(header.author) or institution(*header.keeper) or {"display": "-"}
        body |= {"date": header.at, "author": [author], "title": header.title}
        if authored:
            body["event"] = [{"period": {"start": authored}}]
        if header.secrecy in {"N", "R", "V"}:
            body["confidentiality"] = header.secrecy
        body |= self._people()
        sections = [
            _complete(one, [self.reference(group) for group in groups if group.kind.resource != "Encounter"])
            for one, groups in shown
        ]
        if sections:
            body["section"] = sections
        return Draft("Composition", header.base, body, self.ranks[1])

    def _people(self) -> dict[str, Any]:
        header = self.header
        found: dict[str, Any] = {}
        attesters = []
        for one in header.signatures:
            made: dict[str, Any] = {"mode": "legal" if one.legal else "professional", "party": staff(one.who)}
            if at := time(one.at):
                made["time"] = at
            if one.who.role:
                made["extension"] = [{"url": SIGNED_AS, "valueString": one.who.role}]
            attesters.append(made)
        if attesters:
            found["attester"] = attesters
        if keeper := institution(*header.keeper):
            found["custodian"] = keeper
        if header.replaces:
            found["relatesTo"] = [
                {"code": "replaces", "targetIdentifier": ({"system": uri(root)} if root else {}) | {"value": number}}
                for root, number in header.replaces
            ]
        return found

    def _replaced(self) -> list[Draft]:
        """A replaced document that its own key does not name is withdrawn as a document."""
        header = self.header
        keys = {f"{header.type.code}/{number}" for _, number in header.replaces} - {header.base}
        return [Draft("Composition", key, {}, self.ranks[1], withdrawn=True) for key in sorted(keys)]


def _complete(section: dict[str, Any], entries: list[dict[str, str]]) -> dict[str, Any]:
    """FHIR wants a section to hold something; one without anything says so."""
    if entries:
        section["entry"] = entries
    if not section.keys() & {"entry", "section", "text"}:
        section["emptyReason"] = {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/list-empty-reason", "code": "unavailable"}]
        }
        section["text"] = narrative("—")
    for inner in section.get("section", ()):
        if not inner.keys() & {"entry", "section", "text"}:
            inner["text"] = narrative("—")
    return section


def _china(at: str) -> str:
    """A time in China's offset: ranks of one sender are compared as text."""
    if at.endswith("+08:00"):
        return at
    try:
        return datetime.fromisoformat(at.replace("Z", "+00:00")).astimezone(CHINA).isoformat()
    except (ValueError, OverflowError):
        return at
