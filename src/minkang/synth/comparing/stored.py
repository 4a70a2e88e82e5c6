"""Events as the store holds them, found in resources of whatever feed brought them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from minkang.synth.catalogue import rows
from minkang.synth.comparing.facts import Fact, figure

KIND = "urn:minkang:code:observation"
LOINC = "http://loinc.org"
PROGRAMME = "urn:minkang:code:programme"
MARK = {"system": "urn:minkang:exchange", "code": "withdrawn"}
STEPS = {"antenatal": "maternal", "postnatal": "maternal", "child-check": "child"}
READINGS = {"85354-9": "blood_pressure", "8867-4": "ecg"}

Json = Mapping[str, Any]


def facts_of(resource: Json, numbers: Mapping[str, str]) -> Iterator[Fact]:
    """The events that a resource (JSON) tells; none of a withdrawn one.

    Args:
        numbers: `Patient/<id>` to the number of the person at that sender.
    """
    read = _READERS.get(resource["resourceType"])
    meta = resource.get("meta", {})
    if read is None or MARK in meta.get("tag", ()) or resource.get("status") == "entered-in-error":
        return
    sender, _, feed = meta.get("source", "").removeprefix("urn:minkang:sender:").partition("#")
    subject = (resource.get("subject") or resource.get("patient") or {}).get("reference", "")
    for table, day, what, detail in read(resource, feed):
        yield Fact(table, sender, numbers.get(subject, subject), day[:10], what, detail, feed)


_Row = tuple[str, str, str, str]


def _encounter(one: Json, feed: str) -> Iterator[_Row]:
    day = one.get("period", {}).get("start", "")
    kind = _code(one.get("type", [{}])[0], "urn:minkang:code:encounter-kind")
    if kind == "birth":
        yield "births", day, "", ""
        return
    yield "encounters", day, "", one.get("class", {}).get("code", "")
    if kind in STEPS and feed.startswith("csv/"):
        yield "followups", day, STEPS[kind], ""


def _observation(one: Json, feed: str) -> Iterator[_Row]:
    day, code = one.get("effectiveDateTime", ""), one.get("code", {})
    if feed == "device":
        loinc = _code(code, LOINC)
        what = READINGS.get(loinc, "glucose" if "valueQuantity" in one else "ecg")
        yield "readings", day, what, _value(one)
    elif _code(code, LOINC) == "69453-9":
        yield "deaths", day, "", _code(one.get("valueCodeableConcept", {}), "http://hl7.org/fhir/sid/icd-10")
    else:
        kind = _code(code, KIND) or _by_loinc().get(_code(code, LOINC), code.get("text", ""))
        yield "observations", day, kind, _value(one)


def _value(one: Json) -> str:
    if parts := one.get("component"):
        return figure(*(part.get("valueQuantity", {}).get("value") for part in parts))
    if coded := one.get("valueCodeableConcept"):
        return next((str(coding["code"]) for coding in coded.get("coding", ()) if "code" in coding), "")
    if "valueQuantity" in one:
        return figure(one["valueQuantity"].get("value"))
    return str(one.get("valueInteger", one.get("valueString", "")))


def _medicine(one: Json, _: str) -> Iterator[_Row]:
    concept = one.get("medicationCodeableConcept", {})
    yield "prescriptions", one.get("authoredOn", ""), concept.get("text", ""), ""


def _claim(one: Json, _: str) -> Iterator[_Row]:
    yield "admissions", one.get("created", ""), "", figure(one.get("total", {}).get("value"))


def _episode(one: Json, _: str) -> Iterator[_Row]:
    programme, period = _code(one.get("type", [{}])[0], PROGRAMME), one.get("period", {})
    if programme == "family-doctor":
        yield "contracts", period.get("start", ""), "", period.get("end", "")[:10]
    elif programme == "maternal":
        yield "pregnancies", period.get("end", ""), "", ""


def _procedure(one: Json, _: str) -> Iterator[_Row]:
    if programme := _code(one.get("category", {}), PROGRAMME):
        yield "followups", one.get("performedDateTime", ""), programme, ""


def _dose(one: Json, _: str) -> Iterator[_Row]:
    what = _code(one.get("vaccineCode", {}), "urn:minkang:code:vaccine")
    yield "vaccinations", one.get("occurrenceDateTime", ""), what, one.get("lotNumber", "")


def _condition(one: Json, _: str) -> Iterator[_Row]:
    kind = _code(one.get("category", [{}])[0], "urn:minkang:code:condition-category")
    if kind == "notifiable":
        disease = one.get("code", {}).get("text", "")
        yield "notifications", one.get("onsetDateTime", ""), disease, ""
    elif kind == "tumour":
        code = _code(one.get("code", {}), "http://hl7.org/fhir/sid/icd-10")
        yield "tumours", one.get("onsetDateTime", ""), "", code


def _referral(one: Json, _: str) -> Iterator[_Row]:
    way = _code(one.get("code", {}), "urn:minkang:code:referral")
    if way:
        yield "referrals", one.get("authoredOn", ""), way, ""


def _code(concept: Json, system: str) -> str:
    return next((str(one.get("code", "")) for one in concept.get("coding", ()) if one.get("system") == system), "")


@cache
def _by_loinc() -> dict[str, str]:
    return {row["loinc"]: row["key"] for row in rows("observations") if row["loinc"]}


_READERS: dict[str, Callable[[Json, str], Iterator[_Row]]] = {
    "Encounter": _encounter,
    "Observation": _observation,
    "MedicationRequest": _medicine,
    "Claim": _claim,
    "EpisodeOfCare": _episode,
    "Procedure": _procedure,
    "Immunization": _dose,
    "Condition": _condition,
    "ServiceRequest": _referral,
}
TYPES = tuple(_READERS)
"""The resource types that tell events of the truth."""
