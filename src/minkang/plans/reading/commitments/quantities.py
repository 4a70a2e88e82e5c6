"""Numbers with a unit within a clause, and how they bind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from minkang.plans.reading.commitments.model import Basis, Op
from minkang.plans.reading.numbers import NUMERAL, PRINTED, Number, numeral, printed

RATES = r"[∶:]\s*1(?!\d)|个百分点|百分点|[%％‰]|/\s*10\s*万|/\s*十万|/\s*百万"
TIMES = "分钟|小时|秒钟?|个月|个工作日|工作日|天(?!然|津)"
SIZES = "(?:万|亿)?(?:平方米|平方公里|平米|㎡|公顷|亩|公里|千米|米)"
MONEY = "(?:千|百|十)?(?:万|亿)?元|亿级?"
COUNTS = (
    "(?:余)?(?:万|千|百|亿)?(?:人次|人份|人天|人|名|位|个|家|所|处|张|辆|台|套|支|项|种|类|例|件|条|座|间|部|对|户|场|批|期|"
    "次|剂次|剂|株|吨|份|册|片|站|床|门|组|届|篇|只|款|倍|岁|级|%)"
)
PER = r"(?:\s*/\s*(?:\d+(?:\.\d+)?\s*)?(?:万|千|十万)?(?:人口|人|平方公里))?"
BOUND = r"(?:\s*[（(]含[）)])?(?:及)?(?:以上|以下|以内|之内|之间|左右|上下)|内(?![设部地涵容外科分])"

QUANTITY = re.compile(
    rf"(?P<low>{PRINTED})\s*(?P<low_unit>[%％‰]|万|亿)?"
    rf"(?:\s*[-—–－~～至]{{1,2}}\s*(?P<high>{PRINTED}))?\s*"
    rf"(?P<unit>{RATES}|{TIMES}|{SIZES}|{MONEY}|{COUNTS})?{PER}\s*(?P<bound>{BOUND})?"
)
IN_WORDS = re.compile(rf"(?P<low>{NUMERAL})(?P<unit>所|家|名|处|辆|台|张|支|座|个)(?P<bound>{BOUND})?")
HUNDREDTHS = re.compile(rf"百分之(?P<low>{NUMERAL})(?P<bound>{BOUND})?")
NONE = re.compile(r"零(?=死亡|感染|发生|报告|增长|事故|发病|漏报)")
DOUBLED = re.compile(r"翻一番|翻番|倍增|增长一倍|实现翻倍")
ROUND = re.compile(r"(?:超过?|突破|达到?)(?P<low>[百千万])(?P<unit>项|家|个|人|名|例|张|所)")

AT_LEAST = re.compile(
    r"(?:不少于|不低于|不小于|不得低于|不得少于|至少|最少|(?<![不得])超过?|突破|(?<![不得])高于|(?<!不)大于|≥|＞|>=?|不下于)[^，]{0,2}$"
)
AT_MOST = re.compile(r"(?:不超过|不高于|不大于|不多于|不得超过|不得高于|低于|少于|小于|最多|至多|≤|＜|<=?)[^，]{0,2}$")
DOWN = re.compile(
    r"(?:降至|降到|降低到|降低至|下降到|下降至|减少到|减少至|缩短至|缩短到|压缩到|压缩至|控制在|控制到|降为)[^，]{0,3}$"
)
CHANGED = re.compile(r"(?:降低|下降|减少|缩短|提高|提升|增加|增长|上升)了?$")
NEAR = re.compile(r"(?:大约|约|接近)\s*$")
FALLING = re.compile(
    r"(?:死亡率|发病率|吸烟率|近视率|空编率|感染率|外转率|自付比例|致残率|剖宫产率|低体重率|龋齿率|患龋率|漏报率|病死率|"
    r"住院日|药占比|卫生支出占[^，]*|服务半径|响应时间|等候时间|肥胖率|残疾发生率|缺陷发生率|流失率|出生缺陷率|次均[^，]*费用)[^率比]{0,6}$"
)
SIZE_OF = re.compile(r"(?:占地|面积|投资|投入资金|概算|预算|资金)[^，]{0,8}$")
PER_HEAD = re.compile(
    r"每(?P<per>\s*\d[\d\s.—\-–]*\s*(?:万|千)?\s*(?:服务|常住)?(?:人口|人|居民))[^，率比数]{0,6}(?:配置|设置|规划设置|配备|建设|设立|设)$"
)
PEOPLE = re.compile(r"(?:农村|城市|城镇|城乡|常住|服务|户籍|覆盖|左右的){0,3}人口")
STEP = re.compile(r"每年(?:力争|争取)?(?:降低|下降|减少|提高|提升|增加|增长|上升)$")


@dataclass(frozen=True)
class Quantity:
    """A number found in a clause.

    Attributes:
        start, end: its span within the clause, with unit and bound ("以上").
        value, value_max: as printed.
        unit: without spaces, with scale and denominator.
        op: how it binds.
        basis: how it is written.
        count: whether it counts things, rather than measuring a rate, time, size or sum.
    """

    start: int
    end: int
    value: Number
    value_max: Number | None
    unit: str
    op: Op
    basis: Basis
    count: bool


def quantities(clause: str) -> list[Quantity]:
    """All numbers of a clause that could be a promise, in order; what only names something is told apart elsewhere."""
    found = [*_printed(clause), *_in_characters(clause)]
    return sorted(found, key=lambda quantity: quantity.start)


def _printed(clause: str) -> Iterator[Quantity]:
    for match in QUANTITY.finditer(clause):
        unit = _unit(match)
        before = clause[: match.start()].rstrip()
        if re.search(r"[0-9+＋/〔]$", before) or (before.endswith(("（", "(")) and not _bracketed(clause, match)):
            continue
        if not unit and PEOPLE.match(clause[match.end() :]):
            unit = "人"
        if not unit and not _bare(before, match):
            continue
        low, high = printed(match["low"]), printed(match["high"]) if match["high"] else None
        per = PER_HEAD.search(before)
        if per and unit:
            people = re.sub(r"\s", "", per["per"])
            unit = f"{unit}/{people}"
        if unit == "个月" and re.search("消耗|用量|使用量", before) and "储备" in clause:
            unit = "个月用量"
        step = STEP.search(before) and unit.endswith("百分点")
        if step:
            unit = "百分点/年"
        op: Op = ("=" if per else ">=") if per or step else _op(before, match["bound"] or "", unit, high is not None)
        yield Quantity(match.start(), match.end(), low, high, unit, op, "printed", _counts(match["unit"] or ""))


def _bracketed(clause: str, match: re.Match[str]) -> bool:
    """A count alone in brackets: "市级区域医疗中心建设（12个）"."""
    return bool(match["unit"]) and _counts(match["unit"]) and clause[match.end() :].startswith(("）", ")"))


def _unit(match: re.Match[str]) -> str:
    whole = match[0]
    text = match["unit"] or match["low_unit"] or ""
    if match["low_unit"] in ("万", "亿") and match["unit"] and not match["high"]:
        text = match["low_unit"] + text
    rest = whole[whole.find(text, len(match["low"])) + len(text) :] if text else ""
    per = re.match(r"\s*/\s*[^以左上之内]+", rest)
    text = text + (per[0] if per else "")
    text = re.sub(r"\s", "", text).replace("％", "%").replace("余", "")
    return "亿元" if text in ("亿", "亿级") else text


def _bare(before: str, match: re.Match[str]) -> bool:
    """A number without a unit is a value only after an index and a word of reaching ("CMI值达到1.1左右")."""
    return bool(
        re.search(r"(?:值|指数|生育率|系数|比)[^，]{0,8}(?:达到?|为|控制在|不低于|不超过|提高到)$", before)
    ) and ("." in match["low"] or bool(match["bound"]))


def _counts(unit: str) -> bool:
    return bool(re.fullmatch(COUNTS, unit)) and unit not in ("%", "岁", "级")


def _op(before: str, bound: str, unit: str, ranged: bool) -> Op:
    if "左右" in bound or "上下" in bound or NEAR.search(before):
        return "~"
    capped = re.search("以[下内]|之内", bound)
    if "以上" in bound or ((AT_LEAST.search(before) or ranged) and not capped) or CHANGED.search(before):
        return ">="
    if re.search("以[下内]|内", bound) or AT_MOST.search(before) or DOWN.search(before):
        return "<="
    if FALLING.search(before) or unit in ("分钟", "小时", "秒") or unit.endswith("公里"):
        return "<="
    return "=" if SIZE_OF.search(before) else ">="


def _in_characters(clause: str) -> Iterator[Quantity]:
    for match in IN_WORDS.finditer(clause):
        value = numeral(match["low"])
        if value is not None and _founding(clause, match):
            op = _op(clause[: match.start()], match["bound"] or "", match["unit"], ranged=False)
            yield Quantity(match.start(), match.end(), value, None, match["unit"], op, "zh_numeral", count=True)
    for match in HUNDREDTHS.finditer(clause):
        value = numeral(match["low"])
        if value is not None:
            op = _op(clause[: match.start()], match["bound"] or "", "%", ranged=False)
            yield Quantity(match.start(), match.end(), value, None, "%", op, "zh_numeral", count=False)
    for match in NONE.finditer(clause):
        yield Quantity(match.start(), match.end(), 0, None, "例", "=", "zh_numeral", count=False)
    for match in DOUBLED.finditer(clause):
        yield Quantity(match.start(), match.end(), 2, None, "倍", ">=", "zh_numeral", count=False)
    for match in ROUND.finditer(clause):
        value = {"百": 100, "千": 1000, "万": 10_000}[match["low"]]
        yield Quantity(match.start("low"), match.end(), value, None, match["unit"], ">=", "zh_numeral", count=True)


FOUNDS = re.compile(
    r"(?:建设|建成|新建|设置|设立|配备|配置|拥有|创建|创成|新增|培育|引进|明确|至少有?|建有?|设|办好|打造)(?:至少|不少于|了)?$"
)
BODY = re.compile(
    r"^[^，、]{0,14}?(?:中心|基地|医院|机构|站|卫生院|卫生室|人|医师|医生|车|床|队伍?|专科|门诊|学校|平台)"
)


def _founding(clause: str, match: re.Match[str]) -> bool:
    """A numeral in characters counts only what is founded; else it names ("两个允许", "一个目标")."""
    return bool(FOUNDS.search(clause[: match.start()])) and bool(BODY.search(clause[match.end() :]))
