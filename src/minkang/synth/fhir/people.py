"""Persons as Patient, their parents as RelatedPerson, and what they died of."""

from __future__ import annotations

import numpy as np

from minkang.synth.arrays import NEVER, YEAR, Columns, Ints
from minkang.synth.catalogue import texts
from minkang.synth.fhir.lines import Text, dates, gathered, integers, join, pick_text, where, word, words
from minkang.synth.fhir.systems import (
    DATA_ELEMENT,
    EXT_DIVISION,
    EXT_INSURANCE,
    EXT_NATION,
    GROUP_KIND,
    HEALTH_RECORD,
    ICD10,
    ID_CARD,
    MARITAL,
    NATION,
    ROLE_CODE,
)
from minkang.synth.fhir.teller import Teller, batches, concept, icd, select, subject, together

NATIONS = {1: "汉族", 3: "回族", 5: "维吾尔族", 6: "苗族", 7: "彝族", 11: "满族", 15: "土家族"}
MARITAL_STATUS = (("10", "未婚"), ("20", "已婚"), ("30", "丧偶"), ("90", "未说明"))
INSURANCE = (("99", "未参保"), ("01", "城镇职工基本医疗保险"), ("02", "城乡居民基本医疗保险"))
ADULT_DAYS = int(18 * YEAR)


def tell_people(teller: Teller, tables: dict[str, Columns]) -> None:
    """Patients, parents of those under 18, and causes of death."""
    persons = tables["persons"]
    changed = _old_names(tables["name_changes"])
    for batch in batches(persons):
        _patients(teller, batch, persons, changed)
    _relatives(teller, persons)
    _households(teller, persons)
    _causes(teller, tables["deaths"])


def _old_names(changes: Columns) -> dict[int, str]:
    return dict(zip(changes["person"].tolist(), changes["before"].tolist(), strict=True))


def _patients(teller: Teller, one: Columns, persons: Columns, changed: dict[int, str]) -> None:
    county, size = teller.county, len(one["id"])
    codes = [f"{code}" for code in county.places]
    address = [_address(teller, code) for code in codes]
    nations = np.array([list(NATIONS).index(number) for number in one["nation"].tolist()], dtype=np.int64)
    old = np.array([changed.get(number, "") for number in one["id"].tolist()], dtype=object)
    centre = county.centre[one["place"]]
    name = words(one["name"])
    teller.write("Patient", size, *together(
        teller.head("Patient", join(size, "p", integers(one["id"])), centre),
        f',"extension":[{{"url":"{EXT_DIVISION}","valueCode":"', pick_text(codes, one["place"]),
        f'"}},{{"url":"{EXT_NATION}","valueCoding":{{"system":"{NATION}","code":"',
        pick_text([f"{number:02d}" for number in NATIONS], nations), '","display":"',
        pick_text(list(NATIONS.values()), nations), f'"}}}},{{"url":"{EXT_INSURANCE}","valueCode":"',
        pick_text([code for code, _ in INSURANCE], one["insurance"]), '"}]',
        _identifiers(one), _active(one), ',"name":[{"use":"official","text":"', name, '"}',
        where(old != "", ',{"use":"old","text":"', words(old), '"}'), "]",
        where(one["phone"] != "", ',"telecom":[{"system":"phone","value":"', words(one["phone"]), '","use":"mobile"}]'),
        ',"gender":"', pick_text(("female", "male"), one["male"].astype(np.int64)), '","birthDate":"',
        dates(one["birth"]), '"', where(one["death"] < NEVER, ',"deceasedDateTime":"', dates(one["death"]), '"'),
        pick_text(address, one["place"]), _marital(teller, one, persons),
        where(one["twin"] >= 0, ',"multipleBirthBoolean":true'),
        ',"managingOrganization":{"reference":"', teller.provider(centre), '"}}',
    ))  # fmt: skip


def _identifiers(one: Columns) -> Text:
    """The card where there is one, the health record number where there is one; nothing where there is neither."""
    card = one["card_from"] < NEVER
    record = one["record"] != ""
    size = len(card)
    return where(card | record, *together(
        ',"identifier":[', where(card, f'{{"use":"official","system":"{ID_CARD}","value":"', words(one["card"]), '"}'),
        where(card & record, ","),
        where(record, f'{{"use":"usual","system":"{HEALTH_RECORD}","value":"', words(one["record"]), '"}'),
        join(size, "]"),
    ))  # fmt: skip


def _active(one: Columns) -> Text:
    """A record is closed when the person has died or moved away."""
    gone = (one["death"] < NEVER) | (one["resident_to"] < NEVER)
    return pick_text((',"active":true', ',"active":false'), gone.astype(np.int64))


def _address(teller: Teller, code: str) -> str:
    known, facts = teller.county.region.divisions, teller.county.region.facts
    within, county = facts["within"], known.get(code[:6], facts["name"])
    parts = [known.get(code[:9], "")] + ([known[code]] if len(code) == 12 else [])
    line = ",".join(f'"{part}"' for part in parts)
    state = within[: within.index("省") + 1]
    city = within[len(state) :] or facts["name"]
    return (
        f',"address":[{{"use":"home","text":"{state}{city}{county if county != city else ""}{"".join(parts)}",'
        f'"line":[{line}],"city":"{city}","district":"{county}","state":"{state}","country":"CN"}}]'
    )


