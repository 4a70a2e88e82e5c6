"""The record store in memory: the twin that the PostgreSQL store is compared with, and a store for tests and examples.

What an interaction means (conditions, versions, bundles, the references between their entries) is written once, in
`minkang.records.postgres`; this module only gives it a place to keep records. A lock makes each interaction a
transaction; one that fails leaves everything as it was. Nothing outlives the process, and no audit row is written.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import TypeVar

from minkang.access import Access, Interaction
from minkang.access.audit import AuditEntry
from minkang.errors import Fault
from minkang.fhir import Resource, decode, resource_type
from minkang.fhir.search import Query, extract
from minkang.fhir.search.matching import Found
from minkang.records.bodies import check_id, local_reference, now, references_in, within
from minkang.records.bulk import prepare
from minkang.records.bundles import Entry, read_bundle
from minkang.records.memory_search import Kept, MemorySearch
from minkang.records.patches import Patch
from minkang.records.postgres import entries, single, transactions
from minkang.records.postgres.current import METHODS, Address, Current
from minkang.records.postgres.drafts import Draft, settle
from minkang.records.postgres.session import Session
from minkang.records.postgres.writer import Answers
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
from minkang.records.types import type_code

T = TypeVar("T")


class _Transaction(Session):
    """A transaction on the memory store, with what the interactions ask of one."""

    def __init__(self, store: MemoryRepository, access: Access, at: datetime) -> None:
        self.store = store
        self.access = access
        self.at = at

    def claim(self, conditions: Iterable[tuple[str, str]]) -> None:
        """Nobody else is about while the lock is held: nothing to do but to ask for them all."""
        for _ in conditions:
            pass

    def find_all(self, type: str, criteria: str, limit: int) -> list[Address]:
        """The resources that match."""
        return [Address(type, id) for id in self.store.searching.find(self.access, type, criteria, limit)]

    def find_one(self, type: str, criteria: str, place: str = "") -> Address | None:
        """The resource that matches, None where none does."""
        found = self.find_all(type, criteria, 2)
        if len(found) > 1:
            raise Fault("RECORDS-010", place, type=type, criteria=criteria)
        return found[0] if found else None

    def find_references(self, places: Mapping[str, str]) -> dict[str, Address]:
        """What conditional references mean."""
        result: dict[str, Address] = {}
        for reference, place in places.items():
            type, _, criteria = reference.partition("?")
            self.access.require(type, "search")
            found = self.find_all(type, criteria, 2)
            if len(found) != 1:
                raise Fault("RECORDS-027", place, reference=reference, count=len(found))
            result[reference] = found[0]
        return result

    def current(self, address: Address) -> Current | None:
        """A record as it stands."""
        return self.store.current(address)

    def write(self, drafts: Sequence[Draft], entry: Callable[[Answers], AuditEntry]) -> Answers:
        """Carry out all changes."""
        del entry
        answers = [self.store.settled(draft, self.at) for draft in drafts]
        self.store.check_references(list(zip(drafts, answers, strict=True)))
        return answers


class MemoryRepository:
    """See `minkang.records.Repository`.

    Args:
        check_references: `bundle` or `store`, see the setting MINKANG_CHECK_REFERENCES.
        max_entries: the most entries of a bundle.
    """

    def __init__(self, *, check_references: str = "bundle", max_entries: int = 20_000) -> None:
        self.searching = MemorySearch(self)
        self._check_store = check_references == "store"
        self._max_entries = max_entries
        self._lock = threading.RLock()
        self._numbers = count(1)
        self._rids: dict[Address, int] = {}
        self._versions: dict[Address, list[Record]] = {}
        self._found: dict[Address, Found] = {}
        self._log: list[Record] = []

    # What is kept.

    def kept(self) -> list[Kept]:
        """All records that are not deleted."""
        return [Kept(self._rids[at], self._versions[at][-1], found) for at, found in self._found.items()]

    def kept_at(self, address: str) -> Kept | None:
        """The record at an address, unless it is not there or deleted."""
        at = Address(*address.split("/", 1)) if "/" in address else Address("", address)
        found = self._found.get(at)
        return Kept(self._rids[at], self._versions[at][-1], found) if found else None

    def current(self, address: Address) -> Current | None:
        """A record as the interactions see it."""
        versions = self._versions.get(address)
        if not versions:
            return None
        last = versions[-1]
        method = METHODS.index(last.method)
        return Current(self._rids[address], last.version, last.deleted, last.at, method, last.body)

    def settled(self, draft: Draft, at: datetime) -> Written | None:
        """Carry out one change."""
        outcome = settle(draft, self.current(draft.address), at, self._numbers.__next__)
        written = outcome.written
        if written and written.changed:
            record, address = written.record, draft.address
            self._rids.setdefault(address, outcome.rid)
            self._versions[address] = [*self._versions.get(address, ()), record]
            self._found.pop(address, None)
            if record.body is not None:
                keys = extract(decode(record.body, record.type))
                self._found[address] = Found(record.type, record.id, record.at, keys)
            self._log.append(record)
        return written

    def check_references(self, changes: Sequence[tuple[Draft, Written | None]]) -> None:
        """Refuse references into the store that lead nowhere, where that is asked for.

        Raises:
            Fault: `RECORDS-023`.
        """
        if not self._check_store:
            return
        for draft, written in changes:
            for reference in references_in(written.record.body or b"") if written else ():
                target = local_reference(reference)
                if target and Address(*target) not in self._found:
                    raise Fault("RECORDS-023", draft.place, reference=reference)

    def _write(self, access: Access, work: Callable[[Session], T]) -> T:
        with self._lock:
            before = dict(self._rids), dict(self._versions), dict(self._found), list(self._log)
            try:
                return work(_Transaction(self, access, now()))
            except BaseException:
                self._rids, self._versions, self._found, self._log = before
                raise

    # Writing.

    def create(self, access: Access, resource: Resource, *, if_none_exist: str | None = None) -> Written:
        """See `Repository.create`."""
        _require(access, resource_type(resource), "create", if_none_exist)
        return self._write(access, lambda session: single.create(session, resource, if_none_exist))

    def update(
        self, access: Access, resource: Resource, *, if_match: int | None = None, if_none_match_any: bool = False
    ) -> Written:
        """See `Repository.update`."""
        _require(access, resource_type(resource), "update")
        return self._write(access, lambda session: single.update(session, resource, if_match, if_none_match_any))

    def conditional_update(
        self, access: Access, type: str, criteria: str, resource: Resource, *, if_match: int | None = None
    ) -> Written:
        """See `Repository.conditional_update`."""
        _require(access, type, "update", criteria)
        if resource_type(resource) != type:
            raise Fault("RECORDS-016", given=resource_type(resource), expected=type)
        return self._write(
            access, lambda session: single.conditional_update(session, type, criteria, resource, if_match)
        )

    def patch(self, access: Access, type: str, id: str, patch: Patch, *, if_match: int | None = None) -> Written:
        """See `Repository.patch`."""
        _require(access, type, "update")
        check_id(id)
        return self._write(access, lambda session: single.patch(session, Address(type, id), patch, if_match))

    def conditional_patch(
        self, access: Access, type: str, criteria: str, patch: Patch, *, if_match: int | None = None
    ) -> Written:
        """See `Repository.conditional_patch`."""
        _require(access, type, "update", criteria)
        return self._write(access, lambda session: single.conditional_patch(session, type, criteria, patch, if_match))

    def delete(self, access: Access, type: str, id: str, *, if_match: int | None = None) -> Record | None:
        """See `Repository.delete`."""
        _require(access, type, "delete")
        check_id(id)
        return self._write(access, lambda session: single.delete(session, Address(type, id), if_match))

    def conditional_delete(self, access: Access, type: str, criteria: str, *, many: bool = False) -> int:
        """See `Repository.conditional_delete`."""
        _require(access, type, "delete", criteria)
        return self._write(access, lambda session: single.conditional_delete(session, type, criteria, many))

    def transaction(self, access: Access, bundle: bytes) -> TransactionResult:
        """See `Repository.transaction`."""
        good = entries.all_or_fault(read_bundle(bundle, "transaction", self._max_entries))
        entries.require(access, good)

        def work(session: Session) -> list[EntryResult]:
            return transactions.transact(session, good, lambda entry: self._get(access, entry))

        return TransactionResult(self._write(access, work))

    def _get(self, access: Access, entry: Entry) -> EntryResult:
        try:
            return entries.alone(self, self.searching, access, entry)
        except Fault as fault:
            raise within(fault, entry.place) from None

    def batch(self, access: Access, bundle: bytes) -> TransactionResult:
        """See `Repository.batch`."""
        read = read_bundle(bundle, "batch", self._max_entries)
        return TransactionResult([self._batch_entry(access, entry) for entry in read])

    def _batch_entry(self, access: Access, entry: Entry | Fault) -> EntryResult:
        try:
            if isinstance(entry, Fault):
                raise entry
            return self._get(access, entry)
        except Fault as fault:
            return EntryResult(fault.category.status, fault=fault)

    def load(self, access: Access, chunks: Iterable[Sequence[Incoming]], report: LoadReport) -> Iterator[Rejected]:
        """See `Repository.load`."""
        _require(access, "*", "create")
        _require(access, "*", "update")
        for chunk in chunks:
            ready, rejected = prepare(chunk, now())
            for one in ready:
                try:
                    written = self.update(access, one.resource)
                except Fault as fault:
                    rejected.append(Rejected(one.incoming.source, one.incoming.line, fault, one.incoming.body))
                    continue
                report.created += written.created
                report.updated += written.changed and not written.created
                report.unchanged += not written.changed
            report.rejected += len(rejected)
            yield from rejected

    # Reading.

    def read(self, access: Access, type: str, id: str) -> Record:
        """See `Repository.read`."""
        return _there(self._all(access, type, id)[-1])

    def vread(self, access: Access, type: str, id: str, version: int) -> Record:
        """See `Repository.vread`."""
        versions = self._all(access, type, id)
        if not 1 <= version <= len(versions):
            raise Fault("RECORDS-005", type=type, id=id, version=version)
        return _there(versions[version - 1])

    def _all(self, access: Access, type: str, id: str) -> list[Record]:
        _require(access, type, "read")
        type_code(type)
        versions = self._versions.get(Address(type, id))
        if not versions:
            raise Fault("RECORDS-002", type=type, id=id)
        return versions

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
        _require(access, type or "*", "read")
        if type is not None:
            type_code(type)
        if type is not None and id is not None:
            self._all(access, type, id)
        found = [
            record
            for address, versions in self._versions.items()
            if (type is None or address.type == type) and (id is None or address.id == id)
            for record in versions
            if (since is None or record.at >= since) and (at is None or _was_current(record, versions, at))
        ]
        found.sort(key=self._age, reverse=True)
        if after is not None:
            place = _place(after)
            found = [record for record in found if self._age(record) < place]
        following = ".".join(map(str, self._age(found[count - 1]))) if 0 < count < len(found) else None
        return HistoryPage(found[:count], following)

    def _age(self, record: Record) -> tuple[int, int, int]:
        return round(record.at.timestamp() * 1000), self._rids[Address(record.type, record.id)], record.version

    def search(self, access: Access, query: Query) -> SearchPage:
        """See `Repository.search`."""
        if query.type:
            access.require(query.type, "search")
        with self._lock:
            return self.searching.page(access, query)

    def feed(self, access: Access, after: Position | None, limit: int) -> list[Change]:
        """See `Repository.feed`."""
        _require(access, "*", "read")
        if after is not None and not after.isdigit():
            raise Fault("RECORDS-014", position=after)
        start = int(after or 0)
        return [
            Change(Position(str(at)), record)
            for at, record in enumerate(self._log[start : start + limit], start=start + 1)
        ]


def _require(access: Access, type: str, interaction: Interaction, criteria: str | None = None) -> None:
    access.require(type, interaction)
    if criteria is not None:
        access.require(type, "search")


def _there(record: Record) -> Record:
    if record.deleted:
        raise Fault("RECORDS-003", type=record.type, id=record.id, at=record.at.isoformat())
    return record


def _was_current(record: Record, versions: Sequence[Record], at: tuple[datetime, datetime]) -> bool:
    start, end = at
    last_before = max((one.version for one in versions if one.at <= start), default=0)
    return record.at < end and (record.at >= start or record.version == last_before)


def _place(after: str) -> tuple[int, ...]:
    parts = after.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        raise Fault("RECORDS-013", cursor=after[:80])
    return tuple(map(int, parts))
