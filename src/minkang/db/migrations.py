"""Migrations: numbered SQL files in each package, run once each, in order, by one process at a time.

    migrations/0001_pre_records.sql     before the program that needs it starts
    migrations/0002_post_drop_old.sql   after no older program runs any more

A release is rolled out without a stop by `migrate(…, before_only=True)`, exchanging the programs, and `migrate(…)`.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import psycopg
from psycopg import Connection

from minkang import __version__
from minkang.db.notices import Notice, silent
from minkang.db.pool import Database
from minkang.db.refusals import first_line, translate
from minkang.db.sql import Queries
from minkang.errors import Fault

SQL = Queries.read("minkang.db", "migrations.sql")
FILE = re.compile(r"(\d{4})_(pre|post)_([a-z0-9_]+)\.sql\Z")
LOCK = 0x6D696E6B  # "mink": the number of the advisory lock; any constant would do.


@dataclass(frozen=True)
class Step:
    """One migration file."""

    package: str
    number: int
    stage: str
    name: str
    text: str

    @property
    def key(self) -> tuple[str, int, str]:
        """What identifies it for good."""
        return self.package, self.number, self.stage

    @property
    def label(self) -> str:
        """What a backup's manifest calls it."""
        return _label(self.package, self.number, self.stage)

    @property
    def file(self) -> str:
        """Where it stands, as shown to people."""
        return f"{self.package}/migrations/{self.number:04}_{self.stage}_{self.name}.sql"

    @property
    def checksum(self) -> str:
        """SHA-256 of its text, with one kind of line end on every system."""
        return hashlib.sha256(self.text.replace("\r\n", "\n").encode()).hexdigest()


@dataclass(frozen=True)
class StepStatus:
    """A step and when it ran here; None where it has not."""

    package: str
    number: int
    stage: str
    name: str
    at: datetime | None


@dataclass(frozen=True)
class _Applied:
    package: str
    number: int
    stage: str
    name: str
    checksum: str
    program: str
    at: datetime

    @property
    def key(self) -> tuple[str, int, str]:
        return self.package, self.number, self.stage


def steps_of(packages: Sequence[str]) -> list[Step]:
    """All steps of the packages, in the order they run; a package without a `migrations` folder has none.

    Raises:
        Fault: `DB-043` for a file whose name cannot be read or whose number is taken.
    """
    return [step for package in packages for step in _steps_in(package)]


def migrate(
    database: Database, packages: Sequence[str], *, before_only: bool = False, notice: Notice = silent
) -> list[Step]:
    """Bring a database up to the program, and give back the steps that ran. Safe to start in parallel.

    Args:
        database: the database to change.
        packages: every package with state, lower floors first.
        before_only: run only `pre` steps, which a program of the version before tolerates.
        notice: told of each step before it runs.

    Raises:
        Fault: `DB-040` an applied file was changed since; `DB-041` the database is newer than the program;
            `DB-042` a step failed and was undone; `DB-044` a `post` step of an earlier version is still to run.
    """
    steps = steps_of(packages)
    with database.alone() as connection:
        connection.execute("SET client_min_messages = warning")
        connection.execute(SQL["take_turn"], {"lock": LOCK})
        connection.execute(SQL["prepare"])
        todo = _pending(steps, _applied(connection))
        if before_only:
            todo = _before_only(todo)
        for step in todo:
            notice("db.migrating", file=step.file)
            _run(connection, step)
    return todo


def status(database: Database, packages: Sequence[str]) -> list[StepStatus]:
    """Every step the program knows, in order, and when it ran in this database."""
    with database.alone() as connection:
        done = {applied.key: applied.at for applied in _applied(connection)}
    return [StepStatus(*step.key, step.name, done.get(step.key)) for step in steps_of(packages)]


def applied_steps(connection: Connection[Any]) -> list[str]:
    """The labels of all steps that ran in this database, in the order they ran."""
    return [_label(*done.key) for done in _applied(connection)]


def require_current(database: Database, packages: Sequence[str]) -> None:
    """Refuse to work on a database that this program does not fit.

    Raises:
        Fault: `DB-045` when `pre` steps are still to run; `DB-040` and `DB-041` as `migrate`.
    """
    with database.alone() as connection:
        todo = _pending(steps_of(packages), _applied(connection))
    missing = [step for step in todo if step.stage == "pre"]
    if missing:
        raise Fault("DB-045", count=len(missing), first=missing[0].file)


def _steps_in(package: str) -> Iterator[Step]:
    folder = files(package) / "migrations"
    if not folder.is_dir():
        return
    seen: set[tuple[int, str]] = set()
    for place in sorted(folder.iterdir(), key=_order):
        if not place.name.endswith(".sql"):
            continue
        found = FILE.match(place.name)
        if not found or (int(found[1]), found[2]) in seen:
            raise Fault("DB-043", file=f"{package}/migrations/{place.name}")
        seen.add((int(found[1]), found[2]))
        yield Step(package, int(found[1]), found[2], found[3], place.read_text("utf-8"))


def _label(package: str, number: int, stage: str) -> str:
    return f"{package} {number:04}_{stage}"


def _order(place: Traversable) -> tuple[str, int, str]:
    """By number, `pre` before `post`."""
    return place.name[:4], 0 if "_pre_" in place.name else 1, place.name


def _applied(connection: Connection[Any]) -> list[_Applied]:
    row = connection.execute(SQL["prepared"]).fetchone()
    if not row or not row[0]:
        return []
    return [_Applied(*row) for row in connection.execute(SQL["applied"])]


def _pending(steps: Sequence[Step], applied: Sequence[_Applied]) -> list[Step]:
    known = {step.key: step for step in steps}
    for done in applied:
        step = known.get(done.key)
        if step is None:
            name = f"{done.package} {done.number:04}_{done.stage}_{done.name}"
            raise Fault("DB-041", step=name, version=done.program)
        if step.checksum != done.checksum:
            raise Fault("DB-040", file=step.file)
    done_keys = {done.key for done in applied}
    return [step for step in steps if step.key not in done_keys]


def _before_only(todo: Sequence[Step]) -> list[Step]:
    held: dict[str, Step] = {}
    chosen: list[Step] = []
    for step in todo:
        if step.stage == "post":
            held.setdefault(step.package, step)
        elif step.package in held:
            raise Fault("DB-044", file=held[step.package].file, next=step.file)
        else:
            chosen.append(step)
    return chosen


def _run(connection: Connection[Any], step: Step) -> None:
    begun = time.monotonic()
    try:
        with connection.transaction():
            connection.execute(step.text)
            connection.execute(
                SQL["record"],
                {
                    "package": step.package,
                    "number": step.number,
                    "stage": step.stage,
                    "name": step.name,
                    "checksum": step.checksum,
                    "program": __version__,
                    "seconds": time.monotonic() - begun,
                },
            )
    except psycopg.Error as error:
        away = translate(error, connection)
        raise away or Fault("DB-042", where=step.file, reason=first_line(error)) from error
