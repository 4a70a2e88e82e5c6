"""How fresh the data is and whether it is synthetic, for the status line; looked up every few seconds."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from datetime import datetime

from minkang.db import Database, Queries
from minkang.portal.web.titles import is_synthetic

SQL = Queries.read("minkang.portal.web", "freshness.sql")
REMEMBER_SECONDS = 15.0


@dataclass(frozen=True)
class Freshness:
    """When the newest version was written (None: empty store), whether it is synthetic, exports under way."""

    newest: datetime | None
    synthetic: bool
    running: int


_lock = threading.Lock()
_remembered: dict[str, tuple[float, Freshness]] = {}


def freshness(database: Database) -> Freshness:
    """The state of the data, at most `REMEMBER_SECONDS` old."""
    now = time.monotonic()
    found = _remembered.get(database.url)
    if found is None or now - found[0] > REMEMBER_SECONDS:
        with database.singly() as connection:
            row = connection.execute(SQL["newest"]).fetchone()
            running = connection.execute(SQL["running"]).fetchone()
        at, body = row or (None, None)
        fresh = Freshness(at, is_synthetic(json.loads(body)) if body else False, running[0] if running else 0)
        with _lock:
            _remembered.clear()
            _remembered[database.url] = found = (now, fresh)
    return found[1]
