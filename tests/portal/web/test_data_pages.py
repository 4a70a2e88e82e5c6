"""The pages of the lake, on a real server: the catalogue, a query, its files, its chart, and what it may not do."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
import requests
from openpyxl import load_workbook
from tests.portal.conftest import Running
from tests.portal.test_rest import new_id, patient
from tests.portal.web.conftest import Screen, sign_in, token_of
from tests.portal.web.test_every_page import add_account, look

from minkang.access import program_access
from minkang.lake.refresh import Refresher
from minkang.lake.snapshots import Folder
from minkang.lake.source import StoreSource
from minkang.lake.tables import standard_tables
from minkang.records.postgres import PostgresRepository
from minkang.records.search import Limits, PostgresSearch

COUNT = "SELECT gender, count(*) AS n FROM patient GROUP BY ALL ORDER BY gender"


@pytest.fixture(scope="module")
def named(running: Running) -> str:
    """A patient with a whole name, as the view of the lake reads it."""
    id = new_id()
    running.call("PUT", f"/Patient/{id}", patient(id=id, name=[{"text": "欧阳若兰"}], gender="female"))
    return id


@pytest.fixture(scope="module")
def lake(running: Running, person: str, named: str) -> Iterator[str]:
    """A lake with one table; its name. Before the fixture there is none."""
    repository = PostgresRepository(running.database, PostgresSearch(Limits()))
    folder = Path(running.environment["MINKANG_HOME"]) / "lake"
    tables = {"patient": standard_tables()["patient"]}
    source = StoreSource(repository, running.database, program_access("lake"))
    Refresher(Folder(folder), source, tables=tables).run()
    yield "patient"
    shutil.rmtree(folder)


def asked(running: Running, query: str) -> int:
    """How often the audit trail has a query."""
    with running.database.singly() as connection:
        told = connection.execute("SELECT count(*) FROM access_audit WHERE query = %s", (query,)).fetchone()
    assert told is not None
    return int(told[0])


def sql(query: str, **more: str) -> str:
    """The address of a query."""
    return "/data/sql?q=" + quote(query) + "".join(f"&{name}={value}" for name, value in more.items())


def test_without_a_lake_the_pages_say_what_to_do(session: requests.Session, running: Running) -> None:
    """Runs first: an empty state with its one next step, and no failure."""
    for path in ("/data/catalogue", "/data/sql", sql("SELECT 1")):
        answer = session.get(f"{running.base}{path}", timeout=20)
        assert answer.status_code == 200, path
        assert "数据湖尚未建立" in answer.text


@pytest.mark.parametrize(("language", "width"), [("zh-CN", 360), ("en", 1920)])
def test_each_page_of_the_lake(  # noqa: PLR0917 - fixtures
    running: Running, browser: Any, axe: str, lake: str, person: str, language: str, width: int
) -> None:
    screen = Screen(browser, running, language, width, color_scheme="dark" if width < 400 else "light")
    screen.sign_in()
    addresses = [
        "/data/catalogue", f"/data/catalogue/{lake}", f"/data/catalogue/{lake}?id={person}",
        f"/data/catalogue/{lake}?show=aside", "/data/sql", sql(COUNT, show="bar"), sql("SELECT * FROM patient"),
    ]  # fmt: skip
    for path in addresses:
        look(screen, path, axe)
        assert not re.search(r"\b(desk|shelf)\.[a-z_]+\b", screen.page.inner_text("body")), path


def test_a_query_is_answered_charted_and_exported(session: requests.Session, running: Running, lake: str) -> None:
    """The table, the chart's values, and the same rows as CSV, workbook and Parquet; each query is audited."""
    before = asked(running, f"lake:sql:3:{COUNT}")
    page = session.get(f"{running.base}{sql(COUNT, show='bar')}", timeout=30).text
    assert 'data-chart="result"' in page
    assert re.search(r"[1-4] 行,用时", page)
    files = {
        kind: session.get(f"{running.base}{sql(COUNT, file=kind)}", timeout=30) for kind in ("csv", "xlsx", "parquet")
    }
    rows = pq.read_table(io.BytesIO(files["parquet"].content)).to_pylist()
    lines = list(csv.reader(io.StringIO(files["csv"].content.decode())))
    assert lines[1:] == [[row["gender"] or "", str(row["n"])] for row in rows]
    sheet: Any = load_workbook(io.BytesIO(files["xlsx"].content)).active
    assert [tuple(row.values()) for row in rows] == list(sheet.iter_rows(min_row=2, values_only=True))
    assert asked(running, f"lake:sql:3:{COUNT}") == before + 4


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("SELECT * FROM read_csv('/etc/passwd')", 403, "LAKE-009"),
        ("DELETE FROM patient", 403, "LAKE-009"),
        ("SELECT nothing FROM patient", 400, "LAKE-008"),
        ("SELECT name FROM patient", 400, "LAKE-008"),
        ("SELECT " + "1," * 2000 + "1", 413, "SHELF-001"),
    ],
)
def test_a_query_stays_within_the_lake(  # noqa: PLR0917 - parameters
    session: requests.Session, running: Running, lake: str, query: str, status: int, said: str
) -> None:
    """Files, changes, and columns above the level are refused in words; the query stays in its field."""
    answer = session.get(f"{running.base}{sql(query)}", timeout=30)
    assert answer.status_code == status
    assert said in answer.text
    assert answer.text.count("<textarea") == 1


