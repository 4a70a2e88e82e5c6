"""What a number is about: the words before or after it, without verbs and dates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from minkang.plans.reading.commitments.bearers import (
    BEARER,
    LONG,
    METRIC_END,
    SHORTEST,
    TAIL,
    Subject,
    borne,
    with_bearer,
)
from minkang.plans.reading.commitments.quantities import CHANGED, Quantity

LEADING = re.compile(
    r"^(?:(?:预计|力争|争取|计划|确保)?(?:到|至|于|在)?\s*20\d\d\s*年(?:底|末|前)?|[“\"]十[四五六七八九]五[”\"](?:期间|时期|末)?|"
    r"[一二三四五六七八九十]+是|以[^，]{1,6}为单位|[一二三四五]年内|到?20\d\d年底?前?|力争|争取|确保|努力|逐步|全面|稳步|持续|进一步|推动|推进|实现|其中|同时|并且|并|且|使|将|把|预计|计划|全县|全市|全区|全省|我市|我县|我区|"
    r"到期末|原则上|按照|以|对|在|每年|分别|最终|率先|严格落实|要|应|和|及|以及|与|、|的|\s)+"
)
REACH = (
    r"达到|达|提高到|提高至|提升到|提升至|提升为|增加到|增加至|增至|升至|上升到|上升至|扩大到|保持在|维持在|稳定在|巩固在|控制在|控制到|降至|降到|"
    r"降低到|降低至|下降到|下降至|减少到|减少至|缩短至|缩短到|为|是|占|不少于|不低于|不超过|不高于|不得低于|不得超过|不得少于|至少|超过|突破|高于|"
    r"低于|大于|小于|少于|约|近|≥|≤|＞|＜|>|<|实现|到|至|在|降低|下降|减少|提高|提升|增加|增长|上升|保持|拥有|有|规模达|成为|以"
)
TRAILING = re.compile(
    rf"(?:(?:力争|争取|均|都|分别|应|要|须|须达|平均|稳步|逐步|原则上|总体|持续|每年|各|也|应当|可|仅|其中)?(?:{REACH})|力争|均|都|分别|每年|原则上|各|、|，|：|\s)+$"
)
SPLIT = re.compile(r"、|以及|及(?!以|时|格)|和(?!谐)|与(?!健康)")
DOES = re.compile(
    r"^(?P<who>.{2,40}?)应?(?P<does>(?:能够?|达到|建成|通过|成为|开设|开展|设立|设置|配备|配置|具有|具备|提供|完成|接受|实现|创建|纳入|取得|接入|参加|打造成?为?|建立|用于|实施).*)$"
)
VERB = re.compile(
    r"^(?:培养和?引进|引进培养|新建改建|改扩建|新建|扩建|改建|建设完成|建设|建成|建立健全|建立|建有|组建|设立|设置|设(?=床位)|创建|争创|创成|新创建|培育|培养|培训|选拔培养|选拔|遴选|"
    r"引进|新增|配备|配置|拥有|打造|完成|推广|研制|实施|开展|争取|新|招收|招录|支持|选取|选择|增设|增建|举办|办好|规划设置|计划|评选|创|做大做强|形成|培育推广|总结)+"
)
# "按照总床位数的10%准备传染病救治床位".
KEPT = re.compile(r"^.*?按照?(?:不少于|不低于)?(?P<whole>[^，]+?)的?(?:不少于|不低于)?$")
PORTION = re.compile(
    r"^(?P<part>.+?)(?:不少于|不低于|不得低于|不超过|达到?|占)(?P<whole>[^，率]*?(?:总|全|年|门|所有|数)[^，率比]*?)的?(?:比例|比重|占比)?(?:达到?|不低于|不超过)?$"
)
PLACE = re.compile("医院|机构|中心|卫生院|卫生室")
PLACES = re.compile("配置|设置|配备|建设|设立")
KEEPS_VERB = re.compile(r"^(?:培训|引进|新增|改扩建|招收|招录|选拔培养)")


def strip_lead(words: str) -> str:
    """Words without dates and adverbs before them."""
    return LEADING.sub("", words.strip())


def strip_reach(words: str) -> str:
    """Words without the verb of reaching after them ("提高到", "均达")."""
    before = None
    while before != words:
        before = words
        words = TRAILING.sub("", words.strip())
    return words


def tidy(words: str) -> str:
    """A subject without spaces and loose marks."""
    words = re.sub(r"(?:的(?:标准)?基础上|的标准|要求)$", "", re.sub(r"\s+", "", words))
    return words.strip('，、；：。的等“”"')


@dataclass(frozen=True)
class _Slot:
    """A number between its words: those up to the number before, those up to the one after."""

    left: str
    right: str
    quantity: Quantity
    index: int
    last: bool


def subjects(clause: str, found: list[Quantity], earlier: str) -> list[list[Subject]]:
    """For each quantity of a clause its subjects: one, or several where one number holds for a list of rates.

    `earlier` is the subject before this clause; a bare "参演率" takes its bearer from there.
    """
    shared = _lists(clause, found)
    if shared is not None:
        return shared
    result: list[list[Subject]] = []
    verb = ""
    for index, quantity in enumerate(found):
        begin, last = found[index - 1].end if index else 0, index + 1 == len(found)
        right = clause[quantity.end : len(clause) if last else found[index + 1].start]
        slot = _Slot(clause[begin : quantity.start], right.strip(), quantity, index, last)
        before = strip_lead(re.sub(r"^[（(][^）)]*[)）]", "", slot.left))
        if (own := VERB.match(before)) and KEEPS_VERB.match(before):
            verb = own[0]
        one = _special(slot, before) or _one(slot, before, verb)
        result.append([borne(subject, earlier, quantity) for subject in one])
        earlier = result[-1][-1].text or earlier
    return result


def _special(slot: _Slot, before: str) -> list[Subject] | None:
    """Norms per head, circles of so many minutes, stocks, parts of a whole, changes by so much."""
    quantity, name = slot.quantity, strip_reach(before)
    if quantity.op == "=" and "/" in quantity.unit:
        return [Subject(_core(tidy(slot.right)) + (PLACES.findall(slot.left) or [""])[-1])]
    if quantity.count:
        return None
    if circle := re.match(r"服务半径|[^，]*?圈", slot.right):
        return [Subject(circle[0] if circle[0] == "服务半径" else _circle(name, circle[0]) + "可及时间")]
    if stock := re.match(r"进行(?P<what>[^，]*储备)$|储备(?P<goods>[^，]+)$", slot.right):
        return [Subject(stock["what"] or stock["goods"] + "储备")]
    return (_part(slot, before) if quantity.unit == "%" else None) or _change(slot, name)


def _part(slot: _Slot, before: str) -> list[Subject] | None:
    """What is to be a part of what."""
    kept = KEPT.match(slot.left)
    ready = re.match(r"(?:准备|设置|配备|预留|安排|用于)(?P<what>[^，]+)$", slot.right)
    if kept and ready:
        return [Subject(tidy(f"{ready['what']}占{kept['whole'].rstrip('的')}比例"))]
    portion = PORTION.match(before)
    return [Subject(tidy(f"{strip_reach(portion['part'])}占{portion['whole']}比例"))] if portion else None


def _change(slot: _Slot, name: str) -> list[Subject] | None:
    """ "比2015年降低30%", "年均增长10%": by how much, not to what."""
    if slot.quantity.unit == "百分点/年":
        return [Subject(tidy(name) + "每年变幅")]
    changed = CHANGED.search(slot.left.rstrip())
    if not changed:
        return None
    name = re.sub(r"在\d{4}年(?:的)?基础上|继续|进一步", "", name)
    name = tidy(re.sub(r"(?:较|(?<!占)比)[^较比]*$|年均?$", "", name))
    yearly = "年均" if re.search(r"年均|每年", slot.left) else ""
    return [Subject(f"{name}{yearly}{'降幅' if changed[0][0] in '降下减缩' else '增幅'}", doubtful=not name)]


def _one(slot: _Slot, before: str, verb: str) -> list[Subject]:
    """The subjects of a single quantity."""
    before = re.sub(r"成为规模", "规模", re.sub(r"由[^，]*\d[^，]*$|[（(]$", "", before))
    name = strip_reach(before)
    if slot.quantity.count:
        # Before a further number, the words after the comma-like mark belong to that one.
        follows = (
            ""
            if slot.left.endswith(("（", "("))
            else slot.right
            if slot.last
            else re.split(r"[、，；]|(?:以及|及|和)$", slot.right)[0]
        )
        return [_counted(name, follows, verb, slot.index, VERB.match(before) is not None)]
    if re.search("占$", before) and not METRIC_END.search(name):
        return [Subject(tidy(name) + "占比")]
    if METRIC_END.search(name) or (name and not slot.right.strip("）)的标准。")):
        return [Subject(part) for part in _several(tidy(name))]
    return [_shared(name, slot.right, slot.quantity)]


def _counted(name: str, after: str, verb: str, index: int, verbal: bool) -> Subject:
    after = tidy(re.sub(r"(?:和|及|以及|与)$|或(?:者|明确|确定|建设|设立)?$|为居民[^，]*$", "", after))
    if after and not after.startswith(("，", "、")):
        person = re.match(r"^(?:一次性)?(?:专项)?(?:补助|奖励|资助)", after)
        if person:
            return Subject(tidy(name) + after, doubtful=True)
        does = None if re.search("或", after) else DOES.match(re.sub(r"^[（(][^）)]*[)）]", "", after))
        if does and not verbal:
            return Subject(tidy(f"{does['does']}的{does['who']}"))
        kept = verb if KEEPS_VERB.match(verb) and (verbal or index) else ""
        per = re.search(
            r"每(?:个|所|家|批)?[^，每]{1,10}$", VERB.sub("", strip_reach(re.sub(rf"{VERB.pattern[1:]}$", "", name)))
        )
        return Subject(tidy((per[0] if per else "") + kept + _core(after)))
    bare = VERB.sub("", name) if not KEEPS_VERB.match(name) else name
    if index and verb and not VERB.match(name):
        bare = verb + bare
    return Subject(tidy(bare or name), doubtful=not bare)


def _circle(name: str, circle: str) -> str:
    """ "形成农村地区15分钟健康服务圈": the circle and where it is."""
    where = re.sub(r"^.*(?:形成|构建|构筑|打造|建成|建设|完善|的|和|、)", "", name)
    return tidy(re.sub(r"[“”]", "", re.sub("优质高效", "", where) + circle))


def _core(phrase: str) -> str:
    """A long noun phrase without what describes its noun."""
    head, _, noun = phrase.rpartition("的")
    return noun if len(phrase) > LONG and len(noun) >= SHORTEST and head else phrase


def _shared(name: str, after: str, quantity: Quantity) -> Subject:
    """A share without a rate's name: "80%的村卫生室能提供…", "至少40%为负压救护车", "医院100%设置…"."""
    after = re.sub(r"^(?:的|为|是|用于|以上|以上的)", "", after.strip())
    if quantity.unit != "%":
        return Subject(tidy(name + after), doubtful=True)
    if name:
        return Subject(tidy(f"{strip_lead(after)}的{name}占比"))
    does = DOES.match(after)
    if does:
        return Subject(tidy(f"{does['does']}的{does['who']}占比"))
    return Subject(tidy(after) + "占比")


