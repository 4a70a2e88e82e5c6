"""One view over files: every form of file gives the same table, and a bad line costs only itself."""

from __future__ import annotations

import csv
import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from minkang.errors import Fault, Faults
from minkang.exchange.fhir_files import find_files, read_file
from minkang.lake.files import FORMATS, Outcome, run_on_files
from minkang.lake.view_files import check, run_view, show_sql
from minkang.views.compiler import compile_view

VIEW = {
    "resourceType": "ViewDefinition",
    "name": "weights",
    "resource": "Observation",
    "select": [
        {
            "column": [
                {"name": "id", "path": "getResourceKey()", "type": "id"},
                {"name": "kg", "path": "value.ofType(Quantity).value", "type": "decimal"},
                {"name": "category", "path": "category.coding.code", "type": "code"},
                {"name": "notes", "path": "note.text", "type": "string", "collection": True},
            ]
        }
    ],
}


def weight(number: int, **more: Any) -> dict[str, Any]:
    """An Observation."""
    quantity = {"value": 60 + number / 10, "unit": "kg"}
    return {
        "resourceType": "Observation",
        "id": f"w{number}",
        "valueQuantity": quantity,
        "note": [{"text": "好"}],
        **more,
    }


def lines(resources: list[Any]) -> str:
    """NDJSON; a text stands for a line of its own."""
    return "".join((one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)) + "\n" for one in resources)


def run(folder: Path, view: dict[str, Any] = VIEW, **more: Any) -> Outcome:
    """Run a view over a folder."""
    return run_on_files(compile_view(view), find_files([folder]), read=read_file, threads=1, **more)


GOOD = [weight(number) for number in range(50)]


def test_lines_are_read_the_quick_way(tmp_path: Path) -> None:
    """Plain and gzipped NDJSON of one type."""
    (tmp_path / "a.ndjson").write_text(lines(GOOD[:20]), "utf-8")
    (tmp_path / "b.ndjson.gz").write_bytes(gzip.compress(lines(GOOD[20:]).encode()))
    outcome = run(tmp_path)
    assert (outcome.way, outcome.rows, outcome.set_aside) == ("quick", 50, 0)
    assert sorted(row["id"] for row in outcome.records) == sorted(one["id"] for one in GOOD)
    assert outcome.records[0]["notes"] == ["好"]


def test_a_number_in_quotes_and_a_text_without_are_read_alike_by_both_ways(tmp_path: Path) -> None:
    """What can be read without doubt is read, whatever else is in the file."""
    odd = weight(1, id=7, valueQuantity={"value": "72.50"})
    for number, beside in enumerate(([], [{"resourceType": "Patient", "note": 1}])):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "a.ndjson").write_text(lines([odd, *beside]), "utf-8")
        outcome = run(folder)
        assert outcome.way == ("careful" if beside else "quick")
        assert [(row["id"], str(row["kg"])[:5]) for row in outcome.records] == [("7", "72.50")]


def test_every_other_form_is_read_carefully(tmp_path: Path) -> None:
    """Mixed types, Bundles, single resources and archives, side by side with lines."""
    (tmp_path / "lines.ndjson").write_text(lines(GOOD[:10]), "utf-8")
    mixed = [{"resourceType": "Patient", "id": "p", "category": 5}, *GOOD[10:20]]
    (tmp_path / "mixed.ndjson").write_text(lines(mixed), "utf-8")
    (tmp_path / "one.json").write_text(json.dumps(GOOD[20], indent=1), "utf-8")
    bundle = {"resourceType": "Bundle", "entry": [{"resource": one} for one in [*GOOD[21:30], mixed[0]]]}
    (tmp_path / "bundle.json").write_text(json.dumps(bundle), "utf-8")
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        archive.writestr("inner.ndjson", lines(GOOD[30:]))
    outcome = run(tmp_path)
    assert (outcome.way, outcome.rows, outcome.set_aside) == ("both", 50, 0)
    assert {row["id"] for row in outcome.records} == {one["id"] for one in GOOD}


BAD = [
    (weight(90, valueQuantity="heavy"), "object"),
    (weight(91, valueQuantity={"value": "heavy"}), "heavy"),
    (weight(92, id=["x"]), "array"),
    (weight(93, id={"a": 1}), "object"),
    (weight(94, note={"text": "x"}), "array"),
    (weight(95, note=[{"text": ["x"]}]), "array"),
    (weight(96, category=[{"coding": [{"code": "a"}, {"code": "b"}]}]), "several"),
    ('{"resourceType": "Observation", "id": "cut', "truncated"),
]


def test_a_bad_line_is_set_aside_with_place_and_reason(tmp_path: Path) -> None:
    """The table has all others; each bad one is named by file, line and reason, and kept in the file of rejects."""
    resources: list[Any] = list(GOOD)
    for number, (bad, _) in enumerate(BAD):
        resources.insert(number * 5 + 3, bad)
    source = tmp_path / "in"
    source.mkdir()
    (source / "a.ndjson").write_text(lines(resources), "utf-8")
    rejects = tmp_path / "rejects.ndjson"
    outcome = run(source, rejects=rejects)
    assert (outcome.rows, outcome.set_aside, outcome.way) == (50, len(BAD), "careful")
    by_place = {aside.place: aside.fault for aside in outcome.asides}
    for number, (_, word) in enumerate(BAD):
        fault = by_place[f"{source}/a.ndjson:{number * 5 + 4}"]
        assert word in fault.text("en"), fault.text("en")
        assert fault.advice("zh")
    kept = [json.loads(line) for line in rejects.read_text("utf-8").splitlines()]
    assert {one["place"] for one in kept} == set(by_place)
    assert sum("heavy" in one["resource"] for one in kept) == 2


