"""The desk where rejects are worked off: listed, read, corrected, replayed, discarded. Every step is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from minkang.access import Access
from minkang.access.audit import AuditEntry, AuditTrail
from minkang.blobs import BlobHash, Piece
from minkang.errors import Fault
from minkang.exchange.intake.engine import Intake
from minkang.exchange.intake.settling import Settled
from minkang.exchange.ledger.identities import identify
from minkang.exchange.ledger.writing import SQL as LEDGER
from minkang.exchange.message import Message
from minkang.exchange.rejects.keeping import SQL, hold, take_step
from minkang.exchange.rejects.replaying import replay
from minkang.exchange.rejects.states import STATES, WAITING, Event, State
from minkang.records.bodies import now

LONGEST_BODY = 64 << 20
PAGE = 50


class Reject(Struct, frozen=True):
    """A message that was refused.

    Attributes:
        id: its number.
        message: identity in the ledger.
        sender, feed, key, place, received: of the message.
        fault: why, with its place inside the message and its advice.
        state: see `states`; `at` is since when.
        version: how many steps it took, plus one.
        body: where the body is, as it stands.
    """

    id: int
    message: UUID
    sender: str
    feed: str
    key: str
    place: str
    received: datetime
    code: str
    inside: str
    params: dict[str, str]
    state: State
    at: datetime
    version: int
    body: Piece

    @property
    def fault(self) -> Fault:
        """Why, in words of both languages."""
        return Fault(self.code, self.inside, **self.params)


class RejectStep(Struct, frozen=True):
    """One step of a reject's history."""

    version: int
    at: datetime
    caller: str
    event: Event
    source: State
    target: State
    reason: str
    code: str
    body: Piece


class RejectCount(Struct, frozen=True):
    """How many rejects of one kind there are, and when the first and the last came."""

    sender: str
    feed: str
    code: str
    state: State
    count: int
    first: datetime
    last: datetime


