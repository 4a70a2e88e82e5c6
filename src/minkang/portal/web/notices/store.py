"""The table of notices: tell accounts something, count what is unread, list it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from minkang.db import Database, Queries
from minkang.errors import Language
from minkang.wording import say

SQL = Queries.read("minkang.portal.web.notices", "notices.sql")


@dataclass(frozen=True)
class Notice:
    """One notice; `key` and `params` make its words in the language of its reader."""

    id: int
    at: datetime
    key: str
    params: Mapping[str, object]
    address: str
    read: datetime | None

    def text(self, language: Language) -> str:
        """Its words."""
        return say(self.key, language, **self.params)


def tell(database: Database, accounts: Sequence[str], key: str, *, address: str = "", **params: object) -> None:
    """Give accounts a notice.

    Args:
        accounts: user names.
        key: of the words, in full (`exchange.rejects_waiting`).
        address: the page it leads to.
        params: what the words name; must be writable as JSON.
    """
    values = {"accounts": list(accounts), "key": key, "params": json.dumps(params), "address": address}
    with database.connection() as connection:
        connection.execute(SQL["tell"], values)


def unread(database: Database, account: str) -> int:
    """How many an account has not read."""
    return _number(database, "unread", account)


def count(database: Database, account: str) -> int:
    """How many an account has."""
    return _number(database, "count", account)


def newest(database: Database, account: str, *, limit: int, offset: int = 0) -> list[Notice]:
    """The newest of an account."""
    values = {"account": account, "limit": limit, "offset": offset}
    with database.singly() as connection:
        return [Notice(*row) for row in connection.execute(SQL["newest"], values)]


def read_all(database: Database, account: str) -> None:
    """Mark all of an account as read."""
    with database.connection() as connection:
        connection.execute(SQL["read_all"], {"account": account})


def _number(database: Database, statement: str, account: str) -> int:
    with database.singly() as connection:
        row = connection.execute(SQL[statement], {"account": account}).fetchone()
    return int(row[0]) if row else 0
