"""The ledger as people look at it: messages, files, counts, codes without a map. Every look leaves an audit row."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from minkang.access import Access
from minkang.access.audit import AuditEntry, AuditTrail
from minkang.blobs import BlobHash, Blobs, Piece
from minkang.db import Database
from minkang.exchange.ledger.senders import SQL as SENDERS
from minkang.exchange.ledger.writing import SQL

PAGE = 50


class Entry(Struct, frozen=True):
    """A line of the ledger.

    Attributes:
        identity: of the message; `number` is its place in the ledger.
        sender, feed, key, place, received: of the message; `digest` is the SHA-256 of its body.
        state: `accepted`, `superseded`, `rejected`, `replayed` (refused, taken when corrected) or `discarded`.
        code: of the fault, where it was refused.
        settled: when it came into this state.
        original: where its body is.
        drafts, written: resources it speaks of; those it changed.
        noted, notes: how many things could not be carried over, and the first hundred of them.
        copies: how often it came again.
        replay_of: the reject whose correction it is.
    """

    identity: UUID
    number: int
    sender: str
    feed: str
    key: str
    digest: bytes
    state: str
    code: str
    received: datetime
    settled: datetime
    place: str
    original: Piece
    drafts: int
    written: int
    noted: int
    notes: list[dict[str, Any]] | None
    copies: int
    replay_of: int | None


class Tally(Struct, frozen=True):
    """Arrivals of one feed with one outcome, and the last day one came."""

    sender: str
    feed: str
    outcome: str
    count: int
    last: date


class File(Struct, frozen=True):
    """A file taken in, or being taken in; counts of its messages by outcome."""

    id: int
    sender: str
    feed: str
    place: str
    size: int
    state: str
    started: datetime
    touched: datetime
    position: int
    accepted: int
    duplicate: int
    superseded: int
    rejected: int


class Unmapped(Struct, frozen=True):
    """A code without a map: how often it came, first and last."""

    sender: str
    map: str
    code: str
    text: str
    count: int
    first: datetime
    last: datetime


class Ledger:
    """Reads the ledger.

    Args:
        database: where it is.
        blobs: where the originals are.
    """

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs
        self._trail = AuditTrail(database)

    def messages(
        self,
        access: Access,
        *,
        sender: str | None = None,
        feed: str | None = None,
        key: str | None = None,
        state: str | None = None,
        before: int | None = None,
        count: int = PAGE,
    ) -> list[Entry]:
        """A page of messages, the latest first; only those that match what is given.

        Args:
            before: the number of the last one on the page before.
            count: the most on the page.
        """
        wanted = {"sender": sender, "feed": feed, "key": key, "state": state, "before": before, "count": count}
        rows = self._rows(access, SQL["messages"], wanted, f"ledger:{sender or '*'}")
        return [_entry(row) for row in rows]

    def message(self, access: Access, identity: UUID) -> Entry | None:
        """One message; None where the ledger has none of this identity."""
        rows = self._rows(access, SQL["message"], {"identity": identity}, f"ledger:{identity}")
        return _entry(rows[0]) if rows else None

    def original(self, access: Access, entry: Entry) -> bytes:
        """The body of a message as it came.

        Raises:
            Fault: `BLOBS-002`, `BLOBS-003`.
        """
        self._trail.write(AuditEntry(access, "read", query=f"ledger:{entry.identity}"))
        return self._blobs.piece(entry.original)

    def tallies(self, access: Access, since: date | None = None) -> list[Tally]:
        """Arrivals by sender, feed and outcome, since a day; each arrival has exactly one outcome."""
        return [Tally(*row) for row in self._rows(access, SQL["tallies"], {"since": since}, "ledger:tallies")]

    def files(self, access: Access, *, sender: str | None = None, count: int = PAGE) -> list[File]:
        """Files taken in, the latest first."""
        rows = self._rows(access, SENDERS["intakes"], {"sender": sender, "count": count}, "ledger:files")
        return [File(*row) for row in rows]

    def unmapped(self, access: Access, *, sender: str | None = None, count: int = PAGE) -> list[Unmapped]:
        """Codes without a map, the most frequent first."""
        rows = self._rows(access, SQL["unmapped_codes"], {"sender": sender, "count": count}, "ledger:unmapped")
        return [Unmapped(*row) for row in rows]

    def _rows(self, access: Access, statement: str, wanted: dict[str, Any], said: str) -> list[tuple[Any, ...]]:
        with self._database.singly() as connection:
            rows = connection.execute(statement, wanted).fetchall()
        self._trail.write(AuditEntry(access, "search", query=said, count=len(rows)))
        return rows


def _entry(row: tuple[Any, ...]) -> Entry:
    original = Piece(BlobHash(row[11]), row[12], row[13])
    return Entry(*(*row[:5], bytes(row[5]), *row[6:11], original, *row[14:]))
