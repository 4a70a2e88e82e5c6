"""What others hear of links: a gap-free feed of what changed, and the person behind each source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minkang.db import Database
from minkang.persons.store.links import SQL

PAGE = 20_000
START = "0.0"


@dataclass(frozen=True)
class LinkEvent:
    """One change of a link, and the position behind it.

    Attributes:
        kind: linked, unlinked or relinked.
        was, person: before and after; None for none.
    """

    position: str
    source: str
    kind: str
    was: str | None
    person: str | None


class LinkFeed:
    """The changes of links in the order they were committed: each once, none left out."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def after(self, position: str = START, count: int = PAGE) -> list[LinkEvent]:
        """Events behind a position (empty: from the first)."""
        txid, _, number = (position or START).partition(".")
        values = {"txid": int(txid), "number": int(number), "count": count}
        with self._database.singly() as session:
            rows = session.execute(SQL["feed"], values).fetchall()
        return [
            LinkEvent(f"{at}.{place}", source, kind, str(was) if was else None, str(person) if person else None)
            for at, place, source, kind, was, person in rows
        ]

    def end(self) -> str:
        """The end of the feed now."""
        with self._database.singly() as session:
            row = session.execute(SQL["end"]).fetchone()
        return f"{row[0] if row else 0}.{2**62}"

    def changed(self, mark: str) -> tuple[list[str], str]:
        """Sources whose person changed since a mark (empty: ever), and the mark to ask with next time.

        This is what the lake asks for (`lake.refresh.Relinked`).
        """
        found: dict[str, None] = {}
        position = mark or START
        while page := self.after(position):
            found |= dict.fromkeys(event.source for event in page)
            position = page[-1].position
            if len(page) < PAGE:
                break
        return list(found), position


class StoredPersons:
    """`PersonResolver` over the links: the person of each patient, the patient itself where it has no link."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def resolve(self, patient_ids: Sequence[str]) -> Mapping[str, str]:
        """See `PersonResolver.resolve`."""
        wanted = list(dict.fromkeys(patient_ids))
        found = {patient: patient for patient in wanted}
        with self._database.singly() as session:
            for start in range(0, len(wanted), PAGE):
                rows = session.execute(SQL["resolve"], {"sources": wanted[start : start + PAGE]})
                found.update(rows.fetchall())
        return found
