"""Records as they stand, read and locked by the transaction that is going to change them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from minkang.db import Queries
from minkang.records.keys import record_key
from minkang.records.postgres import packing as pack
from minkang.records.postgres.locks import lock_numbers
from minkang.records.postgres.packing import Column, Packed
from minkang.records.postgres.pipes import together
from minkang.records.repository import Record
from minkang.records.types import type_code

SQL = Queries.read("minkang.records.postgres", "write.sql")
METHODS = ("", "create", "update", "delete")
"""The names of `record_version.method`."""


class Address(NamedTuple):
    """A record by type and id."""

    type: str
    id: str

    @property
    def key(self) -> bytes:
        """Its key in the tables."""
        return record_key(f"{self.type}/{self.id}")


class Current(NamedTuple):
    """The current version of a record, and its number."""

    rid: int
    version: int
    deleted: bool
    at: datetime
    method: int
    body: bytes | None

    def record(self, address: Address) -> Record:
        """As callers see it."""
        return Record(*address, self.version, self.at, METHODS[self.method], self.body)  # type: ignore[arg-type]


def uuid_array(keys: Iterable[bytes]) -> Packed:
    """Keys as one parameter."""
    listed = list(keys)
    column = Column(pack.UUID)
    column.add(pack.uuids(listed), len(listed))
    return column.array()


def fetch(connection: Connection[Any], addresses: Collection[Address], *, lock: bool) -> dict[Address, Current]:
    """The current versions of those that exist, deleted ones included.

    Args:
        lock: whether to wait for others who are changing them, and make later ones wait.
    """
    by_type: dict[str, dict[bytes, Address]] = defaultdict(dict)
    for address in addresses:
        by_type[address.type][address.key] = address
    cursors = {}
    # One round trip. Each statement sees what was committed when its turn comes, so the reading follows the waiting.
    with together(connection):
        if lock:
            numbers = lock_numbers(address.key for address in addresses)
            connection.execute(SQL["lock"], {"numbers": numbers}, prepare=True)
        for type, wanted in by_type.items():
            parameters = {"type": type_code(type), "keys": uuid_array(wanted)}
            cursors[type] = connection.execute(SQL["current"], parameters, prepare=True, binary=True)
    return {
        by_type[type][key.bytes]: Current(rid, version, deleted, at, method, body)
        for type, cursor in cursors.items()
        for key, rid, version, deleted, at, method, body in cursor
    }


def existing(connection: Connection[Any], addresses: Iterable[Address]) -> set[Address]:
    """Those of the addresses at which there is a record that is not deleted."""
    by_type: dict[str, dict[bytes, Address]] = defaultdict(dict)
    for address in addresses:
        by_type[address.type][address.key] = address
    there: set[Address] = set()
    for type, wanted in by_type.items():
        parameters = {"type": type_code(type), "keys": uuid_array(wanted)}
        for (key,) in connection.execute(SQL["existing"], parameters, prepare=True, binary=True):
            there.add(wanted[key.bytes])
    return there
