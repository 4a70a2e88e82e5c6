"""Bad input of every kind is refused with a status that fits, a code, and nothing stored; never a 500."""

from __future__ import annotations

import http.client
import json
import uuid
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.portal.conftest import FHIR, Running
from tests.portal.test_rest import codes, new_id, patient

PATIENT = b'{"resourceType":"Patient","name":[{"family":"x"}]'
NESTED = b'{"resourceType":"Patient","extension":[' + b'{"url":"a:b","extension":[' * 200


def entry(**elements: Any) -> dict[str, Any]:
    return {"resource": patient(**elements), "request": {"method": "POST", "url": "Patient"}}


def bundle(*entries: Any, kind: str = "transaction") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


BAD: dict[str, tuple[Any, int, str, str]] = {
    "truncated": (PATIENT, 400, "FHIR", ""),
    "no json": (b"resourceType: Patient", 400, "FHIR", ""),
    "no object": (b"[1, 2]", 400, "FHIR", ""),
    "null": (b"null", 400, "FHIR", ""),
    "blank": (b"  \n ", 400, "REST-015", ""),
    "number for text": (patient(name=[{"family": 5}]), 422, "FHIR", "Patient.name[0].family"),
    "text for flag": (patient(active="true"), 422, "FHIR", "Patient.active"),
    "object for list": (patient(name={"family": "x"}), 422, "FHIR", "Patient.name"),
    "null inside": (patient(active=None), 422, "FHIR", "Patient.active"),
    "unknown element": (patient(nmae=[]), 422, "FHIR", "Patient"),
    "two choices": (patient(deceasedBoolean=True, deceasedDateTime="2020"), 422, "FHIR", "Patient"),
    "30 February": (patient(birthDate="2024-02-30"), 422, "FHIR", "Patient.birthDate"),
    "month 13": (patient(birthDate="2024-13"), 422, "FHIR", "Patient.birthDate"),
    "empty text": (patient(name=[{"family": ""}]), 422, "FHIR", "Patient.name[0].family"),
    "id with a slash": (patient(id="a/b"), 422, "FHIR", "Patient.id"),
    "utf-16": (PATIENT.decode().encode("utf-16"), 400, "REST-016", ""),
    "byte order mark": (b"\xef\xbb\xbf" + PATIENT + b"}", 400, "REST-016", ""),
    "gbk": ('{"resourceType":"Patient","name":[{"family":"王"}]}'.encode("gbk"), 400, "REST-017", ""),
    "surrogate": (b'{"resourceType":"Patient","name":[{"family":"\\ud800"}]}', 400, "", ""),
    "control character": (b'{"resourceType":"Patient","name":[{"family":"\\u0000"}]}', 422, "FHIR", ""),
    "200 deep": (NESTED + b"1" + b"]}" * 200 + b"]}", 400, "REST-014", ""),
    "200 deep, cut": (NESTED, 400, "REST-014", ""),
    "5 MB text": (patient(name=[{"family": "x" * 5_000_000}]), 413, "FHIR", "Patient.name[0].family"),
    "circle": (
        patient(contained=[patient(id="a", contained=[patient(id="b")])]), 422, "FHIR", "Patient.contained[0]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_resource_is_refused_where_it_is_bad(running: Running, name: str) -> None:
    body, status, code, place = BAD[name]
    answer = running.call("POST", "/Patient", body)
    assert answer.status_code == status, answer.text[:500]
    assert [one for one in codes(answer) if one.startswith(code)], answer.text[:500]
    assert answer.json()["issue"][0].get("expression", [""])[0].startswith(place)


def condition(reference: str) -> dict[str, Any]:
    resource = {"resourceType": "Condition", "subject": {"reference": reference}}
    return {"resource": resource, "request": {"method": "POST", "url": "Condition"}}


ONE = {"fullUrl": "urn:uuid:1", **entry()}
SAME = {"resource": patient(id="t-twice"), "request": {"method": "PUT", "url": "Patient/t-twice"}}
BREW = {"resource": patient(), "request": {"method": "BREW", "url": "Patient"}}
BAD_BUNDLES: dict[str, tuple[Any, int, str]] = {
    "duplicate fullUrl": (bundle(ONE, ONE), 400, "RECORDS-022"),
    "no request": (bundle({"resource": patient()}), 400, "RECORDS-024"),
    "no resource": (bundle({"request": {"method": "POST", "url": "Patient"}}), 400, "RECORDS-026"),
    "wrong method": (bundle(BREW), 0, ""),
    "same record twice": (bundle(SAME, SAME), 400, "RECORDS-025"),
    "dangling reference": (bundle(condition(f"urn:uuid:{uuid.uuid4()}")), 422, "RECORDS-023"),
    "conditional reference to nothing": (bundle(condition("Patient?identifier=none|such")), 422, "RECORDS-027"),
    "entries not a list": (b'{"resourceType":"Bundle","type":"transaction","entry":{}}', 422, "FHIR"),
    "truncated": (b'{"resourceType":"Bundle","type":"transaction","entry":[{', 400, ""),
    "unknown type": (bundle(kind="nonsense"), 0, ""),
}


@pytest.mark.parametrize("name", BAD_BUNDLES)
def test_a_bad_bundle_is_refused_whole(running: Running, name: str) -> None:
    body, status, code = BAD_BUNDLES[name]
    answer = running.call("POST", "", body)
    assert 400 <= answer.status_code < 500, answer.text[:500]
    assert status in (0, answer.status_code), answer.text[:500]
    assert [one for one in codes(answer) if one.startswith(code)], answer.text[:500]


def test_circular_references_are_stored_as_they_are(running: Running) -> None:
    """Two records of one bundle may refer to each other; that is no fault."""
    first, second = (f"urn:uuid:{uuid.uuid4()}" for _ in range(2))
    entries = [
        {"fullUrl": own, **entry(link=[{"other": {"reference": other}, "type": "seealso"}])}
        for own, other in ((first, second), (second, first))
    ]
    answer = running.call("POST", "", bundle(*entries), Prefer="return=representation").json()
    ids = [one["resource"]["id"] for one in answer["entry"]]
    links = [one["resource"]["link"][0]["other"]["reference"] for one in answer["entry"]]
    assert links == [f"Patient/{ids[1]}", f"Patient/{ids[0]}"]


def test_a_bundle_of_a_hundred_thousand_entries_is_refused_quickly(running: Running) -> None:
    one = json.dumps(entry()).encode()
    body = b'{"resourceType":"Bundle","type":"transaction","entry":[' + b",".join([one] * 100_000) + b"]}"
    answer = running.call("POST", "", body)
    assert (answer.status_code, codes(answer)) == (413, ["RECORDS-021"])
    assert answer.elapsed.total_seconds() < 5


def raw(running: Running, method: str, target: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    """A request that no well-behaved client would send."""
    connection = http.client.HTTPConnection(urlsplit(running.base).netloc, timeout=30)
    connection.putrequest(method, target, skip_accept_encoding=True)
    sent = {"Authorization": f"Bearer {running.token()}", "Content-Type": FHIR, "Content-Length": str(len(body))}
    for name, value in (sent | {key.replace("_", "-"): value for key, value in headers.items()}).items():
        if value:
            connection.putheader(name, value)
    connection.endheaders(body)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def test_a_body_over_the_limit_is_refused(running: Running) -> None:
    """By its declared length, before it is read."""
    status, body = raw(running, "POST", "/fhir/Patient", b"", Content_Length=str(65 * 1024 * 1024), Connection="close")
    assert status == 413
    assert b"REST-010" in body


def test_a_body_without_declared_length_is_read(running: Running) -> None:
    """Chunked bodies are taken, and counted."""
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(PATIENT) + 1, PATIENT + b"}")
    status, body = raw(running, "POST", "/fhir/Patient", chunked, Content_Length="", Transfer_Encoding="chunked")
    assert status == 201, body


ODD = [
    "/fhir/%00",
    "/fhir/Patient/%00",
    "/fhir/Patient?name=%00",
    "/fhir/Patient?%00=1",
    "/fhir/%ff%fe",
    "/fhir//Patient",
    "/fhir/Patient//1",
    "/fhir/Patient/../Observation",
    "/fhir/Patient/..",
    "/fhir/Patient/.",
    "/fhir/Patient/1/",
    "/fhir/Patient/1/_history/9999999999",
    "/fhir/Patient?_count=99999999999",
    "/fhir/Patient?_sort=nonsense",
    "/fhir/Patient?name:nonsense=a",
    "/fhir/Patient?_include=x",
    "/fhir/Patient?organization.organization.nonsense=1",
    "/fhir/Patient?_has:a:b=1",
    "/fhir/Patient?birthdate=ge2024-02-30",
    "/fhir/Observation?value-quantity=abc",
    "/fhir/Patient?_lastUpdated=x",
    "/fhir/Patient?_total=x",
    "/fhir/Patient?name=%F0%9F%98%80",
]
ODD += [f"/fhir/Patient/{'a' * 65}", f"/fhir/{'a/' * 500}", f"/fhir/Patient?{'a=1&' * 600}"]
ODD += [f"/fhir/Patient?identifier={'a' * 5000}", f"/fhir/Patient?name={quote('王' * 2000)}"]


@pytest.mark.parametrize("target", ODD, ids=range(len(ODD)))
def test_odd_addresses_never_break_the_server(running: Running, target: str) -> None:
    """Whatever the address, the answer is a result or a refusal with a code."""
    status, body = raw(running, "GET", target)
    assert status < 500, body
    assert json.loads(body)["resourceType"] in ("Bundle", "OperationOutcome", "Patient")


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [
        "resourceType",
        "id",
        "meta",
        "name",
        "identifier",
        "birthDate",
        "_birthDate",
        "contact",
        "link",
        "text",
        "extension",
        "contained",
        "deceasedBoolean",
        "multipleBirthInteger",
        "photo",
        "entry",
        "type",
        "parameter",
    ]
)
RESOURCES = st.dictionaries(NAMES, JSON, max_size=4).flatmap(
    lambda body: st.sampled_from(["Patient", "Bundle", "Parameters"]).map(lambda type: {"resourceType": type} | body)
)
STARTS = st.sampled_from(["/fhir/Patient?", "/fhir/", "/fhir/Patient/", "/fhir/Observation?code="])
METHODS = st.sampled_from(["POST", "PUT", "PATCH", "GET", "DELETE"])
PATHS = st.sampled_from(
    ["", "/Patient", "/Patient/t-fuzz", "/Patient/$validate", "/Patient/t-fuzz/$meta-add", "/Patient/t-fuzz/_history",
     "/Patient/t-fuzz/$everything", "/$export", "/Patient?identifier=t-fuzz|x", "/_search", "/Patient/_search"]
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(METHODS, PATHS, st.one_of(RESOURCES, JSON), st.sampled_from([FHIR, "application/json-patch+json"]))
def test_no_body_breaks_the_server(running: Running, method: str, path: str, body: Any, kind: str) -> None:
    """Bodies of every shape, at every address, are taken or refused with an OperationOutcome."""
    answer = running.call(method, path, json.dumps(body).encode(), Content_Type=kind)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert codes(answer)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60), STARTS)
def test_no_address_breaks_the_server(running: Running, noise: bytes, start: str) -> None:
    """Any bytes in an address, percent-encoded, are answered or refused."""
    status, body = raw(running, "GET", start + quote(noise, safe="/?&=:|,$."))
    assert status < 500, body


def test_a_version_conflict_names_the_version(running: Running) -> None:
    id = new_id()
    running.call("PUT", f"/Patient/{id}", patient(id=id))
    answer = running.call("PUT", f"/Patient/{id}", patient(id=id, active=True), If_Match='W/"7"')
    assert (answer.status_code, codes(answer)) == (412, ["RECORDS-006"])
