"""Numbers that carry their own check."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minkang.codes.identifiers import (
    CREDIT_ALPHABET,
    credit_check,
    id_check,
    narrow_id_card,
    organisation_check,
    parse_credit_code,
    parse_id_card,
    parse_institution_code,
    parse_organisation_code,
)
from minkang.errors import Fault


def test_the_worked_example_of_the_standard_is_read() -> None:
    card = parse_id_card(" 11010519491231002x ")
    assert (card.number, card.region, card.male) == ("11010519491231002X", "110105", False)
    assert card.born == date(1949, 12, 31)
    assert card.assigned_province


def test_fifteen_digits_are_widened_to_the_same_person() -> None:
    card = parse_id_card("110105491231002")
    assert card.number == "11010519491231002X"
    assert card.widened
    assert narrow_id_card(card.number) == "110105491231002"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1101051949123100", "CODES-001"),
        ("11010519491231002Y", "CODES-001"),
        ("１１010519491231002X", "CODES-001"),
        ("110105194902300021", "CODES-002"),
        ("110105194912310020", "CODES-003"),
        ("", "CODES-001"),
    ],
)
def test_a_bad_number_is_refused_for_what_is_wrong_with_it(text: str, code: str) -> None:
    with pytest.raises(Fault) as caught:
        parse_id_card(text, "Patient.identifier")
    assert caught.value.code == code
    assert not text or text not in str(caught.value), "a fault reaches logs and must not carry the number"


@given(
    st.from_regex(r"[1-6][0-9]{5}", fullmatch=True),
    st.dates(date(1900, 1, 1), date(2026, 1, 1)),
    st.integers(0, 999),
    st.integers(0, 16),
    st.integers(1, 9),
)
def test_any_single_wrong_digit_is_caught(region: str, born: date, sequence: int, place: int, shift: int) -> None:
    """GB 11643's check (ISO 7064 MOD 11-2) catches every single substitution."""
    first = f"{region}{born:%Y%m%d}{sequence:03d}"
    number = first + id_check(first)
    assert parse_id_card(number).born == born
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    with pytest.raises(Fault):
        parse_id_card(wrong)


def test_organisation_codes_of_the_standard() -> None:
    assert organisation_check("D2143569") == "X"
    assert organisation_check("M000100Y") == "4"
    assert parse_organisation_code("D2143569-X") == "D2143569X"
    with pytest.raises(Fault, match="CODES-005"):
        parse_organisation_code("D21435690")
    with pytest.raises(Fault, match="CODES-008"):
        parse_organisation_code("D2143")


def test_a_credit_code_is_read_into_its_parts() -> None:
    code = parse_credit_code("91350100m000100y43")
    assert (code.authority, code.region, code.organisation) == ("91", "350100", "M000100Y4")
    for text, fault in (("91350100M000100Y44", "CODES-007"), ("91350100M000100Y4", "CODES-006")):
        with pytest.raises(Fault, match=fault):
            parse_credit_code(text)
    with pytest.raises(Fault, match="CODES-005"):
        parse_credit_code("91350100M000100Y5" + credit_check("91350100M000100Y5"))


@given(st.text(CREDIT_ALPHABET, min_size=17, max_size=17), st.integers(0, 16), st.integers(1, 30))
def test_any_single_wrong_character_of_a_credit_code_changes_its_check(first: str, place: int, shift: int) -> None:
    other = CREDIT_ALPHABET[(CREDIT_ALPHABET.index(first[place]) + shift) % 31]
    assert credit_check(first[:place] + other + first[place + 1 :]) != credit_check(first)


def test_an_institution_code_is_read_into_its_parts() -> None:
    code = parse_institution_code("D2143569X37083011A1001")
    assert (code.organisation, code.region, code.ownership, code.category, code.profit) == (
        "D2143569X",
        "370830",
        "11",
        "A100",
        "1",
    )
    with pytest.raises(Fault, match="CODES-005"):
        parse_institution_code("D2143569037083011A1001")
    with pytest.raises(Fault, match="CODES-004"):
        parse_institution_code("D2143569X")
