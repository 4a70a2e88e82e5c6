"""`minkang worker`: the process that does the work behind the pages. `serve` and `demo` keep one by themselves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Annotated

import typer

from minkang.cli.output import output
from minkang.settings import read_settings

STOP_SECONDS = 15.0
LOOK_SECONDS = 1.0


def register(app: typer.Typer) -> None:
    """Give the application this command."""
    app.command()(worker)


def worker(
    parent: Annotated[int, typer.Option(hidden=True, help="Ends when this process is no longer its parent.")] = 0,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="同时处理的任务数。 Jobs at once.")] = 2,
) -> None:
    """Do the work behind the pages until stopped. 处理后台任务,直到被停止。"""
    # The platform with all its tasks takes a second to import, which `minkang --help` need not wait for.
    from minkang.jobs import Worker  # noqa: PLC0415
    from minkang.wiring import open_platform, register_tasks  # noqa: PLC0415

    out, done = output(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    with closing(open_platform(read_settings(), notice=out.notice)) as platform:
        register_tasks(platform)
        hands = Worker(platform.jobs, concurrency=concurrency)
        hands.start()
        if not parent:
            out.say("worker.ready")
        while not done.wait(LOOK_SECONDS):
            if parent and os.getppid() != parent:
                break
        hands.stop()


@contextmanager
def kept_worker() -> Iterator[None]:
    """A worker process for as long as the block lasts; it also ends when this process is killed."""
    program = "from minkang.cli.main import main; main()"
    command = [sys.executable, "-c", program, "worker", "--parent", str(os.getpid())]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(STOP_SECONDS)
        child.kill()
        child.wait()
