"""Notifications as people look at them, and dead letters sent again."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from minkang.db import Database
from minkang.exchange.outbound.endpoints import SQL

State = Literal["waiting", "sent", "dead"]


class Letter(Struct, frozen=True):
    """A notification and what became of it; `answer` is the last one, a status or why there was none."""

    subscription: str
    number: int
    type: str
    id: str
    version: int
    state: str
    attempts: int
    answer: str
    at: datetime


def letters(
    database: Database, *, state: State | None = None, subscription: str | None = None, count: int = 50
) -> list[Letter]:
    """Notifications, the newest first."""
    wanted = {"state": state, "subscription": subscription, "count": count}
    with database.singly() as connection:
        return [Letter(*row) for row in connection.execute(SQL["deliveries"], wanted).fetchall()]


def send_again(database: Database, *, subscription: str | None = None, number: int | None = None) -> int:
    """Let dead letters of subscriptions that have not ended wait again, to be tried at once; how many."""
    with database.connection() as connection:
        found = connection.execute(SQL["again"], {"subscription": subscription, "number": number}).fetchall()
        connection.execute(SQL["due_now"], {"subscription": subscription})
    return len(found)
