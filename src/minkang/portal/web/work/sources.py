"""Who runs long work: a source is a function from the request to its newest pieces, a new one a line in `SOURCES`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from django.http import HttpRequest

from minkang.db import Queries
from minkang.errors import Fault, catalogue
from minkang.jobs.board import Board, JobSeen
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.components.progress import LongWork, Stage
from minkang.portal.web.language import language_of
from minkang.portal.web.page import administers, said
from minkang.wording import words

SQL = Queries.read("minkang.portal.web.work", "exports.sql")
WorkSource = Callable[[HttpRequest, int], Iterable[LongWork]]
_EXPORT_STAGES: dict[str, Stage] = {
    "queued": "waiting",
    "running": "running",
    "done": "done",
    "failed": "failed",
    "cancelled": "stopped",
}


def all_work(request: HttpRequest, *, count: int) -> list[LongWork]:
    """The newest pieces of long work the reader may see, the newest first."""
    if not administers(request):
        return []
    found = [one for source in SOURCES for one in source(request, count)]
    first = datetime.min.replace(tzinfo=UTC)
    return sorted(found, key=lambda one: one.started or first, reverse=True)[:count]


def exports(request: HttpRequest, count: int) -> Iterable[LongWork]:
    """Bulk exports of the FHIR interface."""
    with the_platform().database.singly() as connection:
        rows = connection.execute(SQL["exports"], {"count": count}).fetchall()
    for id, caller, state, types, current, problem, created, started, finished in rows:
        stage = _EXPORT_STAGES[state]
        detail = problem or (
            said(request, "work.types_written", count=types, current=current) if stage == "running" else ""
        )
        yield LongWork(
            id,
            said(request, "work.export"),
            said(request, "work.export_of", caller=caller),
            stage,
            said(request, f"work.stage_{stage}"),
            1.0 if stage == "done" else None,
            detail,
            started or created,
            finished,
            owner=caller,
        )


def jobs(request: HttpRequest, count: int) -> Iterable[LongWork]:
    """What the queue of the platform runs."""
    return [_job(request, one) for one in Board(the_platform().database).newest(count=count)]


def _job(request: HttpRequest, job: JobSeen) -> LongWork:
    language = language_of(request)
    named = words().get(f"jobs.{job.task}")
    return LongWork(
        str(job.job),
        said(request, "work.job"),
        named[language] if named else job.task,
        job.state,
        said(request, f"work.stage_{job.state}"),
        job.share,
        _fault(request, job.fault),
        job.begun or job.asked,
        job.ended,
        address=str(job.about.get("address", "")),
        owner=job.caller,
    )


def _fault(request: HttpRequest, code: str) -> str:
    """The code with its advice, where the catalogue has it and it names nothing."""
    if code not in catalogue():
        return code
    try:
        return f"{code} {Fault(code).text(language_of(request))}"
    except (KeyError, IndexError):
        return code


SOURCES: tuple[WorkSource, ...] = (exports, jobs)
