"""The record store on PostgreSQL."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from psycopg import errors

from minkang.access import Access, Interaction
from minkang.access.audit import AuditEntry, AuditTrail
from minkang.db import Database
from minkang.errors import Fault
from minkang.fhir import Resource, resource_type
from minkang.fhir.search.query import Query
from minkang.records.bodies import check_id, now, person_of, within
from minkang.records.bundles import Entry, read_bundle
from minkang.records.patches import Patch
from minkang.records.postgres import entries, reading, single, transactions
from minkang.records.postgres.bulk import BulkLoad
from minkang.records.postgres.current import Address
from minkang.records.postgres.joint import Joint
from minkang.records.postgres.locks import Contention
from minkang.records.postgres.ports import Search
from minkang.records.postgres.rids import Rids
from minkang.records.postgres.session import Session
from minkang.records.postgres.writer import Writer
from minkang.records.repository import (
    Change,
    EntryResult,
    HistoryPage,
    Incoming,
    LoadReport,
    Position,
    Record,
    Rejected,
    SearchPage,
    TransactionResult,
    Written,
)

T = TypeVar("T")
ATTEMPTS = 6
"""How often a transaction is tried that others keep from committing."""
FIRST_PAUSE = 0.01


class PostgresRepository:
    """See `minkang.records.Repository`.

    Args:
        database: where the records are.
        search: the search half.
        check_references: `bundle` or `store`, see the setting MINKANG_CHECK_REFERENCES.
        max_entries: the most entries of a bundle.
    """

    def __init__(
        self, database: Database, search: Search, *, check_references: str = "bundle", max_entries: int = 20_000
    ) -> None:
        self._database = database
        self._search = search
        self._check_store = check_references == "store"
        self._max_entries = max_entries
        self._rids = Rids()
        self._trail = AuditTrail(database)

    # Writing.

    def create(self, access: Access, resource: Resource, *, if_none_exist: str | None = None) -> Written:
        """See `Repository.create`."""
        type = resource_type(resource)
        with self._guard(access, "create", type, query=if_none_exist or "", needs=_needs("create", if_none_exist)):
            return self._write(access, lambda session: single.create(session, resource, if_none_exist))

    def update(
        self, access: Access, resource: Resource, *, if_match: int | None = None, if_none_match_any: bool = False
    ) -> Written:
        """See `Repository.update`."""
        with self._guard(access, "update", resource_type(resource), resource.id or ""):
            return self._write(access, lambda session: single.update(session, resource, if_match, if_none_match_any))

    def conditional_update(
        self, access: Access, type: str, criteria: str, resource: Resource, *, if_match: int | None = None
    ) -> Written:
        """See `Repository.conditional_update`."""
        with self._guard(access, "update", type, query=criteria, needs=_needs("update", criteria)):
            if resource_type(resource) != type:
                raise Fault("RECORDS-016", given=resource_type(resource), expected=type)
            return self._write(
                access, lambda session: single.conditional_update(session, type, criteria, resource, if_match)
            )

    def patch(self, access: Access, type: str, id: str, patch: Patch, *, if_match: int | None = None) -> Written:
        """See `Repository.patch`."""
        with self._guard(access, "patch", type, id, needs=("update",)):
            check_id(id)
            return self._write(access, lambda session: single.patch(session, Address(type, id), patch, if_match))

    def conditional_patch(
        self, access: Access, type: str, criteria: str, patch: Patch, *, if_match: int | None = None
    ) -> Written:
        """See `Repository.conditional_patch`."""
        with self._guard(access, "patch", type, query=criteria, needs=_needs("update", criteria)):
            return self._write(
                access, lambda session: single.conditional_patch(session, type, criteria, patch, if_match)
            )

    def delete(self, access: Access, type: str, id: str, *, if_match: int | None = None) -> Record | None:
        """See `Repository.delete`."""
        with self._guard(access, "delete", type, id):
            check_id(id)
            return self._write(access, lambda session: single.delete(session, Address(type, id), if_match))

    def conditional_delete(self, access: Access, type: str, criteria: str, *, many: bool = False) -> int:
        """See `Repository.conditional_delete`."""
        with self._guard(access, "delete", type, query=criteria, needs=_needs("delete", criteria)):
            deleted = total = self._write(
                access, lambda session: single.conditional_delete(session, type, criteria, many)
            )
            while many and deleted:
                deleted = self._write(access, lambda session: single.conditional_delete(session, type, criteria, many))
                total += deleted
            return total

    def transaction(self, access: Access, bundle: bytes) -> TransactionResult:
        """See `Repository.transaction`."""
        with self._guard(access, "transaction", needs=()):
            read = read_bundle(bundle, "transaction", self._max_entries)
            good = entries.all_or_fault(read)
            entries.require(access, good)
            return TransactionResult(
                self._write(
                    access,
                    lambda session: transactions.transact(
                        session, good, lambda entry: entries.answer_get(session, entry)
                    ),
                )
            )

    def batch(self, access: Access, bundle: bytes) -> TransactionResult:
        """See `Repository.batch`."""
        with self._guard(access, "batch", needs=()):
            read = read_bundle(bundle, "batch", self._max_entries)
            return TransactionResult([self._batch_entry(access, entry) for entry in read])

    def _batch_entry(self, access: Access, entry: Entry | Fault) -> EntryResult:
        if isinstance(entry, Fault):
            return EntryResult(entry.category.status, fault=entry)
        try:
            return entries.alone(self, self._search, access, entry)
        except Fault as fault:
            placed = within(fault, entry.place)
            return EntryResult(placed.category.status, fault=placed)

    def load(self, access: Access, chunks: Iterable[Sequence[Incoming]], report: LoadReport) -> Iterator[Rejected]:
        """See `Repository.load`."""
        with self._guard(access, "load", "*", needs=("create", "update")):
            loading = BulkLoad(self._database, self._trail, self._rids, access, report, self.update)
            yield from loading.run(chunks)

    def jointly(self, access: Access, work: Callable[[Joint], T]) -> T:
        """Do work in a transaction that its caller shares; done again when other writers got in its way.

        Args:
            work: everything that is to happen together; it must begin anew each time it is called. See `Joint`.

        Raises:
            Fault: `ACCESS-002` for a type of resource the caller was not granted, and whatever `work` raises.
        """
        with self._guard(access, "load", needs=()):
            return self._write(access, lambda session: work(Joint(session, self._rids)))

    # Reading.

    def read(self, access: Access, type: str, id: str) -> Record:
        """See `Repository.read`."""
        with self._guard(access, "read", type, id):
            with self._database.singly() as connection:
                record = reading.read(connection, Address(type, id))
            self._seen(access, "read", record)
            return record

    def vread(self, access: Access, type: str, id: str, version: int) -> Record:
        """See `Repository.vread`."""
        with self._guard(access, "vread", type, id, query=str(version), needs=("read",)):
            with self._database.singly() as connection:
                record = reading.vread(connection, Address(type, id), version)
            self._seen(access, "vread", record)
            return record

    def history(
        self,
        access: Access,
        *,
        type: str | None = None,
        id: str | None = None,
        since: datetime | None = None,
        at: tuple[datetime, datetime] | None = None,
        count: int = 50,
        after: str | None = None,
    ) -> HistoryPage:
        """See `Repository.history`."""
        with self._guard(access, "history", type or "*", id or "", needs=("read",)):
            with self._database.singly() as connection:
                page = reading.history(connection, type, id, since, at, count, after)
            person = person_of(type, id, page.records[0].body) if type and id and page.records else ""
            self._trail.write(AuditEntry(access, "history", type or "", id or "", person, count=len(page.records)))
            return page

    def search(self, access: Access, query: Query) -> SearchPage:
        """See `Repository.search`."""
        text = "&".join(f"{name}={value}" for name, value in query.pairs)
        # A search over types names none here: the search half checks each type it looks at, and leaves out the rest.
        needs: tuple[Interaction, ...] = ("search",) if query.type else ()
        with self._guard(access, "search", query.type or "*", query=text, needs=needs):
            with self._database.singly() as connection:
                page = self._search.page(connection, access, query)
            count = len(page.matches) + len(page.included)
            self._trail.write(AuditEntry(access, "search", query.type or "", query=text, count=count))
            return page

    def feed(self, access: Access, after: Position | None, limit: int) -> list[Change]:
        """See `Repository.feed`."""
        with self._guard(access, "feed", "*", needs=("read",)):
            with self._database.singly() as connection:
                changes = reading.feed(connection, after, limit)
            if changes:  # A look that shows nothing is not worth a row; a reader looks every second.
                self._trail.write(AuditEntry(access, "feed", query=after or "", count=len(changes)))
            return changes

    def after_restore(self) -> None:
        """To be called once on a store that came from a copy: readers of the feed must begin again."""
        with self._database.connection() as connection:
            connection.execute(reading.SQL["after_restore"])

    # One interaction.

    def _seen(self, access: Access, interaction: str, record: Record) -> None:
        person = person_of(record.type, record.id, record.body)
        self._trail.write(AuditEntry(access, interaction, record.type, record.id, person))

    @contextmanager
    def _guard(
        self,
        access: Access,
        interaction: str,
        type: str = "",
        id: str = "",
        *,
        query: str = "",
        needs: tuple[Interaction, ...] | None = None,
    ) -> Iterator[None]:
        """Refuse what was not granted, and leave a row for what was refused, by us or by the record."""
        try:
            for need in (interaction,) if needs is None else needs:
                access.require(type, need)  # type: ignore[arg-type]
            yield
        except Fault as fault:
            if fault.category.status != 503:
                named = "" if type == "*" else type
                self._trail.write(AuditEntry(access, interaction, named, id, query=query, outcome=fault.code, count=0))
            raise

    def _write(self, access: Access, work: Callable[[Session], T]) -> T:
        """Do work in a transaction, again when others got in its way.

        Raises:
            Fault: `RECORDS-008` when they did so each time.
        """
        pause = FIRST_PAUSE
        for attempt in range(1, ATTEMPTS + 1):
            at = now()
            self._trail.prepare(at)
            try:
                with self._database.connection() as connection:
                    writer = Writer(connection, self._rids, at, check_store=self._check_store, wait=attempt > 1)
                    return work(Session(connection, access, at, writer, self._search))
            except (Contention, errors.DeadlockDetected, errors.SerializationFailure, errors.UniqueViolation) as error:
                if attempt == ATTEMPTS:
                    raise Fault("RECORDS-008", attempts=attempt) from error
            time.sleep(pause * random.uniform(0.5, 1.5))
            pause *= 2
        raise AssertionError("unreachable")


def _needs(interaction: Interaction, criteria: str | None) -> tuple[Interaction, ...]:
    """What a conditional form needs: who may not search must not learn by it what is there."""
    return (interaction,) if criteria is None else (interaction, "search")
