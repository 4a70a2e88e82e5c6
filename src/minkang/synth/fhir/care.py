"""Attendances and what was found and done: Encounter, Condition, Procedure, EpisodeOfCare, ServiceRequest."""

from __future__ import annotations

import numpy as np

from minkang.synth.arrays import NEVER, Columns, Ints
from minkang.synth.fhir.lines import dates, instant, integers, join, pick_text, times, where, word, words
from minkang.synth.fhir.systems import (
    ACT_CODE,
    ENCOUNTER_KIND,
    ICD10,
    INPATIENT_NUMBER,
    LEAVE,
    NOTIFIABLE,
    OPERATION,
    OUTPATIENT_NUMBER,
    PROGRAMME,
    REPORT_CARD,
)
from minkang.synth.fhir.teller import Teller, concept, each, encounter_of, icd, subject, together

KINDS = {
    "outpatient": "门诊", "inpatient": "住院", "delivery": "住院分娩", "followup": "慢病及重点人群随访",
    "antenatal": "产前检查", "postnatal": "产后访视", "child-check": "儿童健康检查", "elderly-check": "老年人健康体检",
}  # fmt: skip
PROGRAMMES = {"hypertension": "高血压患者健康管理", "diabetes": "2型糖尿病患者健康管理",
"mental": "严重精神障碍患者管理",
              "tuberculosis": "肺结核患者健康管理", "family-doctor": "家庭医生签约服务",
              "maternal": "孕产妇健康管理"}  # fmt: skip
LEAVES = {1: "医嘱离院", 2: "医嘱转院", 3: "医嘱转社区卫生服务机构/乡镇卫生院", 4: "非医嘱离院", 5: "死亡", 9: "其他"}
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFIED = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"


def _clinical(code: str) -> str:
    return f',"clinicalStatus":{{"coding":[{{"system":"{CLINICAL}","code":"{code}"}}]}}'


def _verified(code: str) -> str:
    return f',"verificationStatus":{{"coding":[{{"system":"{VERIFIED}","code":"{code}"}}]}}'


def _category(code: str) -> str:
    return f',"category":[{{"coding":[{{"system":"{CATEGORY}","code":"{code}"}}]}}]'


def tell_care(teller: Teller, tables: dict[str, Columns]) -> None:
    """All care but measurements and medicines."""
    leave = _leaves(tables["admissions"])
    each(tables, "encounters", lambda one: _encounters(teller, one, leave))
    ill = np.isin(tables["encounters"]["kind"], ("outpatient", "inpatient", "delivery"))
    each(tables, "encounters", lambda one: _diagnoses(teller, one), ill)
    each(tables, "conditions", lambda one: _problems(teller, one))
    each(tables, "conditions", lambda one: _episodes(teller, one), tables["conditions"]["managed_from"] < NEVER)
    each(tables, "notifications", lambda one: _cards(teller, one))
    each(tables, "admissions", lambda one: _procedures(teller, one), tables["admissions"]["operation"] >= 0)
    each(tables, "contracts", lambda one: _contracts(teller, one))
    each(tables, "pregnancies", lambda one: _pregnancies(teller, one), tables["pregnancies"]["booked"] < NEVER)
    each(tables, "referrals", lambda one: _referrals(teller, one))


def _leaves(admissions: Columns) -> tuple[Ints, Ints]:
    order = np.argsort(admissions["encounter"], kind="stable")
    return admissions["encounter"][order], admissions["leave"][order]


