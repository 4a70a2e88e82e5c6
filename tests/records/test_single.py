"""One record at a time: create, read, update, delete, versions, histories."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from minkang.access import Access, parse_scopes
from minkang.errors import Fault
from minkang.fhir import Resource, decode
from minkang.records import Repository

Make = Callable[..., Resource]


def refused(code: str) -> pytest.RaisesExc[Fault]:
    """Expects a fault of this code."""
    return pytest.RaisesExc(Fault, check=lambda fault: fault.code == code)


def test_a_created_resource_is_read_back_with_version_and_time(
    repository: Repository, access: Access, patient: Make
) -> None:
    """The body read is the one written, with an id of the store's, versionId 1 and lastUpdated."""
    written = repository.create(access, patient(id="mine"))
    assert written.created
    assert written.changed
    record = repository.read(access, "Patient", written.record.id)
    assert record == written.record
    assert record.id != "mine"
    assert record.body is not None
    body = decode(record.body)
    assert (body.id, body.meta.versionId) == (record.id, "1")
    assert body.meta.lastUpdated == f"{record.at:%Y-%m-%dT%H:%M:%S}.{record.at.microsecond // 1000:03d}Z"
    assert record.method == "create"


def test_what_never_was_is_not_found(repository: Repository, access: Access) -> None:
    """404 for an id without record, also where the id could not be one; 404 for what is no type."""
    for type, id, code in (
        ("Patient", "1", "RECORDS-002"),
        ("Patient", "é/1", "RECORDS-002"),
        ("Wolf", "1", "RECORDS-001"),
    ):
        with refused(code):
            repository.read(access, type, id)


def test_an_update_counts_versions_and_keeps_the_old(repository: Repository, access: Access, patient: Make) -> None:
    """Each version stays readable; the current one is the last."""
    first = repository.update(access, patient("1", "Wang"))
    second = repository.update(access, patient("1", "Li"))
    assert (first.created, second.created) == (True, False)
    assert [first.record.version, second.record.version] == [1, 2]
    assert second.record.at >= first.record.at
    assert repository.read(access, "Patient", "1") == second.record
    assert repository.vread(access, "Patient", "1", 1) == first.record
    with refused("RECORDS-005"):
        repository.vread(access, "Patient", "1", 3)


def test_an_update_that_says_the_same_writes_no_version(repository: Repository, access: Access, patient: Make) -> None:
    """Idempotent senders do not fill the store."""
    repository.update(access, patient("1"))
    again = repository.update(access, patient("1"))
    assert (again.changed, again.created, again.record.version) == (False, False, 1)
    assert len(repository.history(access, type="Patient", id="1").records) == 1


def test_an_update_needs_an_id(repository: Repository, access: Access, patient: Make) -> None:
    """Refused without."""
    with refused("RECORDS-004"):
        repository.update(access, patient())


def test_if_match_lets_only_the_version_seen_through(repository: Repository, access: Access, patient: Make) -> None:
    """412 for another version, or where nothing is."""
    repository.update(access, patient("1", "A"))
    assert repository.update(access, patient("1", "B"), if_match=1).record.version == 2
    with refused("RECORDS-006"):
        repository.update(access, patient("1", "C"), if_match=1)
    with refused("RECORDS-018"):
        repository.update(access, patient("2", "C"), if_match=1)
    with refused("RECORDS-006"):
        repository.delete(access, "Patient", "1", if_match=1)
    assert repository.delete(access, "Patient", "1", if_match=2) is not None


def test_if_none_match_any_only_creates(repository: Repository, access: Access, patient: Make) -> None:
    """412 where the resource exists; a deleted one does not exist."""
    repository.update(access, patient("1"), if_none_match_any=True)
    with refused("RECORDS-007"):
        repository.update(access, patient("1", "Li"), if_none_match_any=True)
    repository.delete(access, "Patient", "1")
    assert repository.update(access, patient("1", "Li"), if_none_match_any=True).created


