"""Of whom a rate speaks: rates named without their bearer take it from the words before."""

from __future__ import annotations

import re
from dataclasses import dataclass

from minkang.plans.reading.commitments.quantities import Quantity

METRIC = r"(?:率|比例|占比|比重|水平|数|度|值|寿命|规模|收入|人数|床位|面积|投资|半径|系数|指数|金额|产值|总量|量|人口)"
METRIC_END = re.compile(rf"{METRIC}(?:[（(][^）)]*[)）])?$")
TAIL = re.compile(
    r"((?:(?:规范化?|治疗|控制|健康|系统|管理|服务|服药|面访|知晓|筛查|检测|监测|覆盖|报告|接种|死亡|发病|患病|早诊|设置|建设|"
    r"达标|合格|申报|检查|培训|参与|报销|支付|使用|签约|随访|早筛|满意|完成|完整|处置|及时|规范|普及|动态|开设|配备|执业|持证|"
    r"抢救|成功|手术)+(?:率|比例|覆盖率|满意度)))$"
)
BARE_RATE = re.compile(
    "(?:培训|参演|完整|及时|治疗|管理|服药|面访|规范|达标|合格|检出|处置|覆盖|知晓|随访|空编|设置|开设|满意|健康行为形成)率"
)
BEARER = re.compile(
    r"^(.*?(?:患者|人群|居民|儿童|孕产妇|婴儿|新生儿|人员|机构|医院|中心|卫生院|人口|群众|老年人|妇女|学生|单位|企业|劳动者|"
    r"例|案件|事件|服务|地区|每千(?:常住)?人口|每万(?:常住)?人口|队伍|区县))(?=.+(?:率|数|数量|比例|占比)$)"
)
PER = re.compile(r"每[千万]名?(?:常住|服务)?(?:人口|居民|人)")
PER_MOST = 100  # A number per thousand people is below this; a total is above.
# Lengths in characters: a bare rate, one in a list, a noun phrase to be shortened, the least that names a thing.
BARE = 7
SHORT = 8
LONG = 16
SHORTEST = 4


@dataclass(frozen=True)
class Subject:
    """The words for one quantity.

    Attributes:
        text: the subject.
        doubtful: it was pieced together, so a person should look.
    """

    text: str
    doubtful: bool = False


def borne(subject: Subject, earlier: str, quantity: Quantity) -> Subject:
    """Put together a subject that leaves something to the subject before it; any other stays as it is."""
    text = subject.text
    whole = _share(text, earlier) or _turned(text) or _yearly(text, earlier) or _per_head(text, earlier, quantity)
    whole = whole or _graded(text, earlier, quantity) or _elliptic(text, earlier, quantity) or _of_whom(text, earlier)
    return Subject(whole, doubtful=True) if whole else subject


def _share(text: str, earlier: str) -> str:
    """ "25%以上达到推荐标准": of the institutions named before."""
    share = re.match(r"^((?:达到|通过|建成|设立|设置|开展)[^的]+)占比$", text)
    holder = re.search(r"的([^的]+占比)$", earlier)
    return f"{share[1]}的{holder[1]}" if share and holder else ""


def _turned(text: str) -> str:
    """ "知识知晓率城市居民": the bearer stands behind."""
    found = re.match(r"^(?P<rate>.{4,}?率)(?P<who>[^率]{2,8}?(?:居民|人群|地区|机构|医院|患者))$", text)
    return found["who"] + found["rate"] if found else ""


def _yearly(text: str, earlier: str) -> str:
    return earlier + text if re.fullmatch("年均[增降]幅", text) else ""


def _per_head(text: str, earlier: str, quantity: Quantity) -> str:
    """ "每千人口床位数…，注册护士数…"."""
    per = PER.match(earlier)
    counted = text.endswith("数") or (quantity.unit in ("名", "人") and not float(quantity.value).is_integer())
    fits = per and counted and "每" not in text and quantity.value < PER_MOST
    return per[0] + text if per and fits else ""


def _graded(text: str, earlier: str, quantity: Quantity) -> str:
    """ "三级医院电子病历应用水平达到4级，二级医院达到3级"."""
    graded = re.search(r"(?:医院|机构|中心)(?:达到)?(?P<what>.{4,}(?:水平|评价|等级).*)$", earlier)
    bare = quantity.unit == "级" and not re.search("水平|评价|等级", text)
    return text + graded["what"] if graded and bare else ""


def _elliptic(text: str, earlier: str, quantity: Quantity) -> str:
    """ "签约率达到75%，其中重点人群达到85%": the rate itself was named before."""
    rate = TAIL.search(earlier) or re.search(r"[^的、]{2}率$", earlier)
    named = METRIC_END.search(text) or re.search("占比|幅$", text)
    return text + rate[0] if rate and quantity.unit == "%" and not named else ""


def _of_whom(text: str, earlier: str) -> str:
    """ "覆盖率达100%，培训率达98%": the bearer was named before."""
    if len(text) > BARE or not (BARE_RATE.fullmatch(text) or TAIL.fullmatch(text)) or BEARER.match(text):
        return ""
    bearer = re.sub("^纳入管理的", "", earlier)
    if METRIC_END.search(earlier) or earlier.endswith("占比"):
        found = BEARER.match(earlier)
        bearer = found[0] if found else ""
    return bearer + text if SHORTEST <= len(bearer) < LONG and bearer not in text else ""


def with_bearer(parts: list[str]) -> list[str]:
    """Rates of a list, each with the bearer that only the first names."""
    bearer = BEARER.match(parts[0])
    if not bearer:
        return parts
    return [parts[0], *[bearer[0] + part if _bare(part) else part for part in parts[1:]]]


def _bare(part: str) -> bool:
    """Whether a rate or number does not say of whom: "面访率", "注册护士数"."""
    rate = TAIL.fullmatch(part) or BARE_RATE.fullmatch(part) or len(part) <= SHORTEST or part.endswith("数")
    return bool(rate) and len(part) <= SHORT and not BEARER.match(part)
