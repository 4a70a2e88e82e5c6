"""Shared documents of what is stored: taken in as CDA, written again, and equal when read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from minkang.access import Access, parse_scopes, program_access
from minkang.blobs import FolderBlobs
from minkang.codes.translator import Translator
from minkang.db import Database
from minkang.errors import Fault
from minkang.exchange.cda.connector import Documents
from minkang.exchange.intake.engine import Intake
from minkang.exchange.message import Message, draft_id
from minkang.exchange.outbound.documents import document_of
from minkang.fhir import decode
from minkang.records.postgres import PostgresRepository
from minkang.records.search import PostgresSearch
from minkang.wiring import connectors

ACCESS = program_access("test")
SENDER = "town"


def put(repository: PostgresRepository, type: str, id: str, **body: object) -> None:
    repository.update(ACCESS, decode(msgspec.json.encode({"resourceType": type, "id": id, **body})))


@pytest.fixture
def repository(database: Database) -> PostgresRepository:
    """A person with one attendance: pressure, a diagnosis, a medicine; and another attendance with another pressure."""
    store = PostgresRepository(database, PostgresSearch())
    subject, first = {"reference": "Patient/p"}, {"reference": "Encounter/e"}
    times = {"start": "2024-05-01T08:00:00+08:00"}
    card = [{"system": "urn:oid:2.16.156.10011.1.3", "value": "580830196002040017"}]
    put(store, "Patient", "p", identifier=card, name=[{"text": "王芳"}], gender="male", birthDate="1960-02-04")
    for number, systolic in (("e", 151), ("f", 122)):
        put(store, "Encounter", number, status="finished", subject=subject, period=times,
            identifier=[{"system": "urn:oid:2.16.156.10011.1.11", "value": f"N{number}"}],
            **{"class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}})  # fmt: skip
        tie = {"subject": subject, "encounter": {"reference": f"Encounter/{number}"}}
        parts = [
            {"code": {"coding": [{"system": "http://loinc.org", "code": code}]},
             "valueQuantity": {"value": value, "unit": "mmHg", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}}
            for code, value in (("8480-6", systolic), ("8462-4", 90))
        ]  # fmt: skip
        put(store, "Observation", f"o{number}", status="final", effectiveDateTime="2024-05-01T08:00:00+08:00",
            code={"coding": [{"system": "http://loinc.org", "code": "85354-9"}]}, component=parts, **tie)  # fmt: skip
    code = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "I10"}], "text": "原发性高血压"}
    put(store, "Condition", "c", subject=subject, encounter=first, code=code)
    put(store, "Observation", "gone", status="entered-in-error", subject=subject, encounter=first,
        code={"text": "误录"}, valueString="误录")  # fmt: skip
    return store


def message(body: bytes) -> Message:
    return Message(SENDER, "cda", "k", body, datetime.now(UTC))


def test_an_attendance_becomes_a_document_of_itself_alone(repository: PostgresRepository) -> None:
    """What was measured and found at it, nothing of another, nothing withdrawn; our own reader reads it."""
    body = document_of(repository, ACCESS, "HSDB04.01", "Encounter/e")
    drafts = Documents().convert(message(body), Translator()).drafts
    kinds = sorted(one.type for one in drafts)
    assert {"Patient", "Encounter", "Observation", "Condition", "Composition"} <= set(kinds)
    pressures = [
        [part["valueQuantity"]["value"] for part in one.body["component"]] for one in drafts if "component" in one.body
    ]
    assert pressures == [[151, 90]]
    assert "误录" not in body.decode()
    whole = Documents().convert(message(document_of(repository, ACCESS, "HSDA00.01", "Patient/p")), Translator()).drafts
    assert sum("component" in one.body for one in whole) == 2


def test_a_document_that_was_taken_in_is_given_again_as_it_came(
    repository: PostgresRepository, database: Database, tmp_path: Path
) -> None:
    """By its Composition; reading both gives the same resources under the same keys."""
    intake = Intake(database, repository, FolderBlobs(tmp_path / "b"), connectors())
    intake.senders.add(SENDER, {"cda": {}})
    came = document_of(repository, ACCESS, "C0002", "Encounter/e")
    (settled,) = intake.settle([message(came)])
    assert settled.outcome == "accepted"
    drafts = {(one.type, one.key): one for one in Documents().convert(message(came), Translator()).drafts}
    (key,) = [key for type, key in drafts if type == "Composition"]
    again = document_of(repository, ACCESS, "C0002", f"Composition/{draft_id(SENDER, 'Composition', key)}")
    read = {(one.type, one.key): one for one in Documents().convert(message(again), Translator()).drafts}
    assert set(read) == set(drafts)
    assert {place: one.body for place, one in read.items()} == {place: one.body for place, one in drafts.items()}


def test_what_cannot_be_told_is_refused(repository: PostgresRepository) -> None:
    """No such type of document, no such record, an address of another type, or no right to read."""
    for code, address, fault in (
        ("X1", "Encounter/e", "CDA-020"),
        ("C0002", "Encounter/none", "RECORDS-002"),
        ("C0002", "Observation/oe", "OUTBOUND-011"),
        ("C0002", "Encounter", "OUTBOUND-011"),
    ):
        with pytest.raises(Fault, match=fault):
            document_of(repository, ACCESS, code, address)
    some = Access(caller="a", scopes=parse_scopes("system/Patient.rs system/Encounter.rs"))
    assert "151" not in document_of(repository, some, "C0002", "Encounter/e").decode()
    with pytest.raises(Fault, match="ACCESS-002"):
        document_of(repository, Access(caller="b", scopes=parse_scopes("system/Patient.rs")), "C0002", "Encounter/e")
