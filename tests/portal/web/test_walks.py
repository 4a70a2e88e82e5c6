"""What people do: find, be told, administer; by keys where there are keys."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import requests
from tests.portal.conftest import Running
from tests.portal.web.conftest import Screen, sign_in, token_of

from minkang.access import program_access
from minkang.access.audit import AuditEntry, AuditTrail
from minkang.jobs.board import Board
from minkang.portal.web.notices import store


def test_finding_by_keys(running: Running, browser: Any, person: str, hospital: str) -> None:
    """`/` opens the field, arrows walk through what was found, Enter goes; Escape closes; `g d` goes to the data."""
    screen = Screen(browser, running, "zh-CN", 1920)
    screen.sign_in()
    page = screen.page
    page.keyboard.press("/")
    page.wait_for_selector("#palette[open] .found a")
    page.keyboard.type("寅寺镇")
    page.wait_for_selector(f"#palette-found a[href='/institutions/{hospital}']")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/institutions/{hospital}")
    screen.check("寅寺镇卫生院")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette[open]")
    page.keyboard.press("Escape")
    page.wait_for_selector("#palette:not([open])", state="attached")
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url("**/records")
    page.keyboard.press("?")
    page.wait_for_selector("#keys[open]")
    screen.check(screen.says("areas.data"))


def test_finding_without_scripts(session: requests.Session, running: Running, person: str) -> None:
    """A person by name or by the beginning of it, a page in the other language, a record by its address."""
    for text, address in (("欧阳若兰", f"/records/Patient/{person}"), ("欧", f"/records/Patient/{person}"),
                          ("audit", "/administration/audit"), (f"Patient/{person}", f"/records/Patient/{person}"),
                          ("Observ", "/records/Observation")):  # fmt: skip
        assert f'href="{address}"' in session.get(f"{running.base}/find", params={"q": text}, timeout=20).text, text
    nothing = session.get(f"{running.base}/find", params={"q": "<b>查无此人</b>", "part": "1"}, timeout=20).text
    assert "没有找到" in nothing
    assert "<b>" not in nothing


def test_the_keyboard_reaches_everything_of_a_page(running: Running, browser: Any) -> None:
    """Tab walks from the skip link over bar and filters to the rows as they are seen, and every stop shows."""
    screen = Screen(browser, running, "en", 1920)
    screen.sign_in()
    screen.go("/regions")
    seen = []
    for _ in range(60):
        screen.page.keyboard.press("Tab")
        stop = screen.page.evaluate(
            "(() => { const a = document.activeElement, r = a.getBoundingClientRect();"
            "const part = a.closest('header, .filters, .listing-tools, .listing-rows, footer');"
            "return [a.className, part?.className ?? '',"
            "r.width * r.height > 0, getComputedStyle(a).outlineStyle] })()"
        )
        seen.append(stop)
        assert stop[2], stop
        assert stop[3] != "none", stop
        if stop[1] == "listing-rows":
            break
    assert seen[0][0] == "skip"
    places = [stop[1] for stop in seen]
    assert places.index("bar") < places.index("filters") < places.index("listing-tools") < places.index("listing-rows")


def test_an_account_from_its_first_day_to_its_last(running: Running, session: requests.Session) -> None:
    """Added with its errors beside the field, told so, shut out; then its owner cannot sign in."""
    base = f"{running.base}/administration/accounts"
    page = session.get(f"{base}/add", timeout=20).text
    form = {"csrfmiddlewaretoken": token_of(page), "username": "bad name", "last_name": "规划科王"}
    refused = session.post(f"{base}/add", form, timeout=20)
    assert refused.status_code == 422
    assert 'aria-invalid="true"' in refused.text
    assert 'value="规划科王"' in refused.text
    assert "已存在" in session.post(f"{base}/add", form | {"username": "Admin"}, timeout=20).text
    made = session.post(f"{base}/add", form | {"username": "wang"}, timeout=20).text
    first = re.search(r"密码:(\S+?)<", made)
    change = re.search(r'action="(/administration/accounts/\d+/change)"', made)
    assert first
    assert change
    owner = requests.Session()
    login = owner.get(f"{running.base}/login", headers={"Accept-Language": "zh"}, timeout=20).text
    assert "未读通知" in sign_in(owner, running, login, "wang", first[1]).text
    assert "为您开通了账号" in owner.get(f"{running.base}/notices", headers={"Accept-Language": "zh"}, timeout=20).text
    assert (
        "opened this account"
        in owner.get(f"{running.base}/notices", headers={"Accept-Language": "en"}, timeout=20).text
    )
    token = {"csrfmiddlewaretoken": token_of(made)}
    session.post(f"{running.base}{change[1]}", token | {"change": "shut"}, timeout=20)
    again = requests.Session()
    login = again.get(f"{running.base}/login", timeout=20).text
    assert 'role="alert"' in sign_in(again, running, login, "wang", first[1]).text
    own = session.post(f"{base}/1/change", token | {"change": "shut"}, timeout=20)
    assert own.status_code == 409


def test_notices_are_counted_until_read(running: Running, session: requests.Session) -> None:
    store.tell(running.database, ["admin"], "notices.password_reset", address="/work", by="测试员")
    page = session.get(f"{running.base}/notices", timeout=20).text
    assert "测试员" in page
    assert 'class="count"' in page
    session.post(f"{running.base}/notices/read", {"csrfmiddlewaretoken": token_of(page)}, timeout=20)
    assert 'class="count"' not in session.get(f"{running.base}/notices", timeout=20).text


def test_long_work_is_listed_with_its_progress(running: Running, session: requests.Session) -> None:
    """Exports of programs and jobs of the queue stand in one list; a part of it is what the page refreshes."""
    kick = running.call("GET", "/$export?_type=Basic", prefer="respond-async", accept="application/fhir+json")
    assert kick.status_code == 202, kick.text
    board = Board(running.database)
    board.ask(990_001, "test.long", "account:admin", {})
    board.begin(990_001, "test.long")
    board.progress(990_001, 42, 100)
    part = session.get(f"{running.base}/work?part=1", timeout=20).text
    assert "批量导出" in part
    assert 'value="42"' in part
    assert "data-refresh" in session.get(f"{running.base}/work", timeout=20).text


def test_the_audit_trail_can_be_searched(running: Running, session: requests.Session, person: str) -> None:
    """Who looked at a record; the search itself leaves a row; a bad day is said beside the table."""
    session.get(f"{running.base}/records/Patient/{person}", timeout=20)
    page = session.get(f"{running.base}/administration/audit?f.id={person}&f.interaction=read", timeout=20).text
    assert "account:admin" in page[page.index('id="table-audit"') :]
    with running.database.connection() as connection:
        row = connection.execute(
            "SELECT query FROM access_audit WHERE interaction = 'audit' ORDER BY at DESC LIMIT 1"
        ).fetchone()
    assert row is not None
    assert f"id={person}" in row[0]
    wrong = session.get(f"{running.base}/administration/audit?f.at.from=yesterday", timeout=20)
    assert (wrong.status_code, "WEB-014" in wrong.text) == (400, True)
    trail = AuditTrail(running.database)
    for number in range(70):
        trail.write(AuditEntry(program_access("test"), "count", count=number))
    pages, address = [], f"{running.base}/administration/audit?size=20"
    for _ in range(3):
        text = session.get(address, timeout=20).text
        pages.append(re.findall(r'<time datetime="([^"]+)"', text[text.index("<tbody") : text.index("</tbody")]))
        following = re.search(r'href="([^"]+)" hx-get="[^"]+" rel="next"', text)
        assert following
        address = f"{running.base}/administration/audit" + following[1].replace("&amp;", "&")
    times = [one for page in pages for one in page]
    assert times == sorted(times, reverse=True)


@pytest.mark.usefixtures("libraries")
def test_charts_are_drawn_and_are_tables_too(running: Running, browser: Any) -> None:
    """Each chart has a canvas with something on it; T opens its table; its data is well-formed JSON."""
    screen = Screen(browser, running, "zh-CN", 1920)
    screen.sign_in()
    screen.go("/design")
    page = screen.page
    page.wait_for_selector("#charts canvas")
    assert page.locator("#charts canvas").count() == 3
    drawn = page.evaluate("document.querySelector('#charts canvas').toDataURL().length")
    assert drawn > 5000
    page.focus("#charts .canvas >> nth=0")
    page.keyboard.press("t")
    assert page.locator("#charts .chart-table").first.is_visible()
    assert "92.4" in page.inner_text("#charts .chart-table >> nth=0")
    assert json.loads(page.inner_text("#trajectory"))["target"] == 93.0
    with page.expect_download() as saved:
        page.click("#charts [data-act=csv] >> nth=0")
    assert saved.value.suggested_filename == "trajectory.csv"
    screen.check()
