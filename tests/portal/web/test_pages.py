"""The pages in a real browser: both languages, a phone and a wall, no script errors, nothing wider than the screen."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.portal.conftest import Running
from tests.portal.web.conftest import Screen, sign_in

from minkang.wording import words

SCREENS = [(language, width) for language in ("zh-CN", "en") for width in (360, 1920)]


@pytest.mark.parametrize(("language", "width"), SCREENS)
def test_a_walk_through_the_pages(running: Running, browser: Any, person: str, language: str, width: int) -> None:
    """Sign in, overview, search by name, the record, an earlier version, and out again."""
    screen = Screen(browser, running, language, width)
    screen.go("/records/Patient")
    screen.check(screen.says("sign_in"))
    screen.sign_in()
    screen.go("/")
    screen.check(screen.says("start_title"))
    assert "Patient" in screen.page.inner_text("section:has(> header #card-counts)")
    assert f"{running.base}/fhir" in screen.page.inner_text("section:has(> header #card-platform)")
    people = "居民 Patient" if screen.language == "zh" else "Patient"
    screen.page.click(f"section:has(> header #card-counts) a:text-is('{people}')")
    screen.check(people)
    screen.page.select_option("#parameter", "name")
    screen.page.fill("#value", "欧阳")
    screen.page.click(".criteria-form button")
    screen.check(people)
    assert "name=" in screen.page.url
    screen.page.click("tbody a:text-is('欧阳若兰')")
    screen.check("欧阳若兰")
    assert '"birthDate": "1980-01-02"' in screen.page.inner_text("pre")
    screen.page.click(f"a[href='/records/Patient/{person}/1']")
    screen.check("欧阳若兰")
    assert screen.says("old_version") in screen.page.inner_text("main")
    screen.page.click("[data-find]:visible")
    screen.page.keyboard.type(f"Patient/{person}")
    screen.page.wait_for_selector(f"#palette-found a[href='/records/Patient/{person}']")
    screen.page.keyboard.press("Enter")
    screen.page.wait_for_url(f"**/records/Patient/{person}")
    screen.go("/all")
    screen.check(screen.says("all"))
    screen.page.click(f"main button:has-text('{screen.says('sign_out')}')")
    screen.page.wait_for_url("**/login")
    screen.check(screen.says("sign_in"))


def test_the_language_can_be_switched_and_stays(running: Running, browser: Any) -> None:
    screen = Screen(browser, running, "zh-CN", 1920)
    screen.sign_in()
    screen.page.click(".bar-end .menu summary")
    screen.page.click("button:text-is('English')")
    assert screen.page.inner_text("h1") == words()["pages.start_title"]["en"]
    screen.go("/records/Observation")
    assert "Regional health" in screen.page.inner_text("footer")


def test_a_walk_without_a_mouse(running: Running, browser: Any) -> None:
    """Sign-in works by keyboard alone, and the first stop of a page leads past its head."""
    screen = Screen(browser, running, "en", 1920)
    screen.go("/")
    for text in running.login:
        screen.page.keyboard.type(text)
        screen.page.keyboard.press("Tab")
    screen.page.keyboard.press("Enter")
    screen.page.wait_for_url(f"{running.base}/")
    screen.page.keyboard.press("Tab")
    assert screen.page.evaluate("document.activeElement.className") == "skip"


def test_every_page_asks_who_comes(running: Running) -> None:
    """Without a session there is the sign-in page and nothing else."""
    for path in ("/", "/records", "/records/Patient", "/records/Patient/1", "/records/Patient/1/2"):
        answer = requests.get(f"{running.base}{path}", allow_redirects=False, timeout=20)
        assert (answer.status_code, answer.headers["Location"].startswith("/login")) == (302, True)
    wrong = requests.Session()
    page = wrong.get(f"{running.base}/login", headers={"Accept-Language": "zh"}, timeout=20).text
    answer = sign_in(wrong, running, page, "admin", "wrong")
    assert 'role="alert"' in answer.text
    assert requests.post(f"{running.base}/login", {"username": "a", "password": "b"}, timeout=20).status_code == 403


def test_a_page_brings_no_code_of_others(session: requests.Session, running: Running) -> None:
    """The content policy allows nothing inline and nothing foreign, and the pages hold none."""
    for path in ("/", "/records/Patient", "/design"):
        answer = session.get(f"{running.base}{path}", timeout=20)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert not re.search(
            r"<style|<script(?! src| id=\"\w+\" type=\"application/json\")|\sstyle=|\son\w+=", answer.text
        )
        assert not re.search(r"(src|href|action)=\"(https?:)?//", answer.text)
    cookies = {cookie.name: cookie for cookie in session.cookies}
    assert cookies["minkang_session"].has_nonstandard_attr("HttpOnly")


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/records/Nonsense", 404, "WEB-003"),
        ("/records/Patient/none-such", 404, "RECORDS-002"),
        ("/records/Patient?birthdate=nonsense", 400, "SEARCH-"),
        ("/records?q=abc", 404, "WEB-003"),
        ("/nothing/here", 404, "WEB-001"),
        ("/records/Patient?after=abc", 400, "RECORDS-013"),
        ("/assets/none/minkang.css", 404, "WEB-001"),
        ("/records/Patient?nonsense=1", 200, "nonsense"),
        ("/records/Slot", 200, "minkang load"),
    ],
)
def test_a_page_says_what_is_wrong_and_what_to_do(
    session: requests.Session, running: Running, path: str, status: int, said: str
) -> None:
    answer = session.get(f"{running.base}{path}", timeout=20)
    assert (answer.status_code, said in answer.text) == (status, True), answer.text[:2000]


def test_a_look_by_a_page_is_audited(session: requests.Session, running: Running, person: str) -> None:
    answer = session.get(f"{running.base}/records/Patient/{person}", timeout=20)
    with running.database.connection() as connection:
        sql = "SELECT caller, interaction, id FROM access_audit WHERE request = %s ORDER BY seq"
        rows = connection.execute(sql, (answer.headers["X-Request-Id"],)).fetchall()
    assert ("account:admin", "read", person) in rows


def test_every_word_of_the_templates_exists() -> None:
    """Templates and views name only wordings there are, and no wording of the pages is left unused."""
    folder = Path(__file__).parents[3] / "src" / "minkang" / "portal" / "web"
    html = "".join(path.read_text("utf-8") for path in folder.glob("templates/**/*.html"))
    code = "".join(path.read_text("utf-8") for path in folder.rglob("*.py"))
    used = {f"pages.{name}" for name in re.findall(r"\bw\.(\w+)", html)} | set(re.findall(r'word "([\w.-]+)"', html))
    used |= set(re.findall(r'said\(\s*(?:\w+\.)?_?request, "([\w.-]+)"', code)) | set(
        re.findall(r'say\("([\w.-]+)"', code)
    )
    assert {key for key in used if key not in words()} == set()
    ours = {key for key in words() if key.startswith(("pages.", "listing.", "palette."))}
    made = re.findall(r'f"((?:pages|listing|palette)\.[\w.]*)\{', code)  # keys whose end is worked out
    named = {key for key in ours if f'"{key}"' in code or any(key.startswith(start) for start in made)}
    assert ours - used - named == set()


def test_what_is_synthetic_says_so(running: Running, browser: Any) -> None:
    """A record marked HTEST is called synthetic on every page that shows it; one that is not marked is not."""
    mark = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}]}
    invented = {"resourceType": "Organization", "id": "invented", "meta": mark, "name": "甲"}
    running.call("PUT", "/Organization/invented", invented)
    running.call("PUT", "/Organization/real", {"resourceType": "Organization", "id": "real", "name": "乙"})
    screen = Screen(browser, running, "zh-CN", 360)
    screen.sign_in()
    for path, marked in {"invented": True, "real": False, "?name=甲": True, "?name=乙": False}.items():
        screen.go(f"/records/Organization{path if path[0] == '?' else '/' + path}")
        assert (screen.says("synthetic") in screen.page.inner_text("main")) is marked
