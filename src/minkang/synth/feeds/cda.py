"""The second hospital: documents of WS/T 500 from the traditional, maternal and specialist hospitals, and
their referrals.

An outpatient visit is one 门(急)诊病历 with its vital signs and diagnosis; a stay is a front page (中医 in
the traditional
hospital) and an 出院小结 of text; results of the laboratory come as 检验报告, prescriptions as 西药处方,
measurements during
a stay as 生命体征测量记录, referrals between these hospitals and the grass roots as WS/T 483 转诊(院)记录.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from minkang.synth.arrays import NEVER, Columns
from minkang.synth.catalogue import Row, rows
from minkang.synth.county import County
from minkang.synth.feeds import cda_templates as write
from minkang.synth.feeds.cda_templates import Head, section
from minkang.synth.feeds.identities import Identities, Identity
from minkang.synth.feeds.rows import institutions, lists, some, staff_names
from minkang.synth.feeds.sendings import Sending
from minkang.synth.feeds.telling import Feed, Pack, Telling
from minkang.synth.feeds.times import DAY, day8, minute_of
from minkang.synth.truth import Truth

FEEDS = (Feed("cda", Pack.ZIP, suffix=".zip"),)
KINDS = ("outpatient", "inpatient", "delivery")
SENDERS = ("tcm", "mch", "specialist")
MEASURES = {
    "heart_rate": ("DE04.10.206.00", "心率", "次/min"), "temperature": ("DE04.10.186.00", "体温", "℃"),
    "height": ("DE04.10.167.00", "身高(cm)", "cm"), "weight": ("DE04.10.188.00", "体重(kg)", "kg"),
    "bmi": ("DE03.00.098.00", "体质指数", "kg/m2"), "waist": ("DE04.10.067.00", "腰围(cm)", "cm"),
    "birth_weight": ("DE04.10.019.00", "出生体重(g)", "g"), "head": ("DE04.10.245.00", "头围(cm)", "cm"),
    "gestational_age": ("DE05.10.015.00", "孕周", "周"), "fundal_height": ("DE04.10.013.00", "宫高(cm)", "cm"),
    "fetal_heart_rate": ("DE04.10.183.00", "胎心率(次/min)", "次/min"),
}  # fmt: skip
COSTS = (
    ("147", "一般医疗服务费", "service"), ("145", "护理费", "nursing"), ("123", "实验室诊断费", "laboratory"),
    ("124", "影像学诊断费", "imaging"), ("129", "非手术治疗项目费", "treatment"), ("131", "手术治疗费", "surgery"),
    ("132", "麻醉费", "anaesthesia"), ("133", "手术费", "operating"), ("098", "西药费", "western"), ("099",
    "抗菌药物费用", "antibacterial"),
    ("135", "中成药费", "chinese"), ("040", "治疗用一次性医用材料费", "material"), ("081", "其他费", "other"),
)  # fmt: skip
PAYMENT = ("7", "1", "2")  # 全自费, 职工, 居民
RECORDS = frozenset({"C0002", "C0032", "C0033"})
"""Documents that are the record of a visit itself."""


class Visit(NamedTuple):
    """An encounter of the truth, as plain values."""

    id: int
    person: int
    day: int
    minute: int
    to_day: int
    kind: str
    institution: int
    staff: int
    icd10: str
    zh: str


def tell(county: County, part: Truth, seen: Identities, rng: np.random.Generator) -> Iterator[Telling]:
    """All documents about one chunk."""
    senders = county.of_kind(*SENDERS)
    encounters = part.tables["encounters"]
    mine = np.isin(encounters["institution"], senders) & np.isin(encounters["kind"], KINDS)
    if mine.any():
        yield from _Hospitals(part, seen, some(part, "encounters", mine)).tell()
    yield from _referrals(part, seen, senders)


class _Hospitals:
    """Visits and stays of one chunk with all that belongs to them."""

    def __init__(self, part: Truth, seen: Identities, encounters: Columns) -> None:
        self.part, self.seen, self.encounters = part, seen, encounters
        self.codes, self.names = institutions(part.county)
        self.staff = staff_names(part.county)
        self.kinds = rows("observations")
        self.drugs, self.operations = rows("drugs"), rows("operations")
        self.visits = [Visit(*one) for one in lists(encounters, *Visit._fields)]
        self.who = seen.known(encounters["institution"], encounters["person"], encounters["day"])
        self.found = self._of("observations", "kind", "value", "value2", "day", "minute")
        self.given = self._of("prescriptions", "drug", "day", "minute")
        admissions = part.tables["admissions"]
        names = ("encounter", "id", *admissions)
        rows_ = np.flatnonzero(np.isin(admissions["encounter"], encounters["id"]))
        kept = {name: admissions[name][rows_] for name in admissions}
        self.stays = {one[0]: dict(zip(names, one, strict=True)) for one in lists(kept, *names)}

    def _of(self, table: str, *names: str) -> dict[int, list[tuple[Any, ...]]]:
        """Rows of a table by encounter: (id, …) each."""
        columns = self.part.tables[table]
        mine = np.flatnonzero(np.isin(columns["encounter"], self.encounters["id"]))
        kept = {name: columns[name][mine] for name in ("encounter", "id", *names)}
        found: dict[int, list[tuple[Any, ...]]] = {}
        for encounter, *rest in lists(kept, "encounter", "id", *names):
            found.setdefault(encounter, []).append(tuple(rest))
        return found

    def tell(self) -> Iterator[Telling]:
        stay = np.array([one.kind != "outpatient" for one in self.visits])
        ends = np.where(
            stay,
            minute_of(self.encounters["to_day"], 620),
            minute_of(self.encounters["day"], self.encounters["minute"] + 20),
        )
        ids = self.encounters["id"]
        tested, treated = self._with(self._tests), self._with(lambda one: self.given.get(one.id, []))
        measured = self._with(lambda one: self._measures(one) if one.kind != "outpatient" else [])
        for name, keep, at, make in (
            ("encounters", np.arange(len(ids)), ends, self._record), ("cda-laboratory", tested, ends + 45,
            self._laboratory),
            ("cda-prescriptions", treated, ends + 5, self._prescription), ("cda-vital", measured, ends + 15,
            self._vital),
            ("cda-summary", np.flatnonzero(stay), ends + 120, self._summary),
        ):  # fmt: skip
            slips = ("wrong_code",) if name == "encounters" else ()
            for send in self.seen.sendings(name, ids[keep], at[keep], slips, "utf-8"):
                number = int(keep[send.row])
                yield make(self.visits[number], self.who[number], send)

    def _with(self, things: Any) -> Any:
        return np.array([number for number, one in enumerate(self.visits) if things(one)], dtype=np.int64)

    def _tests(self, one: Visit) -> list[tuple[Any, ...]]:
        return [row for row in self.found.get(one.id, []) if self.kinds[row[1]]["category"] == "laboratory"]

    def _measures(self, one: Visit) -> list[tuple[Any, ...]]:
        return [row for row in self.found.get(one.id, []) if self.kinds[row[1]]["category"] != "laboratory"]

    def _wrong(self, found: list[tuple[Any, ...]]) -> int:
        """The place of the value that a mistake changes: the first that is a quantity."""
        kinds = (self.kinds[row[1]] for row in found)
        return next((place for place, kind in enumerate(kinds) if kind["unit"]), 0)

    def _head(self, code: str, one: Visit, send: Sending, more: tuple[tuple[str, str], ...] = ()) -> Head:
        stay = one.kind != "outpatient"
        base = f"{code}{one.id:09d}{send.mark}"
        started, ended = one.day * DAY + one.minute, one.to_day * DAY + 600
        # Only the record of the visit itself is entered under a second visit number; a report entered twice is not.
        mark = send.mark if code in RECORDS else ""
        number = ("12" if stay else "11", f"{'Z' if stay else 'M'}{one.id:09d}{mark}")
        return Head(
            code, f"{base}-{send.turn}", base, send.turn + 1, f"{base}-0" if send.state == "corrected" else "", send.at,
            ended if stay else started, (number, *more), (f"{one.staff}", self.staff[one.staff]),
            (self.codes[one.institution], self.names[one.institution]), "", started if stay else 0,
            ended if stay else 0,
            withdrawn=send.state == "withdrawn",
        )  # fmt: skip

    def _telling(
        self, head: Head, one: Visit, who: Identity, send: Sending, told: tuple[tuple[tuple[str, int], ...], list[str]]
    ) -> Telling:
        body = write.document(head, who, told[1], send.encoding)
        return Telling(
            self.seen.slug(one.institution),
            "cda",
            head.number,
            send.at,
            told[0],
            body,
            send.state,
            send.faults + who.faults,
        )

    def _record(self, one: Visit, who: Identity, send: Sending) -> Telling:
        if one.kind != "outpatient":
            return self._front_page(one, who, send)
        found = self._measures(one)
        code, zh = _diagnosis(one, send)
        sections = [
            section("10154-3", "CHIEF COMPLAINT", write.said("DE04.01.119.00", "主诉", f"{zh}相关不适,前来就诊。")),
            section("29548-5", "Diagnosis", write.coded("DE06.00.196.00", "初诊标志代码", "1", "初诊",
            "2.3.2.39"), write.diagnosis(code, zh)),
        ]  # fmt: skip
        if found:
            sections.insert(1, section("8716-3", "VITAL SIGNS", *self._entries(found)))
        truth = (("encounters", one.id), *(("observations", row[0]) for row in found))
        return self._telling(self._head("C0002", one, send), one, who, send, (truth, sections))

    def _entries(self, found: list[tuple[Any, ...]]) -> Iterator[str]:
        for _, kind, value, second, _, _ in found:
            row = self.kinds[kind]
            if row["key"] == "blood_pressure":
                yield write.pressure(value, second)
            elif row["key"] in MEASURES:
                code, name, unit = MEASURES[row["key"]]
                yield write.measured(code, name, f"{value:.{int(row['digits'])}f}", unit)
            else:
                yield _other(row, value)

    def _laboratory(self, one: Visit, who: Identity, send: Sending) -> Telling:
        found = self._tests(one)
        entries: list[str] = []
        wrong = self._wrong(found) if send.slip == "mistake" else -1
        for place, (_, kind, value, _, day, minute) in enumerate(found):
            row = self.kinds[kind]
            shown = value * 1.3 if place == wrong else value
            result = f"{shown:.{int(row['digits'])}f}" if row["unit"] else _result(row, value)
            entries += write.test(row["key"], row["zh"], result, row["unit"], day * DAY + minute)
        head = self._head("C0007", one, send, (("33", f"L{one.id:09d}{send.mark}"),))
        truth = tuple(("observations", row[0]) for row in found)
        sections = [section("30954-2", "STUDIES SUMMARY", *entries),
                    section("", "检验报告", write.said("DE04.50.130.00", "检验报告结果",
                    "待复核" if send.slip else "见检验结果"))]  # fmt: skip
        return self._telling(head, one, who, send, (truth, sections))

    def _prescription(self, one: Visit, who: Identity, send: Sending) -> Telling:
        found = self.given[one.id]
        entries, price = [], 0.0
        for place, (_, drug, day, minute) in enumerate(found):
            row = self.drugs[drug]
            price += float(row["price"])
            dose = f"{float(row['dose']) * 2:g}" if send.slip == "mistake" and place == 0 else row["dose"]
            entries.append(write.medicine(row, dose, day * DAY + minute))
        head = self._head("C0004", one, send, (("20", f"R{one.id:09d}{send.mark}"),))
        truth = tuple(("prescriptions", row[0]) for row in found)
        return self._telling(head, one, who, send, (truth, [section("10160-0", "HISTORY OF MEDICATION USE", *entries)]))

    def _vital(self, one: Visit, who: Identity, send: Sending) -> Telling:
        found = self._measures(one)
        truth = tuple(("observations", row[0]) for row in found)
        wrong = self._wrong(found) if send.slip == "mistake" else -1
        found = [(*row[:2], row[2] * 1.2, *row[3:]) if place == wrong else row for place, row in enumerate(found)]
        sections = [section("8716-3", "VITAL SIGNS", *self._entries(found))]
        return self._telling(self._head("C0020", one, send), one, who, send, (truth, sections))

    def _summary(self, one: Visit, who: Identity, send: Sending) -> Telling:
        days = "病情好转" if send.slip != "mistake" else "病情同前"
        sections = [
            section("11450-4", "PROBLEM LIST", write.said("DE05.10.148.00", "入院情况", f"因{one.zh}入院。")),
            section("8648-8", "Hospital Course", text="入院后完善检查,予对症治疗。"),
            section("11535-2", "Discharge Diagnosis", write.said("DE06.00.193.00", "出院情况", f"{days},准予出院。")),
        ]
        return self._telling(self._head("C0053", one, send), one, who, send, ((), sections))

    def _front_page(self, one: Visit, who: Identity, send: Sending) -> Telling:
        stay = self.stays.get(one.id)
        code = "C0033" if self.part.county.institutions[one.institution].kind == "tcm" else "C0032"
        head = self._head(code, one, send)
        truth: list[tuple[str, int]] = [("encounters", one.id)]
        icd10, zh = _diagnosis(one, send)
        diagnoses = [write.diagnosis(icd10, zh, "主要诊断名称")]
        sections: list[str] = []
        if stay is not None:
            head = head._replace(way=str(stay["entry"]), department=stay["department"])
            truth.append(("admissions", stay["id"]))
            if stay["other_icd10"]:
                diagnoses += [write.diagnosis(other, "", "其他诊断名称") for other in stay["other_icd10"].split("|")]
            diagnoses.append(write.coded("DE06.00.223.00", "离院方式", str(stay["leave"]), "", "2.3.1.265"))
            sections = self._rest(one, stay)
        return self._telling(
            head, one, who, send, (tuple(truth), [section("11535-2", "Discharge Diagnosis", *diagnoses), *sections])
        )

    def _rest(self, one: Visit, stay: dict[str, Any]) -> list[str]:
        sections = []
        if stay["operation"] >= 0:
            row = self.operations[stay["operation"]]
            at = stay["operation_day"] * DAY + 600 if stay["operation_day"] < NEVER else one.day * DAY
            doctor = (f"{one.staff}", self.staff[one.staff])
            entry = write.operation(row["icd9cm3"], row["zh"], row["level"], at, doctor)
            sections.append(section("47519-4", "HISTORY OF PROCEDURES", entry))
        days = write.measured("DE06.00.310.00", "实际住院天数", str(max(one.to_day - one.day, 1)), "天")
        sections.append(section("8648-8", "Hospital Course", days))
        paid = write.coded("DE07.00.007.00", "医疗付费方式代码", PAYMENT[stay["insurance"]], "", "2.3.1.269")
        stay["surgery"] = stay["operating"] + stay["anaesthesia"]
        lines = [write.money(tail, name, stay[key]) for tail, name, key in COSTS if stay[key] > 0]
        total, own = write.money("142", "住院总费用", stay["total"]), write.money("143", "自付金额", stay["own"])
        sections.append(section("48768-6", "PAYMENT SOURCES", paid, total, own, *lines))
        return sections


def _diagnosis(one: Visit, send: Sending) -> tuple[str, str]:
    if send.slip == "mistake":
        return ("R53", "不适和疲劳") if one.icd10 != "R53" else ("R51", "头痛")
    return ("ZZ9.999" if send.slip == "wrong_code" else one.icd10), one.zh


def _pairs(row: Row) -> dict[int, str]:
    return {int(code): name for code, _, name in (pair.partition("=") for pair in row["codes"].split("|"))}


def _result(row: Row, value: float) -> str:
    return f'<value xsi:type="CD" code="{value:.0f}" displayName="{_pairs(row).get(int(value), "")}"/>'


def _other(row: Row, value: float) -> str:
    """What has no data element here stands under our own name, as vendors do with theirs."""
    if row["codes"]:
        shown = _pairs(row).get(int(value), "")
        return (
            f'{write.OBSERVATION}<code code="{row["key"]}" displayName="{row["zh"]}"/>'
            f'<value xsi:type="CD" code="{value:.0f}" displayName="{shown}"/></observation>'
        )
    return (
        write.OBSERVATION + f'<code code="{row["key"]}" displayName="{row["zh"]}"/>'
        f'<value xsi:type="PQ" value="{value:.{int(row["digits"])}f}" unit="{row["unit"]}"/></observation>'
    )


def _referrals(part: Truth, seen: Identities, senders: Any) -> Iterator[Telling]:
    """Referrals from or to these hospitals, by whoever refers, where no general hospital takes part."""
    table, county = part.tables["referrals"], part.county
    general = county.of_kind("general")
    ends = (table["from_institution"], table["to_institution"])
    mine = (
        (np.isin(ends[0], senders) | np.isin(ends[1], senders))
        & ~np.isin(ends[0], general)
        & ~np.isin(ends[1], general)
    )
    one = some(part, "referrals", mine)
    codes, names = institutions(county)
    staff = staff_names(county)
    who = seen.known(one["from_institution"], one["person"], one["day"])
    values = lists(one, "id", "day", "from_institution", "to_institution", "staff", "direction", "icd10", "zh")
    at = minute_of(one["day"], 660 + one["id"] % 300)
    for send in seen.sendings("referrals", one["id"], at, (), "utf-8"):
        id_, day, source, target, doctor, direction, icd10, zh = values[send.row]
        base = f"HSDC00.05{id_:09d}{send.mark}"
        head = Head(
            "HSDC00.05", f"{base}-{send.turn}", base, send.turn + 1, f"{base}-0" if send.state == "corrected" else "",
            send.at, send.at, (), (f"{doctor}", staff[doctor]), (codes[source], names[source]),
            withdrawn=send.state == "withdrawn",
        )  # fmt: skip
        reason = (
            "患者要求转诊"
            if send.slip == "mistake"
            else f"{zh},需进一步诊治"
            if direction == "up"
            else f"{zh},病情稳定转回康复"
        )
        entries = _asked(direction, reason, day, (codes[target], names[target]))
        sections = [
            section("29548-5", "Diagnosis", write.diagnosis(icd10, zh)),
            section("42349-1", "REASON FOR REFERRAL", *entries),
        ]
        body = write.document(head, who[send.row], sections, send.encoding)
        yield Telling(
            seen.slug(source),
            "cda",
            head.number,
            send.at,
            (("referrals", id_),),
            body,
            send.state,
            send.faults + who[send.row].faults,
        )


def _asked(direction: str, reason: str, day: int, to: tuple[str, str]) -> list[str]:
    """The entries of a referral; they have no data element in our norms and stand under names."""

    def named(name: str, value: str) -> str:
        return f'{write.OBSERVATION}<code displayName="{name}"/>{value}</observation>'

    shown = "上转" if direction == "up" else "下转"
    return [
        named("转诊原因", f'<value xsi:type="ST">{reason}</value>'),
        named(
            "转诊方向代码",
            f'<value xsi:type="CD" code="{direction}" codeSystem="urn:minkang:code:referral" displayName="{shown}"/>',
        ),
        named("转诊日期", f'<value xsi:type="TS" value="{day8(day)}"/>'),
        named("转入医疗机构名称", f'<value xsi:type="ST">{to[1]}</value>'),
        named("转入医疗机构代码", f'<value xsi:type="ST">{to[0]}</value>'),
    ]
