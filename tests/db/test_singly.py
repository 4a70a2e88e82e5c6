"""Statements on their own."""

from __future__ import annotations

import psycopg
import pytest

from minkang.db import Database


def test_each_statement_stands_by_itself(database: Database) -> None:
    """What one wrote stays when the next fails, and the connection comes back fit for transactions."""
    with database.connection() as connection:
        connection.execute("CREATE TABLE t (a int PRIMARY KEY)")
    with pytest.raises(psycopg.errors.UniqueViolation), database.singly() as connection:
        connection.execute("INSERT INTO t VALUES (1)")
        connection.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(ZeroDivisionError), database.connection() as connection:
        connection.execute("INSERT INTO t VALUES (2)")
        raise ZeroDivisionError
    with database.singly() as connection:
        assert connection.execute("SELECT a FROM t").fetchall() == [(1,)]
    with database.connection() as connection:
        assert not connection.autocommit
