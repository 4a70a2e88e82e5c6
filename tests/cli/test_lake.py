"""`minkang lake` as an operator runs it: real processes on a data folder of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.test_commands import run, write
from tests.conftest import short_folder
from tests.lake.logged import patient, pressure

OLD = {"effectiveDateTime": "1990-01-01", "issued": "1990-01-02T08:00:00+08:00"}


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A data folder with two patients, three pressures and a lake."""
    with short_folder() as folder:
        place = folder / "home"
        run(place, "init")
        given = [patient("1", name=[{"text": "王芳"}]), patient("2"), pressure("a", "1"), pressure("b", "2", 150)]
        run(place, "load", str(write(folder, *given)))
        said = json.loads(run(place, "lake", "refresh", "--json"))
        assert "observation" in said["built"]
        yield place


def test_tables_are_queried_listed_and_written(home: Path, tmp_path: Path) -> None:
    """Names of persons only for who asks for them; a saved query takes parameters."""
    query = "SELECT loinc, max(value) AS most FROM observation WHERE component > 0 GROUP BY 1 ORDER BY 1"
    rows = json.loads(run(home, "lake", "sql", query, "--json"))
    assert rows == [{"loinc": "8462-4", "most": 80.0}, {"loinc": "8480-6", "most": 150.0}]
    assert run(home, "lake", "sql", "SELECT * FROM patient ORDER BY id", "--format", "csv").count("王芳") == 0
    assert "王芳" in run(home, "lake", "sql", "SELECT * FROM patient ORDER BY id", "--format", "csv", "--level", "4")
    saved = json.loads(run(home, "lake", "sql", "@ages", "--param", "on=2025-06-30", "--json"))
    assert saved == [{"gender": "female", "age_from": 60, "people": 2}]
    run(home, "lake", "sql", query, "--out", str(tmp_path / "rows.xlsx"))
    assert (tmp_path / "rows.xlsx").read_bytes()[:2] == b"PK"
    assert "LAKE-009" in run(home, "lake", "sql", "DROP TABLE patient", code=15)
    listed = {one["name"]: one["rows"] for one in json.loads(run(home, "lake", "tables", "--json"))["tables"]}
    assert (listed["patient"], listed["observation"]) == (2, 6)
    assert any(
        one["name"] == "person_id" for one in json.loads(run(home, "lake", "tables", "patient", "--json"))["columns"]
    )
    assert json.loads(run(home, "lake", "unreadable", "observation", "--json")) == {"records": []}


def test_changes_are_taken_in_and_a_patient_purged(home: Path, tmp_path: Path) -> None:
    """By the feed; the purge of the lake leaves the store as it is."""
    run(home, "load", str(write(tmp_path, pressure("c", "1", 190))))
    assert json.loads(run(home, "lake", "refresh", "--json"))["changes"] >= 1
    count = "SELECT count(*) AS n FROM observation WHERE component = 0"
    assert json.loads(run(home, "lake", "sql", count, "--json")) == [{"n": 3}]
    assert json.loads(run(home, "lake", "purge", "2", "--json"))["held"] == 0
    assert json.loads(run(home, "lake", "sql", count, "--json")) == [{"n": 2}]


@pytest.mark.long
def test_rows_past_their_years_are_shown_before_they_go(home: Path, tmp_path: Path) -> None:
    """First only counted."""
    run(home, "load", str(write(tmp_path, pressure("old", "1", **OLD))))
    run(home, "lake", "refresh")
    shown = json.loads(run(home, "lake", "expire", "--json"))
    assert shown["removed"] is False
