"""What a registration wrote, brought to one form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minkang.codes.identifiers import id_check, narrow_id_card
from minkang.persons.normalise.dates import read_birth
from minkang.persons.normalise.documents import read_card, read_document, read_phone, sex_of
from minkang.persons.normalise.names import NOBODY, read_name
from minkang.persons.normalise.places import Places

GOOD = "11010519491231002X"


@pytest.mark.parametrize(
    ("written", "full"),
    [
        ("张三", "张三"),
        (" 张　三 ", "张三"),
        ("張學友", "张学友"),
        ("李明女士", "李明"),
        ("李四(孕妇)", "李四"),
        ("ＷＡＮＧ Ｗei", "wang wei"),
        ("买买提·艾力", "买买提艾力"),
        ("买买提•艾力", "买买提艾力"),
        ("买买提．艾力", "买买提艾力"),
        ("李子", "李子"),
        ("杜宝宝", "杜宝宝"),
    ],
)
def test_a_name_has_one_form(written: str, full: str) -> None:
    """Width, spaces, traditional characters, titles, brackets and kinds of dots make no difference."""
    assert read_name(written).full == full


@pytest.mark.parametrize(
    ("name", "surname", "sound"),
    [
        ("单雄信", "单", "shan xiong xin"),
        ("仇英", "仇", "qiu ying"),
        ("曾国藩", "曾", "zeng guo fan"),
        ("尉迟恭", "尉迟", "yu chi gong"),
        ("欧阳娜娜", "欧阳", "ou yang na na"),
        ("欧阳", "欧", "ou yang"),
    ],
)
def test_a_surname_is_read_its_own_way(name: str, surname: str, sound: str) -> None:
    """Surnames of two characters and of a special reading are known."""
    read = read_name(name)
    assert (read.surname, read.sound) == (surname, sound)


@pytest.mark.parametrize("written", ["不详", "无名氏", "未知", "无", "未取名", "某某", "-", "???", "unknown", "测试1"])
def test_a_placeholder_is_nobody(written: str) -> None:
    """What stands in place of a name is not compared."""
    assert read_name(written) == NOBODY


@pytest.mark.parametrize(
    ("written", "mother", "child", "order"),
    [
        ("王芳之子", "王芳", "son", ""),
        ("王芳之女", "王芳", "daughter", ""),
        ("王芳双大", "王芳", "child", "1"),
        ("王芳双小", "王芳", "child", "2"),
        ("王芳之次女", "王芳", "daughter", "2"),
        ("王芳双胞胎B", "王芳", "child", "2"),
    ],
)
def test_a_child_without_a_name_is_its_mothers(written: str, mother: str, child: str, order: str) -> None:
    """The note gives mother, sex and order, and no name that could be compared."""
    name = read_name(written)
    assert (name.full, name.mother, name.child, name.order) == ("", mother, child, order)


@pytest.mark.parametrize(
    "written", [GOOD, GOOD.lower(), f" {GOOD} ", "1101O5l949l231OO2X", "１１０１０５１９４９１２３１００２Ｘ"]
)
def test_a_card_is_read_through_its_usual_slips(written: str) -> None:
    """Lower case, spaces, full width, O for 0 and l for 1."""
    assert read_card(written).valid == GOOD


@given(st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_never_valid(place: int, by: int) -> None:
    """The check character finds every single wrong digit, and what was written is kept for comparison."""
    wrong = GOOD[:place] + str((int(GOOD[place]) + by) % 10) + GOOD[place + 1 :]
    card = read_card(wrong)
    assert not card.valid
    assert card.written == wrong


def test_fifteen_digits_are_the_same_card_but_prove_less() -> None:
    """The old number is widened, and marked, since it carries no check."""
    first17 = "37083019600101123"
    number = first17 + id_check(first17)
    card = read_card(narrow_id_card(number))
    assert (card.valid, card.short, read_card(number).short) == (number, True, False)


@pytest.mark.parametrize("written", ["", "0", "111111111111111111", "123456789012345678", "无", "000000000000000000"])
def test_a_filler_is_no_number(written: str) -> None:
    """One digit repeated, or counting up, says nothing."""
    assert read_card(written).written == ""


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("1962-03-05", "19620305"),
        ("19620305", "19620305"),
        ("1962年3月5日", "19620305"),
        ("1962/3/5 00:00:00", "19620305"),
        ("05/03/1962", "19620305"),
        ("1962-25-03", "19620325"),
        ("1962-13-32", ""),
        ("农历1962年3月5日", "19620409"),
        ("不详", ""),
        ("", ""),
    ],
)
def test_a_birth_date_in_any_form(written: str, day: str) -> None:
    """Forms, impossible months, and the lunar calendar where it is named."""
    assert read_birth(written).day == day


def test_a_placeholder_date_is_none() -> None:
    """1900-01-01 is what a form puts in, not a birth date."""
    assert read_birth("1900-01-01").filler
    assert read_birth("1900-01-01").day == ""


@pytest.mark.parametrize(
    ("written", "phone"),
    [("138 1234 5678", "13812345678"), ("+86-13812345678", "13812345678"), ("0537-7212345", "05377212345"),
     ("11111111111", ""), ("13800138000", ""), ("无", ""), ("370830196001011234", "")],
)  # fmt: skip
def test_telephones(written: str, phone: str) -> None:
    """Mobile and fixed numbers; defaults and junk say nothing."""
    assert read_phone(written) == phone


def test_places_are_found_by_their_names() -> None:
    """The longest names that fit into one another win; two villages of one name need their township."""
    places = Places({"370830": "汶上县", "370830001": "中都街道", "370830002": "南站街道", "370830001201": "李村委会",
                     "370830002201": "李村委会", "370830002202": "店南村委会"})  # fmt: skip
    assert places.code("山东省汶上县南站街道李村12号") == "370830002201"
    assert places.code("南站街道店南村委会") == "370830002202"
    assert places.code("汶上县李村") == "370830"
    assert places.code("某地", "370830001201") == "370830001201"
    assert places.code("") == ""


def test_sex_and_documents() -> None:
    """Codes and words; numbers too short to mean anything are none."""
    assert [sex_of(one) for one in ("1", "男", "F", "9", None)] == ["1", "1", "2", "", ""]
    assert read_document(" e-123 456 ") == "E123456"
    assert read_document("0000000") == ""


@given(st.text(max_size=30))
def test_no_text_breaks_the_readers(text: str) -> None:
    """Whatever is written, something is read."""
    read_name(text), read_card(text), read_birth(text), read_phone(text), read_document(text)
