"""Jobs: asked for once, done in the background, shown while they run, taken up again when a worker dies."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from minkang.access import Access
from minkang.db import Database
from minkang.errors import Fault
from minkang.jobs import Jobs, Work, Worker, prepare_queue

ME = Access(caller="me", scopes=())


@pytest.fixture
def jobs(database: Database) -> Jobs:
    prepare_queue(database)
    return Jobs(database)


def wait_for(there: Callable[[], bool], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def test_a_job_is_done_in_the_background_and_shows_its_progress(jobs: Jobs) -> None:
    """Asked for, running with progress, done with its result."""
    go, seen = threading.Event(), []

    def count(work: Work, most: int) -> dict[str, Any]:
        work.progress(1, most)
        seen.append(jobs.board.one(work.job))
        assert go.wait(10)
        return {"counted": most}

    jobs.register("count", count)
    number = jobs.ask(ME, "count", about={"zh": "数数"}, most=3)
    assert number is not None
    waiting = jobs.board.one(number)
    assert waiting is not None
    assert (waiting.state, waiting.caller, waiting.about) == ("waiting", "me", {"zh": "数数"})
    worker = Worker(jobs)
    worker.start()
    try:
        wait_for(lambda: bool(seen))
        assert (seen[0].state, seen[0].done, seen[0].total) == ("running", 1, 3)
        go.set()
        wait_for(lambda: [job.state for job in jobs.board.newest()] == ["done"])
    finally:
        go.set()
        worker.stop()
    done = jobs.board.one(number)
    assert done is not None
    assert (done.result, done.share, done.fault) == ({"counted": 3}, 1.0, "")


def test_a_job_that_waits_is_not_asked_for_twice(jobs: Jobs) -> None:
    """The same key while one waits gives nothing; after it ran, it may be asked for again."""
    ran = []
    jobs.register("refresh", lambda work: ran.append(work.job))
    first = jobs.ask(ME, "refresh", key="lake")
    assert first is not None
    assert jobs.ask(ME, "refresh", key="lake") is None
    Worker(jobs).work_once()
    assert jobs.ask(ME, "refresh", key="lake") is not None
    assert ran == [first]


def test_a_fault_ends_a_job_and_its_code_is_shown(jobs: Jobs) -> None:
    """What the data did is not tried again."""
    tries = []

    def refuse(work: Work) -> None:
        tries.append(work.attempt)
        raise Fault("FLOWS-010", item=1)

    jobs.register("refuse", refuse)
    number = jobs.ask(ME, "refuse")
    Worker(jobs).work_once()
    assert number is not None
    job = jobs.board.one(number)
    assert job is not None
    assert (job.state, job.fault, tries) == ("failed", "FLOWS-010", [1])


def test_something_unforeseen_is_tried_again(jobs: Jobs) -> None:
    """The second attempt succeeds and the board says so."""
    tries = []

    def stumble(work: Work) -> None:
        tries.append(work.attempt)
        if len(tries) == 1:
            raise RuntimeError("once")

    jobs.register("stumble", stumble)
    jobs.ask(ME, "stumble")
    worker = Worker(jobs)
    worker.start()
    try:
        wait_for(lambda: [job.state for job in jobs.board.newest()] == ["done"])
    finally:
        worker.stop()
    assert tries == [1, 2]


def test_a_job_whose_worker_died_is_begun_again(jobs: Jobs, database: Database) -> None:
    """A job left as running by a dead worker runs with the next worker that starts."""
    ran = []
    jobs.register("long", lambda work: ran.append(work.job))
    number = jobs.ask(ME, "long")
    with database.connection() as connection:
        connection.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [number])
    Worker(jobs).work_once()
    assert ran == [number]


def test_the_queue_is_prepared_by_many_at_once(database: Database) -> None:
    """Several programs that start together make one set of tables."""
    faults: list[Exception] = []

    def prepare() -> None:
        try:
            prepare_queue(database)
        except Exception as error:  # noqa: BLE001
            faults.append(error)

    hands = [threading.Thread(target=prepare) for _ in range(4)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert faults == []
