"""The board: what people see of the work behind the pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from minkang.db import Database, Queries

SQL = Queries.read("minkang.jobs", "board.sql")
State = Literal["waiting", "running", "done", "failed"]


@dataclass(frozen=True)
class JobSeen:
    """A job as people see it.

    Attributes:
        job: its number; `task`: what it does, by name; `caller`: who asked for it.
        about: what lists show of it, as whoever asked gave it.
        asked, begun, ended: when; None for not yet.
        done, total: how far it is, in units of its own; `total` is None where nobody knows.
        fault: the code it failed with; empty otherwise.
        result: what it says of its outcome.
    """

    job: int
    task: str
    caller: str
    about: Mapping[str, Any]
    asked: datetime
    begun: datetime | None
    ended: datetime | None
    state: State
    done: int
    total: int | None
    fault: str
    result: Mapping[str, Any]

    @property
    def share(self) -> float | None:
        """How much of it is done, 0 to 1; None where nobody knows."""
        if self.state == "done":
            return 1.0
        return min(self.done / self.total, 1.0) if self.total else None


class Board:
    """Reads and writes the board."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def one(self, job: int) -> JobSeen | None:
        """One job; None where there is none of that number."""
        with self._database.singly() as connection:
            row = connection.execute(SQL["one"], {"job": job}).fetchone()
        return JobSeen(*row) if row else None

    def newest(self, *, state: State | None = None, before: int | None = None, count: int = 50) -> list[JobSeen]:
        """Jobs, the newest first, from behind `before` on."""
        values = {"state": state or "", "before": before, "count": count}
        with self._database.singly() as connection:
            return [JobSeen(*row) for row in connection.execute(SQL["newest"], values)]

    def ask(self, job: int, task: str, caller: str, about: Mapping[str, Any]) -> None:
        """Show a job that was asked for."""
        self._tell("ask", job=job, task=task, caller=caller, about=json.dumps(dict(about), ensure_ascii=False))

    def begin(self, job: int, task: str) -> None:
        """Show that it runs."""
        self._tell("begin", job=job, task=task)

    def progress(self, job: int, done: int, total: int | None) -> None:
        """Show how far it is."""
        self._tell("progress", job=job, done=done, total=total)

    def finish(self, job: int, *, fault: str = "", result: Mapping[str, Any] | None = None) -> None:
        """Show how it ended."""
        state = "failed" if fault else "done"
        self._tell("finish", job=job, state=state, fault=fault, result=json.dumps(dict(result or {})))

    def clear(self, days: int = 90) -> None:
        """Forget jobs that ended longer ago than so many days."""
        self._tell("clear", days=days)

    def _tell(self, statement: str, **values: object) -> None:
        with self._database.singly() as connection:
            connection.execute(SQL[statement], values)
