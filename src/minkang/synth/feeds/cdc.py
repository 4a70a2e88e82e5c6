"""The centre for disease control: notifiable disease cards, death certificates, tumour cards (norms 3.3, 4.5)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from minkang.synth.arrays import NEVER, YEAR
from minkang.synth.catalogue import rows
from minkang.synth.county import County
from minkang.synth.feeds.identities import Identities, Identity
from minkang.synth.feeds.rows import institutions, lists, sex, some, staff_names, state
from minkang.synth.feeds.sendings import Sending
from minkang.synth.feeds.telling import Feed, Pack, Telling
from minkang.synth.feeds.times import DAY, clock, day10, minute_of
from minkang.synth.truth import Truth

CARD = (
    "卡片编号", "报卡类别", "本人编号", "患者姓名", "患儿家长姓名", "证件号码", "性别", "出生日期", "实足年龄",
    "年龄单位", "工作单位",
    "联系电话", "病人属于", "现住址编码", "现住址", "人群分类", "病例分类", "病例分类二", "发病日期", "诊断时间",
    "死亡日期", "疾病编码",
    "疾病名称", "订正前病名", "报告机构编码", "报告机构", "报告医生", "报告时间", "更新时间", "数据状态",
)  # fmt: skip
DEATH = (
    "死亡证编号", "本人编号", "姓名", "性别", "证件类型", "证件号码", "出生日期", "死亡日期", "死亡地点", "直接死因",
    "直接死因编码",
    "直接死因间隔", "死因乙", "死因乙编码", "死因乙间隔", "死因丙", "死因丙编码", "死因丙间隔", "根本死因",
    "根本死因编码", "最高诊断依据",
    "最高诊断机构级别", "常住地址编码", "常住地址", "家属电话", "报告机构编码", "报告机构", "填报时间", "更新时间",
    "数据状态",
)  # fmt: skip
TUMOUR = (
    "报卡编号", "本人编号", "姓名", "性别", "证件号码", "出生日期", "联系电话", "常住地址编码", "常住地址",
    "诊断部位", "诊断编码",
    "形态学编码", "诊断依据", "分期", "诊断日期", "诊断机构编码", "诊断机构", "报告医生", "报告时间", "死亡日期",
    "更新时间", "数据状态",
)  # fmt: skip
FEEDS = (
    Feed("csv/notifiable-card", Pack.CSV, suffix=".csv", columns=CARD),
    Feed("csv/death-certificate", Pack.CSV, suffix=".csv", columns=DEATH),
    Feed("csv/tumour-card", Pack.CSV, suffix=".csv", columns=TUMOUR, encoding="gb18030"),
)

CERTAINTY = ("", "临床诊断", "确诊", "疑似")
HEPATITIS = {"0302"}
OBSOLETE = {
    "0602": "0601",
    "2600": "2601",
    "0000": "9999",
    "0302": "0300",
    "0303": "0300",
    "0401": "0400",
    "0805": "0800",
}
SETTINGS = ("1", "2", "3", "9")  # of the truth's 0 hospital, 1 on the way, 2 at home, 3 elsewhere
CHAIN = {
    "P22.0": "新生儿呼吸窘迫综合征", "I50.9": "心力衰竭", "J96.0": "急性呼吸衰竭", "T75.1": "溺水",
    "S06.9": "颅内损伤",
    "T60.9": "农药中毒", "S06.5": "创伤性硬膜下出血", "G93.5": "脑受压", "A41.9": "脓毒症",
    "C79.3": "脑继发性恶性肿瘤",
    "G93.6": "脑水肿", "K76.7": "肝肾综合征", "C78.6": "腹膜继发性恶性肿瘤", "R64": "恶病质",
    "C78.0": "肺继发性恶性肿瘤",
    "C78.7": "肝继发性恶性肿瘤", "K72.9": "肝衰竭", "R57.0": "心源性休克", "I46.9": "心脏停搏", "J18.9": "肺炎",
    "J96.1": "慢性呼吸衰竭", "I27.9": "肺源性心脏病", "N18.5": "慢性肾脏病5期", "E87.5": "高钾血症",
    "K92.2": "胃肠出血",
    "R57.1": "低血容量性休克", "J69.0": "吸入性肺炎",
}  # fmt: skip
INTERVALS = ("2小时", "1天", "3天", "10天", "1月")


def tell(county: County, part: Truth, seen: Identities, rng: np.random.Generator) -> Iterator[Telling]:
    """Cards, certificates and tumour cards of one chunk."""
    cdc = int(county.of_kind("cdc")[0])
    yield from _cards(part, seen, cdc)
    yield from _deaths(part, seen, cdc)
    yield from _tumours(part, seen, cdc)


def _cards(part: Truth, seen: Identities, cdc: int) -> Iterator[Telling]:
    one = some(part, "notifications")
    who = seen.known(cdc, one["person"], one["diagnosed"])
    diagnosed = minute_of(one["diagnosed"], one["minute"])
    at = diagnosed + one["minutes_to_report"]
    values = lists(one, "id", "disease", "onset", "certainty", "institution", "staff")
    times = (diagnosed.tolist(), at.tolist())
    deaths = dict(zip(part.tables["persons"]["id"].tolist(), part.tables["persons"]["death"].tolist(), strict=True))
    writer = _Cards(part.county)
    for send in seen.sendings("notifications", one["id"], at, ("wrong_code", "obsolete_code")):
        identity, row = who[send.row], values[send.row]
        key = f"{part.county.region.code}{row[0]:010d}{send.mark}"
        cells = writer.row(key, send, identity, (row, times[0][send.row], times[1][send.row], deaths[identity.person]))
        yield Telling(seen.slug(cdc), "csv/notifiable-card", key, send.at, (("notifications", row[0]),), cells,
                      send.state, send.faults + identity.faults)  # fmt: skip


class _Cards:
    def __init__(self, county: County) -> None:
        self.county = county
        self.codes, self.names = institutions(county)
        self.staff = staff_names(county)
        self.diseases = rows("diseases")

    def row(
        self, key: str, send: Sending, who: Identity, facts: tuple[tuple[int, ...], int, int, int]
    ) -> tuple[str, ...]:
        (_, disease, onset, certainty, institution, staff), diagnosed, reported, death = facts
        one = self.diseases[(disease + 3) % len(self.diseases) if send.slip == "mistake" else disease]
        before = self.diseases[(disease + 3) % len(self.diseases)]["zh"] if send.state == "corrected" else ""
        code = {"wrong_code": "8888", "obsolete_code": OBSOLETE.get(one["code"], "9999")}.get(send.slip, one["code"])
        age, unit = age_of(diagnosed // DAY - who.birth)
        dead = day10(death) if onset <= death < onset + 60 and death * DAY <= send.at else ""
        return (
            key, "2" if send.state == "corrected" else "1", who.local, who.name,
            who.guardian if under(age, unit) else "",
            who.card, sex(who.male), day10(who.birth), str(age), unit, "", who.phone, "1", who.place, who.address,
            occupation(age, unit), CERTAINTY[certainty], "2" if one["code"] in HEPATITIS else "0", day10(onset),
            clock(diagnosed), dead, code, one["zh"], before, self.codes[institution], self.names[institution],
            self.staff[staff], clock(reported), clock(send.at), state(send),
        )  # fmt: skip


def age_of(days: int) -> tuple[int, str]:
    """Age as the card wants it: years, below one year months, below a month days."""
    if days >= YEAR:
        return int(days / YEAR), "岁"
    return (days // 30, "月") if days >= 30 else (max(days, 0), "天")


def under(age: int, unit: str) -> bool:
    """Up to 14 years a parent's name is asked for."""
    return unit != "岁" or age <= 14


