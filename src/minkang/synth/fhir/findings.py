"""Measurements, prescriptions and doses: Observation, MedicationRequest, Immunization."""

from __future__ import annotations

import numpy as np

from minkang.synth.arrays import NEVER, Columns, Ints
from minkang.synth.catalogue import Row, rows, texts
from minkang.synth.fhir.lines import (
    Part,
    dates,
    decimals,
    gathered,
    instant,
    integers,
    join,
    pick_text,
    where,
    word,
    words,
)
from minkang.synth.fhir.systems import ATC, LOINC, OBSERVATION, PRESCRIPTION_NUMBER, UCUM, VACCINE
from minkang.synth.fhir.teller import Teller, batches, concept, each, encounter_of, runs, select, subject, together

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
SECTION = "http://terminology.hl7.org/CodeSystem/v2-0074"
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


def tell_findings(teller: Teller, tables: dict[str, Columns]) -> None:
    """All observations kind by kind, all prescriptions, all doses given."""
    observations = tables["observations"]
    institution = _institutions(tables)
    for kind, row in enumerate(rows("observations")):
        at = np.flatnonzero(observations["kind"] == kind)
        for batch in batches(select(observations, at)):
            _observations(teller, batch, row, institution)
    for batch in runs(_laboratory(observations), "encounter"):
        _reports(teller, batch, institution)
    each(tables, "prescriptions", lambda one: _prescriptions(teller, one, institution))
    each(tables, "vaccinations", lambda one: _doses(teller, one), tables["vaccinations"]["day"] < NEVER)


def _institutions(tables: dict[str, Columns]) -> tuple[Ints, Ints]:
    """Encounter ids in order, and the institution of each."""
    encounters = tables["encounters"]
    order = np.argsort(encounters["id"], kind="stable")
    return encounters["id"][order], encounters["institution"][order]


def _place(one: Columns, institution: tuple[Ints, Ints], teller: Teller) -> Ints:
    """The institution of each row's encounter; of its doctor where there is no encounter."""
    ids, places = institution
    at = np.minimum(np.searchsorted(ids, one["encounter"]), max(len(ids) - 1, 0))
    staff = teller.county.staff["institution"][np.maximum(one["staff"], 0)]
    return np.where(one["encounter"] >= 0, places[at] if len(places) else 0, staff)


def _code(row: Row) -> str:
    local = f'{{"system":"{OBSERVATION}","code":"{row["key"]}","display":"{row["zh"]}"}}'
    loinc = f'{{"system":"{LOINC}","code":"{row["loinc"]}","display":"{row["en"]}"}},' if row["loinc"] else ""
    return f'{{"coding":[{loinc}{local}],"text":"{row["zh"]}"}}'


def _observations(teller: Teller, one: Columns, row: Row, institution: tuple[Ints, Ints]) -> None:
    size = len(one["id"])
    teller.write("Observation", size, *together(
        teller.head("Observation", join(size, "o", integers(one["id"])), _place(one, institution, teller)),
        f',"status":"final","category":[{{"coding":[{{"system":"{CATEGORY}","code":"{row["category"]}"}}]}}],"code":{_code(row)}',
        subject(one["person"]), encounter_of(one["encounter"]), ',"effectiveDateTime":"', instant(one["day"],
        one["minute"]),
        '"', where(one["staff"] >= 0, ',"performer":[{"reference":"Practitioner/s', integers(one["staff"]), '"}]'),
        _value(one, row), "}",
    ))  # fmt: skip


def _value(one: Columns, row: Row) -> list[Part]:
    if row["key"] == "blood_pressure":
        return _pressure(one)
    if row["codes"]:
        pairs = [pair.split("=") for pair in row["codes"].split("|")]
        codes = [int(code) for code, _ in pairs]
        at = np.searchsorted(codes, one["value"].astype(np.int64))
        system = f"{OBSERVATION}:{row['key']}"
        return [',"valueCodeableConcept":', *concept(system, pick_text([code for code, _ in pairs], at),
                                                     pick_text([text for _, text in pairs], at))]  # fmt: skip
    number = decimals(one["value"], int(row["digits"]))
    unit = f',"unit":"{row["unit"]}","system":"{UCUM}","code":"{row["unit"]}"'
    return [',"valueQuantity":{"value":', number, unit, "}", *_judged(one, row, unit)]


def _judged(one: Columns, row: Row, unit: str) -> list[Part]:
    """High and low against the reference range, where the vocabulary has one."""
    if not row["low"]:
        return []
    low, high = float(row["low"]), float(row["high"])
    flag = np.where(one["value"] < low, 1, np.where(one["value"] > high, 2, 0))
    shown = [f',"interpretation":[{{"coding":[{{"system":"{INTERPRETATION}","code":"{code}"}}]}}]' for code in "NLH"]
    limits = f'{{"low":{{"value":{row["low"]}{unit}}},"high":{{"value":{row["high"]}{unit}}}}}'
    return [pick_text(shown, flag), f',"referenceRange":[{limits}]']


