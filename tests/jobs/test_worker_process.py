"""The worker as a process: it does what was asked for, stops when told, and does not outlive who keeps it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from tests.conftest import short_folder

from minkang.access import Access
from minkang.db import Database
from minkang.jobs import Jobs, prepare_queue

MINKANG = Path(sys.executable).with_name("minkang")
KEEPER = "import time\nfrom minkang.cli.working import kept_worker\nwith kept_worker():\n    time.sleep(60)\n"


@contextmanager
def started(database: Database, *command: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    with short_folder() as home:
        variables = os.environ | {"MINKANG_HOME": str(home), "MINKANG_DATABASE_URL": database.url}
        process = subprocess.Popen(command, env=variables)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def state_of(jobs: Jobs, number: int) -> str:
    seen = jobs.board.one(number)
    return seen.state if seen else ""


def wait_for_end(jobs: Jobs, number: int) -> None:
    end = time.monotonic() + 30
    while state_of(jobs, number) != "done":
        assert time.monotonic() < end, state_of(jobs, number)
        time.sleep(0.1)


def test_a_worker_does_what_was_asked_and_stops_when_told(database: Database) -> None:
    """SIGTERM ends it within seconds and with exit code 0."""
    prepare_queue(database)
    jobs = Jobs(database)
    with started(database, MINKANG, "worker") as process:
        number = jobs.ask(Access("me", ()), "clear-board")
        assert number is not None
        wait_for_end(jobs, number)
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0


def test_a_worker_ends_when_its_keeper_is_killed(database: Database) -> None:
    """A server that is killed leaves no worker behind."""
    prepare_queue(database)
    jobs = Jobs(database)
    with started(database, sys.executable, "-c", KEEPER) as keeper:
        number = jobs.ask(Access("me", ()), "clear-board")
        assert number is not None
        wait_for_end(jobs, number)
        (child,) = psutil.Process(keeper.pid).children()
        keeper.kill()
        keeper.wait()
        assert child.wait(15) is None or not child.is_running()
