"""Drawn histories of several writers at once: whatever they do, the feed tells each version once, in order."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection
from tests.records.conftest import make_patient

from minkang.access import Access, program_access
from minkang.db import Database
from minkang.records import Change, Position
from minkang.records.postgres import PostgresRepository
from minkang.records.search import PostgresSearch


class Deed(NamedTuple):
    """What a writer does: to which of a few records, and how long its transaction dawdles before the commit."""

    kind: str
    record: int
    pause: float


DEEDS = st.builds(
    Deed,
    st.sampled_from(("update", "update", "delete", "create", "bundle")),
    st.integers(0, 4),
    st.sampled_from((0.0, 0.0, 0.002, 0.01)),
)
HISTORIES = st.lists(st.lists(DEEDS, min_size=1, max_size=8), min_size=2, max_size=6)
EXAMPLES = itertools.count()


class Dawdling(Database):
    """Commits late where the writer in this thread asked for it."""

    pause = threading.local()

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        with super().connection() as connection:
            yield connection
            time.sleep(getattr(self.pause, "seconds", 0.0))


class Teller:
    """Carries out a history and reads the feed all along."""

    def __init__(self, database: Database, slow: Dawdling) -> None:
        self.access: Access = program_access("test")
        self.store = PostgresRepository(slow, PostgresSearch())
        self.reader = PostgresRepository(database, PostgresSearch())
        self.slow = slow
        self.name = f"e{next(EXAMPLES)}"
        self.written: list[tuple[str, int]] = []
        self.finished = threading.Event()

    def write(self, number: int, deeds: list[Deed]) -> None:
        for step, deed in enumerate(deeds):
            self.slow.pause.seconds = deed.pause
            self.written += [(one, version) for one, version in self._do(f"{number}-{step}", deed)]

    def _do(self, at: str, deed: Deed) -> list[tuple[str, int]]:
        id = f"{self.name}-{deed.record}"
        match deed.kind:
            case "delete":
                gone = self.store.delete(self.access, "Patient", id)
                return [(id, gone.version)] if gone else []
            case "create":
                made = self.store.create(self.access, make_patient()).record
                return [(made.id, made.version)]
            case "bundle":
                ids = [f"{self.name}-{at}-{part}" for part in range(3)]
                entries = ",".join(
                    f'{{"resource":{{"resourceType":"Patient","id":"{one}"}},'
                    f'"request":{{"method":"PUT","url":"Patient/{one}"}}}}'
                    for one in ids
                )
                bundle = f'{{"resourceType":"Bundle","type":"transaction","entry":[{entries}]}}'
                self.store.transaction(self.access, bundle.encode())
                return [(one, 1) for one in ids]
        made = self.store.update(self.access, make_patient(id, f"N{at}")).record
        return [(made.id, made.version)]

    def read(self, since: Position | None) -> list[Change]:
        seen: list[Change] = []
        while True:
            last = self.finished.is_set()
            while page := self.reader.feed(self.access, seen[-1].position if seen else since, 4):
                seen += page
            # Transactions of others on the server may hold the feed up for a moment after the last commit.
            if last and (len(seen) >= len(set(self.written)) or time.monotonic() > self.until):
                return seen

    def tell(self, history: list[list[Deed]], since: Position | None) -> list[Change]:
        with ThreadPoolExecutor(len(history) + 1) as pool:
            self.until = time.monotonic() + 30
            reading = pool.submit(self.read, since)
            try:
                for writing in [pool.submit(self.write, *one) for one in enumerate(history)]:
                    writing.result()
            finally:
                self.finished.set()
            return reading.result()


def judge(database: Database, slow: Dawdling, history: list[list[Deed]], since: Position | None) -> Position | None:
    """Carry out one history and require of the feed what it promises; gives the position after it."""
    teller = Teller(database, slow)
    seen = teller.tell(history, since)
    found = [(change.record.id, change.record.version) for change in seen]
    assert sorted(found) == sorted(set(teller.written))
    versions: dict[str, list[int]] = {}
    for id, version in found:
        versions.setdefault(id, []).append(version)
    assert all(told == list(range(1, len(told) + 1)) for told in versions.values())
    parts = [id for id, _ in found if id.count("-") == 3]
    assert [id[:-2] for id in parts[::3]] == [id[:-2] for id in parts[1::3]] == [id[:-2] for id in parts[2::3]]
    again = teller.reader.feed(teller.access, since, 1000)
    assert [change.record for change in again] == [change.record for change in seen]
    return seen[-1].position if seen else since


@pytest.mark.parametrize("examples", [10, pytest.param(200, marks=pytest.mark.long)])
def test_the_feed_is_complete_after_any_history(database: Database, examples: int) -> None:
    """Updates, deletions, creations and bundles by up to six connections, committing in any order."""
    position: Position | None = None
    with Dawdling(database.url, size=8) as slow:

        @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
        @given(HISTORIES)
        def run(history: list[list[Deed]]) -> None:
            nonlocal position
            position = judge(database, slow, history, position)

        run()
