"""The index of sources in PostgreSQL: each as it is compared, and a key for each group of columns it has in full.

A group with a missing column gives no key: what is missing never widens a search.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from psycopg import Connection

from minkang.db import Queries
from minkang.persons.comparing import Prepared
from minkang.persons.model import Model, from_json, read_model
from minkang.persons.online.patients import SourceRecord
from minkang.persons.preparing import Preparation
from minkang.persons.profile import Profile

SQL = Queries.read("minkang.persons.online", "index.sql")
Session = Connection[Any]


@dataclass(frozen=True)
class Known:
    """A source as the index has it.

    Attributes:
        person: whom it is linked to, None for nobody; `by_hand`: whether somebody made that link.
    """

    source: str
    columns: Prepared
    person: str | None = None
    by_hand: bool = False
    sender: str = ""


@dataclass(frozen=True)
class Entry:
    """A source with all that the index keeps of it."""

    record: SourceRecord
    known: Known


def keys_of(profile: Profile, columns: Prepared) -> list[int]:
    """The keys of a prepared record: one a group of the profile's blocks that it has in full."""
    found = []
    for number, group in enumerate(profile.blocks):
        values = [columns.get(name) for name in group]
        if any(value is None for value in values):
            continue
        text = "\x1f".join([str(number), *map(str, values)])
        found.append(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True))
    return list(dict.fromkeys(found))


class Index:
    """The index, within the transaction of whoever uses it."""

    def __init__(self, profile: Profile, prepare: Preparation) -> None:
        self.profile = profile
        self._prepare = prepare

    def put(self, session: Session, records: Sequence[SourceRecord], *, decided: bool = False) -> list[str]:
        """Keep records as they are compared.

        Returns:
            the sources whose columns, or what their sender says of them, are not what the index had.
        """
        latest = {record.source: record for record in records}
        before = {one.record.source: one for one in self.entries(session, list(latest))}
        mothers = dict(session.execute(SQL["mothers"], {"sources": list(latest)}).fetchall()) if latest else {}
        rows, gone, new, changed = [], [], [], []
        for source, sent in latest.items():
            old = before.get(source)
            record = _with_mother(sent, mothers[source]) if source in mothers else sent
            columns = self.prepared(record)
            if old and old.known.columns == columns and old.record == record:
                continue
            same = old is not None and old.known.columns == columns and _same_as(old.record) == _same_as(record)
            rows.append(_row(record, columns, decided=same or decided))
            if same:
                continue
            changed.append(source)
            keys = keys_of(self.profile, columns)
            then = keys_of(self.profile, old.known.columns) if old else []
            gone.append({"s": source, "keys": [str(key) for key in then if key not in keys]})
            new.append({"s": source, "keys": [str(key) for key in keys if key not in then]})
        if rows:
            session.execute(SQL["put"], {"rows": _json(rows)})
        if any(one["keys"] for one in gone):
            session.execute(SQL["drop_keys"], {"rows": _json(gone)})
        if any(one["keys"] for one in new):
            session.execute(SQL["put_keys"], {"rows": _json(new)})
        return changed

    def put_mothers(self, session: Session, mothers: Mapping[str, str]) -> list[str]:
        """Keep the numbers of mothers, told by RelatedPersons; the sources here that changed by it."""
        if not mothers:
            return []
        values = {"sources": list(mothers), "numbers": list(mothers.values())}
        session.execute(SQL["put_mothers"], values)
        return self.put(session, [one.record for one in self.entries(session, list(mothers))])

    def drop(self, session: Session, sources: Sequence[str]) -> None:
        """Take sources out."""
        found = self.entries(session, sources)
        gone = [
            {"s": one.known.source, "keys": [str(key) for key in keys_of(self.profile, one.known.columns)]}
            for one in found
        ]
        if gone:
            session.execute(SQL["drop_keys"], {"rows": _json(gone)})
            session.execute(SQL["drop"], {"sources": list(sources)})

    def entries(self, session: Session, sources: Sequence[str]) -> list[Entry]:
        """Sources with all that is kept of them; those the index does not have are left out."""
        rows = session.execute(SQL["of_sources"], {"sources": list(sources)}).fetchall() if sources else []
        return [
            Entry(
                SourceRecord(source, version, sender, feed, raw, told),
                Known(source, columns, person, bool(by_hand), sender),
            )
            for source, sender, feed, raw, columns, told, version, person, by_hand in rows
        ]

    def candidates(self, session: Session, source: str, columns: Prepared) -> list[Known]:
        """Other sources that share a group of columns with a prepared record."""
        keys = keys_of(self.profile, columns)
        if not keys:
            return []
        values = {"keys": keys, "most": self.profile.bounds.block, "source": source}
        rows = session.execute(SQL["candidates"], values).fetchall()
        return [Known(other, found, person, bool(by_hand), sender) for other, sender, found, person, by_hand in rows]

    def members(self, session: Session, persons: Sequence[str]) -> dict[str, list[Known]]:
        """The sources of persons."""
        found: dict[str, list[Known]] = {person: [] for person in persons}
        for person, source, columns, by_hand in session.execute(SQL["members"], {"persons": list(persons)}):
            found[person].append(Known(source, columns, person, by_hand))
        return found

    def prepared(self, record: SourceRecord) -> Prepared:
        """A record as it is compared, without keeping it."""
        return {name: value for name, value in self._prepare(record.raw).items() if value is not None}

    def everything(self, session: Session, size: int = 20_000) -> Iterator[list[tuple[str, str, Prepared]]]:
        """All sources: id, sender, columns."""
        after = UUID(int=0)
        while rows := session.execute(SQL["everything"], {"after": after, "count": size}).fetchall():
            yield [(source, sender, columns) for _, source, sender, columns in rows]
            after = rows[-1][0]


def model_number(session: Session, profile: Profile) -> int:
    """The number of the weights in force; 0 before any bulk run."""
    row = session.execute(SQL["model_number"], {"profile": profile.name, "region": profile.region}).fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def read_weights(session: Session, profile: Profile, number: int) -> Model:
    """Weights by their number; those that come with the program for 0."""
    row = session.execute(SQL["model"], {"id": number}).fetchone() if number else None
    return from_json(row[0]) if row else read_model(profile.model)


def put_in_force(session: Session, profile: Profile, model: Model) -> None:
    """Put weights in force: those of a bulk run, so that decisions at intake weigh alike."""
    values = {"profile": profile.name, "region": profile.region, "model": model.to_json()}
    session.execute(SQL["put_model"], values)


def _row(record: SourceRecord, columns: Prepared, *, decided: bool) -> dict[str, Any]:
    return {
        "source": record.source, "sender": record.sender, "feed": record.feed, "raw": record.raw, "columns": columns,
        "told": record.told, "version": record.version, "decided": decided,
    }  # fmt: skip


def _with_mother(record: SourceRecord, number: str) -> SourceRecord:
    return replace(record, raw={**record.raw, "mother_id": number})


def _same_as(record: SourceRecord) -> object:
    return record.told.get("same_as")


def _json(rows: object) -> str:
    return json.dumps(rows, ensure_ascii=False)
