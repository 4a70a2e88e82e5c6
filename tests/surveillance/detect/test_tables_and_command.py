"""What tables may hold, and what the command says of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from minkang.cli.main import build
from minkang.errors import Fault, Faults
from minkang.surveillance.detect.judged import judge_table
from minkang.surveillance.detect.tables import read_table


def lines(*rows: str, head: str = "series,date,observed") -> list[str]:
    return [head, *rows]


def test_gaps_become_missing_steps_and_rows_keep_their_numbers() -> None:
    """A week that is not in the table is a gap; indexes count rows, in whatever order they stand."""
    table = lines("a,2024-01-22,4", "a,2024-01-01,1", "a,2024-01-08,2")
    batch = read_table(table, "x").batches[0]
    assert batch.series.counts[0].tolist()[:2] == [1.0, 2.0]
    assert np.isnan(batch.series.counts[0, 2])
    assert batch.places[0].tolist() == [3, 0, 1]
    judged = judge_table(table, "x", "fixed", {"cases": 2})
    assert [(point.index, point.alarm) for point in judged.points] == [(1, True), (2, False), (3, True)]


def test_daily_weekly_and_monthly_tables_are_told_apart() -> None:
    """By their dates; series of different lengths share a table."""
    daily = read_table(lines(*(f"a,2024-02-{day:02},1" for day in range(1, 30))), "x").batches[0].series
    monthly = read_table(lines(*(f"a,2024-{month:02}-01,1" for month in range(1, 13))), "x").batches[0].series
    assert (daily.freq, monthly.freq) == (365, 12)
    assert monthly.shape == (1, 12)
    mixed = read_table(lines("a,2024-01-01,1", "b,2024-01-01,2", "b,2024-01-08,3"), "x")
    assert [batch.series.names for batch in mixed.batches] == [("a",), ("b",)]


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (["series,date,count", "a,2024-01-01,1"], "SURVEILLANCE-010"),
        ([], "SURVEILLANCE-010"),
        (lines("a,2024-01-01,many"), "SURVEILLANCE-011"),
        (lines("a,2024-01-01"), "SURVEILLANCE-011"),
        (lines("a,2024-01-01,inf"), "SURVEILLANCE-011"),
        (lines("a,2024-13-01,1"), "SURVEILLANCE-012"),
        (lines("a,,1"), "SURVEILLANCE-012"),
        (["index,observed", "1.5,2"], "SURVEILLANCE-012"),
        (lines("a,2024-01-01,1", "a,2024-01-01,1"), "SURVEILLANCE-013"),
        (["index,observed", "3,2", "3,2"], "SURVEILLANCE-013"),
        (lines("a,2024-01-01,1", "a,2024-01-09,1", "a,2024-03-02,1"), "SURVEILLANCE-014"),
        (lines("a,0001-01-01,1", "a,9999-12-27,1"), "SURVEILLANCE-014"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_its_place(table: list[str], code: str) -> None:
    """Each with a code of its own, and the file or line."""
    with pytest.raises(Fault) as refused:
        read_table(table, "cases.csv")
    assert refused.value.code == code
    assert "cases.csv" in refused.value.where or code == "SURVEILLANCE-010"


def test_all_bad_rows_are_told_at_once() -> None:
    """Two wrong numbers are two faults of one refusal."""
    with pytest.raises(Faults) as refused:
        read_table(lines("a,2024-01-01,x", "b,2024-01-01,y"), "cases.csv")
    assert [fault.where for fault in refused.value.faults] == ["cases.csv:2", "cases.csv:3"]


def test_negative_counts_zero_population_and_short_series_have_reasons() -> None:
    """Nothing is judged in silence."""
    table = ["index,observed,population"] + [f"{week},{week % 5},{0 if week == 290 else 100}" for week in range(1, 301)]
    table[300] = "300,-4,100"
    judged = judge_table(table, "x", "farrington-flexible", {"population_offset": True, "limit": [0, 4]})
    reasons = {point.index: point.reason for point in judged.points}
    assert reasons[1] == "history"
    assert reasons[290] == "population"
    assert reasons[280] == ""
    assert reasons[300] == "negative"


def test_the_command_answers_in_json_and_for_people(tmp_path: Path) -> None:
    """Points with series, 1-based index, expected, threshold and alarm; a table for people; a fault by its code."""
    file = tmp_path / "series.csv"
    rows = [f"flu,{week},{40 if week == 30 else 3 + week % 3}" for week in range(1, 31)]
    file.write_text("\n".join(["series,index,observed", *rows]), encoding="utf-8")
    run = CliRunner()
    asked = ["surveillance", "detect", "--method", "ears-c2", "--input", str(file)]
    said = json.loads(run.invoke(build("surveillance"), [*asked, "--json"], catch_exceptions=False).stdout)
    assert len(said["points"]) == 30
    assert said["points"][-1]["alarm"] is True
    assert said["points"][0] == {
        "series": "flu", "index": 1, "expected": None, "threshold": None, "alarm": None, "reason": "history",
    }  # fmt: skip
    assert said["reasons"][0]["points"] == 9
    assert "flu" in run.invoke(build("surveillance"), asked, catch_exceptions=False).stdout
    refused = run.invoke(build("surveillance"), [*asked, "--params", "{alpha"])
    assert isinstance(refused.exception, Fault)
    assert refused.exception.code == "SURVEILLANCE-015"


def test_settings_of_r_answer_for_the_rows_of_range() -> None:
    """A bare `control` is enough; a method without counterpart in R is refused."""
    table = ["observed", *(str(3 + week % 4) for week in range(60))]
    judged = judge_table(table, "x", "ears-c1", {"r": {"method": "C1", "baseline": 7, "range": [20, 24]}})
    assert [point.index for point in judged.points] == [20, 21, 22, 23, 24]
    with pytest.raises(Fault, match="SURVEILLANCE-002"):
        judge_table(table, "x", "ensemble", {"r": {}})
    with pytest.raises(Fault, match="SURVEILLANCE-002"):
        judge_table(table, "x", "cusum", {"r": {"m": 7, "range": [20, 24]}})
