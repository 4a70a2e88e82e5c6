"""What township and community centres export: follow-ups, examinations, contracts and their own attendances.

A centre tells the visits of its village clinics too. Quarterly files, CSV in UTF-8, from some centres Excel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minkang.synth.arrays import NEVER, Columns, Ints
from minkang.synth.catalogue import index, rows, texts
from minkang.synth.county import County
from minkang.synth.feeds.identities import Identities, Identity
from minkang.synth.feeds.rows import institutions, lists, measured, number, sex, some, staff_names, state
from minkang.synth.feeds.sendings import Sending
from minkang.synth.feeds.telling import Feed, Pack, Telling, TruthRow
from minkang.synth.feeds.times import DAY, clock, day10, minute_of
from minkang.synth.truth import Truth

DRUGS = 3
MEDICINES = tuple(f"{name}{place}" for place in range(1, DRUGS + 1) for name in ("药品编码", "药品名称", "用法用量"))
PERSON = ("本人编号", "姓名", "性别", "出生日期", "证件号码", "联系电话", "现住址", "现住址编码")
END = ("更新时间", "数据状态")
TIMES = {"1": "每日一次", "2": "每日两次", "3": "每日三次"}


@dataclass(frozen=True)
class Form:
    """One table of follow-ups.

    Attributes:
        kinds: observation and its column; `blood_pressure` has two.
        prefix: of the columns' names: 随访 or 体检.
        slips: what can be wrong.
    """

    feed: str
    programme: str
    kinds: tuple[tuple[str, str], ...]
    prefix: str = "随访"
    slips: tuple[str, ...] = ("wrong_code", "wrong_unit")

    @property
    def columns(self) -> tuple[str, ...]:
        """The head of the file."""
        p, who = self.prefix, "责任医生" if self.prefix == "体检" else "随访医生"
        due = "应检日期" if self.prefix == "体检" else "应访日期"
        heads = [head for kind, head in self.kinds for head in (PRESSURE if kind == "blood_pressure" else (head,))]
        return (f"{p}编号", "就诊编号", *PERSON, due, f"{p}日期", "诊断编码", "诊断名称", *heads, *MEDICINES,
                "机构编码", f"{p}机构", who, *END)  # fmt: skip


PRESSURE = ("收缩压", "舒张压")
VITALS = (("blood_pressure", ""), ("heart_rate", "心率"), ("weight", "体重"))
SUGAR = (("fasting_glucose", "空腹血糖"), ("hba1c", "糖化血红蛋白"))
PANEL = (
    *VITALS, ("height", "身高"), ("bmi", "体质指数"), ("waist", "腰围"), ("hemoglobin", "血红蛋白"), ("wbc", "白细胞"),
    ("platelets", "血小板"), ("alt", "血清谷丙转氨酶"), ("ast", "血清谷草转氨酶"), ("bilirubin", "总胆红素"),
    ("creatinine", "血清肌酐"), ("urea", "血尿素"), ("fasting_glucose", "空腹血糖"), ("cholesterol", "总胆固醇"),
    ("triglyceride", "甘油三酯"), ("ldl", "低密度脂蛋白胆固醇"), ("hdl", "高密度脂蛋白胆固醇"),
    ("self_care", "自理能力评分"), ("smoking", "吸烟状况"),
)  # fmt: skip
FORMS = (
    Form("csv/hypertension-followup", "hypertension", (*VITALS, *SUGAR, ("hypertension_visit", "随访分类"))),
    Form("csv/diabetes-followup", "diabetes", (*VITALS, *SUGAR, ("diabetes_visit", "随访分类"))),
    Form("csv/mental-followup", "mental", (("danger", "危险性评估"), ("insight", "自知力"),
         ("medication_adherence", "服药依从性"), ("mental_visit", "随访分类")), slips=("wrong_code",)),
    Form("csv/tuberculosis-followup", "tuberculosis", (("sputum_smear", "痰涂片"), ("weight", "体重"),
         ("medication_adherence", "服药依从性")), slips=("wrong_code",)),
    Form("csv/elderly-check", "elderly", PANEL, "体检"),
)  # fmt: skip
VISIT_KINDS = (
    ("temperature", "体温"), ("blood_pressure", ""), ("heart_rate", "心率"), ("fasting_glucose", "空腹血糖"),
    ("wbc", "白细胞"), ("hemoglobin", "血红蛋白"), ("platelets", "血小板"), ("crp", "C反应蛋白"), ("alt", "谷丙转氨酶"),
    ("creatinine", "肌酐"), ("ldl", "低密度脂蛋白胆固醇"),
)  # fmt: skip
VISIT = (
    "就诊编号", *PERSON, "就诊类别", "就诊时间", "离院时间", "离院方式", "诊断编码", "诊断名称",
    *(head for kind, one in VISIT_KINDS for head in (PRESSURE if kind == "blood_pressure" else (one,))), *MEDICINES,
    "机构编码", "就诊机构", "接诊医生", *END,
)  # fmt: skip
CONTRACT = ("签约编号", *PERSON, "签约日期", "到期日期", "重点人群", "机构编码", "签约机构", "签约医生", *END)


def _feed(name: str, columns: tuple[str, ...], excel: float) -> Feed:
    return Feed(name, Pack.CSV, every="quarter", suffix=".csv", columns=columns, excel=excel)


FEEDS = (
    *(_feed(form.feed, form.columns, 0.5) for form in FORMS),
    _feed("csv/contracts", CONTRACT, 0.5),
    _feed("csv/centre-visit", VISIT, 0.0),
)
CODED = frozenset(row["key"] for row in rows("observations") if row["codes"])
# Coded answers that no list has, and another unit than the head's, by observation.
OTHER_UNIT = {"fasting_glucose": 18.016, "weight": 1000.0}
SHARED = frozenset({"blood_pressure", "heart_rate", "weight"})


def tell(part: Truth, seen: Identities) -> Iterator[Telling]:
    """All rows about one chunk."""
    book = _Book(part)
    done = part.tables["followups"]
    both = np.intersect1d(*(done["encounter"][done["programme"] == name] for name in ("hypertension", "diabetes")))
    two = frozenset(both[both >= 0].tolist())
    for form in FORMS:
        yield from _followups(part, seen, form, book, two)
    yield from _visits(part, seen, book)
    yield from _contracts(part, seen, book)


class _Book:
    """What stands in cells: names, values and medicines by encounter."""

    def __init__(self, part: Truth) -> None:
        self.codes, self.names = institutions(part.county)
        self.staff = staff_names(part.county)
        self.centre = _centres(part.county)
        self.digits = {row["key"]: int(row["digits"]) for row in rows("observations")}
        self.icd10 = texts("diagnoses", "icd10")
        self._values: dict[str, dict[int, tuple[float, float, int]]] = {}
        self._part = part
        self.drugs: dict[int, list[tuple[int, int, str]]] = {}
        given = part.tables["prescriptions"]
        for encounter, *rest in lists(given, "encounter", "id", "drug", "icd10"):
            self.drugs.setdefault(encounter, []).append((rest[0], rest[1], rest[2]))
        seen = part.tables["encounters"]
        facts = lists(seen, "minute", "icd10", "zh")
        self.encounters = dict(zip(seen["id"].tolist(), facts, strict=True))

    def values(self, kind: str) -> dict[int, tuple[float, float, int]]:
        """Encounter to value of one kind; each kind is gathered once a chunk."""
        if kind not in self._values:
            self._values[kind] = measured(self._part, index("observations")[kind])
        return self._values[kind]

    def cells(
        self, kinds: tuple[tuple[str, str], ...], encounter: int, slip: str, skip: frozenset[str]
    ) -> tuple[list[str], list[TruthRow]]:
        """The values of one attendance and the rows of the truth they carry."""
        out: list[str] = []
        carried: list[TruthRow] = []
        for kind, _ in kinds:
            found = None if kind in skip else self.values(kind).get(encounter)
            if found is None:
                out += ["", ""] if kind == "blood_pressure" else [""]
                continue
            carried.append(("observations", found[2]))
            out += self._shown(kind, found[0], found[1], slip)
        return out, carried

    def _shown(self, kind: str, value: float, second: float, slip: str) -> list[str]:
        if kind == "blood_pressure":
            if slip == "mistake":
                value, second = value + 20, second + 10
            return [number(value), number(second)]
        if kind in CODED:
            return ["77" if slip == "wrong_code" else number(value)]
        if slip == "mistake":
            value *= 1.1
        if slip == "wrong_unit" and kind in OTHER_UNIT:
            return [number(value * OTHER_UNIT[kind])]
        return [number(value, self.digits[kind])]

    def medicines(self, encounter: int, only: str = "") -> tuple[list[str], list[TruthRow]]:
        """Up to three medicines as code, name and use."""
        out: list[str] = []
        carried: list[TruthRow] = []
        for id_, drug, icd10 in self.drugs.get(encounter, ()):
            if len(out) == len(MEDICINES) or (only and icd10 != only):
                continue
            one = rows("drugs")[drug]
            out += [one["key"], one["zh"], f"每次{one['dose']}{one['unit']},{TIMES[one['daily']]}"]
            carried.append(("prescriptions", id_))
        return out + [""] * (len(MEDICINES) - len(out)), carried


def _centres(county: County) -> Ints:
    """The centre that tells for each institution: of its township, or itself."""
    at = {
        one.division[:9]: place
        for place, one in enumerate(county.institutions)
        if one.kind in {"township", "community"}
    }
    return np.array([at.get(one.division[:9], place) for place, one in enumerate(county.institutions)], dtype=np.int64)


def _person(who: Identity) -> tuple[str, ...]:
    return (who.local, who.name, sex(who.male), day10(who.birth), who.card, who.phone, who.address, who.place)


def _followups(part: Truth, seen: Identities, form: Form, book: _Book, two: frozenset[int]) -> Iterator[Telling]:
    table = part.tables["followups"]
    keep = (table["programme"] == form.programme) & (table["day"] < NEVER) & (table["encounter"] >= 0)
    one = some(part, "followups", keep)
    if not len(one["id"]):
        return
    sender = book.centre[one["institution"]]
    who = seen.known(sender, one["person"], one["day"])
    minutes = np.array([book.encounters[number_][0] for number_ in one["encounter"].tolist()], dtype=np.int64)
    when = minute_of(one["day"], minutes)
    facts = lists(one, "id", "encounter", "due", "institution", "staff")
    moments, senders = when.tolist(), sender.tolist()
    for send in seen.sendings(f"followups {form.programme}", one["id"], when + 90, form.slips):
        fact, identity = facts[send.row], who[send.row]
        carried, cells = _followup(form, book, send, (fact, moments[send.row], fact[1] in two))
        row = (f"{fact[0]}{send.mark}", f"{fact[1]}{send.mark}", *_person(identity), *cells)
        yield Telling(seen.slug(senders[send.row]), form.feed, row[0], send.at, carried, row, send.state,
                      send.faults + identity.faults)  # fmt: skip


def _followup(
    form: Form, book: _Book, send: Sending, facts: tuple[tuple[Any, ...], int, bool]
) -> tuple[tuple[TruthRow, ...], tuple[str, ...]]:
    """The cells behind the person's. What one attendance gave for two diseases is told once, each in its own table."""
    (id_, encounter, due, institution, staff), when, double = facts
    second = double and form.programme == "diabetes"
    skip = SHARED if second else frozenset({"fasting_glucose", "hba1c"}) if double else frozenset()
    values, carried = book.cells(form.kinds, encounter, send.slip, skip)
    only = {"hypertension": "I10", "diabetes": "E11.9"}.get(form.programme, "") if double else ""
    medicines, given = book.medicines(encounter, only)
    _, icd10, zh = book.encounters[encounter]
    if second:
        icd10, zh = "E11.9", "2型糖尿病"
    told: list[TruthRow] = [("followups", id_), *carried, *given]
    if not second:
        told.insert(1, ("encounters", encounter))
    cells = (day10(due), clock(when), icd10, zh, *values, *medicines, book.codes[institution],
             book.names[institution], book.staff[staff], clock(send.at), state(send))  # fmt: skip
    return tuple(told), cells