def _encounters(teller: Teller, one: Columns, leave: tuple[Ints, Ints]) -> None:
    size = len(one["id"])
    names = list(KINDS)
    kind = np.array([names.index(text) for text in one["kind"].tolist()], dtype=np.int64)
    inpatient = (kind == 1) | (kind == 2)
    imp = inpatient.astype(np.int64)
    last = np.where(inpatient, 600, np.minimum(one["minute"] + 15, 1439))
    last = np.where(inpatient & (one["to_day"] == one["day"]), 1439, last)
    way = np.full(size, 9, dtype=np.int64)
    if len(leave[0]):
        at = np.minimum(np.searchsorted(leave[0], one["id"]), len(leave[0]) - 1)
        way = np.where(leave[0][at] == one["id"], leave[1][at], 9)
    ways = np.array([list(LEAVES).index(number) for number in way.tolist()], dtype=np.int64)
    number = pick_text((OUTPATIENT_NUMBER, INPATIENT_NUMBER), imp)
    ids = integers(one["id"])
    teller.write("Encounter", size, *together(
        teller.head("Encounter", join(size, "e", ids), one["institution"]),
        ',"identifier":[{"system":"', number, '","value":"', ids,
        f'"}}],"status":"finished","class":{{"system":"{ACT_CODE}",',
        pick_text(('"code":"AMB","display":"ambulatory"}', '"code":"IMP","display":"inpatient encounter"}'), imp),
        ',"type":[', concept(ENCOUNTER_KIND, words(one["kind"]), pick_text(list(KINDS.values()), kind)), "]",
        subject(one["person"]),
        where(one["staff"] >= 0, ',"participant":[{"individual":{"reference":"Practitioner/s', integers(one["staff"]),
        '"}}]'),
        ',"period":{"start":"', instant(one["day"], one["minute"]), '","end":"', instant(one["to_day"], last),
        '"},"reasonCode":[', icd(words(one["icd10"]), words(one["zh"])), "]",
        where(inpatient, ',"hospitalization":{"dischargeDisposition":',
              *concept(LEAVE, pick_text([str(code) for code in LEAVES], ways), pick_text(list(LEAVES.values()),
              ways)), "}"),
        ',"serviceProvider":{"reference":"', teller.provider(one["institution"]), '"}}',
    ))  # fmt: skip


def _diagnoses(teller: Teller, one: Columns) -> None:
    size = len(one["id"])
    teller.write("Condition", size, *together(
        teller.head("Condition", join(size, "d", integers(one["id"])), one["institution"]),
        _verified("confirmed"), _category("encounter-diagnosis"), ',"code":', icd(words(one["icd10"]),
        words(one["zh"])),
        subject(one["person"]), ',"encounter":{"reference":"Encounter/e', integers(one["id"]), '"},"recordedDate":"',
        dates(one["day"]), '"', teller.by("recorder", one["staff"]), "}",
    ))  # fmt: skip


def _problems(teller: Teller, one: Columns) -> None:
    size = len(one["id"])
    teller.write("Condition", size, *together(
        teller.head("Condition", join(size, "c", integers(one["id"])), one["institution"]),
        _clinical("active"), _verified("confirmed"), _category("problem-list-item"), ',"code":',
        icd(words(one["icd10"]), words(one["zh"])), subject(one["person"]), ',"onsetDateTime":"', dates(one["onset"]),
        '","recordedDate":"', dates(one["diagnosed"]), '"', teller.by("recorder", one["staff"]), "}",
    ))  # fmt: skip


def _episode(teller: Teller, one: Columns, prefix: str, period: tuple[Ints, Ints]) -> None:
    """Managed by a programme (`one["programme"]`) over a period; still open where the years end first."""
    size, (start, end) = len(one["id"]), period
    names = list(PROGRAMMES)
    row = np.array([names.index(text) for text in one["programme"].tolist()], dtype=np.int64)
    over = end < teller.county.end
    doctor = teller.by("careManager", one["staff"]) if "staff" in one else ""
    teller.write("EpisodeOfCare", size, *together(
        teller.head("EpisodeOfCare", join(size, prefix, integers(one["id"])), one["institution"]),
        pick_text((',"status":"active"', ',"status":"finished"'), over.astype(np.int64)), ',"type":[',
        concept(PROGRAMME, pick_text(names, row), pick_text(list(PROGRAMMES.values()), row)), "]",
        subject(one["person"], "patient"), ',"managingOrganization":{"reference":"',
        teller.provider(one["institution"]), '"},"period":{"start":"', dates(start), '"',
        where(over, ',"end":"', dates(end), '"'), "}", doctor, "}",
    ))  # fmt: skip


