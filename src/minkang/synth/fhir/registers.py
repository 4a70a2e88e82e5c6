"""Births, tumours and what smart devices read: Observation, Condition."""

from __future__ import annotations

import numpy as np

from minkang.synth.arrays import Columns
from minkang.synth.fhir.lines import dates, decimals, instant, integers, join, pick_text, word, words
from minkang.synth.fhir.systems import ICD10, LOINC, OBSERVATION, UCUM
from minkang.synth.fhir.teller import Teller, batches, concept, each, select, subject, together

BIRTH_CERTIFICATE = "urn:minkang:id:birth-certificate"
TUMOUR_CARD = "urn:minkang:id:tumour-card"
MORPHOLOGY = "urn:oid:2.16.840.1.113883.6.43.1"  # ICD-O-3
BASIS = "urn:minkang:code:diagnostic-basis"
STAGE = "urn:minkang:code:tumour-stage"
BASES = {0: "仅有死亡医学证明书", 1: "临床", 2: "影像及内镜", 4: "生化、免疫", 5: "细胞学、血片", 7: "病理(原发)"}
STAGES = ("I", "II", "III", "IV", "9")
VITAL = '"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}]'
RHYTHM = "urn:minkang:code:rhythm"
RHYTHMS = (("sinus", "窦性心律"), ("atrial-fibrillation", "心房颤动"), ("premature-beats", "早搏"))


def tell_registers(teller: Teller, tables: dict[str, Columns]) -> None:
    """Birth certificates, tumour cards, readings."""
    each(tables, "births", lambda one: _births(teller, one))
    each(tables, "tumours", lambda one: _tumours(teller, one))
    readings = tables["readings"]
    for kind, tell in (("blood_pressure", _pressures), ("glucose", _glucose), ("ecg", _ecg)):
        for batch in batches(select(readings, np.flatnonzero(readings["kind"] == kind))):
            tell(teller, batch)


def _births(teller: Teller, one: Columns) -> None:
    """The certificate: mother, moment, weeks of gestation and weight."""
    size = len(one["id"])
    teller.write("Observation", size, *together(
        teller.head("Observation", join(size, "b", integers(one["id"])), one["institution"]),
        f',"identifier":[{{"system":"{BIRTH_CERTIFICATE}","value":"', integers(one["id"]),
        f'"}}],"status":"final","code":{{"coding":[{{"system":"{LOINC}","code":"71230-7",'
        '"display":"Birth certificate"}],"text":"出生医学证明"}', subject(one["person"]),
        ',"focus":[{"reference":"Patient/p', integers(one["mother"]),
        '"}],"effectiveDateTime":"', instant(one["day"], one["minute"]),
        f'","component":[{{"code":{{"coding":[{{"system":"{LOINC}","code":"11884-4",'
        '"display":"Gestational age Estimated"}],"text":"孕周"},"valueQuantity":{"value":', integers(one["weeks"]),
        f',"unit":"周","system":"{UCUM}","code":"wk"}}}},{{"code":{{"coding":[{{"system":"{LOINC}","code":"8339-4",'
        '"display":"Birth weight Measured"}],"text":"出生体重"},"valueQuantity":{"value":', decimals(one["weight"], 0),
        f',"unit":"g","system":"{UCUM}","code":"g"}}}}]}}',
    ))  # fmt: skip


def _tumours(teller: Teller, one: Columns) -> None:
    """The register's card: site, form, stage and how it was found."""
    size = len(one["id"])
    basis = np.array([list(BASES).index(number) for number in one["basis"].tolist()], dtype=np.int64)
    stage = np.array([STAGES.index(text) for text in one["stage"].tolist()], dtype=np.int64)
    zh = word("morphology", "zh", one["morphology"])
    teller.write("Condition", size, *together(
        teller.head("Condition", join(size, "t", integers(one["id"])), one["institution"]),
        f',"identifier":[{{"system":"{TUMOUR_CARD}","value":"', integers(one["id"]),
        '"}],"verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status",'
        '"code":"confirmed"}]},"category":[{"coding":[{"system":"urn:minkang:code:condition-category",'
        f'"code":"tumour","display":"肿瘤登记报告"}}]}}],"code":{{"coding":[{{"system":"{ICD10}","code":"',
        words(one["icd10"]),
        f'"}},{{"system":"{MORPHOLOGY}","code":"', word("morphology", "morphology", one["morphology"]),
        '","display":"',
        word("morphology", "word", one["morphology"]), '"}],"text":"', zh, '"}', subject(one["person"]),
        ',"onsetDateTime":"', dates(one["diagnosed"]), '","recordedDate":"', dates(one["reported"]), '"',
        teller.by("recorder", one["staff"]), ',"stage":[{"summary":', concept(STAGE, pick_text(STAGES, stage),
        pick_text([f"{text}期" if text != "9" else "分期不详" for text in STAGES], stage)), '}],"evidence":[{"code":[',
        concept(BASIS, pick_text([str(number) for number in BASES], basis), pick_text(list(BASES.values()), basis)),
        "]}]}",
    ))  # fmt: skip


