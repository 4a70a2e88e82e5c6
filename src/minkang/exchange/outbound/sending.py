"""Sends notifications: in order for each subscription, again and more rarely while it is refused, then a dead letter.

At least once: a worker that is killed between the answer and its note sends that one again. What is sent is the version
that stands when it is sent, so a subscriber never gets older content after newer.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from minkang.db import Database
from minkang.errors import Fault
from minkang.exchange.outbound.endpoints import SQL, Endpoints
from minkang.exchange.outbound.subscriptions import Subscription, subscription_of
from minkang.records.repository import Repository

SECONDS = 10.0
ATTEMPTS = 8
PAUSES = (10, 60, 300, 900, 3600, 4 * 3600, 12 * 3600)
"""Seconds to the next try, after the first failure, the second …"""
BATCH = 200
OK = range(200, 300)
GONE = frozenset({404, 410})

Post = Callable[[Subscription, str, bytes | None], int]
"""Sends one notice: the subscription, `Type/id`, the body or None; gives the HTTP status."""


class Sent(Struct):
    """How many notifications were sent, refused (to be tried again) and given up."""

    sent: int = 0
    refused: int = 0
    dead: int = 0


def send(database: Database, repository: Repository, post: Post | None = None) -> Sent:
    """Send all that is due. Several workers share the subscriptions.

    Args:
        post: sends one; for tests.
    """
    report = Sent()
    seen: set[str] = set()
    while (one := _lease(database)) is not None:
        if one.id in seen:
            _release(database, one)
            break
        seen.add(one.id)
        try:
            if _all_of(database, repository, one, post or rest_hook, report):
                seen.discard(one.id)
        finally:
            _release(database, one)
    return report


def _lease(database: Database) -> Subscription | None:
    with database.connection() as connection:
        row = connection.execute(SQL["lease"]).fetchone()
    return subscription_of(row) if row else None


def _release(database: Database, one: Subscription) -> None:
    with database.connection() as connection:
        connection.execute(SQL["release"], {"id": one.id})


def _all_of(database: Database, repository: Repository, one: Subscription, post: Post, report: Sent) -> bool:
    """Send a batch of one subscription's notices; whether there may be more."""
    for _ in range(BATCH):
        with database.singly() as connection:
            row = connection.execute(SQL["next"], {"id": one.id}).fetchone()
        if row is None:
            return False
        number, type, id, _version, attempts = row
        answer = _try(database, repository, one, (type, id), post)
        if answer == "":
            _settle(database, one, number, "sent", "", 0, 0)
            one.failures = 0
            report.sent += 1
            continue
        last = attempts + 1 >= ATTEMPTS
        one.failures = 0 if last else one.failures + 1
        pause = 0 if last else PAUSES[min(attempts, len(PAUSES) - 1)]
        _settle(database, one, number, "dead" if last else "waiting", answer, one.failures, pause)
        report.dead += last
        report.refused += not last
        if not last:
            return False
    return True


def _settle(  # noqa: PLR0917 -- the columns of one row
    database: Database, one: Subscription, number: int, state: str, answer: str, failures: int, pause: int
) -> None:
    with database.connection() as connection:
        connection.execute(SQL["settle"], {"id": one.id, "number": number, "state": state, "answer": answer})
        connection.execute(SQL["backoff"], {"id": one.id, "failures": failures, "seconds": pause})


def _try(database: Database, repository: Repository, one: Subscription, address: tuple[str, str], post: Post) -> str:
    """Send one; empty where it was taken or needs no telling any more, else why not."""
    try:
        # With the endpoint's own access: what it may not see any more is not sent, and what is sent is audited.
        body = repository.read(Endpoints(database).of(one.endpoint).access(), *address).body if one.payload else None
        status = post(one, "/".join(address), body)
    except Fault as fault:
        return "" if fault.category.status in GONE else fault.code
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"[:200]
    return "" if status in OK else str(status)


def rest_hook(one: Subscription, address: str, body: bytes | None) -> int:
    """The channel rest-hook: a bare POST to the endpoint, or, with a payload, the resource by PUT below it.

    Redirects are not followed: the register of endpoints would mean nothing.

    Raises:
        OSError, http.client.HTTPException: where there is no answer within ten seconds.
    """
    parts = urlsplit(one.endpoint)
    assert parts.hostname is not None
    path = parts.path or "/"
    query = f"?{parts.query}" if parts.query else ""
    headers: dict[str, Any] = dict(one.headers)
    if body is not None:
        path = f"{path.rstrip('/')}/{address}"
        headers["Content-Type"] = f"{one.payload}; charset=utf-8"
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=SECONDS, context=context)
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=SECONDS)
    try:
        connection.request("PUT" if body is not None else "POST", path + query, body or b"", headers)
        return connection.getresponse().status
    finally:
        connection.close()
