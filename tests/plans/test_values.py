"""Cells of values, directions and the departments of tasks, by what they say and not by where they stand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minkang.plans.reading.amounts import amounts
from minkang.plans.reading.departments import department_brackets, read_departments
from minkang.plans.reading.direction import direction_of, judge_op, meets
from minkang.plans.reading.numerals import from_numeral, to_numeral
from minkang.plans.reading.several import split_row
from minkang.plans.reading.values import Printed, read_value


@pytest.mark.parametrize(
    ("raw", "value", "op", "approx", "year"),
    [
        ("79.17", 79.17, "=", False, 0),
        ("4.0", 4, "=", False, 0),
        ("14以下", 14, "<=", False, 0),
        ("90%以上", 90, ">=", False, 0),
        ("＞90", 90, ">", False, 0),
        ("≤56.66", 56.66, "<=", False, 0),
        ("<23.9", 23.9, "<", False, 0),
        ("不低于 95", 95, ">=", False, 0),
        ("控制在5以内", 5, "<=", False, 0),
        ("78.1左右", 78.1, "=", True, 0),
        ("25.47（2018年）", 25.47, "=", False, 2018),
        ("1,240", 1240, "=", False, 0),
        ("7.7/10万", 7.7, "=", False, 0),
        ("达到80以上", 80, ">=", False, 0),
    ],
)
def test_numbers(raw: str, value: float, op: str, approx: bool, year: int) -> None:
    """A number, how the print bounds it, whether it says about, and a year of its own."""
    said = read_value(raw)
    assert (said.raw, said.value, said.op, said.approx, said.year, said.rule) == (raw, value, op, approx, year, None)


@pytest.mark.parametrize("raw", ["", "-", "--", "——", "—", "/", "无", "  "])
def test_nothing_printed(raw: str) -> None:
    """A dash or nothing is no number and no rule."""
    assert read_value(raw) == Printed(raw)


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        ("力争每年降低1个百分点", {"type": "annual_delta", "delta": -1, "unit": "百分点/年", "soft": True}),
        ("每年提高0.5个百分点", {"type": "annual_delta", "delta": 0.5, "unit": "百分点/年", "soft": False}),
        ("较2020年下降10%", {"type": "change", "delta": -10, "unit": "%", "since": "2020年", "soft": False}),
        ("同比例提高", {"type": "qualitative", "text": "同比例提高"}),
        ("稳定在较低水平", {"type": "qualitative", "text": "稳定在较低水平"}),
    ],
)
def test_rules(raw: str, rule: dict[str, Any]) -> None:
    """Targets that are no number: steps, changes and words."""
    said = read_value(raw)
    assert (said.value, said.op, said.rule) == (None, None, rule)


def test_range() -> None:
    """Both ends of a range are kept, and it is met by what lies between."""
    said = read_value("85—90")
    assert (said.value, said.highest, said.op) == (85, 90, "range")
    assert [meets(read_value(text), said, "range") for text in ("84", "85", "88", "90", "91")] == [
        False,
        True,
        True,
        True,
        False,
    ]


@given(st.text(max_size=40))
def test_never_fails(raw: str) -> None:
    """Whatever a cell holds, it is read: its words are kept, and a number has an operator."""
    said = read_value(raw)
    assert said.raw == raw
    assert (said.value is None) == (said.op is None)


@given(st.decimals(min_value=0, max_value=100_000, places=2), st.sampled_from(["", "≥", "＞", "≤", "＜"]))
def test_signs(figure: Any, sign: str) -> None:
    """A sign before a number is its operator."""
    said = read_value(f"{sign}{figure}")
    assert said.value == pytest.approx(float(figure))
    assert said.op == {"": "=", "≥": ">=", "＞": ">", "≤": "<=", "＜": "<"}[sign]


LOWER = [
    "孕产妇死亡率（/10万）",
    "重大慢性病过早死亡率",
    "肺结核发病率",
    "全人群HIV感染率",
    "青少年总体近视率",
    "15岁以上人群吸烟率",
    "二级综合医院平均住院日",
    "个人卫生支出占卫生总费用的比重",
    "出生人口性别比",
    "门诊次均费用增幅",
    "市域外转率",
    "剖宫产率",
    "疾控机构空编率",
]
HIGHER = [
    "人均预期寿命",
    "居民健康素养水平",
    "高血压患者规范管理率",
    "艾滋病感染者抗病毒治疗率",
    "肺结核患者病原学阳性检测率",
    "死因监测报告率",
    "医院床位使用率",
    "产前筛查率",
    "传染病报告率",
    "重大慢病过早死亡率下降幅度",
    "每千人口药师（士）数",
    "严重精神障碍管理率",
    "12岁儿童患龋率下降率",
]


@pytest.mark.parametrize(("name", "lower"), [*((name, True) for name in LOWER), *((name, False) for name in HIGHER)])
def test_directions(name: str, lower: bool) -> None:
    """Deaths, disease, cost and waiting are better low; management, checks and falls are better high."""
    target = read_value("10")
    direction = direction_of(name, target)
    assert direction == ("lower_better" if lower else "higher_better")
    assert judge_op(target, direction) == ("<=" if lower else ">=")


def test_unknown_name_goes_by_its_sign() -> None:
    """A name without known words and a cap printed at its target: less is better."""
    assert direction_of("某某指数", read_value("≤3")) == "lower_better"
    assert direction_of("某某指数", read_value("≥3")) == "higher_better"


def test_equal_bounds_meet() -> None:
    """Above 90 meets above 90; exactly 90 does not."""
    assert meets(read_value("＞90"), read_value("＞90"), ">") is True
    assert meets(read_value("90"), read_value("＞90"), ">") is False
    assert meets(read_value("-"), read_value("＞90"), ">") is None


@pytest.mark.parametrize(
    ("said", "names"),
    [
        (("高血压、糖尿病患者规范管理率", "76.4、67.6", "≥81、≥75"), ["高血压患者规范管理率", "糖尿病患者规范管理率"]),
        (
            ("每千人口执业（助理）医师、注册护士数", "2.4、2.6", "2.6、3.1"),
            ["每千人口执业（助理）医师数", "每千人口注册护士数"],
        ),
        (("孕产妇死亡率、婴儿死亡率", "0/3", "≤8/≤4"), ["孕产妇死亡率", "婴儿死亡率"]),
        (("高血压糖尿病患者规范管理率", "61.07", "70"), ["高血压糖尿病患者规范管理率"]),
        (("综合医院、妇幼保健院设置中医科室比例", "-", "100"), ["综合医院、妇幼保健院设置中医科室比例"]),
        (("医养健康产业营业收入", "1,230", "2,000"), ["医养健康产业营业收入"]),
    ],
)
def test_several_in_one_row(said: tuple[str, str, str], names: list[str]) -> None:
    """A row is as many indicators as it prints figures and names."""
    assert [one[0] for one in split_row(said)] == names


@pytest.mark.parametrize(
    ("bracket", "lead", "partners"),
    [
        ("（牵头部门：县卫健局；参与部门：县财政局、县残联）", ["县卫健局"], ["县财政局", "县残联"]),
        (
            "（牵头单位：市卫健委，参与部门：市发改委、市科技局，各区市政府、管委）",
            ["市卫健委"],
            ["市发改委", "市科技局", "各区市政府", "管委"],
        ),
        ("（责任单位：县卫健局、各乡镇（街道、管委会））", ["县卫健局", "各乡镇（街道、管委会）"], []),
        ("（县卫健局、县民政局分别负责）", ["县卫健局", "县民政局"], []),
        ("（县卫健局牵头，县财政局、县医保局配合）", ["县卫健局"], ["县财政局", "县医保局"]),
        ("（县卫健局牵头，县财政局、县医保局等按职责分工负责）", ["县卫健局", "县财政局", "县医保局"], []),
    ],
)
def test_departments(bracket: str, lead: list[str], partners: list[str]) -> None:
    """The forms in which plans name who leads and who takes part."""
    assert department_brackets(f"推进工作（含社区）。{bracket}") == [bracket]
    assert read_departments(bracket) == (lead, partners)


def test_amounts() -> None:
    """Money in yuan, areas in square metres, beds, and when it is to be done."""
    text = "项目占地45亩，建筑面积2.1万平方米，设置床位400张，总投资3.2亿元，2023年6月开工，2025年底前建成投用。"
    assert amounts(text) == {
        "investment_yuan": 320_000_000,
        "floor_m2": 21_000,
        "land_m2": 30_000,
        "beds": 400,
        "start": "2023-06",
        "finish": "2025",
    }
    assert amounts("推进健康企业建设。") == {}


@given(st.integers(min_value=1, max_value=99))
def test_numerals(number: int) -> None:
    """Numerals of headings there and back."""
    assert from_numeral(to_numeral(number)) == number
