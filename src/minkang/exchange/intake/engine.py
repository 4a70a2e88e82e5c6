"""The intake: takes the messages of a sender, in batches, into the store and the ledger, exactly once.

A batch is converted and checked first (processor), then its originals are written (disk), then everything is settled in
one transaction (database). While one batch is settled the next is converted; there are never more than two in memory,
so a source is read no faster than the database takes it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from minkang.blobs import Blobs, Piece
from minkang.codes.translator import Translator
from minkang.db import Database
from minkang.errors import Fault
from minkang.exchange.connectors import Connectors
from minkang.exchange.intake.checking import Checks
from minkang.exchange.intake.conversion import Understood, understand
from minkang.exchange.intake.settling import RETRIED, Batch, Settled, Step, known_states, settle
from minkang.exchange.ledger.identities import Identified, identify
from minkang.exchange.ledger.senders import SQL as SENDERS
from minkang.exchange.ledger.senders import Sender, Senders
from minkang.exchange.message import Message, Rejected
from minkang.records.bodies import now
from minkang.records.postgres import PostgresRepository
from minkang.records.postgres.joint import Joint

T = TypeVar("T")
UNAVAILABLE = 503
UNKNOWN_COMMIT = "DB-022"


@dataclass(frozen=True)
class Limits:
    """How much is taken at once, and how long a database that is away is waited for.

    Attributes:
        messages, bytes: a batch is settled when it holds so many messages, or so many bytes of them.
        patience: seconds until a database or disk that refuses is given up; the run can be resumed later.
        first_pause: seconds before the second try; doubled up to two seconds.
    """

    messages: int = 500
    bytes: int = 4 << 20
    patience: float = 60.0
    first_pause: float = 0.1


class Intake:
    """Takes messages in. One instance serves any number of threads; any number of processes work side by side.

    Args:
        database: the ledger's, the same as the repository's.
        repository: the record store.
        blobs: where originals go.
        connectors: what can be read.
        limits: see `Limits`.
    """

    def __init__(
        self,
        database: Database,
        repository: PostgresRepository,
        blobs: Blobs,
        connectors: Connectors,
        limits: Limits | None = None,
    ) -> None:
        self.database = database
        self.repository = repository
        self.blobs = blobs
        self.connectors = connectors
        self.senders = Senders(database)
        self.limits = limits or Limits()
        self._own = threading.local()

    def settle(self, arrivals: Sequence[Message | Rejected]) -> list[Settled]:
        """Take a few messages of one sender from a stream (a socket, a request), in one transaction.

        Returns:
            What became of each, in order, once it is durable.

        Raises:
            Fault: `EXCHANGE-022` to `EXCHANGE-024` where the sender may not send this; a fault of category
                `unavailable` where database or disk do not take it: then nothing happened, and the sender keeps it.
        """
        if not arrivals:
            return []
        sender = self.senders.may_send(arrivals[0].sender, arrivals[0].feed)
        return self.store(self.convert(sender, arrivals))

    def convert(self, sender: Sender, arrivals: Sequence[Message | Rejected], step: Step | None = None) -> Batch:
        """Convert a batch: everything that comes before its transaction.

        Raises:
            Fault: as `settle`; `EXCHANGE-025` where messages are of another sender.
        """
        strange = next((arrival.sender for arrival in arrivals if arrival.sender != sender.slug), None)
        if strange is not None:
            raise Fault("EXCHANGE-025", sender=strange[:80], expected=sender.slug)
        at = now()
        identified = [identify(arrival) for arrival in arrivals]
        states = self.patiently(lambda: self._known(identified))
        fresh = {one.identity: one for one in identified if states.get(one.identity, RETRIED) == RETRIED}
        understood = self.understand(sender, fresh, at)
        pieces = self.keep(list(fresh.values()))
        return Batch(sender, at, identified, understood, pieces, step)

    def understand(self, sender: Sender, fresh: Mapping[UUID, Identified], at: datetime) -> dict[UUID, Understood]:
        """Convert messages, each once."""
        access, (translator, checks) = sender.access(), self._of_thread()
        return {
            identity: understand(
                one, self.connectors, translator, access, at, checks=checks, synthetic=sender.synthetic
            )
            for identity, one in fresh.items()
        }

    def keep(self, identified: Sequence[Identified]) -> dict[UUID, Piece]:
        """Write the originals of messages as one blob."""
        if not identified:
            return {}
        blob = self.patiently(lambda: self.blobs.put(b"".join(one.arrival.body for one in identified)))
        pieces: dict[UUID, Piece] = {}
        offset = 0
        for one in identified:
            pieces[one.identity] = Piece(blob, offset, len(one.arrival.body))
            offset += len(one.arrival.body)
        return pieces

    def store(self, batch: Batch) -> list[Settled]:
        """Settle a converted batch.

        Raises:
            Fault, Moved: as `settling.settle`.
        """
        access = batch.sender.access()
        settled: list[Settled] = []

        def work(joint: Joint) -> None:
            settled[:] = settle(joint, batch)

        while True:
            try:
                self.patiently(lambda: self.repository.jointly(access, work), except_for=UNKNOWN_COMMIT)
            except Fault as fault:
                # The database went away while it committed. Done again, a batch that was committed would find its own
                # messages and call them duplicates; so look first.
                if fault.code != UNKNOWN_COMMIT:
                    raise
                if not self.patiently(lambda: self._is_settled(batch)):
                    continue
            return settled

    def patiently(self, work: Callable[[], T], *, except_for: str = "") -> T:
        """Do work again while database or disk are away for a moment, up to the limit of patience.

        Args:
            work: harmless when done twice.
            except_for: the code of a fault that is the caller's to look into.
        """
        until = time.monotonic() + self.limits.patience
        pause = self.limits.first_pause
        while True:
            try:
                return work()
            except Fault as fault:
                away = fault.category.status == UNAVAILABLE and fault.code != except_for
                if not away or time.monotonic() + pause > until:
                    raise
            time.sleep(pause)
            pause = min(2 * pause, 2.0)

    def _is_settled(self, batch: Batch) -> bool:
        if batch.step:
            with self.database.singly() as connection:
                row = connection.execute(SENDERS["intake"], {"id": batch.step.intake}).fetchone()
            return row is not None and row[1] == batch.step.position + len(batch.arrivals)
        states = self._known(batch.arrivals)
        return all(identity in states for identity in batch.understood)

    def _known(self, identified: Sequence[Identified]) -> dict[UUID, str]:
        with self.database.singly() as connection:
            return known_states(connection, [one.identity for one in identified])

    def _of_thread(self) -> tuple[Translator, Checks]:
        """What is this thread's own, because it counts and remembers while it works."""
        if not hasattr(self._own, "tools"):
            self._own.tools = (Translator(), Checks())
        tools: tuple[Translator, Checks] = self._own.tools
        return tools
