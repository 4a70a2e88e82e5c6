"""The one table: its address, its files, its parts, its keys, with 0 and 10,000 rows."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qs

import openpyxl
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from tests.portal.conftest import Running
from tests.portal.web.conftest import Screen, token_of

from minkang.portal.web.components import State, StateChip
from minkang.portal.web.tables import Column, Link, ListSource, TableQuery
from minkang.portal.web.tables import address as addresses
from minkang.portal.web.tables.export import _harmless, all_rows

COLUMNS = (
    Column("name", "名称", sortable=True, filter="text"),
    Column("state", "状态", "state", filter="choice"),
    Column("value", "数值", "number", sortable=True, filter="range"),
    Column("day", "日期", "date", sortable=True, filter="dates"),
    Column("hidden", "内部", shown=False),
)
ROWS = [
    {"name": Link("南站镇", "/a"), "state": StateChip(State.MET), "value": 3.5, "day": date(2025, 6, 30)},
    {"name": "军屯乡", "state": StateChip(State.AT_RISK), "value": None, "day": date(2025, 7, 1)},
    {"name": "Baishi", "state": StateChip(State.MET), "value": 12, "day": date(2024, 12, 31)},
]


def names(**asked: Any) -> list[str]:
    return [str(row["name"]) for row in ListSource("t", COLUMNS, ROWS).rows(TableQuery(**asked)).rows]


def test_a_list_is_sorted_with_empty_values_last() -> None:
    """Numbers by size and not as text; what has no value stands last in both directions."""
    assert names(sort="value") == ["南站镇", "Baishi", "军屯乡"]
    assert names(sort="value", descending=True) == ["Baishi", "南站镇", "军屯乡"]
    assert names(sort="day") == ["Baishi", "南站镇", "军屯乡"]


def test_a_list_is_filtered() -> None:
    """Text by any part whatever the case, choices exactly, ranges and days with both ends."""
    assert names(filters={"name": "BAI"}) == ["Baishi"]
    assert names(filters={"state": "met"}) == ["南站镇", "Baishi"]
    assert names(filters={"value.from": "3.5", "value.to": "11"}) == ["南站镇"]
    assert names(filters={"day.from": "2025-06-30", "day.to": "2025-06-30"}) == ["南站镇"]
    assert names(filters={"value.from": "many"}) == []


@given(
    st.dictionaries(st.sampled_from(["f.name", "f.value.from", "f.day.to", "sort", "size", "after", "columns", "x"]),
                    st.text(max_size=8), max_size=6)
)  # fmt: skip
def test_an_address_says_what_it_was_made_of(given: dict[str, str]) -> None:
    """Reading the link of what was read gives the same, whatever somebody types into an address."""
    first = addresses.read([(name, [value]) for name, value in given.items()], COLUMNS)
    again = addresses.read(parse_qs(first.link(after=first.query.after)[1:]).items(), COLUMNS)
    assert (again.query, again.chosen) == (first.query, first.chosen)


def test_what_is_not_the_tables_is_kept() -> None:
    """Parameters of the page and of another table stay in every link; another order begins at the top."""
    read = addresses.read(parse_qs("q=1&b.sort=name&f.name=x&after=50&sort=value").items(), COLUMNS)
    assert read.query.after == "50"
    assert read.link(sort="-value") == "?q=1&b.sort=name&f.name=x&sort=-value"
    other = addresses.read(parse_qs("q=1&b.sort=name&f.name=x").items(), COLUMNS, "b.")
    assert (other.query.sort, other.query.filters) == ("name", {})


def test_a_file_has_all_rows_of_all_pages() -> None:
    """Exports walk through the pages of a source, each row once."""
    rows = [{"name": str(number)} for number in range(2500)]
    found = list(all_rows(ListSource("t", COLUMNS, rows), TableQuery(size=1000)))
    assert [row["name"] for row in found] == [str(number) for number in range(2500)]


@pytest.mark.parametrize(
    ("text", "kept"), [("=1+1", "'=1+1"), ("-3.5", "-3.5"), ("-x", "'-x"), ("@a", "'@a"), ("a", "a")]
)
def test_no_cell_becomes_a_formula(text: str, kept: str) -> None:
    """CWE-1236: text that a spreadsheet would run is quoted; negative numbers are left alone."""
    assert _harmless(text) == kept


def test_files_of_the_sample(session: requests.Session, running: Running) -> None:
    """CSV and Excel hold the same: the filtered rows and the chosen columns, numbers as numbers, times local."""
    asked = f"{running.base}/design?rows=300&f.town=南旺镇&columns=name,value,at&sort=-value&export="
    text = session.get(asked + "csv", timeout=30)
    assert text.headers["Content-Disposition"] == 'attachment; filename="sample.csv"'
    assert text.content.startswith("\ufeff".encode())
    listed = list(csv.reader(io.StringIO(text.content.decode("utf-8-sig"))))
    book = openpyxl.load_workbook(io.BytesIO(session.get(asked + "xlsx", timeout=30).content)).active
    cells = list(book.iter_rows(values_only=True))
    assert len(listed) == len(cells) == 21
    assert listed[0] == list(cells[0])
    values = [row[1] for row in cells[1:] if row[1] is not None]
    assert values == sorted(values, reverse=True)
    assert float(listed[1][1]) == cells[1][1]
    assert isinstance(cells[1][2], datetime)
    local = datetime.fromisoformat(listed[1][2])
    assert (local - datetime(2025, 1, 1, 8)).total_seconds() % (17 * 60) == 0


def test_a_part_is_the_table_alone(session: requests.Session, running: Running) -> None:
    """htmx gets the table without its page, the same address gives a browser the page with the table in it."""
    address = f"{running.base}/design?rows=120&after=50"
    part = session.get(address, headers={"HX-Request": "true", "HX-Target": "table-sample"}, timeout=30).text
    assert part.lstrip().startswith("<section")
    assert "<html" not in part
    whole = session.get(address, timeout=30).text
    assert re.findall(r"<td[^>]*>", part) == re.findall(r"<td[^>]*>", whole[whole.index('id="table-sample"') :])
    assert "51–100" in part.replace("\u2009", "")


@pytest.mark.parametrize("rows", [0, 10_000])
def test_none_and_ten_thousand_rows(session: requests.Session, running: Running, rows: int) -> None:
    """An empty table says why; a long one stays one page of fifty."""
    answer = session.get(f"{running.base}/design?rows={rows}", timeout=30)
    listing = answer.text[answer.text.index('id="table-sample"') :]
    assert listing.count("<tr>") == (51 if rows else 0)
    assert ("10\u2009000" in listing) is bool(rows)
    assert answer.elapsed.total_seconds() < 5


def test_a_view_is_kept_for_its_account(session: requests.Session, running: Running) -> None:
    """A name, an address; the same name replaces; removed it is gone; a name too long is refused."""
    page = session.get(f"{running.base}/records", timeout=20).text
    form = {
        "csrfmiddlewaretoken": token_of(page),
        "page": "/records#types",
        "name": "我的视图",
        "address": "?sort=count",
        "next": "/records",
    }
    for address in ("?sort=count", "?sort=-count"):
        assert session.post(f"{running.base}/views", form | {"address": address}, timeout=20).url.endswith("/records")
    page = session.get(f"{running.base}/records", timeout=20).text
    assert page.count(">我的视图</a>") == 1
    assert 'href="?sort=-count">我的视图' in page
    number = re.search(r'name="remove" value="(\d+)"', page)
    assert number
    session.post(f"{running.base}/views", form | {"remove": number[1]}, timeout=20)
    assert "我的视图" not in session.get(f"{running.base}/records", timeout=20).text
    assert session.post(f"{running.base}/views", form | {"name": "长" * 61}, timeout=20).status_code == 422
    assert session.post(f"{running.base}/views", form | {"address": "//evil"}, timeout=20).status_code == 422


def test_a_table_by_keys_and_without_scripts(running: Running, browser: Any) -> None:
    """Sorting refreshes the table alone and the address says so; arrows walk; Back undoes. Then all by links."""
    screen = Screen(browser, running, "en", 1920)
    screen.sign_in()
    screen.go("/design?rows=120")
    page = screen.page
    page.evaluate("document.querySelector('h1').dataset.same = 'yes'")
    page.click("#table-sample thead a >> nth=2")
    page.wait_for_selector("#table-sample th[aria-sort=ascending]")
    assert "sort=value" in page.url
    assert page.get_attribute("h1", "data-same") == "yes"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    first = page.evaluate("document.activeElement.closest('tr')?.rowIndex")
    page.keyboard.press("End")
    last = page.evaluate("document.activeElement.closest('tr')?.rowIndex")
    assert (first, last) == (2, 50)
    page.go_back()
    page.wait_for_selector("#table-sample th[aria-sort]", state="detached")
    screen.check()
    plain = Screen(browser, running, "zh-CN", 1920, java_script_enabled=False)
    plain.sign_in()
    plain.go("/design?rows=120")
    plain.page.click("#table-sample a[rel=next]")
    assert "51–100" in plain.page.inner_text("#table-sample .count-words")
    plain.page.fill("#sample_f\\.name", "120")
    plain.page.click(".filters .main-action")
    assert plain.page.locator("#table-sample tbody tr").count() == 1
    assert plain.page.locator("#charts table").first.is_hidden()
    plain.page.click("#charts summary >> nth=0")
    assert plain.page.locator("#charts table").first.is_visible()
