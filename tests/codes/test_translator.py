"""Codes of senders come out as national and FHIR codes; nothing is lost on the way."""

from __future__ import annotations

from datetime import date

import pytest

from minkang.codes.checking import check
from minkang.codes.maps import CodeMap, code_maps, read_rows
from minkang.codes.systems import code_systems
from minkang.codes.translator import Translator
from minkang.codes.units import measure


def test_the_shipped_data_are_in_order() -> None:
    """Every target exists in its list, no two rows in force at once disagree, every mark is one."""
    assert [str(fault) for fault in check()] == []


@pytest.mark.parametrize(
    ("map", "code", "fhir"),
    [
        ("sex", "1", "male"),
        ("sex", "女", "female"),
        ("sex", "M", "male"),
        ("marital", "2", "M"),
        ("marital", "20", "M"),
        ("marital", "60", None),
        ("discharge_way", "5", "exp"),
        ("nation", "1", "01"),
        ("diagnosis", "i10", "I10"),
        ("diagnosis", "I10.x00x002", "I10"),
        ("result_status", "F", "final"),
        ("encounter_class", "I", "IMP"),
        ("payment", "2", "02"),
        ("laboratory", "FBG", "14771-0"),
    ],
)
def test_local_codes_reach_fhir(map: str, code: str, fhir: str | None) -> None:
    """Local to national to FHIR; a vendor's 60 for marital status means the national 90, which FHIR has no word for."""
    assert Translator().code(map, code) == fhir


def test_a_code_without_map_is_kept_counted_and_listed() -> None:
    """The sender's coding stays alone in the concept; the same code twice is listed once with its count."""
    translator = Translator(sender="h1")
    for _ in range(2):
        found = translator.concept("laboratory", "ZZZ", "怪项")
    assert found == {
        "coding": [{"system": "urn:minkang:local:h1:laboratory", "code": "ZZZ", "display": "怪项"}],
        "text": "怪项",
    }
    assert translator.drain() == [("laboratory", "ZZZ", "怪项", 2)]
    assert translator.drain() == []


def test_names_go_before_numbers_where_vendors_number_differently() -> None:
    """0304 is hepatitis E in one list and D in another: the name decides, and the number sent is kept."""
    found = Translator().concept("disease", "0304", "丁型病毒性肝炎")
    assert [one["code"] for one in found["coding"]] == ["0304", "0306", "B17.8"]


def test_rows_hold_between_their_dates_and_for_their_sender() -> None:
    """H7N9 led to J09 until it was retired; a sender's own row goes before everybody's."""
    old, new = Translator(on=date(2024, 1, 1)), Translator(on=date(2025, 9, 1))
    assert len(old.concept("disease", "5200")["coding"]) == 2
    assert len(new.concept("disease", "5200")["coding"]) == 1
    rows = read_rows(
        "sender,from_system,from_code,to_system,to_code,to_display,from_date,to_date\n,,X,sex,1,,,\nh1,,X,sex,2,,,\n",
        "t",
    )
    own = {"sex": CodeMap("sex", "", "", (code_systems()["sex"],), "", False, tuple(rows))}
    assert Translator(own, sender="h1").code("sex", "X") == "2"
    assert Translator(own, sender="h2").code("sex", "X") == "1"


def test_contradicting_rows_are_told() -> None:
    """Two rows that are in force on the same day and lead apart are one fault; periods that only touch are none."""
    text = "sender,from_system,from_code,to_system,to_code,to_display,from_date,to_date\n,,X,sex,1,,,2020-01-01\n"
    for begins, faults in (("2020-01-01", []), ("2019-06-01", ["CODES-022"])):
        rows = tuple(read_rows(f"{text},,X,sex,2,,{begins},\n", "t"))
        made = {"sex": CodeMap("sex", "", "", (), "", False, rows)}
        assert [fault.code for fault in check(made)] == faults


@pytest.mark.parametrize(
    ("value", "unit", "analyte", "expected"),
    [
        (126, "mg/dl", "fasting_glucose", (6.994, "mmol/L")),
        (1.2, "mg/dL", "creatinine", (106.1, "umol/L")),
        (5, "×10^9/L", "wbc", (5, "10*9/L")),
        (16, "kPa", "systolic", (120.0, "mm[Hg]")),
        (60, "公斤", "weight", (60, "kg")),
        (120, "斤", "weight", (60.0, "kg")),
        (36.5, "℃", "", (36.5, "Cel")),
        (1, "尺", "", (1, "")),
    ],
)
def test_units_are_read_and_converted_by_analyte(
    value: float, unit: str, analyte: str, expected: tuple[float, str]
) -> None:
    """As written by laboratories; an unknown unit leaves the value as it is, without a UCUM code."""
    found = measure(value, unit, analyte)
    assert (found.value, found.code) == expected


def test_every_map_names_itself_in_both_languages() -> None:
    """Pages show these names."""
    assert all(one.zh and one.en for one in code_maps().values())
