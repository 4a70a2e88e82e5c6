"""Subscriptions with a real store and a real HTTP receiver: who is told of what, in what order, and what if not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
import pytest

from minkang.access import program_access
from minkang.db import Database
from minkang.errors import Fault
from minkang.exchange.outbound.endpoints import Endpoints, origin_of
from minkang.exchange.outbound.following import active, follow
from minkang.exchange.outbound.letters import letters, send_again
from minkang.exchange.outbound.sending import ATTEMPTS, send
from minkang.fhir import decode
from minkang.records.postgres import PostgresRepository
from minkang.records.search import PostgresSearch

ACCESS = program_access("test")
READ = "system/Observation.rs system/Patient.rs"


class Receiver(ThreadingHTTPServer):
    """Keeps what it gets: method, path, header, body; answers as it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[tuple[str, str, str | None, dict[str, Any]]] = []
        self.answers: list[int] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        told = msgspec.json.decode(body) if body else {}
        self.server.got.append((self.command, self.path, self.headers.get("X-Key"), told))
        answer = self.server.answers.pop(0) if self.server.answers else 200
        self.send_response(answer)
        if answer == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_PUT

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def repository(database: Database) -> PostgresRepository:
    return PostgresRepository(database, PostgresSearch())


Put = Callable[..., int]


@pytest.fixture
def put(repository: PostgresRepository) -> Put:
    def _put(type: str, id: str, **body: Any) -> int:
        resource = decode(msgspec.json.encode({"resourceType": type, "id": id, **body}))
        return repository.update(ACCESS, resource).record.version

    return _put


def reading(value: float, code: str = "8867-4") -> dict[str, Any]:
    coding = [{"system": "http://loinc.org", "code": code}]
    return {"status": "final", "code": {"coding": coding}, "valueQuantity": {"value": value}}


def subscription(address: str, **more: Any) -> dict[str, Any]:
    channel = {"type": "rest-hook", "endpoint": address, "payload": "application/fhir+json", "header": ["X-Key: 7"]}
    body = {"status": "requested", "reason": "test", "criteria": "Observation?code=http://loinc.org|8867-4"}
    merged = {**channel, **more.pop("channel", {})}
    return {**body, "channel": {name: value for name, value in merged.items() if value is not None}, **more}


def told(database: Database, repository: PostgresRepository) -> tuple[int, int, int]:
    follow(database, repository, ACCESS)
    done = send(database, repository)
    return done.sent, done.refused, done.dead


def status_of(repository: PostgresRepository, id: str) -> tuple[str, str]:
    body = msgspec.json.decode(repository.read(ACCESS, "Subscription", id).body or b"")
    return body["status"], body.get("error", "")


def test_a_subscriber_is_told_of_what_meets_the_criteria_from_then_on(
    database: Database, repository: PostgresRepository, receiver: Receiver, put: Put
) -> None:
    """Nothing from before, nothing else, each once, with headers; a change of content is told, a deletion is not."""
    Endpoints(database).allow(receiver.address, READ)
    put("Observation", "before", **reading(60))
    put("Subscription", "s", **subscription(receiver.address))
    put("Observation", "a", **reading(70))
    put("Observation", "other", **reading(36.6, "8310-5"))
    assert told(database, repository) == (1, 0, 0)
    assert status_of(repository, "s") == ("active", "")
    (one,) = receiver.got
    assert one[:3] == ("PUT", "/hook/Observation/a", "7")
    assert one[3]["valueQuantity"]["value"] == 70
    put("Observation", "a", **reading(71))
    repository.delete(ACCESS, "Observation", "before")
    assert told(database, repository) == (1, 0, 0)
    assert told(database, repository) == (0, 0, 0)
    assert [body["valueQuantity"]["value"] for *_, body in receiver.got] == [70, 71]


def test_without_a_payload_only_the_fact_is_told(
    database: Database, repository: PostgresRepository, receiver: Receiver, put: Put
) -> None:
    """A bare POST to the endpoint."""
    Endpoints(database).allow(receiver.address, READ)
    put("Subscription", "s", **subscription(receiver.address, channel={"payload": None}))
    put("Observation", "a", **reading(70))
    assert told(database, repository) == (1, 0, 0)
    assert receiver.got == [("POST", "/hook", "7", {})]


def test_a_refused_notice_is_tried_again_later_and_keeps_the_order(
    database: Database, repository: PostgresRepository, receiver: Receiver, put: Put
) -> None:
    """Errors and redirects are refusals; the next one waits behind, and a pause grows before each try."""
    Endpoints(database).allow(receiver.address, READ)
    put("Subscription", "s", **subscription(receiver.address))
    put("Observation", "a", **reading(1))
    put("Observation", "b", **reading(2))
    receiver.answers = [503, 302]
    assert told(database, repository) == (0, 1, 0)
    assert told(database, repository) == (0, 0, 0)
    (one,) = active(database)
    assert one.failures == 1
    with database.connection() as connection:
        connection.execute("UPDATE outbound_subscription SET due = now()")
    assert told(database, repository) == (0, 1, 0)
    with database.connection() as connection:
        connection.execute("UPDATE outbound_subscription SET due = now()")
    assert told(database, repository) == (2, 0, 0)
    assert [path for _, path, *_ in receiver.got] == [*["/hook/Observation/a"] * 3, "/hook/Observation/b"]