def _visits(part: Truth, seen: Identities, book: _Book) -> Iterator[Telling]:
    table = part.tables["encounters"]
    centres = part.county.of_kind("township", "community")
    keep = np.isin(table["institution"], centres) & np.isin(table["kind"], ("outpatient", "inpatient"))
    one = some(part, "encounters", keep)
    if not len(one["id"]):
        return
    who = seen.known(one["institution"], one["person"], one["day"])
    at = minute_of(one["to_day"], np.where(one["to_day"] > one["day"], 660, one["minute"] + 30))
    facts = lists(one, "id", "kind", "day", "minute", "to_day", "institution", "staff", "icd10", "zh")
    leave = _leaves(part.tables["admissions"])
    for send in seen.sendings("encounters", one["id"], at, ("wrong_code", "wrong_unit")):
        identity, fact = who[send.row], facts[send.row]
        carried, cells = _visit(book, send, fact, leave.get(fact[0], ""))
        row = (f"{fact[0]}{send.mark}", *_person(identity), *cells)
        yield Telling(seen.slug(fact[5]), "csv/centre-visit", row[0], send.at, carried, row, send.state,
                      send.faults + identity.faults)  # fmt: skip


def _leaves(admissions: Columns) -> dict[int, str]:
    return {encounter: str(way) for encounter, way in lists(admissions, "encounter", "leave")}


