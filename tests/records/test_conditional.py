"""Conditional create, update, patch and delete, and patches."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from minkang.access import Access, parse_scopes
from minkang.errors import Fault
from minkang.fhir import Resource, decode
from minkang.records import Repository
from minkang.records.patches import Patch

Make = Callable[..., Resource]
ONE = "identifier=urn:test|a"


def refused(code: str) -> pytest.RaisesExc[Fault]:
    """Expects a fault of this code."""
    return pytest.RaisesExc(Fault, check=lambda fault: fault.code == code)


def test_a_conditional_create_makes_one_and_then_finds_it(
    repository: Repository, access: Access, patient: Make
) -> None:
    """The second call returns the first's record and writes nothing; a deleted match does not count."""
    first = repository.create(access, patient(identifier="a"), if_none_exist=ONE)
    again = repository.create(access, patient(identifier="a", family="Other"), if_none_exist=ONE)
    assert (first.created, again.created, again.changed) == (True, False, False)
    assert again.record == first.record
    repository.delete(access, "Patient", first.record.id)
    assert repository.create(access, patient(identifier="a"), if_none_exist=ONE).created


def test_several_matches_are_refused(repository: Repository, access: Access, patient: Make) -> None:
    """412 for every conditional form but a deletion of many."""
    for _ in range(2):
        repository.create(access, patient(identifier="a"))
    patch = Patch("json", b'[{"op":"remove","path":"/name"}]')
    calls: list[Callable[[], object]] = [
        lambda: repository.create(access, patient(identifier="a"), if_none_exist=ONE),
        lambda: repository.conditional_update(access, "Patient", ONE, patient(identifier="a")),
        lambda: repository.conditional_patch(access, "Patient", ONE, patch),
        lambda: repository.conditional_delete(access, "Patient", ONE),
    ]
    for call in calls:
        with refused("RECORDS-010"):
            call()
    assert repository.conditional_delete(access, "Patient", ONE, many=True) == 2
    assert repository.conditional_delete(access, "Patient", ONE, many=True) == 0


def test_a_conditional_update_creates_or_updates(repository: Repository, access: Access, patient: Make) -> None:
    """No match: created, under the body's id where it has one. One match: its next version, under its own id."""
    created = repository.conditional_update(access, "Patient", ONE, patient("p", identifier="a"))
    assert (created.created, created.record.id) == (True, "p")
    updated = repository.conditional_update(access, "Patient", ONE, patient(identifier="a", family="Li"))
    assert (updated.created, updated.record.id, updated.record.version) == (False, "p", 2)
    with refused("RECORDS-011"):
        repository.conditional_update(access, "Patient", ONE, patient("other", identifier="a"))
    with refused("RECORDS-006"):
        repository.conditional_update(access, "Patient", ONE, patient(identifier="a"), if_match=1)


def test_eight_parallel_conditional_creates_make_one(repository: Repository, access: Access, patient: Make) -> None:
    """However the eight meet, one creates and seven find it. Twenty rounds, since a race may hide."""
    with ThreadPoolExecutor(8) as pool:
        for round in range(20):
            criteria = f"identifier=urn:test|r{round}"
            made = list(
                pool.map(
                    lambda _, c=criteria, r=round: repository.create(
                        access, patient(identifier=f"r{r}"), if_none_exist=c
                    ),
                    range(8),
                )
            )
            assert sum(written.created for written in made) == 1
            assert len({written.record.id for written in made}) == 1


def test_a_json_patch_changes_what_it_names_and_keeps_digits(repository: Repository, access: Access) -> None:
    """Numbers stay as written; the result is checked as any resource."""
    body = (
        b'{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50}}'
    )
    repository.update(access, decode(body))
    patch = Patch("json", b'[{"op":"replace","path":"/status","value":"amended"}]')
    written = repository.patch(access, "Observation", "o", patch, if_match=1)
    assert written.record.version == 2
    assert written.record.body is not None
    assert b'"value":1.50' in written.record.body
    assert json.loads(written.record.body)["status"] == "amended"
    for bad in (
        b'[{"op":"test","path":"/status","value":"no"}]',
        b'[{"op":"remove","path":"/nothing"}]',
        b"[{}]",
        b"{",
        b"7",
    ):
        with refused("RECORDS-012"):
            repository.patch(access, "Observation", "o", Patch("json", bad))
    with pytest.raises(Fault):
        repository.patch(access, "Observation", "o", Patch("json", b'[{"op":"remove","path":"/status"}]'))
    with refused("RECORDS-002"):
        repository.patch(access, "Observation", "none", patch)
    assert repository.read(access, "Observation", "o").version == 2


def test_a_fhirpath_patch_changes_what_it_names(repository: Repository, access: Access, patient: Make) -> None:
    """An operation with path and value; without a match it is refused."""
    repository.update(access, patient("p", "Wang"))
    operation = {
        "name": "operation",
        "part": [
            {"name": "type", "valueCode": "replace"},
            {"name": "path", "valueString": "Patient.name[0].family"},
            {"name": "value", "valueString": "Li"},
        ],
    }
    patch = Patch("fhirpath", json.dumps({"resourceType": "Parameters", "parameter": [operation]}).encode())
    written = repository.patch(access, "Patient", "p", patch)
    assert written.record.body is not None
    assert json.loads(written.record.body)["name"] == [{"family": "Li"}]
    with pytest.raises(Fault):
        repository.patch(access, "Patient", "p", Patch("fhirpath", b'{"resourceType":"Parameters"}'))


def test_who_may_not_search_learns_nothing_by_a_condition(
    repository: Repository, access: Access, patient: Make
) -> None:
    """A conditional form needs the scope to search as well."""
    repository.create(access, patient(identifier="a"))
    writer = Access("writer", parse_scopes("system/Patient.cud"))
    with refused("ACCESS-002"):
        repository.create(writer, patient(identifier="a"), if_none_exist=ONE)
    with refused("ACCESS-002"):
        repository.conditional_delete(writer, "Patient", ONE)
    assert repository.create(writer, patient()).created
