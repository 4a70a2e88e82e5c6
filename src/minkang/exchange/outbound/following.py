"""Follows the change feed: starts and ends subscriptions, and notes who is to be told of what.

Position, subscriptions and notes are written in one transaction: a kill neither loses a notice nor makes one twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from psycopg import Connection
from psycopg.types.json import Jsonb

from minkang.access import Access
from minkang.db import Database
from minkang.errors import Fault
from minkang.exchange.outbound.endpoints import SQL, Endpoint, Endpoints, origin_of
from minkang.exchange.outbound.subscriptions import (
    Subscription,
    ended,
    query_of,
    read_subscription,
    subscription_of,
    wanted,
)
from minkang.fhir import decode
from minkang.records.repository import Change, Position, Record, Repository

PAGE = 1000
LOST = "RECORDS-014"
LIVING = frozenset({"requested", "active"})


class Followed(Struct):
    """What was read and noted: changes, notifications to make, subscriptions started and refused."""

    changes: int = 0
    noted: int = 0
    started: int = 0
    refused: int = 0


def follow(database: Database, repository: Repository, access: Access) -> Followed:
    """Read all that changed since the last time."""
    report = Followed()
    while _page(database, repository, access, report) == PAGE:
        pass
    return report


def active(database: Database) -> list[Subscription]:
    """All active subscriptions, by id."""
    with database.singly() as connection:
        return _active(connection)


def _active(connection: Connection[Any]) -> list[Subscription]:
    return [subscription_of(row) for row in connection.execute(SQL["subscriptions"]).fetchall()]


def _page(database: Database, repository: Repository, access: Access, report: Followed) -> int:
    with database.connection() as connection:
        (before,) = connection.execute(SQL["reader"]).fetchone() or (None,)
    try:
        changes = repository.feed(access, Position(before) if before else None, PAGE)
    except Fault as fault:
        if fault.code != LOST or not before:
            raise
        with database.connection() as connection:
            connection.execute(SQL["advance"], {"position": None})
        return PAGE
    if not changes:
        return 0
    endpoints = {one.origin: one for one in Endpoints(database).all() if one.active}
    said: list[tuple[Record, str]] = []
    with database.connection() as connection:
        row = connection.execute(SQL["reader"]).fetchone()
        if row is None or row[0] != before:
            return PAGE  # Another worker was quicker; look again.
        for batch in _between(changes):
            if batch[0].record.type == "Subscription":
                said += _subscription(connection, batch[0].record, Endpoints(database), report)
            else:
                _note(connection, batch, endpoints, report)
        connection.execute(SQL["advance"], {"position": str(changes[-1].position)})
    report.changes += len(changes)
    for record, reason in said:
        _tell(repository, access, record, reason)
    return len(changes)


def _between(changes: Sequence[Change]) -> list[list[Change]]:
    """Changes in order, each Subscription by itself: it counts from where it stands."""
    parts: list[list[Change]] = []
    for change in changes:
        alone = change.record.type == "Subscription"
        if alone or not parts or parts[-1][0].record.type == "Subscription":
            parts.append([change])
        else:
            parts[-1].append(change)
    return parts


def _subscription(
    connection: Connection[Any], record: Record, endpoints: Endpoints, report: Followed
) -> list[tuple[Record, str]]:
    status = msgspec.json.decode(record.body).get("status") if record.body else ""
    if status not in LIVING:
        connection.execute(SQL["unsubscribe"], {"id": record.id})
        return []
    try:
        one = read_subscription(record, endpoints)
    except Fault as fault:
        connection.execute(SQL["unsubscribe"], {"id": record.id})
        report.refused += 1
        return [(record, f"{fault.code} {fault.text('en')}")]
    known = {name: getattr(one, name) for name in ("id", "version", "criteria", "endpoint", "payload", "until")}
    connection.execute(SQL["subscribe"], {**known, "headers": Jsonb(one.headers)})
    report.started += 1
    return [(record, "")] if status == "requested" else []


def _note(
    connection: Connection[Any], changes: Sequence[Change], endpoints: dict[str, Endpoint], report: Followed
) -> None:
    found: list[tuple[str, str, str, int]] = []
    for one in _active(connection):
        endpoint = endpoints.get(origin_of(one.endpoint))
        query = query_of(one.criteria)
        if endpoint is None or ended(one) or not endpoint.access().allows(query.type or "", "read"):
            continue
        for change in changes:
            if wanted(query, change.record):
                found.append((one.id, change.record.type, change.record.id, change.record.version))
    if found:
        names = ("subscriptions", "types", "ids", "versions")
        columns = [list(column) for column in zip(*found, strict=True)]
        connection.execute(SQL["add"], dict(zip(names, columns, strict=True)))
        report.noted += len(found)


def _tell(repository: Repository, access: Access, record: Record, fault: str) -> None:
    """Say in the resource that it is active now, or why it is not; another hand may have changed it meanwhile."""
    body = msgspec.json.decode(record.body or b"{}")
    body["status"] = "error" if fault else "active"
    if fault:
        body["error"] = fault
    else:
        body.pop("error", None)
    try:
        repository.update(access, decode(msgspec.json.encode(body)), if_match=record.version)
    except Fault as refused:
        if refused.category.status >= 500:
            raise