def _visit(
    book: _Book, send: Sending, fact: tuple[Any, ...], leave: str
) -> tuple[tuple[TruthRow, ...], tuple[str, ...]]:
    id_, kind, day, minute, to_day, institution, staff, icd10, zh = fact
    values, carried = book.cells(VISIT_KINDS, id_, send.slip, frozenset())
    medicines, given = book.medicines(id_)
    leaves = clock(to_day * DAY + (600 if to_day > day else 1439)) if kind == "inpatient" else ""
    code = {"wrong_code": "ZZ9", "mistake": "J06.9" if icd10 != "J06.9" else "J20.9"}.get(send.slip, icd10)
    cells = (kind, clock(day * DAY + minute), leaves, leave, code, zh, *values, *medicines, book.codes[institution],
             book.names[institution], book.staff[staff], clock(send.at), state(send))  # fmt: skip
    return (("encounters", id_), *carried, *given), cells


def _contracts(part: Truth, seen: Identities, book: _Book) -> Iterator[Telling]:
    one = some(part, "contracts")
    if not len(one["id"]):
        return
    who = seen.known(one["institution"], one["person"], one["day"])
    facts = lists(one, "id", "day", "to_day", "institution", "staff", "priority")
    at = minute_of(one["day"], 600 + one["id"] % 400)
    for send in seen.sendings("contracts", one["id"], at):
        identity, (id_, day, to_day, institution, staff, priority) = who[send.row], facts[send.row]
        ends = to_day - 365 if send.slip == "mistake" else to_day
        row = (f"{id_}{send.mark}", *_person(identity), day10(day), day10(max(ends, day)), "是" if priority else "否",
               book.codes[institution], book.names[institution], book.staff[staff], clock(send.at),
               state(send))  # fmt: skip
        yield Telling(seen.slug(institution), "csv/contracts", row[0], send.at, (("contracts", id_),), row, send.state,
                      send.faults + identity.faults)  # fmt: skip
