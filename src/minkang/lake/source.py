"""Where the lake's rows come from: the record store's feed for what changed, its tables for everything there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from msgspec import Struct

from minkang.access import Access
from minkang.access.audit import AuditEntry, AuditTrail
from minkang.db import Database, Queries
from minkang.errors import Fault
from minkang.records.repository import Change, Position, Repository
from minkang.records.types import type_code

SQL = Queries.read("minkang.lake", "records.sql")
PAGE = 5_000
MOST = 40_000
LEAST = 500
BYTES = 48 << 20
_TOP = 10**17  # The store reads numbers of up to 18 digits.


class Slice(Struct, frozen=True):
    """Some records of one type, as they stood at a position of the feed.

    Attributes:
        cursor: where to go on; empty after the last.
        records: id and body.
    """

    cursor: str
    records: list[tuple[str, bytes]]


class Source(Protocol):
    """A store of records as the lake reads it."""

    def end(self) -> Position:
        """The end of the feed now."""
        ...

    def changes(self, after: Position, until: Position) -> Iterator[list[Change]]:
        """What was written after one position and not after another, in order.

        Raises:
            Fault: `RECORDS-014` where `after` is from before a restore: everything is to be read anew.
        """
        ...

    def everything(self, type: str, until: Position, cursor: str) -> Slice:
        """Records of a type as they stood at a position: the same whenever it is asked.

        Args:
            cursor: of the slice before; empty for the first.
        """
        ...

    def count(self, type: str) -> int:
        """About how many records of a type there are, for showing progress."""
        ...


class StoreSource:
    """The record store on PostgreSQL.

    The feed is read through its contract. For everything there is, the store's tables are read in the order of record
    numbers: at a position below the feed's horizon the last version of a record is settled, so slices need no common
    snapshot, and a build that was broken off goes on where it was.
    """

    def __init__(self, repository: Repository, database: Database, access: Access) -> None:
        self._repository = repository
        self._database = database
        self._access = access
        self._trail = AuditTrail(database)
        self._most = MOST

    def end(self) -> Position:
        """See `Source.end`."""
        with self._database.singly() as connection:
            row = connection.execute(SQL["horizon"]).fetchone()
        epoch, horizon = row if row else (1, 1)
        return Position(f"{epoch}.{horizon - 1}.{_TOP}.{2**31 - 1}")

    def changes(self, after: Position, until: Position) -> Iterator[list[Change]]:
        """See `Source.changes`."""
        last = _place(until)
        while True:
            page = self._repository.feed(self._access, after, PAGE)
            wanted = [change for change in page if _place(change.position) <= last]
            if wanted:
                yield wanted
            if len(page) < PAGE or len(wanted) < len(page):
                return
            after = page[-1].position

    def everything(self, type: str, until: Position, cursor: str) -> Slice:
        """See `Source.everything`."""
        epoch, below = _place(until)[:2]
        parameters = {"type": type_code(type), "after": int(cursor or 0), "below": below + 1, "limit": self._most}
        with self._database.singly() as connection:
            found = connection.execute(SQL["epoch"]).fetchone()
            if found is None or found[0] != epoch:
                raise Fault("RECORDS-014", position=until)
            rows = connection.execute(SQL["everything"], parameters, prepare=True, binary=True).fetchall()
        records = [(id, body) for _, id, body in rows if body is not None]
        self._trail.write(AuditEntry(self._access, "feed", type, query="lake", count=len(records)))
        more = len(rows) == self._most
        size = sum(len(body) for _, body in records)
        # Resources of some types are a hundred times larger than those of others.
        self._most = max(LEAST, self._most // 2) if size > BYTES else min(MOST, self._most * 2)
        return Slice(str(rows[-1][0]) if more else "", records)

    def count(self, type: str) -> int:
        """See `Source.count`."""
        with self._database.singly() as connection:
            row = connection.execute(SQL["count"], {"type": type_code(type)}).fetchone()
        return int(row[0]) if row else 0


def _place(position: Position) -> tuple[int, ...]:
    """Epoch, transaction, record, version. The store's feed gives positions in this form, which compare so."""
    return tuple(int(part) for part in position.split("."))
