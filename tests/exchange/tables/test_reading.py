"""Files as people really make them become rows; what cannot be read is told with its row, and the rest goes on."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from minkang.codes.translator import Translator
from minkang.errors import Fault
from minkang.exchange.message import Message, Rejected
from minkang.exchange.tables import lines, workbook
from minkang.exchange.tables.cells import read_moment, read_number
from minkang.exchange.tables.connector import Tables
from minkang.exchange.tables.loader import mapping

HEAD = "本人编号,姓名,性别,出生日期\r\n"


def cut(data: bytes, name: str = "p.csv") -> tuple[list[Message], list[Rejected]]:
    found = list(Tables(mapping("patients")).split(io.BytesIO(data), name, "h1"))
    return [one for one in found if isinstance(one, Message)], [one for one in found if isinstance(one, Rejected)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings_are_recognised(encoding: str) -> None:
    """Rare characters too, and a title above the head."""
    data = f"导出日期 2024-05-01,,,\r\n{HEAD}1,䶮王㐂,1,2020-01-01\r\n".encode(encoding)
    good, bad = cut(data)
    assert not bad
    assert [one.key for one in good] == ["p.csv#1"]
    assert "䶮王㐂" in good[0].body.decode()


def test_a_line_in_the_other_encoding_is_read_in_that() -> None:
    """Two exports pasted together."""
    good, bad = cut((HEAD + "1,王一,1,\r\n").encode() + "2,王二,1,\r\n".encode("gb18030"))
    assert (len(good), bad) == (2, [])


def test_one_stray_quote_costs_one_row() -> None:
    """The rows behind it are read, and a quoted line break stays within its cell."""
    good, bad = cut((HEAD + '1,"王"一,1,\r\n2,王二"三,1,\r\n3,"王\r\n三",1,\r\n4,王四,1,\r\n').encode())
    assert [one.key for one in good] == ["p.csv#3", "p.csv#4"]
    assert [one.fault.code for one in bad] == ["TABLES-013", "TABLES-013"]
    assert [one.place for one in bad] == ["p.csv, row 2", "p.csv, row 3"]


def test_a_torn_last_line_is_told_and_the_rest_kept() -> None:
    """Cut within a character, or before all columns are there."""
    whole = (HEAD + "1,王一,1,2020-01-01\r\n2,王二,1,2020-01-01\r\n").encode()
    good, bad = cut(whole[:-17])
    assert [one.key for one in good] == ["p.csv#1"]
    assert [one.fault.code for one in bad] == ["TABLES-012"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "TABLES-019"),
        ("甲,乙\r\n1,2\r\n".encode(), "TABLES-010"),
        (b"<html><table>", "TABLES-018"),
        (b"PK\x03\x04nothing", "TABLES-016"),
        (HEAD.encode() + b"1,a,b,c,d,e\r\n", "TABLES-011"),
        (HEAD.encode() + b"1,\xff\xff\xff,1,\r\n", "TABLES-014"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(data: bytes, code: str) -> None:
    """Each with advice in both languages."""
    _, bad = cut(data)
    assert [one.fault.code for one in bad] == [code]
    assert bad[0].fault.text("zh")
    assert bad[0].fault.advice("en")


def test_an_endless_line_is_refused_in_bounded_memory() -> None:
    """Of a line of 4 MB no more than a little over one is kept."""
    good, bad = cut(HEAD.encode() + b"9" * (4 << 20) + b"\r\n2,x,1,\r\n")
    assert [one.fault.code for one in bad] == ["TABLES-015"]
    assert len(bad[0].body) <= lines.LONGEST_LINE + 1
    assert [one.key for one in good] == ["p.csv#2"]


def book(rows: list[list[object]]) -> bytes:
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


@pytest.mark.parametrize("quick", [True, False])
def test_workbooks_are_read_both_ways_alike(quick: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once and row by row: titles above the head, numbers and dates as text, empty rows passed over."""
    from datetime import datetime

    monkeypatch.setattr(workbook, "QUICK_LIMIT", 1 << 40 if quick else 0)
    head: list[object] = ["本人编号", "姓名", "性别", "出生日期"]
    data = book([["名单"], [], head, [7, "王一", 1, datetime(2020, 3, 5)], [], ["8", "王二", "女", 43895]])
    good, bad = cut(data, "p.xlsx")
    assert not bad
    assert [one.place for one in good] == ["p.xlsx, Sheet row 4", "p.xlsx, Sheet row 6"]
    born = [Tables().convert(one, Translator()).drafts[0].body["birthDate"] for one in good]
    assert born == ["2020-03-05", "2020-03-05"]


