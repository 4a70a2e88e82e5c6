"""Real processes that use an embedded server, for tests to start and to kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil
import pytest

from minkang.db import postmaster

ROOT = Path(__file__).parents[2]

# Opens the server, commits one row, says so, and stays until its input ends (or it is killed).
CLIENT = """
import sys
from pathlib import Path
from minkang.db import Database, open_server
from minkang.errors import Fault

try:
    server = open_server(Path(sys.argv[1]), account="nobody")
except Fault as fault:
    print(fault.code, flush=True)
    sys.exit(3)
with server, Database(server.url) as database:
    with database.connection() as connection:
        connection.execute("select pg_advisory_xact_lock(1)")
        connection.execute("create table if not exists kept (who text)")
        connection.execute("insert into kept values (%s)", (sys.argv[2],))
    print("started" if server.started else "joined", flush=True)
    sys.stdin.read()
"""


class Client:
    """One such process."""

    def __init__(self, home: Path, who: str, *, uid: int | None = None) -> None:
        self.process = subprocess.Popen(
            [*as_user(uid), sys.executable, "-c", CLIENT, str(home), who],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "HOME": "/nonexistent"},
        )

    def said(self) -> str:
        """What it says once its row is committed: `started` or `joined`, or the code of a fault."""
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def leave(self) -> int:
        """Let it end as it should, and give back its exit code."""
        self.process.communicate(timeout=60)
        return self.process.returncode

    def kill(self) -> None:
        """End it without any chance to clean up."""
        self.process.kill()
        self.process.communicate(timeout=60)


@cache
def as_user(uid: int | None) -> tuple[str, ...]:
    """What to put before a command so that root runs it as another user; nothing for None.

    The interpreter may lie in root's closed home. The command may therefore read everything, but it owns and writes
    no more than that user.
    """
    if uid is None:
        return ()
    readable = "+dac_read_search"
    rights = (f"--inh-caps={readable}", f"--ambient-caps={readable}")
    prefix = ("setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *rights)
    try:
        subprocess.run([*prefix, sys.executable, "-c", ""], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no setpriv that can run this interpreter as another user, so this test did NOT run")
    return prefix


def kill_all(pids: Sequence[int]) -> None:
    """End processes without any chance to clean up, and wait until they are gone."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert all(gone(pid) for pid in pids)


def family(pid: int) -> list[int]:
    """A server's process and those of its children."""
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def gone(pid: int, *, seconds: float = 10) -> bool:
    """Whether a process ends within some seconds; one that waits to be collected by its parent has ended."""
    until = time.monotonic() + seconds
    while postmaster.alive(pid):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
