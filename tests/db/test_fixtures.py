"""The databases that tests are given."""

from __future__ import annotations

from minkang.db import Database, status
from minkang.wiring import MIGRATED_PACKAGES


def test_each_test_has_a_database_of_its_own(database: Database, empty_database: Database) -> None:
    """What is written in one is not seen in the other, and the migrated one is migrated."""
    with database.connection() as connection:
        connection.execute("CREATE TABLE only_here (n int)")
    with empty_database.connection() as connection:
        row = connection.execute("SELECT to_regclass('only_here')").fetchone()
    assert row == (None,)
    assert all(step.at is not None for step in status(database, MIGRATED_PACKAGES))


def test_the_module_has_one_too(module_database: Database) -> None:
    """A shared one answers as well."""
    with module_database.connection() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
