"""Claims: whoever writes "unless something matches" is alone with that condition until its transaction ends.

Two writers with the same condition meet at the unique key of `conditional_claim`: the second waits in its INSERT until
the first has committed or given up, and then searches with fresh eyes. The rows are taken back at the end of the
transaction that made them, so the table stays empty.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from psycopg import Connection

from minkang.db import Queries
from minkang.records.keys import record_key
from minkang.records.postgres import packing as pack
from minkang.records.postgres.packing import Column, Packed
from minkang.records.types import type_code

SQL = Queries.read("minkang.records.postgres", "write.sql")


class Contention(Exception):
    """Another writer was there first; the transaction is to be undone and tried again."""


def claim_key(type: str, criteria: str) -> bytes:
    """The key of a condition, the same however it is written (order, percent signs)."""
    pairs = sorted(parse_qsl(criteria, keep_blank_values=True))
    return record_key(type + "?" + "&".join(f"{name}={value}" for name, value in pairs))


class Claims:
    """The claims of one transaction."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        self._held: dict[str, Packed] = {}

    def take(self, conditions: Iterable[tuple[str, str]]) -> None:
        """Claim conditions (type, criteria): all at once, before anything is locked, in one order for all."""
        wanted = sorted({(type_code(type), claim_key(type, criteria)) for type, criteria in conditions})
        if not wanted:
            return
        types, keys = Column(pack.INT2), Column(pack.UUID)
        for code, key in wanted:
            types.add(pack.short(code))
            keys.add(pack.uuids([key]))
        parameters = {"types": types.array(), "keys": keys.array()}
        if self._connection.execute(SQL["claim"], parameters, prepare=True).rowcount != len(wanted):
            raise Contention
        self._held = parameters

    def release(self) -> None:
        """Take them back; part of the writing, just before the commit."""
        if self._held:
            self._connection.execute(SQL["release"], self._held, prepare=True)
