"""Transactions and batches."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from minkang.access import Access, parse_scopes
from minkang.db import Database
from minkang.errors import Fault
from minkang.fhir import Resource
from minkang.records import Repository
from minkang.records.postgres import PostgresRepository
from minkang.records.search import PostgresSearch

Make = Callable[..., Resource]
P = "urn:uuid:aaaaaaaa-0000-4000-8000-000000000001"
Q = "urn:uuid:aaaaaaaa-0000-4000-8000-000000000002"


NO_CHANGE = {"resourceType": "Binary", "contentType": "application/json-patch+json", "data": "W10="}
BASIC = {"resourceType": "Basic", "code": {"text": "x"}}


def entry(method: str, url: str, resource: Any = None, full_url: str = "", **request: str) -> dict[str, Any]:
    """One entry of a bundle."""
    made: dict[str, Any] = {"request": {"method": method, "url": url, **request}}
    if resource is not None:
        made["resource"] = resource
    if full_url:
        made["fullUrl"] = full_url
    return made


def bundle(*entries: dict[str, Any], type: str = "transaction") -> bytes:
    """A bundle of these entries."""
    held = {"entry": list(entries)} if entries else {}
    return json.dumps({"resourceType": "Bundle", "type": type, **held}).encode()


def patient(**more: Any) -> dict[str, Any]:
    """A patient as JSON."""
    return {"resourceType": "Patient", **more}


def observation(subject: str, **more: Any) -> dict[str, Any]:
    """An observation about somebody."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": subject},
        **more,
    }


def body_of(repository: Repository, access: Access, type: str, id: str) -> dict[str, Any]:
    """The current body of a record."""
    body = repository.read(access, type, id).body
    assert body is not None
    found: dict[str, Any] = json.loads(body)
    return found


def refusal(call: Callable[[], object]) -> Fault:
    """The fault that a call must raise."""
    with pytest.raises(Fault) as caught:
        call()
    return caught.value


def test_references_between_entries_are_resolved(repository: Repository, access: Access) -> None:
    """By urn:uuid, in either direction and in a ring; also where an escape hides the address."""
    ring = observation(P, hasMember=[{"reference": Q}])
    raw = bundle(entry("POST", "Observation", ring, Q), entry("POST", "Patient", patient(), P))
    hidden = raw.replace(b'"reference": "urn:uuid:aaaa', b'"reference": "urn:\\u0075uid:aaaa')
    for sent in (raw, hidden):
        result = repository.transaction(access, sent)
        made = [one.record for one in result.entries]
        assert [one.status for one in result.entries] == [201, 201]
        assert made[0] is not None
        assert made[1] is not None
        body = body_of(repository, access, "Observation", made[0].id)
        assert body["subject"]["reference"] == f"Patient/{made[1].id}"
        assert body["hasMember"][0]["reference"] == f"Observation/{made[0].id}"


