"""The lake follows persons: rows stand with the person, and move when a record is relinked."""

from __future__ import annotations

import json
from pathlib import Path

from tests.lake.logged import patient, pressure

from minkang.access import program_access
from minkang.db import Database
from minkang.fhir import decode
from minkang.lake.query import Lake
from minkang.lake.refresh import Options, Refresher
from minkang.lake.snapshots import Folder
from minkang.lake.source import StoreSource
from minkang.lake.tables import standard_tables
from minkang.persons.store.feed import LinkFeed, StoredPersons
from minkang.persons.store.links import Links
from minkang.records.postgres import PostgresRepository
from minkang.records.search import PostgresSearch

ACCESS = program_access("test")


def test_rows_move_when_a_record_is_relinked(database: Database, tmp_path: Path) -> None:
    """Two records of one person, then unlinked, then undone: each refresh of the lake follows."""
    store, links = PostgresRepository(database, PostgresSearch()), Links(database)
    for id in ("1", "2"):
        store.update(ACCESS, decode(json.dumps(patient(id)).encode()))
        store.update(ACCESS, decode(json.dumps(pressure(f"o{id}", id)).encode()))
    person = links.link(ACCESS, "1", None, "a").person
    assert person
    links.link(ACCESS, "2", person, "b")
    keeper = Refresher(
        Folder(tmp_path / "lake"),
        StoreSource(store, database, program_access("lake")),
        StoredPersons(database),
        tables={name: standard_tables()[name] for name in ("patient", "observation")},
        relinked=LinkFeed(database).changed,
        options=Options(buckets=3, threads=1),
    )

    def persons() -> dict[str, str]:
        keeper.run()
        with Lake(tmp_path / "lake") as lake:
            rows = lake.sql("SELECT DISTINCT patient_id, person_id FROM observation").rows()
        return {row["patient_id"]: row["person_id"] for row in rows}

    assert persons() == {"1": person, "2": person}
    unlinked = links.unlink(ACCESS, "2", "another woman")
    assert persons() == {"1": person, "2": "2"}
    links.undo(ACCESS, unlinked.operation, "no, she is")
    assert persons() == {"1": person, "2": person}
