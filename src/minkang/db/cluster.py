"""A PostgreSQL data folder of our own: prepared once, started and stopped. Callers hold the start lock."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from minkang.db import postmaster
from minkang.db.accounts import Account
from minkang.db.binaries import Binaries, binaries_for
from minkang.db.notices import Notice
from minkang.db.postmaster import Postmaster
from minkang.db.tuning import configuration, machine_memory
from minkang.errors import Fault

DATABASE = "minkang"
ROLE = "minkang"
SUPERUSER = "postgres"
SOCKET_NAME = "/.s.PGSQL.5432"
LONGEST_SOCKET = 100  # bytes; the kernels' limits are 108 (Linux) and 104 (macOS)
NOTICE_SECONDS = 3.0


@dataclass(frozen=True)
class Cluster:
    """One data folder and what surrounds it.

    Attributes:
        place: the folder that holds `data`, `log`, `socket` and the locks.
        account: whom the server runs as.
        notice: told about waits.
        test: without durability, for tests only.
    """

    place: Path
    account: Account
    notice: Notice
    test: bool = False

    @property
    def data(self) -> Path:
        """PostgreSQL's own folder."""
        return self.place / "data"

    @property
    def log(self) -> Path:
        """Where the server writes its log."""
        return self.place / "log"

    def running(self) -> Postmaster | None:
        """The server at work on this folder, if there is one."""
        return postmaster.running(self.data)

    def ensure_running(self, *, seconds: float) -> bool:
        """Join the running server, or prepare and start one; tells whether it was started here.

        Raises:
            Fault: `DB-002`, `DB-004`, `DB-005` as the parts say.
        """
        found = self.running()
        if found and found.status == "stopping":
            postmaster.ended(found.pid, self.data, seconds=seconds)
            found = self.running()
        if found is None:
            if not self.account.reaches(self.place):
                raise Fault("DB-002", folder=self.place, account=self.account.name)
            binaries = binaries_for(self.account, self.place)
            self._prepare(binaries)
            self._start(binaries, seconds=seconds)
        else:
            self._await_ready(found.pid, seconds=seconds)
        return found is None

    def stop(self, *, seconds: float) -> bool:
        """Stop the server: connections are closed, open transactions undone, everything written. False: not in time."""
        found = self.running()
        if found is None:
            return True
        os.kill(found.pid, signal.SIGINT)  # PostgreSQL's "fast" shutdown.
        if postmaster.ended(found.pid, self.data, seconds=NOTICE_SECONDS):
            return True
        self.notice("db.stopping")
        return postmaster.ended(found.pid, self.data, seconds=seconds)

    # Preparing.

    def _prepare(self, binaries: Binaries) -> None:
        """Make the data folder if there is none: under another name first, so a half-made one is never used."""
        if (self.data / "PG_VERSION").exists():
            return
        for leftover in self.place.glob("data.new-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        self.notice("db.preparing")
        # A name of its own each time: the initdb of a process that was killed may still be writing into the last one.
        fresh = Path(tempfile.mkdtemp(prefix="data.new-", dir=self.place))
        self.account.give(fresh, 0o700)
        self._initialise(binaries, fresh)
        fresh.rename(self.data)
        _write_through(self.place)

    def _initialise(self, binaries: Binaries, fresh: Path) -> None:
        # The builtin provider sorts by code point with full Unicode letters on every system alike, so that a database
        # copied between Debian and macOS keeps its indexes valid.
        command: list[str | Path] = [binaries.program("initdb"), "-D", fresh, "-U", SUPERUSER, "--no-instructions"]
        command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += ["--data-checksums", "--auth-local=peer", "--auth-host=reject"]
        made = self.account.run([*command, "--no-sync"] if self.test else command)
        if made.returncode:
            raise Fault("DB-004", folder=self.place, reason=_last_line(made.stderr))
        with (fresh / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write("\ninclude_if_exists = 'minkang.conf'\n")
        said = self.account.run(
            [binaries.program("postgres"), "--single", "-D", fresh, "-c", "log_min_messages=error", "template1"],
            text=f"CREATE ROLE {ROLE} LOGIN;\n"
            f"GRANT pg_monitor TO {ROLE};\n"
            f"CREATE DATABASE {DATABASE} OWNER {ROLE};\n",
        )
        if said.returncode or "ERROR" in said.stderr:
            raise Fault("DB-004", folder=self.place, reason=_last_line(said.stderr))

    # Starting.

    def _start(self, binaries: Binaries, *, seconds: float) -> None:
        if (self.data / "postmaster.pid").exists() and self.running() is None:
            # Left behind by a server that was killed. PostgreSQL would refuse to start where its number now belongs
            # to another process of the same account; we know that no server of this folder lives.
            self.notice("db.unclean")
            postmaster.clear_orphans(self.data)
            (self.data / "postmaster.pid").unlink(missing_ok=True)
        sockets = self._sockets()
        if self.running() is None:
            for left in sockets.glob(".s.PGSQL.*"):
                left.unlink(missing_ok=True)  # Its lock file names a process too, and is no more to be believed.
        self._configure(sockets)
        begun = self.log / "start.log"
        begun.unlink(missing_ok=True)
        # The shell starts the server and leaves, so it is nobody's child here and its number is known at once.
        script = '"$1" -D "$2" >"$3" 2>&1 </dev/null & echo $!'
        started = self.account.run(["/bin/sh", "-c", script, "sh", binaries.program("postgres"), self.data, begun])
        if not started.stdout.strip().isdigit():
            raise Fault("DB-005", log=self.log, reason=_last_line(started.stderr))
        self._await_ready(int(started.stdout), seconds=seconds)

    def _await_ready(self, pid: int, *, seconds: float) -> None:
        """Wait until the server takes connections; recovery after a crash may take long, and says so."""
        begun = told = time.monotonic()
        pause = 0.005
        while True:
            found = self.running()
            if found and found.pid == pid and found.status == "ready":
                return
            if found and found.pid != pid:
                # A process that was killed in the midst of starting had started this one before us.
                pid = found.pid
            elif not postmaster.alive(pid):
                raise Fault("DB-005", log=self.log, reason=self._last_words())
            now = time.monotonic()
            if now - begun > seconds:
                raise Fault("DB-005", log=self.log, reason=f"not ready after {round(seconds)} s")
            if now - told > NOTICE_SECONDS:
                self.notice("db.recovering", seconds=round(now - begun))
                told = now
            time.sleep(pause)
            pause = min(pause * 1.3, 0.1)

    def _configure(self, sockets: Path) -> None:
        """Write what is ours in the data folder: settings, and who may connect as whom."""
        self.log.mkdir(exist_ok=True)
        self.account.give(self.log, 0o700)
        memory = machine_memory()
        self._write("minkang.conf", configuration(memory, sockets=sockets, log=self.log, test=self.test))
        # The kernel says who is at the other end of the socket: the account itself and root come in, nobody else,
        # and there is no password to keep.
        users = sorted({self.account.name, _user_name(os.geteuid()), _user_name(0)})
        self._write("pg_ident.conf", "".join(f'ours "{user}" all\n' for user in users))
        self._write("pg_hba.conf", "local all all peer map=ours\n")

    def _write(self, name: str, text: str) -> None:
        fresh = self.data / f"{name}.new"
        fresh.write_text(text, "utf-8")
        self.account.give(fresh, 0o600)
        fresh.rename(self.data / name)

    def _sockets(self) -> Path:
        """The folder of the socket: in the home, or, where that path is too long for a socket, a private short one."""
        near = self.place / "socket"
        if len(os.fsencode(str(near) + SOCKET_NAME)) < LONGEST_SOCKET:
            near.mkdir(exist_ok=True)
            self.account.give(near, 0o700)
            return near
        record = self.place / "socket-folder"
        if record.exists():
            kept = Path(record.read_text("utf-8").strip())
            if self._is_private(kept):
                return kept
        short = Path(tempfile.mkdtemp(prefix="minkang-", dir="/tmp"))
        self.account.give(short, 0o700)
        record.write_text(str(short), "utf-8")
        return short

    def _is_private(self, folder: Path) -> bool:
        """A folder in a place where anybody may write is ours only if it is real, owned by us and closed."""
        try:
            seen = folder.lstat()
        except OSError:
            return False
        return stat.S_ISDIR(seen.st_mode) and seen.st_uid == self.account.uid and not seen.st_mode & 0o077

    def _last_words(self) -> str:
        """The last complaint in the log: no record's data ever stand there."""
        files = sorted(self.log.glob("*.log"), key=lambda file: file.stat().st_mtime)
        lines = [line for file in files for line in file.read_text("utf-8", "replace").splitlines()]
        grave = [line for line in lines if "FATAL" in line or "PANIC" in line]
        return (grave or lines or [""])[-1].strip()


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""


def _write_through(folder: Path) -> None:
    """Make a rename in this folder survive a power cut."""
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