def test_identifying_columns_come_only_when_asked_for(
    session: requests.Session, running: Running, lake: str, named: str
) -> None:
    """Level 4 shows names, and the audit trail says so."""
    query = f"SELECT id, name FROM patient WHERE id = '{named}'"
    page = session.get(f"{running.base}{sql(query, level='4')}", timeout=30).text
    assert "欧阳若兰" in page
    assert f'href="/records/Patient/{named}"' in page
    assert asked(running, f"lake:sql:4:{query}") == 1


def test_a_query_is_kept_and_forgotten(session: requests.Session, running: Running, lake: str) -> None:
    page = session.get(f"{running.base}{sql(COUNT)}", timeout=30).text
    keep = re.search(r'name="page" value="([^"]*#queries)"><input type="hidden" name="address" value="([^"]*)"', page)
    assert keep
    form = {"page": keep[1], "address": keep[2].replace("&amp;", "&"), "name": "按性别", "next": "/data/sql"}
    session.post(f"{running.base}/views", form | {"csrfmiddlewaretoken": token_of(page)}, timeout=20)
    kept = session.get(f"{running.base}/data/sql", timeout=20).text
    found = re.search(r'<a href="(\?q=[^"]*)">按性别</a>', kept)
    assert found
    again = session.get(f"{running.base}/data/sql{found[1].replace('&amp;', '&')}", timeout=30)
    assert re.search(r"[1-4] 行,用时", again.text)


def test_a_row_leads_back_to_its_record(session: requests.Session, running: Running, lake: str, person: str) -> None:
    page = session.get(f"{running.base}/data/catalogue/{lake}?id={person}", timeout=30).text
    assert f'href="/records/Patient/{person}"' in page
    columns = session.get(f"{running.base}/data/catalogue/{lake}", timeout=30).text
    assert "DE02.01.039.00" in columns


def test_only_administrators_query_the_lake(running: Running, lake: str) -> None:
    add_account(running, "lake-clerk", "Quiet-Heron-73")
    made = requests.Session()
    sign_in(made, running, made.get(f"{running.base}/login", timeout=20).text, "lake-clerk", "Quiet-Heron-73")
    for path in ("/data/catalogue", f"/data/catalogue/{lake}", "/data/sql", sql(COUNT)):
        assert made.get(f"{running.base}{path}", timeout=20).status_code == 403, path
