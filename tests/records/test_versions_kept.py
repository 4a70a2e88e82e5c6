"""What the tables themselves refuse, and that search keys follow their record."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from minkang.access import Access
from minkang.db import Database
from minkang.fhir import Resource, decode
from minkang.records.postgres import PostgresRepository

Make = Callable[..., Resource]
KEYS = ("search_token", "search_reference", "search_date", "search_number", "search_text")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE record_version SET version = 9",
        "DELETE FROM record_version",
        "TRUNCATE record_version",
        "UPDATE access_audit SET caller = ''",
        "DELETE FROM access_audit",
    ],
)
def test_versions_and_audit_rows_are_kept(
    store: PostgresRepository, database: Database, access: Access, patient: Make, statement: str
) -> None:
    """The database refuses to change or remove them, whoever asks."""
    store.update(access, patient("1"))
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation), database.connection() as connection:
        connection.execute(statement)


def test_a_purge_may_remove_versions(
    store: PostgresRepository, database: Database, access: Access, patient: Make
) -> None:
    """With the setting, and for that transaction only."""
    store.update(access, patient("1"))
    with database.connection() as connection:
        connection.execute("SELECT set_config('minkang.purge', 'on', true)")
        assert connection.execute("DELETE FROM record_version").rowcount == 1
        connection.rollback()
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            connection.execute("DELETE FROM record_version")


def test_search_keys_are_those_of_the_current_version(
    store: PostgresRepository, database: Database, access: Access
) -> None:
    """After updates they equal those of a store that only ever had the last version; a deletion leaves none."""
    body = (
        '{"resourceType":"Observation","id":"%s","status":"%s","code":{"coding":[{"system":"urn:c","code":"%s",'
        '"display":"Height"}]},"subject":{"reference":"Patient/%s"},"effectiveDateTime":"202%s-01-01",'
        '"valueQuantity":{"value":%s},"component":[{"code":{"text":"a"},"valueQuantity":{"value":%s}}]}'
    )
    for step in (
        ("final", "x", "1", "0", "1.0", "3"),
        ("amended", "y", "2", "1", "2.0", "3"),
        ("final", "z", "2", "1", "2", "4"),
    ):
        store.update(access, decode((body % ("old", *step)).encode()))
    store.update(access, decode((body % ("new", *step)).encode()))

    def rows_of(connection: psycopg.Connection[tuple[object, ...]], id: str, table: str) -> list[str]:
        found = connection.execute(
            f"SELECT (to_jsonb(k) - 'rid')::text FROM {table} AS k JOIN record AS r USING (type, rid) WHERE r.id = %s",
            (id,),
        )
        return sorted(str(row[0]) for row in found)

    with database.connection() as connection:
        for table in KEYS:
            kept, fresh = rows_of(connection, "old", table), rows_of(connection, "new", table)
            differing = [row for row in kept if row not in fresh]
            # `_id` is no key; only what names the id itself may differ.
            assert len(kept) == len(fresh)
            assert not differing
            assert fresh
    store.delete(access, "Observation", "old")
    with database.connection() as connection:
        assert [rows_of(connection, "old", table) for table in KEYS] == [[]] * 5
