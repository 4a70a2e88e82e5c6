"""A refresh that is killed at any point: readers see whole tables, and the next refresh ends right."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.lake.conftest import everything
from tests.lake.logged import LoggedSource, pressure

from minkang.lake.query import Lake
from minkang.lake.refresh import Options, Refresher
from minkang.lake.snapshots import Folder
from minkang.lake.tables import standard_tables

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from pathlib import Path
from minkang.lake import buckets
from minkang.lake.refresh import Options, Refresher
from minkang.lake.snapshots import Folder
from minkang.lake.tables import standard_tables
from tests.lake.logged import LoggedSource
buckets.SMALL = 40
tables = {"observation": standard_tables()["observation"]}
source = LoggedSource(Path(sys.argv[1]), most=20)
keeper = Refresher(Folder(Path(sys.argv[2])), source, tables=tables, options=Options(buckets=3, threads=1))
print("ready", flush=True)
keeper.run(full=sys.argv[3] == "full")
print("done", flush=True)
"""
WHOLE = "SELECT count(*) AS n, count(DISTINCT value) AS v, count(DISTINCT id) AS i FROM observation WHERE component = 1"
COUNT = 60


def _killed(source: Path, lake: Path, mode: str, after: float) -> bool:
    """Start a refresh and kill it; whether it was still at work."""
    command = [sys.executable, "-c", PROGRAM, str(source), str(lake), mode]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(after)
        process.kill()
        return "done" not in process.stdout.read()


@pytest.mark.parametrize("times", [3, pytest.param(20, marks=pytest.mark.long)])
def test_a_killed_refresh_harms_nothing(tmp_path: Path, times: int) -> None:
    """All records get one new value between refreshes, so a mixed table would show two."""
    chance = random.Random(times)
    source = LoggedSource(tmp_path / "versions", most=20)
    tables = {"observation": standard_tables()["observation"]}
    options = Options(buckets=3, threads=1)
    keeper = Refresher(Folder(tmp_path / "lake"), source, tables=tables, options=options)
    source.put(*(pressure(f"o{n}", str(n), 100) for n in range(COUNT)))
    keeper.run()
    span, killed = 0.6, 0
    with Lake(tmp_path / "lake", threads=1) as lake:
        for turn in range(times):
            source.put(*(pressure(f"o{n}", str(n), 101 + turn) for n in range(COUNT)))
            mode = "full" if turn % 3 == 2 else "changes"
            at_work = _killed(tmp_path / "versions", tmp_path / "lake", mode, chance.uniform(0, span))
            killed += at_work
            span = span * 1.3 if at_work else span / 1.5
            row = lake.sql(WHOLE).rows()[0]
            assert (row["n"], row["v"], row["i"]) == (COUNT, 1, COUNT), (turn, row)
    keeper.run()
    Refresher(Folder(tmp_path / "other"), source, tables=tables, options=options).run()
    assert everything(tmp_path / "lake", ("observation",)) == everything(tmp_path / "other", ("observation",))
    assert killed, "no refresh was at work when it was killed"