def _pressure(one: Columns) -> list[Part]:
    unit = f',"unit":"mmHg","system":"{UCUM}","code":"mm[Hg]"'
    parts: list[Part] = [',"component":[']
    for number, (code, en, zh, value) in enumerate((("8480-6", "Systolic blood pressure", "收缩压", one["value"]),
                                                    ("8462-4", "Diastolic blood pressure", "舒张压",
                                                    one["value2"]))):  # fmt: skip
        coding = f'{{"coding":[{{"system":"{LOINC}","code":"{code}","display":"{en}"}}],"text":"{zh}"}}'
        parts += [
            ("," if number else "") + f'{{"code":{coding},"valueQuantity":{{"value":',
            decimals(value, 0),
            f"{unit}}}}}",
        ]
    return [*parts, "]"]


def _laboratory(observations: Columns) -> Columns:
    """Results of the laboratory in the order of their encounters; those without an encounter have no report."""
    kinds = [number for number, row in enumerate(rows("observations")) if row["category"] == "laboratory"]
    at = np.flatnonzero(np.isin(observations["kind"], kinds) & (observations["encounter"] >= 0))
    return select(observations, at[np.argsort(observations["encounter"][at], kind="stable")])


def _reports(teller: Teller, one: Columns, institution: tuple[Ints, Ints]) -> None:
    """One report for the results of an attendance, where there are at least three."""
    ids = one["encounter"]
    starts = np.flatnonzero(np.append(True, ids[1:] != ids[:-1]))
    length = np.diff(np.append(starts, len(ids)))
    result = gathered(join(len(ids), '{"reference":"Observation/o', integers(one["id"]), '"}'), starts)
    full = np.flatnonzero(length >= 3)
    head, size = select(one, starts[full]), len(full)
    at = _place(head, institution, teller)
    found, told = instant(head["day"], head["minute"]), instant(head["day"], head["minute"] + 60)
    teller.write("DiagnosticReport", size, *together(
        teller.head("DiagnosticReport", join(size, "l", integers(head["encounter"])), at),
        f',"status":"final","category":[{{"coding":[{{"system":"{SECTION}","code":"LAB"}}]}}]',
        f',"code":{{"coding":[{{"system":"{LOINC}","code":"11502-2","display":"Laboratory report"}}],',
        '"text":"检验报告"}',
        subject(head["person"]), encounter_of(head["encounter"]),
        ',"effectiveDateTime":"', found, '","issued":"', told,
        '"', where(head["staff"] >= 0, ',"performer":[{"reference":"Practitioner/s', integers(head["staff"]), '"}]'),
        ',"result":[', result.take(full), "]}",
    ))  # fmt: skip


def _prescriptions(teller: Teller, one: Columns, institution: tuple[Ints, Ints]) -> None:
    size, drug = len(one["id"]), one["drug"]
    doses = [_dosage(row) for row in rows("drugs")]
    zh = word("drugs", "zh", drug)
    teller.write("MedicationRequest", size, *together(
        teller.head("MedicationRequest", join(size, "rx", integers(one["id"])), _place(one, institution, teller)),
        f',"identifier":[{{"system":"{PRESCRIPTION_NUMBER}","value":"', integers(one["id"]),
        '"}],"status":"completed","intent":"order","medicationCodeableConcept":',
        concept(ATC, word("drugs", "atc", drug), zh), subject(one["person"]), encounter_of(one["encounter"]),
        ',"authoredOn":"', instant(one["day"], one["minute"]), '"', teller.by("requester", one["staff"]),
        ',"reasonCode":[{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"', words(one["icd10"]), '"}]}]',
        pick_text(doses, drug), "}",
    ))  # fmt: skip


def _dosage(row: Row) -> str:
    """Text, frequency and dose, and how many days it is dispensed for."""
    times = {"1": "每日一次", "2": "每日两次", "3": "每日三次"}[row["daily"]]
    dose = f'"value":{row["dose"]},"unit":"{row["unit"]}","system":"{UCUM}","code":"{row["unit"]}"'
    return (
        f',"dosageInstruction":[{{"text":"{row["form"]},每次{row["dose"]}{row["unit"]},{times}","timing":{{"repeat":'
        f'{{"frequency":{row["daily"]},"period":1,"periodUnit":"d"}}}},"doseAndRate":[{{"doseQuantity":{{{dose}}}}}]}}],'
        f'"dispenseRequest":{{"expectedSupplyDuration":{{"value":{row["days"]},"unit":"d","system":"{UCUM}","code":"d"}}}}'
    )


def _doses(teller: Teller, one: Columns) -> None:
    size, vaccine = len(one["id"]), one["vaccine"]
    dose = texts("vaccines", "dose")
    teller.write("Immunization", size, *together(
        teller.head("Immunization", join(size, "v", integers(one["id"])), one["institution"]),
        ',"status":"completed","vaccineCode":', concept(VACCINE, word("vaccines", "key", vaccine), word("vaccines",
        "zh", vaccine)),
        subject(one["person"], "patient"), ',"occurrenceDateTime":"', dates(one["day"]),
        '","primarySource":true,"lotNumber":"',
        words(one["lot"]), '","performer":[{"actor":{"reference":"', teller.provider(one["institution"]),
        '"}}],"protocolApplied":[{"doseNumberPositiveInt":', pick_text(list(dose), vaccine), "}]}",
    ))  # fmt: skip
