"""A database that dies in the middle."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable

import psycopg
import pytest

from minkang.access import Access
from minkang.db import Database
from minkang.errors import Fault
from minkang.fhir import Resource
from minkang.records.postgres import PostgresRepository
from minkang.records.postgres import writer as writing
from minkang.records.search import PostgresSearch

Make = Callable[..., Resource]


def bundle(count: int) -> bytes:
    """A transaction that creates so many patients."""
    entry = {"resource": {"resourceType": "Patient"}, "request": {"method": "POST", "url": "Patient"}}
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [entry] * count}).encode()


def end_connections(database: Database) -> None:
    """Have the server end all connections to the database, as it does when it stops or fails."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_bundle_cut_off_leaves_nothing_and_the_store_goes_on(
    database: Database, access: Access, patient: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two statements of one bundle: 503, no record, no version, no key; the next call works."""
    monkeypatch.setattr(writing, "CHUNK", 10)
    store = PostgresRepository(database, PostgresSearch())
    store.update(access, patient("before"))
    settle, calls = writing.settle, []

    def cut_in(*parts: object) -> object:
        calls.append(1)
        if len(calls) == 35:
            end_connections(database)
        return settle(*parts)  # type: ignore[arg-type]

    monkeypatch.setattr(writing, "settle", cut_in)
    with pytest.raises(Fault) as caught:
        store.transaction(access, bundle(100))
    assert (caught.value.code, caught.value.category.status) == ("DB-021", 503)
    monkeypatch.setattr(writing, "settle", settle)
    time.sleep(0.5)  # The server ends idle connections in its own time; one found ended is replaced unseen.
    assert store.update(access, patient("after")).created
    with database.connection() as connection:
        for table in ("record", "record_version", "search_text"):
            row = connection.execute(f"SELECT count(DISTINCT rid) FROM {table}").fetchone()
            assert row == (2,)
    assert [change.record.id for change in store.feed(access, None, 10)] == ["before", "after"]


def test_a_reader_gets_503_while_the_database_is_away_and_an_answer_after(
    database: Database, access: Access, patient: Make
) -> None:
    """Reads and writes under ended connections either work or are refused with 503; nothing hangs, nothing is lost."""
    store = PostgresRepository(database, PostgresSearch())
    store.update(access, patient("1"))
    stop = threading.Event()
    odd: list[Fault] = []
    written: list[int] = []

    def work(number: int) -> None:
        step = 0
        while not stop.is_set():
            step += 1
            try:
                written.append(store.update(access, patient(f"w{number}", f"N{step}")).record.version)
                store.read(access, "Patient", "1")
            except Fault as fault:
                if fault.category.status != 503:
                    odd.append(fault)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for _ in range(5):
        time.sleep(0.1)
        end_connections(database)
    time.sleep(0.2)
    stop.set()
    for worker in workers:
        worker.join(20)
        assert not worker.is_alive()
    assert odd == []
    assert store.read(access, "Patient", "1").version == 1
    stored = [change.record.version for change in store.feed(access, None, 100_000) if change.record.id != "1"]
    assert len(stored) >= len(written)
