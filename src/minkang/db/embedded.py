"""The embedded PostgreSQL: opened by every process that needs it, started by the first, stopped by the last.

Each process that uses the server holds a shared lock on a lease file. Starting and stopping happen under an exclusive
start lock; whoever leaves and can have the lease to itself alone was the last, and stops the server. The
kernel drops the locks of a process that is killed, so there is no count that could be wrong. Where the last process was
killed, the server goes on by itself; the next process joins it.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import quote

from minkang.db.accounts import account_for
from minkang.db.binaries import major_version
from minkang.db.cluster import DATABASE, ROLE, SUPERUSER, Cluster
from minkang.db.leases import FileLock
from minkang.db.notices import Notice, silent
from minkang.errors import Fault
from minkang.settings import Settings

START_SECONDS = 3600.0  # Recovery of a large database after a crash may take many minutes.
STOP_SECONDS = 600.0


class Served(Protocol):
    """A database server that one may connect to while this is open."""

    @property
    def url(self) -> str:
        """The connection string of the platform's database."""

    def status(self) -> Mapping[str, object]:
        """What `minkang doctor` shows; `kind` is `embedded` or `external`."""

    def revive(self) -> None:
        """Start it again if it is gone and starting it is ours to do."""

    def stop(self) -> None:
        """Give the share in it up."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@dataclass
class Server:
    """A share in the embedded server, held until `stop` or the end of the `with` block.

    Attributes:
        cluster: the data folder it serves.
        started: whether this process started it (else it was joined).
    """

    cluster: Cluster
    started: bool
    _lock: FileLock
    _lease: FileLock
    _owner: int = field(default_factory=os.getpid)

    @property
    def url(self) -> str:
        """The connection string of the platform's database, as the role that owns it. No secret is in it."""
        return self.url_of(DATABASE)

    @property
    def admin_url(self) -> str:
        """The connection string for maintenance, as superuser."""
        return self.url_of("postgres", role=SUPERUSER)

    def url_of(self, database: str, *, role: str = ROLE) -> str:
        """The connection string of another database of this server.

        Raises:
            Fault: `DB-030` when the server is not running.
        """
        found = self.cluster.running()
        if found is None:
            raise Fault("DB-030", reason="embedded PostgreSQL is not running")
        sockets = quote(found.sockets, safe="")
        return f"postgresql://{quote(role)}@/{quote(database)}?host={sockets}&port={found.port}"

    def status(self) -> Mapping[str, object]:
        """What `minkang doctor` shows: kind, running, pid, account, data folder, log folder, socket folder."""
        found = self.cluster.running()
        return {
            "kind": "embedded",
            "running": found is not None and found.status == "ready",
            "pid": found.pid if found else None,
            "account": self.cluster.account.name,
            "data": str(self.cluster.data),
            "log": str(self.cluster.log),
            "sockets": found.sockets if found else None,
            "started_here": self.started,
        }

    def revive(self) -> None:
        """Start the server again if it is gone though shares in it are held: it was killed, or the machine ran short.

        Its connection strings stay as they were. Meant as `Database(…, revive=server.revive)`.

        Raises:
            Fault: as `open_server`.
        """
        if not self._lease.held or self.cluster.running():
            return
        lock = FileLock(self._lock.place)  # One of its own: threads may come here at the same time.
        lock.wait(seconds=START_SECONDS, notice=self.cluster.notice)
        try:
            self.cluster.ensure_running(seconds=START_SECONDS)
        finally:
            lock.release()

    def stop(self) -> None:
        """Give the share up; the last one stops the server. In a forked child, and a second time, nothing happens."""
        if not self._lease.held or os.getpid() != self._owner:
            return
        atexit.unregister(self.stop)
        self._lock.wait(seconds=START_SECONDS, notice=self.cluster.notice)
        try:
            self._lease.release()
            if self._lease.take(shared=False):
                self.cluster.stop(seconds=STOP_SECONDS)
        finally:
            self._lease.release()
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def open_server(
    home: Path,
    *,
    notice: Notice = silent,
    account: str | None = None,
    test: bool = False,
    wait_seconds: float = START_SECONDS,
) -> Server:
    """Join the embedded server of this home, or start it; the first time also prepare its data folder.

    Args:
        home: the platform's data folder (`MINKANG_HOME`); made where it is not there.
        notice: told what is waited for.
        account: the system account to run as when root starts it on new data; default: `minkang`.
        test: without durability, for databases of tests alone. The product never sets it.
        wait_seconds: how long to wait for a server that starts or recovers.

    Raises:
        Fault: `DB-001` to `DB-009`: the home, the account, the program or the data do not allow it.
    """
    place = _place(home.expanduser().resolve())
    lock, lease = FileLock(place / "lock"), FileLock(place / "lease")
    try:
        lock.wait(seconds=wait_seconds, notice=notice)
        cluster = Cluster(place, account_for(place / "data", account), notice, test)
        started = cluster.ensure_running(seconds=wait_seconds)
        lease.take(shared=True)
        server = Server(cluster, started, lock, lease)
        # A process that ends without leaving the `with` block still leaves as it should.
        atexit.register(server.stop)
    except PermissionError as error:
        raise Fault("DB-001", folder=error.filename or place, reason=error.strerror) from error
    finally:
        lock.release()
    return server


def _place(home: Path) -> Path:
    """The folder of the embedded server, made where it is not there.

    Root's are passable (0711), because the server's account has to reach its data through them; they show nothing.
    """
    place = home / "postgresql" / str(major_version())
    mode = 0o711 if os.geteuid() == 0 else 0o700
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        for folder in (home, place.parent, place):
            if not folder.exists():
                folder.mkdir(exist_ok=True)
                folder.chmod(mode)
    except OSError as error:
        raise Fault("DB-001", folder=error.filename or home, reason=error.strerror or str(error)) from error
    _refuse_other_major(place)
    return place


def _refuse_other_major(place: Path) -> None:
    if (place / "data").exists():
        return
    for other in sorted(place.parent.glob("*/data/PG_VERSION")):
        raise Fault("DB-003", found=other.parents[1].name, program=place.name, home=place.parents[1])
    for other in sorted(folder for folder in place.parent.iterdir() if folder != place and folder.name.isdigit()):
        if (other / "data").exists():  # Closed to us, so PG_VERSION could not be seen.
            raise Fault("DB-003", found=other.name, program=place.name, home=place.parents[1])


@dataclass
class External:
    """A PostgreSQL that somebody else runs (`MINKANG_DATABASE_URL`)."""

    url: str

    def status(self) -> Mapping[str, object]:
        """Its kind; the connection string may hold a password and is not shown."""
        return {"kind": "external"}

    def revive(self) -> None:
        """Nothing: it is not ours to start."""

    def stop(self) -> None:
        """Nothing: it is not ours to stop."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return


def server_for(settings: Settings, *, notice: Notice = silent) -> Served:
    """The database server these settings ask for: an external one where its address is given, else the embedded one.

    Raises:
        Fault: as `open_server`.
    """
    return open_server(settings.home, notice=notice) if settings.embedded else External(settings.database_url)
