"""The server process: several workers, an orderly stop, a start that fails with one clear sentence."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from tests.conftest import DatabaseServer
from tests.portal.conftest import SERVE, Running, prepared

from minkang.access import Access, parse_scopes
from minkang.access.audit import AuditTrail
from minkang.db import Database
from minkang.fhir import decode
from minkang.records import counts
from minkang.records.postgres import PostgresRepository
from minkang.records.search import PostgresSearch

ALL = Access("client:test", parse_scopes("system/*.cruds"))


@pytest.fixture
def own(database_server: DatabaseServer, database_template: str, tmp_path: Any) -> Iterator[Running]:
    """A platform of a test's own with two workers, not started."""
    with database_server.database(database_template) as database:
        server = prepared(database, tmp_path, MINKANG_WORKERS="2")
        yield server
        server.stop()


def test_workers_agree_on_tokens_and_finish_what_they_began(own: Running) -> None:
    """A token of one worker holds in the other; a stop lets requests under way come to their end."""
    own.start()
    own.token()
    assert {own.call("GET", "/Patient?_count=0").status_code for _ in range(20)} == {200}
    entries = [{"resource": {"resourceType": "Patient"}, "request": {"method": "POST", "url": "Patient"}}] * 3000
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    answers: list[requests.Response] = []
    sender = threading.Thread(target=lambda: answers.append(own.call("POST", "", bundle)))
    sender.start()
    time.sleep(0.2)
    own.stop()
    sender.join(30)
    assert [answer.status_code for answer in answers] == [200], own.log()
    assert "Traceback" not in own.log()


def test_a_start_that_cannot_be_says_why_once(own: Running) -> None:
    """A database that the program does not fit ends the server with the fault, not with workers that die for ever."""
    with own.database.connection() as connection:
        connection.execute("DELETE FROM schema_migration WHERE package = 'minkang.portal'")
    done = subprocess.run(
        [sys.executable, "-c", SERVE], env=own.environment, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode != 0
    assert done.stderr.count("Fault: DB-045: ") == 1


def test_large_stores_are_counted_from_statistics(module_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of counting agree on types, and the second reads no record."""
    store = PostgresRepository(module_database, PostgresSearch())
    for type, number in (("Patient", 5), ("Basic", 3), ("Slot", 0)):
        for _ in range(number):
            store.create(ALL, decode(f'{{"resourceType":"{type}"{EXTRA.get(type, "")}}}'.encode()))
    audit = AuditTrail(module_database)
    exact = counts.count_by_type(module_database, audit, ALL)
    assert [(one.type, one.count, one.exact) for one in exact] == [("Patient", 5, True), ("Basic", 3, True)]
    with module_database.alone() as connection:
        connection.execute("ANALYZE record")
    monkeypatch.setattr(counts, "EXACT_UP_TO", 0)
    estimated = counts.count_by_type(module_database, audit, ALL)
    assert [(one.type, one.count, one.exact) for one in estimated] == [("Patient", 5, False), ("Basic", 3, False)]
    narrow = Access("client:test", parse_scopes("system/Basic.rs"))
    assert [one.type for one in counts.count_by_type(module_database, audit, narrow)] == ["Basic"]


EXTRA = {"Basic": ',"code":{"text":"a"}'}
