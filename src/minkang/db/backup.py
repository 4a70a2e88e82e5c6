"""Backup and restore of a whole database, embedded or external alike.

A backup is a folder: `dump/`, written by PostgreSQL's own `pg_dump` in its directory format, and `manifest.json`. The
dump and the row counts in the manifest come from one snapshot, so they agree however many write meanwhile. A restore
verifies every file first, and afterwards counts again. It is a logical copy: it fits a new embedded server, an external
one and a later PostgreSQL; why not a physical one is in `docs/decisions/0003-embedded-postgresql.md`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection, IsolationLevel, sql
from psycopg.conninfo import make_conninfo

from minkang import __version__
from minkang.db.addresses import address_parts
from minkang.db.binaries import wheel
from minkang.db.manifest import FORMAT, Manifest, check_files, entries_of
from minkang.db.migrations import applied_steps, steps_of
from minkang.db.notices import Notice, silent
from minkang.db.pool import Database
from minkang.db.sql import Queries
from minkang.errors import Fault

SQL = Queries.read("minkang.db", "backup.sql")
JOBS = 2
NOTICE_SECONDS = 1.0
UNKNOWN_TO_OLD = 'unrecognized configuration parameter "transaction_timeout"'

Table = tuple[str, str]
AfterRestore = Callable[[Database], None]
Beside = Callable[[Path], None]


def backup(
    database: Database, target: Path, *, jobs: int = JOBS, beside: Beside | None = None, notice: Notice = silent
) -> Manifest:
    """Write a backup into the new folder `target`; others may go on writing meanwhile.

    The folder appears under its name when it is complete and on disk, readable by its owner alone: it holds
    everything the database knows about people.

    Args:
        database: what to back up; its role must be able to read every table.
        target: a folder that does not exist yet.
        jobs: how many tables are written at the same time.
        beside: puts into the folder what belongs to the database and is not in it (originals); called once the dump is
            written, so that all the dump refers to is there.
        notice: told the progress about once a second.

    Raises:
        Fault: `DB-060` when the target exists; `DB-061` when it fails, with the reason; `DB-030` and the like when the
            database cannot be reached.
    """
    target = target.expanduser().resolve()
    if target.exists():
        raise Fault("DB-060", folder=target)
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh.mkdir(mode=0o700)
        manifest = _dump(database, fresh, jobs, beside, notice)
        manifest.write(fresh)
        _write_through(fresh)
        fresh.rename(target)
        _sync(target.parent)
    except OSError as error:
        raise Fault("DB-061", reason=error.strerror or str(error)) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return manifest


def verify(folder: Path, *, notice: Notice = silent) -> Manifest:
    """Hold a backup against its manifest: every file is there, none was added, each is as it was written.

    Raises:
        Fault: `DB-062`, `DB-063`.
    """
    manifest = Manifest.read(folder)
    check_files(folder, manifest, notice)
    return manifest


def restore(
    database: Database,
    folder: Path,
    *,
    packages: Sequence[str],
    after: Sequence[AfterRestore] = (),
    force: bool = False,
    jobs: int = JOBS,
    notice: Notice = silent,
) -> Manifest:
    """Bring a backup into an empty database, and prove by counting that all of it is there.

    A backup of an earlier version of the program is fine: `migrate` brings the database up to date afterwards.

    Args:
        database: where to; the role must own it.
        folder: the backup.
        packages: every package with state (`wiring.MIGRATED_PACKAGES`), to refuse a backup this program is too old for.
        after: called in order at the end, for what a new server makes untrue (positions in the change feed, which
            rest on transaction numbers).
        force: empty the database first if it is not. What was in it is gone, also when the restore then fails.
        jobs: how many tables are read at the same time.
        notice: told the progress.

    Raises:
        Fault: `DB-062` or `DB-063` a backup that is not whole; `DB-064` the database is not empty; `DB-065` it failed,
            and the database is empty again; `DB-066` counts differ; `DB-067` the backup is newer than the program.
    """
    manifest = verify(folder, notice=notice)
    known = {step.label for step in steps_of(packages)}
    for step in manifest.steps:
        if step not in known:
            raise Fault("DB-067", version=manifest.program, step=step)
    with database.alone() as connection:
        tables = _tables(connection)
        if tables and not force:
            raise Fault("DB-064", count=len(tables))
        if tables:
            _empty(connection)
        total = len(manifest.tables)
        _load(database, connection, folder, jobs, lambda done: notice("db.restoring", done=done, total=total))
        _compare(connection, manifest, notice)
        connection.execute("ANALYZE")
    for call in after:
        call(database)
    return manifest


# Writing.


def _dump(database: Database, fresh: Path, jobs: int, beside: Beside | None, notice: Notice) -> Manifest:
    with database.alone() as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        with connection.transaction():
            at = datetime.now(UTC)
            row = connection.execute(SQL["snapshot"]).fetchone()
            options = ["--format=directory", f"--jobs={jobs}", "--compress=gzip:1", f"--file={fresh / 'dump'}"]
            options += ["--no-owner", "--no-privileges", f"--snapshot={row[0] if row else ''}"]
            with _tool("pg_dump", database.url, options) as running:
                # The rows are counted in the same snapshot while the dump is written.
                tables = _count(connection, _Progress(fresh, notice))
                said = running.communicate()[1]
            if running.returncode:
                raise Fault("DB-061", reason=_last_line(said))
            steps = tuple(applied_steps(connection))
        server = connection.info.parameter_status("server_version") or ""
    if beside is not None:
        beside(fresh)
    return Manifest(FORMAT, at, __version__, server, steps, tables, entries_of(fresh))


class _Progress:
    """Tells about once a second how far a backup is."""

    def __init__(self, folder: Path, notice: Notice) -> None:
        self._folder = folder
        self._notice = notice
        self._told = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() - self._told > NOTICE_SECONDS or done == total:
            written = sum(path.stat().st_size for path in self._folder.rglob("*") if path.is_file())
            self._notice("db.backing-up", done=done, total=total, megabytes=written // 1_000_000)
            self._told = time.monotonic()


def _tables(connection: Connection[Any]) -> list[Table]:
    return [(row[0], row[1]) for row in connection.execute(SQL["tables"])]


def _count(connection: Connection[Any], told: Callable[[int, int], None]) -> dict[str, int]:
    tables = _tables(connection)
    counts: dict[str, int] = {}
    for done, (schema, table) in enumerate(tables, 1):
        counting = sql.SQL("SELECT count(*) FROM ONLY {}").format(sql.Identifier(schema, table))
        row = connection.execute(counting).fetchone()
        counts[f"{schema}.{table}"] = int(row[0]) if row else 0
        told(done, len(tables))
    return counts


# Reading.


def _load(
    database: Database, connection: Connection[Any], folder: Path, jobs: int, told: Callable[[int], None]
) -> None:
    options = ["--format=directory", f"--jobs={jobs}", "--no-owner", "--no-privileges", "--verbose"]
    # pg_restore 18 sets a parameter that servers before 17 do not have. There, and only for that, it may go on.
    old = connection.info.server_version < 170000
    options += [] if old else ["--exit-on-error"]
    errors: list[str] = []
    with _tool("pg_restore", database.url, [*options, str(folder / "dump")]) as running:
        done = 0
        for line in running.stderr or ():
            if "error:" in line and not (old and UNKNOWN_TO_OLD in line):
                errors.append(line.strip())
            if "finished item" in line and "TABLE DATA" in line:
                done += 1
                told(done)
    if errors or running.returncode not in ({0, 1} if old else {0}):
        _empty(connection)
        raise Fault("DB-065", reason=errors[0] if errors else f"pg_restore: {running.returncode}")


def _compare(connection: Connection[Any], manifest: Manifest, notice: Notice) -> None:
    found = _count(connection, lambda done, total: notice("db.comparing", done=done, total=total))
    for table in sorted(manifest.tables.keys() | found.keys()):
        if manifest.tables.get(table) != found.get(table):
            raise Fault("DB-066", table=table, wanted=manifest.tables.get(table, 0), found=found.get(table, 0))


def _empty(connection: Connection[Any]) -> None:
    """Remove everything in the database that is not PostgreSQL's own."""
    for (schema,) in connection.execute(SQL["schemas"]).fetchall():
        try:
            with connection.transaction():
                connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
                if schema == "public":
                    connection.execute("CREATE SCHEMA public")
                    connection.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
        except psycopg.errors.InsufficientPrivilege:
            # Before PostgreSQL 15 the schema `public` is not the database owner's; what is in it is ours.
            connection.execute("DROP OWNED BY CURRENT_USER CASCADE")


# PostgreSQL's own tools.


@contextmanager
def _tool(name: str, url: str, options: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """Run a program of the wheel against a database. The password, if there is one, is not among its arguments."""
    parts = address_parts(url)
    password = parts.pop("password", None)
    process = subprocess.Popen(
        [str(wheel().program(name)), f"--dbname={make_conninfo('', **parts)}", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "LC_ALL": "C"} | ({"PGPASSWORD": password} if password else {}),
        umask=0o077,
    )
    try:
        yield process
        process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
        if process.stderr:
            process.stderr.close()


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _write_through(folder: Path) -> None:
    """Bring every file of the folder to the disk."""
    for path in [*folder.rglob("*"), folder]:
        _sync(path)


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
