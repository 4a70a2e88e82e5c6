"""Links kept in PostgreSQL: link, unlink, relink, merge, split, and the undo of each. No record is ever rewritten.

`clusters.Membership` is the meaning of these acts as a value. Each is one transaction: the links, the history, the act
with its author and reason, and the audit row are there together or not at all.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from psycopg import Connection

from minkang.access import Access
from minkang.access.audit import SQL as AUDIT
from minkang.access.audit import AuditEntry, AuditTrail
from minkang.db import Database, Queries
from minkang.errors import Fault
from minkang.persons.store.acts import Done, Kept, Kind, Past, Place, Places

SQL = Queries.read("minkang.persons.store", "links.sql")
HAND = "hand"
Session = Connection[Any]
T = TypeVar("T")


def take_turn(session: Session) -> None:
    """Let no other act on links come between, until the transaction ends."""
    session.execute(SQL["turn"])


def new_person() -> str:
    """An id for a person."""
    return str(uuid.uuid4())


class Links:
    """The links of a platform.

    Args:
        database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._audit = AuditTrail(database)

    # Acts of people; each raises `PERSONS-020` for a person that does not exist, `PERSONS-026` without a reason.

    def link(self, access: Access, source: str, person: str | None, reason: str) -> Done:
        """Link a source that has no person; None makes a person for it.

        Raises:
            Fault: `PERSONS-021` where it has one already.
        """
        return self._act(access, reason, lambda session: self._link(session, access, source, person, reason))

    def unlink(self, access: Access, source: str, reason: str) -> Done:
        """Take a source out of its person; it is found not to be the others, until somebody says otherwise.

        Raises:
            Fault: `PERSONS-022` where it has none.
        """
        return self._act(access, reason, lambda session: self._part(session, access, "unlink", [source], reason))

    def relink(self, access: Access, source: str, person: str, reason: str) -> Done:
        """Move a source to another person.

        Raises:
            Fault: `PERSONS-022` where it has none.
        """
        return self._act(access, reason, lambda session: self._relink(session, access, source, person, reason))

    def merge(self, access: Access, kept: str, given_up: str, reason: str) -> Done:
        """All sources of one person to another; the person given up stays, empty, so that it can be undone."""
        return self._act(
            access, reason, lambda session: self.merge_in(session, access, kept, given_up, reason, by_hand=True)
        )

    def split(self, access: Access, sources: Sequence[str], reason: str) -> Done:
        """Some sources of one person to a new person; both sides are found to be two persons.

        Raises:
            Fault: `PERSONS-022` for a source without a person, `PERSONS-023` where they are not of one person, or are
                all of it.
        """
        return self._act(access, reason, lambda session: self._part(session, access, "split", sources, reason))

    def undo(self, access: Access, operation: int, reason: str) -> Done:
        """Bring the links that an act changed back to what they were before it.

        Raises:
            Fault: `PERSONS-024` no such act, or undone already; `PERSONS-025` a link has been changed since.
        """
        return self._act(access, reason, lambda session: self.undo_in(session, access, operation, reason))

    # Looks.

    def of_sources(self, sources: Sequence[str]) -> dict[str, Kept]:
        """The links of sources that have one."""
        with self._database.singly() as session:
            rows = session.execute(SQL["links"], {"sources": list(sources)}).fetchall()
        return {row[0]: _kept(row) for row in rows}

    def members(self, person: str) -> list[Kept]:
        """The links of a person.

        Raises:
            Fault: `PERSONS-020` for a person that does not exist.
        """
        _check_id(person)
        with self._database.singly() as session:
            rows = session.execute(SQL["members"], {"persons": [person]}).fetchall()
            if not rows and session.execute(SQL["person"], {"person": person}).fetchone() is None:
                raise Fault("PERSONS-020", person=person)
        return [_kept(row) for row in rows]

    def history(self, sources: Sequence[str], count: int = 200) -> list[Past]:
        """What happened to sources, the latest first."""
        with self._database.singly() as session:
            rows = session.execute(SQL["history"], {"sources": list(sources), "count": count}).fetchall()
        return [Past(*(*row[:2], _text(row[2]), _text(row[3]), *row[4:])) for row in rows]

    def sources_ever(self, person: str) -> list[str]:
        """The sources that a person has or ever had."""
        _check_id(person)
        with self._database.singly() as session:
            return [row[0] for row in session.execute(SQL["sources_ever"], {"person": person})]

    def counts(self) -> tuple[int, int]:
        """Linked sources, and persons that have any."""
        with self._database.singly() as session:
            row = session.execute(SQL["counts"]).fetchone()
        return (int(row[0]), int(row[1])) if row else (0, 0)

    # The same in a transaction of the caller's.

    def put_in(
        self,
        session: Session,
        access: Access,
        kind: Kind,
        places: Places,
        *,
        reason: str = "",
        by_hand: bool = False,
    ) -> int:
        """Put sources where they are said to be, as one act; its number, 0 where nothing changes.

        Whoever decided upon links it read has taken its turn before reading them (`take_turn`).
        """
        if not places:
            return 0
        session.execute(SQL["turn"])
        persons = sorted({place.person for place in places.values() if place.person})
        session.execute(SQL["persons"], {"persons": persons})
        row = session.execute(
            SQL["operation"], {"kind": kind, "caller": access.caller, "reason": reason, "by_hand": by_hand}
        ).fetchone()
        assert row is not None
        self._write(session, row[0], {source: (place, by_hand) for source, place in places.items()})
        return int(row[0])

    def merge_in(
        self, session: Session, access: Access, kept: str, given_up: str, reason: str, *, by_hand: bool
    ) -> Done:
        """See `merge`; also used when a pair under review is linked."""
        members = self._hold(session, kept, given_up)
        if kept == given_up:
            return Done(0, kept)
        moved = {one.source: Place(kept, HAND, one.score) for one in members if one.person == given_up}
        operation = self.put_in(session, access, "merge", moved, reason=reason, by_hand=by_hand)
        sources = [one.source for one in members]
        session.execute(SQL["lift_apart"], {"sources": sources, "operation": operation})
        self._seen(session, access, "merge", kept, len(moved))
        return Done(operation, kept)

    def apart_in(self, session: Session, access: Access, left: Iterable[str], right: Iterable[str], reason: str) -> int:
        """Note that the sources of two sides are two persons; links stay as they are."""
        operation = self.put_in_operation(session, access, "apart", reason)
        _set_apart(session, operation, list(left), list(right))
        return operation

    def put_in_operation(self, session: Session, access: Access, kind: Kind, reason: str) -> int:
        """Note an act of somebody's that changes no link."""
        session.execute(SQL["turn"])
        values = {"kind": kind, "caller": access.caller, "reason": reason, "by_hand": True}
        row = session.execute(SQL["operation"], values).fetchone()
        assert row is not None
        return int(row[0])

    def undo_in(self, session: Session, access: Access, operation: int, reason: str) -> Done:
        """See `undo`."""
        session.execute(SQL["turn"])
        row = session.execute(SQL["act"], {"operation": operation}).fetchone()
        if row is None or row[6] is not None:
            raise Fault("PERSONS-024", operation=operation)
        changed = session.execute(SQL["of_operation"], {"operation": operation}).fetchall()
        sources = [one[0] for one in changed]
        held = {one[0]: _kept(one) for one in session.execute(SQL["links"], {"sources": sources}).fetchall()}
        for source, _, _, _, _, person, method, _, by_hand in changed:
            now = held.get(source)
            if (now and (now.person, now.method, now.by_hand)) != (person and (str(person), method, by_hand)):
                raise Fault("PERSONS-025", source=source)
        undo = self.put_in_operation(session, access, "undo", reason)
        back = {
            source: (Place(_text(was), method or "", score), bool(by_hand))
            for source, was, method, score, by_hand, *_ in changed
        }
        self._write(session, undo, back)
        session.execute(SQL["undo"], {"operation": operation, "undo": undo})
        session.execute(SQL["restore_apart"], {"undone": operation})
        session.execute(SQL["drop_apart"], {"operation": undo, "undone": operation})
        self._seen(session, access, "undo", str(operation), len(changed))
        persons = {place.person for place, _ in back.values()}
        return Done(undo, persons.pop() if len(persons) == 1 else None)

    # Within.

    def _act(self, access: Access, reason: str, does: Callable[[Session], T]) -> T:
        if not reason.strip():
            raise Fault("PERSONS-026", where="reason")
        access.require("Patient", "update")
        with self._database.connection() as session:
            session.execute(SQL["turn"])
            return does(session)

    def _link(self, session: Session, access: Access, source: str, person: str | None, reason: str) -> Done:
        target = person or new_person()
        if person:
            self._hold(session, person)
        if session.execute(SQL["links"], {"sources": [source]}).fetchone():
            raise Fault("PERSONS-021", source=source)
        operation = self.put_in(session, access, "link", {source: Place(target, HAND)}, reason=reason, by_hand=True)
        self._seen(session, access, "link", source, 1)
        return Done(operation, target)

    def _relink(self, session: Session, access: Access, source: str, person: str, reason: str) -> Done:
        members = self._hold(session, person)
        now = _one(session, source)
        if now.person == person:
            return Done(0, person)
        operation = self.put_in(
            session, access, "relink", {source: Place(person, HAND, now.score)}, reason=reason, by_hand=True
        )
        around = [source, *(one.source for one in members)]
        session.execute(SQL["lift_apart"], {"sources": around, "operation": operation})
        self._seen(session, access, "relink", source, 1)
        return Done(operation, person)

    def _part(self, session: Session, access: Access, kind: Kind, sources: Sequence[str], reason: str) -> Done:
        """Take sources out of their person: to none (unlink) or to one of their own (split)."""
        found = {_one(session, source).person for source in sources}
        if len(found) != 1:
            raise Fault("PERSONS-023", count=len(found))
        person = found.pop()
        members = self._hold(session, person)
        taken = {one.source: one for one in members if one.source in set(sources)}
        rest = [one.source for one in members if one.source not in taken]
        if len(taken) != len(set(sources)) or (kind == "split" and not rest):
            raise Fault("PERSONS-023", count=1)
        target = new_person() if kind == "split" else None
        places = {source: Place(target, HAND, one.score) for source, one in taken.items()}
        operation = self.put_in(session, access, kind, places, reason=reason, by_hand=True)
        _set_apart(session, operation, list(taken), rest)
        self._seen(session, access, kind, person, len(taken))
        return Done(operation, target)

    def _hold(self, session: Session, *persons: str) -> list[Kept]:
        """The links of persons, which nobody else changes until the transaction ends, since it is this one's turn."""
        session.execute(SQL["turn"])
        for person in persons:
            _check_id(person)
        held = session.execute(SQL["known_persons"], {"persons": list(persons)}).fetchall()
        missing = set(persons) - {str(one) for (one,) in held}
        if missing:
            raise Fault("PERSONS-020", person=missing.pop())
        return [_kept(row) for row in session.execute(SQL["members"], {"persons": list(persons)}).fetchall()]

    def _write(self, session: Session, operation: int, places: Mapping[str, tuple[Place, bool]]) -> None:
        sources = sorted(places)
        chosen = [places[source] for source in sources]
        values = {
            "operation": operation,
            "sources": sources,
            "persons": [place.person for place, _ in chosen],
            "methods": [place.method if place.person else None for place, _ in chosen],
            "scores": [place.score if place.person else None for place, _ in chosen],
            "hands": [by_hand if place.person else None for place, by_hand in chosen],
        }
        session.execute(SQL["events"], values)
        session.execute(SQL["drop_links"], values)
        session.execute(SQL["put_links"], values)

    def _seen(self, session: Session, access: Access, act: str, about: str, count: int) -> None:
        entry = AuditEntry(access, f"person:{act}", type="Person", id=about, count=count)
        session.execute(AUDIT["add"], {"rows": msgspec.json.encode([entry.row()]).decode()})


def _kept(row: Sequence[Any]) -> Kept:
    return Kept(row[0], str(row[1]), *row[2:])


def _text(one: Any) -> str | None:
    return None if one is None else str(one)


def _one(session: Session, source: str) -> Kept:
    row = session.execute(SQL["links"], {"sources": [source]}).fetchone()
    if row is None:
        raise Fault("PERSONS-022", source=source)
    return _kept(row)


def _set_apart(session: Session, operation: int, left: Sequence[str], right: Sequence[str]) -> None:
    pairs = [(a, b) for a in left for b in right]
    values = {"operation": operation, "sources": [a for a, _ in pairs], "others": [b for _, b in pairs]}
    session.execute(SQL["set_apart"], values)


def _check_id(person: str) -> None:
    try:
        uuid.UUID(person)
    except ValueError:
        raise Fault("PERSONS-020", person=person[:80]) from None
