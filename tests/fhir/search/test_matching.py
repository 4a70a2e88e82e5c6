"""What queries mean, on a small world of resources: every parameter type, modifier and kind of chain."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest

from minkang.errors import Fault
from minkang.fhir import decode
from minkang.fhir.search import Found, extract, matches, ordered, parse_query
from minkang.fhir.search.query import Criterion, SetValue, TokenValue

LOINC = "http://loinc.org"
RESOURCES: list[dict[str, Any]] = [
    {"resourceType": "Organization", "id": "o", "name": "县医院", "partOf": {"reference": "Organization/top"}},
    {"resourceType": "Organization", "id": "top", "name": "卫健局"},
    {
        "resourceType": "Patient",
        "id": "a",
        "meta": {"tag": [{"system": "urn:t", "code": "x"}], "profile": ["http://p|1"], "source": "http://src/1"},
        "name": [{"family": "Müller", "given": ["Eve", "Ann"]}],
        "gender": "female",
        "birthDate": "1990-05-01",
        "telecom": [{"system": "phone", "value": "555"}, {"system": "email", "value": "e@x"}],
        "identifier": [
            {
                "system": "urn:s",
                "value": "1",
                "type": {"coding": [{"system": "urn:v2", "code": "MR"}], "text": "Record number"},
            }
        ],
        "managingOrganization": {"reference": "Organization/o"},
    },
    {"resourceType": "Patient", "id": "b", "name": [{"text": "张三"}], "gender": "male", "deceasedBoolean": True},
    {"resourceType": "Group", "id": "g", "type": "person", "actual": True},
    {
        "resourceType": "Observation",
        "id": "bp",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "85354-9", "display": "Blood pressure panel"}], "text": "血压"},
        "subject": {"reference": "Patient/a"},
        "effectiveDateTime": "2024-02-01T10:00:00+08:00",
        "component": [
            {"code": {"coding": [{"system": LOINC, "code": "sys"}]}, "valueQuantity": {"value": 150, "code": "mm[Hg]"}},
            {"code": {"coding": [{"system": LOINC, "code": "dia"}]}, "valueQuantity": {"value": 80, "code": "mm[Hg]"}},
        ],
    },
    {
        "resourceType": "Observation",
        "id": "w",
        "status": "preliminary",
        "code": {"coding": [{"code": "weight"}]},
        "subject": {"reference": "Group/g"},
        "performer": [{"identifier": {"system": "urn:d", "value": "doc"}}],
        "effectivePeriod": {"start": "2023", "end": "2024-03"},
        "valueQuantity": {"value": 70.2, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
    },
    {
        "resourceType": "ValueSet",
        "id": "v",
        "url": "http://acme.org/fhir/ValueSet/123",
        "status": "draft",
        "name": "V",
    },
]


class Village:
    """All resources above."""

    def __init__(self) -> None:
        self.all = {}
        for number, one in enumerate(RESOURCES):
            keys = extract(decode(json.dumps(one).encode()))
            at = datetime(2024, 1, 1, number, tzinfo=UTC)
            self.all[f"{one['resourceType']}/{one['id']}"] = Found(one["resourceType"], one["id"], at, keys)

    def at(self, target: str) -> Found | None:
        return self.all.get(target)

    def of_type(self, type: str) -> Iterable[Found]:
        return [one for one in self.all.values() if one.type == type]

    def concepts(self, _criterion: Criterion, value: SetValue) -> Iterable[TokenValue]:
        return [TokenValue(LOINC, "85354-9")] if value.url == "http://vs/pressures" or value.code == "panel" else []


VILLAGE = Village()


def search(type: str | None, text: str) -> list[str]:
    query = parse_query(type, parse_qsl(text, keep_blank_values=True), strict=True)
    found = [one for one in VILLAGE.all.values() if matches(query, one, VILLAGE)]
    return [one.id for one in ordered(found, query.sort)]


CASES = [
    # strings
    ("Patient", "name=mul", ["a"]),
    ("Patient", "name=ann", ["a"]),
    ("Patient", "family=MÜLLER", ["a"]),
    ("Patient", "family:exact=muller", []),
    ("Patient", "family:exact=Müller", ["a"]),
    ("Patient", "family:contains=ull", ["a"]),
    ("Patient", "family=ull", []),
    ("Patient", "name=张", ["b"]),
    ("Patient", "name=eve,张三", ["a", "b"]),
    ("Patient", "given=eve&given=ann", ["a"]),
    ("Patient", "given=eve&given=zoe", []),
    # tokens
    ("Patient", "gender=female", ["a"]),
    ("Patient", "gender=http://hl7.org/fhir/administrative-gender|female", ["a"]),
    ("Patient", "gender=urn:other|female", []),
    ("Patient", "gender:not=female", ["b"]),
    ("Patient", "identifier=1", ["a"]),
    ("Patient", "identifier=urn:s|1", ["a"]),
    ("Patient", "identifier=urn:s|", ["a"]),
    ("Patient", "identifier=|1", []),
    ("Patient", "identifier:of-type=urn:v2|MR|1", ["a"]),
    ("Patient", "identifier:of-type=urn:v2|MR|2", []),
    ("Patient", "identifier:text=record", ["a"]),
    ("Patient", "phone=555", ["a"]),
    ("Patient", "phone=e@x", []),
    ("Patient", "email=e@x", ["a"]),
    ("Patient", "telecom=phone|555", ["a"]),
    ("Patient", "deceased=true", ["b"]),
    ("Patient", "deceased=false", ["a"]),
    ("Observation", f"code={LOINC}|85354-9", ["bp"]),
    ("Observation", "code=|weight", ["w"]),
    ("Observation", f"code={LOINC}|", ["bp"]),
    ("Observation", "code:text=pressure", ["bp"]),
    ("Observation", "code:text=血压", ["bp"]),
    ("Observation", "code:in=http://vs/pressures", ["bp"]),
    ("Observation", "code:not-in=http://vs/pressures", ["w"]),
    ("Observation", "code:below=panel", ["bp"]),
    ("Observation", "status=final,amended", ["bp"]),
    # presence
    ("Patient", "birthdate:missing=true", ["b"]),
    ("Patient", "birthdate:missing=false", ["a"]),
    ("Observation", "patient:missing=true", ["w"]),
    ("Observation", "subject:missing=true", []),
    ("Observation", "component-code-value-quantity:missing=true", ["w"]),
    ("Patient", "phone:missing=true", ["b"]),
    ("Patient", "_id:missing=true", []),
    # references
    ("Observation", "subject=Patient/a", ["bp"]),
    ("Observation", "subject=a", ["bp"]),
    ("Observation", "patient=Group/g", []),
    ("Observation", "subject:Group=g", ["w"]),
    ("Observation", "performer:identifier=urn:d|doc", ["w"]),
    ("Observation", "subject:Patient.family=mul", ["bp"]),
    ("Observation", "subject.organization.name=县", ["bp"]),
    ("Observation", "subject:Patient.organization.partof.name=卫", ["bp"]),
    ("Observation", "subject.gender:not=male", ["bp"]),
    ("Observation", "subject:Patient._id=a", ["bp"]),
    ("Patient", f"_has:Observation:patient:code={LOINC}|85354-9", ["a"]),
    ("Patient", "_has:Observation:patient:code=weight", []),
    ("Group", "_has:Observation:subject:status=preliminary", ["g"]),
    ("Organization", "_has:Patient:organization:_has:Observation:patient:status=final", ["o"]),
    # dates
    ("Observation", "date=2024-02-01", ["bp"]),
    ("Observation", "date=ge2024-02", ["bp", "w"]),
    ("Observation", "date=sa2024-01", ["bp"]),
    ("Observation", "date=lt2024", ["w"]),
    ("Observation", "date=gt2023&date=lt2025", ["bp", "w"]),
    ("Patient", "birthdate=eq1990", ["a"]),
    ("Patient", "_lastUpdated=ge2024-01-01T03:00:00Z", ["b"]),
    ("Patient", "_lastUpdated=2024-01-01T02:00:00Z", ["a"]),
    ("Patient", "_lastUpdated=gt2024-01-01T02:00:00Z", ["b"]),
    # quantities
    ("Observation", "value-quantity=70", ["w"]),
    ("Observation", "value-quantity=70.2||kg", ["w"]),
    ("Observation", "value-quantity=70.2|http://unitsofmeasure.org|g", []),
    ("Observation", "value-quantity=gt70|http://unitsofmeasure.org|kg", ["w"]),
    ("Observation", "component-value-quantity=ge150||mm[Hg]", ["bp"]),
    # composites
    ("Observation", f"component-code-value-quantity={LOINC}|sys$gt140", ["bp"]),
    ("Observation", f"component-code-value-quantity={LOINC}|dia$gt140", []),
    ("Observation", "combo-code-value-quantity=weight$70.2", ["w"]),
    ("Observation", "combo-code-value-quantity=sys$150", ["bp"]),
    ("Observation", "combo-code-value-quantity=85354-9$150", []),
    ("Observation", "code-value-quantity=weight$lt70,weight$gt70", ["w"]),
    # uris
    ("ValueSet", "url=http://acme.org/fhir/ValueSet/123", ["v"]),
    ("ValueSet", "url:below=http://acme.org/fhir/", ["v"]),
    ("ValueSet", "url:below=http://acme.org/fhir/Value", []),
    ("ValueSet", "url:above=http://acme.org/fhir/ValueSet/123/_history/5", ["v"]),
    # every resource
    ("Patient", "_id=a,z", ["a"]),
    ("Patient", "_id:not=a", ["b"]),
    ("Patient", "_tag=urn:t|x", ["a"]),
    ("Patient", "_profile=http://p", ["a"]),
    ("Patient", "_profile=http://p|1", ["a"]),
    ("Patient", "_source=http://src/1", ["a"]),
    (None, "_type=Patient,Group&_id=a,g", ["a", "g"]),
    (None, "_tag=x", ["a"]),
    # order
    ("Patient", "_sort=birthdate", ["a", "b"]),
    ("Patient", "_sort=-birthdate", ["a", "b"]),
    ("Patient", "_sort=gender", ["a", "b"]),
    ("Patient", "_sort=-gender", ["b", "a"]),
    ("Patient", "_sort=-_lastUpdated", ["b", "a"]),
    ("Observation", "_sort=-date", ["bp", "w"]),
    ("Observation", "_sort=date", ["w", "bp"]),
    ("Observation", "_sort=patient", ["bp", "w"]),
]


@pytest.mark.parametrize(("type", "text", "expected"), CASES, ids=str)
def test_a_query_finds_what_it_says(type: str | None, text: str, expected: list[str]) -> None:
    """Each line is a sentence of the standard."""
    found = search(type, text)
    assert (found if "_sort" in text else sorted(found)) == expected


def test_value_sets_need_a_terminology() -> None:
    """Alone, a matcher refuses what it cannot know."""
    query = parse_query("Observation", [("code:in", "http://vs")])
    with pytest.raises(Fault, match=r"SEARCH-023"):
        matches(query, VILLAGE.all["Observation/bp"])
