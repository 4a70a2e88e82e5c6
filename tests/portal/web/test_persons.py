"""Who is who on pages: a pair is decided by keys, what it does is shown before, and it can be taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.portal.conftest import Running
from tests.portal.web.conftest import Screen
from tests.portal.web.test_every_page import look

from minkang.access import program_access
from minkang.codes.identifiers import id_check
from minkang.persons.keeping import Persons, open_persons
from minkang.persons.profile import read_profile

ACCESS = program_access("test")
CARD = "urn:oid:2.16.156.10011.1.3"
NUMBERS = [first + id_check(first) for first in (f"3708301990020112{k}" for k in range(1, 9))]


@pytest.fixture(scope="module")
def persons(running: Running) -> Persons:
    """Four pairs that wait: each two records with one valid number and nothing else alike."""
    for k, number in enumerate(NUMBERS[:4]):
        for side, name, born in (("a", "王芳", "1990-02-01"), ("b", "李建国", "1961-07-0" + str(k + 1))):
            body = {
                "resourceType": "Patient", "id": f"pair{k}{side}", "name": [{"use": "official", "text": name}],
                "meta": {"source": f"urn:minkang:sender:hospital-{side}#hl7v2"}, "birthDate": born,
                "identifier": [{"system": CARD, "value": number}],
            }  # fmt: skip
            assert running.call("PUT", f"/Patient/pair{k}{side}", body).status_code < 300
    made = open_persons(running.database, read_profile("default", ""))
    made.follow(ACCESS)
    return made


def waiting(persons: Persons) -> list[int]:
    return [item.id for item in persons.queue.page()]


@pytest.mark.parametrize(("language", "width", "scheme"), [("zh-CN", 360, "dark"), ("en", 1920, "light")])
def test_the_pages_of_persons_fit_and_are_accessible(  # noqa: PLR0917 - fixtures
    running: Running, browser: Any, axe: str, persons: Persons, language: str, width: int, scheme: str, tmp_path: Path
) -> None:
    """The register, one person, the queue, one pair, what is in disagreement."""
    screen = Screen(browser, running, language, width, color_scheme=scheme)
    screen.sign_in()
    person = persons.resolver.resolve(["pair0a"])["pair0a"]
    paths = ["/persons", "/persons/disagreements", "/persons/review", f"/persons/review/{waiting(persons)[-1]}",
             f"/persons/{person}"]  # fmt: skip
    for number, path in enumerate(paths):
        look(screen, path, axe)
        screen.page.screenshot(path=tmp_path / f"{number}.png", full_page=True)


def test_pairs_are_decided_by_keys_alone(running: Running, browser: Any, persons: Persons) -> None:
    """J goes on, L links and goes on; the decision is in the database and can be taken back."""
    screen = Screen(browser, running, "zh-CN", 1280)
    screen.sign_in()
    first, second, third = waiting(persons)[:3]
    screen.go(f"/persons/review/{first}")
    screen.check()
    assert screen.says("people.effect_separate") in screen.page.inner_text("main")
    screen.page.keyboard.press("j")
    screen.page.wait_for_url(f"**/persons/review/{second}")
    screen.page.keyboard.press("k")
    screen.page.wait_for_url(f"**/persons/review/{first}")
    screen.page.keyboard.press("l")
    screen.page.wait_for_url(f"**/persons/review/{second}")
    item = persons.queue.flows.item(first)
    left, right = item.about["left"], item.about["right"]
    found = persons.resolver.resolve([left, right])
    assert item.state == "linked"
    assert found[left] == found[right]
    screen.page.keyboard.press("s")
    screen.page.wait_for_url(f"**/persons/review/{third}")
    assert persons.queue.flows.item(second).state == "separate"
    screen.go(f"/persons/review/{first}")
    screen.page.fill("#id_reason", "看错了")
    screen.page.locator("h1").click()
    with screen.page.expect_navigation():
        screen.page.keyboard.press("u")
    found = persons.resolver.resolve([left, right])
    assert found[left] != found[right]
    assert persons.queue.flows.item(first).state == "open"


def test_records_are_split_off_on_the_persons_page_and_it_is_undone(
    running: Running, browser: Any, persons: Persons
) -> None:
    """Without a reason nothing happens and the page says so."""
    for side in "cd":
        body = {"resourceType": "Patient", "id": f"same{side}", "name": [{"text": "赵磊"}], "birthDate": "1990-02-01",
                "identifier": [{"system": CARD, "value": NUMBERS[5]}]}  # fmt: skip
        assert running.call("PUT", f"/Patient/same{side}", body).status_code < 300
    persons.follow(ACCESS)
    person = persons.resolver.resolve(["samec"])["samec"]
    screen = Screen(browser, running, "zh-CN", 1280)
    screen.sign_in()
    screen.go(f"/persons/{person}")
    screen.page.check("input[value=samed]")
    screen.page.click("button[value=split]")
    assert "PERSONS-026" in screen.page.inner_text("main")
    screen.complaints.clear()  # the browser notes the status 422 itself
    screen.page.check("input[value=samed]")
    screen.page.fill("#id_reason", "两个人")
    screen.page.click("button[value=split]")
    screen.page.wait_for_url(f"**/persons/{person}")
    found = persons.resolver.resolve(["samec", "samed"])
    assert found["samec"] != found["samed"]
    with screen.page.expect_navigation():
        screen.page.click("button:text-is('撤销')")
    found = persons.resolver.resolve(["samec", "samed"])
    assert found["samec"] == found["samed"] == person