def test_what_is_refused_too_often_is_a_dead_letter_that_can_be_sent_again(
    database: Database, repository: PostgresRepository, receiver: Receiver, put: Put
) -> None:
    """After the last try it stands aside and the next goes on; by hand it waits again."""
    Endpoints(database).allow(receiver.address, READ)
    put("Subscription", "s", **subscription(receiver.address))
    put("Observation", "a", **reading(1))
    put("Observation", "b", **reading(2))
    receiver.answers = [500] * ATTEMPTS
    follow(database, repository, ACCESS)
    for _ in range(ATTEMPTS):
        with database.connection() as connection:
            connection.execute("UPDATE outbound_subscription SET due = now()")
        send(database, repository)
    (dead,) = letters(database, state="dead")
    assert (dead.id, dead.answer, dead.attempts) == ("a", "500", ATTEMPTS)
    assert [one.id for one in letters(database, state="sent")] == ["b"]
    assert send_again(database, number=dead.number) == 1
    assert told(database, repository) == (1, 0, 0)
    assert letters(database, state="dead") == []


def test_nobody_listening_is_a_refusal_like_another(
    database: Database, repository: PostgresRepository, put: Put
) -> None:
    """A closed port."""
    server = Receiver()
    address = server.address
    server.server_close()
    Endpoints(database).allow(address, READ)
    put("Subscription", "s", **subscription(address))
    put("Observation", "a", **reading(1))
    assert told(database, repository) == (0, 1, 0)
    (one,) = letters(database)
    assert "ConnectionRefused" in one.answer


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"channel": {"type": "email"}}, "OUTBOUND-003"),
        ({"channel": {"payload": "text/plain"}}, "OUTBOUND-003"),
        ({"channel": {"header": ["Host: x"]}}, "OUTBOUND-003"),
        ({"channel": {"endpoint": "https://elsewhere.example/x"}}, "OUTBOUND-002"),
        ({"channel": {"endpoint": "http://10.0.0.1/x"}}, "OUTBOUND-001"),
        ({"criteria": "Observation?subject.name=x"}, "OUTBOUND-004"),
        ({"criteria": "Observation?nonsense=x"}, "SEARCH-"),
        ({"criteria": "Condition?code=x"}, "OUTBOUND-005"),
    ],
)
def test_a_subscription_that_cannot_be_kept_says_why(  # noqa: PLR0917 -- fixtures
    database: Database, repository: PostgresRepository, receiver: Receiver, put: Put, change: dict[str, Any], code: str
) -> None:
    """It becomes `error` with the reason, and nothing is sent."""
    Endpoints(database).allow(receiver.address, READ)
    put("Subscription", "s", **subscription(receiver.address, **change))
    put("Observation", "a", **reading(1))
    assert told(database, repository) == (0, 0, 0)
    status, error = status_of(repository, "s")
    assert status == "error"
    assert error.startswith(code)
    assert receiver.got == []


@pytest.mark.parametrize("how", ["off", "deleted", "ended", "forbidden"])
def test_an_end_is_an_end(
    database: Database, repository: PostgresRepository, receiver: Receiver, put: Put, how: str
) -> None:
    """Switched off, deleted, past its end, or its endpoint no longer registered: nothing more is told."""
    endpoints = Endpoints(database)
    endpoints.allow(receiver.address, READ)
    more = {"end": "2020-01-01T00:00:00Z"} if how == "ended" else {}
    put("Subscription", "s", **subscription(receiver.address, **more))
    follow(database, repository, ACCESS)
    if how == "off":
        put("Subscription", "s", **subscription(receiver.address, status="off"))
    elif how == "deleted":
        repository.delete(ACCESS, "Subscription", "s")
    elif how == "forbidden":
        endpoints.forbid(receiver.address)
    put("Observation", "a", **reading(1))
    assert told(database, repository)[0] == 0
    assert receiver.got == []


def test_an_address_is_https_or_of_this_machine() -> None:
    """And never one with a password in it."""
    assert origin_of("https://city.example.cn:8443/a?b") == "https://city.example.cn:8443"
    assert origin_of("http://[::1]:80/") == "http://[::1]:80"
    for bad in ("http://city.example.cn/", "https://a:b@c/", "ftp://x/", "x", "https://[", "https://x:99999/"):
        with pytest.raises(Fault, match="OUTBOUND-001"):
            origin_of(bad)
