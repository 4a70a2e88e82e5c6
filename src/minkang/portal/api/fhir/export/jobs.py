"""Export jobs as callers see them: kept in the database, their files in the platform's folder."""

from __future__ import annotations

import json
import secrets
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from minkang.access import Access, Interaction
from minkang.access.scopes import Scope
from minkang.db import Database, Queries
from minkang.errors import Fault
from minkang.portal.api.fhir.export.plan import Plan

SQL = Queries.read("minkang.portal.api.fhir.export", "exports.sql")
KEEP_SECONDS = 24 * 3600
"""How long files can be fetched after an export has finished."""
MOST_WAITING = 5
_CHUNK = 1 << 18


@dataclass(frozen=True)
class Job:
    """A row of `export_job`; see there."""

    id: str
    caller: str
    scopes: str
    request: str
    plan: dict[str, Any]
    language: str
    state: str
    attempts: int
    finished_types: list[dict[str, Any]]
    current: str
    problem: str
    created: datetime
    started: datetime | None
    finished: datetime | None
    expires: datetime | None

    def access(self) -> Access:
        """The access its reading is done with: that of the caller at kick-off."""
        return Access(caller=self.caller, scopes=_read_scopes(self.scopes), request=self.id, purpose="")

    def what(self) -> Plan:
        """The plan, typed again."""
        return msgspec.convert(self.plan, Plan)


class Exports:
    """The jobs of this installation.

    Args:
        database: where they are kept.
        folder: `MINKANG_HOME/exports`; each job has a folder of its own below it.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.wanted = threading.Event()

    def add(self, access: Access, plan: Plan, *, request: str, language: str) -> str:
        """Queue an export and return its id.

        Raises:
            Fault: `REST-052` when the caller has too many that have not ended.
        """
        id = secrets.token_urlsafe(18)
        values = {
            "id": id,
            "caller": access.caller,
            "scopes": _write_scopes(access.scopes),
            "request": request,
            "plan": msgspec.json.encode(plan).decode(),
            "language": language,
        }
        with self.database.connection() as connection:
            row = connection.execute(SQL["waiting"], values).fetchone()
            if row and row[0] >= MOST_WAITING:
                raise Fault("REST-052", most=MOST_WAITING)
            connection.execute(SQL["add"], values)
        self.wanted.set()
        return id

    def find(self, access: Access, id: str) -> Job:
        """A job of this caller.

        Raises:
            Fault: `REST-053` where there is none, also for another caller's.
        """
        with self.database.connection() as connection:
            row = connection.execute(SQL["find"], {"id": id, "caller": access.caller}).fetchone()
        if row is None:
            raise Fault("REST-053", id=id)
        return Job(*row)

    def cancel(self, access: Access, id: str) -> None:
        """End a job and remove its files; `REST-053` as `find`."""
        self.find(access, id)
        with self.database.connection() as connection:
            connection.execute(SQL["cancel"], {"id": id, "caller": access.caller})
        self.remove_files(id)

    def file(self, job: Job, type: str) -> Path:
        """The file of a type of a finished job (`REST-054` where there is none)."""
        path = self.place(job.id, type)
        if type not in [line["type"] for line in job.finished_types] or not path.is_file():
            raise Fault("REST-054", type=type)
        return path

    def place(self, id: str, type: str) -> Path:
        """Where the file of a type lies."""
        return self.folder / id / f"{type}.ndjson"

    def remove_files(self, id: str) -> None:
        """Remove what a job has written."""
        shutil.rmtree(self.folder / id, ignore_errors=True)


def chunks(path: Path) -> Iterator[bytes]:
    """A file piece by piece, so that none lies in memory whole."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _write_scopes(scopes: tuple[Scope, ...]) -> str:
    return json.dumps([[scope.type, sorted(scope.interactions)] for scope in scopes])


def _read_scopes(text: str) -> tuple[Scope, ...]:
    listed: list[tuple[str, list[Interaction]]] = json.loads(text)
    return tuple(Scope(type, frozenset(interactions)) for type, interactions in listed)
