"""Two FHIR clients that others wrote do their everyday work against this server."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from fhirclient import client as fhirclient_client
from fhirclient.models.humanname import HumanName
from fhirclient.models.patient import Patient
from fhirclient.server import FHIRUnauthorizedException
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import MultipleResourcesFound, OperationOutcome, ResourceNotFound
from tests.portal.conftest import Running


@pytest.fixture
def fhirpy(running: Running) -> Any:
    """A client of fhirpy."""
    return SyncFHIRClient(running.fhir, authorization=f"Bearer {running.token()}")


def test_fhirpy_creates_reads_changes_and_deletes(fhirpy: Any) -> None:
    patient = fhirpy.resource("Patient", name=[{"family": "王", "given": ["伟"]}], birthDate="1980-01-02")
    patient.save()
    assert patient.id
    found = fhirpy.reference("Patient", patient.id).to_resource()
    assert found["birthDate"] == "1980-01-02"
    found["gender"] = "male"
    found.save()
    assert found["meta"]["versionId"] == "2"
    found.patch(active=True)
    assert fhirpy.get("Patient", patient.id)["active"] is True
    found.delete()
    with pytest.raises(ResourceNotFound):
        fhirpy.get("Patient", patient.id)


def test_fhirpy_searches_page_by_page(fhirpy: Any) -> None:
    system = f"urn:test:{uuid.uuid4()}"
    for number in range(7):
        fhirpy.resource("Patient", identifier=[{"system": system, "value": str(number)}]).save()
    search = fhirpy.resources("Patient").search(identifier=f"{system}|").limit(2)
    assert len({one.id for one in search.fetch_all()}) == 7
    assert len(search.fetch()) == 2
    assert search.count() == 7
    assert fhirpy.resources("Patient").search(identifier=f"{system}|3").get()["identifier"][0]["value"] == "3"
    with pytest.raises(MultipleResourcesFound):
        search.get()


def test_fhirpy_follows_includes(fhirpy: Any) -> None:
    patient = fhirpy.resource("Patient", name=[{"family": "李"}])
    patient.save()
    observation = fhirpy.resource("Observation", status="final", code={"text": "a"}, subject=patient.to_reference())
    observation.save()
    found = fhirpy.resources("Observation").search(_id=observation.id).include("Observation", "subject").fetch_raw()
    assert {entry["resource"]["resourceType"] for entry in found["entry"]} == {"Observation", "Patient"}


def test_fhirpy_creates_once(fhirpy: Any) -> None:
    identifier = {"system": "urn:test:once", "value": uuid.uuid4().hex}
    search = fhirpy.resources("Patient").search(identifier=f"{identifier['system']}|{identifier['value']}")
    first, made = search.get_or_create(fhirpy.resource("Patient", identifier=[identifier]))
    again, remade = search.get_or_create(fhirpy.resource("Patient", identifier=[identifier]))
    assert (made, remade, first.id) == (True, False, again.id)
    updated, created = search.update(fhirpy.resource("Patient", identifier=[identifier], active=True))
    assert (created, updated.id, updated["active"]) == (False, first.id, True)


def test_fhirpy_understands_our_refusals(fhirpy: Any) -> None:
    with pytest.raises(OperationOutcome) as refused:
        fhirpy.resource("Patient", birthDate="2024-02-30").save()
    assert "birthDate" in str(refused.value.resource)
    assert fhirpy.resource("Patient", name=[{"family": "x"}]).is_valid()


@pytest.fixture
def smart(running: Running) -> Any:
    """A client of fhirclient, with a token of a service client."""
    made = fhirclient_client.FHIRClient(settings={"app_id": "test", "api_base": running.fhir})
    made.server.session.headers["Authorization"] = f"Bearer {running.token()}"
    return made


def test_fhirclient_creates_reads_changes_searches_and_deletes(smart: Any) -> None:
    family = f"zhang{uuid.uuid4().hex[:8]}"
    patient = Patient()
    name = HumanName()
    name.family, name.given = family, ["Wei"]
    patient.name = [name]
    made = patient.create(smart.server)
    id = made["id"]
    read = Patient.read(id, smart.server)
    assert read.name[0].family == family
    read.active = True
    read.update(smart.server)
    assert Patient.read(id, smart.server).active is True
    found = list(Patient.where(struct={"family": family}).perform_resources_iter(smart.server))
    assert [one.id for one in found] == [id]
    read.delete()
    assert list(Patient.where(struct={"family": family}).perform_resources_iter(smart.server)) == []


def test_fhirclient_reads_the_statement_of_what_is_there(smart: Any) -> None:
    """Its model of a CapabilityStatement checks ours as it reads it."""
    statement = smart.server.capabilityStatement
    assert statement is not None
    assert statement.fhirVersion == "4.0.1"
    assert len(statement.rest[0].resource) > 140


def test_fhirclient_is_told_when_it_may_not_come_in(running: Running) -> None:
    made = fhirclient_client.FHIRClient(settings={"app_id": "test", "api_base": running.fhir})
    with pytest.raises(FHIRUnauthorizedException):
        Patient.read("1", made.server)
