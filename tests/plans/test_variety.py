"""Plans in forms the five do not have: other chapters, other columns, units in names, years between, no boxes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plans.made import as_cells

from minkang.errors import Fault
from minkang.plans.reading.document import Document
from minkang.plans.reading.formats import decode
from minkang.plans.reading.indicators import read_indicators
from minkang.plans.reading.outline import outline
from minkang.plans.reading.projects import read_projects
from minkang.plans.reading.tasks import read_tasks
from minkang.plans.reading.terms import read_terms
from minkang.plans.reading.text import read_text

TITLE = "某某市“十四五”国民健康规划"


def document(*parts: str | list[list[str]], title: str = TITLE) -> Document:
    """A plan of these lines and tables."""
    return outline("made", *read_text(as_cells([title, *parts])))


def rows(header: Sequence[str], *lines: Sequence[str], title: str = TITLE) -> list[dict[str, Any]]:
    """The indicators of a table."""
    table = [list(header), *map(list, lines)]
    made = document("一、总体要求", "（一）发展目标", table, "二、主要任务", "（一）工作", title=title)
    return [one.as_dict() for one in read_indicators(made)]


def test_units_in_names() -> None:
    """Without a column of units they stand in brackets behind the name; words and changes are told from values."""
    found = rows(
        ("领域", "主要指标", "2020年", "2025年", "性质"),
        ("健康水平", "人均预期寿命（岁）", "77.93", "提高1岁", "预期性"),
        ("", "孕产妇死亡率（/10万）", "16.9", "下降到14.5", "预期性"),
        ("", "每千人口药师（士）数（人）", "0.35", "0.54", "预期性"),
        ("健康生活", "儿童青少年总体近视率（%）", "52.7", "每年降低0.5个百分点以上", "约束"),
        ("", "每千人口执业（助理）医师数", "2.9", "3.2", ""),
    )
    assert [(one["name"], one["unit"]) for one in found] == [
        ("人均预期寿命", "岁"),
        ("孕产妇死亡率", "/10万"),
        ("每千人口药师（士）数", "人"),
        ("儿童青少年总体近视率", "%"),
        ("每千人口执业（助理）医师数", ""),
    ]
    assert found[0]["target_rule"] == {"type": "change", "delta": 1, "unit": "岁", "since": "", "soft": False}
    assert (found[1]["target_value"], found[1]["judge_op"], found[1]["baseline_meets_target"]) == (14.5, "<=", False)
    assert (found[3]["target_rule"]["delta"], found[3]["nature"], found[4]["nature"]) == (-0.5, "约束性", None)
    assert [one["domain"] for one in found] == ["健康水平"] * 3 + ["健康生活"] * 2


def test_columns_in_any_order() -> None:
    """Columns are found by their words, with years between as milestones and further ones left out."""
    found = rows(
        ("指标属性", "指标名称", "计量单位", "2030年", "2025年目标值", "2023年目标值", "2020年基期值", "责任单位"),
        ("预期性", "居民健康素养水平", "%", "40", "≥30", "27", "22.1", "市卫健委"),
        title="某某市“十四五”卫生健康规划",
    )
    assert len(found) == 1
    one = found[0]
    assert (one["baseline_value"], one["baseline_year"]) == (22.1, 2020)
    assert (one["target_value"], one["target_op"], one["target_year"]) == (30, ">=", 2025)
    assert one["milestones"] == {"2023": "27", "2030": "40"}


def test_years_from_the_title() -> None:
    """Columns without years take those of the plan period."""
    found = rows(
        ("指标", "单位", "现状值", "目标值"), ("每万人口全科医生数", "人", "2.9", "4"), title="某县“十五五”卫生健康规划"
    )
    assert (found[0]["baseline_year"], found[0]["target_year"], found[0]["domain"]) == (2025, 2030, "")


def test_header_of_two_lines_and_again_on_the_next_page() -> None:
    """Both lines of a header are read together, and its repeat is no indicator."""
    header = ["类别", "指标", "单位", "2020年", "2025年", "属性"]
    table = [
        header,
        ["", "", "", "实际值", "目标值", ""],
        ["健康水平", "婴儿死亡率", "‰", "3.1", "＜5", "预期性"],
        header,
        ["", "5岁以下儿童死亡率", "‰", "4.2", "＜6", "预期性"],
    ]
    made = document("一、总体要求", "（一）发展目标", table, "二、主要任务", "（一）工作")
    found = [one.as_dict() for one in read_indicators(made)]
    assert [(one["no"], one["name"], one["target_op"], one["domain"]) for one in found] == [
        (1, "婴儿死亡率", "<", "健康水平"),
        (2, "5岁以下儿童死亡率", "<", "健康水平"),
    ]


def test_a_table_that_goes_on_in_another() -> None:
    """A table torn in two by a page goes on below without a header, and a domain goes on with it."""
    one = [["领域", "指标", "单位", "2020年", "2025年"], ["健康水平", "婴儿死亡率", "‰", "3.1", "5"]]
    two = [["", "孕产妇死亡率", "/10万", "5", "10"], ["健康服务", "产前筛查率", "%", "70", "80"]]
    made = document("一、总体要求", "（一）目标", one, two, "二、主要任务", "（一）工作")
    assert [(found.name, found.domain) for found in read_indicators(made)] == [
        ("婴儿死亡率", "健康水平"),
        ("孕产妇死亡率", "健康水平"),
        ("产前筛查率", "健康服务"),
    ]


def test_other_tables_are_no_indicators() -> None:
    """A table of projects with an investment column is not one of indicators."""
    table = [["序号", "项目名称", "建设内容", "总投资（万元）"], ["1", "县医院门诊楼", "建筑面积2万平方米", "8000"]]
    assert read_indicators(document("一、主要任务", "（一）项目", table, "二、保障措施", "（一）组织")) == []


def test_chapters_that_are_tasks() -> None:
    """Plans whose chapters are the work itself: their sections are the tasks, background and safeguards are none."""
    made = document(
        "一、规划背景",
        "（一）现状。健康水平提高。",
        "二、总体要求",
        "（一）指导思想。坚持预防为主。",
        "三、织牢公共卫生防护网",
        "（一）提高疾病预防控制能力。完善体系。（市卫生健康委牵头，市财政局配合）",
        "（二）完善监测预警机制。加强报告。",
        "四、全方位干预健康问题",
        "（一）普及健康生活方式。广泛宣传。（责任单位：市教育局、市体育局）",
        "五、强化组织实施",
        "（一）加强组织领导。各负其责。",
    )
    found = read_tasks(made)
    assert [(one.no, one.section, one.title, one.lead, one.partners) for one in found] == [
        ("（一）", "三、织牢公共卫生防护网", "提高疾病预防控制能力", ("市卫生健康委",), ("市财政局",)),
        ("（二）", "三、织牢公共卫生防护网", "完善监测预警机制", (), ()),
        ("（一）", "四、全方位干预健康问题", "普及健康生活方式", ("市教育局", "市体育局"), ()),
    ]


def test_chapters_and_parts() -> None:
    """第X章 第X节 with tasks 一、 below, and a part without tasks that is one itself."""
    made = document(
        "第一章 总体要求",
        "第一节 目标",
        "到2025年，体系更加完善。",
        "第二章 主要任务",
        "第一节 公共卫生",
        "一、完善疾控体系",
        "加强能力建设。",
        "二、做好应急处置",
        "加强演练。",
        "第二节 发展中医药",
        "建设中医馆。",
        "第三章 保障措施",
        "第一节 组织领导",
    )
    assert [(one.no, one.section, one.title) for one in read_tasks(made)] == [
        ("1", "第二章 主要任务/第一节 公共卫生", "完善疾控体系"),
        ("2", "第二章 主要任务/第一节 公共卫生", "做好应急处置"),
        ("第二节", "第二章 主要任务", "发展中医药"),
    ]


@pytest.mark.parametrize(
    ("title", "region", "years"),
    [
        ("汶上县“十四五”卫生与健康规划", "汶上县", (2021, 2025)),
        ("乐山市市中区“十五五”卫生健康发展规划", "乐山市市中区", (2026, 2030)),
        ("新疆维吾尔自治区“十四五”健康规划", "新疆维吾尔自治区", (2021, 2025)),
        ("河北省中医药发展规划（2021—2025年）", "河北省", (2021, 2025)),
    ],
)
def test_titles(title: str, region: str, years: tuple[int, int]) -> None:
    """Region and years of a plan by its title."""
    made = document("一、总体要求", "（一）目标", "二、任务", "（一）工作", title=title)
    assert (made.region, (made.first_year, made.last_year)) == (region, years)


def test_encodings(tmp_path: Path) -> None:
    """UTF-8 with and without mark, UTF-16 and GB 18030 say the same."""
    text = "每千人口3岁以下婴幼儿托位数㐀"
    assert {decode(text.encode(name), "x") for name in ("utf-8", "utf-8-sig", "utf-16", "gb18030")} == {text}


PIECES = st.sampled_from(
    [
        "一、",
        "二、总体要求",
        "（一）",
        "（三）目标。",
        "1.",
        "12．加强工作。",
        "第三章 ",
        "第二节",
        "专栏1 工程",
        "专栏",
        "名词解释",
        "目录\t3",
        "\t",
        "\n",
        "\n\n",
        "\r\n",
        " ",
        "（",
        "）",
        "(",
        ")",
        "牵头部门：",
        "指标",
        "单位",
        "2020年",
        "2025年",
        "预期性",
        "≥",
        "80",
        "%",
        "、",
        "。",
        "，",
        "：",
        "建设县医院新院区项目",
        "等",
        "[bookmark: _x]",
        "甲：乙",
        "——",
        "*",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join))
def test_any_text_is_read(text: str) -> None:
    """Whatever stands together, nothing breaks, blocks are in order, and all of them are where they say."""
    made = outline("made", *read_text(text))
    ends = 0
    for block in made.blocks:
        assert block.table is not None or made.text[block.start : block.end] == block.text
        assert block.table is not None or block.start >= ends
        ends = max(ends, block.end)
    tasks = read_tasks(made)
    read_projects(made, tasks)
    read_terms(made)
    try:
        read_indicators(made)
    except Fault as fault:
        assert fault.code == "PLANS-020"  # noqa: PT017 -- most texts raise nothing