def _episodes(teller: Teller, one: Columns) -> None:
    _episode(teller, one, "m", (one["managed_from"], np.maximum(one["managed_to"], one["managed_from"])))


def _of(one: Columns, programme: str) -> Columns:
    return one | {"programme": np.full(len(one["id"]), programme, dtype=object)}


def _contracts(teller: Teller, one: Columns) -> None:
    _episode(teller, _of(one, "family-doctor"), "f", (one["day"], one["to_day"]))


def _pregnancies(teller: Teller, one: Columns) -> None:
    end = np.where(one["delivered"] < NEVER, one["delivered"] + 42, NEVER)
    _episode(teller, _of(one, "maternal"), "g", (one["booked"], end))


def _cards(teller: Teller, one: Columns) -> None:
    """A notified case: the disease by its national code and ICD-10, when it began, and when it was reported."""
    size, disease = len(one["id"]), one["disease"]
    status = pick_text(
        [_verified(code) for code in ("differential", "unconfirmed", "confirmed", "provisional")], one["certainty"]
    )
    sent = one["minute"] + one["minutes_to_report"]
    zh = word("diseases", "zh", disease)
    teller.write("Condition", size, *together(
        teller.head("Condition", join(size, "n", integers(one["id"])), one["institution"]),
        f',"identifier":[{{"system":"{REPORT_CARD}","value":"', integers(one["id"]), '"}]', status,
        ',"category":[{"coding":[{"system":"urn:minkang:code:condition-category","code":"notifiable","display":"法定传染病报告"}]}]',
        f',"code":{{"coding":[{{"system":"{NOTIFIABLE}","code":"', word("diseases", "code", disease), '","display":"',
        zh,
        f'"}},{{"system":"{ICD10}","code":"', word("diseases", "icd10", disease), '"}],"text":"', zh, '"}',
        subject(one["person"]), encounter_of(one["encounter"]), ',"onsetDateTime":"', dates(one["onset"]),
        '","recordedDate":"', dates(one["diagnosed"] + sent // 1440),
        times(sent % 1440), '"', teller.by("recorder", one["staff"]), "}",
    ))  # fmt: skip


def _procedures(teller: Teller, one: Columns) -> None:
    size, row = len(one["id"]), one["operation"]
    teller.write("Procedure", size, *together(
        teller.head("Procedure", join(size, "o", integers(one["id"])), one["institution"]),
        ',"status":"completed","code":', concept(OPERATION, word("operations", "icd9cm3", row), word("operations",
        "zh", row)),
        subject(one["person"]), encounter_of(one["encounter"]), ',"performedDateTime":"', dates(one["operation_day"]),
        '"',
        where(one["staff"] >= 0, ',"performer":[{"actor":{"reference":"Practitioner/s', integers(one["staff"]),
        '"}}]'), "}",
    ))  # fmt: skip


def _referrals(teller: Teller, one: Columns) -> None:
    size = len(one["id"])
    up = (one["direction"] == "up").astype(np.int64)
    teller.write("ServiceRequest", size, *together(
        teller.head("ServiceRequest", join(size, "q", integers(one["id"])), one["from_institution"]),
        ',"status":"completed","intent":"order","category":[{"coding":[{"system":"http://snomed.info/sct","code":"3457005",'
        '"display":"Patient referral"}],"text":"双向转诊"}],"code":',
        concept("urn:minkang:code:referral", pick_text(("down", "up"), up), pick_text(("下转", "上转"), up)),
        subject(one["person"]), ',"authoredOn":"', dates(one["day"]), '"', teller.by("requester", one["staff"]),
        ',"performer":[{"reference":"', teller.provider(one["to_institution"]), '"}],"reasonCode":[',
        icd(words(one["icd10"]), words(one["zh"])), "]}",
    ))  # fmt: skip
