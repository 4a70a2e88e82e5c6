"""`minkang lake`: queries within the process, over a lake of the test's own; all the rest in real processes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.test_commands import run, write
from tests.conftest import short_folder
from tests.lake.logged import LoggedSource, patient, pressure
from typer.testing import CliRunner

from minkang.cli.lake import app
from minkang.errors import Fault
from minkang.lake.refresh import Options, Refresher
from minkang.lake.snapshots import Folder
from minkang.lake.tables import standard_tables

QUERY = "SELECT loinc, max(value) AS most FROM observation WHERE component > 0 GROUP BY 1 ORDER BY 1"
ALL = "SELECT * FROM patient ORDER BY id"
COUNT = "SELECT count(*) AS n FROM observation WHERE component = 0"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with two patients, two pressures and a record that cannot be read."""
    monkeypatch.setenv("MINKANG_HOME", str(tmp_path))
    monkeypatch.setenv("MINKANG_LANGUAGE", "en")
    source = LoggedSource(tmp_path / "versions")
    source.put(patient("1", name=[{"text": "王芳"}]), patient("2"), pressure("a", "1"), pressure("b", "2", 150))
    source.put(pressure("bad", "1", code="x"))
    tables = {name: standard_tables()[name] for name in ("patient", "observation")}
    Refresher(Folder(tmp_path / "lake"), source, tables=tables, options=Options(buckets=2, threads=1)).run()
    return tmp_path


def said(*words: str) -> Any:
    """What a command gives as JSON, or the text it prints."""
    done = CliRunner().invoke(app, list(words))
    if isinstance(done.exception, Fault):
        raise done.exception
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout) if "--json" in words else done.stdout


@pytest.mark.usefixtures("home")
def test_tables_are_queried(tmp_path: Path) -> None:
    """Names of persons only for who asks for them; a saved query takes parameters; rows go to files."""
    assert said("sql", QUERY, "--json") == [{"loinc": "8462-4", "most": 80.0}, {"loinc": "8480-6", "most": 150.0}]
    assert "王芳" not in said("sql", ALL, "--format", "csv")
    assert "王芳" in said("sql", ALL, "--format", "csv", "--level", "4")
    people = [{"gender": "female", "age_from": 60, "people": 2}]
    assert said("sql", "@ages", "--param", "on=2025-06-30", "--json") == people
    said("sql", QUERY, "--out", str(tmp_path / "rows.xlsx"))
    assert (tmp_path / "rows.xlsx").read_bytes()[:2] == b"PK"
    with pytest.raises(Fault, match="LAKE-009"):
        said("sql", "DROP TABLE patient")
    with pytest.raises(Fault, match="LAKE-015"):
        said("sql", "@nothing")


@pytest.mark.usefixtures("home")
def test_tables_columns_and_what_cannot_be_read_are_listed() -> None:
    """With rows, and the reason."""
    listed = {one["name"]: one["rows"] for one in said("tables", "--json")["tables"]}
    assert listed == {"patient": 2, "observation": 6}
    assert "person_id" in {one["name"] for one in said("tables", "patient", "--json")["columns"]}
    found = said("unreadable", "observation", "--json")["records"]
    assert [(one["id"], one["code"]) for one in found] == [("bad", "VIEWS-027")]


@pytest.mark.long
def test_changes_go_in_and_what_is_to_go_goes(tmp_path: Path) -> None:
    """From the store by the feed; a purge; rows past their years, first only counted."""
    with short_folder() as folder:
        home = folder / "home"
        run(home, "init")
        run(home, "load", str(write(tmp_path, patient("1"), patient("2"), pressure("a", "1"), pressure("b", "2"))))
        assert "observation" in json.loads(run(home, "lake", "refresh", "--json"))["built"]
        run(home, "load", str(write(tmp_path, pressure("c", "1", 190, effectiveDateTime="1990-01-01"))))
        assert json.loads(run(home, "lake", "refresh", "--json"))["changes"] == 1
        assert json.loads(run(home, "lake", "sql", COUNT, "--json")) == [{"n": 3}]
        assert json.loads(run(home, "lake", "purge", "2", "--json"))["held"] == 0
        assert json.loads(run(home, "lake", "sql", COUNT, "--json")) == [{"n": 2}]
        shown = json.loads(run(home, "lake", "expire", "--json"))
        assert (shown["removed"], [(one["table"], one["rows"]) for one in shown["tables"]]) == (
            False,
            [("observation", 3)],
        )
        assert json.loads(run(home, "lake", "expire", "--apply", "--json"))["tables"] == shown["tables"]
        assert json.loads(run(home, "lake", "sql", COUNT, "--json")) == [{"n": 1}]
