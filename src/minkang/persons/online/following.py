"""Following the records feed: new and changed Patients come into the index and are decided upon, page by page.

Each page is one transaction with the mark of how far it came, so a follower that is killed goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from minkang.access import Access
from minkang.access.audit import SQL as AUDIT
from minkang.access.audit import AuditEntry
from minkang.db import Database
from minkang.errors import Fault
from minkang.persons.online.index import SQL, Index, Session, model_number, read_weights
from minkang.persons.online.intake import Ask, Counts, Intake
from minkang.persons.online.patients import SourceRecord, read_mother, read_patient
from minkang.persons.store.acts import Place
from minkang.persons.store.links import Links
from minkang.records.types import type_code

READER = "follow"
PAGE = 100
CHANGES = 500
PATIENT, RELATED = type_code("Patient"), type_code("RelatedPerson")
Touched = Callable[[Session, set[str]], None]
"""Told in the transaction which persons changed: the register is brought up to date."""


@dataclass
class Followed:
    """What following did: versions read, and what was decided."""

    changes: int = 0
    counts: Counts = field(default_factory=Counts)


@dataclass
class _Told:
    """What a page of versions says: the last of each Patient, mothers' numbers, Patients that were deleted."""

    patients: dict[str, SourceRecord] = field(default_factory=dict)
    mothers: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)

    def add(self, type: int, id: str, version: int, body: bytes | None) -> None:
        """Take one version in."""
        if type == RELATED:
            told = read_mother(msgspec.json.decode(body)) if body else None
            if told:
                self.mothers[told[0]] = told[1]
        elif body is None:
            self.patients.pop(id, None)
            self.deleted.add(id)
        else:
            self.deleted.discard(id)
            self.patients[id] = read_patient(msgspec.json.decode(body), id, version)


class Follower:
    """Brings the index and the links up to date with the record store.

    Args:
        database: of everything.
        index: of sources.
        links: of persons.
        ask: takes pairs for review; `touched`: told which persons changed.
        access: in whose name.
    """

    def __init__(  # noqa: PLR0917 - the parts it is made of, named by whoever puts it together
        self, database: Database, index: Index, links: Links, ask: Ask, touched: Touched, access: Access
    ) -> None:
        self._database = database
        self._index = index
        self._links = links
        self._ask = ask
        self._touched = touched
        self._access = access
        self._deciding: tuple[int, Intake] | None = None

    def run(self, told: Callable[[Followed], None] = lambda _: None, *, most: int | None = None) -> Followed:
        """Follow to the end of the feed.

        Args:
            most: stop after about so many versions.

        Raises:
            Fault: `PERSONS-028` where another program follows.
        """
        done = Followed()
        with self.alone():
            self._decide_waiting(done, told)
            while (most is None or done.changes < most) and self._page(done):
                told(done)
                self._decide_waiting(done, told)
        return done

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While no other program follows or links in bulk.

        Raises:
            Fault: `PERSONS-028` where one does.
        """
        with self._database.alone() as session:
            row = session.execute(SQL["only_one"]).fetchone()
            if not row or not row[0]:
                raise Fault("PERSONS-028")
            yield

    def take_all(self, told: Callable[[int], None] = lambda _: None) -> int:
        """Bring the index up to date with all records as they stand, without deciding; how many Patients there are.

        The mark is put where the feed ended at the start: what changed meanwhile is followed afterwards.
        """
        with self._database.singly() as session:
            row = session.execute(SQL["epoch"]).fetchone()
        mark = f"{row[0]}.{row[1]}.{2**62}.0" if row else "1.0.0.0"
        count = 0
        for type in (PATIENT, RELATED):
            after = 0
            while True:
                with self._database.connection() as session:
                    rows = session.execute(SQL["current"], {"type": type, "after": after, "limit": 2_000}).fetchall()
                    self._take(session, [(type, id, version, body) for _, id, version, body in rows])
                if not rows:
                    break
                after, count = rows[-1][0], count + (len(rows) if type == PATIENT else 0)
                told(count)
        with self._database.connection() as session:
            session.execute(SQL["put_mark"], {"reader": READER, "position": mark})
        return count

    # Within.

    def _page(self, done: Followed) -> bool:
        """Take a page of versions into the index; whether there may be more."""
        with self._database.connection() as session:
            place = self._mark(session)
            values = {"types": [PATIENT, RELATED], "txid": place[1], "rid": place[2], "version": place[3]}
            rows = session.execute(SQL["changes"], {**values, "limit": CHANGES}).fetchall()
            if not rows:
                return False
            self._take(session, [(type, id, version, body) for _, _, version, type, id, body in rows])
            mark = ".".join(str(part) for part in (place[0], *rows[-1][:3]))
            session.execute(SQL["put_mark"], {"reader": READER, "position": mark})
            done.changes += len(rows)
            entry = AuditEntry(self._access, "feed", type="Patient", query="persons", count=len(rows))
            session.execute(AUDIT["add"], {"rows": msgspec.json.encode([entry.row()]).decode()})
        return True

    def _mark(self, session: Session) -> tuple[int, int, int, int]:
        """Where to go on; from the first where nothing was read or the store came from a copy."""
        row = session.execute(SQL["mark"], {"reader": READER}).fetchone()
        epoch = session.execute(SQL["epoch"]).fetchone()
        now = int(epoch[0]) if epoch else 1
        if row is None:
            return now, 0, 0, 0
        then, txid, rid, version = (int(part) for part in row[0].split("."))
        return (then, txid, rid, version) if then == now else (now, 0, 0, 0)

    def _take(self, session: Session, versions: Sequence[tuple[int, str, int, Any]]) -> None:
        told = _Told()
        for type, id, version, body in versions:
            told.add(type, id, version, body)
        if told.deleted:
            self._forget(session, sorted(told.deleted))
        self._index.put(session, list(told.patients.values()))
        self._index.put_mothers(session, told.mothers)

    def _forget(self, session: Session, sources: list[str]) -> None:
        """A Patient that its sender deleted is nobody's and is compared with nothing."""
        held = {one.known.source: one.known.person for one in self._index.entries(session, sources) if one.known.person}
        self._links.put_in(
            session, self._access, "unlink", {source: Place(None, "") for source in held}, reason="deleted"
        )
        self._index.drop(session, sources)
        self._touched(session, {person for person in held.values() if person})

    def _intake(self, session: Session) -> Intake:
        """What decides, with the weights in force; read anew only when others came into force."""
        number = model_number(session, self._index.profile)
        if self._deciding is None or self._deciding[0] != number:
            weights = read_weights(session, self._index.profile, number)
            self._deciding = (number, Intake(self._links, self._index, weights, self._ask))
        return self._deciding[1]

    def _decide_waiting(self, done: Followed, told: Callable[[Followed], None]) -> None:
        while True:
            with self._database.connection() as session:
                waiting = [row[0] for row in session.execute(SQL["waiting"], {"count": PAGE})]
                if not waiting:
                    return
                touched = self._intake(session).decide(session, self._access, waiting, done.counts)
                self._touched(session, touched)
            told(done)