def _lists(clause: str, found: list[Quantity]) -> list[list[Subject]] | None:
    """Several things with as many numbers after them: "A、B及C分别控制在1、2、3以下"."""
    if len(found) < 2:
        return None
    gaps = [clause[a.end : b.start].strip() for a, b in pairwise(found)]
    if not all(re.fullmatch(r"(?:、|和|及|以及|与|或|，|的)?", gap) for gap in gaps):
        return None
    name = strip_reach(strip_lead(clause[: found[0].start]))
    after = tidy(clause[found[-1].end :])
    parts = _parts(name, len(found))
    if not parts:
        if re.search(r"补助|奖励|资助|补贴", after):
            return [[Subject(after, doubtful=True)] for _ in found]
        return [[Subject(tidy(name + (after if found[0].count or not name else "")), doubtful=True)] for _ in found]
    return [[Subject(part)] for part in parts]


def _several(name: str) -> list[str]:
    """The rates of a list that share one number ("规范管理率、面访率"); a list of bearers of one rate stays whole."""
    for separator in (SPLIT, re.compile("、|(?<=率)[和及与]")):
        parts = [part for part in separator.split(name) if part]
        if len(parts) > 1 and all(re.search(r"(?:率|比例|满意度|占比)$", part) for part in parts):
            return with_bearer(parts)
    return [name]


