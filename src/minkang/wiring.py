"""Where the parts of the platform are put together."""

from __future__ import annotations

from dataclasses import dataclass

from minkang.access.audit import AuditTrail
from minkang.access.clients import Clients
from minkang.db import Database, Notice, Served, migrate, require_current, server_for, silent
from minkang.jobs import Jobs, prepare_queue
from minkang.records.postgres import PostgresRepository
from minkang.records.repository import Repository
from minkang.records.search import PLANNING, Limits, PostgresSearch
from minkang.settings import Settings

# Packages that keep state in the database, lower floors first: the order in which their migrations run.
MIGRATED_PACKAGES = (
    "minkang.access",
    "minkang.records",
    "minkang.flows",
    "minkang.jobs",
    "minkang.exchange",
    "minkang.portal",
)


@dataclass(frozen=True)
class Platform:
    """The parts of a running platform, made once a process and handed down by whoever opened it.

    Attributes:
        settings: in force since the start.
        server: the database server, held open while the platform is.
        database: connections to it.
        audit: the audit trail.
        clients: the register of service clients.
        repository: the record store.
        jobs: the work behind the pages.
    """

    settings: Settings
    server: Served
    database: Database
    audit: AuditTrail
    clients: Clients
    repository: Repository
    jobs: Jobs

    def check(self) -> None:
        """See that the database answers and fits the program; raises the fault where it does not."""
        require_current(self.database, MIGRATED_PACKAGES)

    def close(self) -> None:
        """Give connections and the share in the server back."""
        self.database.close()
        self.server.stop()


def after_restore(database: Database) -> None:
    """What a restored copy needs before it is used: readers of its change feed must begin again."""
    PostgresRepository(database, PostgresSearch(Limits())).after_restore()


def open_platform(settings: Settings, *, notice: Notice = silent, prepare: bool = False) -> Platform:
    """Start or join the database and put the parts together.

    Args:
        notice: told what takes a while.
        prepare: run the migrations first, as `minkang init` does; otherwise a database that is behind is refused.

    Raises:
        Fault: what keeps the server or the database from working (`DB-001` to `DB-045`).
    """
    server = server_for(settings, notice=notice)
    try:
        # One connection more than threads: the background worker never waits for a request to end.
        database = Database(
            server.url,
            size=settings.threads + 1,
            statement_seconds=settings.statement_seconds,
            revive=server.revive,
            planning=PLANNING,
        )
        database.check()
        if prepare:
            migrate(database, MIGRATED_PACKAGES, notice=notice)
            prepare_queue(database)
        require_current(database, MIGRATED_PACKAGES)
    except BaseException:
        server.stop()
        raise
    repository = PostgresRepository(
        database,
        PostgresSearch(Limits(most=settings.max_count)),
        check_references=settings.check_references,
        max_entries=settings.max_entries,
    )
    return Platform(settings, server, database, AuditTrail(database), Clients(database), repository, Jobs(database))


def register_tasks(platform: Platform) -> None:
    """Make known what a worker does: by the clock, and when pages and programs ask."""
    board = platform.jobs.board
    platform.jobs.register("clear-board", lambda _: board.clear(), cron="40 18 * * *")
