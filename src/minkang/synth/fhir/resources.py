"""What institutions have and offer (s207): services and wards as HealthcareService and Location, machines as Device."""

from __future__ import annotations

import math

import numpy as np

from minkang.synth.catalogue import Row, rows
from minkang.synth.county import County
from minkang.synth.fhir.lines import integers, join, words
from minkang.synth.fhir.teller import Teller, concept, together
from minkang.synth.region import Institution

SERVICE = "urn:minkang:code:department"
EQUIPMENT = "urn:minkang:code:equipment"
BEDS = "urn:minkang:extension:beds"
WARD = (
    '"physicalType":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/location-physical-type",'
    '"code":"wa","display":"Ward"}]}'
)
# Departments by kind of institution, with the share of its beds; the shares are modelled.
DEPARTMENTS: dict[str, tuple[tuple[str, str, float], ...]] = {
    "general": (("03", "内科", 0.38), ("04", "外科", 0.3), ("05", "妇产科", 0.1), ("07", "儿科", 0.1),
                ("20", "急诊医学科", 0.05), ("28", "重症医学科", 0.07), ("30", "医学检验科", 0),
                ("32", "医学影像科", 0)),
    "tcm": (("50", "中医科", 0.45), ("03", "内科", 0.25), ("04", "外科", 0.2), ("21", "康复医学科", 0.1)),
    "mch": (("05", "妇产科", 0.55), ("07", "儿科", 0.35), ("06", "妇女保健科", 0), ("08", "小儿外科", 0.1),
            ("09", "儿童保健科", 0)),
    "specialist": (("21", "康复医学科", 1.0),),
    "township": (("02", "全科医疗科", 0.6), ("50", "中医科", 0.25), ("01", "预防保健科", 0), ("05", "妇产科", 0.15)),
    "community": (("02", "全科医疗科", 0.7), ("50", "中医科", 0.3), ("01", "预防保健科", 0)),
    "village": (("02", "全科医疗科", 0),),
    "cdc": (("01", "预防保健科", 0),),
}  # fmt: skip


def tell_resources(teller: Teller) -> None:
    """Services, wards with beds, machines and vehicles, and the smart devices of village clinics."""
    _services(teller)
    _machines(teller)


def _services(teller: Teller) -> None:
    county = teller.county
    found = [(at, one, row) for at, one in enumerate(county.institutions) for row in DEPARTMENTS.get(one.kind, ())]
    at = np.array([number for number, *_ in found], dtype=np.int64)
    ids = np.array([f"{one.id}-{code}" for _, one, (code, *_) in found], dtype=object)
    code = words(np.array([code for *_, (code, _, _) in found], dtype=object))
    zh = words(np.array([zh for *_, (_, zh, _) in found], dtype=object))
    teller.write("HealthcareService", len(found), *together(
        teller.head("HealthcareService", join(len(found), "hs-", words(ids)), at),
        ',"active":true,"providedBy":{"reference":"', teller.provider(at), '"},"specialty":[',
        concept(SERVICE, code, zh), '],"name":"', zh, '"}',
    ))  # fmt: skip
    beds = np.array(_beds(county, [(one, share) for _, one, (_, _, share) in found]), dtype=np.int64)
    has = np.flatnonzero(beds > 0)
    ids, at, beds, zh = words(ids[has]), at[has], beds[has], zh.take(has)
    teller.write("Location", len(has), *together(
        teller.head("Location", join(len(has), "ward-", ids), at),
        f',"extension":[{{"url":"{BEDS}","valueInteger":', integers(beds), '}],"status":"active","name":"', zh,
        '病区","mode":"instance",' + WARD + ',"managingOrganization":{"reference":"', teller.provider(at), '"}}',
    ))  # fmt: skip


def _beds(county: County, found: list[tuple[Institution, float]]) -> list[int]:
    """Beds of each ward; those of an institution add up to its beds."""
    out, given = [], dict.fromkeys((one.id for one, _ in found), 0.0)
    for one, share in found:
        before, given[one.id] = given[one.id], given[one.id] + share
        out.append(round(given[one.id] * one.beds) - round(before * one.beds))
    return out


def machines(one: Institution, row: Row) -> int:
    """How many of a machine an institution has: per 100 beds in hospitals, per house elsewhere (modelled)."""
    rate = float(row.get(one.kind) or 0)
    if one.kind in {"township", "community", "village"}:
        return round(rate)
    return math.ceil(rate * one.beds / 100) if rate else 0


def _machines(teller: Teller) -> None:
    listed = [
        (at, f"{one.id}-{row['key']}-{number}", row)
        for at, one in enumerate(teller.county.institutions)
        for row in rows("equipment")
        for number in range(1, machines(one, row) + 1)
    ]
    at = np.array([number for number, *_ in listed], dtype=np.int64)
    ids = words(np.array([text.replace("_", "-") for _, text, _ in listed], dtype=object))
    key, zh = (words(np.array([row[name] for *_, row in listed], dtype=object)) for name in ("key", "zh"))
    teller.write("Device", len(listed), *together(
        teller.head("Device", join(len(listed), "eq-", ids), at), ',"status":"active","serialNumber":"', ids,
        '","type":', concept(EQUIPMENT, key, zh), ',"owner":{"reference":"', teller.provider(at), '"}}',
    ))  # fmt: skip
    clinics = teller.county.of_kind("village")
    ids = integers(clinics)
    teller.write("Device", len(clinics), *together(
        teller.head("Device", join(len(clinics), "sf-", ids), clinics), ',"status":"active","serialNumber":"SF',
        ids, '","modelNumber":"SF-3","type":', concept(EQUIPMENT, "smart_followup", "智能随访设备"),
        ',"owner":{"reference":"', teller.provider(clinics), '"}}',
    ))  # fmt: skip