def _head(teller: Teller, one: Columns, category: str, code: str) -> list[object]:
    size = len(one["id"])
    return together(
        teller.head("Observation", join(size, "w", integers(one["id"])), one["institution"]),
        f',"status":"final",{category},"code":{code}', subject(one["person"]), ',"effectiveDateTime":"',
        instant(one["day"], one["minute"]), '"',
    )  # fmt: skip


def _device(one: Columns) -> list[object]:
    return [',"device":{"reference":"Device/sf-', integers(one["institution"]), '"}']


def _pressures(teller: Teller, one: Columns) -> None:
    local = f'{{"system":"{OBSERVATION}","code":"blood_pressure","display":"血压"}}'
    code = (
        f'{{"coding":[{{"system":"{LOINC}","code":"85354-9","display":"Blood pressure panel"}},{local}],"text":"血压"}}'
    )
    parts: list[object] = [',"component":[']
    for number, (loinc, en, zh, column) in enumerate((
        ("8480-6", "Systolic blood pressure", "收缩压", "value"),
        ("8462-4", "Diastolic blood pressure", "舒张压", "value2"),
        ("8867-4", "Heart rate", "脉率", "pulse"),
    )):  # fmt: skip
        unit = ("mmHg", "mm[Hg]") if column != "pulse" else ("/min", "/min")
        parts += [
            f'{"," if number else ""}{{"code":{{"coding":[{{"system":"{LOINC}","code":"{loinc}","display":"{en}"}}],'
            f'"text":"{zh}"}},"valueQuantity":{{"value":',
            decimals(one[column], 0), f',"unit":"{unit[0]}","system":"{UCUM}","code":"{unit[1]}"}}}}',
        ]  # fmt: skip
    teller.write("Observation", len(one["id"]), *together(_head(teller, one, VITAL, code), _device(one), parts, "]}"))


def _glucose(teller: Teller, one: Columns) -> None:
    local = f'{{"system":"{OBSERVATION}","code":"fasting_glucose","display":"空腹血糖"}}'
    code = (
        f'{{"coding":[{{"system":"{LOINC}","code":"14771-0","display":"Fasting glucose"}},{local}],"text":"空腹血糖"}}'
    )
    laboratory = VITAL.replace("vital-signs", "laboratory")
    teller.write("Observation", len(one["id"]), *together(
        _head(teller, one, laboratory, code), ',"valueQuantity":{"value":', decimals(one["value"], 1),
        f',"unit":"mmol/L","system":"{UCUM}","code":"mmol/L"}}', _device(one), "}",
    ))  # fmt: skip


def _ecg(teller: Teller, one: Columns) -> None:
    code = f'{{"coding":[{{"system":"{LOINC}","code":"11524-6","display":"EKG study"}}],"text":"心电图"}}'
    rhythm = one["value2"].astype(np.int64)
    teller.write("Observation", len(one["id"]), *together(
        _head(teller, one, VITAL.replace("vital-signs", "procedure"), code), ',"valueCodeableConcept":',
        concept(RHYTHM, pick_text([key for key, _ in RHYTHMS], rhythm), pick_text([zh for _, zh in RHYTHMS], rhythm)),
        _device(one),
        f',"component":[{{"code":{{"coding":[{{"system":"{LOINC}","code":"8867-4","display":"Heart rate"}}],'
        '"text":"心率"},"valueQuantity":{"value":', decimals(one["value"], 0),
        f',"unit":"/min","system":"{UCUM}","code":"/min"}}}}]}}',
    ))  # fmt: skip
