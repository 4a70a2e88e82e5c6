"""A query sees the lake and nothing else: not by a file, a setting, another database, nor by a clever name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook
from tests.lake.logged import LoggedSource, patient, pressure

from minkang.errors import Fault
from minkang.lake.catalogue import Catalogue
from minkang.lake.query import Lake
from minkang.lake.refresh import Refresher
from minkang.lake.results import as_text, write_result

ATTEMPTS = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM patient, LATERAL (SELECT * FROM read_blob('/etc/passwd'))",
    "FROM patient SELECT (FROM read_text('/etc/passwd') SELECT content LIMIT 1)",
    "SELECT * FROM parquet_metadata('lake/tables/*/*/*.parquet')",
    "SELECT * FROM glob('*')",
    "WITH \"/etc/passwd.csv\" AS (SELECT 1) SELECT * FROM '/etc/passwd.csv'",
    "COPY (SELECT 1) TO '/tmp/x.csv'",
    "COPY patient FROM '/etc/passwd'",
    "EXPORT DATABASE '/tmp/x'",
    "ATTACH '/tmp/x.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET threads = 1",
    "RESET threads",
    "PRAGMA version",
    "CALL pragma_version()",
    "SELECT current_setting('threads')",
    "SELECT getenv('HOME')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM main.patient",
    "SELECT * FROM level_4.patient",
    "SHOW TABLES",
    "DESCRIBE patient",
    "SUMMARIZE patient",
    "EXPLAIN SELECT 1",
    "SELECT 1; SELECT 2",
    "CREATE TABLE x AS SELECT 1",
    "CREATE OR REPLACE VIEW patient AS SELECT 1",
    "DROP VIEW patient",
    "INSERT INTO patient SELECT * FROM patient",
    "DELETE FROM patient",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('patient')",
    "SELECT * FROM json_execute_serialized_sql('x')",
    "SELECT nextval('x')",
]


@pytest.fixture(autouse=True)
def _filled(refresher: Callable[..., Refresher], source: LoggedSource) -> None:
    name = [{"text": '=HYPERLINK("http://x")'}]
    source.put(patient("1", name=name), patient("2"), pressure("o", "1", 141))
    refresher().run()


@pytest.mark.parametrize("text", ATTEMPTS)
def test_nothing_beyond_the_lake_can_be_reached(lake: Lake, text: str) -> None:
    """Each attempt is refused before it runs, and says what was refused."""
    with pytest.raises(Fault, match=r"LAKE-00[69]"):
        lake.sql(text)


@pytest.mark.parametrize("text", ["SELECT * FROM read_text('/etc/passwd')", "SET threads = 1", "ATTACH '/tmp/x.db'"])
def test_the_engine_is_locked_as_well(lake: Lake, text: str) -> None:
    """Were the guard passed, the engine would refuse."""
    from minkang.lake.engines.duckdb import EngineError

    with lake._generation() as generation, pytest.raises(EngineError):
        generation.cursor().execute(text).fetchall()


def test_a_grant_of_tables_cannot_be_stepped_over(lake: Lake) -> None:
    """Neither directly, nor under a name that the query itself gives elsewhere."""
    lake.sql("SELECT * FROM patient")
    for text in (
        "SELECT * FROM patient",
        "SELECT * FROM (WITH patient AS (SELECT 1) SELECT * FROM patient) a, patient",
    ):
        with pytest.raises(Fault, match=r"LAKE-00[69]"):
            lake.sql(text, only=["observation"])


def test_columns_above_the_level_are_not_there(lake: Lake) -> None:
    """Neither by name nor by a star."""
    assert "id_card" in lake.sql("SELECT * FROM patient").table.column_names
    assert "id_card" not in lake.sql("SELECT * FROM patient", level=3).table.column_names
    with pytest.raises(Fault, match="LAKE-008"):
        lake.sql("SELECT name FROM patient", level=3)


def test_limits_hold(lake: Lake) -> None:
    """Rows are cut and said to be; a query that takes too long is stopped; a wrong one says why."""
    found = lake.sql("SELECT * FROM range(100) t(i) WHERE i > $least", {"least": 3}, max_rows=5)
    assert (found.truncated, [row["i"] for row in found.rows()]) == (True, [4, 5, 6, 7, 8])
    with pytest.raises(Fault, match="LAKE-010"):
        lake.sql("SELECT count(*) FROM range(100000000000)", seconds=0.3)
    for text in ("SELECT", "SELECT nothing FROM patient", "SELECT 1 +"):
        with pytest.raises(Fault, match="LAKE-008"):
            lake.sql(text)


def test_there_is_no_lake_before_the_first_refresh(tmp_path: Path) -> None:
    """And it says what to do."""
    with Lake(tmp_path / "none") as lake, pytest.raises(Fault, match="LAKE-005"):
        lake.sql("SELECT 1")


def test_the_catalogue_says_what_there_is(lake: Lake) -> None:
    """Rows, freshness, meaning, sensitivity, completeness, and the records behind rows."""
    catalogue = Catalogue(lake)
    card = catalogue.table("patient")
    assert (card.rows, card.level, card.resource, card.by_person) == (2, 4, "Patient", True)
    assert card.at
    assert card.bytes
    columns = {column.name: column for column in catalogue.columns("patient")}
    assert (columns["name"].complete, columns["name"].sensitivity) == (0.5, "identifying")
    assert columns["id_card"].element == "DE02.01.030.00"
    assert catalogue.lineage("observation", ["o", "o"]) == ["Observation/o"]
    assert len(catalogue.rows_of("observation", "o")) == 3
    with pytest.raises(Fault, match="LAKE-006"):
        catalogue.table("nothing")


def test_results_become_files(lake: Lake, tmp_path: Path) -> None:
    """A workbook never gets a formula out of a record."""
    table = lake.sql("SELECT id, name, birth_date FROM patient ORDER BY id").table
    assert as_text(table, "csv").splitlines()[0] == '"id","name","birth_date"'
    write_result(table, tmp_path / "r.xlsx", "xlsx")
    sheet = load_workbook(tmp_path / "r.xlsx").active
    assert sheet is not None
    assert sheet["B2"].value == '\'=HYPERLINK("http://x")'
    assert sheet["B2"].data_type == "s"
    write_result(table, tmp_path / "r.parquet", "parquet")
    assert sorted(place.name for place in tmp_path.glob("r.*")) == ["r.parquet", "r.xlsx"]
