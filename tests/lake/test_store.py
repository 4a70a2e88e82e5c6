"""The lake over the real record store: its feed and its tables say the same."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from tests.lake.conftest import everything
from tests.lake.logged import patient, pressure

from minkang.access import program_access
from minkang.db import Database
from minkang.fhir import decode
from minkang.lake.given import AuditDays, region_tables
from minkang.lake.query import Lake
from minkang.lake.refresh import Options, Refresher
from minkang.lake.snapshots import Folder
from minkang.lake.source import StoreSource
from minkang.lake.tables import standard_tables
from minkang.records.postgres import PostgresRepository
from minkang.records.search import PostgresSearch


def test_the_feed_and_the_tables_of_the_store_end_in_the_same_lake(database: Database, tmp_path: Path) -> None:
    """Creations, new versions and deletions by the feed; then all from the beginning; then after a restore."""
    store, access = PostgresRepository(database, PostgresSearch()), program_access("test")
    source = StoreSource(store, database, program_access("lake"))
    tables = {name: standard_tables()[name] for name in ("patient", "observation")}
    given = [*region_tables(), AuditDays(database, "Asia/Shanghai", timedelta(0))]
    options = Options(buckets=3, threads=1)
    for number in range(5):
        store.update(access, decode(json.dumps(patient(str(number))).encode()))
        store.update(access, decode(json.dumps(pressure(f"o{number}", str(number))).encode()))
    keeper = Refresher(Folder(tmp_path / "lake"), source, tables=tables, given=given, options=options)
    assert {"patient", "observation", "population", "audit_day"} <= set(keeper.run().built)
    store.update(access, decode(json.dumps(pressure("o1", "2", 199)).encode()))
    store.delete(access, "Observation", "o2")
    report = keeper.run()
    assert (report.changed, report.changes) == (["observation"], 2)
    Refresher(Folder(tmp_path / "other"), source, tables=tables, options=options).run()
    names = ("patient", "observation")
    assert everything(tmp_path / "lake", names) == everything(tmp_path / "other", names)
    store.after_restore()
    assert sorted(keeper.run().built) == ["audit_day", "observation", "patient"]
    assert everything(tmp_path / "lake", names) == everything(tmp_path / "other", names)
    with Lake(tmp_path / "lake") as lake:
        assert lake.sql("SELECT count(*) AS n FROM observation").rows() == [{"n": 12}]
        assert lake.sql("SELECT sum(times) AS n FROM audit_day WHERE interaction = 'delete'").rows()[0]["n"] == 1
        county = "SELECT sum(people) AS n FROM population WHERE region = 'wenshang' AND year = 2020"
        assert lake.sql(county).rows()[0]["n"] > 600_000
