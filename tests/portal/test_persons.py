"""Who is who over FHIR: $match, PIXm, Person, and everything of a person, against a real server."""

from __future__ import annotations

from typing import Any

import pytest
from tests.portal.conftest import Running

from minkang.access import program_access
from minkang.codes.identifiers import id_check
from minkang.persons.keeping import Persons, open_persons
from minkang.persons.profile import read_profile

CARD = "urn:oid:2.16.156.10011.1.3"
NUMBER = "37083019850302113" + id_check("37083019850302113")
HEADS = ("urn:test:a", "urn:test:b")


def body(id: str, system: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient", "id": id, "name": [{"use": "official", "text": "孙晓燕"}], "birthDate": "1985-03-02",
        "gender": "male", "identifier": [{"system": system, "value": f"N{id}"}, {"system": CARD, "value": NUMBER}],
        **more,
    }  # fmt: skip


@pytest.fixture(scope="module")
def persons(running: Running) -> Persons:
    """One person with two records at two hospitals, each with an observation."""
    for id, system in zip(("pix1", "pix2"), HEADS, strict=True):
        assert running.call("PUT", f"/Patient/{id}", body(id, system)).status_code < 300
        seen = {"resourceType": "Observation", "id": f"of-{id}", "status": "final", "code": {"text": "血压"},
                "subject": {"reference": f"Patient/{id}"}}  # fmt: skip
        assert running.call("PUT", f"/Observation/of-{id}", seen).status_code < 300
    made = open_persons(running.database, read_profile("default", ""))
    made.follow(program_access("test"))
    return made


def test_match_finds_the_records_with_chance_and_grade(running: Running, persons: Persons) -> None:
    """A Patient that is not stored is matched; with onlyCertainMatches a stranger of that name is not given."""
    asked = {"resourceType": "Parameters", "parameter": [
        {"name": "resource", "resource": {**body("x", "urn:test:c"), "id": None} | {"id": "x"}},
        {"name": "onlyCertainMatches", "valueBoolean": True}]}  # fmt: skip
    answer = running.call("POST", "/Patient/$match", asked).json()
    assert {entry["resource"]["id"] for entry in answer["entry"]} == {"pix1", "pix2"}
    first = answer["entry"][0]["search"]
    assert first["score"] == 1.0
    assert first["extension"][0]["valueCode"] == "certain"
    nobody = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": {
        "resourceType": "Patient", "name": [{"text": "无此人"}]}}]}  # fmt: skip
    assert running.call("POST", "/Patient/$match", nobody).json()["total"] == 0
    assert running.call("POST", "/Patient/$match", {"resourceType": "Parameters"}).status_code == 400


def test_pix_gives_the_other_identifiers_of_the_person(running: Running, persons: Persons) -> None:
    """From one hospital's number to the other's; an unknown number is not found."""
    answer = running.call("GET", "/Patient/$ihe-pix?sourceIdentifier=urn:test:a|Npix1&targetSystem=urn:test:b").json()
    found = [one["valueIdentifier"]["value"] for one in answer["parameter"] if "valueIdentifier" in one]
    assert found == ["Npix2"]
    assert running.call("GET", "/Patient/$ihe-pix?sourceIdentifier=urn:test:a|nobody").status_code == 404
    assert running.call("GET", "/Patient/$ihe-pix").status_code == 400


def test_a_person_is_read_and_found_with_links_to_its_sources(running: Running, persons: Persons) -> None:
    """The Person is made of links; a wrong id is not found; a stored Person still is."""
    person = persons.resolver.resolve(["pix1"])["pix1"]
    answer = running.call("GET", f"/Person/{person}").json()
    assert [one["target"]["reference"] for one in answer["link"]] == ["Patient/pix1", "Patient/pix2"]
    assert (answer["name"][0]["text"], answer["birthDate"]) == ("孙晓燕", "1985-03-02")
    found = running.call("GET", "/Person?link=Patient/pix2").json()
    assert [entry["resource"]["id"] for entry in found["entry"]] == [person]
    assert running.call("GET", "/Person?identifier=urn:test:b|Npix2").json()["total"] == 1
    assert running.call("GET", "/Person/00000000-0000-4000-8000-000000000000").status_code == 404
    stored = {"resourceType": "Person", "id": "stored", "name": [{"text": "甲"}]}
    assert running.call("PUT", "/Person/stored", stored).status_code < 300
    assert running.call("GET", "/Person/stored").json()["name"] == [{"text": "甲"}]


def test_everything_of_a_person_gathers_all_sources_page_by_page(running: Running, persons: Persons) -> None:
    """Without `person=true` only the one record's; with it every source's, over as many pages as there are."""
    alone = running.call("GET", "/Patient/pix1/$everything").json()
    assert {entry["resource"]["id"] for entry in alone["entry"]} == {"pix1", "of-pix1"}
    seen, path = set(), "/Patient/pix1/$everything?person=true"
    while path:
        page = running.call("GET", path).json()
        seen |= {entry["resource"]["id"] for entry in page.get("entry", [])}
        following = [link["url"] for link in page["link"] if link["relation"] == "next"]
        path = following[0].removeprefix(running.fhir) if following else ""
    assert seen == {"pix1", "pix2", "of-pix1", "of-pix2"}


def test_the_capability_statement_names_the_operations(running: Running) -> None:
    """What is answered is said."""
    types = running.call("GET", "/metadata").json()["rest"][0]["resource"]
    patient = next(one for one in types if one["type"] == "Patient")
    assert {"match", "ihe-pix", "everything"} <= {one["name"] for one in patient["operation"]}
