"""What the driver's errors mean to a caller: which are faults of the database, and which pass through."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import Connection, errors

from minkang.errors import Fault

OLDEST_SERVER = 140000
TOO_LONG = (errors.QueryCanceled, errors.IdleInTransactionSessionTimeout)
AWAY = (errors.AdminShutdown, errors.CrashShutdown, errors.CannotConnectNow, errors.IdleSessionTimeout)
FULL = (errors.DiskFull, errors.OutOfMemory, errors.TooManyConnections, errors.ReadOnlySqlTransaction)
DENIED = ("28P01", "28000", "3D000", "42501")


def connect(url: str, *, autocommit: bool, name: str) -> Connection[tuple[Any, ...]]:
    """One connection.

    Raises:
        Fault: `DB-030` when nobody answers; `DB-029` when the address cannot be read or the server refuses us.
    """
    try:
        return psycopg.connect(url, autocommit=autocommit, application_name=name, connect_timeout=5)
    except psycopg.OperationalError as error:
        reason = first_line(error)
        if error.sqlstate in DENIED or "authentication failed" in reason or "does not exist" in reason:
            raise Fault("DB-029", reason=reason) from error
        raise Fault("DB-030", reason=reason) from error
    except psycopg.ProgrammingError as error:
        raise Fault("DB-029", reason=first_line(error)) from error


def check_server(connection: Connection[Any]) -> None:
    """Refuse a server that the platform cannot work with.

    Raises:
        Fault: `DB-026` when it is older than PostgreSQL 14; `DB-027` when the database is not in UTF-8.
    """
    version = connection.info.server_version
    if version < OLDEST_SERVER:
        raise Fault("DB-026", version=f"{version // 10000}.{version % 10000}")
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise Fault("DB-027", encoding=encoding)


def translate(error: BaseException, connection: Connection[Any]) -> Fault | None:
    """The fault behind an error of the driver, or None for what the caller's own code must answer for."""
    if not isinstance(error, psycopg.Error):
        return None
    fault = None
    if isinstance(error, TOO_LONG):
        fault = Fault("DB-023")
    elif isinstance(error, errors.LockNotAvailable):
        fault = Fault("DB-024")
    elif isinstance(error, FULL):
        fault = Fault("DB-028", reason=first_line(error))
    elif isinstance(error, AWAY) or (isinstance(error, psycopg.OperationalError) and connection.broken):
        fault = Fault("DB-021", reason=first_line(error))
    return fault


def first_line(error: BaseException) -> str:
    """The first line of what the driver says, which holds no data of a record."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
