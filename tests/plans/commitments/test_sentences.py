"""Single sentences in the forms such plans use: what each promises, and what it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minkang.plans.reading.commitments import Commitment, Passage, read_commitments

Expected = tuple[str, str, float, str]


def promised(sentence: str, section: str = "三、主要任务/（一）提升服务能力/1", last: int = 2025) -> list[Commitment]:
    """The commitments of one paragraph."""
    return read_commitments(sentence, [Passage(sentence, 0, section)], last)


CASES: list[tuple[str, list[Expected]]] = [
    (
        "到2025年，人均预期寿命达到79.5岁，孕产妇死亡率控制在10/10万以内，婴儿死亡率控制在4‰以内。",
        [("人均预期寿命", ">=", 79.5, "岁"), ("孕产妇死亡率", "<=", 10, "/10万"), ("婴儿死亡率", "<=", 4, "‰")],
    ),
    (
        "高血压、糖尿病治疗控制率分别达到45%和36%。",
        [("高血压治疗控制率", ">=", 45, "%"), ("糖尿病治疗控制率", ">=", 36, "%")],
    ),
    (
        "三级医院、二级医院、基层医疗机构基本药物使用金额占比分别不低于30%、45%、60%。",
        [
            ("三级医院基本药物使用金额占比", ">=", 30, "%"),
            ("二级医院基本药物使用金额占比", ">=", 45, "%"),
            ("基层医疗机构基本药物使用金额占比", ">=", 60, "%"),
        ],
    ),
    (
        "每千人口床位数达到7.2张，执业（助理）医师数达到3.2人、注册护士数达到3.8人。",
        [
            ("每千人口床位数", ">=", 7.2, "张"),
            ("每千人口执业（助理）医师数", ">=", 3.2, "人"),
            ("每千人口注册护士数", ">=", 3.8, "人"),
        ],
    ),
    ("按照每3万人口配置1辆救护车。", [("救护车配置", "=", 1, "辆/3万人口")]),
    ("急救点城市地区服务半径不超过5公里。", [("急救点城市地区服务半径", "<=", 5, "公里")]),
    ("建成“15分钟健康服务圈”。", [("健康服务圈可及时间", "<=", 15, "分钟")]),
    ("居民健康素养水平由2020年的22.5%提升到30%以上。", [("居民健康素养水平", ">=", 30, "%")]),
    ("开放床位由500张增加到800张。", [("开放床位", ">=", 800, "张")]),
    ("到2030年，重大慢病过早死亡率比2015年降低30%。", [("重大慢病过早死亡率降幅", ">=", 30, "%")]),
    ("儿童青少年总体近视率力争每年降低1个百分点。", [("儿童青少年总体近视率每年变幅", ">=", 1, "百分点/年")]),
    (
        "产业增加值突破100亿元，年均增长10%以上。",
        [("产业增加值", ">=", 100, "亿元"), ("产业增加值年均增幅", ">=", 10, "%")],
    ),
    ("总投资5.6亿元，建筑面积8.5万平方米。", [("总投资", "=", 5.6, "亿元"), ("建筑面积", "=", 8.5, "万平方米")]),
    ("百分之九十以上的行政村建成规范化村卫生室。", [("建成规范化村卫生室的行政村占比", ">=", 90, "%")]),
    ("设置一所三级医院。", [("三级医院", ">=", 1, "所")]),
    ("中医药产业规模翻一番。", [("中医药产业规模", ">=", 2, "倍")]),
    ("院内感染零发生。", [("院内感染发生", "=", 0, "例")]),
    ("精神卫生机构100%开设心理门诊。", [("开设心理门诊的精神卫生机构占比", ">=", 100, "%")]),
    ("所有乡镇卫生院配备彩超。", [("配备彩超的乡镇卫生院占比", ">=", 100, "%")]),
    ("伤害监测实现全覆盖。", [("伤害监测覆盖率", ">=", 100, "%")]),
    ("县中医院创建三级甲等中医医院。", [("县中医院等级", ">=", 3, "级甲等")]),
    ("电子病历应用水平达到四级以上。", [("电子病历应用水平", ">=", 4, "级")]),
    ("引进高层次人才50名左右。", [("引进高层次人才", "~", 50, "名")]),
    ("签约率达到75%，其中重点人群达到85%以上。", [("签约率", ">=", 75, "%"), ("重点人群签约率", ">=", 85, "%")]),
    ("县城镇居民65岁以上老年人健康管理率达72%。", [("县城镇居民65岁以上老年人健康管理率", ">=", 72, "%")]),
    ("按照日均消耗医用物资上限不少于3个月进行物资储备。", [("物资储备", ">=", 3, "个月用量")]),
    ("按照日均消耗量不少于1个月储备应急物资。", [("应急物资储备", ">=", 1, "个月用量")]),
    ("按照总床位数的10%准备传染病救治床位。", [("传染病救治床位占总床位数比例", ">=", 10, "%")]),
    ("人均预期寿命在2020年基础上继续提高1岁左右。", [("人均预期寿命增幅", "~", 1, "岁")]),
    ("县域内住院率由85%提高到90%，较2020年提高5个百分点。", [("县域内住院率", ">=", 90, "%")]),
    ("全院护士与实际开放床位之比不低于0.6∶1。", [("全院护士与实际开放床位之比", ">=", 0.6, "∶1")]),
    ("配备医师不少于2名的社区卫生服务中心达到100%。", [("配备医师不少于2名的社区卫生服务中心", ">=", 100, "%")]),
    (
        "一是建设县级疾控中心1个；二是配置负压救护车6辆。",
        [("县级疾控中心", ">=", 1, "个"), ("负压救护车", ">=", 6, "辆")],
    ),
    ("总投资：12000万元。", [("总投资", "=", 12000, "万元")]),
    ("三级医院平均住院日控制在8天以内。", [("三级医院平均住院日", "<=", 8, "天")]),
    (
        "每万人口拥有公共卫生医师4名、全科医生3.5名。",
        [("每万人口拥有公共卫生医师", ">=", 4, "名"), ("每万人口全科医生", ">=", 3.5, "名")],
    ),
    ("15岁以上人群吸烟率≤23.3%。", [("15岁以上人群吸烟率", "<=", 23.3, "%")]),
    (
        "选取3家乡镇卫生院，支持其达到二级医院服务能力。",
        [("达到二级医院服务能力的乡镇卫生院", ">=", 3, "家")],
    ),
    ("开展健康企业建设，实现全覆盖。", [("开展健康企业建设覆盖率", ">=", 100, "%")]),
    ("到二〇二五年，婴儿死亡率降至3‰。", [("婴儿死亡率", "<=", 3, "‰")]),
]


@pytest.mark.parametrize(("sentence", "expected"), CASES, ids=[sentence[:18] for sentence, _ in CASES])
def test_promise(sentence: str, expected: list[Expected]) -> None:
    """Subject, binding, value and unit of everything the sentence promises, and nothing else."""
    assert [(one.subject, one.op, one.value, one.unit) for one in promised(sentence)] == expected


NOTHING = [
    "截至2020年底，全县有医疗机构300家，床位2000张。",
    "“十三五”期间，新建卫生院5所，接种率达到95%。",
    "2020年人均预期寿命达到78岁。",
    "较2015年提高1.49岁。",
    "贯彻落实18项医疗核心制度，推广“4+7”带量采购。",
    "依托县人民医院与13处乡镇卫生院形成的医共体，推进分级诊疗。",
    "加强2型糖尿病和3岁以下婴幼儿健康管理，建设5G网络。",
    "落实“两个允许”，围绕“一个目标”，实施“六大工程”。",
    "建立健全覆盖城乡的医疗卫生制度，建立健全部门协调机制。",
    "促进基本公共卫生服务均等化，推动优质资源均衡布局。",
    "常住人口3万以上的城市街道要加强管理。",
    "根据《关于加强基层卫生的意见》（国办发〔2021〕15号）精神，加快发展。",
    "我国65岁以上老年人口占比达13.5%。",
    "每千人口床位数从2015年的5.11张增加到2020年的6.46张。",
    "（牵头部门：县卫生健康局；参与部门：县财政局等5个部门）",
]


@pytest.mark.parametrize("sentence", NOTHING, ids=[sentence[:18] for sentence in NOTHING])
def test_no_promise(sentence: str) -> None:
    """Past results, names, ages, conditions and what exists are no promises."""
    assert promised(sentence) == []


def test_account_of_the_past_promises_nothing() -> None:
    """A chapter that tells what has been is left out, though its sentences look like promises."""
    assert promised("建成卫生院5所，接种率达到95%。", "一、规划背景/（一）发展基础") == []
    assert promised("夯实基础，接种率达到95%。", "三、任务/（十）夯实卫生健康高质量发展基础") != []


def test_deadline_holds_to_the_end_of_its_sentence() -> None:
    """A year holds for what follows it in the sentence, also after a semicolon; chapters of goals have the plan's."""
    first, second, third = promised("到2024年，接种率达95%；筛查率达80%。建成2所医院。")
    assert (first.deadline, second.deadline, third.deadline) == ("2024", "2024", None)
    assert [one.deadline for one in promised("接种率达95%。", "二、总体要求/（三）主要目标")] == ["2025"]
    assert [one.deadline for one in promised("“十五五”期间，新增床位1200张。", last=2030)] == ["2030"]


