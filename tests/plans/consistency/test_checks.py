"""Each check on a small plan made for it: with the slip it speaks, without it stays silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from minkang.plans.reading.commitments import Passage, passages_of, read_commitments
from minkang.plans.reading.consistency import Finding, check, kinds
from minkang.plans.reading.consistency.agreement import two_values
from minkang.plans.reading.consistency.marks import unpaired
from minkang.plans.reading.consistency.names import key
from minkang.plans.reading.consistency.sums import sums
from minkang.plans.reading.indicators import read_indicators
from minkang.plans.reading.opening import read_document

PLAN = """某某县“十四五”卫生健康规划

一、规划背景
（一）发展基础
2020年全县人均预期寿命{past}岁，孕产妇死亡率为5/10万，产前筛查率达到{screened}%。医疗卫生机构{total}所，其中医院3所、卫生院10所、其他机构2所。
二、总体要求
（一）主要目标
到2025年，人均预期寿命达到{life}岁，产前筛查率达到{promise}%以上。
表1 主要指标
领域\t指标\t单位\t2020年\t2025年\t性质
健康水平\t人均预期寿命\t岁\t78\t80\t预期性
健康水平\t婴儿死亡率\t{unit}\t3\t{infant}\t预期性
健康水平\t5岁以下儿童死亡率\t‰\t4\t3.5\t预期性
健康服务\t孕产妇系统管理率\t%\t{managed}\t93\t预期性
三、主要任务
（一）提升服务能力
1.加强基层。到2025年，建成{first}个县域医疗卫生次中心。（牵头部门：县卫生健康局）
（{next}）强化保障
2.加强队伍。到2025年，建成{second}个县域医疗卫生次中心。（牵头部门：县卫生健康局）
"""
SOUND = {
    "past": "78",
    "screened": "80",
    "total": "15",
    "life": "80",
    "promise": "85",
    "unit": "‰",
    "infant": "2.8",
    "managed": "91",
    "first": "3",
    "second": "3",
    "next": "二",
}


def report(folder: Path, **slip: str) -> list[Finding]:
    """The report of the plan with one slip in it."""
    path = folder / "plan.txt"
    path.write_text(PLAN.format(**{**SOUND, **slip}), "utf-8")
    document = read_document(path)
    return check(
        document, read_indicators(document), read_commitments(document.text, passages_of(document), document.last_year)
    )


def test_sound_plan(tmp_path: Path) -> None:
    """A plan without slips has no error and no warning."""
    assert [one.zh for one in report(tmp_path) if one.severity != "note"] == []


@pytest.mark.parametrize(
    ("slip", "kind", "words"),
    [
        ({"past": "77.2"}, "text_table_baseline", "指标表为 78岁,正文为 77.2岁"),
        ({"life": "81"}, "text_table_conflict", "指标表为 80岁,正文为 81岁"),
        ({"unit": "%"}, "unit_misprint", "“%”"),
        ({"infant": "3.9"}, "part_above_whole", "指标表目标值"),
        ({"managed": "95"}, "target_worse_than_baseline", "95%"),
        ({"managed": "93"}, "target_met_at_baseline", "93%"),
        ({"managed": "--"}, "no_baseline", "孕产妇系统管理率"),
        ({"second": "5"}, "two_values", "≥3个 与 ≥5个"),
        ({"next": "三"}, "section_missing", "（二）"),
        ({"next": "一"}, "section_repeated", "（一）"),
        ({"total": "14"}, "sum_mismatch", "15所"),
        ({"screened": "88"}, "target_worse_than_baseline", "产前筛查率"),
        ({"life": "180"}, "impossible_value", "180岁"),
        ({"promise": "850"}, "impossible_value", "850%"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else next(iter(value)),
)
def test_slip(tmp_path: Path, slip: dict[str, str], kind: str, words: str) -> None:
    """One slip, and the finding that names it with its figures."""
    found = [one for one in report(tmp_path, **slip) if one.kind == kind]
    assert any(words in one.zh for one in found), [one.zh for one in found]
    assert not any(one.kind == kind and words in one.zh for one in report(tmp_path))


def test_goal_of_another_year_is_no_conflict(tmp_path: Path) -> None:
    """What the text says for 2035 is not held against the target of 2025."""
    path = tmp_path / "plan.txt"
    path.write_text(
        PLAN.format(**SOUND).replace("筛查率达到85%以上。", "筛查率达到85%以上。到2035年，人均预期寿命达到82岁。"),
        "utf-8",
    )
    document = read_document(path)
    commitments = read_commitments(document.text, passages_of(document), document.last_year)
    assert [one.value for one in commitments if one.deadline == "2035"] == [82]
    assert [one.zh for one in check(document, read_indicators(document), commitments) if one.severity != "note"] == []


def test_places_are_in_the_text(tmp_path: Path) -> None:
    """Every quotation of every finding stands in the document at its offset."""
    found = report(tmp_path, life="81", second="5", total="14", past="77.2")
    text = read_document(tmp_path / "plan.txt").text
    places = [place for one in found for place in one.places]
    assert len(places) > 5
    for place in places:
        assert text[place.offset : place.offset + len(place.quote)] == place.quote


def test_lists_of_some_parts_need_not_add_up() -> None:
    """Parts below the total are wrong only if the list says it is complete; more than the total is always wrong."""

    def checked(text: str) -> list[str]:
        return [one.kind for one in sums([Passage(text, 0, "")])]

    assert checked("共有机构20所，其中医院3所、卫生院10所、诊所2所。") == []
    assert checked("共有机构20所，其中医院3所、卫生院10所、其他2所。") == ["sum_mismatch"]
    assert checked("共有机构12所，其中医院3所、卫生院10所、诊所2所。") == ["sum_mismatch"]
    assert checked("编制由414人到2020年增至1518人，净增1104人。") == []
    assert checked("编制由414人增至1518人，净增1004人。") == ["difference_mismatch"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("建成3个县级重点专科。全县建成5个县级重点专科。", True),
        ("县人民医院建成3个县级重点专科。县中医院建成5个县级重点专科。", False),
        ("新建2所三级医院。三级医院达到5所。", False),
        ("到2023年，建成3个县级重点专科。到2025年，建成5个县级重点专科。", False),
        ("县医院项目，建筑面积3000平方米。中医院项目，建筑面积5000平方米。", False),
        ("每个乡镇建成1所示范卫生室。全县建成30所示范卫生室。", False),
    ],
)
def test_two_values(text: str, found: bool) -> None:
    """The same promise with two values, and not: other institutions, years, totals, projects, norms for each place."""
    commitments = read_commitments(text, [Passage(text, 0, "三、主要任务")], 2025)
    assert len(commitments) > 1
    assert bool(list(two_values(commitments))) is found


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("人均期望寿命", "人均预期寿命", True),
        ("人均健康预期寿命", "人均预期寿命", False),
        ("每千常住人口执业（助理）医师数", "千人口执业医师数", True),
        ("每千人口中医执业类别执业（助理）医师数", "每千人口执业（助理）医师数", False),
        ("65岁以上老年人健康管理率", "65岁以上老年人城乡社区规范健康管理服务率", True),
        ("高血压患者规范管理率", "糖尿病患者规范管理率", False),
        ("个人卫生支出占卫生总费用比例", "个人卫生支出占卫生总费用的比重", True),
        ("婴儿死亡率", "5岁以下儿童死亡率", False),
    ],
)
def test_names(one: str, other: str, same: bool) -> None:
    """Names differ by filling words only, or mean different measures."""
    assert (key(one) == key(other)) is same


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("“十四五”时期（2021—2025年）", None),
        ("开展“六进“活动", 5),
        ("十四五”时期", 3),
        ("县（市(区）", 1),
        ("《某某规划(试行)》", None),
    ],
)
def test_marks_that_do_not_pair(text: str, at: int | None) -> None:
    """The first mark without a partner is found; brackets of either width pair."""
    assert unpaired(text) == at


def test_every_kind_has_its_words() -> None:
    """Each kind of finding has a title and a sentence in both languages, and a severity."""
    for kind, words in kinds().items():
        assert set(words) == {"severity", "title_zh", "title_en", "zh", "en"}, kind
        assert words["severity"] in ("error", "warning", "note")
