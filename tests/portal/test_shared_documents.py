"""`$cda`: a shared document of stored records over the FHIR door, and a Subscription brought by it."""

from __future__ import annotations

import base64
from typing import Any

from tests.portal.conftest import Running

from minkang.access import program_access
from minkang.exchange.outbound.endpoints import Endpoints
from minkang.exchange.outbound.following import follow
from minkang.records.postgres import PostgresRepository
from minkang.records.search import PostgresSearch

PATIENT: dict[str, Any] = {
    "resourceType": "Patient", "id": "cda1", "name": [{"text": "王芳"}], "birthDate": "1960-02-04", "gender": "male",
    "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": "580830196002040017"}],
}  # fmt: skip


def test_a_document_of_a_person_is_given_as_a_binary(running: Running) -> None:
    """WS/T 483.1; without a code, or with one of neither standard, it is refused."""
    assert running.call("PUT", "/Patient/cda1", PATIENT).status_code < 300
    answer = running.call("GET", "/Patient/cda1/$cda?code=HSDA00.01")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["resourceType"], told["contentType"]) == ("Binary", "application/hl7-cda+xml")
    text = base64.b64decode(told["data"]).decode()
    assert "HSDA00.01" in text
    assert "王芳" in text
    assert running.call("GET", "/Patient/cda1/$cda").status_code == 400
    assert running.call("GET", "/Patient/cda1/$cda?code=X9").status_code in {400, 404, 422}
    assert running.call("GET", "/Patient/nobody/$cda?code=HSDA00.01").status_code == 404
    assert running.call("GET", "/Observation/x/$cda?code=HSDA00.01").status_code in {404, 405, 501, 400}


def test_a_subscription_is_requested_by_rest_and_made_active_by_the_platform(running: Running) -> None:
    """A client brings it as `requested`; the worker says `active`, or `error` and why."""
    Endpoints(running.database).allow("https://city.example.cn/hook", "system/Observation.rs")
    channel = {"type": "rest-hook", "endpoint": "https://city.example.cn/hook"}
    base = {"resourceType": "Subscription", "status": "requested", "reason": "x", "channel": channel}
    for id, criteria in (("good", "Observation?code=8867-4"), ("bad", "Patient?name=x")):
        assert running.call("PUT", f"/Subscription/{id}", {**base, "id": id, "criteria": criteria}).status_code < 300
    repository = PostgresRepository(running.database, PostgresSearch())
    follow(running.database, repository, program_access("test"))
    assert running.call("GET", "/Subscription/good").json()["status"] == "active"
    bad = running.call("GET", "/Subscription/bad").json()
    assert bad["status"] == "error"
    assert bad["error"].startswith("OUTBOUND-005")
