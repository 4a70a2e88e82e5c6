"""Every primitive type at the edges of its form (R4, "Data types, primitive types")."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minkang.errors import Fault
from minkang.fhir import decode, encode
from minkang.fhir.formats import is_valid

LONG = "x" * (1024 * 1024)
GOOD: dict[str, list[Any]] = {
    "Base64Binary": ["YQ==", "YWI=", "YWJj", "YWJj\nYWJj", "YWJj YQ=="],
    "Boolean": [True, False],
    "Canonical": ["http://hl7.org/fhir/ValueSet/a|4.0.1#b", "#inner"],
    "Code": ["a", "mmHg", "two words", "中文"],
    "Date": ["2024", "2024-12", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31", "2023-04-30"],
    "DateTime": [
        *("2024", "2024-01", "2024-02-29", "2024-02-29T23:59:59Z", "2024-06-30T23:59:60Z"),
        *("2024-02-29T00:00:00+14:00", "2024-02-29T00:00:00-12:00", "2024-01-01T08:00:00.123456789+08:00"),
    ],
    "Decimal": [0, -1, 10**30],
    "Id": ["a", "A-1.b", "0" * 64],
    "Instant": ["2024-02-29T08:30:00Z", "2024-02-29T08:30:00.1+08:00"],
    "Integer": [0, -(2**31), 2**31 - 1],
    "Markdown": ["# 标题\n\n- a\t b"],
    "Oid": ["urn:oid:1.2.156", "urn:oid:2.999.0"],
    "PositiveInt": [1, 2**31 - 1],
    "String": ["a", " ", "\u3000全角空格", "a\r\n\tb", "😀", LONG],
    "Time": ["00:00:00", "23:59:59.999", "12:00:60"],
    "UnsignedInt": [0, 2**31 - 1],
    "Uri": ["urn:uuid:1", "http://例子.cn/a", "a"],
    "Url": ["http://example.org/a?b=c"],
    "Uuid": ["urn:uuid:c757873d-ec9a-4326-a141-556f43239520"],
}
BAD: dict[str, list[Any]] = {
    "Base64Binary": ["", "Y", "YQ=", "YQ", "Y===", "中文==", "YWJj="],
    "Boolean": ["true", 1, 0, None],
    "Canonical": ["", "a b", " a", "a\n"],
    "Code": ["", " a", "a ", "a  b", "a\tb ", "a\n"],
    "Date": [
        *("", "24", "2024-13", "2024-00", "2024-02-30", "2023-02-29", "1900-02-29", "2100-02-29", "2024-04-31"),
        *("2024-1-1", "0000", "0000-01-01", "2024-01-01T00:00:00Z", "20240101", " 2024", "2024\n", "２０２４", 2024),
    ],
    "DateTime": [
        *("2024-02-30", "2024-02-30T00:00:00Z", "2024-01-01T00:00:00", "2024-01-01T24:00:00Z", "2024-01-01T00:00Z"),
        *("2024-01-01 00:00:00Z", "2024-01-01T00:00:00+15:00", "2024-01-01T00:00:00+08", "2024-01-01T00:00:61Z"),
        *("2024-01-01T00:00:00,5Z", "2024-01T00:00:00Z", "2024-W01-1", "2024-01-01T00:00:00.Z", "2024-01-01T00:60:00Z"),
    ],
    "Decimal": ["1.0", "NaN", True, None, {"value": 1}],
    "Id": ["", "a/b", "a_b", "0" * 65, "中", "a b", "a\n"],
    "Instant": ["2024", "2024-02-29", "2024-02-29T08:30:00", "2023-02-29T08:30:00Z", "2024-02-29T08:30Z"],
    "Integer": [2**31, -(2**31) - 1, "1", 1.5, 10**40],
    "Markdown": ["", 1],
    "Oid": ["1.2.3", "urn:oid:3.1", "urn:oid:1.02", "urn:oid:1.", "urn:oid:1"],
    "PositiveInt": [0, -1, 2**31],
    "String": ["", "a\u0000b", "\u0008", "\u001f", LONG + "x", 5, ["a"]],
    "Time": ["24:00:00", "8:00:00", "08:00", "08:00:00Z", "08:00:00."],
    "UnsignedInt": [-1, 2**31],
    "Uri": ["", "a b", " a", "a\t"],
    "Url": ["", "http://a b"],
    "Uuid": ["urn:uuid:C757873D-EC9A-4326-A141-556F43239520", "c757873d-ec9a-4326-a141-556f43239520", "urn:uuid:1"],
}


def body_with(type: str, value: Any) -> bytes:
    """A resource that holds the value as an extension of that type."""
    extension = {"url": "http://example.org/x", f"value{type}": value}
    return json.dumps({"resourceType": "Basic", "extension": [extension], "code": {"text": "x"}}).encode()


def cases(table: dict[str, list[Any]]) -> list[Any]:
    return [pytest.param(type, value, id=f"{type}-{str(value)[:40]!r}") for type in table for value in table[type]]


@pytest.mark.parametrize(("type", "value"), cases(GOOD))
def test_a_good_value_comes_back_as_it_was(type: str, value: Any) -> None:
    body = body_with(type, value)
    assert json.loads(encode(decode(body))) == json.loads(body)


@pytest.mark.parametrize(("type", "value"), cases(BAD))
def test_a_bad_value_is_refused_at_its_place(type: str, value: Any) -> None:
    with pytest.raises(Fault) as caught:
        decode(body_with(type, value))
    assert caught.value.where == f"Basic.extension[0].value{type}"
    assert caught.value.text("zh")
    assert caught.value.advice("en")


@pytest.mark.parametrize("id", ["a/b", "", "x" * 65, "病人"])
def test_the_logical_id_of_a_resource_is_checked_too(id: str) -> None:
    with pytest.raises(Fault) as caught:
        decode(json.dumps({"resourceType": "Patient", "id": id}).encode())
    assert caught.value.where == "Patient.id"


@pytest.mark.parametrize(
    ("field", "bad", "code"),
    [
        ("birthDate", "2024-02-30", "FHIR-034"),
        ("birthDate", "2024-13", "FHIR-034"),
        ("deceasedDateTime", "2023-02-29T00:00:00Z", "FHIR-035"),
        ("implicitRules", "a b", "FHIR-032"),
        ("language", " zh", "FHIR-033"),
    ],
)
def test_types_with_and_without_checks_of_their_own_hold_to_the_same_forms(field: str, bad: str, code: str) -> None:
    """Extensions are checked by patterns, most resources by functions; both must refuse."""
    with pytest.raises(Fault) as caught:
        decode(json.dumps({"resourceType": "Patient", field: bad}).encode())
    assert (caught.value.code, caught.value.where) == (code, f"Patient.{field}")


@given(st.dates())
def test_every_day_of_the_calendar_is_a_date(day: date) -> None:
    assert is_valid("date", day.isoformat())
    assert is_valid("dateTime", f"{day.isoformat()}T00:00:00Z")


@given(st.integers(1, 9999), st.integers(0, 13), st.integers(0, 32))
def test_a_day_is_a_date_exactly_where_the_calendar_has_it(year: int, month: int, day: int) -> None:
    try:
        date(year, month, day)
        exists = True
    except ValueError:
        exists = False
    assert is_valid("date", f"{year:04}-{month:02}-{day:02}") is exists


@pytest.mark.parametrize("text", ["1.10", "0.0", "-0.00", "1e3", "1.0E-8", "100", "0.1234567890123456789", "-5"])
def test_a_decimal_keeps_its_precision(text: str) -> None:
    body = b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":%s}}'
    resource: Any = decode(body % text.encode())
    assert resource.valueQuantity.value.as_tuple() == Decimal(text).as_tuple()
    again: Any = decode(encode(resource))
    assert again.valueQuantity.value.as_tuple() == Decimal(text).as_tuple()


@pytest.mark.parametrize("text", ["1e400", "1e-401", "1e99999999999999999999", "0e9999", "1" * 401, "1" * 5000])
def test_a_decimal_no_computation_could_hold_is_refused(text: str) -> None:
    with pytest.raises(Fault) as caught:
        decode(body_with("Decimal", 7).replace(b": 7", b": " + text.encode()))
    assert (caught.value.code, caught.value.where) == ("FHIR-018", "Basic.extension[0].valueDecimal")


def test_a_control_character_is_refused_but_its_name_in_text_is_not() -> None:
    body = b'{"resourceType":"Patient","name":[{"text":"%s"}]}'
    assert decode(body % rb"a\\u0001b")
    with pytest.raises(Fault) as caught:
        decode(body % rb"a\u0001b")
    assert (caught.value.code, caught.value.where) == ("FHIR-021", "Patient.name[0].text")