@pytest.mark.parametrize(("bad", "word"), BAD, ids=[word for _, word in BAD])
def test_strictly_the_first_bad_line_stops_everything(tmp_path: Path, bad: Any, word: str) -> None:
    """With `strict` nothing is set aside and no file is left behind."""
    (tmp_path / "a.ndjson").write_text(lines([*GOOD, bad]), "utf-8")
    output = tmp_path / "out" / "table.parquet"
    output.parent.mkdir()
    with pytest.raises(Fault, match=word):
        run(tmp_path, strict=True, output=output)
    assert list(output.parent.iterdir()) == []


def test_a_walk_checks_what_lies_deep(tmp_path: Path) -> None:
    """A resource whose nested items are not what the view reads is set aside too."""
    view = {
        "resource": "QuestionnaireResponse",
        "select": [{"repeat": ["item"], "column": [{"name": "l", "path": "linkId", "type": "string"}]}],
    }
    good = {"resourceType": "QuestionnaireResponse", "id": "g", "item": [{"linkId": "1", "item": [{"linkId": "2"}]}]}
    deep = {
        "resourceType": "QuestionnaireResponse",
        "id": "d",
        "item": [{"linkId": "1", "item": [{"linkId": {"x": 1}}]}],
    }
    flat = {"resourceType": "QuestionnaireResponse", "id": "f", "item": {"linkId": "1"}}
    (tmp_path / "a.ndjson").write_text(lines([good, deep, flat]), "utf-8")
    outcome = run(tmp_path, view)
    assert [row["l"] for row in outcome.records] == ["1", "2"]
    assert outcome.set_aside == 2
    assert "$.item[...].item[...].linkId" in outcome.asides[0].fault.text("en")


@pytest.mark.parametrize("format", FORMATS)
def test_a_table_is_written_in_every_format(tmp_path: Path, format: Any) -> None:
    """The same rows; lists in CSV are JSON, decimals in CSV have no idle zeros."""
    source = tmp_path / "in"
    source.mkdir()
    (source / "a.ndjson").write_text(lines(GOOD), "utf-8")
    output = tmp_path / f"out.{format}"
    assert run(source, output=output, format=format).rows == 50
    match format:
        case "parquet":
            rows = pq.read_table(output).to_pylist()
        case "csv":
            rows = list(csv.DictReader(output.read_text("utf-8").splitlines()))
            assert rows[0]["notes"] == '["好"]'
            assert rows[0]["kg"] == "60"
        case "json":
            rows = json.loads(output.read_text("utf-8"))
        case _:
            rows = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    assert [row["id"] for row in rows] == [one["id"] for one in GOOD]
    assert [float(row["kg"]) for row in rows] == [one["valueQuantity"]["value"] for one in GOOD]
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []


def test_the_commands(tmp_path: Path) -> None:
    """Run, check and show a view that stands in a file."""
    view = tmp_path / "view.json"
    view.write_text(json.dumps(VIEW), "utf-8")
    source = tmp_path / "a.ndjson"
    source.write_text(lines(GOOD), "utf-8")
    assert run_view(view, [source], read=read_file).rows == 50
    assert [one.name for one in check(view).columns] == ["id", "kg", "category", "notes"]
    assert "read_json($files" in show_sql(view)
    assert "FROM resources" in show_sql(view, "spark")
    view.write_text(
        json.dumps({"resource": "Patient", "select": [{"column": [{"name": "x", "path": "nme"}]}]}), "utf-8"
    )
    assert [fault.code for fault in check(view).faults] == ["VIEWS-014"]
    with pytest.raises(Faults):
        run_view(view, [source], read=read_file)
    with pytest.raises(Fault, match="LAKE-001"):
        check(tmp_path / "absent.json")


def test_repeat_follows_thirty_two_levels_and_refuses_more(tmp_path: Path) -> None:
    """A resource at the limit is read whole; one beyond it is set aside, not cut short."""

    def nested(depth: int) -> dict[str, Any]:
        inner: dict[str, Any] = {"linkId": str(depth)}
        for level in range(depth - 1, 0, -1):
            inner = {"linkId": str(level), "item": [inner]}
        return {"resourceType": "QuestionnaireResponse", "id": str(depth), "item": [inner]}

    view = {
        "resource": "QuestionnaireResponse",
        "select": [
            {"column": [{"name": "id", "path": "id"}]},
            {"repeat": ["item"], "column": [{"name": "l", "path": "linkId"}]},
        ],
    }
    (tmp_path / "a.ndjson").write_text(lines([nested(3), nested(32), nested(33)]), "utf-8")
    outcome = run(tmp_path, view)
    assert [row["l"] for row in outcome.records if row["id"] == "32"] == [str(level) for level in range(1, 33)]
    assert (outcome.rows, outcome.set_aside) == (35, 1)
    assert outcome.asides[0].fault.code == "VIEWS-028"
