"""The parts of a mapping file that are said shortly because every table has them: patient, observations, costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minkang.codes.observations import LOINC, OBSERVATION, Item, items
from minkang.exchange.tables.fields import Fields
from minkang.exchange.tables.spec import Check, Column, Resource, Value, When

ID_CARD = "urn:oid:2.16.156.10011.1.3"
HEALTH_RECORD = "urn:oid:2.16.156.10011.1.2"
PATIENT_NUMBER = "urn:minkang:id:patient-number"
DOCUMENT = "urn:minkang:id:document"
EXTENSION = "urn:minkang:extension:"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
COST = "urn:minkang:code:front-page-cost"
CARD_TYPES = frozenset({"01", "1", "居民身份证", "身份证"})

Whens = Callable[[Fields, str], tuple[When, ...]]


def patient(top: Fields, columns: dict[str, Column]) -> list[Resource]:
    """`[patient]`: columns of the person a row is about, as one Patient shared by all rows that mention them."""
    one = top.inner("patient")
    if one is None:
        return []
    key = one.text("key", None)
    said = {name: one.text(name) for name in PATIENT}
    sex = columns.get(said["sex"])
    if sex is not None and sex.map != "sex":
        one.bad("sex", '应为 map = "sex" 的代码列 / must be a code column of the map sex')
    made: dict[str, Value] = {
        "identifier[0].use": Value(fixed="usual"),
        "identifier[0].system": Value(fixed=PATIENT_NUMBER),
        "identifier[0].value": Value(template="{" + key + "}"),
        "active": Value(fixed=True),
    }
    made |= _documents(said["id_card"], said["id_type"])
    for name, column in said.items():
        if column:
            made |= {path: Value(column=column, **how) for path, how in PATIENT[name].items()}
    made |= {path: Value(fixed=fixed) for name, path, fixed in PATIENT_FIXED if said[name]}
    authority = one.whole("authority", 1, 1, 2)
    one.done()
    return [Resource("Patient", "patient/{" + key + "}", made, authority=authority, shared=True)]


PATIENT: dict[str, dict[str, dict[str, Any]]] = {
    "name": {"name[0].text": {}},
    "former_name": {"name[1].text": {}},
    "sex": {"gender": {"form": "code"}},
    "born": {"birthDate": {"form": "date"}},
    "id_card": {},
    "id_type": {},
    "record": {"identifier[2].value": {}},
    "phone": {"telecom[0].value": {}},
    "address": {"address[0].text": {}},
    "postcode": {"address[0].postalCode": {}},
    "division": {"extension[0].valueCode": {}},
    "nation": {"extension[1].valueCoding": {"form": "coding"}},
    "insurance": {"extension[2].valueCode": {"form": "code"}},
    "education": {"extension[3].valueCoding": {"form": "coding"}},
    "occupation": {"extension[4].valueCoding": {"form": "coding"}},
    "marital": {"maritalStatus": {"form": "concept"}},
    "died": {"deceasedDateTime": {}},
    "guardian": {"contact[0].name.text": {}},
    "guardian_phone": {"contact[0].telecom[0].value": {}},
    "guardian_relationship": {"contact[0].relationship[0]": {"form": "concept"}},
}
PATIENT_FIXED = (
    ("name", "name[0].use", "official"),
    ("former_name", "name[1].use", "old"),
    ("record", "identifier[2].use", "usual"),
    ("record", "identifier[2].system", HEALTH_RECORD),
    ("phone", "telecom[0].system", "phone"),
    ("guardian_phone", "contact[0].telecom[0].system", "phone"),
    ("address", "address[0].use", "home"),
    ("division", "extension[0].url", EXTENSION + "division"),
    ("nation", "extension[1].url", EXTENSION + "nation"),
    ("insurance", "extension[2].url", EXTENSION + "insurance"),
    ("education", "extension[3].url", EXTENSION + "education"),
    ("occupation", "extension[4].url", EXTENSION + "occupation"),
)


def _documents(card: str, kind: str) -> dict[str, Value]:
    """The ID number under its own system; a number of another kind of document under the platform's."""
    if not card:
        return {}
    made = {
        "identifier[1].use": Value(fixed="official"),
        "identifier[1].system": Value(fixed=ID_CARD),
        "identifier[1].value": Value(column=card),
    }
    if kind:
        other = (When(kind, present=False, values=CARD_TYPES), When(kind))
        made["identifier[1].value"] = Value(column=card, when=(When(kind, values=CARD_TYPES | {""}),))
        made |= {
            "identifier[3].use": Value(fixed="official"),
            "identifier[3].system": Value(fixed=DOCUMENT),
            "identifier[3].type": Value(column=kind, form="concept", when=other),
            "identifier[3].value": Value(column=card, when=other),
        }
    return made


def observations(one: Fields, columns: dict[str, Column], whens: Whens) -> list[Resource]:
    """`[[observations]]`: items of the catalogue and the columns their values stand in, one Observation each.

    A column that `[columns]` does not list is listed here, with unit and plausible range of the catalogue.
    """
    key, at = one.text("key", None), one.text("at", None)
    given = {name: one.text(name) for name in ("subject", "encounter", "performer")}
    when, inner = whens(one, "when"), one.inner("items")
    if inner is None:
        one.bad("items", "缺少 / is missing")
    made = []
    for name in inner.table if inner else ():
        assert inner is not None
        item, listed = items().get(name), inner.texts(name)
        if item is None:
            inner.bad(name, "不在观测项目目录 codes/observations.csv 中 / is not in the catalogue of observations")
            continue
        if len(listed) != (2 if name == "blood_pressure" else 1):
            inner.bad(name, "血压应为 [收缩压, 舒张压] 两列,其他项目一列 / takes one column, blood_pressure two")
            continue
        for number, column in enumerate(listed):
            columns.setdefault(column, _column(column, item, number))
        about = {"status": Value(fixed="final"), "effectiveDateTime": Value(column=at), **_head(item)}
        about |= _links(given)
        held = (*when, *(When(column) for column in listed))
        made.append(Resource("Observation", f"{key}/{name}", about | _found(item, listed), held))
    one.done()
    return made


