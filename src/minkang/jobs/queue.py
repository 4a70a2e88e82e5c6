"""The queue: tasks are registered by name, jobs are asked for by name and JSON values."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from procrastinate import App, JobContext, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued

from minkang.access import Access
from minkang.db import Database
from minkang.errors import Fault
from minkang.jobs.board import SQL, Board

_log = logging.getLogger("minkang.jobs")
PROGRESS_SECONDS = 0.5
"""Progress is written no oftener than this."""


@dataclass
class Work:
    """A job as the function that does it sees it.

    Attributes:
        job: its number; `attempt`: 1 for the first.
    """

    job: int
    attempt: int
    board: Board
    _told: float = 0.0

    def progress(self, done: int, total: int | None = None) -> None:
        """Say how far it is; cheap enough to call with each step."""
        now = time.monotonic()
        if now - self._told >= PROGRESS_SECONDS or done == total:
            self._told = now
            self.board.progress(self.job, done, total)


Function = Callable[..., Mapping[str, Any] | None]
"""What does a job: takes `Work` and the job's values by name; what it returns is shown as the result."""


class Jobs:
    """The tasks a platform knows, and the way to ask for one.

    Args:
        database: where the queue is.
    """

    def __init__(self, database: Database) -> None:
        self.board = Board(database)
        self.database = database
        self.app = App(connector=PsycopgConnector(conninfo=database.url))

    def register(self, name: str, function: Function, *, cron: str = "", retries: int = 3) -> None:
        """Make a task known.

        Args:
            function: does it, in a thread of the worker; a `Fault` it raises ends the job, except that the database was
                away (tried again later). Anything may be done twice when a worker dies: tasks must bear that.
            cron: when the clock asks for it by itself (five fields, UTC); empty for never.
            retries: how often it is tried again after something unforeseen.
        """

        def run(context: JobContext, /, **values: Any) -> None:
            values.pop("timestamp", None)  # The clock gives the time it meant; tasks read their own clock.
            assert context.job.id is not None
            self._run(name, Work(context.job.id, context.job.attempts + 1, self.board), function, values)

        task = self.app.task(name=name, pass_context=True, retry=retries)(run)
        if cron:
            self.app.periodic(cron=cron, periodic_id=name)(
                cast(Any, task)
            )  # It calls with `timestamp=`, which run takes.

    def ask(
        self, access: Access, name: str, *, key: str = "", about: Mapping[str, Any] | None = None, **values: Any
    ) -> int | None:
        """Ask for a job.

        Args:
            key: while a job with the same key waits, another is not taken in.
            about: what lists show of it.
            values: for the function; JSON.

        Returns:
            Its number; None where one with the same key waits.
        """
        with self.app.replace_connector(SyncPsycopgConnector(conninfo=self.database.url)) as app, app.open():
            try:
                number = app.configure_task(name, queueing_lock=key or None).defer(**values)
            except AlreadyEnqueued:
                return None
        self.board.ask(number, name, access.caller, about or {})
        return number

    def _run(self, name: str, work: Work, function: Function, values: dict[str, Any]) -> None:
        self.board.begin(work.job, name)
        try:
            result = function(work, **values)
        except Fault as fault:
            _log.warning("%s: %s", name, fault.code)
            self.board.finish(work.job, fault=fault.code)
            if fault.category.status == 503:
                raise
        except Exception:
            _log.exception("%s met an unforeseen problem", name)
            self.board.finish(work.job, fault="JOBS-001")
            raise
        else:
            self.board.finish(work.job, result=result)


def prepare_queue(database: Database) -> None:
    """Make the library's tables where they are not there; several programs may try at once."""
    with database.connection() as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('procrastinate'))")
        there = connection.execute(SQL["queue_there"]).fetchone()
        if there and not there[0]:
            app = App(connector=SyncPsycopgConnector(conninfo=database.url))
            connection.execute(app.schema_manager.get_schema())
