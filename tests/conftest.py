"""What every test may ask for."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from minkang.db import Database, migrate, open_server, postmaster
from minkang.db.leases import FileLock
from minkang.records.search import PLANNING
from minkang.wiring import MIGRATED_PACKAGES

ROOT = Path(__file__).parents[1]
SERVER_ACCOUNT = "nobody"  # Tests run by root leave the system's list of accounts as it is.
ABANDONED_SECONDS = 2 * 3600
MEMORY = "/dev/shm"  # Linux only; in a container often 64 MB.
MEMORY_BYTES = 4 * 1024**3


@pytest.fixture(scope="session")
def reference() -> Path:
    """The reference data beside the repository; a test that needs it is skipped, and says so, where it is absent."""
    place = ROOT.parent / "shared" / "reference"
    if not place.is_dir():
        pytest.skip("reference data absent: ../shared/reference is not beside this clone, so this test did NOT run")
    return place


@dataclass
class DatabaseServer:
    """A server that tests make databases on: this worker's own, or the one `MINKANG_TEST_DATABASE_URL` names.

    Attributes:
        admin: the connection string of a role that may make databases.
        prefix: what the names of this worker's databases begin with.
    """

    admin: str
    prefix: str

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)

    def url_of(self, name: str) -> str:
        """The connection string of one of its databases."""
        return make_conninfo(self.admin, dbname=name)

    def create(self, template: str = "template0") -> str:
        """Make a database, a copy of `template`, and give back its name."""
        name = f"{self.prefix}_{next(self._numbers)}"
        text = sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8' {}")
        with psycopg.connect(self.admin, autocommit=True) as connection:
            # Copying the files takes 20 ms, writing them to the log 150 ms. Version 14 knows nothing else.
            copying = sql.SQL("STRATEGY FILE_COPY" if connection.info.server_version >= 150000 else "")
            connection.execute(text.format(sql.Identifier(name), sql.Identifier(template), copying))
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        with psycopg.connect(self.admin, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextmanager
    def database(self, template: str) -> Iterator[Database]:
        """A database of one's own for as long as the block lasts."""
        name = self.create(template)
        database = Database(self.url_of(name), size=8, planning=PLANNING)
        try:
            yield database
        finally:
            database.close()
            self.drop(name)


def _quickest_place() -> str:
    """Memory, where the system offers some gigabytes of it as a folder: a database is copied there in 20 ms.

    On a busy disk the same takes half a second, in each test that has a database of its own.
    """
    try:
        found = os.statvfs(MEMORY)
    except OSError:
        return "/tmp"
    roomy = found.f_bavail * found.f_frsize > MEMORY_BYTES
    return MEMORY if roomy and not found.f_flag & (os.ST_NOEXEC | os.ST_RDONLY) else "/tmp"


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder with a short path that the server's account can pass through."""
    folder = Path(tempfile.mkdtemp(prefix="mk-", dir=_quickest_place()))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _clear_abandoned() -> None:
    """End the servers of test runs that were killed: old enough, and with nobody holding a lease."""
    for place in itertools.chain(*(Path(root).glob("mk-*/postgresql/*") for root in ("/tmp", MEMORY))):
        lease = FileLock(place / "lease")
        with suppress(OSError):
            if time.time() - place.stat().st_mtime > ABANDONED_SECONDS and lease.take(shared=False):
                found = postmaster.running(place / "data")
                if found:
                    os.kill(found.pid, signal.SIGQUIT)
                    postmaster.ended(found.pid, place / "data", seconds=10)
                shutil.rmtree(place.parents[1], ignore_errors=True)
        lease.release()


@pytest.fixture(scope="session")
def database_server(worker_id: str) -> Iterator[DatabaseServer]:
    """A PostgreSQL for this test worker; with `MINKANG_TEST_DATABASE_URL` that one, else an embedded one of its own."""
    prefix = f"minkang_test_{worker_id}_{os.getpid()}"
    given = os.environ.get("MINKANG_TEST_DATABASE_URL", "")
    if given:
        yield DatabaseServer(given, prefix)
        return
    if worker_id in {"master", "gw0"}:
        _clear_abandoned()
    with short_folder() as home, open_server(home, account=SERVER_ACCOUNT, test=True) as server:
        yield DatabaseServer(server.admin_url, prefix)


@pytest.fixture(scope="session")
def database_template(database_server: DatabaseServer) -> Iterator[str]:
    """The name of a database with all migrations and no data, to be copied."""
    name = database_server.create()
    with Database(database_server.url_of(name)) as database:
        migrate(database, MIGRATED_PACKAGES)
    yield name
    database_server.drop(name)


@pytest.fixture
def empty_database(database_server: DatabaseServer) -> Iterator[Database]:
    """A database of this test's own with nothing in it, not even migrations."""
    with database_server.database("template0") as database:
        yield database


@pytest.fixture
def database(database_server: DatabaseServer, database_template: str) -> Iterator[Database]:
    """A migrated database of this test's own, without data (about 40 ms in memory)."""
    with database_server.database(database_template) as database:
        yield database


@pytest.fixture(scope="module")
def module_database(database_server: DatabaseServer, database_template: str) -> Iterator[Database]:
    """A migrated database shared by the tests of one module, which have to keep out of each other's way."""
    with database_server.database(database_template) as database:
        yield database
