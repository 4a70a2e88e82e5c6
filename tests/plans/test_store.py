"""Plans in the database: whole or not at all, once however often imported, people's corrections kept."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from tests.plans.made import SAMPLE, as_cells, lines, sample

from minkang.access import Access, program_access
from minkang.db import Database
from minkang.errors import Fault
from minkang.plans.reading.plan import Reading, read_plan
from minkang.plans.store import Plans

ACCESS = program_access("test")


def changed(tmp_path: Path) -> Reading:
    """The sample with another target for screening, without its last task, and with a box more."""
    parts = lines(sample())
    texts = [part for part in parts if not (isinstance(part, str) and part.startswith("7."))]
    table = next(part for part in texts if isinstance(part, list) and len(part) > 3)
    row = next(row for row in table if "产前筛查率" in row)
    row[row.index("＞90")] = "＞95"
    path = tmp_path / "changed.txt"
    path.write_text(as_cells(texts), "utf-8")
    return read_plan(path)


def count(database: Database) -> int:
    """All rows of all tables of plans."""
    with database.singly() as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM plan) + (SELECT count(*) FROM plan_revision)"
            " + (SELECT count(*) FROM plan_item) + (SELECT count(*) FROM plan_change)"
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_twice_is_once(database: Database) -> None:
    """The second import of a file changes nothing and adds nothing."""
    plans, reading = Plans(database), read_plan(SAMPLE)
    first = plans.take(ACCESS, reading)
    rows = count(database)
    second = plans.take(ACCESS, reading)
    assert first.new == sum(len(items) for items in reading.items.values()) == second.unchanged
    assert (second.new, second.changed, second.gone, second.revision, second.plan) == (0, 0, 0, 1, first.plan)
    assert count(database) == rows
    assert plans.text(first.plan, 1) == reading.document.text
    stored = [dict(one.machine) for one in plans.items(first.plan, "indicators")]
    assert stored == reading.items["indicators"]


def test_two_at_once_are_one(database: Database) -> None:
    """Imports of one plan at the same moment follow one another."""
    plans, reading = Plans(database), read_plan(SAMPLE)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: plans.take(ACCESS, reading), range(4)))
    assert sorted(one.new > 0 for one in done) == [False, False, False, True]
    assert len(plans.all()) == 1


def test_a_new_text_updates(database: Database, tmp_path: Path) -> None:
    """What changed is read again, what is gone is marked, a correction stays and asks for a second look."""
    plans = Plans(database)
    plan = plans.take(ACCESS, read_plan(SAMPLE)).plan
    found = {one.machine["name"]: one for one in plans.items(plan, "indicators")}
    screening, life = found["产前筛查率"], found["人均预期寿命"]
    plans.correct(
        ACCESS, screening.id, {**screening.machine, "target_value": 92}, "更正公告", version=screening.version
    )
    plans.accept(ACCESS, life.id)
    done = plans.take(ACCESS, changed(tmp_path))
    assert (done.plan, done.revision, done.gone > 0) == (plan, 2, True)
    again = {one.machine["name"]: one for one in plans.items(plan, "indicators")}
    assert (again["产前筛查率"].machine["target_value"], again["产前筛查率"].value["target_value"]) == (95, 92)
    assert (again["产前筛查率"].stale, again["产前筛查率"].state) == (True, "corrected")
    assert (again["人均预期寿命"].stale, again["人均预期寿命"].state) == (False, "accepted")
    history = [(one.what, one.caller, one.revision, one.reason) for one in plans.changes(screening.id)]
    caller = ACCESS.caller
    assert history == [("read", caller, 1, ""), ("corrected", caller, 1, "更正公告"), ("read-again", caller, 2, "")]
    assert [one.machine["no"] for one in plans.items(plan, "tasks")] == [str(number) for number in range(1, 7)]


def test_half_an_import_is_never_left(database: Database) -> None:
    """A reading that breaks on its way in leaves nothing."""
    reading = read_plan(SAMPLE)
    broken = dataclasses.replace(reading, items={**reading.items, "terms": [{"term": "x", "text": object()}]})
    with pytest.raises(TypeError):
        Plans(database).take(ACCESS, broken)
    assert count(database) == 0


def test_who_may(database: Database) -> None:
    """Only planners import and correct; others are refused by name."""
    with pytest.raises(Fault) as refused:
        Plans(database).take(Access("nurse", ()), read_plan(SAMPLE))
    assert (refused.value.code, refused.value.params["caller"], count(database)) == ("PLANS-030", "nurse", 0)


def test_late_and_unknown_corrections(database: Database) -> None:
    """A correction of what someone else changed meanwhile is refused, as is one of no item; a code leaves its trace."""
    plans = Plans(database)
    plan = plans.take(ACCESS, read_plan(SAMPLE), "370830").plan
    item = plans.items(plan, "indicators")[0]
    plans.set_code(ACCESS, item.id, "life-expectancy")
    for number, version, code in ((item.id, item.version, "PLANS-032"), (10**9, None, "PLANS-031")):
        with pytest.raises(Fault) as refused:
            plans.correct(ACCESS, number, {}, version=version)
        assert refused.value.code == code
    plans.refuse(ACCESS, item.id, "文中没有")
    last = plans.items(plan, "indicators")[0]
    assert (last.code, last.state, last.version) == ("life-expectancy", "refused", 3)
    assert plans.all()[0].region == "370830"
    with pytest.raises(Fault):
        plans.text(plan, 9)


def test_history_is_kept(database: Database) -> None:
    """A change that was made is neither altered nor removed."""
    Plans(database).take(ACCESS, read_plan(SAMPLE))
    with pytest.raises(psycopg.errors.RaiseException), database.connection() as connection:
        connection.execute("DELETE FROM plan_change")
