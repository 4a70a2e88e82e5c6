"""Institutions, places and staff as Organization, Location, Practitioner and PractitionerRole."""

from __future__ import annotations

import numpy as np

from minkang.synth.arrays import Ints
from minkang.synth.fhir.lines import Text, integers, join, pick_text, where, words
from minkang.synth.fhir.systems import (
    CREDIT_CODE,
    DIVISION,
    EXT_DIVISION,
    INSTITUTION,
    INSTITUTION_KIND,
    STAFF,
    STAFF_KIND,
)
from minkang.synth.fhir.teller import Teller, concept, together

STAFF_KINDS = {"doctor": "执业（助理）医师", "village-doctor": "乡村医生", "nurse": "注册护士"}
JURISDICTION = (
    ',"physicalType":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/location-physical-type",'
    '"code":"jdn","display":"Jurisdiction"}]}'
)


def tell_places(teller: Teller) -> None:
    """Everything that does not belong to a person."""
    _organizations(teller)
    _locations(teller)
    _staff(teller)


def _column(values: list[str]) -> Text:
    return words(np.array(values, dtype=object))


def _organizations(teller: Teller) -> None:
    county = teller.county
    all_ = county.institutions
    size = len(all_)
    position = np.arange(size)
    parent = np.array([_parent(teller, number) for number in range(size)])
    division = _column([one.division for one in all_])
    name = _column([one.name for one in all_])
    teller.write("Organization", size, *together(
        teller.head("Organization", _column([f"org-{one.id}" for one in all_]), position),
        f',"extension":[{{"url":"{EXT_DIVISION}","valueCode":"', division, '"}]',
        f',"identifier":[{{"use":"official","system":"{INSTITUTION}","value":"', _column([one.code for one in all_]),
        f'"}},{{"use":"official","system":"{CREDIT_CODE}","value":"', _column([one.credit_code for one in all_]), '"}]',
        ',"active":true,"type":[',
        concept(INSTITUTION_KIND, _column([one.kind for one in all_]), _column([one.category for one in all_])),
        '],"name":"', name, '"',
        where(parent >= 0, ',"partOf":{"reference":"', teller.provider(np.maximum(parent, 0)), '"}'),
        "}",
    ))  # fmt: skip


def _parent(teller: Teller, number: int) -> int:
    """Village clinics belong to their township centre, everything else to the health commission."""
    county = teller.county
    one = county.institutions[number]
    if one.kind in {"commission", "insurance"}:
        return -1
    if one.kind == "village":
        for place, clinic in enumerate(county.clinic):
            if clinic == number:
                return int(county.centre[place])
    commission = county.of_kind("commission")
    return int(commission[0]) if len(commission) else -1


def _locations(teller: Teller) -> None:
    """The region, its townships and the places people live in, each within the next."""
    county = teller.county
    known = county.region.divisions
    codes = sorted({county.region.code, *(code[:6] for code in county.places), *(code[:9] for code in county.places),
                    *county.places} & set(known))  # fmt: skip
    parents = [_above(code, known) for code in codes]
    has = np.array([parent != "" for parent in parents])
    commission = np.full(len(codes), int(county.of_kind("commission")[0]))
    teller.write("Location", len(codes), *together(
        teller.head("Location", _column([f"loc-{code}" for code in codes]), commission),
        f',"identifier":[{{"system":"{DIVISION}","value":"', _column(codes), '"}],"status":"active","name":"',
        _column([known[code] for code in codes]), '","mode":"instance"', JURISDICTION,
        where(has, ',"partOf":{"reference":"Location/loc-', _column(parents), '"}'), "}",
    ))  # fmt: skip


def _above(code: str, known: dict[str, str]) -> str:
    for length in (9, 6, 4):
        if length < len(code) and code[:length] in known:
            return code[:length]
    return ""


def _staff(teller: Teller) -> None:
    staff = teller.county.staff
    size = len(staff["id"])
    institution: Ints = staff["institution"]
    ids = integers(staff["id"])
    name = np.asarray(staff["name"])
    numbers = _column([f"{teller.county.institutions[at].id}{number:06d}" for number, at in enumerate(institution)])
    gender = pick_text(("female", "male"), staff["male"].astype(np.int64))
    teller.write("Practitioner", size, *together(
        teller.head("Practitioner", join(size, "s", ids), institution),
        f',"identifier":[{{"system":"{STAFF}","value":"', numbers,
        '"}],"active":true,"name":[{"use":"official","text":"',
        words(name), '"}],"gender":"', gender, '"}',
    ))  # fmt: skip
    kinds = list(STAFF_KINDS)
    kind = np.array([kinds.index(text) for text in staff["kind"].tolist()], dtype=np.int64)
    teller.write("PractitionerRole", size, *together(
        teller.head("PractitionerRole", join(size, "r", ids), institution),
        ',"active":true,"practitioner":{"reference":"Practitioner/s', ids, '"},"organization":{"reference":"',
        teller.provider(institution), '"},"code":[',
        concept(STAFF_KIND, pick_text(kinds, kind), pick_text(list(STAFF_KINDS.values()), kind)), "]}",
    ))  # fmt: skip
