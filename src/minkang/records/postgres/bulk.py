"""The bulk path on PostgreSQL: chunks by COPY, two at a time, the next decoded while they are stored."""

from __future__ import annotations

import gc
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from psycopg import errors, sql

from minkang.access import Access
from minkang.access.audit import AuditEntry, AuditTrail
from minkang.db import Database, Queries
from minkang.errors import Fault
from minkang.fhir import Resource
from minkang.records.bodies import now
from minkang.records.bulk import Ready, prepare
from minkang.records.keys import microseconds
from minkang.records.postgres.copying import blocks, copy
from minkang.records.postgres.current import uuid_array
from minkang.records.postgres.packing import teach
from minkang.records.postgres.pipes import together
from minkang.records.postgres.rids import Rids
from minkang.records.repository import Incoming, LoadReport, Rejected, Written

SQL = Queries.read("minkang.records.postgres", "write.sql")
AT_ONCE = 3
"""Chunks in work: up to `STORING` being stored, the next being decoded."""
STORING = 2
"""Chunks stored at the same time, each on a connection: PostgreSQL uses one processor a connection."""
ATTEMPTS = 3
"""How often a chunk is tried that others write into; then each of its resources goes the ordinary path."""

MANY = 20_000
"""New resources of a type from which on a load tells the database about them at its end."""

Update = Callable[[Access, Resource], Written]


@contextmanager
def _without_cycle_search() -> Iterator[None]:
    """Python's search for cycles held off: a load makes millions of tuples and no cycle, and spent half its time so."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class _Turn:
    """A chunk's place in the order of the load: which records it holds, and whether it is stored."""

    def __init__(self) -> None:
        self.known = threading.Event()
        self.done = threading.Event()
        self._records: frozenset[tuple[int, bytes]] = frozenset()

    def holds(self, records: Iterable[tuple[int, bytes]]) -> None:
        """Say which records the chunk holds, once it is decoded."""
        self._records = frozenset(records)
        self.known.set()

    def let_by(self, later: _Turn) -> None:
        """Return when a later chunk may be stored: at once, unless the two hold a record in common."""
        self.known.wait()
        if not self._records.isdisjoint(later._records):
            self.done.wait()


class BulkLoad:
    """Stores chunks of resources by id: new ones by COPY, those that exist already by the ordinary path.

    Safe beside other writers: whoever creates a record of the chunk first keeps it, and ours becomes an update. A chunk
    waits for those before it that hold one of its ids, so that of two resources the later ends as the current version.
    """

    def __init__(  # noqa: PLR0917 - made in one place, from the store's own parts
        self, database: Database, trail: AuditTrail, rids: Rids, access: Access, report: LoadReport, update: Update
    ) -> None:
        self._database = database
        self._trail = trail
        self._rids = rids
        self._access = access
        self._report = report
        self._update = update
        self._new: Counter[int] = Counter()
        self._counting = threading.Lock()
        self._storing = threading.BoundedSemaphore(STORING)

    def run(self, chunks: Iterable[Sequence[Incoming]]) -> Iterator[Rejected]:
        """Store chunk after chunk; gives what was not taken, as it is found."""
        with _without_cycle_search(), ThreadPoolExecutor(AT_ONCE, "bulk") as pool:
            waiting: deque[Future[list[Rejected]]] = deque()
            turns: deque[_Turn] = deque(maxlen=AT_ONCE)
            for chunk in chunks:
                turn = _Turn()
                waiting.append(pool.submit(self._take, chunk, turn, tuple(turns)))
                turns.append(turn)
                if len(waiting) > AT_ONCE:
                    yield from self._count(waiting.popleft())
            while waiting:
                yield from self._count(waiting.popleft())
        self._settle()

    def _count(self, done: Future[list[Rejected]]) -> list[Rejected]:
        rejected = done.result()
        self._report.rejected += len(rejected)
        return rejected

    def _settle(self) -> None:
        """Count what the search tables now hold, and mark their pages as seen by all, where many rows came.

        Otherwise the first searches are planned as if the tables were empty, and look up in a table what stands in
        an index, until PostgreSQL does the same by itself minutes later.
        """
        many = [code for code, count in self._new.items() if count >= MANY]
        if not many:
            return
        with self._database.alone() as connection:
            for (table,) in connection.execute(SQL["partitions"], {"types": many}).fetchall():
                connection.execute(sql.SQL("VACUUM (ANALYZE, SKIP_LOCKED) {}").format(sql.Identifier(table)))

    def _take(self, chunk: Sequence[Incoming], turn: _Turn, before: Sequence[_Turn]) -> list[Rejected]:
        try:
            return self._chunk(chunk, turn, before)
        finally:
            turn.known.set()
            turn.done.set()

    def _chunk(self, chunk: Sequence[Incoming], turn: _Turn, before: Sequence[_Turn]) -> list[Rejected]:
        at = now()
        self._trail.prepare(at)
        ready, rejected = prepare(chunk, at)
        first: dict[tuple[int, bytes], Ready] = {}
        later: list[Ready] = []
        for resource in ready:
            if first.setdefault((resource.code, resource.key), resource) is not resource:
                later.append(resource)
        turn.holds(first)
        for one in before:
            one.let_by(turn)
        with self._storing:
            there = self._store(first, microseconds(at))
        with self._counting:
            self._new.update(code for code, _ in first)
            self._report.created += len(first) - len(there)
        for resource in there + later:
            rejected += self._by_update(resource)
        return rejected

    def _store(self, first: dict[tuple[int, bytes], Ready], at: int) -> list[Ready]:
        """Store what is new, and give back what is there already or could not be stored for others' writing."""
        for _ in range(ATTEMPTS):
            try:
                return self._store_once(first, at)
            except (errors.UniqueViolation, errors.DeadlockDetected):
                continue
        return list(first.values())

    def _store_once(self, first: dict[tuple[int, bytes], Ready], at: int) -> list[Ready]:
        keys: dict[int, list[bytes]] = {}
        for code, key in first:
            keys.setdefault(code, []).append(key)
        with self._database.connection() as connection:
            teach(connection)
            known: set[tuple[int, bytes]] = set()
            with together(connection):
                found = [
                    (code, connection.execute(SQL["known"], {"type": code, "keys": uuid_array(listed)}, binary=True))
                    for code, listed in keys.items()
                ]
            for code, cursor in found:
                known.update((code, key.bytes) for (key,) in cursor)
            new = [resource for address, resource in first.items() if address not in known]
            if new:
                row = connection.execute(SQL["txid"]).fetchone()
                assert row is not None
                rids = self._rids.take(connection, len(new))
                copy(connection, blocks(zip(rids, new, strict=True), at, row[0]))
                connection.execute(SQL["audit"], AuditEntry(self._access, "load", count=len(new)).row())
        return [first[address] for address in known]

    def _by_update(self, ready: Ready) -> list[Rejected]:
        try:
            written = self._update(self._access, ready.resource)
        except Fault as fault:
            if fault.category.status == 503:
                raise
            return [Rejected(ready.incoming.source, ready.incoming.line, fault, ready.incoming.body)]
        with self._counting:
            if not written.changed:
                self._report.unchanged += 1
            elif written.created:
                self._report.created += 1
            else:
                self._report.updated += 1
        return []
