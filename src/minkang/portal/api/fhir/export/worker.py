"""The worker that writes export files: a thread in each server process, taking one job at a time.

A job belongs to whichever worker holds it; the holder is heard of with every page it writes. When a process dies, its
job is taken up by another after `SILENCE_SECONDS`, at the first type that was not finished; a half-written file is
begun again. After `MOST_ATTEMPTS` the job fails rather than being tried for ever.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from minkang.errors import Fault
from minkang.fhir.search import Query
from minkang.portal.api.fhir.export.jobs import KEEP_SECONDS, SQL, Exports, Job
from minkang.portal.api.fhir.export.selection import after, queries
from minkang.records.repository import Repository

SILENCE_SECONDS = 30.0
POLL_SECONDS = 2.0
MOST_ATTEMPTS = 3
_log = logging.getLogger("minkang.export")


class _Stopped(Exception):
    """The job was cancelled, or another worker holds it, or the server is closing."""


class ExportWorker:
    """Takes jobs until it is stopped.

    Args:
        exports: where the jobs are.
        repository: what is exported; each page is read with the access of the job's caller, and audited.
        poll_seconds: how often to look for jobs that other processes took in.
        silence_seconds: how long a worker may be silent before its job is taken over.
    """

    def __init__(
        self,
        exports: Exports,
        repository: Repository,
        *,
        poll_seconds: float = POLL_SECONDS,
        silence_seconds: float = SILENCE_SECONDS,
    ) -> None:
        self._exports = exports
        self._repository = repository
        self._poll = poll_seconds
        self._silence = silence_seconds
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="minkang-export", daemon=True)

    def start(self) -> None:
        """Begin taking jobs."""
        self._thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """Give the present job back and end."""
        self._closing.set()
        self._exports.wanted.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._closing.is_set():
            self._exports.wanted.wait(self._poll)
            self._exports.wanted.clear()
            try:
                while not self._closing.is_set() and self.work_once():
                    pass
                self.clear_expired()
            except Fault as fault:
                _log.warning("exports wait: %s", fault.code)
            except Exception:  # noqa: BLE001  a worker that dies unseen would leave jobs waiting for ever
                _log.exception("the export worker met an unforeseen problem and goes on")

    def work_once(self) -> bool:
        """Take one job and carry it to its end; False when none waits."""
        with self._exports.database.connection() as connection:
            row = connection.execute(SQL["claim"], {"silence": self._silence}).fetchone()
        if row is None:
            return False
        job = Job(*row)
        try:
            if job.attempts > MOST_ATTEMPTS:
                self._finish(job, "failed", "REST-058")
                return True
            self._write(job)
            self._finish(job, "done", "")
        except _Stopped:
            self._put_back(job)
        except Fault as fault:
            _log.warning("export %s: %s", job.id, fault.code)
            if fault.category.status == 503:
                raise  # The database is away: the job is taken up again when it is back.
            self._finish(job, "failed", fault.code)
        except OSError as problem:
            _log.error("export %s cannot write: %s", job.id, problem.strerror)
            self._finish(job, "failed", "REST-059")
        return True

    def clear_expired(self) -> None:
        """Remove the files and rows of jobs past their time."""
        with self._exports.database.connection() as connection:
            expired = [row[0] for row in connection.execute(SQL["expired"])]
            for id in expired:
                self._exports.remove_files(id)
                connection.execute(SQL["remove"], {"id": id})

    def _write(self, job: Job) -> None:
        plan = job.what()
        done = {line["type"] for line in job.finished_types}
        for type in plan.types:
            if type not in done:
                self._beat(job, type)
                count = self._write_type(job, type)
                line = json.dumps([{"type": type, "count": count}])
                self._tell("finish_type", job, line=line)

    def _write_type(self, job: Job, type: str) -> int:
        """Write one file, whole or not at all; returns how many records it holds."""
        final = self._exports.place(job.id, type)
        draft = final.with_suffix(".part")
        draft.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        count = 0
        with draft.open("wb") as file:
            for bodies in self._pages(job, type):
                file.writelines(part for body in bodies for part in (body, b"\n"))
                count += len(bodies)
                self._beat(job, type)
            file.flush()
            os.fsync(file.fileno())
        _settle(draft, final, count)
        return count

    def _pages(self, job: Job, type: str) -> Iterator[list[bytes]]:
        several = queries(self._repository, job.access(), job.what(), type)
        seen: set[str] | None = set() if len(several) > 1 else None
        for query in several:
            yield from self._walk(job, query, seen)

    def _walk(self, job: Job, query: Query, seen: set[str] | None) -> Iterator[list[bytes]]:
        page = self._repository.search(job.access(), query)
        while True:
            fresh = [record for record in page.matches if seen is None or record.id not in seen]
            if seen is not None:
                seen.update(record.id for record in fresh)
            yield [record.body for record in fresh if record.body is not None]
            if page.next is None:
                return
            page = self._repository.search(job.access(), after(query, page.next))

    def _beat(self, job: Job, type: str) -> None:
        if self._closing.is_set():
            raise _Stopped
        self._tell("beat", job, current=type)

    def _tell(self, statement: str, job: Job, **values: object) -> None:
        """Say how it goes; a job that is no longer ours is left at once."""
        given = {"id": job.id, "attempts": job.attempts, **values}
        with self._exports.database.connection() as connection:
            if connection.execute(SQL[statement], given).fetchone() is None:
                raise _Stopped

    def _finish(self, job: Job, state: str, problem: str) -> None:
        values = {"id": job.id, "attempts": job.attempts, "state": state, "problem": problem, "keep": KEEP_SECONDS}
        with self._exports.database.connection() as connection:
            connection.execute(SQL["finish"], values)

    def _put_back(self, job: Job) -> None:
        with self._exports.database.connection() as connection:
            connection.execute(SQL["release"], {"id": job.id, "attempts": job.attempts})


def _settle(draft: Path, final: Path, count: int) -> None:
    """Give a finished file its name; a type without records leaves none."""
    if count:
        draft.replace(final)
    else:
        draft.unlink()