def test_addresses_are_rewritten_only_where_they_refer(repository: Repository, access: Access) -> None:
    """A uri element and a narrative link are; an identifier's value of the same text is not."""
    told = patient(
        identifier=[{"system": "urn:ietf:rfc:3986", "value": P}],
        extension=[{"url": "http://example.org/of", "valueUri": P}],
        text={"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{P}">x</a></div>'},
    )
    result = repository.transaction(access, bundle(entry("POST", "Patient", told, P)))
    record = result.entries[0].record
    assert record is not None
    body = body_of(repository, access, "Patient", record.id)
    assert body["identifier"][0]["value"] == P
    assert body["extension"][0]["valueUri"] == f"Patient/{record.id}"
    assert f'href="Patient/{record.id}"' in body["text"]["div"]


def test_references_below_an_absolute_full_url_follow_it(repository: Repository, access: Access) -> None:
    """Both the absolute address and the relative one mean the entry, which gets another id."""
    base = "http://elsewhere.example/fhir"
    result = repository.transaction(
        access,
        bundle(
            entry("POST", "Patient", patient(id="7"), f"{base}/Patient/7"),
            entry("POST", "Observation", observation(f"{base}/Patient/7"), f"{base}/Observation/1"),
            entry("POST", "Observation", observation("Patient/7"), f"{base}/Observation/2"),
        ),
    )
    made = [one.record for one in result.entries]
    for record in made[1:]:
        assert record is not None
        assert made[0] is not None
        body = body_of(repository, access, "Observation", record.id)
        assert body["subject"]["reference"] == f"Patient/{made[0].id}"


def test_conditional_references_find_exactly_one(repository: Repository, access: Access) -> None:
    """One match is filled in, by identifier and by any other parameter; none or several refuse the transaction."""
    doctor = {
        "resourceType": "Practitioner",
        "identifier": [{"system": "urn:d", "value": "1"}],
        "name": [{"family": "Hua"}],
    }
    made = repository.transaction(access, bundle(entry("POST", "Practitioner", doctor))).entries[0].record
    assert made is not None
    for criteria in ("identifier=urn:d|1", "family=Hua", "identifier=urn:d%7C1"):
        sent = observation("Patient/x", performer=[{"reference": f"Practitioner?{criteria}"}])
        record = repository.transaction(access, bundle(entry("POST", "Observation", sent))).entries[0].record
        assert record is not None
        body = body_of(repository, access, "Observation", record.id)
        assert body["performer"][0]["reference"] == f"Practitioner/{made.id}"
    sent = observation("Patient/x", performer=[{"reference": "Practitioner?identifier=urn:d|2"}])
    fault = refusal(lambda: repository.transaction(access, bundle(entry("POST", "Observation", sent))))
    assert (fault.code, fault.params["count"], fault.where) == ("RECORDS-027", 0, "Bundle.entry[0].resource")
    repository.transaction(access, bundle(entry("POST", "Practitioner", doctor)))
    sent = observation("Patient/x", performer=[{"reference": "Practitioner?identifier=urn:d|1"}])
    fault = refusal(lambda: repository.transaction(access, bundle(entry("POST", "Observation", sent))))
    assert (fault.code, fault.params["count"]) == ("RECORDS-027", 2)


def test_deletions_come_first_and_reads_last(repository: Repository, access: Access) -> None:
    """Whatever the order in the bundle; answers come in that order."""
    repository.transaction(access, bundle(entry("PUT", "Patient/old", patient(id="old", active=True))))
    result = repository.transaction(
        access,
        bundle(
            entry("GET", "Patient/new"),
            entry("GET", "Patient?_id=new"),
            entry("PUT", "Patient/new", patient(id="new")),
            entry("POST", "Patient", patient(active=True), P, ifNoneExist="_id=old"),
            entry("DELETE", "Patient/old"),
            entry("GET", "Patient/new/_history"),
            entry("GET", "Patient/new/_history/1"),
        ),
    )
    assert [one.status for one in result.entries] == [200, 200, 201, 201, 204, 200, 200]
    assert result.entries[0].record == result.entries[2].record == result.entries[6].record
    for index in (1, 5):
        page = result.entries[index].page
        assert page is not None
    assert refusal(lambda: repository.read(access, "Patient", "old")).code == "RECORDS-003"


def test_a_conditional_create_in_a_bundle_finds_what_is_there(repository: Repository, access: Access) -> None:
    """The match is answered with 200, and references to the entry lead to it; two alike entries make one resource."""
    known = patient(identifier=[{"system": "urn:t", "value": "1"}])
    one = entry("POST", "Patient", known, P, ifNoneExist="identifier=urn:t|1")
    other = {**one, "fullUrl": "urn:uuid:other"}
    first = repository.transaction(
        access, bundle(one, other, entry("POST", "Observation", observation("urn:uuid:other")))
    )
    assert [result.status for result in first.entries] == [201, 200, 201]
    second = repository.transaction(access, bundle(one, entry("POST", "Observation", observation(P))))
    assert [result.status for result in second.entries] == [200, 201]
    assert first.entries[0].record == first.entries[1].record == second.entries[0].record
    assert first.entries[0].record is not None
    for result in (first.entries[2], second.entries[1]):
        assert result.record is not None
        body = body_of(repository, access, "Observation", result.record.id)
        assert body["subject"]["reference"] == f"Patient/{first.entries[0].record.id}"


@pytest.mark.parametrize(
    ("entries", "code", "where"),
    [
        ([entry("POST", "Patient", patient(), P)] * 2, "RECORDS-022", "entry[1].fullUrl"),
        ([entry("GET", "Patient/1"), entry("POST", "Observation", observation(P))], "RECORDS-023", "entry[1].resource"),
        ([entry("PUT", "Patient/1", patient(id="1")), entry("DELETE", "Patient/1")], "RECORDS-025", "entry[0]"),
        ([entry("POST", "Patient", patient(birthDate="2024-02-30"))], "FHIR-", "entry[0].resource.birthDate"),
        ([entry("POST", "Patient")], "RECORDS-026", "entry[0]"),
        ([entry("POST", "Observation", patient())], "RECORDS-016", "entry[0].resource"),
        ([entry("PUT", "Patient/1", patient(id="2"))], "RECORDS-004", "entry[0].resource.id"),
        ([entry("PUT", "Patient", patient(id="2"))], "RECORDS-024", "entry[0].request"),
        ([entry("POST", "Wolf", patient())], "RECORDS-024", "entry[0].request"),
        ([entry("PUT", "Patient/a b", patient(id="2"))], "", "entry[0]"),
        ([entry("PUT", "Patient/1", patient(id="1"), ifMatch='W/"3"')], "RECORDS-018", "entry[0]"),
        ([entry("GET", "Patient/none")], "RECORDS-002", "entry[0]"),
        ([entry("PATCH", "Patient/none", NO_CHANGE)], "RECORDS-002", "entry[0]"),
    ],
)  # fmt: skip
def test_a_bad_entry_refuses_the_whole_transaction(
    repository: Repository, access: Access, entries: list[dict[str, Any]], code: str, where: str
) -> None:
    """The fault names the entry, and nothing of the bundle is stored."""
    fault = refusal(
        lambda: repository.transaction(
            access, bundle(entry("POST", "Basic", {"resourceType": "Basic", "code": {"text": "x"}}), *entries)
        )
    )
    assert fault.code.startswith(code)
    number = int(where[6]) + 1
    assert fault.where.startswith(f"Bundle.entry[{number}]{where[8:]}")
    assert repository.history(access).records == []


def test_a_bundle_of_another_type_or_too_long_is_refused(database: Database, access: Access) -> None:
    """Before anything is done."""
    small = PostgresRepository(database, PostgresSearch(), max_entries=2)
    assert refusal(lambda: small.transaction(access, bundle(type="batch"))).code == "RECORDS-020"
    assert refusal(lambda: small.transaction(access, bundle(*[entry("GET", "Patient/1")] * 3))).code == "RECORDS-021"
    assert small.transaction(access, bundle()).entries == []


def test_a_batch_carries_out_what_it_can(repository: Repository, access: Access) -> None:
    """Each entry for itself; a refused one carries its fault."""
    result = repository.batch(
        access,
        bundle(
            entry("POST", "Patient", patient()),
            entry("POST", "Patient", patient(birthDate="never")),
            entry("PUT", "Patient/1", patient(id="1")),
            entry("GET", "Patient/2"),
            entry("GET", "Patient?_id=1"),
            entry("DELETE", "Patient/1"),
            entry("POST", "Wolf", patient()),
            entry("PATCH", "Patient?identifier=urn:none|1", NO_CHANGE),
            type="batch",
        ),
    )
    assert [one.status for one in result.entries] == [201, 422, 201, 404, 200, 204, 400, 404]
    for index in (1, 3, 6, 7):
        fault = result.entries[index].fault
        assert fault is not None
        assert fault.where.startswith(f"Bundle.entry[{index}]")


def test_every_entry_needs_its_scope(repository: Repository, access: Access) -> None:
    """A transaction with one entry beyond what was granted is refused; a batch refuses that entry."""
    writer = Access("writer", parse_scopes("system/Patient.c"))
    good = entry("POST", "Patient", patient())
    bad = entry("POST", "Observation", observation("Patient/1"))
    fault = refusal(lambda: repository.transaction(writer, bundle(good, bad)))
    assert (fault.code, fault.where) == ("ACCESS-002", "Bundle.entry[1]")
    result = repository.batch(writer, bundle(good, bad, type="batch"))
    assert [one.status for one in result.entries] == [201, 403]


def test_references_into_the_store_are_checked_where_asked(database: Database, access: Access) -> None:
    """With `store`, a relative reference must lead to a record that is there or comes with the transaction."""
    strict = PostgresRepository(database, PostgresSearch(), check_references="store")
    fault = refusal(lambda: strict.transaction(access, bundle(entry("POST", "Observation", observation("Patient/1")))))
    assert (fault.code, fault.params["reference"]) == ("RECORDS-023", "Patient/1")
    both = bundle(entry("POST", "Observation", observation("Patient/1")), entry("PUT", "Patient/1", patient(id="1")))
    strict.transaction(access, both)
    strict.transaction(access, bundle(entry("POST", "Observation", observation("Patient/1"))))
    strict.delete(access, "Patient", "1")
    assert (
        refusal(lambda: strict.transaction(access, bundle(entry("POST", "Observation", observation("Patient/1"))))).code
        == "RECORDS-023"
    )
