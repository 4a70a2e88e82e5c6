"""Who is who over FHIR: `Patient/$match`, PIXm (`Patient/$ihe-pix`), `Person` made of links, `$everything?person=true`.

A `Person` is no stored record: it is read from the links of the moment (R4 person.html). Patients are found by their
traits by the usual search of `Patient`, which is what PDQm (IHE ITI-78) asks for.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from minkang.errors import Fault
from minkang.fhir import decode
from minkang.fhir.search.reading import parse_query
from minkang.persons.online.deciding import Pair
from minkang.persons.online.patients import read_patient
from minkang.portal.api.fhir import instance, search
from minkang.portal.api.fhir.answers import document
from minkang.portal.api.fhir.bundles import bundle
from minkang.portal.api.fhir.call import Call
from minkang.portal.api.fhir.headers import check_content
from minkang.portal.api.messages import Response
from minkang.records.repository import Record

if TYPE_CHECKING:
    from minkang.persons.keeping import Persons

GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
PIX = "https://profiles.ihe.net/ITI/PIXm/OperationDefinition/IHE.PIXm.pix"
_MOST = 50


def read(call: Call) -> Response:
    """A record; a `Person` also where it is made of links."""
    if call.type == "Person" and call.offer.persons is not None and _is_uuid(call.id):
        call.access.require("Patient", "read")
        persons = call.offer.persons()
        sources = [one.source for one in persons.links.members(call.id)] if _known(persons, call.id) else []
        if sources:
            return document(call, _person(call, persons, call.id))
    return instance.read(call)


def look(call: Call) -> Response:
    """A search; of `Person` by `identifier` or `link` also among persons made of links."""
    if call.type != "Person" or call.offer.persons is None:
        return search.search(call)
    given = dict(call.pairs)
    if not {"identifier", "link", "patient", "_id"} & set(given):
        return search.search(call)
    call.access.require("Patient", "search")
    persons = call.offer.persons()
    ids = _persons_of(call, persons, given)
    entries = [
        msgspec.json.encode(
            {
                "fullUrl": f"{call.base}/Person/{one}",
                "resource": _person(call, persons, one),
                "search": {"mode": "match"},
            }
        )
        for one in ids
    ]
    return document(call, bundle("searchset", entries, total=len(entries), links=[("self", f"{call.base}/Person")]))


def match(call: Call) -> Response:
    """`Patient/$match` (R4 patient-operation-match): the Patients that fit best, each with its chance and grade.

    Raises:
        Fault: `REST-031` where the body names no Patient.
    """
    call.access.require("Patient", "search")
    told = _parameters(call)
    patient = next((one.get("resource") for one in told if one.get("name") == "resource"), None)
    if not isinstance(patient, dict) or patient.get("resourceType") != "Patient":
        raise Fault("REST-031", name="resource", known="resource, onlyCertainMatches, count")
    certain = any(one.get("valueBoolean") for one in told if one.get("name") == "onlyCertainMatches")
    most = next((int(one.get("valueInteger", _MOST)) for one in told if one.get("name") == "count"), _MOST)
    persons = _persons(call)
    columns = persons.index.prepared(read_patient(patient, "", 0))
    found = [pair for pair in persons.look(columns, _MOST) if not certain or pair.decision.band == "link"]
    entries = [_matched(call, pair) for pair in found[: max(1, min(most, _MOST))]]
    return document(call, bundle("searchset", entries, total=len(entries)))


def pix(call: Call) -> Response:
    """`Patient/$ihe-pix` (IHE PIXm, ITI-83): other identifiers of the person who has an identifier.

    Raises:
        Fault: `REST-031` without `sourceIdentifier`; `RECORDS-009` where nobody has it (404).
    """
    call.access.require("Patient", "search")
    given = call.pairs
    wanted = [value for name, value in given if name == "targetSystem"]
    asked = next((value for name, value in given if name == "sourceIdentifier"), "")
    if "|" not in asked:
        raise Fault("REST-031", name="sourceIdentifier", known="sourceIdentifier, targetSystem")
    persons = _persons(call)
    sources = _sources_with(call, asked)
    if not sources:
        raise Fault("RECORDS-009", type="Patient", criteria="sourceIdentifier")
    people = set(persons.resolver.resolve(sources).values())
    parameters: list[dict[str, Any]] = []
    system, _, value = asked.partition("|")
    for record in _members(call, persons, sorted(people), sources):
        body = msgspec.json.decode(record.body or b"{}")
        for one in body.get("identifier", []):
            same = one.get("system") == system and one.get("value") == value
            if not same and (not wanted or one.get("system") in wanted):
                parameters.append({"name": "targetIdentifier", "valueIdentifier": one})
        parameters.append({"name": "targetId", "valueReference": {"reference": f"{call.base}/Patient/{record.id}"}})
    answer: dict[str, Any] = {"resourceType": "Parameters"}
    return document(call, answer | ({"parameter": parameters} if parameters else {}))


def sources_of(call: Call, patient: str) -> list[str]:
    """The Patients of the person of a Patient, itself first."""
    if call.offer.persons is None:
        return [patient]
    persons = call.offer.persons()
    link = persons.links.of_sources([patient]).get(patient)
    others = [one.source for one in persons.links.members(link.person)] if link else []
    return [patient, *(one for one in sorted(others) if one != patient)]


def operations() -> list[tuple[str, str]]:
    """The operations on Patient that this module answers, with their definitions."""
    return [("match", "http://hl7.org/fhir/OperationDefinition/Patient-match"), ("ihe-pix", PIX)]


def _persons(call: Call) -> Persons:
    if call.offer.persons is None:
        raise Fault("REST-001", path="/".join(call.request.segments))
    return call.offer.persons()


def _parameters(call: Call) -> list[dict[str, Any]]:
    check_content(call.request)
    body = call.json_body()
    decode(body, "Parameters")
    told: dict[str, Any] = msgspec.json.decode(body)
    return [one for one in told.get("parameter", []) if isinstance(one, dict)]


def _matched(call: Call, pair: Pair) -> bytes:
    """One entry: the chance as `search.score`, the band as grade."""
    record = call.repository.read(call.access, "Patient", pair.other.source)
    decision = pair.decision
    grade = "certain" if decision.band == "link" else "probable" if decision.probability > 0.5 else "possible"
    score = 1.0 if decision.band == "link" and decision.method != "score" else round(decision.probability, 6)
    return msgspec.json.encode(
        {
            "fullUrl": f"{call.base}/Patient/{record.id}",
            "resource": msgspec.Raw(record.body or b"null"),
            "search": {"mode": "match", "score": score, "extension": [{"url": GRADE, "valueCode": grade}]},
        }
    )


def _person(call: Call, persons: Persons, person: str) -> dict[str, Any]:
    """A Person resource: best values of the register, a link to each source."""
    links = persons.links.members(person)
    row = persons.register.row(call.access, person)
    named = {"name": [{"use": "official", "text": row.name}]} if row.name else {}
    sex = {"1": "male", "2": "female"}.get(row.sex or "")
    assured = {True: "level3", False: "level2"}
    return {
        "resourceType": "Person",
        "id": person,
        "meta": {"lastUpdated": row.at.isoformat()},
        **named,
        **({"gender": sex} if sex else {}),
        **({"birthDate": row.birth} if row.birth else {}),
        **({"telecom": [{"system": "phone", "value": row.phone}]} if row.phone else {}),
        **({"address": [{"use": "home", "text": row.address}]} if row.address else {}),
        "active": True,
        "link": [
            {"target": {"reference": f"Patient/{one.source}"}, "assurance": assured[one.by_hand]} for one in links
        ],
    }


def _persons_of(call: Call, persons: Persons, given: dict[str, str]) -> list[str]:
    if "_id" in given:
        return [one for one in given["_id"].split(",") if _known(persons, one)]
    if "identifier" in given:
        sources = _sources_with(call, given["identifier"])
    else:
        sources = [(given.get("link") or given.get("patient") or "").rpartition("/")[2]]
    return sorted({link.person for link in persons.links.of_sources(sources).values()})


def _sources_with(call: Call, identifier: str) -> list[str]:
    page = call.repository.search(call.access, parse_query("Patient", [("identifier", identifier), ("_count", "50")]))
    return [record.id for record in page.matches]


def _members(call: Call, persons: Persons, people: Sequence[str], sources: Sequence[str]) -> list[Record]:
    ids = dict.fromkeys(sources)
    for person in people:
        if _is_uuid(person) and _known(persons, person):
            ids |= dict.fromkeys(one.source for one in persons.links.members(person))
    return [call.repository.read(call.access, "Patient", one) for one in ids]


def _known(persons: Persons, person: str) -> bool:
    if not _is_uuid(person):
        return False
    try:
        return bool(persons.links.members(person))
    except Fault:
        return False


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
