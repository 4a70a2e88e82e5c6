"""The feed, and histories under concurrent writers."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from psycopg import Connection

from minkang.access import Access
from minkang.db import Database
from minkang.errors import Fault
from minkang.fhir import Resource, decode
from minkang.records import Change, Position, Repository
from minkang.records.postgres import PostgresRepository
from minkang.records.search import PostgresSearch

Make = Callable[..., Resource]


def test_the_feed_gives_every_version_once_and_in_order(repository: Repository, access: Access, patient: Make) -> None:
    """Page by page, from the beginning and from any position."""
    written = [repository.update(access, patient(str(n % 4), f"N{n}")).record for n in range(10)]
    deletion = repository.delete(access, "Patient", "2")
    assert deletion is not None
    written.append(deletion)
    caught_up(repository, access, len(written))
    seen: list[Change] = []
    while page := repository.feed(access, seen[-1].position if seen else None, 3):
        seen += page
    assert [change.record for change in seen] == written
    assert [change.record for change in repository.feed(access, seen[6].position, 100)] == written[7:]
    assert repository.feed(access, seen[-1].position, 100) == []
    for bad in ("", "x", "1.2.3", "1.-2.3.4", "9.1.1.1"):
        with pytest.raises(Fault, match="RECORDS-014"):
            repository.feed(access, Position(bad), 1)


def test_after_a_restore_old_positions_are_refused_and_new_versions_come_last(
    store: PostgresRepository, database: Database, access: Access, patient: Make
) -> None:
    """Also where the new server counts transactions from lower numbers than the old one did."""
    store.update(access, patient("1"))
    position = caught_up(store, access, 1)[-1].position
    with database.connection() as connection:
        connection.execute("SELECT set_config('minkang.purge', 'on', true)")
        connection.execute("UPDATE record_version SET txid = txid + 1000000000")
    store.after_restore()
    store.update(access, patient("2"))
    with pytest.raises(Fault, match="RECORDS-014"):
        store.feed(access, position, 10)
    assert [change.record.id for change in caught_up(store, access, 2)] == ["1", "2"]


def caught_up(store: Repository, access: Access, count: int) -> list[Change]:
    """The feed from its beginning, once it has come so far: transactions of others on the server hold it up."""
    until = time.monotonic() + 30
    while len(changes := store.feed(access, None, 100)) < count:
        assert time.monotonic() < until
        time.sleep(0.02)
    return changes


class Dawdling(Database):
    """Waits before commits, now and then, so that transactions end in another order than they began."""

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        with super().connection() as connection:
            yield connection
            time.sleep(random.choice((0, 0, 0.001, 0.005, 0.02)))


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long), pytest.param(3, marks=pytest.mark.long)])
def test_a_reader_of_the_feed_misses_nothing_while_eight_write(
    database: Database, access: Access, patient: Make, seed: int
) -> None:
    """Eight connections write, update, delete and write bundles; a reader that polls all along ends with every
    version, in the order of its position, none twice, each record's versions ascending, bundles unbroken."""
    slow = Dawdling(database.url, size=9)
    store = PostgresRepository(slow, PostgresSearch())
    reader = PostgresRepository(database, PostgresSearch())
    finished = threading.Event()
    seen: list[Change] = []

    def read() -> None:
        while True:
            last = finished.is_set()
            while page := reader.feed(access, seen[-1].position if seen else None, 7):
                seen.extend(page)
            if last:
                return

    def write(number: int) -> None:
        chance = random.Random(seed * 100 + number)
        for step in range(25):
            id = str(chance.randrange(12))
            match chance.randrange(6):
                case 0:
                    store.delete(access, "Patient", id)
                case 1:
                    entries = ",".join(
                        f'{{"resource":{{"resourceType":"Patient","id":"bundle{number}-{step}-{part}"}},'
                        f'"request":{{"method":"PUT","url":"Patient/bundle{number}-{step}-{part}"}}}}'
                        for part in range(3)
                    )
                    store.transaction(
                        access, f'{{"resourceType":"Bundle","type":"transaction","entry":[{entries}]}}'.encode()
                    )
                case 2:
                    store.create(access, patient())
                case _:
                    store.update(access, patient(id, f"{number}-{step}"))

    with slow, ThreadPoolExecutor(9) as pool:
        reading = pool.submit(read)
        for writing in [pool.submit(write, number) for number in range(8)]:
            writing.result()
        finished.set()
        reading.result(timeout=30)

    with database.connection() as connection:
        stored = connection.execute("SELECT count(*) FROM record_version").fetchone()
    found = [(change.record.type, change.record.id, change.record.version) for change in seen]
    assert stored == (len(found),)
    assert len(set(found)) == len(found)
    last: dict[str, int] = {}
    for change in seen:
        assert change.record.version == last.get(change.record.id, 0) + 1
        last[change.record.id] = change.record.version
    bundled = [id for _, id, _ in found if id.startswith("bundle")]
    assert [id[:-2] for id in bundled[::3]] == [id[:-2] for id in bundled[1::3]]
    assert [change.record for change in reader.feed(access, None, 10_000)] == [change.record for change in seen]


def test_two_parallel_updates_both_succeed_one_after_the_other(
    store: PostgresRepository, access: Access, patient: Make
) -> None:
    """Without If-Match none is lost: versions count up, the search keys are those of the last."""
    store.update(access, patient("1", "Start"))
    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(lambda n: store.update(access, patient("1", f"N{n}")), range(40)))
    assert sorted(one.record.version for one in written) == list(range(2, 42))
    current = store.read(access, "Patient", "1")
    assert current.version == 41
    assert current.body is not None
    family = decode(current.body).name[0].family
    query = PostgresSearch().parse("Patient", f"family={family}")
    assert [record.id for record in store.search(access, query).matches] == ["1"]
    others = PostgresSearch().parse("Patient", "family=" + ",".join(f"N{n}" for n in range(40) if f"N{n}" != family))
    assert [r for r in store.search(access, others).matches if r.id != "1"] == []


def test_of_parallel_updates_on_the_same_version_one_wins(
    store: PostgresRepository, access: Access, patient: Make
) -> None:
    """With If-Match the others are told the version has changed; also where all create the record."""

    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(lambda n: store.update(access, patient("1", f"C{n}")), range(8)))
        assert sum(one.created for one in created) == 1
        assert sorted(one.record.version for one in created) == list(range(1, 9))
        store.delete(access, "Patient", "1")
    store.update(access, patient("2"))
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda n: _wins(store, access, patient, n), range(8))) == 1


def _wins(store: PostgresRepository, access: Access, patient: Make, n: int) -> bool:
    try:
        store.update(access, patient("2", f"N{n}"), if_match=1)
    except Fault as fault:
        return fault.code != "RECORDS-006"
    return True


def test_transactions_that_lock_in_opposite_orders_all_succeed(store: PostgresRepository, access: Access) -> None:
    """Records are locked in one order whatever the order of the entries."""

    def send(n: int) -> None:
        ids = [str(id) for id in range(6)]
        random.Random(n).shuffle(ids)
        entries = ",".join(
            f'{{"resource":{{"resourceType":"Patient","id":"{id}","name":[{{"text":"{n}"}}]}},'
            f'"request":{{"method":"PUT","url":"Patient/{id}"}}}}'
            for id in ids
        )
        store.transaction(access, f'{{"resourceType":"Bundle","type":"transaction","entry":[{entries}]}}'.encode())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(32)))
    versions = {store.read(access, "Patient", str(id)).version for id in range(6)}
    assert versions == {32}
