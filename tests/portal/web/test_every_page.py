"""Every page, on a phone and a wall, in both languages, light and dark: looked at by axe and by a ruler."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests
from tests.portal.conftest import Running
from tests.portal.web.conftest import Screen, sign_in, token_of

PAGES: tuple[str, ...] = (
    "/",
    "/all",
    "/help",
    "/find?q=欧阳",
    "/work",
    "/notices",
    "/design",
    "/records",
    "/records/Patient",
    "/records/Patient/{person}",
    "/persons",
    "/persons/review",
    "/persons/disagreements",
    "/institutions",
    "/institutions/{hospital}",
    "/regions",
    "/regions/wenshang",
    "/regions/wenshang?show=figures",
    "/exchange",
    "/exchange/ledger",
    "/exchange/rejects",
    "/exchange/mappings/front-page",
    "/exchange/take",
    "/data/catalogue",
    "/data/sql",
    "/administration",
    "/administration/accounts",
    "/administration/accounts/add",
    "/administration/accounts/1",
    "/administration/clients",
    "/administration/audit",
    "/administration/health",
    "/administration/settings",
)
"""All addresses that need no more than a person and an institution. A new page is one line here."""
LEAST = (("zh-CN", 360, "dark"), ("en", 1920, "light"))
ALL = [
    (language, width, scheme) for language in ("zh-CN", "en") for width in (360, 1920) for scheme in ("light", "dark")
]
WEIGHT = 150_000
Corner = tuple[str, int, str]
RUN = """async () => {
  const found = await axe.run(document, { resultTypes: ['violations', 'passes'] });
  const broken = found.violations.filter((one) => ['serious', 'critical'].includes(one.impact));
  const said = broken.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`);
  return { passed: found.passes.length, broken: said };
}"""


@pytest.fixture
def every_address(person: str, hospital: str) -> list[str]:
    """The pages with what a test put into the store."""
    return [page.format(person=person, hospital=hospital) for page in PAGES]


def look(screen: Screen, path: str, axe: str) -> None:
    """One page: it answers, fits, complains of nothing, and axe finds nothing serious."""
    assert screen.go(path) == 200, path
    screen.check()
    text = screen.page.inner_text("body")
    assert not re.search(
        r"\b(pages|listing|admin|areas|design|regions|institutions|home|work|notices)\.[a-z_]+\b", text
    )
    # The policy forbids `eval` to pages; the browser's own console, which this is, may run what it likes.
    found = screen.page.evaluate(f"{axe}; ({RUN})()")
    assert found["passed"] > 15
    assert found["broken"] == [], f"{path}: {found['broken']}"


@pytest.mark.parametrize("corner", LEAST, ids=str)
def test_each_page_at_two_corners(
    running: Running, browser: Any, axe: str, every_address: list[str], corner: Corner
) -> None:
    """A phone in the dark in Chinese, a wall in the light in English."""
    language, width, scheme = corner
    screen = Screen(browser, running, language, width, color_scheme=scheme)
    screen.sign_in()
    for path in every_address:
        look(screen, path, axe)


@pytest.mark.long
@pytest.mark.parametrize("corner", [corner for corner in ALL if corner not in LEAST], ids=str)
def test_each_page_at_all_corners(
    running: Running, browser: Any, axe: str, every_address: list[str], corner: Corner
) -> None:
    """The other six corners."""
    test_each_page_at_two_corners(running, browser, axe, every_address, corner)


def test_each_page_is_light(session: requests.Session, running: Running, every_address: list[str]) -> None:
    """What a page and its style and script weigh on the way, the chart library aside: under 150 kB."""
    seen: dict[str, int] = {}
    for path in every_address:
        answer = session.get(f"{running.base}{path}", timeout=30)
        assert answer.status_code == 200, path
        weight = len(answer.content)
        for address in re.findall(r'(?:src|href)="(/assets/[^"]+)"', answer.text):
            if "echarts" not in address:
                if address not in seen:
                    got = session.get(f"{running.base}{address}", headers={"Accept-Encoding": "gzip"}, timeout=30)
                    seen[address] = int(got.headers["Content-Length"])
                weight += seen[address]
        assert weight < WEIGHT, f"{path}: {weight:,} bytes"


def test_large_print_makes_letters_larger(running: Running, browser: Any) -> None:
    """The switch is a form, its answer a cookie; the page still fits a phone."""
    screen = Screen(browser, running, "zh-CN", 360)
    screen.sign_in()
    usual = screen.page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    screen.go("/all")
    screen.page.click(f"main button:text-is('{screen.says('print_large')}')")
    screen.page.wait_for_selector("html[data-print=large]")
    assert screen.page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") > usual * 1.15
    for path in ("/", "/records/Patient", "/design", "/administration/audit"):
        screen.go(path)
        screen.check()


def test_dark_can_be_chosen_against_the_system(running: Running, browser: Any) -> None:
    screen = Screen(browser, running, "en", 1920, color_scheme="light")
    screen.sign_in()
    ground = screen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    screen.page.click(".bar-end .menu summary")
    screen.page.click("button[name=scheme][value=dark]")
    screen.page.wait_for_selector("html[data-scheme=dark]")
    assert screen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 22, 26)" != ground


def test_only_administrators_see_administration(running: Running) -> None:
    """Another account meets a refusal at every address, and no link to them."""
    made = requests.Session()
    add_account(running, "clerk", "Quiet-Heron-71")
    page = made.get(f"{running.base}/login", timeout=20).text
    assert sign_in(made, running, page, "clerk", "Quiet-Heron-71").status_code == 200
    for path in PAGES:
        if path.startswith("/administration"):
            assert made.get(f"{running.base}{path}", timeout=20).status_code == 403, path
    assert "/administration" not in made.get(f"{running.base}/all", timeout=20).text
    posted = made.post(
        f"{running.base}/administration/accounts/1/change",
        {"change": "shut", "csrfmiddlewaretoken": token_of(made.get(f"{running.base}/all", timeout=20).text)},
        timeout=20,
    )
    assert posted.status_code == 403


def add_account(running: Running, name: str, password: str) -> None:
    """An account without rights, made by Django itself in a process of its own."""
    import subprocess
    import sys

    program = (
        "from minkang.portal.accounts.project import configure\nfrom minkang.settings import read_settings\n"
        "from minkang.wiring import open_platform\nplatform = open_platform(read_settings())\nconfigure(platform)\n"
        f"from django.contrib.auth.models import User\nUser.objects.create_user({name!r}, password={password!r})\n"
    )
    subprocess.run([sys.executable, "-c", program], env=running.environment, check=True, timeout=60)
