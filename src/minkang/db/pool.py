"""Connections to the database: a pool a process, and faults in place of a driver's errors when it is away."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType, TracebackType
from typing import Any, Self

import psycopg
from psycopg import Connection
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool, PoolTimeout

from minkang.db.refusals import check_server, connect, translate
from minkang.errors import Fault

BUSY_SECONDS = 30.0  # How long a caller waits for a connection that others use.
SLICE_SECONDS = 0.5  # How often a waiting caller looks whether the database is away.
LOCK_SECONDS = 10.0
IDLE_SECONDS = 60.0

Row = tuple[Any, ...]


class Database:
    """A database, through at most `size` connections in each process that uses it.

    Nothing is connected before the first `connection()`. A forked child makes connections of its own. While the
    database is away every call gives `DB-020` within a few seconds; when it is back the next call works.

    Args:
        url: a connection string (`postgresql://…` or `key=value …`).
        size: the most connections this process may have.
        statement_seconds: the longest one statement may take; 0 for no limit.
        lock_seconds: the longest one statement may wait for another transaction.
        name: what the server's list of activities calls these connections.
        planning: settings of PostgreSQL's planner for these connections.
        revive: called when the database is away, to start it again where that is ours to do (`Server.revive`).
    """

    def __init__(
        self,
        url: str,
        *,
        size: int = 4,
        statement_seconds: float = 20.0,
        lock_seconds: float = LOCK_SECONDS,
        name: str = "minkang",
        planning: Mapping[str, str] = MappingProxyType({}),
        revive: Callable[[], None] | None = None,
    ) -> None:
        self.url = url
        self.size = size
        self.statement_seconds = statement_seconds
        self.lock_seconds = lock_seconds
        self.name = name
        self.planning = dict(planning)
        self.revive = revive
        self._making = threading.Lock()
        self._pools: dict[int, ConnectionPool[Connection[Row]]] = {}
        self._refusal: Fault | None = None  # Why no connection can be made now.

    @contextmanager
    def connection(self) -> Iterator[Connection[Row]]:
        """A connection with a transaction of its own: committed at the end of the block, undone when it raises.

        Raises:
            Fault: `DB-020` the database cannot be reached; `DB-021` it went away in the block, nothing was written;
                `DB-022` it went away during the commit, which may or may not have happened; `DB-023` a statement took
                too long; `DB-024` another transaction held what was needed; `DB-025` all connections are in
                use; `DB-026` to `DB-029` it is not a database the platform can use. Everything else the
                driver says (constraints, serialization) passes through as it is.
        """
        pool = self._pool()
        connection = self._take(pool)
        try:
            if connection.autocommit:
                connection.autocommit = False
            yield connection
        except BaseException as error:
            _undo(connection)
            fault = translate(error, connection)
            if fault:
                raise fault from error
            raise
        else:
            self._commit(connection)
        finally:
            pool.putconn(connection)

    @contextmanager
    def singly(self) -> Iterator[Connection[Row]]:
        """A connection on which each statement is a transaction of its own: one round trip where a block takes three.

        For looks, which need no more than a statement's own snapshot, and for a single statement that writes.

        Raises:
            Fault: as `connection`; after `DB-021` a statement that writes may or may not have happened.
        """
        pool = self._pool()
        connection = self._take(pool)
        try:
            if not connection.autocommit:
                connection.autocommit = True
            yield connection
        except BaseException as error:
            _undo(connection)
            fault = translate(error, connection)
            if fault:
                raise fault from error
            raise
        finally:
            pool.putconn(connection)  # As it is: often the next block is again a look.

    @contextmanager
    def alone(self) -> Iterator[Connection[Row]]:
        """A connection outside the pool, each statement its own transaction, without time limits: for upkeep.

        Raises:
            Fault: as `connection`, but `DB-030`, which names the reason, when the database cannot be reached.
        """
        connection = connect(self.url, autocommit=True, name=self.name)
        try:
            yield connection
        except psycopg.Error as error:
            fault = translate(error, connection)
            if fault:
                raise fault from error
            raise
        finally:
            connection.close()

    def check(self) -> None:
        """Connect once, to hear at the start of the program what would otherwise be heard from the first caller.

        Raises:
            Fault: `DB-026` to `DB-030`.
        """
        with self.alone() as connection:
            check_server(connection)

    def close(self) -> None:
        """Close this process's connections; the next `connection()` makes new ones."""
        with self._making:
            pool = self._pools.pop(os.getpid(), None)
        if pool:
            pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # The pool.

    def _pool(self) -> ConnectionPool[Connection[Row]]:
        pool = self._pools.get(os.getpid())
        return pool or self._make_pool()

    def _make_pool(self) -> ConnectionPool[Connection[Row]]:
        with self._making:
            mine = os.getpid()
            if mine not in self._pools:
                # A pool inherited through a fork stays in the table unused: its sockets are the parent's.
                self._pools[mine] = ConnectionPool(
                    self.url,
                    min_size=1,
                    max_size=self.size,
                    open=True,
                    name=self.name,
                    configure=self._configure,
                    reconnect_timeout=0,  # No growing pauses: each call tries again at once.
                    reconnect_failed=self._away,
                    kwargs={"application_name": self.name, "connect_timeout": 5, "autocommit": False},
                )
            return self._pools[mine]

    def _configure(self, connection: Connection[Row]) -> None:
        """Make a new connection ready. Said in SQL and not at connect, so that it also passes a connection proxy."""
        try:
            check_server(connection)
        except Fault as fault:
            raise psycopg.OperationalError(fault.code) from fault
        limits = {
            "statement_timeout": self.statement_seconds,
            "lock_timeout": self.lock_seconds,
            "idle_in_transaction_session_timeout": max(IDLE_SECONDS, self.statement_seconds),
        }
        for setting, seconds in limits.items():
            connection.execute("select set_config(%s, %s, false)", (setting, f"{round(seconds * 1000)}ms"))
        for setting, value in {"timezone": "UTC", **self.planning}.items():
            connection.execute("select set_config(%s, %s, false)", (setting, value))
        connection.commit()
        self._refusal = None

    def _away(self, pool: ConnectionPool[Connection[Row]]) -> None:
        """A connection could not be made: bring the server back where it is ours, and learn the reason by hand."""
        try:
            if self.revive:
                self.revive()
            with self.alone() as connection:
                check_server(connection)
            self._refusal = None
        except Fault as fault:
            self._refusal = fault

    def _take(self, pool: ConnectionPool[Connection[Row]]) -> Connection[Row]:
        until = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                connection = pool.getconn(timeout=SLICE_SECONDS)
            except PoolTimeout:
                self._say_why(time.monotonic() > until)
                continue
            if _is_alive(connection):
                return connection
            connection.close()  # The server left while it lay in the pool; putting it back has it replaced.
            pool.putconn(connection)

    def _say_why(self, too_long: bool) -> None:
        refusal = self._refusal
        if refusal and refusal.code == "DB-030":
            # Callers from outside are not told addresses; the reason is there for a log.
            raise Fault("DB-020", reason=refusal.params["reason"])
        if refusal:
            raise Fault(refusal.code, refusal.where, **refusal.params)
        if too_long:
            raise Fault("DB-025", size=self.size)

    def _commit(self, connection: Connection[Row]) -> None:
        try:
            connection.commit()
        except psycopg.OperationalError as error:
            _undo(connection)
            fault = translate(error, connection)
            if fault and fault.code == "DB-021":
                raise Fault("DB-022", reason=fault.params["reason"]) from error
            if fault:
                raise fault from error
            raise
        except BaseException:
            _undo(connection)
            raise


def _undo(connection: Connection[Row]) -> None:
    """Undo what is open; on a connection that is lost there is nothing left to undo."""
    try:
        connection.rollback()
    except psycopg.Error:
        connection.close()


def _is_alive(connection: Connection[Row]) -> bool:
    """Whether the server is still at the other end, without asking it: an idle connection has nothing to read.

    Costs a system call (about a microsecond), where asking would cost every interaction a round trip.
    """
    if connection.closed:
        return False
    if connection.info.transaction_status != TransactionStatus.IDLE:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    try:
        while poll.poll(0):  # A notice, or a last message and then the end of the stream: reading on tells which.
            connection.pgconn.consume_input()
            if connection.info.status != psycopg.pq.ConnStatus.OK:
                return False
    except psycopg.Error:
        return False
    return True
