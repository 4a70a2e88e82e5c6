"""Locks by number: writers of one record, or of one condition, one after the other.

They are PostgreSQL's advisory locks, held to the end of the transaction. A row lock or a row in a table of claims would
do as well but for the feed: both give the transaction its number *before* it waits, so that a later version of a record
could bear a lower number than an earlier one. These give none; a transaction gets its number with its first INSERT,
when it has read what it changes, and `store` fails it should another have changed that since.

The table of locks is the server's and of fixed size (6,400 by default), so a transaction takes some hundreds at most.
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
from minkang.records.postgres.pipes import together

SQL = Queries.read("minkang.records.postgres", "write.sql")
MOST_LOCKS = 300
ALL_CONDITIONS = 0x6D6B_636F_6E64
"""Held together by whoever claims some conditions, alone by whoever claims too many to count."""


class Contention(Exception):
    """Another writer was there first; the transaction is to be undone and tried again."""


def lock_numbers(keys: Iterable[bytes]) -> Packed:
    """The locks of keys, sorted: all who take several take them in one order, so that nobody waits in a ring."""
    numbers = sorted({int.from_bytes(key[:8], "big", signed=True) for key in keys})
    column = Column(pack.INT8)
    column.add(pack.longs(numbers), len(numbers))
    return column.array()


def condition_key(type: str, criteria: str) -> bytes:
    """The key of a condition, the same however it is written (order, percent signs)."""
    pairs = sorted(parse_qsl(criteria, keep_blank_values=True))
    return record_key(type + "?" + "&".join(f"{name}={value}" for name, value in pairs))


def claim(connection: Connection[Any], conditions: Iterable[tuple[str, str]]) -> None:
    """Be alone with conditions (type, criteria) until the transaction ends.

    Whoever writes "unless something matches" claims first and searches then: a second writer with the same condition
    waits here until the first has committed, and finds what it made. To be called once a transaction, before anything
    is read.
    """
    wanted = {condition_key(type, criteria) for type, criteria in conditions}
    if not wanted:
        return
    if len(wanted) > MOST_LOCKS:
        column = Column(pack.INT8)
        column.add(pack.long(ALL_CONDITIONS))
        connection.execute(SQL["lock"], {"numbers": column.array()})
        return
    with together(connection):
        connection.execute(SQL["lock_together"], {"number": ALL_CONDITIONS})
        connection.execute(SQL["lock"], {"numbers": lock_numbers(wanted)})
