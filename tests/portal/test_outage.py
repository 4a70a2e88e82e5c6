"""The database dies under the server: a clear 503, nothing half-written, and recovery without a restart."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import requests
from tests.conftest import SERVER_ACCOUNT, short_folder
from tests.portal.conftest import Running, prepared
from tests.portal.test_rest import codes
from tests.portal.web.conftest import sign_in

from minkang.db import Database, Server, migrate, open_server
from minkang.wiring import MIGRATED_PACKAGES


@pytest.fixture(scope="module")
def mortal() -> Iterator[Server]:
    """A database server of this module's own, which may be killed; durable, as in earnest."""
    with short_folder() as home, open_server(home, account=SERVER_ACCOUNT) as server:
        yield server


@pytest.fixture(scope="module")
def exposed(mortal: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A platform on that database."""
    with Database(mortal.url) as database:
        migrate(database, MIGRATED_PACKAGES)
        server = prepared(database, tmp_path_factory.mktemp("home"))
        server.start()
        server.token()
        yield server
        server.stop()


def kill(server: Server) -> None:
    """Kill the database as a power cut would: all of it, since an orphaned backend may answer once more."""
    postmaster = psutil.Process(int(str(server.status()["pid"])))
    everyone = [postmaster, *postmaster.children(recursive=True)]
    for process in everyone:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(everyone, timeout=10)


def until_back(running: Running) -> requests.Response:
    """The first answer that is no 503."""
    until = time.monotonic() + 30
    while (answer := running.call("GET", "/Patient?_summary=count")).status_code == 503:
        assert time.monotonic() < until
        time.sleep(0.1)
    return answer


def test_a_database_that_dies_within_a_bundle(mortal: Server, exposed: Running) -> None:
    """The bundle is refused whole or stored whole; the same server goes on when the database is back."""
    entries = [{"resource": {"resourceType": "Patient"}, "request": {"method": "POST", "url": "Patient"}}] * 3000
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    before = exposed.call("GET", "/Patient?_summary=count").json()["total"]
    answers: list[requests.Response] = []
    sender = threading.Thread(target=lambda: answers.append(exposed.call("POST", "", bundle)))
    sender.start()
    time.sleep(0.25)
    kill(mortal)
    sender.join(60)
    away = exposed.call("GET", "/Patient?_summary=count")
    assert away.status_code == 503
    assert codes(away)[0].startswith("DB-")
    assert away.headers["Retry-After"]
    assert requests.get(f"{exposed.base}/healthz", timeout=5).status_code == 200
    assert requests.get(f"{exposed.base}/readyz", timeout=15).status_code == 503
    mortal.revive()
    after = until_back(exposed).json()["total"]
    said = answers[0]
    assert said.status_code in (200, 503), said.text[:500]
    stored = after - before
    assert stored == (3000 if said.status_code == 200 else 0) or "DB-022" in codes(said)
    assert stored in (0, 3000)
    again = exposed.call("POST", "", {**bundle, "entry": entries[:2]})
    assert again.status_code == 200
    assert requests.get(f"{exposed.base}/readyz", timeout=15).status_code == 200


def test_a_token_is_not_given_and_not_refused_while_the_database_is_away(mortal: Server, exposed: Running) -> None:
    """The token address answers 503 too, so that no client believes its secret is wrong."""
    kill(mortal)
    form = {"grant_type": "client_credentials", "client_id": "test-0", "client_secret": "x"}
    answer = requests.post(f"{exposed.base}/oauth/token", form, timeout=20)
    assert answer.status_code == 503
    assert answer.json()["error"] == "temporarily_unavailable"
    mortal.revive()
    until_back(exposed)


def test_a_page_says_so_and_comes_back(mortal: Server, exposed: Running) -> None:
    """People see a 503 in words, and go on with the session they had."""
    session = requests.Session()
    page = session.get(f"{exposed.base}/login", timeout=20).text
    sign_in(session, exposed, page, *exposed.login)
    kill(mortal)
    away = session.get(f"{exposed.base}/", timeout=30)
    assert (away.status_code, 'role="alert"' in away.text) == (503, True), away.text
    mortal.revive()
    until_back(exposed)
    until = time.monotonic() + 20
    while (back := session.get(f"{exposed.base}/", timeout=20)).status_code != 200:
        assert time.monotonic() < until, back.text
    assert "counts" in back.text


def test_the_log_holds_no_record(exposed: Running) -> None:
    """What the server wrote while all this went on quotes no body and no secret."""
    log = Path(exposed.environment["MINKANG_HOME"], "server.log").read_text("utf-8")
    assert "resourceType" not in log
    assert exposed.token() not in log
