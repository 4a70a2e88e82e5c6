"""Each kind of search parameter by the examples of its section of the specification (R4 search.html, 3.1.1.4)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.records.search.population import make

from minkang.access import Access, parse_scopes
from minkang.errors import Fault
from minkang.records.postgres import PostgresRepository

LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
Ids = Callable[..., list[str]]


def person(id: str, **more: object) -> dict[str, object]:
    return {"resourceType": "Patient", "id": id, **more}


def reading(id: str, **more: object) -> dict[str, object]:
    return {"resourceType": "Observation", "id": id, "status": "final", "code": {"text": id}, **more}


def amount(id: str, value: float, **unit: str) -> dict[str, object]:
    return reading(id, valueQuantity={"value": value, **(unit or {"system": UCUM, "code": "mg", "unit": "毫克"})})


RECORDS = [
    person(
        "peter",
        name=[{"family": "Chalmers", "given": ["Peter", "James"]}],
        birthDate="1974-12-25",
        gender="male",
        identifier=[
            {
                "system": "http://acme.org/patient",
                "value": "2345",
                "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]},
            }
        ],
        managingOrganization={"reference": "Organization/acme"},
        active=True,
    ),
    person(
        "eve",
        name=[{"family": "Évé", "given": ["Eve"]}],
        birthDate="1974-12",
        gender="female",
        identifier=[{"value": "2345"}],
        telecom=[{"system": "phone", "value": "555"}],
    ),
    person("severine", name=[{"given": ["Severine"]}], birthDate="1975", telecom=[{"system": "email", "value": "555"}]),
    {"resourceType": "Organization", "id": "acme", "name": "Acme", "identifier": [{"system": "urn:a", "value": "1"}]},
    {
        "resourceType": "ValueSet",
        "id": "vs",
        "url": "http://acme.org/fhir/ValueSet/123",
        "status": "draft",
        "compose": {"include": [{"system": LOINC, "concept": [{"code": "8480-6"}]}]},
    },
    {"resourceType": "ValueSet", "id": "vs2", "url": "http://acme.org/fhir/ValueSet/123/history/5", "status": "draft"},
    {
        "resourceType": "ValueSet",
        "id": "filtered",
        "url": "urn:filtered",
        "status": "draft",
        "compose": {"include": [{"system": LOINC, "filter": [{"property": "p", "op": "=", "value": "v"}]}]},
    },
    amount("mg5", 5.4),
    amount("mg54", 5.40),
    amount("mg539", 5.39),
    amount("mg6", 6),
    amount("g5", 5.4, system=UCUM, code="g", unit="g"),
    amount("bare", 100, unit="mg"),
    reading("above", valueQuantity={"value": 200, "comparator": ">", "system": UCUM, "code": "mg"}),
    reading(
        "day",
        effectiveDateTime="2013-01-14",
        subject={"reference": "Patient/peter"},
        code={"coding": [{"system": LOINC, "code": "8480-6", "display": "Systolic blood pressure"}]},
        component=[
            {"code": {"coding": [{"system": LOINC, "code": "8480-6"}]}, "valueQuantity": {"value": 120}},
            {"code": {"coding": [{"system": LOINC, "code": "8462-4"}]}, "valueQuantity": {"value": 80}},
        ],
    ),
    reading("minute", effectiveDateTime="2013-01-14T10:00:00+08:00", subject={"reference": "Patient/eve"}),
    reading("month", effectiveDateTime="2013-01", subject={"identifier": {"system": "urn:a", "value": "9"}}),
    reading("since", effectivePeriod={"start": "2013-01-10"}, subject={"reference": "Group/peter"}),
    reading("until", effectivePeriod={"start": "2012-01-01", "end": "2013-01-14T12:00:00+08:00"}),
    {
        "resourceType": "Immunization",
        "id": "twice",
        "status": "completed",
        "vaccineCode": {"text": "BCG"},
        "patient": {"reference": "Patient/eve"},
        "occurrenceDateTime": "2019-01-01",
        "reaction": [{"date": "2019-01-02"}, {"date": "2022-01-01"}],
    },
    {
        "resourceType": "RiskAssessment",
        "id": "likely",
        "status": "final",
        "subject": {"reference": "Patient/eve"},
        "prediction": [{"probabilityDecimal": 0.8}],
    },
    {
        "resourceType": "RiskAssessment",
        "id": "rare",
        "status": "final",
        "subject": {"reference": "Patient/eve"},
        "prediction": [{"probabilityDecimal": 0.0015}],
    },
]

CASES = [
    # String: folded and from the beginning; :contains anywhere; :exact as written.
    ("Patient", "given=eve", "eve"),
    ("Patient", "given:contains=eve", "eve severine"),
    ("Patient", "given:exact=Eve", "eve"),
    ("Patient", "given:exact=eve", ""),
    ("Patient", "family=eve", "eve"),
    ("Patient", "name=CHAL,sev", "peter severine"),
    # Token: code, system|code, |code, system|, :not, :text, :in, :of-type, boolean.
    ("Patient", "identifier=2345", "peter eve"),
    ("Patient", "identifier=http://acme.org/patient|2345", "peter"),
    ("Patient", "identifier=|2345", "eve"),
    ("Patient", "identifier=http://acme.org/patient|", "peter"),
    ("Patient", "gender:not=male,female", "severine"),
    ("Patient", "gender:not=male", "eve severine"),
    ("Patient", "identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|2345", "peter"),
    ("Patient", "active=true", "peter"),
    ("Patient", "phone=555", "eve"),
    ("Patient", "telecom=555", "eve severine"),
    ("Observation", "code:text=blood", "day"),
    ("Observation", "code:in=http://acme.org/fhir/ValueSet/123", "day"),
    # Two bounds of one date, which a record has once; of a date that it may have several times, each for itself.
    ("Patient", "birthdate=ge1974-12-25&birthdate=lt1975", "peter eve"),
    ("Patient", "birthdate=ge1974-12&birthdate=le1974-12", "peter eve"),
    ("Patient", "birthdate=gt1974-12&birthdate=lt1976&birthdate=sa1974", "severine"),
    ("Patient", "birthdate=ge1975&birthdate=lt1974", ""),
    ("Observation", "date=ge2013-01-14&date=lt2013-01-15", "day minute month since"),
    ("Observation", "date=gt2013-01-20&date=eb2013-01-14", ""),
    ("Immunization", "reaction-date=ge2020&reaction-date=lt2021", "twice"),
    # :missing.
    ("Patient", "gender:missing=true", "severine"),
    ("Patient", "phone:missing=false", "eve"),
    ("Observation", "patient:missing=false", "day minute"),
    # Reference: id, type/id, :Type, logical, chained, reverse chained.
    ("Observation", "subject=peter", "day since"),
    ("Observation", "subject=Patient/peter", "day"),
    ("Observation", "subject:Patient=peter", "day"),
    ("Observation", "patient=peter", "day"),
    ("Observation", "subject:identifier=urn:a|9", "month"),
    ("Observation", "subject:Patient.name=peter", "day"),
    ("Observation", "patient.organization.name=acme", "day"),
    ("Observation", "patient.identifier=|2345", "minute"),
    ("Patient", "_has:Observation:patient:code=8480-6", "peter"),
    ("Organization", "_has:Patient:organization:_has:Observation:patient:code=8480-6", "acme"),
    # Date: every prefix, precisions, periods with an open end.
    ("Patient", "birthdate=1974-12", "peter eve"),
    ("Patient", "birthdate=1974-12-25", "peter"),
    ("Patient", "birthdate=ge1975", "severine"),
    ("Patient", "birthdate=lt1974-12-25", "eve"),
    ("Observation", "date=2013-01-14", "day minute"),
    ("Observation", "date=ne2013-01-14", "month since until"),
    ("Observation", "date=gt2013-01-14", "month since"),
    ("Observation", "date=lt2013-01-14", "month since until"),
    ("Observation", "date=sa2013-01-13", "day minute"),
    ("Observation", "date=eb2013-01-15", "day minute until"),
    ("Observation", "date=ge2013-01-14", "day minute month since"),
    ("Observation", "date=le2013-01-10", "month until"),
    ("Observation", "date=ge2013-01-10&date=lt2013-01-10", "month until"),
    # Number: implied precision, prefixes.
    ("RiskAssessment", "probability=0.8", "likely"),
    ("RiskAssessment", "probability=gt0.8", ""),
    ("RiskAssessment", "probability=ge8e-1", "likely"),
    ("RiskAssessment", "probability=lt0.01", "rare"),
    # Quantity: with unit, code or human form, any unit; comparators.
    ("Observation", f"value-quantity=5.4|{UCUM}|mg", "mg5 mg54 mg539"),
    ("Observation", f"value-quantity=5.40|{UCUM}|mg", "mg5 mg54"),
    ("Observation", "value-quantity=5.4||mg", "mg5 mg54 mg539"),
    ("Observation", "value-quantity=5.4", "mg5 mg54 mg539 g5"),
    ("Observation", "value-quantity=100||mg", "bare"),
    ("Observation", f"value-quantity=gt5.4|{UCUM}|mg", "mg6 above"),
    ("Observation", f"value-quantity=le5.4|{UCUM}|mg", "mg5 mg54 mg539"),
    ("Observation", f"value-quantity=ap5|{UCUM}|mg", "mg5 mg54 mg539"),
    ("Observation", f"value-quantity=1e3|{UCUM}|mg", ""),
    ("Observation", f"value-quantity=sa100|{UCUM}|mg", "above"),
    # URI: as it is, :below, :above.
    ("ValueSet", "url=http://acme.org/fhir/ValueSet/123", "vs"),
    ("ValueSet", "url:below=http://acme.org/fhir/", "vs vs2"),
    ("ValueSet", "url:above=http://acme.org/fhir/ValueSet/123/history/5", "vs vs2"),
    # Composite: both parts in one component.
    ("Observation", "component-code-value-quantity=8480-6$120", "day"),
    ("Observation", "component-code-value-quantity=8480-6$80", ""),
    ("Observation", f"combo-code-value-quantity={LOINC}|8462-4$lt90", "day"),
    # Of all types.
    ("Patient", "_id=eve,peter,nobody", "peter eve"),
    (None, "_id=acme&_type=Organization,Patient", "acme"),
    ("Patient", "_lastUpdated=lt2000", ""),
    ("Patient", "gender=male,female&birthdate=1974-12-25", "peter"),
    # Sorting: those without the value come last.
    ("Patient", "_sort=family", "peter eve severine"),
    ("Patient", "_sort=-family", "eve peter severine"),
    ("Patient", "_sort=-birthdate,_id", "severine peter eve"),
    ("Patient", "_sort=gender", "eve peter severine"),
]


def test_the_examples_of_the_specification_hold(store: PostgresRepository, access: Access, ids: Ids) -> None:
    """Each search finds these records and no others; in this order where it sorts."""
    for record in RECORDS:
        store.update(access, make(record))
    for type, text, expected in CASES:
        found, wanted = ids(type, text), expected.split()
        if "_sort" not in text:
            found, wanted = sorted(found), sorted(wanted)
        assert found == wanted, text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("code:in=urn:nowhere", "RECORDS-043"),
        ("code:in=urn:filtered", "RECORDS-044"),
        (f"code:below={LOINC}|8480-6", "RECORDS-043"),
        ("patient.gender=male", "ACCESS-002"),
        ("_has:Observation:has-member:_has:Observation:has-member:code=1", None),
        ("_has:Encounter:reason-reference:status=x", "ACCESS-002"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    store: PostgresRepository, access: Access, search: Callable[..., object], text: str, code: str | None
) -> None:
    """Value sets that are absent or have filters, and chains through types that the caller may not search."""
    for record in RECORDS:
        if record["resourceType"] == "ValueSet":
            store.update(access, make(record))
    narrow = Access("narrow", parse_scopes("system/Observation.rs"))
    if code is None:
        search("Observation", text, by=narrow)
        return
    with pytest.raises(Fault) as refused:
        search("Observation", text, by=narrow)
    assert refused.value.code == code
    assert refused.value.text("zh")
    assert refused.value.advice("en")


def test_included_records_of_other_types_need_their_scope(
    store: PostgresRepository, access: Access, search: Callable[..., object]
) -> None:
    """Without the scope the search is the same and brings nothing along."""
    for record in RECORDS:
        store.update(access, make(record))
    text = "_id=day&_include=Observation:patient&_include:iterate=Patient:organization"
    full = search("Observation", text)
    assert [record.id for record in full.included] == ["peter", "acme"]
    narrow = search("Observation", text, by=Access("narrow", parse_scopes("system/Observation.rs")))
    assert [record.id for record in narrow.matches] == ["day"]
    assert narrow.included == []
