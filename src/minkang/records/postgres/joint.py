"""A transaction of the record store that its caller shares, to keep tables of their own in step with the records.

The exchange writes its ledger so: a message is in the ledger if and only if what it says is in the store, whatever
kills the program between the two.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from psycopg import Connection

from minkang.access.audit import AuditEntry
from minkang.db import Queries
from minkang.fhir import resource_type
from minkang.records.bulk import Ready
from minkang.records.keys import microseconds
from minkang.records.postgres.copying import blocks, copy
from minkang.records.postgres.current import Address, fetch, uuid_array
from minkang.records.postgres.drafts import Draft
from minkang.records.postgres.packing import teach
from minkang.records.postgres.pipes import together
from minkang.records.postgres.rids import Rids
from minkang.records.postgres.session import Session
from minkang.records.postgres.writer import Answers

SQL = Queries.read("minkang.records.postgres", "write.sql")


class Stored(Struct, frozen=True):
    """How many records a transaction created, changed, and found to say the same already."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0


class Joint:
    """The open transaction. Everything done in it happens together or not at all.

    The caller reads and takes locks first, then calls `put` once, and only then writes rows of their own: a
    transaction gets its place in the feed with its first row, and must not wait for others after that.

    Attributes:
        connection: for the caller's own statements.
    """

    def __init__(self, session: Session, rids: Rids) -> None:
        self.connection: Connection[Any] = session.connection
        teach(session.connection)
        self._session = session
        self._rids = rids

    def bodies(self, addresses: Collection[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
        """The current bodies of those (type, id) that exist and are not deleted."""
        found = fetch(self.connection, [Address(*address) for address in addresses], lock=False)
        return {(one.type, one.id): current.body for one, current in found.items() if current.body is not None}

    def put(self, ready: Sequence[Ready], at: datetime, *, note: str = "") -> Stored:
        """Store resources under the ids they carry, each id once: new ones by COPY, the others as new versions.

        Args:
            ready: as `minkang.records.bulk.prepare` gave them.
            at: the time they were prepared with.
            note: what the audit row says of the occasion.

        Raises:
            Fault: `ACCESS-002` for a type that was not granted.
        """
        access = self._session.access
        for type in {resource_type(one.resource) for one in ready}:
            access.require(type, "create")
            access.require(type, "update")
        known = self._known(ready)
        new = [one for one in ready if (one.code, one.key) not in known]
        drafts = [_draft(one) for one in ready if (one.code, one.key) in known]
        answers: Answers = []
        entry = AuditEntry(access, "load", query=note, count=len(new))
        if drafts:
            answers = self._session.write(
                drafts,
                lambda given: AuditEntry(access, "load", query=note, count=len(new) + _changed(given)),
            )
        elif new:
            self.connection.execute(SQL["audit"], entry.row(), prepare=True)
        if new:
            self._copy(new, at)
        changed = _changed(answers)
        return Stored(len(new), changed, len(answers) - changed)

    def _known(self, ready: Sequence[Ready]) -> set[tuple[int, bytes]]:
        keys: dict[int, list[bytes]] = {}
        for one in ready:
            keys.setdefault(one.code, []).append(one.key)
        with together(self.connection):
            found = [
                (code, self.connection.execute(SQL["known"], {"type": code, "keys": uuid_array(listed)}, binary=True))
                for code, listed in keys.items()
            ]
        return {(code, key.bytes) for code, cursor in found for (key,) in cursor}

    def _copy(self, new: Sequence[Ready], at: datetime) -> None:
        rids = self._rids.take(self.connection, len(new))
        row = self.connection.execute(SQL["txid"]).fetchone()
        assert row is not None
        copy(self.connection, blocks(zip(rids, new, strict=True), microseconds(at), row[0]))


def _draft(ready: Ready) -> Draft:
    return Draft(Address(resource_type(ready.resource), ready.id), lambda _: ready.resource)


def _changed(answers: Answers) -> int:
    return sum(1 for written in answers if written and written.changed)
