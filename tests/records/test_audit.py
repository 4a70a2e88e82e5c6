"""The rows that interactions leave in the audit trail."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from psycopg import Connection

from minkang.access import Access, parse_scopes
from minkang.access.audit import AuditEntry, AuditTrail
from minkang.db import Database
from minkang.errors import Fault
from minkang.fhir import Resource
from minkang.records.postgres import PostgresRepository
from minkang.records.search import PostgresSearch

Make = Callable[..., Resource]


def rows(database: Database) -> list[tuple[Any, ...]]:
    """Interaction, type, id, person, query, outcome and count of every row, in order."""
    with database.connection() as connection:
        return connection.execute(
            "SELECT interaction, type, id, person, query, outcome, count FROM access_audit ORDER BY seq"
        ).fetchall()


def test_every_call_leaves_one_row(
    store: PostgresRepository, database: Database, access: Access, patient: Make
) -> None:
    """Writes, reads, searches and refusals, each with what is known of it."""
    store.update(access, patient("1", "Wang"))
    store.read(access, "Patient", "1")
    store.search(access, PostgresSearch().parse("Patient", "family=Wang"))
    store.history(access, type="Patient", id="1")
    store.delete(access, "Patient", "1")
    with pytest.raises(Fault):
        store.read(access, "Patient", "1")
    with pytest.raises(Fault):
        store.read(Access("nobody", ()), "Patient", "1")
    store.feed(access, None, 5)
    store.feed(access, store.feed(access, None, 5)[-1].position, 5)
    assert rows(database) == [
        ("update", "Patient", "1", "Patient/1", "", "ok", 1),
        ("read", "Patient", "1", "Patient/1", "", "ok", 1),
        ("search", "Patient", "", "", "family=Wang", "ok", 1),
        ("history", "Patient", "1", "Patient/1", "", "ok", 1),
        ("delete", "Patient", "1", "Patient/1", "", "ok", 1),
        ("read", "Patient", "1", "", "", "RECORDS-003", 0),
        ("read", "Patient", "1", "", "", "ACCESS-002", 0),
        ("feed", "", "", "", "", "ok", 2),
        ("feed", "", "", "", "", "ok", 2),
    ]


def test_a_row_says_who_and_why_and_joins_the_versions(
    store: PostgresRepository, database: Database, patient: Make
) -> None:
    """Caller, address, request and purpose; the transaction's number leads to what it wrote."""
    caller = Access("clinic", parse_scopes("system/*.cruds"), address="10.0.0.9", request="r1", purpose="TREAT")
    store.update(caller, patient("1"))
    with database.connection() as connection:
        row = connection.execute(
            "SELECT caller, address, request, purpose, v.version"
            " FROM access_audit JOIN record_version AS v USING (txid)"
        ).fetchone()
    assert row == ("clinic", "10.0.0.9", "r1", "TREAT", 1)


def test_a_person_is_known_by_subject(store: PostgresRepository, database: Database, access: Access) -> None:
    """A transaction about one person says who; about several, it says nobody."""
    one = b"""{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Observation",
    "status":"final","code":{"text":"x"},"subject":{"reference":"Patient/%s"}},"request":{"method":"POST",
    "url":"Observation"}},{"resource":{"resourceType":"Patient","id":"1"},"request":{"method":"PUT","url":"Patient/1"}}
    ]}"""
    store.transaction(access, one % b"1")
    store.transaction(access, one % b"2")
    assert [(row[3], row[6]) for row in rows(database)] == [("Patient/1", 2), ("", 2)]


def test_concurrent_rows_share_commits_and_none_is_lost(database: Database, access: Access) -> None:
    """Forty callers wait while the first group is written; the rest go together."""
    commits = []
    gate = threading.Event()

    class Counting(Database):
        @contextmanager
        def connection(self) -> Iterator[Connection[Any]]:
            gate.wait(5)
            with super().connection() as connection:
                yield connection
            commits.append(1)

    with Counting(database.url) as slow, ThreadPoolExecutor(40) as pool:
        trail = AuditTrail(slow)
        waiting = [pool.submit(trail.write, AuditEntry(access, "read", id=str(n))) for n in range(40)]
        gate.set()
        for one in waiting:
            one.result()
    assert {row[2] for row in rows(database)} == {str(n) for n in range(40)}
    assert len(commits) < 20


def test_a_read_is_not_answered_without_its_row(database: Database, access: Access, patient: Make) -> None:
    """When the row cannot be written, the reader gets 503 and no record; too many waiting are refused too."""
    store = PostgresRepository(database, PostgresSearch())
    store.update(access, patient("1"))
    with database.connection() as connection:
        connection.execute("ALTER TABLE access_audit ADD CONSTRAINT no_reads CHECK (interaction <> 'read')")
    with pytest.raises(Fault) as caught:
        store.read(access, "Patient", "1")
    assert (caught.value.code, caught.value.category.status) == ("ACCESS-021", 503)
    full = AuditTrail(database, longest=0)
    with pytest.raises(Fault, match="ACCESS-020"):
        full.write(AuditEntry(access, "read"))


def test_odd_texts_do_not_keep_a_row_from_being_written(database: Database, access: Access) -> None:
    """A NUL is replaced; a very long query is cut."""
    AuditTrail(database).write(AuditEntry(access, "search", query="a\0\ud800" + "b" * 10_000))
    (row,) = rows(database)
    assert row[4].startswith("a\ufffd?b")
    assert len(row[4]) == 4000
