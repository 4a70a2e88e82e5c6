"""The consistency report of the five plans: what must be found, and that little else is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from minkang.plans.reading.commitments import passages_of, read_commitments
from minkang.plans.reading.consistency import Finding, check
from minkang.plans.reading.indicators import read_indicators
from minkang.plans.reading.opening import read_document

pytestmark = pytest.mark.reference


@cache
def report(reference: Path, name: str) -> list[Finding]:
    """The report of one plan; its places are checked against the text."""
    document = read_document(reference.parent / "plans" / f"{name}.txt")
    commitments = read_commitments(document.text, passages_of(document), document.last_year or None)
    found = check(document, read_indicators(document), commitments)
    for one in found:
        assert one.places
        assert one.zh
        assert one.en
        assert "{" not in one.zh + one.en
    return found


EXPECTED: dict[str, list[tuple[str, str]]] = {
    "jinan": [
        ("unit_misprint", "婴儿死亡率"),
        ("unit_misprint", "5岁以下儿童死亡率"),
        ("two_values", "市级优势临床专科"),
    ],
    "wenshang": [
        ("text_table_conflict", "人均预期寿命"),
        ("text_table_conflict", "严重精神障碍管理率"),
        ("text_table_baseline", "婴儿死亡率"),
        ("text_table_baseline", "5岁以下儿童死亡率"),
        ("text_table_baseline", "居民健康素养水平"),
        ("part_above_whole", "5岁以下儿童死亡率"),
        ("two_values", "服务次中心"),
        ("beyond_capacity", "平急结合医院床位数"),
        ("target_worse_than_baseline", "职业病危害监测因素监测合格率"),
        ("cap_above_baseline", "婴儿死亡率"),
        ("target_met_at_baseline", "二级以上综合医院设置老年医学科比例"),
        ("bound_differs", "能提供4类以上中医非药物疗法的村卫生室比例"),
        ("no_baseline", "15岁以上人群吸烟率"),
    ],
    "yantai": [
        ("text_table_conflict", "每千人口公共卫生人员数"),
        ("section_missing", "（三）"),
        ("section_missing", "（五）"),
        ("target_worse_than_baseline", "重大慢病过早死亡率"),
        ("unit_differs", "每千人口3岁以下婴幼儿托位数"),
        ("no_number", "健康预期寿命"),
        ("baseline_year_differs", "15岁以上人群吸烟率"),
        ("unbalanced", "”"),
    ],
    "shangyou": [
        ("target_worse_than_baseline", "产前筛查率"),
        ("target_worse_than_baseline", "适龄儿童免疫规划疫苗接种率"),
        ("target_worse_than_baseline", "二级综合医院平均住院日"),
        ("sum_mismatch", "269所"),
        ("unbalanced", "”"),
    ],
    "leshan_shizhong": [
        ("two_values", "国家免疫规划疫苗接种率"),
        ("target_worse_than_baseline", "婚检率"),
        ("section_missing", "第一节"),
        ("section_missing", "第五节"),
    ],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_what_a_careful_reader_finds(reference: Path, name: str) -> None:
    """Each known slip of that plan is reported, of its kind and naming what it is about."""
    found = report(reference, name)
    for kind, words in EXPECTED[name]:
        assert any(one.kind == kind and words in one.zh for one in found), (kind, words)


@pytest.mark.parametrize(
    ("name", "most"), [("jinan", 3), ("wenshang", 9), ("yantai", 4), ("shangyou", 4), ("leshan_shizhong", 4)]
)
def test_few_false_alarms(reference: Path, name: str, most: int) -> None:
    """Errors and warnings are the ones that were looked at one by one and found true; no others appear."""
    grave = [one for one in report(reference, name) if one.severity != "note"]
    assert len(grave) <= most, [one.zh for one in grave]
