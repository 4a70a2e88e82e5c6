"""Entries that speak of one thing are gathered into one resource: a diagnosis has a code, a name, a state on admission.

Which entries belong together: those inside one organizer; without one, those that follow each other in a section until
one says a second time what is already said. Of some kinds (`once`) a document has one for all sections.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field, json

from minkang.codes.translator import Translator
from minkang.exchange.cda import paths
from minkang.exchange.cda.catalogue import Element, Kind, Section, element_of, kinds, observation_codings
from minkang.exchange.cda.identity import uri
from minkang.exchange.cda.narrative import narrative
from minkang.exchange.cda.statements import Person, Statement
from minkang.exchange.cda.values import Said, fhir_value, observation_value, time
from minkang.exchange.message import Note

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
VACCINATION = "vaccination"
_DECODER = json.Decoder(dict[str, Any])


class Group(Struct):
    """What becomes one resource: its kind and body so far, the section, and what was said around it."""

    kind: Kind
    body: dict[str, Any]
    section: str
    told: set[str] = field(default_factory=set)
    words: str = ""
    start: str = ""
    end: str = ""
    people: list[Person] = field(default_factory=list)
    unit: str = ""


class Gatherer:
    """Gathers the entries of one document, section by section.

    Attributes:
        groups: in the order of their first entry.
        notes: what could not be read or is not known.
    """

    def __init__(self, translator: Translator) -> None:
        self.translator = translator
        self.groups: list[Group] = []
        self.notes: list[Note] = []
        self._open: dict[tuple[str, int], Group] = {}
        self._once: dict[str, Group] = {}
        self._section: Section | None = None
        self._key = ""
        self._texts: list[dict[str, Any]] = []

    def enter(self, section: Section | None) -> list[dict[str, Any]]:
        """Begin a section; what stays text there is put into the list that is given back."""
        self._section, self._key, self._texts = section, section.key if section else "", []
        self._open.clear()
        return self._texts

    def take(self, one: Statement, container: int = 0) -> None:
        """Take an entry with all inside it."""
        inside = container or (id(one) if one.tag == "organizer" else 0)
        if one.tag in {"procedure", "substanceAdministration"}:
            self._act(one)
            return
        if one.said is not None and not one.said.empty:
            self._entry(one, inside)
        elif one.said is None and (one.code or one.name) and one.tag == "observation" and not one.inner:
            self._note("CDA-035", one)
        for child in one.inner:
            self.take(child, inside)

    def _act(self, one: Statement) -> None:
        """A procedure or a medicine: one resource with what stands inside it."""
        vaccine = self._key == VACCINATION
        name = "Procedure" if one.tag == "procedure" else "Vaccination" if vaccine else "Medication"
        group = self._new(kinds()[name])
        self._open[name, id(one)] = group
        group.start, group.end, group.people = one.start, one.end, one.people
        (read_procedure if one.tag == "procedure" else read_medicine)(one, group, self.translator)
        for child in one.inner:
            self.take(child, id(one))

    def _entry(self, one: Statement, container: int) -> None:
        element = element_of(self._key, one.code, one.name)
        if element is None:
            self._note("CDA-031", one)
        if element is None or element.kind in {"Text", "Observation"}:
            self._plain(one, element)
            return
        self._field(one, element, container)

    def _plain(self, one: Statement, element: Element | None) -> None:
        value = one.said or Said("ST")
        if (element is None and value.type in {"ST", "ED", "SC"}) or (element is not None and element.kind == "Text"):
            self._texts.append(text_section(one, element, value.shown))
            return
        group = self._new(kinds()["Observation"])
        group.start, group.people, group.words = one.start, one.people, one.qualifier
        group.body["category"] = self._category()
        group.body["code"] = observation_code(one, element)
        group.body |= observation_value(value, element, self.translator)
        if element is not None and "valueString" in group.body and element.type != "ST":
            self._note("CDA-036", one)

    def _field(self, one: Statement, element: Element, container: int) -> None:
        kind, value = kinds()[element.kind], one.said or Said("ST")
        found = fhir_value(value, element, self.translator)
        if found is None or found == {}:
            self._note("CDA-036", one)
            self._texts.append(text_section(one, element, value.shown))
            return
        place = element.code if element.path in {"item", "part"} else element.path
        group = self._group(kind, place, container)
        if place in group.told:  # Only of a kind that a document has once.
            self._note("CDA-037", one)
            self._texts.append(text_section(one, element, value.shown))
            return
        self._put(group, element, found, value)
        group.told.add(place)
        group.words = group.words or f"{one.qualifier} {one.name}"
        group.start, group.people = group.start or one.start, group.people or one.people

    def _put(self, group: Group, element: Element, found: Any, value: Said) -> None:
        if element.path in {"item", "part"}:
            add_cost(group.body, element, found)
        elif group.kind.name == "Laboratory" and element.path == "valueQuantity.unit":
            group.unit = value.shown
        else:
            paths.put(group.body, element.path, found)
        if group.kind.name in {"Laboratory", "BloodPressure"}:
            group.body["category"] = self._category()

    def _group(self, kind: Kind, place: str, container: int) -> Group:
        if kind.once:
            if kind.name not in self._once:
                self._once[kind.name] = self._new(kind)
            return self._once[kind.name]
        key = (kind.name, container)
        if key not in self._open or place in self._open[key].told:
            self._open[key] = self._new(kind)
        return self._open[key]

    def once(self, name: str) -> Group:
        """The one group of a kind that a document has once, made where no entry made it."""
        if name not in self._once:
            self._once[name] = self._new(kinds()[name])
        return self._once[name]

    def _new(self, kind: Kind) -> Group:
        group = Group(kind, _DECODER.decode(kind.body), self._key)
        self.groups.append(group)
        return group

    def _category(self) -> list[dict[str, Any]]:
        code = (self._section.category if self._section else "") or "exam"
        return [{"coding": [{"system": CATEGORY, "code": code}]}]

    def _note(self, code: str, one: Statement) -> None:
        said = one.said.shown[:80] if one.said else ""
        where = f"{one.tag} {one.code or one.name}, line {one.node.line}"
        self.notes.append(
            Note(code, where, {"element": (one.code or one.name)[:60], "name": one.name[:60], "value": said})
        )


def text_section(one: Statement, element: Element | None, shown: str) -> dict[str, Any]:
    """An entry that stays text, as a section inside its section."""
    title = one.name or (element.zh if element else one.code)
    coding = {"system": uri(one.system or (element.system if element else ""))} if one.system or element else {}
    code = coding | ({"code": one.code} if one.code else {}) | ({"display": one.name} if one.name else {})
    return {"title": title or "-", "code": {"coding": [code]}, "text": narrative(shown)}


def observation_code(one: Statement, element: Element | None) -> dict[str, Any]:
    """Codings of our vocabulary where there are any, then the data element as sent."""
    codings = [dict(coding) for coding in observation_codings().get(element.key, ())] if element else []
    name = element.zh if element else one.name
    system = one.system or (element.system if element else "")
    own = ({"system": uri(system)} if system else {}) | (
        {"code": code} if (code := one.code or (element.code if element else "")) else {}
    )
    if own:
        codings.append(own | ({"display": name} if name else {}))
    return {"coding": codings} | ({"text": name} if name else {}) if codings else {"text": name or "-"}


def read_procedure(one: Statement, group: Group, translator: Translator) -> None:
    """The code of an operation, which stands on the act itself."""
    if one.code and not one.code.startswith("DE"):
        group.body["code"] = translator.concept("operation", one.code, one.name)
        group.told.add("code")


def read_medicine(one: Statement, group: Group, translator: Translator) -> None:
    """Medicine or vaccine, route, dose, how often and in which form."""
    product = one.node.first("consumable", "manufacturedProduct")
    drug = product.first("manufacturedLabeledDrug") or product.first("manufacturedMaterial") if product else None
    code = drug.first("code") if drug else None
    name = (drug.words("name") if drug else "") or (code.get("displayName") if code else "")
    number = code.get("code") if code else ""
    if group.kind.name == "Vaccination":
        read_vaccine(one, group, translator.concept("vaccine", number, name) if number or name else {})
        return
    if number or name:
        group.body["medicationCodeableConcept"] = translator.concept("drug", number, name)
    dosage: dict[str, Any] = {}
    if text := one.node.words("text"):
        dosage["text"] = text
    if rate := one.node.first("rateQuantity"):
        often = {"code": rate.get("value")} if rate.get("value") else {}
        timing = ({"coding": [{"system": "urn:oid:2.16.156.10011.2.3.1.267"} | often]} if often else {}) | (
            {"text": rate.get("unit")} if rate.get("unit") else {}
        )
        dosage |= {"timing": {"code": timing}} if timing else {}
    if (route := one.node.first("routeCode")) and (made := coded(route, "2.16.156.10011.2.3.1.158")):
        dosage["route"] = made
    if (dose := one.node.first("doseQuantity")) and (amount := quantity(dose, translator)):
        dosage["doseAndRate"] = [{"doseQuantity": amount}]
    if dosage:
        group.body["dosageInstruction"] = [dosage]
    if (form := one.node.first("administrationUnitCode")) and (made := coded(form, "2.16.156.10011.2.3.1.211")):
        group.body["extension"] = [{"url": "urn:minkang:extension:dose-form", "valueCodeableConcept": made}]


def read_vaccine(one: Statement, group: Group, vaccine: dict[str, Any]) -> None:
    """Vaccine, day and lot of a dose given as a substanceAdministration."""
    if vaccine:
        group.body["vaccineCode"] = vaccine
        group.told.add("vaccineCode")
    if at := time(one.start):
        group.body["occurrenceDateTime"] = at
        group.told.add("occurrenceDateTime")


def coded(node: Any, expected: str) -> dict[str, Any]:
    """A code element as a CodeableConcept, untranslated; empty where nothing is said."""
    code, name = node.get("code"), node.get("displayName")
    coding = {"system": uri(node.get("codeSystem") or expected), "code": code} if code else {}
    found: dict[str, Any] = {"coding": [coding | ({"display": name} if name else {})]} if coding else {}
    return found | ({"text": name} if name else {})


def quantity(node: Any, translator: Translator) -> dict[str, Any]:
    """A quantity element; empty where it holds no number."""
    value = fhir_value(Said("PQ", text=node.get("value"), unit=node.get("unit")), AMOUNT, translator)
    return value or {}


AMOUNT = Element("", "", "", "", "PQ", "", "", "", "", "", "", "")


def add_cost(body: dict[str, Any], element: Element, amount: dict[str, Any]) -> None:
    """One line of costs; a part of another line is marked, since it must not be counted again."""
    items = body.setdefault("item", [])
    coding = {"system": uri(element.system), "code": element.code, "display": element.zh}
    item = {"sequence": len(items) + 1, "productOrService": {"coding": [coding]}, "net": amount}
    if element.path == "part":
        item["category"] = {"text": "其中项"}
    items.append(item)