def test_a_zip_bomb_is_refused_even_when_its_directory_lies() -> None:
    """The true size is counted, not the size that is written down."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * (64 << 20))
    data = bytearray(out.getvalue())
    central = data.rfind(b"PK\x01\x02")
    data[central + 24 : central + 28] = struct.pack("<I", 100)
    _, bad = cut(bytes(data), "bomb.xlsx")
    assert [one.fault.code for one in bad] == ["TABLES-017"]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2020-3-5", "2020-03-05"),
        ("2020年3月5日", "2020-03-05"),
        ("20200305", "2020-03-05"),
        ("2020/03/05 8:30", "2020-03-05T08:30:00+08:00"),
        ("20200305083015", "2020-03-05T08:30:15+08:00"),
        ("43895", "2020-03-05"),
        ("43895.5", "2020-03-05T12:00:00+08:00"),
        ("２０２０年３月５日 ８时３０分", "2020-03-05T08:30:00+08:00"),
        ("2020.3.5", "2020-03-05"),
        ("2020-03-05T08:30:00", "2020-03-05T08:30:00+08:00"),
    ],
)
def test_dates_are_read_as_people_write_them(text: str, moment: str) -> None:
    """Also full-width digits and the day numbers of Excel."""
    assert read_moment(text) == moment


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2020-02-30", "TABLES-021"),
        ("20201301", "TABLES-021"),
        ("昨天", "TABLES-020"),
        ("2020-03-05 25:00", "TABLES-021"),
        ("12", "TABLES-020"),
    ],
)
def test_what_is_no_date_is_refused(text: str, code: str) -> None:
    """With the code that tells a wrong day from what is no day at all."""
    with pytest.raises(Fault) as caught:
        read_moment(text)
    assert caught.value.code == code


def test_numbers_come_with_sign_and_unit() -> None:
    """And thousands separators; what is not finite is none."""
    assert read_number("<0.5 mg/L") == ("<", 0.5, "mg/L")
    assert read_number("1,234.50") == ("", 1234.5, "")
    for text in ("nan", "inf", "1e400", "abc", "--"):
        with pytest.raises(Fault):
            read_number(text)


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_bytes_give_rows_or_a_reject(data: bytes) -> None:
    """Behind a good head or alone: no crash, and every row that is not empty is either a message or a reject."""
    for whole in (data, HEAD.encode() + data):
        for one in Tables(mapping("patients")).split(io.BytesIO(whole), "f.csv", "h1"):
            assert isinstance(one, Message | Rejected)


@given(
    st.lists(st.lists(st.text(max_size=8), min_size=4, max_size=4), max_size=5), st.sampled_from(["utf-8", "gb18030"])
)
@settings(max_examples=100, deadline=None)
def test_what_a_csv_writer_writes_is_read_back(rows: list[list[str]], encoding: str) -> None:
    """Cell by cell, whatever quotes, separators and line breaks they hold (surrogates and NUL apart)."""
    import csv

    clean = [[cell.replace("\0", "").encode("utf-8", "ignore").decode() for cell in row] for row in rows]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerows(clean)
    read = [line.fields for line in lines.read_lines(io.BytesIO(out.getvalue().encode(encoding)))]
    assert len(read) >= len(clean) or any("\n" in cell or "\r" in cell for row in clean for cell in row)
    if not any(mark in cell for row in clean for cell in row for mark in ("\n", "\r")):
        assert read == clean