def _parts(name: str, count: int) -> list[str]:
    """A list of things, cut into `count` subjects, each with the shared beginning or end put back."""
    parts = [tidy(part) for part in SPLIT.split(name) if tidy(part)]
    if len(parts) > count:
        parts = _merged(name, count)
    if len(parts) != count:
        return []
    if all(re.search(r"(?:率|比例|水平|数|占比|寿命)$", part) for part in parts):
        return with_bearer(parts)
    last = parts[-1]
    holder = BEARER.match(last)
    tail = (
        TAIL.search(last)
        or (re.search(rf"(?<=^{re.escape(holder[0])}).{{3,}}$", last) if holder else None)
        or re.search(r"(?:达到|具备|设置|设立|开展|开设|配备|用药)[^、]*$", last)
        or re.search(r"(?:所占比例|占比|比例|率|数量|数)$", last)
    )
    if tail and parts[0].startswith("达到") and not any(part.startswith("达到") for part in parts[1:]):
        parts = [parts[0], *["达到" + part for part in parts[1:]]]
    if not tail:
        return parts
    return [part if part.endswith(tail[0]) else part + tail[0] for part in parts]


def _merged(name: str, count: int) -> list[str]:
    """Too many pieces: only "、" parts, or only the words that end in the name of a rate."""
    pieces = [tidy(part) for part in SPLIT.split(name) if tidy(part)]
    last = max((at for at, piece in enumerate(pieces) if PLACE.search(piece)), default=0)
    if last + 1 == count:
        return [*pieces[:last], "、".join(pieces[last:])]
    for pattern in (r"、", r"(?<=率)[、和及与]|(?<=比例)[、和及与]|(?<=水平)[、和及与]"):
        parts = [tidy(part) for part in re.split(pattern, name) if tidy(part)]
        if len(parts) == count:
            return parts
    return []
