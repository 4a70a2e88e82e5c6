"""The FHIR door without server and database: any store that keeps the contract will do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from minkang.access import Access, parse_scopes, program_access
from minkang.errors import Fault
from minkang.portal.api.fhir.call import Offer
from minkang.portal.api.fhir.capability import Capability
from minkang.portal.api.fhir.router import ROUTES, handle
from minkang.portal.api.gateway import request_of, send
from minkang.portal.api.messages import Request, Response
from minkang.records.memory import MemoryRepository

OFFER = Offer(60, 1000, capability=Capability("0", token_address="http://here/oauth/token"))


def ask(method: str, path: str, body: Any = None, *, access: Access | None = None, store: Any = None) -> Response:
    """One request to a store in memory."""
    data = json.dumps(body).encode() if body is not None else b""
    place, _, query = path.partition("?")
    segments = tuple(place.strip("/").split("/")) if place.strip("/") else ()
    request = Request(method, segments, query, {"accept-language": "en"}, lambda: data, "http://here")
    who = access or program_access("test")
    return handle(request, store if store is not None else MemoryRepository(), lambda _: who, OFFER)


def body_of(response: Response) -> Any:
    assert isinstance(response.body, bytes)
    return json.loads(response.body)


def test_the_door_works_on_any_store() -> None:
    store = MemoryRepository()
    made = ask("POST", "/Patient", {"resourceType": "Patient", "name": [{"family": "王"}]}, store=store)
    assert (made.status, made.header("etag")) == (201, 'W/"1"')
    id = body_of(made)["id"]
    assert body_of(ask("GET", f"/Patient/{id}", store=store))["name"] == [{"family": "王"}]
    assert body_of(ask("GET", "/Patient?name=王", store=store))["total"] == 1
    assert ask("DELETE", f"/Patient/{id}", store=store).status == 204
    assert ask("GET", f"/Patient/{id}", store=store).status == 410


def refused(_: Request) -> Access:
    raise Fault("OAUTH-009")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} /{route.path}")
def test_no_route_is_public_unless_it_says_so(route: Any) -> None:
    """Of all routes only two answer a stranger, and both say nothing of any record."""
    filled = route.path.replace("{type}", (route.types or ("Patient",))[0]).replace("{id}", "1")
    filled = filled.replace("{target}", "Observation").replace("{version}", "1")
    request = Request(route.method, tuple(filled.split("/")) if filled else (), base="http://here")
    answer = handle(request, MemoryRepository(), refused, OFFER)
    public = route.path in ("metadata", ".well-known/smart-configuration")
    assert route.public is public
    assert answer.status == (200 if public else 401)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} /{route.path}")
def test_every_line_of_the_table_can_be_reached(route: Any) -> None:
    """No route is hidden by another: each leads to its own handler."""
    seen: list[str] = []

    class Spy:
        def __getattr__(self, name: str) -> Any:
            seen.append(name)
            raise Fault("RECORDS-002", type="Patient", id="1")

    filled = route.path.replace("{type}", (route.types or ("Patient",))[0]).replace("{id}", "1")
    filled = filled.replace("{target}", "Observation").replace("{version}", "1")
    answer = ask(route.method, f"/{filled}", {"resourceType": "Patient", "id": "1"}, store=Spy())
    assert not (answer.status == 404 and b"REST-001" in answer.body)  # type: ignore[operator]
    assert answer.status != 405


class Broken:
    """A store with a fault of the program."""

    def __getattr__(self, name: str) -> Any:
        raise ZeroDivisionError("Patient/1 has the name 王伟")


def test_what_nobody_foresaw_is_logged_and_says_nothing_of_a_record(caplog: pytest.LogCaptureFixture) -> None:
    """The answer carries the request's id, by which the log is found, and none of the problem's words."""
    answer = ask("GET", "/Patient/1", store=Broken())
    issue = body_of(answer)["issue"][0]
    assert (answer.status, issue["details"]["coding"][0]["code"]) == (500, "REST-900")
    assert "王伟" not in str(body_of(answer))
    assert "ZeroDivisionError" in caplog.text


def test_a_caller_gets_what_its_scopes_name() -> None:
    narrow = Access("client:x", parse_scopes("system/Observation.rs"))
    assert ask("GET", "/Observation", access=narrow).status == 200
    assert ask("GET", "/Patient", access=narrow).status == 403
    assert ask("POST", "/Observation/$validate", {"resourceType": "Observation"}, access=narrow).status == 403


def environ(**changed: Any) -> dict[str, Any]:
    made = {"REQUEST_METHOD": "GET", "PATH_INFO": "/fhir/Patient/1", "QUERY_STRING": "", "wsgi.url_scheme": "https"}
    return made | {"HTTP_HOST": "fhir.example.cn", "REMOTE_ADDR": "10.0.0.1:1234"} | changed


def test_a_request_comes_out_of_wsgi_as_it_was_sent() -> None:
    path = "/fhir/Patient/王".encode().decode("latin-1")
    request = request_of(environ(PATH_INFO=path, HTTP_IF_MATCH='W/"1"'), prefix="/fhir", base="", max_body=10)
    assert (request.segments, request.base, request.address) == (
        ("Patient", "王"),
        "https://fhir.example.cn",
        "10.0.0.1",
    )
    assert request.headers["if-match"] == 'W/"1"'
    assert request.body == b""


@pytest.mark.parametrize("given", ["short", "a" * 65, "bad id\nX-Evil: 1", "", "<script>"])
def test_an_odd_request_id_is_replaced(given: str) -> None:
    """What a caller sends as an id goes into headers and logs, so it must look like one."""
    request = request_of(environ(HTTP_X_REQUEST_ID=given), prefix="/fhir", base="", max_body=10)
    assert request.id != given
    assert len(request.id) == 32


def test_chunks_are_passed_on_and_not_gathered() -> None:
    """A file is sent piece by piece."""
    said: list[Any] = []
    request = Request("GET", ())
    pieces = iter([b"a", b"b"])
    body = send(request, Response(200, pieces, [("Content-Type", "x")]), lambda *given: said.append(given))
    assert body is pieces
    assert said[0][0] == "200 OK"
    assert list(send(Request("HEAD", ()), Response(200, iter([b"a"])), lambda *_: None)) == []
