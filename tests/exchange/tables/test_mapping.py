"""A row of a table becomes the resources its mapping names; a mapping that is wrong is refused with all its faults."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minkang.codes.translator import Translator
from minkang.errors import Fault, Faults
from minkang.exchange.message import Converted, Message, Rank, draft_id
from minkang.exchange.tables.compiled import Plan
from minkang.exchange.tables.connector import Tables, recognised
from minkang.exchange.tables.loader import mapping, read_mapping, shipped
from minkang.fhir.codec import decode

FRONT = {
    "BAH": "A1",
    "ZYCS": "2",
    "BRBH": "A1",
    "BRXM": "王小明",
    "XB": "1",
    "CSRQ": "1949-12-31",
    "RYRQ": "2024-05-01 08:00:00",
    "CYRQ": "2024-05-06 10:00:00",
    "JBDM": "I10.x00x002",
    "CYSZYZD": "高血压病",
    "JBDM1": "E11.9",
    "CYSQTZD1": "2型糖尿病",
    "ZYSSYCZBM": "47.01",
    "ZYSSYCZMC": "阑尾切除术",
    "SSJCZRQ": "2024-05-02",
    "LYFS": "1",
    "ZFY": "100",
    "QZZFJE": "30",
    "XYF": "60",
    "KJYWFY": "20",
    "HLF": "40",
    "GXSJ": "2024-05-09 10:00:00",
    "SJZT": "0",
    "YLFKFS": "2",
    "USERNAME": "县医院",
}


def convert(name: str, cells: dict[str, str], row: int = 2) -> Converted:
    body = json.dumps({"row": row, "cells": cells}, ensure_ascii=False).encode()
    message = Message("h1", f"csv/{name}", "f.csv#k", body, datetime.now(UTC), "f.csv, row 2")
    return Tables().convert(message, Translator(sender="h1"))


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_mapping_is_right(name: str) -> None:
    """It loads without a problem and compiles; its head is recognised as its own."""
    made = mapping(name)
    assert Plan(made).resources
    found = recognised([*made.columns])
    assert found is not None
    assert found.mapping.name == name


def test_a_front_page_becomes_a_stay_with_diagnoses_operation_and_costs() -> None:
    """All valid FHIR, referring to each other; antibiotics lie within medicines and are not added again."""
    found = convert("front-page", FRONT)
    assert found.notes == []
    by_key = {(one.type, one.key): one for one in found.drafts}
    assert set(by_key) == {
        ("Patient", "patient/A1"),
        ("Encounter", "visit/A1-2"),
        ("Condition", "visit/A1-2/diagnosis/main"),
        ("Condition", "visit/A1-2/diagnosis/1"),
        ("Procedure", "visit/A1-2/operation/main"),
        ("Claim", "visit/A1-2/costs"),
    }
    for one in found.drafts:
        decode(json.dumps({**one.body, "id": draft_id("h1", one.type, one.key)}).encode())
    stay = by_key["Encounter", "visit/A1-2"].body
    assert stay["subject"]["reference"] == f"Patient/{draft_id('h1', 'Patient', 'patient/A1')}"
    main, other = (one["condition"]["reference"] for one in stay["diagnosis"])
    assert main == f"Condition/{draft_id('h1', 'Condition', 'visit/A1-2/diagnosis/main')}"
    assert other == f"Condition/{draft_id('h1', 'Condition', 'visit/A1-2/diagnosis/1')}"
    claim = by_key["Claim", "visit/A1-2/costs"].body
    assert claim["total"]["value"] == sum(item["net"]["value"] for item in claim["item"]) == 100
    western = next(item for item in claim["item"] if item["productOrService"]["text"] == "西药费")
    assert western["detail"][0]["net"]["value"] == 20
    assert by_key["Claim", "visit/A1-2/costs"].rank == Rank(1, "2024-05-09T10:00:00+08:00", "f.csv#000000002")


def test_a_withdrawn_row_takes_back_all_but_the_person() -> None:
    """One admission entered by mistake says nothing against the patient."""
    taken = {one.type: one.withdrawn for one in convert("front-page", FRONT | {"SJZT": "9"}).drafts}
    assert taken == {"Patient": False, "Encounter": True, "Condition": True, "Procedure": True, "Claim": True}


def test_a_correction_takes_back_what_it_no_longer_says() -> None:
    """The operation of the first version is gone in the second."""
    corrected = {name: text for name, text in FRONT.items() if not name.startswith(("ZYSSY", "SSJCZ"))} | {"SJZT": "1"}
    found = {one.key: one for one in convert("front-page", corrected).drafts}
    assert found["visit/A1-2/operation/main"].withdrawn
    assert not found["visit/A1-2"].withdrawn


def test_all_faults_of_a_row_are_told_with_their_columns() -> None:
    """A missing column, a day that does not exist, and a number that is none."""
    with pytest.raises(Faults) as caught:
        convert("front-page", FRONT | {"CSRQ": "1949-13-31", "ZFY": "很多", "BRXM": ""})
    told = {(one.code, one.where) for one in caught.value.faults}
    assert told == {("TABLES-021", "CSRQ"), ("TABLES-022", "ZFY"), ("TABLES-025", "BRXM")}


@pytest.mark.parametrize(
    ("changed", "code", "where"),
    [
        ({"ZFY": "120"}, "TABLES-032", "ZFY"),
        ({"JBDM": "ZZ9"}, "TABLES-029", "JBDM"),
        ({"SFZJHM": "110105194912310021"}, "CODES-003", "SFZJHM"),
        ({"SFZJHM": "1.10105E+17"}, "TABLES-024", "SFZJHM"),
        ({"SFZJHM": "11010519491231002X"}, "TABLES-033", "SFZJHM"),
        ({"新列": "x"}, "TABLES-030", ""),
        ({"SSJCZRQ": "2024-06-01"}, "TABLES-031", "SSJCZRQ"),
    ],
)
def test_doubts_are_noted_and_the_row_is_taken(changed: dict[str, str], code: str, where: str) -> None:
    """Sums, codes without map, ID numbers, unknown columns: nothing passes in silence, nothing good is refused."""
    found = convert("front-page", FRONT | changed)
    assert [(one.code, one.where) for one in found.notes] == [(code, where)]
    assert all(Fault(one.code, one.where, **one.params).text("zh") for one in found.notes)


@pytest.mark.parametrize(
    ("name", "cells", "reject"),
    [
        ("front-page", FRONT | {"CYRQ": "2024-04-01"}, "RYRQ"),
        (
            "death-certificate",
            {
                "死亡证编号": "1",
                "本人编号": "1",
                "姓名": "王",
                "出生日期": "1950-01-01",
                "死亡日期": "1949-01-01",
                "根本死因编码": "I21.9",
                "更新时间": "2024-01-01",
            },
            "出生日期",
        ),
    ],
)
def test_impossible_orders_of_dates_reject_the_row(name: str, cells: dict[str, str], reject: str) -> None:
    """Nobody leaves before coming, or dies before birth."""
    with pytest.raises(Fault) as caught:
        convert(name, cells)
    assert (caught.value.code, caught.value.where) == ("TABLES-031", reject)


def test_a_follow_up_gives_its_measurements_in_their_units() -> None:
    """The unit in a head or a cell is converted with a note; a value nobody has is kept with one."""
    cells = {
        "随访编号": "7",
        "就诊编号": "70",
        "本人编号": "1",
        "姓名": "王",
        "随访日期": "2024-05-01 09:00",
        "更新时间": "2024-05-01",
        "收缩压": "150",
        "舒张压": "95",
        "空腹血糖(mg/dL)": "126",
        "体重": "62000",
        "随访分类": "2",
        "药品编码1": "amlodipine",
        "药品名称1": "氨氯地平片",
    }
    found = convert("hypertension-followup", cells)
    body = {one.key: one.body for one in found.drafts}
    assert body["followup/7/fasting_glucose"]["valueQuantity"]["value"] == 6.994
    assert [one["valueQuantity"]["value"] for one in body["followup/7/blood_pressure"]["component"]] == [150, 95]
    assert body["followup/7/hypertension_visit"]["valueCodeableConcept"]["coding"][0]["code"] == "2"
    assert body["followup/7/drug/1"]["medicationCodeableConcept"]["coding"][-1]["code"] == "C08CA01"
    assert {(one.code, one.where) for one in found.notes} == {("TABLES-036", "空腹血糖"), ("TABLES-027", "体重")}


def test_a_wrong_mapping_is_refused_with_all_its_problems_and_lines() -> None:
    """Unknown keys, maps, columns and paths at once, each with the line it stands in."""
    text = """zh = "x"
