"""Record numbers, drawn from the database a thousand at a time."""

from __future__ import annotations

import os
import threading
from typing import Any

from psycopg import Connection

from minkang.db.sql import Queries

SQL = Queries.read("minkang.records.postgres", "write.sql")
BLOCK = 1000


class Rids:
    """Gives out numbers that no other process gives out. What a process leaves of its block is never used."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        self._next = self._end = 0
        self._process = os.getpid()

    def take(self, connection: Connection[Any], count: int) -> list[int]:
        """So many new numbers, ascending within a block."""
        with self._lock:
            if self._process != os.getpid():
                self._forget()  # A forked child must not share its parent's block.
            taken: list[int] = []
            while len(taken) < count:
                if self._next == self._end:
                    row = connection.execute(SQL["rid_block"], prepare=True).fetchone()
                    assert row is not None
                    self._next, self._end = row[0], row[0] + BLOCK
                end = min(self._end, self._next + count - len(taken))
                taken.extend(range(self._next, end))
                self._next = end
            return taken
