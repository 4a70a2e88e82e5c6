"""Promises without a printed number: all of them (100 %), and grades reached (三级, 二级甲等)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from minkang.plans.reading.commitments.model import Basis

GRADES = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8}

COVERED = re.compile(
    r"^(?P<what>.*?)(?<!健)(?:实现|达到|做到|保持|均实现)?(?:了)?[“\"]?"
    r"(?:全覆盖|全面覆盖|全员覆盖)[”\"]?(?P<more>.*)$"
)
COVERS_ALL = re.compile(r"^(?P<what>.*?)覆盖(?:全体|所有|全部)(?P<who>[^，]+)$")
DO = r"达到|建成|通过|开设|建立|设立|设置|配备|完成|实现|纳入|接入|组建|开展"
ALL = re.compile(
    r"^(?P<who>.*?)(?:(?<!健)全部|一律|(?<![平人日次户年月趋])均(?=应|能|达到?|符合|设|建|配|开|可|按|要|实现|完成|提供|接入|通过|组)"
    r"|都(?=能|要|有|达到|建|设|配|开))(?P<does>[^，]+)$"
)
# "实现全部卫生院设置中医馆": who all are stands after the word.
ALL_WHO = re.compile(
    rf"^(?:到|\d|年|底|实现|确保|推动|推进|力争|做到|使|全县|全市|全区)*(?:全部|所有|每个|每家|每所)(?P<who>[^，]{{2,30}}?)"
    rf"(?P<does>(?:都|均)?(?:能够?|应|{DO})[^，]{{2,}})$"
)

GRADE = re.compile(
    r"(?:达到?|创成|创建为?|创建成?|提升(?:为|到|至)|升级(?:为|到|至)|建成|晋升(?:为|到|至)?|通过|评[定为上]+|成为|争创|完成)[^，]{0,24}?"
    r"(?P<grade>[一二三四五六七八]|[1-8])级(?!及?以上[^，]|[^，]{0,3}以上公立|公立|医疗机构|保健)(?P<class>[甲乙丙]等)?(?P<kind>[^，]*)$"
)
HOLDER = re.compile(r"医院|中心|机构|卫生院|保健院|院|站|室|水平|系统|平台|能力")
MEANS = re.compile(r"^为.*(?:打下|奠定|提供)|目录|制度|体系|网络")


@dataclass(frozen=True)
class Level:
    """What was found: subject, value, unit, how it is written."""

    subject: str
    value: int
    unit: str
    basis: Basis


def everyone(clause: str, label: str = "") -> Level | None:
    """The promise that all of something will be so, as 100 %; `label` says of what, if the clause does not."""
    if found := COVERED.match(clause):
        what = _covered(found["what"], label or found["more"])
        return _share(what + "覆盖率") if what else None
    if (found := COVERS_ALL.match(clause)) and not re.search("的|政策|体系", found["who"]):
        return _share(found["what"] + "覆盖率")
    if found := ALL_WHO.match(clause):
        return _those(found["does"], found["who"])
    if (found := ALL.match(clause)) and len(found["who"].strip()) > 1:
        return _those(found["does"], found["who"])
    return None


def _those(does: str, who: str) -> Level:
    who = re.sub(r"^(?:到|力争|确保)?\s*20\d\d\s*年底?前?|^(?:全[县市区]|我[县市区])", "", who)
    return _share(f"{re.sub('^(?:都|均)?应', '', does)}的{who}占比")


def _covered(what: str, otherwise: str) -> str:
    what = re.sub(r"(?:实现|达到|做到|保持|均)$", "", what)
    return re.sub(r"^(?:实现|做到|保持)", "", what).strip() or otherwise


def _share(subject: str) -> Level:
    return Level(subject, 100, "%", "universal")


def grade(clause: str) -> Level | None:
    """The grade an institution or a system is to reach."""
    found = GRADE.search(clause)
    if not found or MEANS.search(clause):
        return None
    holder = re.sub(
        r"^(?:将|把|力争|争取|确保|支持|推动|努力|使|到|20\d\d年)+|(?:力争|争取|应|均|要|努力)+$",
        "",
        clause[: found.start()],
    )
    if not HOLDER.search(holder + found["kind"]):
        return None
    # "二级以上综合医院" tells which hospitals, unless it is their level that is promised.
    if re.search(r"[一二三四]级(?:及)?以上[^，]*$", holder) and "水平" not in clause:
        return None
    digit = found["grade"]
    unit = _unit(clause, holder + found["kind"], found["class"])
    basis: Basis = "printed" if digit.isdigit() else "zh_numeral" if unit == "级" else "ordinal"
    subject = holder or found["kind"]
    if "互联互通" in clause:
        subject += "互联互通成熟度"
    named = re.search("水平$|等级$|评价$|成熟度$", subject)
    return Level(subject if named else subject + "等级", GRADES.get(digit) or int(digit), unit, basis)


def _unit(clause: str, holder: str, within: str | None) -> str:
    if within:
        return f"级{within}"
    if re.search(r"电子病历|智慧|互联互通|成熟度|应用水平", clause):
        return "级"
    return "级（机构等级）" if re.search(r"机构|中心|保健院|卫生院", holder) else "级（医院等级）"