def _marital(teller: Teller, one: Columns, persons: Columns) -> Text:
    """Single, married or widowed, for adults."""
    base = persons["id"][0] if len(persons["id"]) else 0
    adult = one["birth"] < teller.county.end - ADULT_DAYS
    spouse = one["spouse"]
    dead = np.zeros(len(spouse), dtype=bool)
    has = spouse >= 0
    where_is = np.searchsorted(persons["id"], np.maximum(spouse, base))
    dead[has] = persons["death"][where_is[has]] < NEVER
    status = np.where(~has, 0, np.where(dead, 2, 1))
    return where(adult, ',"maritalStatus":', *concept(MARITAL, pick_text([code for code, _ in MARITAL_STATUS], status),
                                                     pick_text([zh for _, zh in MARITAL_STATUS], status)))  # fmt: skip


def _relatives(teller: Teller, persons: Columns) -> None:
    """Mothers and fathers of those under 18 at the end."""
    young = persons["birth"] > teller.county.end - ADULT_DAYS
    for key, code, zh, gender in (("mother", "MTH", "母亲", "female"), ("father", "FTH", "父亲", "male")):
        one = select(persons, np.flatnonzero(young & (persons[key] >= 0)))
        size = len(one["id"])
        at = np.searchsorted(persons["id"], one[key])
        centre = teller.county.centre[one["place"]]
        card = persons["card_from"][at] < NEVER
        teller.write("RelatedPerson", size, *together(
            teller.head("RelatedPerson", join(size, f"{key[0]}", integers(one["id"])), centre),
            where(card, f',"identifier":[{{"use":"official","system":"{ID_CARD}","value":"',
            words(persons["card"][at]), '"}]'),
            ',"active":true', subject(one["id"], "patient"), ',"relationship":[', concept(ROLE_CODE, code, zh),
            '],"name":[{"use":"official","text":"', words(persons["name"][at]),
            f'"}}],"gender":"{gender}","birthDate":"',
            dates(persons["birth"][at]), '"}',
        ))  # fmt: skip


def _households(teller: Teller, persons: Columns) -> None:
    """A household as a Group of its living residents, with its place."""
    stays = np.flatnonzero((persons["death"] == NEVER) & (persons["resident_to"] == NEVER))
    rows = stays[np.argsort(persons["household"][stays], kind="stable")]
    number = persons["household"][rows]
    starts = np.flatnonzero(np.append(True, number[1:] != number[:-1])) if len(rows) else np.zeros(0, dtype=np.int64)
    size, first = len(starts), rows[starts]
    member = join(len(rows), '{"entity":{"reference":"Patient/p', integers(persons["id"][rows]), '"}}')
    codes, place = list(teller.county.places), persons["place"][first]
    teller.write("Group", size, *together(
        teller.head("Group", join(size, "h", integers(number[starts])), teller.county.centre[place]),
        f',"extension":[{{"url":"{EXT_DIVISION}","valueCode":"', pick_text(codes, place),
        '"}],"active":true,"type":"person","actual":true,"code":', concept(GROUP_KIND, "household", "家庭户"),
        ',"quantity":', integers(np.diff(np.append(starts, len(rows)))), ',"member":[', gathered(member, starts), "]}",
    ))  # fmt: skip


def _causes(teller: Teller, deaths: Columns) -> None:
    """The chain of the death certificate: underlying cause as value, the causes that followed as components."""
    cause: Ints = deaths["cause"]
    size = len(cause)
    chains = [text.split("|") for text in texts("causes", "chain")]
    zh = word("causes", "zh", cause)
    components = [_chain(chain) for chain in chains]
    teller.write("Observation", size, *together(
        teller.head("Observation", join(size, "x", integers(deaths["id"])), deaths["institution"]),
        ',"status":"final","code":',
        f'{{"coding":[{{"system":"{DATA_ELEMENT}","code":"DE05.01.021.00","display":"根本死因代码"}},'
        '{"system":"http://loinc.org","code":"69453-9","display":"Cause of death [US Standard Certificate of Death]"}],'
        '"text":"根本死因"}',
        subject(deaths["person"]), ',"effectiveDateTime":"', dates(deaths["day"]), '","valueCodeableConcept":',
        icd(word("causes", "underlying", cause), zh), pick_text(components, cause), "}",
    ))  # fmt: skip


def _chain(chain: list[str]) -> str:
    """Direct cause first, as parts a, b, c of the certificate."""
    shown = []
    for letter, code in zip("abc", reversed(chain), strict=False):
        shown.append(
            f'{{"code":{{"text":"致死原因({letter})"}},"valueCodeableConcept":{{"coding":[{{"system":"{ICD10}",'
            f'"code":"{code}"}}]}}}}'
        )
    return f',"component":[{",".join(shown)}]'