def test_repeats_are_joined() -> None:
    """The same promise made again is marked, and points to the first."""
    first, again = promised("建成3个省级重点专科。培育省级重点专科3个。")
    assert not first.repeat
    assert (again.repeat, again.repeat_of) == (True, 0)


def test_range_keeps_both_ends() -> None:
    """A range is a floor with an upper end."""
    (one,) = promised("建立3—5家市级紧急医学救援基地。")
    assert (one.op, one.value, one.value_max, one.unit) == (">=", 3, 5, "家")


@given(
    value=st.decimals(min_value=1, max_value=99, places=1),
    rate=st.sampled_from(["规范管理率", "接种率", "筛查率", "合格率", "知晓率"]),
    who=st.sampled_from(["高血压患者", "适龄儿童", "孕产妇", "65岁以上老年人", "12岁儿童"]),
    reach=st.sampled_from(["达到", "达", "提高到", "提升至", "保持在", "稳定在", "不低于"]),
    space=st.sampled_from(["", " "]),
)
def test_any_rate(value: object, rate: str, who: str, reach: str, space: str) -> None:
    """Whatever the rate, its value, and the verb: one promise with the whole name as its subject."""
    (one,) = promised(f"到2025年，{who}{rate}{reach}{space}{value}%以上。")
    assert (one.subject, one.op, one.unit, one.deadline) == (who + rate, ">=", "%", "2025")
    assert one.value == float(str(value))


@given(
    st.text(
        alphabet="建成达到不低于县市医院中心率数个所家名%‰0123456789一二三、，。；：（）“”《》—/.万年每全部均覆盖",
        max_size=60,
    )
)
def test_any_text_is_read(text: str) -> None:
    """No text makes the reader fail, and every quotation stands where it says."""
    for one in promised(text):
        assert text[one.offset : one.offset + len(one.quote)] == one.quote
