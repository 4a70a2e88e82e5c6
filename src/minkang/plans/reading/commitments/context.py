"""What a number in a plan is besides a promise: a year, an age, a name, a past result, something that already is."""

from __future__ import annotations

import re
from collections.abc import Callable

from minkang.plans.reading.commitments.quantities import Quantity
from minkang.plans.reading.numbers import plan_end

PAST_CHAPTER = re.compile(
    r"规划背景|发展背景|发展基础|发展环境|现状|工作成效|主要成[就效绩]|取得的?成[就绩效]|成绩|回顾|形势|机遇|挑战|存在的?(?:主要)?问题|"
    r"基础和背景|背景|面临|指导思想|基本原则|编制依据"
)
BOOK = re.compile("《[^》]*》")
# Years in the name of a document, and the year from which something rises.
START = re.compile(r"《[^》]*》|(?:由|从|较|比|在)\s*20\d\d\s*年(?!底|末|前)")
NUMBERING = re.compile(r"^(?:第[^章节篇]{1,4}[章节篇]|[（(]?[一二三四五六七八九十\d]+[)）]?[、.．]?)\s*")
SHORT_TITLE = 16
# "夯实发展基础" is a task, "发展基础" an account.
TASK_TITLE = re.compile(
    r"夯实|强化|筑牢|加强|巩固|优化|营造|改善|完善|打造|应对|提升|构建|建立|健全|推进|推动|坚持|深化|创新"
)
GOAL_CHAPTER = re.compile(r"目标|指标")
DONE = re.compile(
    r"截[至止]|累计|目前|现有|已经?(?:建成|达到|完成|实现|有|创建|形成|全部)|达到了|"
    r"顺利通过|均评定为|成功(?:创建|入选)|获评|荣获|^我国|数据显示|研究表明|导致的"
)
SINCE = re.compile(r"(?:较|(?<!占)比)[^，率重例]{0,12}(?:增长|提高|下降|降低|减少|增加)")
WILL = re.compile(r"力争|确保|争取|将|由[^，]*\d[^，]*(?:到|至)[^，]*\d")
PLAN = re.compile(r"[“\"](?P<plan>十[一二三四五六七八九]?)五[”\"](?!规划)")
YEAR = re.compile(r"(?P<year>(?:19|20)\d\d)\s*年(?!度)")
DUE = re.compile(
    r"(?:(?:预计|力争|争取|计划|确保)?(?:到|至|于|在)?\s*(?P<year>20\d\d)\s*年(?:底|末|前|年底|以前|初)?(?!度|版))|[“\"](?P<plan>十[一二三四五六七八九])五[”\"](?:期间|时期|末|期末|规划期)"
)
TIME_ONLY = re.compile(
    r"^(?:预计|力争|争取|计划|确保)?(?:到|至|于|在)?\s*(?:20\d\d\s*年(?:底|末|前|年底|以前)?|[“\"]十[四五六七八九]五[”\"](?:期间|时期|末)?(?:末)?)$"
)


def past_chapter(section: str) -> bool:
    """Whether a path of headings leads into the account of what has been, or of what one believes."""
    titles = [NUMBERING.sub("", part) for part in section.split("/")]
    return any(
        len(title) <= SHORT_TITLE
        and PAST_CHAPTER.search(title)
        and not GOAL_CHAPTER.search(title)
        and not TASK_TITLE.match(title)
        for title in titles
    )


def due(text: str, last_past: int) -> str | None:
    """The year a clause names as the time by which; the last of several. Years up to `last_past` are no deadline."""
    years = [
        int(found["year"]) if found["year"] else plan_end(found["plan"]) for found in DUE.finditer(BOOK.sub("", text))
    ]
    ahead = [year for year in years if year is not None and year > last_past]
    return str(ahead[-1]) if ahead else None


def done(sentence: str, last_past: int, ahead: bool = False) -> bool:
    """Whether a sentence tells what has been reached: by its words, or because all its years are past.

    `ahead`: a year to come is already known for it, so that "15 % less than in 2015" is a promise.
    """
    if due(sentence, last_past):
        return False
    if DONE.search(sentence):
        return True
    if SINCE.search(sentence):
        return not ahead and not WILL.search(sentence)
    years = [int(found["year"]) for found in YEAR.finditer(START.sub("", sentence))]
    years += [end for found in PLAN.finditer(sentence) if (end := plan_end(found["plan"]))]
    return bool(years) and all(year <= last_past for year in years)


