"""Reading: a record, a version, histories, the feed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from minkang.db import Queries
from minkang.errors import Fault
from minkang.records.postgres.current import METHODS, Address
from minkang.records.repository import Change, HistoryPage, Position, Record
from minkang.records.types import type_code, type_name

SQL = Queries.read("minkang.records.postgres", "read.sql")
_FIRST = datetime(1, 1, 2, tzinfo=UTC)
_LAST = datetime(9999, 12, 30, tzinfo=UTC)
_NEWEST = (2**31 - 1, 2**63 - 1)


def read(connection: Connection[Any], address: Address) -> Record:
    """The current version; see `Repository.read`."""
    parameters = {"type": type_code(address.type), "key": UUID(bytes=address.key)}
    row = connection.execute(SQL["read"], parameters, prepare=True, binary=True).fetchone()
    if row is None:
        raise Fault("RECORDS-002", type=address.type, id=address.id)
    return _there(_record(address, row))


def vread(connection: Connection[Any], address: Address, version: int) -> Record:
    """One version; see `Repository.vread`."""
    parameters = {"type": type_code(address.type), "key": UUID(bytes=address.key), "version": min(version, _NEWEST[0])}
    row = connection.execute(SQL["vread"], parameters, prepare=True, binary=True).fetchone()
    if row is None:
        raise Fault("RECORDS-002", type=address.type, id=address.id)
    if row[0] is None:
        raise Fault("RECORDS-005", type=address.type, id=address.id, version=version)
    return _there(_record(address, row))


def _record(address: Address, row: tuple[Any, ...]) -> Record:
    version, at, method, body = row
    return Record(*address, version, at, METHODS[method], body)  # type: ignore[arg-type]


def _there(record: Record) -> Record:
    if record.deleted:
        raise Fault("RECORDS-003", type=record.type, id=record.id, at=record.at.isoformat())
    return record


# Histories.


def history(  # noqa: PLR0917 - the interaction's own parameters
    connection: Connection[Any],
    type: str | None,
    id: str | None,
    since: datetime | None,
    at: tuple[datetime, datetime] | None,
    count: int,
    after: str | None,
) -> HistoryPage:
    """Versions, newest first; see `Repository.history`."""
    parameters: dict[str, object] = {
        "since": since or _FIRST,
        "from": at[0] if at else None,
        "until": at[1] if at else None,
        "limit": count + 1,
    }
    if type is not None:
        parameters["type"] = type_code(type)
    if type is not None and id is not None:
        address = Address(type, id)
        parameters |= {"key": UUID(bytes=address.key), "before": _version_of(after)}
        rows = connection.execute(SQL["history_of_record"], parameters, prepare=True, binary=True).fetchall()
        if not rows and connection.execute(SQL["exists"], parameters).fetchone() is None:
            raise Fault("RECORDS-002", type=type, id=id)
        return _history_page(rows, count, single=True)
    parameters |= _place_of(after)
    name = "history" if type is None else "history_of_type"
    rows = connection.execute(SQL[name], parameters, prepare=True, binary=True).fetchall()
    return _history_page(rows, count, single=False)


def _history_page(rows: list[tuple[Any, ...]], count: int, *, single: bool) -> HistoryPage:
    records = [
        Record(type_name(type), id, version, at, METHODS[method], body)  # type: ignore[arg-type]
        for type, id, _, version, at, method, body in rows[:count]
    ]
    if len(rows) <= count or not records:
        return HistoryPage(records, None)
    _, _, rid, version, at, _, _ = rows[count - 1]
    return HistoryPage(records, f"{version}" if single else f"{_count(at)}.{rid}.{version}")


def _count(at: datetime) -> int:
    since_epoch = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (since_epoch.days * 86400 + since_epoch.seconds) * 1_000_000 + since_epoch.microseconds


def _version_of(after: str | None) -> int:
    return _NEWEST[0] if after is None else _numbers(after, 1, "RECORDS-013", "cursor")[0]


def _place_of(after: str | None) -> dict[str, object]:
    if after is None:
        return {"at": _LAST, "rid": _NEWEST[1], "version": _NEWEST[0]}
    count, rid, version = _numbers(after, 3, "RECORDS-013", "cursor")
    try:
        at = datetime.fromtimestamp(count // 1_000_000, UTC).replace(microsecond=count % 1_000_000)
    except (ValueError, OverflowError, OSError):
        raise Fault("RECORDS-013", cursor=after) from None
    return {"at": at, "rid": rid, "version": version}


def _numbers(text: str, count: int, code: str, name: str) -> list[int]:
    parts = text.split(".")
    if len(parts) != count or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
        raise Fault(code, **{name: text[:80]})
    return [int(part) for part in parts]


# The feed.


def feed(connection: Connection[Any], after: Position | None, limit: int) -> list[Change]:
    """Versions in the order of their transactions; see `Repository.feed`."""
    row = connection.execute(SQL["epoch"]).fetchone()
    epoch = row[0] if row else 1
    txid = rid = version = 0
    if after is not None:
        of_epoch, txid, rid, version = _numbers(after, 4, "RECORDS-014", "position")
        if of_epoch != epoch:
            raise Fault("RECORDS-014", position=after)
    parameters = {"txid": txid, "rid": rid, "version": version, "limit": limit}
    rows = connection.execute(SQL["feed"], parameters, prepare=True, binary=True)
    return [
        Change(
            Position(f"{epoch}.{txid}.{rid}.{version}"),
            Record(type_name(type), id, version, at, METHODS[method], body),  # type: ignore[arg-type]
        )
        for txid, type, id, rid, version, at, method, body in rows
    ]
