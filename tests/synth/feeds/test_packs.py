"""Files of messages: what goes in comes out, and the same input gives the same bytes."""

import csv
import zipfile
from contextlib import closing
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from minkang.synth.feeds.packs import cut, write_pack
from minkang.synth.feeds.telling import Feed, Pack
from minkang.synth.feeds.workbook import _letters, write_workbook

COLUMNS = ("编号", "姓名", "说明")
ROWS = [("001", "王芳", "a<b & \"c\""), ("002", "", "逗号,引号\"")]  # fmt: skip
LINES = [("001", '001,王芳,"a<b & ""c"""\r\n'.encode()), ("002", '002,,"逗号,引号"""\r\n'.encode())]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_table_is_read_back_in_its_encoding(tmp_path: Path, encoding: str) -> None:
    place = tmp_path / "a.csv"
    write_pack(place, Feed("csv/x", Pack.CSV, columns=COLUMNS), Pack.CSV, LINES, encoding)
    text = place.read_bytes().decode("utf-8-sig" if encoding == "utf-8" else encoding)
    assert [tuple(row) for row in csv.reader(text.splitlines())] == [COLUMNS, *ROWS]
    assert (place.read_bytes()[:3] == b"\xef\xbb\xbf") == (encoding == "utf-8")


def test_another_separator(tmp_path: Path) -> None:
    place = tmp_path / "a.csv"
    write_pack(place, Feed("csv/x", Pack.CSV, columns=COLUMNS, separator="|"), Pack.CSV, LINES, "gb18030")
    rows = csv.reader(place.read_bytes().decode("gb18030").splitlines(), delimiter="|")
    assert [tuple(row) for row in rows] == [COLUMNS, *ROWS]


def test_a_workbook_is_read_by_two_libraries(tmp_path: Path) -> None:
    place = tmp_path / "a.xlsx"
    write_pack(place, Feed("csv/x", Pack.CSV, columns=COLUMNS), Pack.XLSX, LINES, "")
    with closing(openpyxl.load_workbook(place, read_only=True)) as book:
        found = [tuple(cell or "" for cell in row) for row in book.active.iter_rows(values_only=True)]
    assert found == [COLUMNS, *ROWS]
    rows = CalamineWorkbook.from_path(str(place)).get_sheet_by_index(0).to_python()
    assert [tuple(row) for row in rows] == [COLUMNS, *ROWS]
    first = place.read_bytes()
    write_workbook(place, [COLUMNS, *ROWS])
    assert place.read_bytes() == first


@given(st.integers(0, 26 * 27 - 1))
def test_columns_have_the_names_of_spreadsheets(column: int) -> None:
    assert _letters(column) == openpyxl.utils.get_column_letter(column + 1)


def test_documents_of_one_name_stay_apart(tmp_path: Path) -> None:
    """A duplicate of a document is a second entry."""
    place = tmp_path / "a.zip"
    write_pack(place, Feed("cda", Pack.ZIP), Pack.ZIP, [("d1", b"<a/>"), ("d2", b"<b/>"), ("d1", b"<a/>")], "")
    with zipfile.ZipFile(place) as archive:
        assert archive.namelist() == ["d1.xml", "d2.xml", "d1~2.xml"]
        assert archive.read("d1~2.xml") == b"<a/>"


def test_messages_follow_each_other(tmp_path: Path) -> None:
    place = tmp_path / "a.hl7"
    write_pack(place, Feed("hl7v2", Pack.MESSAGES), Pack.MESSAGES, [("1", b"MSH|1\r"), ("2", b"MSH|2\r")], "")
    assert place.read_bytes() == b"MSH|1\r\nMSH|2\r\n"
    cut(place, 0.5)
    assert place.read_bytes() == b"MSH|1\r\n"
