"""Where the parts of the platform are put together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from minkang.access import program_access
from minkang.access.audit import AuditTrail
from minkang.access.clients import Clients
from minkang.blobs import FolderBlobs
from minkang.db import Database, Notice, Served, migrate, require_current, server_for, silent
from minkang.errors import Fault
from minkang.exchange.connectors import Connectors
from minkang.exchange.fhir.connector import FhirConnector
from minkang.exchange.fhir.device import DeviceConnector
from minkang.exchange.intake.engine import Intake
from minkang.exchange.intake.requests import REPLAY, TAKE, replay_task, take_task
from minkang.exchange.message import Connector
from minkang.exchange.quality import refresh as measure_quality
from minkang.jobs import Jobs, Work, prepare_queue
from minkang.lake.build import Progress
from minkang.lake.given import AuditDays, region_tables
from minkang.lake.query import Lake
from minkang.lake.refresh import Options, Refresher, no_progress
from minkang.lake.snapshots import Folder
from minkang.lake.source import StoreSource
from minkang.persons.store.feed import LinkFeed, StoredPersons
from minkang.records.postgres import PostgresRepository
from minkang.records.search import PLANNING, Limits, PostgresSearch
from minkang.settings import Settings
from minkang.synth.region import read_region

if TYPE_CHECKING:
    from minkang.persons.keeping import Persons

FOLLOW = "persons-follow"
"""The task that decides upon new and changed Patients."""
REFRESH = "lake-refresh"
"""The task that brings the lake up to date."""
NOTIFY = "subscriptions"
"""The task that tells subscribers."""
QUALITY = "data-quality"
"""The task that brings the figures of data quality up to date."""

# Packages that keep state in the database, lower floors first: the order in which their migrations run.
MIGRATED_PACKAGES = (
    "minkang.access",
    "minkang.records",
    "minkang.flows",
    "minkang.jobs",
    "minkang.exchange",
    "minkang.persons",
    "minkang.plans",
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
    repository: PostgresRepository
    jobs: Jobs

    @cached_property
    def persons(self) -> Persons:
        """Who is who; put together when it is first asked for, since it reads a profile and a region's divisions."""
        # The linking engine brings dictionaries of readings and characters, which other work need not wait for.
        from minkang.persons.keeping import open_persons  # noqa: PLC0415
        from minkang.persons.profile import read_profile  # noqa: PLC0415

        region = self.settings.persons_region
        profile = read_profile(self.settings.persons_profile, region)
        divisions = read_region(region).divisions if region else {}
        return open_persons(self.database, profile, divisions, second=self.settings.persons_second)

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


def connectors() -> Connectors:
    """What reads the feeds of senders; each is loaded when the first message of its kind comes."""

    def hl7v2(_: str) -> Connector:
        from minkang.exchange.hl7v2 import Hl7v2  # noqa: PLC0415  loads its tables

        return Hl7v2()

    def dicom(_: str) -> Connector:
        from minkang.exchange.dicom import Dicom  # noqa: PLC0415  as above

        return Dicom()

    def cda(_: str) -> Connector:
        from minkang.exchange.cda.connector import Documents  # noqa: PLC0415  loads lxml

        return Documents()

    def table(feed: str) -> Connector:
        from minkang.exchange.tables.connector import table_connector  # noqa: PLC0415  loads the mappings

        return table_connector(feed)

    return Connectors(
        {
            "hl7v2": hl7v2,
            "dicom": dicom,
            "cda": cda,
            "csv": table,
            "fhir": lambda _: FhirConnector(),
            "device": lambda _: DeviceConnector(),
        }
    )


def intake_of(platform: Platform) -> Intake:
    """The exchange's way in, on the platform's database and folder of originals."""
    return Intake(platform.database, platform.repository, FolderBlobs(platform.settings.home / "blobs"), connectors())


def register_tasks(platform: Platform) -> None:
    """Make known what a worker does: by the clock, and when pages and programs ask."""
    board = platform.jobs.board
    platform.jobs.register("clear-board", lambda _: board.clear(), cron="40 18 * * *")
    intake = intake_of(platform)
    platform.jobs.register(TAKE, take_task(intake, platform.settings.home))
    platform.jobs.register(REPLAY, replay_task(intake))
    platform.jobs.register(REFRESH, lambda work: _refresh(platform, work), cron="*/5 * * * *")
    platform.jobs.register(NOTIFY, lambda _: _notify(platform), cron="* * * * *")
    platform.jobs.register(QUALITY, lambda work: _measure(platform, work), cron="*/10 * * * *")
    platform.jobs.register(FOLLOW, lambda work: _follow(platform, work), cron="*/5 * * * *")


def _refresh(platform: Platform, work: Work) -> dict[str, int]:
    """What a worker does for `REFRESH`, told table by table; where another refresh runs there is nothing to do."""
    try:
        report = lake_refresher(platform, lambda _, done, total: work.progress(done, total)).run()
    except Fault as fault:
        if fault.code != "LAKE-004":
            raise
        return {"changes": 0, "built": 0, "changed": 0}
    return {"changes": report.changes, "built": len(report.built), "changed": len(report.changed)}


def _follow(platform: Platform, work: Work) -> dict[str, int]:
    """What a worker does for `FOLLOW`; where another program follows already there is nothing to do."""
    try:
        done = platform.persons.follow(program_access("persons"), lambda so_far: work.progress(so_far.counts.decided))
    except Fault as fault:
        if fault.code != "PERSONS-028":
            raise
        return {"decided": 0}
    return {"decided": done.counts.decided, "linked": done.counts.linked, "review": done.counts.review}


def _notify(platform: Platform) -> dict[str, int]:
    """What a worker does for `NOTIFY`: note who is to be told of what changed, and tell them."""
    from minkang.exchange.outbound.following import follow  # noqa: PLC0415  loads the search parameters
    from minkang.exchange.outbound.sending import send  # noqa: PLC0415  as above

    noted = follow(platform.database, platform.repository, program_access("subscriptions"))
    told = send(platform.database, platform.repository)
    return {"changes": noted.changes, "noted": noted.noted, "sent": told.sent, "refused": told.refused}


def _measure(platform: Platform, work: Work) -> dict[str, int]:
    """What a worker does for `QUALITY`."""
    done = measure_quality(platform.database, platform.repository, program_access("quality"), tell=work.progress)
    return {"changes": done.changes, "records": done.records, "groups": done.groups}


def lake_folder(settings: Settings) -> Path:
    """Where the lake lies."""
    return settings.home / "lake"


def open_lake(settings: Settings) -> Lake:
    """The lake as one queries it; it needs no database. The caller closes it."""
    return Lake(lake_folder(settings), memory=settings.lake_memory)


def lake_refresher(platform: Platform, progress: Progress = no_progress) -> Refresher:
    """What keeps the lake up to date with the record store."""
    settings = platform.settings
    given = [*region_tables(), AuditDays(platform.database, settings.timezone)]
    return Refresher(
        Folder(lake_folder(settings)),
        StoreSource(platform.repository, platform.database, program_access("lake")),
        StoredPersons(platform.database),
        given=given,
        relinked=LinkFeed(platform.database).changed,
        options=Options(settings.lake_buckets, settings.timezone, settings.lake_memory),
        progress=progress,
    )
