"""The entries of a document for each kind of resource: the inverse of `gathering`, by the same tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from minkang.exchange.cda.catalogue import OURS, Element, Section, all_elements, element_of, observation_codings
from minkang.exchange.cda.finishing import ROLE, ROLES
from minkang.exchange.cda.markup import (
    chosen,
    element_code,
    observation,
    oid,
    shown_number,
    staff,
    tag,
    value_as_it_is,
    value_of,
    words,
)
from minkang.exchange.cda.paths import at
from minkang.exchange.cda.values import stamp

Resource = Mapping[str, Any]
CLUSTER, BATTERY = {"classCode": "CLUSTER", "moodCode": "EVN"}, {"classCode": "BATTERY", "moodCode": "EVN"}
HOME = {
    "hospitalization.dischargeDisposition": "discharge-diagnosis",
    "hospitalization.destination.display": "discharge-diagnosis",
    "length": "course",
}  # fmt: skip
DATA_ELEMENTS = "urn:oid:2.16.156.10011.2.2."
MAIN_PRESSURE = "85354-9"


@cache
def of_kind(kind: str, section: str = "") -> tuple[Element, ...]:
    """The elements of a kind as a section writes them, one for each path."""
    found: dict[str, Element] = {}
    for one in all_elements():
        if one.kind == kind and one.section in {"", section}:
            place = one.code if one.path in {"item", "part"} else one.path
            if place not in found or (one.section and not found[place].section):
                found[place] = one
    return tuple(found.values())


def kind_of(resource: Resource) -> str:
    """The kind (of `kinds.toml`) that a resource is of; empty for those that documents do not hold as entries."""
    type = resource.get("resourceType")
    if type == "Observation":
        return _kind_of_observation(resource)
    if type == "Condition":
        codes = {it.get("code") for one in resource.get("category", ()) for it in one.get("coding", ())}
        for code, kind in (
            ("notifiable", "NotifiableCase"),
            ("external-cause", "ExternalCause"),
            ("chinese-medicine", "TcmDiagnosis"),
        ):
            if code in codes:
                return kind
        return "Diagnosis"
    if type == "ServiceRequest":
        codes = {it.get("code") for one in resource.get("category", ()) for it in one.get("coding", ())}
        return "Referral" if "3457005" in codes else "Order"
    return {
        "Procedure": "Procedure", "MedicationRequest": "Medication", "Immunization": "Vaccination",
        "DiagnosticReport": "Report", "Claim": "Costs",
    }.get(str(type), "")  # fmt: skip


def _kind_of_observation(resource: Resource) -> str:
    codings = resource.get("code", {}).get("coding", ())
    codes = {one.get("code") for one in codings}
    if MAIN_PRESSURE in codes:
        return "BloodPressure"
    if "DE05.01.021.00" in codes:
        return "Death"
    if any(str(one.get("system", "")).startswith(DATA_ELEMENTS) or one.get("system") == OURS for one in codings):
        return "Observation"
    laboratory = any(
        it.get("code") == "laboratory" for one in resource.get("category", ()) for it in one.get("coding", ())
    )
    return "Laboratory" if laboratory else "Observation"


def entries(resource: Resource, section: str) -> list[str]:
    """The entries that say what a resource holds."""
    kind = kind_of(resource)
    special = _SPECIAL.get(kind)
    if special is not None:
        return special(resource, section)
    made = _fields(resource, kind, section, _time(resource))
    if kind in {"Diagnosis", "TcmDiagnosis", "ExternalCause"}:
        return [_organizer(made, CLUSTER)] if made else []
    if kind in {"BloodPressure", "Laboratory"}:
        return [_organizer(made, BATTERY)] if made else []
    return made


def visit_entries(encounter: Resource, section: Section | None) -> list[str]:
    """What an Encounter says that no header holds: way of discharge, days in hospital."""
    key = section.key if section else ""
    made = []
    for element in of_kind("Visit", key):
        found = at(encounter, element.path)
        if found is not None and HOME.get(element.path) == key:
            made.append(observation(element_code(element), value_of(found, element)))
    return made


def _time(resource: Resource) -> str:
    return str(
        next(
            (
                resource[name]
                for name in ("effectiveDateTime", "recordedDate", "authoredOn", "created")
                if name in resource
            ),
            "",
        )
    )


def _organizer(made: Iterable[str], kind: Mapping[str, str]) -> str:
    return tag("organizer", kind, "<statusCode/>", *(tag("component", None, one) for one in made))


def _fields(resource: Resource, kind: str, section: str, when: str) -> list[str]:
    role = next((it.get("code", "") for one in resource.get("category", ()) if isinstance(one, dict)
                 for it in one.get("coding", ()) if it.get("system") == ROLE), "")  # fmt: skip
    made: list[str] = []
    for element in of_kind(kind, section):
        found = None if element.path in {"item", "part"} else at(resource, element.path)
        if found is not None and found != "":
            made.append(
                observation(
                    element_code(element), value_of(found, element), ROLES.get(role, ""), when, *_performers(resource)
                )
            )
            role, when = "" if element.path == "code.text" else role, ""
    return made


def _performers(resource: Resource) -> list[str]:
    people = resource.get("performer", ()) if resource.get("resourceType") == "Observation" else ()
    return [tag("performer", None, staff(one, "assignedEntity")) for one in people]


def _observation(resource: Resource, section: str) -> list[str]:
    element = _element(resource, section)
    code = resource.get("code", {})
    coding = (code.get("coding") or [{}])[-1]
    named = {
        "code": str(coding.get("code", "")),
        "codeSystem": oid(str(coding.get("system", ""))),
        "displayName": str(coding.get("display") or code.get("text", "")),
    }
    when, people = _time(resource), _performers(resource)
    if element is None:
        return [observation(named, value_as_it_is(resource), "", when, *people)]
    named = element_code(element)
    typed = {
        "CD": "valueCodeableConcept",
        "PQ": "valueQuantity",
        "BL": "valueBoolean",
        "INT": "valueInteger",
        "TS": "valueDateTime",
    }
    found = resource.get(typed.get(element.type, "valueString"))
    value = value_of(found, element) if found is not None else value_as_it_is(resource)
    return [observation(named, value, "", when, *people)]


@cache
def _by_key() -> Mapping[str, Element]:
    return {one.key: one for one in reversed(all_elements()) if one.key}


def _element(resource: Resource, section: str) -> Element | None:
    """The element of an Observation: by its data element, else by our vocabulary, else by LOINC."""
    codings = resource.get("code", {}).get("coding", ())
    for one in codings:
        if str(one.get("system", "")).startswith(DATA_ELEMENTS) or one.get("system") == OURS:
            return element_of(section, str(one.get("code", "")))
    for one in codings:
        if one.get("code") in _by_key():
            return _by_key()[one["code"]]
        for key, known in observation_codings().items():
            if any(it["code"] == one.get("code") for it in known):
                return _by_key().get(key)
    return None


def _laboratory(resource: Resource, section: str) -> list[str]:
    made: list[str] = []
    amount = resource.get("valueQuantity", {})
    for element in of_kind("Laboratory", section):
        found = at(resource, element.path)
        if element.path == "valueQuantity.unit":
            found = amount.get("unit") or amount.get("code")
        if found is not None and found != "":
            made.append(
                observation(
                    element_code(element),
                    value_of(found, element),
                    "",
                    "" if made else _time(resource),
                    *([] if made else _performers(resource)),
                )
            )
    return [_organizer(made, BATTERY)] if made else []


def _costs(resource: Resource, section: str) -> list[str]:
    made = _fields(resource, "Costs", section, str(resource.get("created", "")))
    known = {one.code: one for one in of_kind("Costs", section)}
    for item in resource.get("item", ()):
        code = next((str(it.get("code")) for it in item.get("productOrService", {}).get("coding", ())), "")
        if code in known:
            made.append(observation(element_code(known[code]), value_of(item.get("net", {}), known[code])))
    return made


def _procedure(resource: Resource, section: str) -> list[str]:
    period, when = resource.get("performedPeriod"), str(resource.get("performedDateTime", ""))
    if period:
        times = tag(
            "effectiveTime",
            None,
            *(
                tag(name, {"value": stamp(str(period[key]))})
                for name, key in (("low", "start"), ("high", "end"))
                if key in period
            ),
        )
    else:
        times = tag("effectiveTime", {"value": stamp(when)})
    code = resource.get("code", {})
    coding = (
        chosen(code, next(one for one in of_kind("Procedure", section) if one.path == "code"))
        if code.get("coding")
        else {}
    )
    people = [tag("performer", None, staff(one.get("actor", {}), "assignedEntity", str(one.get("function",
    {}).get("text", ""))))
              for one in resource.get("performer", ())]  # fmt: skip
    inner = [tag("entryRelationship", {"typeCode": "COMP"}, observation(element_code(one), value_of(found, one)))
             for one in of_kind("Procedure", section)
             if one.path != "code" and (found := at(resource, one.path)) not in (None, "")]  # fmt: skip
    return [
        tag(
            "procedure",
            {"classCode": "PROC", "moodCode": "EVN"},
            tag("code", coding) if coding else "",
            times,
            *people,
            *inner,
        )
    ]


def _quantity(name: str, found: Mapping[str, Any]) -> str:
    if not found:
        return ""
    return tag(
        name, {"value": shown_number(found.get("value", "")), "unit": str(found.get("unit") or found.get("code") or "")}
    )


def _code(name: str, concept: Mapping[str, Any] | None) -> str:
    return tag(name, chosen(concept, None)) if concept else ""


def _medication(resource: Resource, section: str) -> list[str]:
    dosage: dict[str, Any] = next(iter(resource.get("dosageInstruction", ())), {})
    timing = dosage.get("timing", {}).get("code", {})
    often = next((str(one.get("code", "")) for one in timing.get("coding", ())), "")
    form = next(
        (
            one.get("valueCodeableConcept")
            for one in resource.get("extension", ())
            if one.get("url") == "urn:minkang:extension:dose-form"
        ),
        None,
    )
    dose: dict[str, Any] = next((one.get("doseQuantity", {}) for one in dosage.get("doseAndRate", ())), {})
    drug = resource.get("medicationCodeableConcept", {})
    inner = [tag("entryRelationship", {"typeCode": "COMP"}, observation(element_code(one), value_of(found, one)))
             for one in of_kind("Medication", section)
             if not one.path.startswith("medication") and (found := at(resource, one.path)) not in (None,
             "")]  # fmt: skip
    return [tag(
        "substanceAdministration", {"classCode": "SBADM", "moodCode": "EVN"},
        tag("text", None, words(str(dosage["text"]))) if dosage.get("text") else "",
        tag("effectiveTime", {"value": stamp(_time(resource))}), _code("routeCode", dosage.get("route")),
        _quantity("doseQuantity", dose), tag("rateQuantity", {"value": often, "unit": str(timing.get("text",
        ""))}) if timing else "",
        _code("administrationUnitCode", form), _product(drug), *inner,
    )]  # fmt: skip


def _product(concept: Mapping[str, Any]) -> str:
    code = chosen(concept, None) if concept.get("coding") else {}
    name = str(concept.get("text", ""))
    drug = tag(
        "manufacturedLabeledDrug",
        None,
        tag("code", code) if code else "",
        tag("name", None, words(name)) if name else "",
    )
    return tag("consumable", None, tag("manufacturedProduct", None, drug))


def _vaccination(resource: Resource, section: str) -> list[str]:
    inner = [tag("entryRelationship", {"typeCode": "COMP"}, observation(element_code(one), value_of(found, one)))
             for one in of_kind("Vaccination", section)
             if one.path not in {"vaccineCode", "occurrenceDateTime"} and (found := at(resource,
             one.path)) not in (None, "")]  # fmt: skip
    when = tag("effectiveTime", {"value": stamp(str(resource.get("occurrenceDateTime", "")))})
    return [
        tag(
            "substanceAdministration",
            {"classCode": "SBADM", "moodCode": "EVN"},
            when,
            _product(resource.get("vaccineCode", {})),
            *inner,
        )
    ]


def _order(resource: Resource, section: str) -> list[str]:
    period = resource.get("occurrencePeriod", {})
    made: list[str] = []
    for element in of_kind("Order", section):
        found = at(resource, element.path)
        if found in (None, "", {}):
            continue
        if element.path != "code.text":
            made.append(observation(element_code(element), value_of(found, element)))
            continue
        low = str(period.get("start") or resource.get("authoredOn", ""))
        times = tag(
            "effectiveTime",
            None,
            tag("low", {"value": stamp(low)}),
            tag("high", {"value": stamp(str(period["end"]))}) if "end" in period else "",
        )
        author = tag("author", None, staff(resource.get("requester", {}), "assignedAuthor"))
        made.insert(
            0,
            tag(
                "observation",
                {"classCode": "OBS", "moodCode": "EVN"},
                tag("code", element_code(element)),
                times,
                value_of(found, element),
                author,
            ),
        )
    return [_organizer(made, CLUSTER)] if made else []


_SPECIAL = {
    "Observation": _observation, "Laboratory": _laboratory, "Costs": _costs, "Procedure": _procedure,
    "Medication": _medication, "Vaccination": _vaccination, "Order": _order,
}  # fmt: skip