def _column(column: str, item: Item, number: int) -> Column:
    if item.map:
        return Column(column, "code", map=item.map)
    of = item
    if item.key == "blood_pressure":
        of = items()["diastolic" if number else "systolic"]
    plausible = None if of.least is None or of.most is None else (of.least, of.most)
    return Column(column, "number", unit=of.unit, analyte=of.key, plausible=plausible)


def _links(given: dict[str, str]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    if given["subject"]:
        found["subject"] = Value(type="Patient", template=given["subject"])
    if given["encounter"]:
        found["encounter"] = Value(type="Encounter", template=given["encounter"])
    if given["performer"]:
        found["performer[0].display"] = Value(column=given["performer"])
    return found


def _head(item: Item) -> dict[str, Value]:
    local = {"system": OBSERVATION, "code": item.key, "display": item.zh}
    loinc = [{"system": LOINC, "code": item.loinc, "display": item.en}] if item.loinc else []
    return {
        "category": Value(fixed=[{"coding": [{"system": CATEGORY, "code": item.category}]}]),
        "code": Value(fixed={"coding": [*loinc, local], "text": item.zh}),
    }


def _found(item: Item, listed: tuple[str, ...]) -> dict[str, Value]:
    if item.key == "blood_pressure":
        found: dict[str, Value] = {}
        for number, (part, column) in enumerate(zip(("systolic", "diastolic"), listed, strict=True)):
            found[f"component[{number}].code"] = _head(items()[part])["code"]
            found[f"component[{number}].valueQuantity"] = Value(column=column, form="quantity")
        return found
    if item.map:
        return {"valueCodeableConcept": Value(column=listed[0], form="concept")}
    return {"valueQuantity": Value(column=listed[0], form="quantity")}


def costs(top: Fields) -> list[Resource]:
    """`[costs]`: columns of money as one Claim; `within` names items that are part of another and not added again."""
    one = top.inner("costs")
    if one is None:
        return []
    inner, within = one.inner("items"), one.inner("within")
    names = {column: inner.text(column) for column in inner.table} if inner else {}
    parts = {column: within.texts(column) for column in within.table} if within else {}
    subject, encounter = one.text("subject", None), one.text("encounter", None)
    made: dict[str, Value] = {
        "status": Value(fixed="active"),
        "use": Value(fixed="claim"),
        "type": Value(fixed=_concept("http://terminology.hl7.org/CodeSystem/claim-type", "institutional", "住院费用")),
        "priority": Value(fixed=_concept("http://terminology.hl7.org/CodeSystem/processpriority", "normal", "")),
        "patient": Value(type="Patient", template=subject),
        "created": Value(column=one.text("created", None)),
        "provider.display": Value(column=one.text("provider", None)),
        "insurance[0].sequence": Value(fixed=1),
        "insurance[0].focal": Value(fixed=True),
        "insurance[0].coverage.display": Value(column=one.text("payment", None), form="text"),
        "total": Value(column=one.text("total", None), form="money"),
        "item[0].encounter[0]": Value(type="Encounter", template=encounter, when=(When(next(iter(names), "")),)),
    }
    for number, (column, zh) in enumerate(names.items()):
        made |= _item(f"item[{number}]", number + 1, column, zh)
        for below, (part, part_zh) in enumerate([(part, parts[part][1]) for part in parts if parts[part][0] == column]):
            made |= _item(f"item[{number}].detail[{below}]", below + 1, part, part_zh)
    if own := one.text("own"):
        made |= {
            "supportingInfo[0].sequence": Value(fixed=1),
            "supportingInfo[0].category": Value(fixed=_concept(COST, "own", "自付金额")),
            "supportingInfo[0].valueQuantity.value": Value(column=own),
            "supportingInfo[0].valueQuantity.unit": Value(fixed="CNY"),
        }
    key = one.text("key", None)
    for table in (inner, within):
        if table is not None:
            table.done()
    one.done()
    return [Resource("Claim", key, made, (When(made["total"].column),))]


def costs_check(top: Fields) -> tuple[Check, ...]:
    """The items add up to the total (norms, section 4.5); a row whose items do not gets a note."""
    said = top.table.get("costs")
    if not isinstance(said, dict) or not isinstance(said.get("items"), dict):
        return ()
    return (Check("sum", tuple(said["items"]), total=str(said.get("total", ""))),)


def _item(path: str, number: int, column: str, zh: str) -> dict[str, Value]:
    return {
        f"{path}.sequence": Value(fixed=number),
        f"{path}.productOrService": Value(fixed=_concept(COST, column, zh)),
        f"{path}.net": Value(column=column, form="money"),
    }


def _concept(system: str, code: str, zh: str) -> dict[str, Any]:
    found: dict[str, Any] = {"coding": [{"system": system, "code": code}]}
    return found | {"text": zh} if zh else found
