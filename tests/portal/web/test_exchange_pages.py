"""The pages of the exchange, on a real server: who sends, what came, what was refused and how it is put right."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.portal.conftest import Running
from tests.portal.web.conftest import Screen, sign_in, token_of
from tests.portal.web.test_every_page import add_account, look

from minkang.access import program_access
from minkang.blobs import FolderBlobs
from minkang.errors import Fault
from minkang.exchange.intake.engine import Intake
from minkang.exchange.intake.requests import REPLAY, TAKE, replay_task, take_task
from minkang.exchange.ledger.looking import Ledger
from minkang.exchange.message import Message, Rejected
from minkang.exchange.quality import refresh
from minkang.exchange.rejects.desk import Rejects
from minkang.exchange.tables.loader import mapping
from minkang.jobs import Jobs, Worker
from minkang.records.postgres import PostgresRepository
from minkang.records.search import Limits, PostgresSearch
from minkang.wiring import connectors

SENDER = "page-centre"
TABLE = "csv/vaccination"
HL7 = (
    "MSH|^~\\&|HIS|A|MINKANG|B|20240101080000+0800||ADT^A04|H1|P|2.5\r"
    "PID|1||77^^^A^MR||<script>alert(1)</script>||19700101|F\rPV1|1|O\r"
)


@dataclass
class Exchange:
    """What the tests put into the exchange.

    Attributes:
        wrong, raw: rejects: a row with a wrong cell, and a torn one.
        message: identity of a message that was taken.
    """

    intake: Intake
    wrong: int
    raw: int
    message: str
    document: str


def row(number: int, **cells: str) -> bytes:
    """A row of the vaccination table as the exchange keeps it."""
    told = {
        "接种编号": f"V{number}", "本人编号": f"P{number}", "姓名": "王梦之女", "性别": "2", "出生日期": "2024-03-05",
        "接种时间": "2024-03-06 08:00", "疫苗编码": "0201", "疫苗名称": "乙肝疫苗", "剂次": "1",
        "更新时间": "2024-03-07 08:00",
    }  # fmt: skip
    return json.dumps({"row": number, "cells": told | cells}, ensure_ascii=False).encode()


@pytest.fixture(scope="module")
def exchange(running: Running) -> Exchange:
    """A sender that sent a row, a wrong row, a torn row, an HL7 message and a document."""
    home, database = Path(running.environment["MINKANG_HOME"]), running.database
    repository = PostgresRepository(database, PostgresSearch(Limits()))
    intake = Intake(database, repository, FolderBlobs(home / "blobs"), connectors())
    feeds: dict[str, dict[str, Any]] = {TABLE: {}, "hl7v2": {}, "cda": {}, "fhir": {}}
    intake.senders.add(SENDER, feeds, name="寅寺镇卫生院")
    at = datetime.now(UTC)
    document = next((Path(__file__).parents[2] / "exchange" / "cda" / "documents").glob("admission-record.xml"))
    arrivals: list[Message | Rejected] = [
        Message(SENDER, TABLE, "v.csv#V1", row(1), at, "v.csv, row 2"),
        Message(SENDER, TABLE, "v.csv#V2", row(2, 接种时间="2024-03-04 08:00"), at, "v.csv, row 3"),
        Rejected(SENDER, TABLE, b"V3,P3", at, Fault("TABLES-012"), "v.csv, row 4", "v.csv#row 4"),
        Message(SENDER, "hl7v2", "H1", HL7.encode(), at, "socket"),
        Message(SENDER, "cda", "D1", document.read_bytes(), at, document.name),
    ]
    settled = [intake.settle([one])[0] for one in arrivals]
    refresh(database, repository, program_access("quality"))
    listed = {one.key: one.id for one in Rejects(intake).page(program_access("test"), sender=SENDER)}
    return Exchange(
        intake, listed["v.csv#V2"], listed["v.csv#row 4"], str(settled[3].identity), str(settled[4].identity)
    )


def addresses(exchange: Exchange) -> list[str]:
    """Every page of the exchange."""
    return [
        "/exchange", f"/exchange/senders/{SENDER}", "/exchange/senders/add", "/exchange/ledger",
        f"/exchange/ledger/{exchange.message}", f"/exchange/ledger/{exchange.document}", "/exchange/rejects",
        "/exchange/rejects?show=each", f"/exchange/rejects/{exchange.wrong}", f"/exchange/rejects/{exchange.raw}",
        "/exchange/unmapped", "/exchange/mappings", "/exchange/mappings/vaccination", "/exchange/mappings/try",
        "/exchange/quality", f"/exchange/quality/{SENDER}?dataset=patient",
        f"/exchange/quality/{SENDER}/id-card-given?dataset=patient", "/exchange/take",
    ]  # fmt: skip


@pytest.mark.parametrize(("language", "width"), [("zh-CN", 360), ("en", 1920)])
def test_each_page_of_the_exchange(  # noqa: PLR0917 - fixtures
    running: Running, browser: Any, axe: str, exchange: Exchange, language: str, width: int
) -> None:
    """Each fits its screen, complains of nothing, has all its words, and axe finds nothing serious."""
    screen = Screen(browser, running, language, width, color_scheme="dark" if width < 400 else "light")
    screen.sign_in()
    for path in addresses(exchange):
        look(screen, path, axe)
        assert not re.search(r"\b(desk|shelf)\.[a-z_]+\b", screen.page.inner_text("body")), path


def test_only_administrators_see_what_was_sent(running: Running, exchange: Exchange) -> None:
    """Originals name people: another account meets a refusal at every address, and no act of its own."""
    add_account(running, "sender-clerk", "Quiet-Heron-72")
    made = requests.Session()
    page = made.get(f"{running.base}/login", timeout=20).text
    sign_in(made, running, page, "sender-clerk", "Quiet-Heron-72")
    for path in addresses(exchange):
        assert made.get(f"{running.base}{path}", timeout=20).status_code == 403, path
    token = token_of(made.get(f"{running.base}/all", timeout=20).text)
    for path in (f"/exchange/rejects/{exchange.wrong}/act", "/exchange/rejects/replay", "/exchange/quality/refresh"):
        posted = made.post(f"{running.base}{path}", {"do": "replay", "csrfmiddlewaretoken": token}, timeout=20)
        assert posted.status_code == 403, path


def post(
    session: requests.Session, running: Running, path: str, data: dict[str, str], **more: Any
) -> requests.Response:
    """Send a form as the page has it."""
    page = session.get(f"{running.base}{more.pop('page', path)}", timeout=20).text
    return session.post(f"{running.base}{path}", data | {"csrfmiddlewaretoken": token_of(page)}, timeout=60, **more)


def test_an_original_is_shown_and_nothing_of_it_runs(
    session: requests.Session, running: Running, exchange: Exchange
) -> None:
    """Markup inside a message stands as words; the original comes as a file; the look is audited."""
    page = session.get(f"{running.base}/exchange/ledger/{exchange.message}", timeout=20).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert "PID-5" in page
    assert "/records/Patient/" in page
    assert "/records/Provenance/" in page
    whole = session.get(f"{running.base}/exchange/ledger/{exchange.message}?original=1", timeout=20)
    assert whole.content == HL7.encode()
    assert "attachment" in whole.headers["Content-Disposition"]
    with running.database.singly() as connection:
        told = connection.execute(
            "SELECT count(*) FROM access_audit WHERE query = %s AND caller = 'account:admin'",
            (f"ledger:{exchange.message}",),
        ).fetchone()
    assert told is not None
    assert told[0] >= 2


def test_a_document_is_rendered(session: requests.Session, running: Running, exchange: Exchange) -> None:
    page = session.get(f"{running.base}/exchange/ledger/{exchange.document}", timeout=20).text
    assert page.count("<h1") == 1
    assert "文档流水号" in page
    assert "&lt;ClinicalDocument" in page


def test_a_wrong_row_is_tried_corrected_and_taken(
    session: requests.Session, running: Running, exchange: Exchange
) -> None:
    """Trying stores nothing; correcting and replaying stores it, and the ledger says which reject it came from."""
    path = f"/exchange/rejects/{exchange.wrong}"
    page = session.get(f"{running.base}{path}", timeout=20).text
    assert "接种时间" in page
    cells = dict(re.findall(r'name="(cell\.\d+)" type="text" value="([^"]*)"', page))
    assert len(cells) >= 10
    wrong = next(name for name, value in cells.items() if value == "2024-03-04 08:00")
    still = post(session, running, f"{path}/act", cells | {"do": "try"}, page=path)
    assert "仍会被拒收" in still.text
    fine = post(session, running, f"{path}/act", cells | {wrong: "2024-03-06 08:00", "do": "try"}, page=path)
    assert "可以接收" in fine.text
    assert "Immunization/" in fine.text
    assert Rejects(exchange.intake).read(program_access("test"), exchange.wrong).state == "open"
    done = post(session, running, f"{path}/act", cells | {wrong: "2024-03-06 08:00", "do": "mend"}, page=path)
    assert "已接收" in done.text
    state = Rejects(exchange.intake).read(program_access("test"), exchange.wrong)
    assert state.state == "replayed"
    found = Ledger(exchange.intake.database, exchange.intake.blobs).messages(program_access("test"), key="v.csv#V2")
    assert {one.state for one in found} == {"replayed", "accepted"}
    taken = next(one for one in found if one.state == "accepted")
    assert taken.replay_of == exchange.wrong
    again = session.get(f"{running.base}/exchange/ledger/{taken.identity}", timeout=20).text
    assert f"/exchange/rejects/{exchange.wrong}" in again


def test_discarding_needs_a_reason_and_can_be_taken_back(
    session: requests.Session, running: Running, exchange: Exchange
) -> None:
    path = f"/exchange/rejects/{exchange.raw}"
    refused = post(session, running, f"{path}/act", {"do": "discard", "reason": " "}, page=path)
    assert refused.status_code == 422
    post(session, running, f"{path}/act", {"do": "discard", "reason": "发送方已另行补报"}, page=path)
    page = session.get(f"{running.base}{path}", timeout=20).text
    assert "发送方已另行补报" in page
    assert Rejects(exchange.intake).read(program_access("test"), exchange.raw).state == "discarded"
    post(session, running, f"{path}/act", {"do": "reopen"}, page=path)
    assert Rejects(exchange.intake).read(program_access("test"), exchange.raw).state == "open"


def test_a_mapping_is_tried_and_nothing_is_stored(
    session: requests.Session, running: Running, exchange: Exchange
) -> None:
    """Row by row what would be taken, what refused and why; the ledger stays as it was."""
    ledger = Ledger(exchange.intake.database, exchange.intake.blobs)
    before = ledger.tallies(program_access("test"))
    heads = list(mapping("vaccination").columns)
    known = json.loads(row(9))["cells"]
    good = ",".join(known.get(head, "") for head in heads)
    bad = good.replace("2024-03-06 08:00", "never")
    file = "\n".join((",".join(heads), good, bad)).encode()
    form = {"mapping": "vaccination", "rows": "20", "sender": SENDER, "own": ""}
    answer = post(session, running, "/exchange/mappings/try", form, files={"file": ("small.csv", file)})
    assert answer.status_code == 200
    assert "可接收 1 行,拒收 1 行" in answer.text
    assert "Immunization" in answer.text
    assert ledger.tallies(program_access("test")) == before
    without = post(session, running, "/exchange/mappings/try", form)
    assert without.status_code == 422
    assert "请选择文件" in without.text
    own = post(session, running, "/exchange/mappings/try", form | {"own": "zh = 1"}, files={"file": ("a.csv", file)})
    assert "TABLES-" in own.text


def test_an_uploaded_file_is_taken_in_by_a_worker(
    session: requests.Session, running: Running, exchange: Exchange
) -> None:
    """The page asks, the worker does, the page says what came of it; rejects that wait are replayed the same way."""
    body = {"resourceType": "Patient", "id": "from-a-page", "name": [{"text": "上传"}], "gender": "female"}
    form = {"sender": SENDER, "feed": "fhir"}
    asked = post(session, running, "/exchange/take", form, files={"file": ("one.ndjson", json.dumps(body).encode())})
    assert re.search(r"/exchange/take/\d+$", asked.url), asked.text
    assert "等待后台处理" in asked.text
    home, jobs = Path(running.environment["MINKANG_HOME"]), Jobs(running.database)
    jobs.register(TAKE, take_task(exchange.intake, home))
    jobs.register(REPLAY, replay_task(exchange.intake))
    post(session, running, "/exchange/rejects/replay", {"sender": SENDER, "feed": "", "code": ""}, page="/all")
    with ThreadPoolExecutor(1) as hands:  # The browser's own event loop may be running in this thread.
        hands.submit(Worker(jobs).work_once).result()
    page = session.get(asked.url, timeout=20).text
    assert "写入资源" in page
    assert not list((home / "uploads").iterdir())
    job = jobs.board.one(int(asked.url.rsplit("/", 1)[1]))
    assert job is not None
    assert job.result["accepted"] == 1
    replayed = next(one for one in jobs.board.newest() if one.task == REPLAY)
    assert (replayed.state, replayed.caller) == ("done", "account:admin")
    assert sum(replayed.result.values()) >= 1
    missing = post(session, running, "/exchange/take", form)
    assert missing.status_code == 422
    strange = post(session, running, "/exchange/take", form | {"feed": "dicom"}, files={"file": ("x", b"x")})
    assert strange.status_code == 422
    assert "EXCHANGE" not in strange.text


def test_quality_leads_down_to_the_record(session: requests.Session, running: Running, exchange: Exchange) -> None:
    """Scorecard, rules, records: each leads to the next."""
    card = session.get(f"{running.base}/exchange/quality", timeout=20).text
    there = re.search(rf'href="(/exchange/quality/{SENDER}\?dataset=patient[^"]*)"', card)
    assert there
    rules = session.get(f"{running.base}{there[1].replace('&amp;', '&')}", timeout=20).text
    down = re.search(rf'href="(/exchange/quality/{SENDER}/[a-z-]+\?dataset=patient[^"]*)"', rules)
    assert down, rules
    records = session.get(f"{running.base}{down[1].replace('&amp;', '&')}", timeout=20).text
    assert re.search(r'href="/records/Patient/[0-9a-f-]{36}"', records)


def test_a_sender_is_registered_shut_out_and_let_in(session: requests.Session, running: Running) -> None:
    form = {"slug": "New Clinic", "name": "新卫生室", "institution": "", "feed": "fhir"}
    refused = post(session, running, "/exchange/senders/add", form)
    assert refused.status_code == 422
    assert "New Clinic" in refused.text
    made = post(session, running, "/exchange/senders/add", form | {"slug": "new-clinic"})
    assert made.url.endswith("/exchange/senders/new-clinic")
    path = "/exchange/senders/new-clinic"
    shut = post(session, running, f"{path}/change", {"change": "shut"}, page=path)
    assert "恢复接收" in shut.text
    opened = post(session, running, f"{path}/change", {"change": "open"}, page=path)
    assert "恢复接收" not in opened.text