def occupation(age: int, unit: str) -> str:
    """Number of the card's list (norms 3.3): kindergarten, scattered, pupil, farmer, retired."""
    if unit != "岁" or age < 3:
        return "2"
    return "1" if age < 7 else "3" if age < 18 else "18" if age < 60 else "23" if age % 7 == 0 else "18"


def _deaths(part: Truth, seen: Identities, cdc: int) -> Iterator[Telling]:
    one = some(part, "deaths")
    who = seen.known(cdc, one["person"], one["day"])
    at = minute_of(one["day"] + 1 + one["id"] % 13, 540 + one["id"] % 400)
    values = lists(one, "id", "day", "cause", "setting", "institution")
    first = at.tolist()
    codes, names = institutions(part.county)
    for send in seen.sendings("deaths", one["id"], at, ("wrong_code",)):
        identity, (id_, day, cause, setting, institution) = who[send.row], values[send.row]
        key = f"D{part.county.region.code}{id_:010d}{send.mark}"
        level = part.county.institutions[institution].level or "5"
        cells = (
            key, identity.local, identity.name, sex(identity.male), "01" if identity.card else "", identity.card,
            day10(identity.birth), day10(day), SETTINGS[setting], *_chain(cause, id_, send.slip),
            ("4", "5", "2", "6")[id_ % 4] if setting == 0 else ("5", "6")[id_ % 2], level, identity.place,
            identity.address, identity.phone, codes[institution], names[institution], clock(first[send.row]),
            clock(send.at), state(send),
        )  # fmt: skip
        yield Telling(seen.slug(cdc), "csv/death-certificate", key, send.at, (("deaths", id_),), cells, send.state,
                      send.faults + identity.faults)  # fmt: skip


