"""`minkang plan` from the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.test_commands import run
from tests.conftest import short_folder
from tests.plans.made import SAMPLE

KINDS = ["indicators", "commitments", "tasks", "projects", "consistency", "terms"]


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A place for a data folder."""
    with short_folder() as folder:
        yield folder / "home"


def test_a_dry_run_needs_and_leaves_nothing(home: Path) -> None:
    """A plan is read without any data folder, and none is made; people see the indicators, programs all items."""
    dry = json.loads(run(home, "plan", "import", str(SAMPLE), "--dry-run", "--region", "370830", "--json"))
    assert list(dry) == ["plan", *KINDS]
    assert dry["projects"][0]["id"] == "370830-p001"
    assert "人均预期寿命" in run(home, "plan", "import", str(SAMPLE), "--dry-run")
    assert not home.exists()


def test_what_is_no_plan_is_refused(home: Path, tmp_path: Path) -> None:
    """The fault's code, words and exit code, before anything is opened."""
    (tmp_path / "letter.txt").write_text("关于召开会议的通知\n请各科室准时参加。\n", "utf-8")
    assert "PLANS-021" in run(home, "plan", "import", str(tmp_path / "letter.txt"), code=11)
    assert not home.exists()


@pytest.mark.long
def test_read_then_store_then_again(home: Path) -> None:
    """An import stores; the next one changes nothing."""
    run(home, "init")
    first = json.loads(run(home, "plan", "import", str(SAMPLE), "--region", "370830", "--json"))
    again = json.loads(run(home, "plan", "import", str(SAMPLE), "--region", "370830", "--json"))
    assert first["stored"]["new"] == sum(len(first[kind]) for kind in KINDS) == again["stored"]["unchanged"]
    (plan,) = json.loads(run(home, "plan", "list", "--json"))["plans"]
    assert (plan["region"], plan["revision"], plan["last_year"]) == ("370830", 1, 2025)
