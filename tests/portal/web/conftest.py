"""A real browser on a real server, and what every page is looked at for."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.portal.conftest import Running
from tests.portal.test_rest import new_id, patient

from minkang.wording import words

ROOT = Path(__file__).parents[3]
BUILT = ROOT / "src" / "minkang" / "portal" / "web" / "design" / "built"
AXE = ROOT / ".cache" / "web" / "node_modules" / "axe-core" / "axe.min.js"
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium; without it these tests do not run, and say so loudly."""
    if CHROMIUM is None:
        pytest.skip("NO BROWSER, so the pages were NOT tested: install Chromium (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def libraries() -> None:
    """The charts and the partial loading of pages, which npm brought at install."""
    if not (BUILT / "echarts.min.js").exists():
        pytest.skip("NO CHARTS, so they were NOT tested: run .venv/bin/python tools/build_web.py")


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker, as the lock file of the pages names it."""
    if not AXE.exists():
        pytest.skip("NO AXE, so accessibility was NOT tested: run .venv/bin/python tools/build_web.py")
    return AXE.read_text("utf-8")


@pytest.fixture(scope="session")
def person(running: Running) -> str:
    """A patient with two versions."""
    id = new_id()
    running.call("PUT", f"/Patient/{id}", patient(id=id, name=[{"family": "欧阳", "given": ["若兰"]}]))
    body = patient(id=id, name=[{"family": "欧阳", "given": ["若兰"]}], birthDate="1980-01-02")
    running.call("PUT", f"/Patient/{id}", body)
    return id


@pytest.fixture(scope="session")
def hospital(running: Running) -> str:
    """An institution with a parent, a clinic below it and a member of staff."""
    system = "urn:oid:2.16.156.10011.1.5"
    bodies: list[dict[str, Any]] = [
        {"resourceType": "Organization", "id": "bureau", "name": "汶上县卫生健康局"},
        {
            "resourceType": "Organization", "id": "centre", "name": "寅寺镇卫生院", "type": [{"text": "乡镇卫生院"}],
            "identifier": [{"system": system, "value": "M1"}], "partOf": {"reference": "Organization/bureau"},
        },
        {
            "resourceType": "Organization", "id": "clinic", "name": "寅寺村卫生室",
            "partOf": {"reference": "Organization/centre"},
        },
        {"resourceType": "Practitioner", "id": "doctor", "name": [{"text": "李村医"}], "gender": "female"},
        {
            "resourceType": "PractitionerRole", "id": "role", "practitioner": {"reference": "Practitioner/doctor"},
            "organization": {"reference": "Organization/centre"}, "code": [{"text": "乡村医生"}],
        },
    ]  # fmt: skip
    for body in bodies:
        assert running.call("PUT", f"/{body['resourceType']}/{body['id']}", body).status_code < 300
    return "centre"


class Screen:
    """A page of one width, language and scheme, with what the browser complained of."""

    def __init__(self, browser: Any, running: Running, language: str, width: int, **options: Any) -> None:
        self.running = running
        self.language = "zh" if language.startswith("zh") else "en"
        context = browser.new_context(viewport={"width": width, "height": 900}, locale=language, **options)
        self.page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self.heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def heard(self, said: Any) -> None:
        if said.type in ("error", "warning"):
            self.complaints.append(said.text)

    def go(self, path: str) -> int:
        answer = self.page.goto(f"{self.running.base}{path}")
        return int(answer.status)

    def sign_in(self) -> None:
        self.go("/login")
        name, password = self.running.login
        self.page.fill("#id_username", name)
        self.page.fill("#id_password", password)
        self.page.click("main button")
        self.page.wait_for_selector("h1")

    def says(self, key: str) -> str:
        """The wording of a key in this screen's language."""
        full = key if "." in key else f"pages.{key}"
        return words()[full][self.language]  # type: ignore[index]

    def check(self, heading: str = "") -> None:
        """The page is the one expected, fits its screen, and gave no cause for complaint."""
        assert not heading or self.page.inner_text("h1") == heading
        assert self.page.locator("h1").count() == 1
        assert self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), self.page.url
        assert self.page.get_attribute("html", "lang").startswith(self.language)
        assert self.complaints == []


@pytest.fixture(scope="session")
def session(running: Running) -> requests.Session:
    """A signed-in session without a browser."""
    made = requests.Session()
    made.headers["Accept-Language"] = "zh"
    page = made.get(f"{running.base}/login", timeout=20).text
    sign_in(made, running, page, *running.login)
    return made


def sign_in(session: requests.Session, running: Running, page: str, name: str, password: str) -> requests.Response:
    """Send the sign-in form of a page."""
    form = {"username": name, "password": password, "csrfmiddlewaretoken": token_of(page)}
    return session.post(f"{running.base}/login", form, timeout=20)


def token_of(page: str) -> str:
    """The token that a page's forms carry."""
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    return token[1]
