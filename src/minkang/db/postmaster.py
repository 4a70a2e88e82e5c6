"""Who serves a data folder now: PostgreSQL's own pid file, held against what the system knows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

ORPHAN_GRACE_SECONDS = 2.0


@dataclass(frozen=True)
class Postmaster:
    """A running server.

    Attributes:
        pid: its process.
        sockets: the folder of its Unix socket.
        port: the port number, which for a socket is only part of its name.
        status: `starting`, `ready` or `stopping`.
    """

    pid: int
    sockets: str
    port: int
    status: str


def running(data: Path) -> Postmaster | None:
    """The server of the data folder, or None where none runs, whatever a pid file that was left behind says."""
    try:
        lines = (data / "postmaster.pid").read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    if not lines or not lines[0].strip().isdigit() or not serves(int(lines[0]), data):
        return None
    field = dict(enumerate(line.strip() for line in lines))
    port = field.get(3, "")
    return Postmaster(
        pid=int(lines[0]),
        sockets=field.get(4, ""),
        port=int(port) if port.isdigit() else 0,
        status=field.get(7, "") or "starting",
    )


def alive(pid: int) -> bool:
    """Whether the process runs. One that is dead but was never collected by its parent does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def serves(pid: int, data: Path) -> bool:
    """Whether this process is alive, a PostgreSQL, and at work in this data folder.

    A pid is not enough: after a restart of the machine the number in the file may be anybody's. And a process that is
    dead but was never collected by its parent (a container without an init) still answers to its number.
    """
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE or not process.name().startswith("postgres"):
            return False
        return _at_work_in(process, data)
    except psutil.Error:
        return False


def _at_work_in(process: psutil.Process, data: Path) -> bool:
    """A server and all its children have the data folder as their working folder."""
    try:
        return Path(process.cwd()).resolve() == data.resolve()
    except (psutil.AccessDenied, OSError):
        return any(str(data) in part for part in process.cmdline())


def ended(pid: int, data: Path, *, seconds: float) -> bool:
    """Wait for a server to be gone; False when it is still there after `seconds`."""
    until = time.monotonic() + seconds
    pause = 0.005
    while serves(pid, data):
        if time.monotonic() > until:
            return False
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)
    return True


def clear_orphans(data: Path) -> int:
    """End what a server that was killed left behind, and give back how many processes had to be ended.

    Its children notice by themselves that it is gone, except one in the midst of a long computation; as long as one
    lives PostgreSQL rightly refuses a new start. They get a few seconds, then a word, then no choice; the new
    start recovers from the log in any case. The caller holds the start lock and knows that no server is running.
    """
    until = time.monotonic() + ORPHAN_GRACE_SECONDS
    left = list(_orphans(data))
    while left and time.monotonic() < until:
        time.sleep(0.05)
        left = [process for process in left if serves(process.pid, data)]
    for process in left:
        process.terminate()
    _, stubborn = psutil.wait_procs(left, timeout=ORPHAN_GRACE_SECONDS)
    for process in stubborn:
        process.kill()
    psutil.wait_procs(stubborn, timeout=ORPHAN_GRACE_SECONDS)
    return len(left)


def _orphans(data: Path) -> Iterator[psutil.Process]:
    for process in psutil.process_iter(["pid"]):
        if serves(process.pid, data):
            yield process