en = "x"
source = "x"
colour = "red"
[table]
key = ["编号"]
at = ["日期"]
[columns]
"编号" = { required = true, requird = true }
"性别" = { is = "code", map = "gendr" }
"""
    with pytest.raises(Faults) as caught:
        read_mapping(text, "m.toml", "m")
    where = [one.where for one in caught.value.faults]
    assert sorted(where) == ["m.toml:10", "m.toml:4", "m.toml:9"]
    text = text.replace('colour = "red"\n', "").replace(", requird = true", "").replace("gendr", "sex")
    text += '[[resource]]\ntype = "Patient"\nkey = "p/{编号}"\n[resource.set]\n"nmae" = "编号"\ngender = "性別"\n'
    with pytest.raises(Faults) as caught:
        read_mapping(text, "m.toml", "m")
    said = str(caught.value)
    assert "nmae" in said
    assert "性別" in said
    assert "日期" in said


def test_drafts_share_nothing() -> None:
    """Changing one draft changes no other, of this row or the next."""
    first = convert("front-page", FRONT).drafts
    first[2].body["code"]["coding"].clear()
    first[1].body["class"]["code"] = "X"
    again = {one.key: one.body for one in convert("front-page", FRONT).drafts}
    assert again["visit/A1-2/diagnosis/main"]["code"]["coding"]
    assert again["visit/A1-2"]["class"]["code"] == "IMP"


CELL = st.one_of(
    st.text(max_size=20), st.sampled_from(["1", "2024-01-01", "-1", "1e9", "I10", "＜5", "是", "2020年3月5日"])
)


@given(st.sampled_from(shipped()), st.data())
@settings(max_examples=200, deadline=None)
def test_any_cells_give_drafts_or_faults(name: str, data: st.DataObject) -> None:
    """Nothing but a Fault leaves the conversion, and it has words; what is drafted is of a known type and key."""
    names = st.sampled_from([*mapping(name).columns])
    cells = data.draw(st.dictionaries(names, CELL, max_size=15))
    required = {one.name: "1" for one in mapping(name).columns.values() if one.required}
    found, faults = Converted([]), []
    try:
        found = convert(name, {key: text for key, text in (required | cells).items() if text})
    except Fault as fault:
        faults = fault.faults if isinstance(fault, Faults) else [fault]
    assert all(one.text("zh") for one in faults)
    assert all(one.key and one.type for one in found.drafts)
    assert all(Fault(one.code, one.where, **one.params).text("en") for one in found.notes)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"row":"x"}', b"\xff"])
def test_a_body_that_is_no_row_is_refused(body: bytes) -> None:
    """As a replayed message may be after somebody corrected it wrongly."""
    message = Message("h1", "csv/patients", "k", body, datetime.now(UTC))
    with pytest.raises(Fault) as caught:
        Tables().convert(message, Translator())
    assert caught.value.code == "TABLES-039"
