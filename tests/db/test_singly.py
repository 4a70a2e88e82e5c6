"""Statements on their own."""

from __future__ import annotations

import psycopg
import pytest

from minkang.db import Database


def test_each_statement_stands_by_itself(database: Database) -> None:
    """What one wrote stays when the next fails, and the connection comes back fit for transactions."""
    with database.connection() as connection:
        connection.execute("CREATE TABLE t (a int PRIMARY KEY)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        _both(database, "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)")
    with database.singly() as connection:
        assert connection.execute("SELECT a FROM t").fetchall() == [(1,)]
    with database.connection() as connection:
        assert not connection.autocommit


def _both(database: Database, *statements: str) -> None:
    with database.singly() as connection:
        for statement in statements:
            connection.execute(statement.encode())
