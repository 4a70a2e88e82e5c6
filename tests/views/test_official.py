"""The official test files of SQL on FHIR v2 give the rows they expect: over files, over a table, in plain Python."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from minkang.errors import Fault
from minkang.exchange.fhir_files import read_file
from minkang.lake.files import run_on_files
from minkang.views.compiler import compile_view
from minkang.views.definition import read_view
from minkang.views.reference import rows_of

ROOT = Path(__file__).parents[3] / "shared" / "reference" / "sql-on-fhir"
EXCEPTIONS: dict[tuple[str, str], str] = {}
"""Tests that do not hold, by file and title, each with its reason: there are none."""


def official() -> list[Any]:
    """Every test of every file; one that skips where the files are absent."""
    cases = []
    for path in sorted(ROOT.glob("*.json")):
        # Numbers stay as they are written, down to their last zero.
        suite = json.loads(path.read_text("utf-8"), parse_float=Decimal)
        for test in suite["tests"]:
            cases.append(pytest.param(path.stem, suite["resources"], test, id=f"{path.stem}: {test['title']}"))
    return cases or [pytest.param("", [], {}, id="absent")]


def written(resource: object) -> str:
    """JSON with decimals as they were."""
    marks: list[str] = []

    def mark(value: object) -> str:
        marks.append(str(value))
        return f"‹{len(marks) - 1}›"

    text = json.dumps(resource, default=mark, ensure_ascii=False)
    for number, digits in enumerate(marks):
        text = text.replace(f'"‹{number}›"', digits)
    return text


def comparable(row: dict[str, Any]) -> str:
    """A row as text in which equal numbers are equal (0 and -0 are, and the database has no -0)."""

    def plain(value: object) -> str:
        if isinstance(value, list):
            return str([plain(item) for item in value])
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return f"number {Decimal(str(value)).normalize() + 0:f}"
        return repr(value)

    return str({name: plain(value) for name, value in sorted(row.items())})


def over_files(view: object, resources: list[object], folder: Path) -> list[dict[str, Any]]:
    """The rows by way of files, stopping at the first resource that cannot be read."""
    place = folder / "resources.ndjson"
    place.write_text("".join(f"{written(resource)}\n" for resource in resources), "utf-8")
    compiled = compile_view(json.dumps(view, default=str))
    return run_on_files(compiled, [place], read=read_file, strict=True, threads=1).records


def over_table(view: object, resources: list[object], _folder: Path) -> list[dict[str, Any]]:
    """The rows by way of JSON text in an Arrow table."""
    compiled = compile_view(json.dumps(view, default=str))
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("resources", pa.table({"resource": pa.array([written(one) for one in resources])}))
        found = connection.execute(compiled.over_table())
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def in_python(view: object, resources: list[object], _folder: Path) -> list[dict[str, Any]]:
    """The rows by the reference evaluator, after the same checks."""
    text = json.dumps(view, default=str)
    compile_view(text)
    return list(rows_of(read_view(text), resources))  # type: ignore[arg-type]


@pytest.mark.reference
@pytest.mark.parametrize("way", [over_files, over_table, in_python], ids=lambda way: way.__name__)
@pytest.mark.parametrize(("suite", "resources", "test"), official())
@pytest.mark.usefixtures("reference")
def test_official(suite: str, resources: list[object], test: dict[str, Any], way: Any, tmp_path: Path) -> None:
    """The rows are the expected ones, in any order; what should be an error is one."""
    assert (suite, test["title"]) not in EXCEPTIONS
    if test.get("expectError"):
        with pytest.raises((Fault, duckdb.Error)):
            way(test["view"], resources, tmp_path)
        return
    rows = way(test["view"], resources, tmp_path)
    assert sorted(map(comparable, rows)) == sorted(map(comparable, test["expect"]))
    if "expectColumns" in test:
        assert list(rows[0]) == test["expectColumns"]
