"""One interaction's transaction: what it may ask of the store while it is open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from minkang.access import Access
from minkang.access.audit import AuditEntry
from minkang.errors import Fault
from minkang.records.bodies import person_of
from minkang.records.postgres.current import Address, Current, fetch
from minkang.records.postgres.drafts import Draft
from minkang.records.postgres.identifiers import by_identifier
from minkang.records.postgres.locks import claim
from minkang.records.postgres.ports import Search
from minkang.records.postgres.writer import Answers, Writer


@dataclass(slots=True)
class Session:
    """An open transaction and its caller."""

    connection: Connection[Any]
    access: Access
    at: datetime
    writer: Writer
    searching: Search

    def claim(self, conditions: Iterable[tuple[str, str]]) -> None:
        """Be alone with conditions (type, criteria); see `locks.claim`."""
        claim(self.connection, conditions)

    def find_one(self, type: str, criteria: str, place: str = "") -> Address | None:
        """The resource that matches, None where none does.

        Raises:
            Fault: `RECORDS-010` when several match; what the criteria are refused for.
        """
        found = self.searching.find(self.connection, self.access, type, criteria, 2)
        if len(found) > 1:
            raise Fault("RECORDS-010", place, type=type, criteria=criteria)
        return Address(type, found[0]) if found else None

    def find_all(self, type: str, criteria: str, limit: int) -> list[Address]:
        """The resources that match, at most `limit`."""
        return [Address(type, id) for id in self.searching.find(self.connection, self.access, type, criteria, limit)]

    def find_references(self, places: Mapping[str, str]) -> dict[str, Address]:
        """What conditional references mean.

        Args:
            places: each reference as written (`Patient?identifier=a|b`), and where it stands first.

        Raises:
            Fault: `RECORDS-027` for one that does not find exactly one; `ACCESS-002` where the caller may not search.
        """
        found = by_identifier(self.connection, places)
        for reference, place in places.items():
            type, _, criteria = reference.partition("?")
            self.access.require(type, "search")
            if reference not in found:
                found[reference] = self.find_all(type, criteria, 2)
            if len(found[reference]) != 1:
                raise Fault("RECORDS-027", place, reference=reference, count=len(found[reference]))
        return {reference: addresses[0] for reference, addresses in found.items()}

    def current(self, address: Address) -> Current | None:
        """A record as it stands, not locked."""
        return fetch(self.connection, [address], lock=False).get(address)

    def write(self, drafts: Sequence[Draft], entry: Callable[[Answers], AuditEntry]) -> Answers:
        """Carry out all changes of the transaction; to be called once, and last of what changes anything."""
        return self.writer.write(drafts, entry)

    def write_one(self, interaction: str, draft: Draft, query: str = "") -> Answers:
        """Carry out one change, with the audit row that belongs to it."""
        type, id = draft.address

        def entry(answers: Answers) -> AuditEntry:
            written = answers[0]
            body = written.record.body if written else None
            return AuditEntry(
                self.access,
                interaction,
                type,
                id,
                person_of(type, id, body),
                query,
                count=1 if written and written.changed else 0,
            )

        return self.write([draft], entry)
