"""Files taken in: batch after batch, with a place kept in the database, so that a run can be ended at any moment."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, BinaryIO

from minkang.errors import Fault
from minkang.exchange.intake.engine import Intake
from minkang.exchange.intake.settling import Batch, Moved, Settled, Step
from minkang.exchange.intake.sources import DAMAGED, Source
from minkang.exchange.ledger.senders import SQL, Sender
from minkang.exchange.message import Connector, Message, Rejected

KEPT_OF_BROKEN = 16 << 20
"""Bytes kept of a file that cannot be read on; the file itself is the sender's to send again."""

Arrivals = list[Message | Rejected]


@dataclass
class Report:
    """What became of the messages of one or more files; counts of arrivals of this run.

    `arrived` is what was read, counted where it is read; the outcomes are counted where they are settled.
    """

    arrived: int = 0
    resumed: int = 0
    accepted: int = 0
    duplicate: int = 0
    superseded: int = 0
    rejected: int = 0
    written: int = 0
    notes: int = 0
    codes: Counter[str] = field(default_factory=Counter)

    @property
    def balanced(self) -> bool:
        """Whether every arrival has exactly one outcome."""
        return self.arrived == self.accepted + self.duplicate + self.superseded + self.rejected

    def add(self, settled: list[Settled]) -> None:
        """Count a batch."""
        for one in settled:
            setattr(self, one.outcome, getattr(self, one.outcome) + 1)
            self.written += one.written
            self.notes += one.notes
            if one.outcome == "rejected" and one.fault:
                self.codes[one.fault.code] += 1


Tell = Callable[[int, Report], None]
"""Is told after each batch how many bytes of the file are read, and the counts so far."""


class Run:
    """Takes one file in.

    Args:
        intake: where to.
        sender, feed: whose file, and what it is.
        source: the file.
        report: counted up.
        tell: see `Tell`.
    """

    def __init__(  # noqa: PLR0917 - made in one place
        self, intake: Intake, sender: Sender, feed: str, source: Source, report: Report, tell: Tell | None = None
    ) -> None:
        self._intake = intake
        self._sender = sender
        self._feed = feed
        self._source = source
        self._report = report
        self._tell = tell

    def take(self) -> None:
        """Read on from where the file was left, to its end.

        Raises:
            Fault: `EXCHANGE-026` while another process takes the same file; of the database or the disk where they
                stay away: then what was settled is settled, and the same call goes on behind it.
        """
        connector = self._intake.connectors.of(self._feed)
        number, position = self._begin()
        self._report.resumed += position
        with self._source.open() as (streams, done), _without_cycle_search():
            arrivals = self._arrivals(connector, streams)
            for _ in islice(arrivals, position):
                pass
            self._settle_all(arrivals, number, position, done)
        self._ask("finish", {"id": number})

    def _begin(self) -> tuple[int, int]:
        parameters = {
            "sender": self._sender.id,
            "feed": self._feed,
            "fingerprint": self._source.fingerprint,
            "place": self._source.place[:1000],
            "size": self._source.size,
        }
        row = self._ask("begin", parameters)
        assert row is not None
        return row[0], row[1]

    def _ask(self, name: str, parameters: dict[str, object]) -> tuple[Any, ...] | None:
        """A statement that is harmless when done twice."""

        def work() -> tuple[Any, ...] | None:
            with self._intake.database.singly() as connection:
                done = connection.execute(SQL[name], parameters)
                return done.fetchone() if done.description else None

        return self._intake.patiently(work)

    def _settle_all(
        self, arrivals: Iterator[Message | Rejected], number: int, position: int, done: Callable[[], int]
    ) -> None:
        with ThreadPoolExecutor(1, "exchange") as pool:
            storing: Future[list[Settled]] | None = None
            for some in _batches(arrivals, self._intake.limits.messages, self._intake.limits.bytes):
                batch = self._intake.convert(self._sender, some, Step(number, position))
                position += len(some)
                self._count(storing, done)
                self._report.arrived += len(some)
                storing = pool.submit(self._store, batch)
            self._count(storing, done)

    def _count(self, storing: Future[list[Settled]] | None, done: Callable[[], int]) -> None:
        if storing:
            self._report.add(storing.result())
            if self._tell:
                self._tell(done(), self._report)

    def _store(self, batch: Batch) -> list[Settled]:
        try:
            return self._intake.store(batch)
        except Moved as error:
            raise Fault("EXCHANGE-026", self._source.place) from error

    def _arrivals(self, connector: Connector, streams: Iterator[tuple[BinaryIO, str]]) -> Iterator[Message | Rejected]:
        """What the connector gives; where the file cannot be read on, a last reject that says so."""
        try:
            for stream, place in streams:
                yield from connector.split(stream, place, self._sender.slug)
        except Fault as fault:
            yield self._broken(fault)
        except DAMAGED as error:
            yield self._broken(Fault("EXCHANGE-003", self._source.place, reason=str(error)))

    def _broken(self, fault: Fault) -> Rejected:
        with self._source.path.open("rb") as raw:
            body = raw.read(KEPT_OF_BROKEN)
        key = f"{self._source.path.name}#{self._source.fingerprint[:16]}"
        return Rejected(self._sender.slug, self._feed, body, datetime.now(UTC), fault, self._source.place, key)


def _batches(arrivals: Iterator[Message | Rejected], most: int, most_bytes: int) -> Iterator[Arrivals]:
    batch: Arrivals = []
    size = 0
    for arrival in arrivals:
        batch.append(arrival)
        size += len(arrival.body)
        if len(batch) >= most or size >= most_bytes:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


@contextmanager
def _without_cycle_search() -> Iterator[None]:
    """Python's search for cycles held off: millions of small objects come and go, and none is in a cycle."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
