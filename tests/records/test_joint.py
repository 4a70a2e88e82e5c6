"""A transaction of the store that its caller shares."""

from __future__ import annotations

import pytest

from minkang.access import Access, parse_scopes
from minkang.db import Database
from minkang.errors import Fault
from minkang.records import Incoming
from minkang.records.bodies import now
from minkang.records.bulk import Ready, prepare
from minkang.records.postgres import PostgresRepository
from minkang.records.postgres.joint import Joint, Stored

AT = now()


def ready(*bodies: bytes) -> list[Ready]:
    """Resources as the bulk path prepares them."""
    made, rejected = prepare([Incoming(body) for body in bodies], AT)
    assert not rejected
    return made


def patient(id: str, family: str) -> bytes:
    """A patient."""
    return f'{{"resourceType":"Patient","id":"{id}","name":[{{"family":"{family}"}}]}}'.encode()


def test_new_changed_and_same_resources_are_stored_together(store: PostgresRepository, access: Access) -> None:
    """New ones by COPY, changed ones as new versions, the same ones not at all; search finds what is current."""
    first = ready(patient("1", "Wang"), patient("2", "Li"))
    assert store.jointly(access, lambda joint: joint.put(first, AT)) == Stored(created=2)
    second = ready(patient("1", "Wang"), patient("2", "Zhao"), patient("3", "Sun"))
    assert store.jointly(access, lambda joint: joint.put(second, AT)) == Stored(1, 1, 1)
    assert store.read(access, "Patient", "2").version == 2
    found = store.jointly(access, lambda joint: joint.bodies([("Patient", "3"), ("Patient", "4")]))
    assert list(found) == [("Patient", "3")]
    assert [change.record.id for change in store.feed(access, None, 10)] == ["1", "2", "2", "3"]


def test_the_callers_own_rows_stand_or_fall_with_the_records(
    store: PostgresRepository, access: Access, database: Database
) -> None:
    """A fault after `put` takes back records, audit row and the caller's rows."""
    with database.connection() as connection:
        connection.execute("CREATE TABLE mine (name text)")

    def work(joint: Joint, fail: bool) -> None:
        joint.put(ready(patient("1", "Wang")), AT)
        joint.connection.execute("INSERT INTO mine VALUES ('x')")
        if fail:
            raise Fault("RECORDS-004")

    with pytest.raises(Fault):
        store.jointly(access, lambda joint: work(joint, True))
    with database.connection() as connection:
        assert connection.execute("SELECT count(*) FROM mine").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM record").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM access_audit WHERE outcome = 'ok'").fetchone() == (0,)
    store.jointly(access, lambda joint: work(joint, False))
    with database.connection() as connection:
        assert connection.execute("SELECT count(*) FROM mine").fetchone() == (1,)
        row = connection.execute("SELECT interaction, count FROM access_audit WHERE outcome = 'ok'").fetchone()
    assert row == ("load", 1)


def test_a_type_that_was_not_granted_is_refused(store: PostgresRepository) -> None:
    """Before anything is written, with a row in the audit trail."""
    some = Access("someone", parse_scopes("system/Observation.cru"))
    with pytest.raises(Fault) as caught:
        store.jointly(some, lambda joint: joint.put(ready(patient("1", "Wang")), AT))
    assert caught.value.code == "ACCESS-002"
    with pytest.raises(Fault):
        store.read(Access("other", parse_scopes("system/*.read")), "Patient", "1")