class Rejects:
    """Works on rejects. Every call takes the access of the person or program that asks, and leaves an audit row.

    Args:
        intake: through which corrected messages go.
    """

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._database = intake.database
        self._trail = AuditTrail(intake.database)

    # Looking.

    def page(
        self,
        access: Access,
        *,
        sender: str | None = None,
        feed: str | None = None,
        code: str | None = None,
        states: tuple[State, ...] = WAITING,
        after: int = 0,
        count: int = PAGE,
    ) -> list[Reject]:
        """A page of rejects, the oldest first.

        Args:
            sender, feed, code: only those; None for all.
            states: only those.
            after: the id of the last one on the page before.
            count: the most on the page.
        """
        parameters = {"sender": sender, "feed": feed, "code": code, "states": list(states), "after": after,
                      "count": count}  # fmt: skip
        with self._database.singly() as connection:
            rows = connection.execute(SQL["list"], parameters).fetchall()
        self._audit(access, "search", f"rejects:{sender or '*'}", len(rows))
        return [_reject(row) for row in rows]

    def counts(self, access: Access) -> list[RejectCount]:
        """How many there are, by sender, feed, code and state; the most frequent first."""
        with self._database.singly() as connection:
            rows = connection.execute(SQL["counts"]).fetchall()
        self._audit(access, "search", "rejects:counts", len(rows))
        return [RejectCount(*row) for row in rows]

    def read(self, access: Access, id: int) -> Reject:
        """One reject.

        Raises:
            Fault: `EXCHANGE-041` where there is none of this number.
        """
        reject = self._read(id)
        self._audit(access, "read", f"reject:{id}", 1)
        return reject

    def body(self, access: Access, id: int, *, version: int | None = None) -> bytes:
        """The body of a reject as it stands, or as it was after a step (`version` 1 is the original).

        Raises:
            Fault: `EXCHANGE-041`; `BLOBS-002` and `BLOBS-003` where it cannot be read.
        """
        reject = self.read(access, id)
        if version is None:
            return self._intake.blobs.piece(reject.body)
        if version == 1:
            return self._intake.blobs.piece(self._original(reject))
        found = [step for step in self.history(access, id) if step.version == version]
        if not found:
            raise Fault("EXCHANGE-041", id=f"{id}/{version}")
        return self._intake.blobs.piece(found[0].body)

    def history(self, access: Access, id: int) -> list[RejectStep]:
        """The steps of a reject, the first first."""
        with self._database.singly() as connection:
            rows = connection.execute(SQL["steps"], {"id": id}).fetchall()
        self._audit(access, "history", f"reject:{id}", len(rows))
        return [RejectStep(*(*row[:8], _piece(row[8:]))) for row in rows]

    # Doing.

    def correct(self, access: Access, id: int, body: bytes, *, reason: str = "") -> Reject:
        """Put another body in place of what came; the original is kept.

        Raises:
            Fault: `EXCHANGE-040` in a state that does not allow it, `EXCHANGE-041`, `EXCHANGE-042` for a body without
                content or larger than 64 MB.
        """
        if not body.strip() or len(body) > LONGEST_BODY:
            raise Fault("EXCHANGE-042", size=len(body), limit=LONGEST_BODY)
        piece = Piece(self._intake.blobs.put(body), 0, len(body))
        self._step(access, id, "correct", reason, piece=piece)
        return self._read(id)

    def discard(self, access: Access, id: int, reason: str) -> Reject:
        """Give a reject up, with a reason; it stays in the ledger and can be reopened.

        Raises:
            Fault: `EXCHANGE-040`, `EXCHANGE-041`; `EXCHANGE-043` without a reason.
        """
        if not reason.strip():
            raise Fault("EXCHANGE-043")
        self._step(access, id, "discard", reason, ledger="discarded")
        return self._read(id)

    def reopen(self, access: Access, id: int, reason: str = "") -> Reject:
        """Take up again what was discarded."""
        self._step(access, id, "reopen", reason, ledger="rejected")
        return self._read(id)

    def replay(self, access: Access, id: int) -> Settled:
        """Send a reject through the intake once more, as corrected or as it came (after a map was mended).

        Returns:
            What became of it: `accepted` or `superseded`, or `rejected` with the fault; then it is open again.

        Raises:
            Fault: `EXCHANGE-040` in a state that does not allow it, `EXCHANGE-041`; of the sender's registration.
        """
        reject = self._read(id)
        message = Message(
            reject.sender, reject.feed, reject.key, self._intake.blobs.piece(reject.body), reject.received, reject.place
        )
        return replay(self._intake, access, id, reject.version, identify(message))

    def replay_all(
        self, access: Access, *, sender: str | None = None, feed: str | None = None, code: str | None = None
    ) -> Iterator[tuple[int, Settled]]:
        """Replay all that wait and match, the oldest first, each in a transaction of its own."""
        last = 0
        while found := self.page(access, sender=sender, feed=feed, code=code, after=last):
            for reject in found:
                yield reject.id, self.replay(access, reject.id)
                last = reject.id

    # One step.

    def _step(
        self, access: Access, id: int, event: Event, reason: str, *, piece: Piece | None = None, ledger: str = ""
    ) -> None:
        at = now()
        with self._database.connection() as connection:
            held = hold(connection, id)
            take_step(connection, held, event, access.caller, at, reason=reason, piece=piece)
            if ledger:
                connection.execute(LEDGER["settled"], {"identity": held.message, "state": ledger, "at": at})
        self._audit(access, "update", f"reject:{id}:{event}", 1)

    def _read(self, id: int) -> Reject:
        with self._database.singly() as connection:
            row = connection.execute(SQL["read"], {"id": id}).fetchone()
        if row is None:
            raise Fault("EXCHANGE-041", id=id)
        return _reject(row)

    def _original(self, reject: Reject) -> Piece:
        with self._database.singly() as connection:
            row = connection.execute(SQL["original"], {"message": reject.message}).fetchone()
        assert row is not None
        return _piece(row)

    def _audit(self, access: Access, interaction: str, query: str, count: int) -> None:
        self._trail.write(AuditEntry(access, interaction, query=query, count=count))


def _piece(row: tuple[Any, ...]) -> Piece:
    return Piece(BlobHash(row[0]), row[1], row[2])


def _reject(row: tuple[Any, ...]) -> Reject:
    return Reject(*(*row[:13], _piece(row[13:])))


def parse_states(text: str) -> tuple[State, ...]:
    """States from a list with commas; `all` for every one.

    Raises:
        Fault: `EXCHANGE-044` for a word that is none.
    """
    if text == "all":
        return STATES
    words = [word.strip() for word in text.split(",")]
    for word in words:
        if word not in STATES:
            raise Fault("EXCHANGE-044", state=word[:40], states="、".join(STATES))
    return tuple(state for state in STATES if state in words)
