"""Plans against gold: what was read from 汶上 and 烟台 by hand, field by field; the others by what their print says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from minkang.plans.reading.document import Document
from minkang.plans.reading.indicators import read_indicators
from minkang.plans.reading.opening import read_document
from minkang.plans.reading.projects import read_projects
from minkang.plans.reading.tasks import read_tasks

pytestmark = pytest.mark.reference
COUNTS = {
    "wenshang": (35, 45),
    "yantai": (22, 41),
    "jinan": (23, 51),
    "shangyou": (25, 24),
    "leshan_shizhong": (0, 46),
}


def plan(reference: Path, name: str) -> Document:
    """One of the five plans."""
    return read_document(reference.parent / "plans" / f"{name}.txt")


def gold(reference: Path, name: str) -> list[dict[str, Any]]:
    """A gold file without its remarks, which are people's own words."""
    lines = json.loads((reference / "plans" / f"{name}.json").read_text("utf-8"))
    return [{key: value for key, value in line.items() if key != "remark"} for line in lines]


def indicators(reference: Path, name: str) -> list[dict[str, Any]]:
    """What is read, without places in the text."""
    return [
        {key: value for key, value in one.as_dict().items() if key != "offset"}
        for one in read_indicators(plan(reference, name))
    ]


@pytest.mark.parametrize("name", ["wenshang", "yantai"])
def test_indicators_are_exact(reference: Path, name: str) -> None:
    """Every field of every row, no field more."""
    assert indicators(reference, name) == gold(reference, f"indicators_{name}")


@pytest.mark.parametrize("name", ["wenshang", "yantai"])
def test_tasks_are_exact(reference: Path, name: str) -> None:
    """Number, section, title, lead and partner departments, the brackets as printed, and remarks."""
    want = json.loads((reference / "plans" / f"tasks_{name}.json").read_text("utf-8"))
    have = [one.as_dict() for one in read_tasks(plan(reference, name))]
    assert [{key: one[key] for key in one if key not in ("offset", "end")} for one in have] == want


def test_projects(reference: Path) -> None:
    """Items and named buildings in order. One quotation of gold takes in the bracket that closes the text frame."""
    document = plan(reference, "wenshang")
    projects = read_projects(document, read_tasks(document))
    have = [one.as_dict(document, at, "wenshang") for at, one in enumerate(projects, 1)]
    want = gold(reference, "projects_wenshang")
    assert [(one["id"], one["box"], one["title"], one["level"], one["kind"], one.get("parent")) for one in have] == [
        (one["id"], one["box"], one["title"], one["level"], one["kind"], one.get("parent")) for one in want
    ]
    assert [at for at, (one, two) in enumerate(zip(have, want, strict=True)) if one["text"] != two["text"]] == [18]


@pytest.mark.parametrize("name", list(COUNTS))
def test_counts_and_places(reference: Path, name: str) -> None:
    """As many indicators and tasks as people counted; every block and every item stands where it says."""
    document = plan(reference, name)
    rows, tasks = read_indicators(document), read_tasks(document)
    assert (len(rows), len(tasks)) == COUNTS[name]
    for block in document.blocks:
        assert block.table is not None or document.text[block.start : block.end] == block.text
    for row in rows:
        assert document.text[row.offset :].replace(" ", "").startswith(row.name_raw.replace(" ", "")[:6])
    for task in tasks:
        assert task.title in document.text[task.offset : task.end]


def test_jinan_table(reference: Path) -> None:
    """Words for a target, bounds, a misprinted unit kept as printed, domains torn over rows, spaces in names."""
    rows = {one["name"]: one for one in indicators(reference, "jinan")}
    infant = rows["婴儿死亡率"]
    assert (infant["unit"], infant["baseline_value"], infant["target_value"], infant["judge_op"]) == (
        "%",
        1.77,
        None,
        None,
    )
    assert infant["target_rule"] == {"type": "qualitative", "text": "稳定在较低水平"}
    smoking = rows["15岁以上人群吸烟率"]
    assert (smoking["name_raw"], smoking["domain"]) == ("15 岁以上人群吸烟率", "健康生活")
    assert (smoking["baseline_op"], smoking["baseline_value"], smoking["target_op"], smoking["target_value"]) == (
        "<",
        23.9,
        "<=",
        22,
    )
    assert rows["青少年总体近视率"]["target_rule"] == {
        "type": "annual_delta",
        "delta": -1,
        "unit": "百分点/年",
        "soft": True,
    }
    assert {one["domain"] for one in rows.values()} == {"健康水平", "健康生活", "疾病控制", "健康服务", "健康保障"}
    assert rows["肺结核发病率"]["unit"] == "/10万"


def test_shangyou_table(reference: Path) -> None:
    """Two indicators in one cell become two of one row; empty cells; less is better for a stay in hospital."""
    rows = {one["name"]: one for one in indicators(reference, "shangyou")}
    pressure, sugar = rows["高血压患者规范管理率"], rows["糖尿病患者规范管理率"]
    assert (pressure["no"], pressure["row"], sugar["no"], sugar["row"]) == (7, 7, 8, 7)
    assert (pressure["baseline_value"], pressure["target_value"], pressure["target_op"]) == (76.4, 81, ">=")
    assert (sugar["baseline_value"], sugar["target_value"], sugar["baseline_raw"]) == (67.6, 75, "76.4、67.6")
    stay = rows["二级综合医院平均住院日"]
    assert (stay["direction"], stay["judge_op"], stay["baseline_meets_target"]) == ("lower_better", "<=", True)
    life = rows["人均预期寿命"]
    assert (life["baseline_raw"], life["baseline_value"], life["target_approx"], life["no"]) == ("", None, True, 1)
    assert rows["产前筛查率"]["baseline_meets_target"] is True
    assert [one["no"] for one in rows.values()] == list(range(1, 26))


def test_missing_headings_are_named(reference: Path) -> None:
    """Headings that the print left out are told by the numbers and placed where tasks begin anew."""
    assert [(gap.label, gap.placed) for gap in plan(reference, "yantai").gaps] == [("（三）", True), ("（五）", True)]
    assert [(gap.label, gap.placed) for gap in plan(reference, "leshan_shizhong").gaps] == [
        ("第一节", True),
        ("第五节", True),
    ]


def test_places_of_commitments(reference: Path) -> None:
    """Sections, tasks and boxes are named as gold names the places of commitments."""
    document = plan(reference, "wenshang")
    for one in gold(reference, "commitments_wenshang"):
        block = document.block_at(one["offset"])
        assert block is not None
        assert block.place == one["section"]
        assert document.text[one["offset"] :].startswith(one["quote"])
