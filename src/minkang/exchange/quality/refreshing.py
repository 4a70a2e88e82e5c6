"""Brings the figures up to date: reads the change feed from where it was, looks at what changed, and counts again the
groups that it touched. A kill at any moment loses nothing: position and findings are written in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from psycopg import Connection

from minkang.access import Access
from minkang.db import Database, Queries
from minkang.errors import Fault
from minkang.exchange.quality.measuring import Measured, Statement, measure
from minkang.exchange.quality.rules import Rules, rules
from minkang.records.repository import Change, Position, Repository

SQL = Queries.read("minkang.exchange.quality", "quality.sql")
PAGE = 2000
GROUPS = 200
ONCE = "only-once"
LOST = "RECORDS-014"


class Refreshed(Struct):
    """What a refresh did: changes read, records looked at, groups counted again."""

    changes: int = 0
    records: int = 0
    groups: int = 0


def refresh(
    database: Database, repository: Repository, access: Access, *, tell: Callable[[int], None] = lambda _: None
) -> Refreshed:
    """Look at all that changed since the last time. Two at once wait for each other page by page.

    Args:
        access: must read the feed; every page leaves an audit row.
        tell: called with the changes read so far.
    """
    report, known = Refreshed(), rules()
    version = _digest()
    while _page(database, repository, access, known, version, report) == PAGE:
        tell(report.changes)
    while _count(database, known, report):
        tell(report.changes)
    with database.connection() as connection:
        connection.execute(
            SQL["make_message_figures"],
            {
                "rules": [one.id for one in known.message],
                "dimensions": [one.dimension for one in known.message],
                "outcomes": [one.outcome for one in known.message],
            },
        )
    tell(report.changes)
    return report


def _digest() -> str:
    return hashlib.sha256((files("minkang.exchange.quality") / "rules.toml").read_bytes()).hexdigest()[:32]


def _page(  # noqa: PLR0917 -- the parts of one step
    database: Database, repository: Repository, access: Access, known: Rules, version: str, report: Refreshed
) -> int:
    position = _position(database, version)
    try:
        changes = repository.feed(access, position, PAGE)
    except Fault as fault:
        if fault.code != LOST or position is None:
            raise
        _forget(database, version)
        return PAGE
    if changes and _store(database, known, position, changes, report, version):
        report.changes += len(changes)
    return len(changes)


def _position(database: Database, version: str) -> Position | None:
    with database.connection() as connection:
        position, made_with = connection.execute(SQL["reader"]).fetchone() or (None, "")
    if position is not None and made_with != version:
        _forget(database, version)
        return None
    return Position(position) if position is not None else None


def _forget(database: Database, version: str) -> None:
    with database.connection() as connection:
        connection.execute(SQL["forget"])
        connection.execute(SQL["advance"], {"position": None, "rules": version})


def _store(  # noqa: PLR0917 -- the parts of one step
    database: Database,
    known: Rules,
    before: Position | None,
    changes: Sequence[Change],
    report: Refreshed,
    version: str,
) -> bool:
    last = {(change.record.type, change.record.id): change.record for change in changes}
    last = {key: record for key, record in last.items() if key[0] != "Provenance"}
    with database.connection() as connection:
        row = connection.execute(SQL["reader"]).fetchone()
        if row is None or row[0] != before:
            return False  # Another refresh was quicker.
        stated = _statements(connection, [id for _, id in last])
        found: list[Measured] = []
        gone: list[tuple[str, str]] = []
        for (type, id), record in last.items():
            body = msgspec.json.decode(record.body) if record.body is not None else None
            one = measure(body, stated.get(id), known) if body is not None else None
            if one is None:
                gone.append((type, id))
            else:
                found.append(one)
        ids = [id for _, id in last]
        connection.execute(SQL["touch_old"], {"ids": ids})
        if gone:
            connection.execute(SQL["remove"], {"ids": [id for _, id in gone], "types": [type for type, _ in gone]})
        _put(connection, found)
        connection.execute(SQL["touch_old"], {"ids": ids})
        connection.execute(SQL["advance"], {"position": str(changes[-1].position), "rules": version})
    report.records += len(found)
    return True


def _statements(connection: Connection[Any], ids: Sequence[str]) -> Mapping[str, Statement]:
    named = [id for id in ids if _is_uuid(id)]
    rows = connection.execute(SQL["statements"], {"ids": named}).fetchall() if named else []
    return {id: Statement(rank, received, place) for id, rank, received, place in rows}


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _put(connection: Connection[Any], found: Sequence[Measured]) -> None:
    if found:
        ids, types, senders, datasets, months, checked, failed, likenesses = zip(*found, strict=True)
        connection.execute(
            SQL["put"],
            {
                "ids": list(ids),
                "types": list(types),
                "senders": list(senders),
                "datasets": list(datasets),
                "months": list(months),
                "checked": list(checked),
                "failed": list(failed),
                "likenesses": list(likenesses),
            },
        )


def _count(database: Database, known: Rules, report: Refreshed) -> int:
    with database.connection() as connection:
        groups = connection.execute(SQL["take_touched"], {"count": GROUPS}).fetchall()
        if not groups:
            return 0
        senders, datasets, months = (list(column) for column in zip(*groups, strict=True))
        where = {"senders": senders, "datasets": datasets, "months": months}
        connection.execute(SQL["clear_figures"], where)
        counted = [one for one in known.rule if one.id != ONCE]
        what = {
            "rules": [one.id for one in counted],
            "dimensions": [one.dimension for one in counted],
            "bits": [1 << (one.number - 1) for one in counted],
            "once": ONCE,
        }
        connection.execute(SQL["make_figures"], {**where, **what})
    report.groups += len(groups)
    return len(groups)
