"""The record store as its callers see it: what it takes, what it gives back.

Two stores keep this contract: PostgreSQL (`minkang.records.postgres`) and the memory twin that tests compare it with.
All calls are synchronous, take the caller's `Access`, refuse what it was not granted (`ACCESS-002`) and leave one row
in the audit trail: with a write in its own transaction, with a read before the answer goes out.

Source of the interactions: FHIR R4 (4.0.1) http.html; each method names its section.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal, NewType, Protocol

from msgspec import Struct

from minkang.access import Access
from minkang.errors import Fault

if TYPE_CHECKING:
    from minkang.fhir import Resource
    from minkang.fhir.search import Query
    from minkang.records.patches import Patch

Method = Literal["create", "update", "delete"]

Position = NewType("Position", str)
"""A place in the feed, opaque to its reader: keep it, hand it back, do not read it."""


class Record(Struct, frozen=True):
    """One version of one resource.

    Attributes:
        type, id: what it is (`Patient`, `123`).
        version: 1 for the first, and one more with each change, deletions included.
        at: when this version was written, UTC, whole milliseconds; the body's `meta.lastUpdated`.
        method: what made this version. A `create` after a deletion is an `update`, as in HTTP.
        body: the canonical JSON with `meta.versionId` and `meta.lastUpdated`; None where the version is a deletion.
    """

    type: str
    id: str
    version: int
    at: datetime
    method: Method
    body: bytes | None

    @property
    def deleted(self) -> bool:
        """Whether this version is a deletion."""
        return self.body is None


class Written(Struct, frozen=True):
    """What a write did.

    Attributes:
        record: the version now current.
        created: whether the resource did not exist (or was deleted) before.
        changed: whether a version was written. False for an update that says what the store already said, and for a
            conditional create that found its match.
    """

    record: Record
    created: bool
    changed: bool


class HistoryPage(Struct, frozen=True):
    """Versions, newest first, and the cursor of the next page (None on the last)."""

    records: list[Record]
    next: str | None


class SearchPage(Struct, frozen=True):
    """One page of a search.

    Attributes:
        matches: what was asked for, in the order asked for.
        included: what `_include` and `_revinclude` bring along, each once.
        total: how many match in all, where it was asked for and counted.
        next: the cursor of the next page; None on the last.
    """

    matches: list[Record]
    included: list[Record]
    total: int | None
    next: str | None


class EntryResult(Struct, frozen=True):
    """The answer to one entry of a bundle.

    Attributes:
        status: the HTTP status the entry would have had alone.
        record: the version read or written; None where there is none to show (a search, a refusal, an empty deletion).
        fault: why the entry was refused (only in a batch; a transaction is refused as a whole).
        page: the answer of a GET that searches or asks for history.
        location: whether the answer carries a `location` (it names the record's version): true for writes.
    """

    status: int
    record: Record | None = None
    fault: Fault | None = None
    page: SearchPage | HistoryPage | None = None
    location: bool = False


class TransactionResult(Struct, frozen=True):
    """The answers to a bundle's entries, in the order of the entries."""

    entries: list[EntryResult]


class Change(Struct, frozen=True):
    """One version in the feed, and the position after it."""

    position: Position
    record: Record


class Rejected(Struct, frozen=True):
    """A resource the bulk path did not take: where it stood and why.

    Attributes:
        source: the file, as its reader named it.
        line: the line (NDJSON) or the index of the entry (bundle), counted from 1.
        fault: the reason, with the place in the resource.
        body: the resource as it came, so that it can be corrected and loaded again.
    """

    source: str
    line: int
    fault: Fault
    body: bytes


class Incoming(Struct, frozen=True):
    """A resource on its way into the bulk path.

    Attributes:
        body: one FHIR resource as JSON.
        source, line: where it stood, for the report (see `Rejected`).
    """

    body: bytes
    source: str = ""
    line: int = 0


class LoadReport(Struct):
    """What the bulk path has done so far; counts of resources."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0


class Repository(Protocol):
    """The record store."""

    def create(self, access: Access, resource: Resource, *, if_none_exist: str | None = None) -> Written:
        """Store a new resource under an id the store gives (http.html#create); any id in the body is set aside.

        Args:
            if_none_exist: search criteria (`identifier=a|b`); when one resource matches, it is returned unchanged.

        Raises:
            Fault: `RECORDS-010` when several match (412).
        """
        ...

    def update(
        self, access: Access, resource: Resource, *, if_match: int | None = None, if_none_match_any: bool = False
    ) -> Written:
        """Store a resource under the id it carries (http.html#update), new or not.

        Args:
            if_match: the version the caller has seen.
            if_none_match_any: `If-None-Match: *`: only where nothing is.

        Raises:
            Fault: `RECORDS-004` without an id, `RECORDS-006` when the version is another one (412), `RECORDS-007` when
                the resource exists though the caller ruled that out (412).
        """
        ...

    def conditional_update(
        self, access: Access, type: str, criteria: str, resource: Resource, *, if_match: int | None = None
    ) -> Written:
        """Update the one resource that matches, or create it where none does (http.html#cond-update).

        Raises:
            Fault: `RECORDS-010` when several match, `RECORDS-011` when the one that matches has another id than the
                body.
        """
        ...

    def patch(self, access: Access, type: str, id: str, patch: Patch, *, if_match: int | None = None) -> Written:
        """Change a resource by JSON Patch or FHIRPath Patch (http.html#patch).

        Raises:
            Fault: `RECORDS-002`, `RECORDS-003`, `RECORDS-006`; `RECORDS-012` when the patch does not apply.
        """
        ...

    def conditional_patch(
        self, access: Access, type: str, criteria: str, patch: Patch, *, if_match: int | None = None
    ) -> Written:
        """Change the one resource that matches.

        Raises:
            Fault: `RECORDS-009` when none matches (404), `RECORDS-010` when several do.
        """
        ...

    def delete(self, access: Access, type: str, id: str, *, if_match: int | None = None) -> Record | None:
        """Delete a resource (http.html#delete): its versions stay, its search keys go, a read answers 410.

        Returns:
            The version that says so; the one already there when it was deleted before; None where nothing ever was.
        """
        ...

    def conditional_delete(self, access: Access, type: str, criteria: str, *, many: bool = False) -> int:
        """Delete what matches, and say how many that were.

        Raises:
            Fault: `RECORDS-010` when several match and `many` is false.
        """
        ...

    def read(self, access: Access, type: str, id: str) -> Record:
        """The current version (http.html#read).

        Raises:
            Fault: `RECORDS-002` where nothing ever was (404), `RECORDS-003` where it was deleted (410).
        """
        ...

    def vread(self, access: Access, type: str, id: str, version: int) -> Record:
        """One version (http.html#vread).

        Raises:
            Fault: `RECORDS-002` or `RECORDS-005` (404), `RECORDS-003` when that version is the deletion (410).
        """
        ...

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
        """Versions of a resource, a type or the whole store, newest first (http.html#history).

        Args:
            since: only versions written at or after this instant.
            at: only versions that were current at some time in `[start, end)`.
            count: the most versions on the page.
            after: the cursor of the page before.

        Raises:
            Fault: `RECORDS-002` when an id is asked for and nothing ever was there; `RECORDS-013` for a cursor that is
                none of ours.
        """
        ...

    def search(self, access: Access, query: Query) -> SearchPage:
        """One page of a search (search.html)."""
        ...

    def transaction(self, access: Access, bundle: bytes) -> TransactionResult:
        """All entries of a transaction bundle, or none (http.html#transaction).

        Raises:
            Fault: whatever an entry would be refused for alone, with `Bundle.entry[i]` as its place; `RECORDS-020` for
                a bundle of another type, `RECORDS-021` over the limit of entries, `RECORDS-022` for a fullUrl that
                stands twice, `RECORDS-023` and `RECORDS-027` for a reference that resolves to nothing.
        """
        ...

    def batch(self, access: Access, bundle: bytes) -> TransactionResult:
        """Each entry of a batch bundle for itself; a refused one leaves the others as they are."""
        ...

    def feed(self, access: Access, after: Position | None, limit: int) -> list[Change]:
        """Versions of all types in the order they were committed: each once, none left out.

        A version appears when no older transaction is still open, so the feed may lag by the longest write.

        Args:
            after: the position of the last change seen; None to begin at the first.
            limit: the most changes to give.

        Raises:
            Fault: `RECORDS-014` for a position from before a restore: the reader must begin again.
        """
        ...

    def load(self, access: Access, chunks: Iterable[Sequence[Incoming]], report: LoadReport) -> Iterator[Rejected]:
        """Store many resources by id, fast; each chunk is one transaction.

        Args:
            chunks: some thousands of resources each, with their ids and with references as they shall stand.
            report: counts, kept up while the caller iterates.

        Returns:
            What was not taken, as it is found. Nothing happens until it is iterated.
        """
        ...