NAMED = re.compile(r"[“\"《][^“”\"《》]*$")
EXISTING = re.compile(
    r"(?:依托|围绕|落实|发挥|聚焦|整合|完善|包括|涵盖|其他|原有|现有|执行|遵循|瞄准|等)(?:县|市|区|全|的|好)*[^，建设创增引]{0,12}$"
)
CREATES = re.compile(
    r"建|设|创|培|引进|增|配|达|拥有|打造|遴选|选拔|选取|选择|推广|争取|完成|研制|招|训|实施|开展|确定|认定|列入|扩|改|至少|不少于|不低于|"
    r"突破|超过|投资|投入|补助|奖励|资助|占地|面积|床位|举办|支持|办好|组建|新|力争|争创|制定|发展|开发|评|干预|归纳|数|储备|选派|组织|命名|孵化|有|筛查|服务|救治|惠及|做大做强"
)
FOUNDING = re.compile(r"(?:建立|组建|新建|打造|创建|培育|建成|建设|完成)[^，]*$")
CONDITION = re.compile(r"^(?:的)(?=[^，]*(?:街道|城市|乡镇|地区|机构|单位|医院|村|社区|企业|人员|家庭|学校))")
NAME_TAIL = re.compile(r"^[^，、%％\d]{0,12}?(?:率|比例|占比)")
TECHNICAL = re.compile(r"(?:能够?提供|能够?开展|能够?使用|可提供|符合|按照?|参照)[^，]{0,4}$")


def promises(clause: str, quantity: Quantity, others: list[Quantity]) -> bool:
    """Whether a number found in a clause is itself promised."""
    before, after = clause[: quantity.start].rstrip(), clause[quantity.end :]
    if NAMED.search(before) and not re.match(r"[^”\"》]*圈", after):
        return False
    # "由22.5%提升到30%": the first is where it starts from.
    if re.search(r"由[^，到至为]*$", before) and re.search(r"(?:到|至|为)[^，]*\d", after):
        return False
    if _numbering(before, after) or _per_head(before, after, quantity) or _condition(clause, quantity, before, after):
        return False
    for units, judge in BY_UNIT:
        if quantity.unit.endswith(units):
            return judge(before, after)
    return _counted(before, after, quantity, others) if quantity.count else True


def _numbering(before: str, after: str) -> bool:
    """第3批, 2型, 5号, 2025年."""
    return bool(
        re.match(r"(?:型|号|版|度|点|价|时代|网络|院区|页|年|月|日)", after) or re.search(r"第\s*$|每\s*$", before)
    )


def _per_head(before: str, after: str, quantity: Quantity) -> bool:
    """The people of "每3万人口"."""
    people = quantity.unit.endswith(("人", "万", "人口", "千"))
    return people and bool(re.search(r"每[^，]{0,4}$", before) and re.match(r"[^，]*(?:人口|率|数|拥有|配|设)", after))


def _condition(clause: str, quantity: Quantity, before: str, after: str) -> bool:
    """For whom it holds: "常住人口3万以上的城市街道"."""
    if after.startswith("的") and re.search(r"达到?\s*\d+\s*%", after):  # "医师不少于2名的中心达到100%".
        return True
    bounded = re.search(r"以[上下]", clause[quantity.start : quantity.end])
    return bool(
        bounded
        and quantity.unit not in ("%", "‰")
        and CONDITION.match(after)
        and not CREATES.search(re.sub(r"^[^，]*人口", "", before))
    )


def _time(before: str, after: str) -> bool:
    if re.match(r"[^，]{0,16}圈", after):
        return True
    if NAME_TAIL.match(after) or re.match(r"(?:到达|出车|接听)", after):
        return False
    return bool(re.search(r"(?:不超过|不少于|不低于|控制在|缩短[至到]|小于|少于|低于|达到|时间)[^，]{0,3}$", before))


def _life(before: str, after: str) -> bool:
    return bool(re.search(r"寿命|平均[^，]*年龄", before))


def _grade(before: str, after: str) -> bool:
    return bool(re.search(r"(?:(?:水平|评价|测评|等级)[^，]{0,8}|达到|达)$", before))


def _distance(before: str, after: str) -> bool:
    return bool(re.search(r"半径|距离|里程|面积|道", before + after[:4]))


Judge = Callable[[str, str], bool]
BY_UNIT: tuple[tuple[tuple[str, ...], Judge], ...] = (
    (("岁",), _life),
    (("分钟", "小时", "秒", "秒钟", "工作日", "个月", "个月用量", "天"), _time),
    (("级",), _grade),
    (("平方米", "平方公里"), lambda before, after: True),
    (("公里", "千米", "米"), _distance),
)


def _counted(before: str, after: str, quantity: Quantity, others: list[Quantity]) -> bool:
    repeated = quantity.unit.endswith(("次", "倍", "期", "届", "批", "场", "门", "组"))
    shares = [other for other in others if other.unit == "%" and other.start < quantity.start]
    return not (
        (repeated and not CREATES.search(before))
        or (shares and TECHNICAL.search(before))
        or (NAME_TAIL.match(after) and others != [quantity])
        or (EXISTING.search(before) and not FOUNDING.search(before))
    )


def creates(words: str) -> bool:
    """Whether words tell of making, gaining or giving; a bare count of things without them is a description."""
    return bool(CREATES.search(words))
