"""The writing of a transaction: drafts in, versions, search keys and audit row out, in as few round trips as can be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeAlias

from psycopg import Connection, Cursor

from minkang.access.audit import AuditEntry
from minkang.db import Queries
from minkang.errors import Fault
from minkang.records.bodies import local_reference, references_in
from minkang.records.keys import microseconds
from minkang.records.postgres.current import Address, existing, fetch
from minkang.records.postgres.drafts import Draft, Outcome, settle
from minkang.records.postgres.locks import MOST_LOCKS, Contention
from minkang.records.postgres.packing import Packed, teach
from minkang.records.postgres.pipes import together
from minkang.records.postgres.rids import Rids
from minkang.records.postgres.rows import CREATED, DELETED, UPDATED, KeyColumns, VersionColumns
from minkang.records.repository import Written
from minkang.records.types import type_code

SQL = Queries.read("minkang.records.postgres", "write.sql")
CHUNK = 200
"""Resources a statement. While PostgreSQL stores one chunk the next is decoded, so small ones use both processors;
smaller ones would cost more in statements than they gain (measured in docs/decisions/0004-record-store.md)."""

Answers: TypeAlias = list[Written | None]

FEW = 32
"""Records that a transaction queues for at its first attempt."""

_METHODS = {"create": CREATED, "update": UPDATED, "delete": DELETED}


class Writer:
    """Writes within one transaction that its caller has opened.

    Args:
        connection: the transaction.
        rids: where record numbers come from.
        at: the time of the transaction, which its versions bear.
        check_store: whether references must lead to records that are there.
        wait: whether to queue for the records of a long bundle too, because others got in its way before. Short ones
            always queue; long ones hope, since locks are few.
    """

    def __init__(self, connection: Connection[Any], rids: Rids, at: datetime, *, check_store: bool, wait: bool) -> None:
        teach(connection)
        self._connection = connection
        self._rids = rids
        self._at = at
        self._check_store = check_store
        self._most_locks = MOST_LOCKS if wait else FEW
        self._targets: dict[Address, tuple[str, str]] = {}

    def write(self, drafts: Sequence[Draft], entry: Callable[[Answers], AuditEntry]) -> Answers:
        """Carry out drafts, each of another record, and end the transaction's writing.

        Args:
            drafts: what to do.
            entry: the audit row, once it is known what was done.

        Returns:
            One answer a draft, in their order; None for the deletion of what never was.

        Raises:
            Fault: of the first draft that cannot be carried out; `RECORDS-023` for a reference to nothing.
            Contention: another writer changed or created one of the records meanwhile.
        """
        stored = [draft.address for draft in drafts if not draft.fresh]
        current = fetch(self._connection, stored, lock=len(stored) <= self._most_locks) if stored else {}
        numbers = iter(self._rids.take(self._connection, sum(draft.address not in current for draft in drafts)))
        outcomes: dict[Address, Outcome] = {}
        counts: list[tuple[Cursor[Any], int]] = []
        rest = iter(_in_lock_order(drafts))
        with together(self._connection):
            while chunk := list(islice(rest, CHUNK)):
                settled = [settle(draft, current.get(draft.address), self._at, numbers.__next__) for draft in chunk]
                outcomes.update((draft.address, outcome) for draft, outcome in zip(chunk, settled, strict=True))
                changed = [outcome for outcome in settled if outcome.written and outcome.written.changed]
                if changed:
                    counts.append((self._store(changed), len(changed)))
                    self._remove(changed)
                if self._check_store:
                    self._note_targets(chunk, settled)
            answers = [outcomes[draft.address].written for draft in drafts]
            self._connection.execute(SQL["audit"], entry(answers).row(), prepare=True)
        for cursor, count in counts:
            row = cursor.fetchone()
            if row is None or row[0] != count:
                raise Contention
        self._check_targets({draft.address for draft in drafts if draft.make})
        return answers

    # Storing.

    def _store(self, outcomes: Iterable[Outcome]) -> Cursor[Any]:
        versions, keys = VersionColumns(), KeyColumns()
        for outcome in outcomes:
            assert outcome.written is not None
            record = outcome.written.record
            code = type_code(record.type)
            versions.add(
                code, Address(record.type, record.id).key, outcome.rid, record.id, record.version,
                microseconds(record.at), _METHODS[record.method], outcome.come.present, record.body,
            )  # fmt: skip
            keys.add(code, outcome.rid, outcome.come)
        parameters = {**versions.parameters(), **keys.parameters()}
        return self._connection.execute(SQL["store"], parameters, prepare=True)

    def _remove(self, outcomes: Iterable[Outcome]) -> None:
        by_type: dict[int, KeyColumns] = {}
        for outcome in outcomes:
            if any(outcome.gone[:5]):
                assert outcome.written is not None
                code = type_code(outcome.written.record.type)
                by_type.setdefault(code, KeyColumns()).add(code, outcome.rid, outcome.gone)
        for code, columns in by_type.items():
            parameters: dict[str, Packed | int] = {**columns.parameters(), "type": code}
            for table in ("token", "reference", "date", "number", "text"):
                if getattr(columns, table).rows:
                    self._connection.execute(SQL[f"remove_{table}s"], parameters, prepare=True)

    # References into the store.

    def _note_targets(self, drafts: Iterable[Draft], outcomes: Iterable[Outcome]) -> None:
        for draft, outcome in zip(drafts, outcomes, strict=True):
            if outcome.written and outcome.written.record.body:
                for reference in references_in(outcome.written.record.body):
                    target = local_reference(reference)
                    if target:
                        self._targets.setdefault(Address(*target), (reference, draft.place))

    def _check_targets(self, written: set[Address]) -> None:
        wanted = [address for address in self._targets if address not in written]
        if not wanted:
            return
        there = existing(self._connection, wanted)
        for address in wanted:
            if address not in there:
                reference, place = self._targets[address]
                raise Fault("RECORDS-023", place, reference=reference)


def _in_lock_order(drafts: Iterable[Draft]) -> list[Draft]:
    """New records as they come, then the others by key: bundles that change the same records never wait in a ring."""
    return sorted(drafts, key=lambda draft: b"" if draft.fresh else draft.address.key)
