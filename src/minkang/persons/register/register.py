"""The population register in PostgreSQL: kept up as links change, read by page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from minkang.access import Access
from minkang.access.audit import AuditEntry, AuditTrail
from minkang.db import Database, Queries
from minkang.errors import Fault
from minkang.persons.online.index import Entry, Known, Session
from minkang.persons.online.patients import SourceRecord
from minkang.persons.register.best import FIELDS, Precedence, Row, read_precedence, row_of

SQL = Queries.read("minkang.persons.register", "register.sql")
PART = 500
FIRST = str(UUID(int=0))


@dataclass(frozen=True)
class Registered:
    """A row of the register as it is read.

    Attributes:
        origin: field to `{value, source, sender, feed, others}`.
    """

    person: str
    name: str | None
    sex: str | None
    birth: str | None
    id_card: str | None
    phone: str | None
    address: str | None
    division: str | None
    household: str | None
    residence: str
    vital: str
    died: str | None
    sources: int
    origin: dict[str, dict[str, Any]]
    at: datetime


@dataclass(frozen=True)
class Disagreement:
    """What sources of one person say that cannot all be true: source to what it says."""

    person: str
    kind: str
    said: dict[str, Any]
    since: datetime
    name: str
    birth: str


@dataclass(frozen=True)
class Wanted:
    """What is looked for in the register; the beginning of a name, of a division's code."""

    name: str = ""
    id_card: str = ""
    vital: str = ""
    residence: str = ""
    household: str = ""
    division: str = ""


class Register:
    """The register.

    Args:
        database: where it is kept.
        counties: codes of six digits of the region, for residence.
        precedence: whose word counts.
        today: what day it is, for what is due.
    """

    def __init__(
        self,
        database: Database,
        counties: Iterable[str] = (),
        precedence: Precedence | None = None,
        *,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        self._database = database
        self._trail = AuditTrail(database)
        self._counties = frozenset(counties)
        self._precedence = precedence or read_precedence()
        self._today = today

    def renew(self, session: Session, persons: Iterable[str]) -> int:
        """Bring the rows of persons up to date, in the transaction that changed them."""
        wanted = sorted(set(persons))
        for start in range(0, len(wanted), PART):
            self._renew(session, wanted[start : start + PART])
        return len(wanted)

    def renew_all(self, told: Callable[[int], None] = lambda _: None) -> int:
        """Make every row anew, part by part."""
        after, done = FIRST, 0
        while True:
            with self._database.connection() as session:
                rows = session.execute(SQL["next_persons"], {"after": after, "count": PART}).fetchall()
                if not rows:
                    return done
                self._renew(session, [row[0] for row in rows])
            after, done = rows[-1][0], done + len(rows)
            told(done)

    def row(self, access: Access, person: str) -> Registered:
        """One person.

        Raises:
            Fault: `PERSONS-020`; `ACCESS-002`.
        """
        access.require("Patient", "read")
        try:
            UUID(person)
        except ValueError:
            raise Fault("PERSONS-020", person=person[:80]) from None
        with self._database.singly() as session:
            row = session.execute(SQL["row"], {"person": person}).fetchone()
        if row is None:
            raise Fault("PERSONS-020", person=person)
        self._trail.write(AuditEntry(access, "read", "Person", person))
        return Registered(*row)

    def page(
        self, access: Access, wanted: Wanted, *, after: tuple[str, str] = ("", FIRST), count: int = 50
    ) -> list[Registered]:
        """A page of the register by name; `after` is name and person of the last row on the page before."""
        access.require("Patient", "search")
        values = {**asdict(wanted), "after_name": after[0], "after": after[1], "count": count}
        with self._database.singly() as session:
            rows = session.execute(SQL["page"], values).fetchall()
        self._trail.write(AuditEntry(access, "search", "Person", query="register", count=len(rows)))
        return [Registered(*row) for row in rows]

    def counts(self) -> list[tuple[str, str, int]]:
        """Vital status, residence, how many."""
        with self._database.singly() as session:
            return [(row[0], row[1], row[2]) for row in session.execute(SQL["counts"])]

    def disagreements(
        self, access: Access, kind: str = "", *, after: tuple[str, str] = ("", FIRST), count: int = 50
    ) -> list[Disagreement]:
        """A page of what is in disagreement; `after` is kind and person of the last one before."""
        access.require("Patient", "search")
        values = {"kind": kind, "after_kind": after[0], "after": after[1], "count": count}
        with self._database.singly() as session:
            rows = session.execute(SQL["disagreements"], values).fetchall()
        self._trail.write(AuditEntry(access, "search", "Person", query="disagreements", count=len(rows)))
        return [Disagreement(*row) for row in rows]

    def disagreement_counts(self) -> list[tuple[str, int]]:
        """How much is in disagreement, by kind."""
        with self._database.singly() as session:
            return [(row[0], row[1]) for row in session.execute(SQL["disagreement_counts"])]

    def of_person(self, person: str) -> list[Disagreement]:
        """What is in disagreement about a person."""
        with self._database.singly() as session:
            return [Disagreement(*row) for row in session.execute(SQL["of_person"], {"person": person})]

    def _renew(self, session: Session, persons: Sequence[str]) -> None:
        members: dict[str, list[Entry]] = {person: [] for person in persons}
        for person, source, sender, feed, raw, columns, told, version, by_hand in session.execute(
            SQL["members"], {"persons": list(persons)}
        ):
            record = SourceRecord(source, version, sender, feed, raw, told)
            members[person].append(Entry(record, Known(source, columns, person, by_hand, sender)))
        rows = [
            row_of(person, found, self._precedence, self._counties, self._today())
            for person, found in members.items()
            if found
        ]
        empty = [person for person, found in members.items() if not found]
        session.execute(SQL["put"], {"rows": _json([_columns(row) for row in rows])})
        session.execute(SQL["drop"], {"persons": empty})
        said = [
            {"person": row.person, "kind": kind, "said": what}
            for row in rows
            for kind, what in row.disagreements.items()
        ]
        session.execute(SQL["drop_disagreements"], {"persons": list(persons), "rows": _json(said)})
        session.execute(SQL["put_disagreements"], {"rows": _json(said)})


def _columns(row: Row) -> dict[str, Any]:
    values = {name: row.best[name].value if name in row.best else None for name in FIELDS}
    return {
        **values,
        "person": row.person,
        "household": row.household or None,
        "residence": row.residence,
        "vital": row.vital,
        "sources": row.sources,
        "origin": {name: asdict(best) for name, best in row.best.items()},
    }


def _json(rows: object) -> str:
    return json.dumps(rows, ensure_ascii=False)
