"""Small random populations, full of coincidences, and random searches over them."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import strategies as st

from minkang.fhir import Resource, decode

LOINC, UCUM, LOCAL = "http://loinc.org", "http://unitsofmeasure.org", "urn:local"
FAMILIES = ["王", "王小", "Wáng", "Li", "Lin", "O'Brien", "欧阳"]
GIVEN = ["伟", "Ann", "anna", "Min"]
CODES = ["8480-6", "8462-4", "85354-9", "a/b"]
SYSTEMS = [LOINC, LOCAL, ""]
DATES = [
    "2023",
    "2023-12",
    "2024-01",
    "2024-01-31",
    "2024-02-01",
    "2024-02-01T08:00:00+08:00",
    "2024-02-01T00:00:00Z",
    "2024-02-01T10:30:00.123+08:00",
    "2024-02-29",
]
TAGS = ["red", "blue"]


def populate(seed: int) -> list[Resource]:
    """About sixty resources that refer to each other."""
    rng = random.Random(seed)
    made = [_value_set(), _code_system()]
    made += [_organization(rng, at) for at in range(4)]
    made += [_patient(rng, at) for at in range(14)]
    made += [_encounter(rng, at) for at in range(8)]
    made += [_observation(rng, at) for at in range(34)]
    rng.shuffle(made)
    return [make(one) for one in made]


def again(seed: int, count: int) -> list[Resource]:
    """Other versions of some of them."""
    rng = random.Random(seed + 1000)
    return [make(rng.choice([_patient, _observation, _encounter])(rng, rng.randrange(8))) for _ in range(count)]


def make(resource: dict[str, Any]) -> Resource:
    """A resource from a plain dict."""
    return decode(json.dumps(resource).encode())


def _some(rng: random.Random, chance: float = 0.7) -> bool:
    return rng.random() < chance


def _concept(rng: random.Random) -> dict[str, Any]:
    codings = []
    for _ in range(rng.choice([0, 1, 1, 2])):
        coding = {"code": rng.choice(CODES), "display": rng.choice(["Systolic pressure", "收缩压", "Diastolic"])}
        if system := rng.choice(SYSTEMS):
            coding["system"] = system
        codings.append(coding)
    concept: dict[str, Any] = {"coding": codings} if codings else {}
    if not codings or _some(rng, 0.3):
        concept["text"] = rng.choice(["blood pressure", "Systolic pressure"])
    return concept


def _quantity(rng: random.Random) -> dict[str, Any]:
    quantity: dict[str, Any] = {"value": rng.choice([1, 1.5, 100, 120, 140.2, -3])}
    if _some(rng):
        quantity |= {"unit": rng.choice(["mmHg", "mm"]), "system": UCUM, "code": rng.choice(["mm[Hg]", "mm"])}
    if _some(rng, 0.1):
        quantity["comparator"] = rng.choice(["<", ">="])
    return quantity


def _value(rng: random.Random) -> dict[str, Any]:
    kind = rng.randrange(5)
    if kind < 2:
        return {"valueQuantity": _quantity(rng)}
    if kind == 2:
        return {"valueCodeableConcept": _concept(rng)}
    if kind == 3:
        return {"valueString": rng.choice(["Positive", "negativ", "阳性"])}
    return {}


def _period(rng: random.Random) -> dict[str, str]:
    start, end = sorted(rng.sample(["2023-01-01", "2023-12-31", "2024-01-31", "2024-02-01", "2024-02-02"], 2))
    return {name: day for name, day in (("start", start), ("end", end)) if _some(rng, 0.8)} or {"start": start}


def _meta(rng: random.Random) -> dict[str, Any]:
    if _some(rng, 0.6):
        return {}
    return {
        "meta": {
            "tag": [{"system": LOCAL, "code": rng.choice(TAGS)}],
            "profile": [f"http://example.org/{rng.choice(TAGS)}|1"],
            "source": f"http://example.org/{rng.choice(TAGS)}",
        }
    }


def _organization(rng: random.Random, at: int) -> dict[str, Any]:
    made: dict[str, Any] = {"resourceType": "Organization", "id": f"g{at}", "name": rng.choice(FAMILIES) + "医院"}
    if at and _some(rng):
        made["partOf"] = {"reference": f"Organization/g{rng.randrange(at)}"}
    return made | _meta(rng)


def _patient(rng: random.Random, at: int) -> dict[str, Any]:
    made: dict[str, Any] = {"resourceType": "Patient", "id": f"p{at}"}
    if _some(rng, 0.9):
        names = [
            {"family": rng.choice(FAMILIES), "given": rng.sample(GIVEN, rng.randrange(1, 3))}
            for _ in range(rng.randrange(1, 3))
        ]
        made["name"] = names
    if _some(rng):
        made["gender"] = rng.choice(["male", "female"])
    if _some(rng):
        made["birthDate"] = rng.choice(["1950", "1950-02", "1950-02-03", "1999-12-31"])
    if _some(rng):
        made["identifier"] = [
            {
                "system": rng.choice(SYSTEMS[:2]),
                "value": str(rng.randrange(6)),
                "type": {"coding": [{"system": LOCAL, "code": rng.choice(["MR", "PI"])}]},
            }
            for _ in range(rng.randrange(1, 3))
        ]
    if _some(rng):
        made["telecom"] = [{"system": rng.choice(["phone", "email"]), "value": rng.choice(["138", "139", "a@b"])}]
    if _some(rng):
        made["managingOrganization"] = {"reference": f"Organization/g{rng.randrange(5)}"}
    if _some(rng, 0.3):
        made["deceasedBoolean"] = rng.choice([True, False])
    if _some(rng, 0.3) and at:
        made["link"] = [{"other": {"reference": f"Patient/p{rng.randrange(at)}"}, "type": "seealso"}]
    return made | _meta(rng)


def _encounter(rng: random.Random, at: int) -> dict[str, Any]:
    made: dict[str, Any] = {
        "resourceType": "Encounter",
        "id": f"e{at}",
        "status": rng.choice(["planned", "finished"]),
        "class": {"system": LOCAL, "code": rng.choice(["AMB", "IMP"])},
    }
    if _some(rng):
        made["subject"] = {"reference": f"Patient/p{rng.randrange(16)}"}
    if _some(rng):
        made["period"] = _period(rng)
    if _some(rng, 0.4):
        made["length"] = {"value": rng.choice([1, 2.5, 30])} | {"unit": "d", "system": UCUM, "code": "d"}
    return made | _meta(rng)


def _observation(rng: random.Random, at: int) -> dict[str, Any]:
    made: dict[str, Any] = {
        "resourceType": "Observation",
        "id": f"o{at}",
        "status": rng.choice(["final", "amended"]),
        "code": _concept(rng),
    } | _value(rng)
    if _some(rng, 0.85):
        made["subject"] = rng.choice(
            [
                {"reference": f"Patient/p{rng.randrange(16)}"},
                {"reference": f"Patient/p{rng.randrange(4)}"},
                {"reference": "Group/1"},
                {"identifier": {"system": LOCAL, "value": "7"}},
                {"reference": "http://elsewhere.org/fhir/Patient/p1"},
            ]
        )
    if _some(rng, 0.4):
        made["encounter"] = {"reference": f"Encounter/e{rng.randrange(10)}"}
    if _some(rng, 0.4):
        made["performer"] = [{"reference": f"Organization/g{rng.randrange(4)}"}]
    if _some(rng, 0.6):
        made["effectiveDateTime"] = rng.choice(DATES)
    elif _some(rng):
        made["effectivePeriod"] = _period(rng)
    if _some(rng, 0.4):
        made["component"] = [{"code": _concept(rng), **_value(rng)} for _ in range(rng.randrange(1, 3))]
    return made | _meta(rng)


def _value_set() -> dict[str, Any]:
    return {
        "resourceType": "ValueSet",
        "id": "pressures",
        "url": "http://example.org/vs",
        "status": "active",
        "compose": {
            "include": [
                {"system": LOINC, "concept": [{"code": "8480-6"}, {"code": "8462-4"}]},
                {"system": LOCAL},
            ]
        },
    }


def _code_system() -> dict[str, Any]:
    return {
        "resourceType": "CodeSystem",
        "id": "loinc",
        "url": LOINC,
        "status": "active",
        "content": "fragment",
        "concept": [{"code": "85354-9", "concept": [{"code": "8480-6"}, {"code": "8462-4"}]}],
    }


# Searches.

PREFIXES = ["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"]
_prefix = st.sampled_from(PREFIXES)
_when = st.builds(lambda prefix, day: prefix + day.replace("+", "%2B"), _prefix, st.sampled_from(DATES))
_name = st.sampled_from(["王", "wang", "w", "li", "LIN", "ann", "o'b", "伟", "王伟", "欧阳", "zz"])
_code = st.builds(
    lambda system, code: code if system is None else f"{system}|{code}",
    st.sampled_from([None, LOINC, LOCAL, ""]),
    st.sampled_from([*CODES, "none"]),
)
_number = st.builds(
    lambda prefix, text: prefix + text, _prefix, st.sampled_from(["1", "1.5", "100", "1e2", "120", "140", "-3"])
)
_amount = st.builds(
    lambda number, unit: number + unit,
    _number,
    st.sampled_from(["", f"|{UCUM}|mm[Hg]", "||mmHg", "||mm", f"|{UCUM}|mm", f"|{UCUM}|"]),
)
_patient_at = st.sampled_from(
    ["p0", "Patient/p1", "p2", "Patient/p15", "http://elsewhere.org/fhir/Patient/p1", "Group/1"]
)
_bool = st.sampled_from(["true", "false"])
_tag = st.sampled_from([f"{LOCAL}|red", "blue", f"{LOCAL}|"])


def _pair(name: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    many = st.lists(values, min_size=1, max_size=2, unique=True).map(",".join)
    return many.map(lambda text: f"{name}={text}")


_EVERYWHERE = [
    _pair("_id", st.sampled_from(["p0", "p1", "o1", "o2", "e0", "zz"])),
    _pair("_tag", _tag),
    _pair("_profile", st.sampled_from(["http://example.org/red", "http://example.org/blue|1"])),
    _pair("_profile:below", st.sampled_from(["http://example.org", "http://example.org/red"])),
    _pair("_source", st.sampled_from(["http://example.org/red"])),
    _pair("_lastUpdated", st.sampled_from(["gt2020", "lt2020-01-01", "ge2020-01-01T00:00:00Z", "2021"])),
    st.builds("_tag:missing={}".format, _bool),
]
_OF_TYPE: dict[str, list[st.SearchStrategy[str]]] = {
    "Patient": [
        _pair("name", _name),
        _pair("name:contains", _name),
        _pair("family", _name),
        _pair("given", _name),
        _pair("family:exact", st.sampled_from(FAMILIES)),
        _pair("gender", st.sampled_from(["male", "female", "http://hl7.org/fhir/administrative-gender|male"])),
        _pair("gender:not", st.sampled_from(["male", "female"])),
        st.builds("gender:missing={}".format, _bool),
        _pair("identifier", st.sampled_from(["1", f"{LOINC}|2", f"{LOCAL}|3", "|4", f"{LOCAL}|", "5"])),
        _pair("identifier:of-type", st.sampled_from([f"{LOCAL}|MR|1", f"{LOCAL}|PI|2"])),
        _pair(
            "birthdate",
            st.builds(lambda prefix, day: prefix + day, _prefix, st.sampled_from(["1950", "1950-02", "1950-02-03"])),
        ),
        _pair("phone", st.sampled_from(["138", "phone|139", "email|a@b"])),
        _pair("telecom", st.sampled_from(["138", "a@b", "phone|"])),
        st.builds("phone:missing={}".format, _bool),
        _pair("deceased", _bool),
        _pair("organization", st.sampled_from(["Organization/g1", "g2", "Organization/g4"])),
        st.builds("organization:missing={}".format, _bool),
        _pair("organization.name", _name),
        _pair("organization.partof.name", _name),
        _pair("link", st.sampled_from(["p1", "Patient/p2"])),
        _pair("_has:Observation:patient:code", _code),
        _pair("_has:Observation:subject:date", _when),
        _pair("_has:Encounter:patient:_has:Observation:encounter:code", _code),
    ],
    "Observation": [
        _pair("code", _code),
        _pair("code:not", _code),
        _pair("code:text", st.sampled_from(["pressure", "SYST", "压"])),
        _pair("code:in", st.just("http://example.org/vs")),
        _pair("code:not-in", st.just("http://example.org/vs")),
        _pair("code:below", st.just(f"{LOINC}|85354-9")),
        _pair("code:above", st.just(f"{LOINC}|8480-6")),
        _pair("status", st.sampled_from(["final", "amended"])),
        _pair("date", _when),
        st.builds("date:missing={}".format, _bool),
        _pair("subject", _patient_at),
        _pair("patient", _patient_at),
        _pair("subject:Patient", st.sampled_from(["p1", "Patient/p2"])),
        _pair("subject:identifier", st.sampled_from([f"{LOCAL}|7", "7"])),
        st.builds("patient:missing={}".format, _bool),
        st.builds("subject:missing={}".format, _bool),
        _pair("patient.name", _name),
        _pair("subject:Patient.gender", st.just("male")),
        _pair("patient.organization.name", _name),
        _pair("patient.gender:not", st.just("male")),
        _pair("encounter.status", st.just("finished")),
        _pair("performer", st.just("Organization/g1")),
        _pair("value-quantity", _amount),
        _pair("value-string", st.sampled_from(["pos", "NEG", "阳"])),
        _pair("value-concept", _code),
        _pair("component-code", _code),
        _pair("combo-code", _code),
        _pair("combo-value-quantity", _amount),
        st.builds("code-value-quantity={}${}".format, st.sampled_from(CODES), _amount),
        st.builds("component-code-value-quantity={}${}".format, st.sampled_from(CODES), _amount),
        st.builds("combo-code-value-quantity={}${}".format, st.sampled_from([*CODES, f"{LOINC}|8480-6"]), _amount),
        st.builds("code-value-string={}${}".format, st.sampled_from(CODES), st.sampled_from(["pos", "neg"])),
        _pair("_has:Observation:has-member:code", _code),
    ],
    "Encounter": [
        _pair("status", st.sampled_from(["planned", "finished"])),
        _pair("class", st.sampled_from(["AMB", f"{LOCAL}|IMP", f"{LOCAL}|"])),
        _pair("date", _when),
        _pair("length", st.builds(lambda number: f"{number}|{UCUM}|d", _number)),
        _pair("patient", _patient_at),
        _pair("subject.name", _name),
        _pair("_has:Observation:encounter:status", st.just("final")),
    ],
}
_SORTS = {
    "Patient": ["name", "family", "birthdate", "gender", "organization", "_id", "_lastUpdated", "identifier"],
    "Observation": ["date", "code", "value-quantity", "subject", "status", "_id", "_lastUpdated", "value-string"],
    "Encounter": ["date", "length", "status", "_id"],
}
_INCLUDES = {
    "Patient": [
        "_include=Patient:organization",
        "_include:iterate=Organization:partof",
        "_revinclude=Observation:patient",
        "_revinclude=Observation:subject",
        "_include=Patient:link",
        "_revinclude:iterate=Observation:encounter",
        "_revinclude=Encounter:patient",
    ],
    "Observation": [
        "_include=Observation:subject",
        "_include=Observation:patient",
        "_include=Observation:*",
        "_include=Observation:subject:Patient",
        "_include:iterate=Patient:organization",
        "_include=*",
    ],
    "Encounter": ["_include=Encounter:patient", "_revinclude=Observation:encounter", "_revinclude=*"],
}


@st.composite
def searches(draw: st.DrawFn) -> tuple[str | None, str]:
    """A type and the query part of an address, as a person would write it."""
    type = draw(st.sampled_from(["Patient", "Observation", "Observation", "Encounter", None]))
    choices = _EVERYWHERE + (
        _OF_TYPE[type] * 3 if type else [st.just("_type=Patient,Observation"), st.just("_type=Encounter")]
    )
    parts = draw(st.lists(st.one_of(choices), max_size=3, unique=True))
    if type is None:
        parts = [
            one
            for at, one in enumerate(parts)
            if not one.startswith("_type") or not any(p.startswith("_type") for p in parts[:at])
        ]
    sorts = _SORTS.get(type or "", ["_lastUpdated", "_id"])
    chosen = draw(st.lists(st.sampled_from(sorts), max_size=2, unique=True))
    if chosen:
        parts.append("_sort=" + ",".join(draw(st.sampled_from(["", "-"])) + one for one in chosen))
    if type:
        parts += draw(st.lists(st.sampled_from(_INCLUDES[type]), max_size=2, unique=True))
    if draw(st.booleans()):
        parts.append("_total=" + draw(st.sampled_from(["none", "accurate"])))
    parts.append(f"_count={draw(st.sampled_from([2, 5, 20]))}")
    return type, "&".join(parts)