def _chain(cause: int, id_: int, slip: str) -> tuple[str, ...]:
    """Up to three causes from the direct one on, each with code and interval, then the underlying one."""
    causes = rows("causes")
    one = causes[(cause + 5) % len(causes) if slip == "mistake" else cause]
    out: list[str] = []
    followed = list(reversed(one["chain"].split("|")))[:2]
    for place, code in enumerate(followed):
        out += [CHAIN[code], code, INTERVALS[(id_ + place * 2) % 3 + place]]
    out += [one["zh"], one["underlying"], f"{1 + id_ % 6}年" if one["ncd"] == "1" else "不详"]
    out += [""] * (9 - len(out))
    return (*out, one["zh"], "A00-B99" if slip == "wrong_code" else one["underlying"])


def _tumours(part: Truth, seen: Identities, cdc: int) -> Iterator[Telling]:
    one = some(part, "tumours")
    who = seen.known(cdc, one["person"], one["diagnosed"])
    at = minute_of(one["reported"], 560 + one["id"] % 420)
    values = lists(one, "id", "icd10", "morphology", "basis", "stage", "diagnosed", "institution", "staff", "death")
    first = at.tolist()
    codes, names = institutions(part.county)
    staff, kinds = staff_names(part.county), rows("morphology")
    for send in seen.sendings("tumours", one["id"], at, ("wrong_code", "obsolete_code")):
        identity, (id_, icd10, kind, basis, stage, found, institution, doctor, death) = who[send.row], values[send.row]
        key = f"T{part.county.region.code}{id_:010d}{send.mark}"
        form = kinds[(kind + 1) % len(kinds)] if send.slip == "mistake" else kinds[kind]
        code = {"wrong_code": "ZZZ", "obsolete_code": icd9(icd10)}.get(send.slip, icd10)
        dead = day10(death) if death < NEVER and death * DAY <= send.at else ""
        cells = (
            key, identity.local, identity.name, sex(identity.male), identity.card, day10(identity.birth),
            identity.phone,
            identity.place, identity.address, kinds[kind]["zh"], code, form["morphology"], str(basis), stage,
            day10(found), codes[institution], names[institution], staff[doctor], clock(first[send.row]), dead,
            clock(send.at), state(send),
        )  # fmt: skip
        yield Telling(seen.slug(cdc), "csv/tumour-card", key, send.at, (("tumours", id_),), cells, send.state,
                      send.faults + identity.faults)  # fmt: skip


def icd9(icd10: str) -> str:
    """The site in the edition before, which some old systems still write."""
    old = {
        "C34": "162.9",
        "C22": "155.0",
        "C16": "151.9",
        "C15": "150.9",
        "C18": "153.9",
        "C50": "174.9",
        "C95": "208.9",
    }
    return old.get(icd10[:3], "199.1")
