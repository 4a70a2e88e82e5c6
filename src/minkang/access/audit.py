"""The audit trail: who looked at or changed what, when, from where and why.

A write leaves its row in its own transaction, so neither is there without the other. A read leaves its row here,
durably, before its answer goes out: where the row cannot be written, the answer is refused (503), not given unseen.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from minkang.access.callers import Access
from minkang.db import Database, Queries
from minkang.errors import Fault

SQL = Queries.read("minkang.access", "audit.sql")
LONGEST_QUERY = 4000
"""Characters of a query that are kept; one that long is an abuse, and its beginning tells which."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One interaction.

    Attributes:
        access: who, from where, why.
        interaction: what was asked: `read`, `vread`, `history`, `search`, `create`, `update`, `patch`, `delete`,
            `transaction`, `batch`, `feed`, `load`.
        type, id: of which record; empty where it is about many or all.
        person: `Patient/…` where it is known whom the record is about.
        query: the criteria, as asked.
        outcome: `ok` or the code of the fault.
        count: how many records were read or written.
        at: when.
    """

    access: Access
    interaction: str
    type: str = ""
    id: str = ""
    person: str = ""
    query: str = ""
    outcome: str = "ok"
    count: int = 1
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def row(self) -> dict[str, object]:
        """The columns of `access_audit`."""
        return {
            "at": self.at,
            "caller": _clean(self.access.caller),
            "request": _clean(self.access.request),
            "address": _clean(self.access.address),
            "interaction": self.interaction,
            "type": _clean(self.type),
            "id": _clean(self.id),
            "person": _clean(self.person),
            "query": _clean(self.query),
            "outcome": self.outcome,
            "purpose": _clean(self.access.purpose),
            "count": self.count,
        }


class _Ticket:
    """An entry on its way, and what became of it."""

    __slots__ = ("done", "entry", "fault")

    def __init__(self, entry: AuditEntry) -> None:
        self.entry = entry
        self.done = False
        self.fault: Fault | None = None


class AuditTrail:
    """Writes the rows of concurrent requests together, in one short transaction.

    The first request that comes becomes the writer for all that wait by then; those who come while it commits are the
    next group, and one of them writes it. So a busy server commits once for many requests, an idle one at once, and
    there is no thread that could die unseen. Each caller goes on when its own row is durable.

    Args:
        database: where to; one connection is used at a time.
        longest: the most entries that may wait; more are refused with `ACCESS-020`.
    """

    def __init__(self, database: Database, *, longest: int = 1000) -> None:
        self._database = database
        self._longest = longest
        self._waiting: deque[_Ticket] = deque()
        self._queueing = threading.Lock()
        self._writing = threading.Lock()
        self._month = (0, 0)

    def write(self, entry: AuditEntry) -> None:
        """Return when the row is durable.

        Raises:
            Fault: of the database, when it cannot take the row; `ACCESS-020` when too many wait.
        """
        ticket = _Ticket(entry)
        with self._queueing:
            if len(self._waiting) >= self._longest:
                raise Fault("ACCESS-020")
            self._waiting.append(ticket)
        with self._writing:
            if not ticket.done:
                self._write_group()
        if ticket.fault:
            raise ticket.fault

    def _write_group(self) -> None:
        with self._queueing:
            group = list(self._waiting)
            self._waiting.clear()
        fault: Fault | None = None
        try:
            self._insert([ticket.entry for ticket in group])
        except Fault as refused:
            fault = refused
        except Exception as error:  # noqa: BLE001 - whatever the driver says, all who wait get an answer
            fault = Fault("ACCESS-021")
            fault.__cause__ = error
        for ticket in group:
            ticket.fault = fault
            ticket.done = True

    def _insert(self, entries: list[AuditEntry]) -> None:
        self.prepare(entries[-1].at)
        rows = [entry.row() for entry in entries]
        with self._database.singly() as connection:
            # One text costs the driver a tenth of what twelve arrays do.
            connection.execute(SQL["add"], {"rows": msgspec.json.encode(rows).decode()}, prepare=True)

    def prepare(self, at: datetime) -> None:
        """See that the month has its partition; asks the database once a month."""
        month = (at.year, at.month)
        if self._month != month:
            with self._database.connection() as connection:
                connection.execute(SQL["months"], {"at": at})
            self._month = month


def _clean(text: str) -> str:
    """A text that PostgreSQL can keep, not longer than is of use."""
    kept = text[:LONGEST_QUERY].replace("\0", "\ufffd")
    return kept if kept.isascii() else kept.encode(errors="replace").decode()