def test_a_deleted_resource_is_gone_and_its_versions_stay(
    repository: Repository, access: Access, patient: Make
) -> None:
    """410 on read and on the vread of the deletion; earlier versions can be read; deleting again changes nothing."""
    repository.update(access, patient("1"))
    deletion = repository.delete(access, "Patient", "1")
    assert deletion is not None
    assert (deletion.version, deletion.body, deletion.method) == (2, None, "delete")
    with refused("RECORDS-003"):
        repository.read(access, "Patient", "1")
    with refused("RECORDS-003"):
        repository.vread(access, "Patient", "1", 2)
    assert repository.vread(access, "Patient", "1", 1).body is not None
    assert repository.delete(access, "Patient", "1") == deletion
    assert repository.delete(access, "Patient", "never") is None


def test_a_deleted_resource_comes_back_with_the_next_version(
    repository: Repository, access: Access, patient: Make
) -> None:
    """Version numbers go on; the answer is "created"."""
    repository.update(access, patient("1"))
    repository.delete(access, "Patient", "1")
    back = repository.update(access, patient("1"))
    assert (back.created, back.record.version) == (True, 3)
    assert repository.read(access, "Patient", "1").version == 3


def test_history_gives_versions_newest_first_page_by_page(
    repository: Repository, access: Access, patient: Make
) -> None:
    """Instance, type and whole store; pages neither skip nor repeat."""
    written = [repository.update(access, patient(str(n % 3), f"N{n}")).record for n in range(9)]
    written.append(
        repository.update(access, decode(b'{"resourceType":"Group","id":"g","type":"person","actual":true}')).record
    )
    newest_first = sorted(written, key=lambda record: record.at, reverse=True)
    one = [record for record in reversed(written) if (record.type, record.id) == ("Patient", "1")]
    assert repository.history(access, type="Patient", id="1").records == one
    for type, expected in (("Patient", 9), (None, 10)):
        seen, cursor = [], None
        while True:
            page = repository.history(access, type=type, count=4, after=cursor)
            seen += page.records
            cursor = page.next
            if cursor is None:
                break
        assert len(seen) == len(set(map(repr, seen))) == expected
        assert [record.at for record in seen] == [r.at for r in newest_first if type in (None, r.type)]
    page = repository.history(access, type="Patient", id="1", count=2)
    assert page.records + repository.history(access, type="Patient", id="1", count=2, after=page.next).records == one
    with refused("RECORDS-002"):
        repository.history(access, type="Patient", id="nobody")
    with refused("RECORDS-013"):
        repository.history(access, after="x.y")


def test_history_can_be_narrowed_in_time(repository: Repository, access: Access, patient: Make) -> None:
    """`since` takes versions from then on; `at` takes those current in a stretch of time."""
    versions = [repository.update(access, patient("1", f"N{n}")).record for n in range(3)]
    middle = versions[1].at
    since = repository.history(access, type="Patient", id="1", since=middle).records
    assert since == [record for record in reversed(versions) if record.at >= middle]
    moment = timedelta(milliseconds=1)
    late = (versions[2].at + moment, versions[2].at + 2 * moment)
    for options in ({"type": "Patient", "id": "1"}, {"type": "Patient"}, {}):
        assert repository.history(access, at=late, **options).records == [versions[2]]


def test_nothing_is_done_without_the_scope(repository: Repository, access: Access, patient: Make) -> None:
    """Each interaction asks for its own."""
    repository.update(access, patient("1"))
    reader = Access("reader", parse_scopes("system/Patient.rs"))
    assert repository.read(reader, "Patient", "1")
    calls: list[Callable[[], object]] = [
        lambda: repository.create(reader, patient()),
        lambda: repository.update(reader, patient("1")),
        lambda: repository.delete(reader, "Patient", "1"),
        lambda: repository.read(reader, "Observation", "1"),
        lambda: repository.history(reader),
        lambda: repository.feed(reader, None, 1),
    ]
    for call in calls:
        with refused("ACCESS-002"):
            call()
