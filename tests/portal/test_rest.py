"""The interactions of FHIR R4's REST interface, as any HTTP client meets them."""

from __future__ import annotations

import gzip
import json
import uuid
from typing import Any

import pytest
import requests
from tests.portal.conftest import FHIR, Running

MARK = "urn:test:rest"


def patient(**elements: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", **elements}


def new_id() -> str:
    return f"t-{uuid.uuid4().hex[:12]}"


def codes(answer: requests.Response) -> list[str]:
    """The codes of an OperationOutcome."""
    body = answer.json()
    assert body["resourceType"] == "OperationOutcome", body
    return [issue["details"]["coding"][0]["code"] for issue in body["issue"] if "coding" in issue["details"]]


def test_a_record_lives_from_create_to_delete(running: Running) -> None:
    """Create, read, update, vread, history, delete: versions, tags, times and places agree throughout."""
    made = running.call("POST", "/Patient", patient(name=[{"family": "王"}]))
    assert made.status_code == 201
    id = made.json()["id"]
    assert made.headers["ETag"] == 'W/"1"'
    assert made.headers["Location"] == f"{running.fhir}/Patient/{id}/_history/1"
    read = running.call("GET", f"/Patient/{id}")
    assert (read.status_code, read.content, read.headers["ETag"]) == (200, made.content, 'W/"1"')
    assert read.headers["Content-Type"].startswith(FHIR)
    assert "Last-Modified" in read.headers
    changed = running.call("PUT", f"/Patient/{id}", patient(id=id, name=[{"family": "李"}]))
    assert (changed.status_code, changed.headers["ETag"]) == (200, 'W/"2"')
    same = running.call("PUT", f"/Patient/{id}", patient(id=id, name=[{"family": "李"}]))
    assert (same.status_code, same.headers["ETag"]) == (200, 'W/"2"')
    assert running.call("GET", f"/Patient/{id}/_history/1").content == made.content
    gone = running.call("DELETE", f"/Patient/{id}")
    assert (gone.status_code, gone.content) == (204, b"")
    after = running.call("GET", f"/Patient/{id}")
    assert (after.status_code, codes(after)) == (410, ["RECORDS-003"])
    assert running.call("DELETE", f"/Patient/{id}").status_code == 204
    history = running.call("GET", f"/Patient/{id}/_history").json()
    said = [(entry["request"]["method"], entry["response"]["etag"]) for entry in history["entry"]]
    assert said == [("DELETE", 'W/"3"'), ("PUT", 'W/"2"'), ("POST", 'W/"1"')]
    assert "resource" not in history["entry"][0]
    back = running.call("PUT", f"/Patient/{id}", patient(id=id))
    assert (back.status_code, back.headers["ETag"]) == (201, 'W/"4"')


def test_a_client_may_choose_the_id(running: Running) -> None:
    id = new_id()
    made = running.call("PUT", f"/Patient/{id}", patient(id=id))
    assert made.status_code == 201
    assert made.headers["Location"].endswith(f"/Patient/{id}/_history/1")


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "code"),
    [
        ("GET", "/Patient/none-such", None, {}, 404, "RECORDS-002"),
        ("GET", "/Patient/none-such/_history", None, {}, 404, "RECORDS-002"),
        ("GET", "/Patient/none-such/_history/1", None, {}, 404, "RECORDS-002"),
        ("GET", "/Patient/none-such/_history/x", None, {}, 404, "RECORDS-005"),
        ("GET", "/Patients", None, {}, 404, "RECORDS-001"),
        ("GET", "/patient/1", None, {}, 404, "RECORDS-001"),
        ("GET", "/Patient/a%2Fb", None, {}, 404, "RECORDS-001"),
        ("GET", "/Patient/a_b", None, {}, 400, "RECORDS-017"),
        ("GET", "/Patient/a/b/c/d", None, {}, 404, "REST-001"),
        ("GET", "/$nothing", None, {}, 404, "REST-001"),
        ("GET", "/Observation/1/$everything", None, {}, 404, "REST-001"),
        ("DELETE", "/metadata", None, {}, 405, "REST-002"),
        ("PUT", "/Patient/1/_history/1", patient(id="1"), {}, 405, "REST-002"),
        ("BREW", "/Patient", None, {}, 405, "REST-002"),
        ("POST", "/Patient", None, {}, 400, "REST-015"),
        ("POST", "/Patient", {"resourceType": "Observation"}, {}, 400, "FHIR-007"),
        ("POST", "/Patient", {"resourceType": "Nonsense"}, {}, 400, "FHIR-006"),
        ("POST", "/Patient", b"<Patient/>", {"Content_Type": "application/fhir+xml"}, 415, "REST-022"),
        ("POST", "/Patient", b"{}", {"Content_Encoding": "br"}, 415, "REST-011"),
        ("PUT", "/Patient/a", patient(id="b"), {}, 400, "REST-042"),
        ("PUT", "/Patient/a", patient(), {}, 400, "REST-041"),
        ("PUT", "/Patient/a", patient(id="a"), {"If_Match": "5"}, 400, "REST-020"),
        ("PUT", "/Patient", patient(), {}, 400, "REST-043"),
        ("DELETE", "/Patient", None, {}, 400, "REST-043"),
        ("DELETE", "/Patient?_format=json", None, {}, 400, "REST-043"),
        ("PATCH", "/Patient/none-such", b"[]", {"Content_Type": "application/json-patch+json"}, 404, "RECORDS-002"),
        ("PATCH", "/Patient/none-such", b"[", {"Content_Type": "application/json-patch+json"}, 400, "REST-019"),
        ("GET", "/Patient?_format=xml", None, {}, 406, "REST-021"),
        ("GET", "/Patient/1", None, {"Accept": "application/fhir+xml"}, 406, "REST-021"),
        ("GET", "/Patient?name=%FF", None, {}, 400, "REST-030"),
        ("GET", "/Patient?_count=x", None, {}, 400, "SEARCH-018"),
        ("GET", "/Patient?birthdate=2024-13", None, {}, 400, None),
        ("GET", "/Patient?foo=1", None, {"Prefer": "handling=strict"}, 400, "SEARCH-001"),
        ("GET", "/Patient?_cursor=abc", None, {}, 400, "RECORDS-013"),
        ("GET", "/Patient/_history?_count=x", None, {}, 400, "REST-032"),
        ("GET", "/Patient/_history?_since=x", None, {}, 400, "REST-032"),
        ("GET", "/Patient/_history?foo=1", None, {"Prefer": "handling=strict"}, 400, "REST-031"),
        ("GET", "/_history?_cursor=abc", None, {}, 400, "RECORDS-013"),
        ("GET", "/Observation/1/Patient", None, {}, 400, "REST-034"),
        ("GET", "/Patient/1/Location", None, {}, 400, "REST-035"),
        ("POST", "", {"resourceType": "Patient"}, {}, 400, "RECORDS-016"),
        ("POST", "", {"resourceType": "Bundle", "type": "collection"}, {}, 400, "RECORDS-020"),
        ("GET", "/$export", None, {}, 400, "REST-055"),
        ("GET", "/$export?_type=Nope", None, {"Prefer": "respond-async"}, 404, "RECORDS-001"),
        ("GET", "/Patient/$export?_type=Location", None, {"Prefer": "respond-async"}, 400, "REST-051"),
        ("GET", "/$export?_outputFormat=csv", None, {"Prefer": "respond-async"}, 400, "REST-050"),
        ("GET", "/$export?_typeFilter=Patient%3Fnonsense%3D1", None, {"Prefer": "respond-async"}, 400, "SEARCH-001"),
        ("GET", "/$export?_typeFilter=nonsense", None, {"Prefer": "respond-async"}, 400, "REST-032"),
        ("GET", "/$export-status/none", None, {}, 404, "REST-053"),
        ("DELETE", "/$export-status/none", None, {}, 404, "REST-053"),
        ("GET", "/Group/none-such/$export", None, {"Prefer": "respond-async"}, 404, "RECORDS-002"),
        ("GET", "/Patient/none-such/$everything", None, {}, 404, "RECORDS-002"),
        ("POST", "/Patient/none-such/$meta-add", {"resourceType": "Parameters"}, {}, 400, "REST-044"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_code(
    running: Running, method: str, path: str, body: Any, *, headers: dict[str, str], status: int, code: str | None
) -> None:
    """Each refusal has its status, an OperationOutcome, a code of ours, and words with advice."""
    answer = running.call(method, path, body, **headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith(FHIR)
    assert code is None or codes(answer) == [code], answer.text
    issue = answer.json()["issue"][0]
    assert issue["diagnostics"]
    assert len(issue["details"]["text"]) > 10
    if status == 405:
        assert answer.headers["Allow"]


def test_refusals_speak_the_callers_language(running: Running) -> None:
    answer = running.call("GET", "/Patient/none-such", Accept_Language="zh-CN,zh;q=0.9")
    assert "没有" in answer.json()["issue"][0]["details"]["text"]


def test_a_reader_with_the_version_gets_no_body(running: Running) -> None:
    id = new_id()
    running.call("PUT", f"/Patient/{id}", patient(id=id))
    again = running.call("GET", f"/Patient/{id}", If_None_Match='W/"1"')
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", 'W/"1"')
    modified = running.call("GET", f"/Patient/{id}").headers["Last-Modified"]
    assert running.call("GET", f"/Patient/{id}", If_Modified_Since=modified).status_code == 304


def test_a_writer_who_saw_another_version_is_refused(running: Running) -> None:
    id = new_id()
    running.call("PUT", f"/Patient/{id}", patient(id=id))
    running.call("PUT", f"/Patient/{id}", patient(id=id, active=True))
    stale = running.call("PUT", f"/Patient/{id}", patient(id=id, active=False), If_Match='W/"1"')
    assert (stale.status_code, codes(stale)) == (412, ["RECORDS-006"])
    assert running.call("DELETE", f"/Patient/{id}", If_Match='W/"1"').status_code == 412
    fresh = running.call("PUT", f"/Patient/{id}", patient(id=id, active=False), If_Match='W/"2"')
    assert fresh.status_code == 200
    there = running.call("PUT", f"/Patient/{id}", patient(id=id), If_None_Match="*")
    assert (there.status_code, codes(there)) == (412, ["RECORDS-007"])


def test_prefer_decides_what_a_write_answers(running: Running) -> None:
    id = new_id()
    minimal = running.call("PUT", f"/Patient/{id}", patient(id=id), Prefer="return=minimal")
    assert (minimal.status_code, minimal.content) == (201, b"")
    assert minimal.headers["Location"]
    outcome = running.call("PUT", f"/Patient/{id}", patient(id=id, active=True), Prefer="return=OperationOutcome")
    assert outcome.json()["issue"][0]["severity"] == "information"
    deleted = running.call("DELETE", f"/Patient/{id}", Prefer="return=OperationOutcome")
    assert (deleted.status_code, deleted.json()["resourceType"]) == (200, "OperationOutcome")


def test_a_conditional_create_makes_one(running: Running) -> None:
    value = new_id()
    given = patient(identifier=[{"system": MARK, "value": value}])
    first = running.call("POST", "/Patient", given, If_None_Exist=f"identifier={MARK}|{value}")
    second = running.call("POST", "/Patient", given, If_None_Exist=f"identifier={MARK}|{value}")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    third = running.call("POST", f"/Patient?identifier={MARK}%7C{value}", given)
    assert (third.status_code, third.json()["id"]) == (200, first.json()["id"])
    running.call("POST", "/Patient", given)
    many = running.call("POST", "/Patient", given, If_None_Exist=f"?identifier={MARK}|{value}")
    assert (many.status_code, codes(many)) == (412, ["RECORDS-010"])


def test_a_conditional_update_finds_or_makes(running: Running) -> None:
    value = new_id()
    given = patient(identifier=[{"system": MARK, "value": value}])
    made = running.call("PUT", f"/Patient?identifier={MARK}|{value}", given)
    assert made.status_code == 201
    changed = running.call("PUT", f"/Patient?identifier={MARK}|{value}", given | {"active": True})
    assert (changed.status_code, changed.json()["id"]) == (200, made.json()["id"])
    patched = running.call(
        "PATCH", f"/Patient?identifier={MARK}|{value}", b'[{"op":"remove","path":"/active"}]',
        Content_Type="application/json-patch+json",
    )  # fmt: skip
    assert (patched.status_code, patched.headers["ETag"]) == (200, 'W/"3"')
    gone = running.call("DELETE", f"/Patient?identifier={MARK}|{value}")
    assert gone.status_code == 204
    assert running.call("GET", f"/Patient/{made.json()['id']}").status_code == 410


def test_a_criterion_too_wide_deletes_nothing(running: Running) -> None:
    value = new_id()
    for _ in range(2):
        running.call("POST", "/Patient", patient(identifier=[{"system": MARK, "value": value}]))
    refused = running.call("DELETE", f"/Patient?identifier={MARK}|{value}")
    assert (refused.status_code, codes(refused)) == (412, ["RECORDS-010"])
    assert running.call("GET", f"/Patient?identifier={MARK}|{value}").json()["total"] == 2


def test_both_kinds_of_patch_change_a_record(running: Running) -> None:
    id = new_id()
    running.call("PUT", f"/Patient/{id}", patient(id=id, birthDate="1980-01-01"))
    first = running.call(
        "PATCH", f"/Patient/{id}", b'[{"op":"replace","path":"/birthDate","value":"1981-01-01"}]',
        Content_Type="application/json-patch+json", If_Match='W/"1"',
    )  # fmt: skip
    assert first.json()["birthDate"] == "1981-01-01"
    operation = [
        {"name": "type", "valueCode": "replace"},
        {"name": "path", "valueString": "Patient.birthDate"},
        {"name": "value", "valueDate": "1982-01-01"},
    ]
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": operation}]}
    second = running.call("PATCH", f"/Patient/{id}", parameters)
    assert (second.status_code, second.json()["birthDate"]) == (200, "1982-01-01")
    wrong = running.call(
        "PATCH", f"/Patient/{id}", b'[{"op":"remove","path":"/nothing"}]', Content_Type="application/json-patch+json"
    )
    assert (wrong.status_code, codes(wrong)) == (422, ["RECORDS-012"])


def test_a_merge_patch_replaces_members(running: Running) -> None:
    """JSON Merge Patch, as everyday clients send it; decimals elsewhere in the record keep their digits."""
    id = new_id()
    value = {"value": 1.5, "unit": "mmol/L"}
    body = {"resourceType": "Observation", "id": id, "status": "final", "code": {"text": "a"}, "valueQuantity": value}
    text = json.dumps(body).replace("1.5", "1.50").encode()
    running.call("PUT", f"/Observation/{id}", text)
    given = b'{"status": "amended", "code": {"text": "b"}, "issued": null}'
    changed = running.call("PATCH", f"/Observation/{id}", given, Content_Type="application/json", If_Match='W/"1"')
    assert changed.status_code == 200, changed.text
    assert (changed.json()["status"], changed.json()["code"]) == ("amended", {"text": "b"})
    tagged = {"name": "meta", "valueMeta": {"tag": [{"code": "x"}]}}
    running.call("POST", f"/Observation/{id}/$meta-add", {"resourceType": "Parameters", "parameter": [tagged]})
    assert '"value":1.50' in running.call("GET", f"/Observation/{id}").text
    gone = running.call(
        "PATCH", f"/Observation/{id}", b'{"valueQuantity": null}', Content_Type="application/merge-patch+json"
    )
    assert "valueQuantity" not in gone.json()
    stale = running.call("PATCH", f"/Observation/{id}", given, Content_Type="application/json", If_Match='W/"1"')
    assert stale.status_code == 412
    no_object = running.call("PATCH", f"/Observation/{id}", b"[1]", Content_Type="application/merge-patch+json")
    assert codes(no_object) == ["REST-046"]


def test_search_pages_are_complete_and_without_repeats(running: Running) -> None:
    """Following `next` brings every match once, though others write meanwhile."""
    value = new_id()
    made = {
        running.call("POST", "/Patient", patient(identifier=[{"system": MARK, "value": value}])).json()["id"]
        for _ in range(7)
    }
    address, seen, pages = f"/Patient?identifier={MARK}|{value}&_count=3", [], 0
    while address:
        page = running.call("GET", address).json()
        seen += [entry["resource"]["id"] for entry in page["entry"]]
        assert {entry["search"]["mode"] for entry in page["entry"]} == {"match"}
        assert page["total"] == 7
        links = {link["relation"]: link["url"] for link in page["link"]}
        assert links["self"].startswith(f"{running.fhir}/Patient?")
        address = links.get("next", "").removeprefix(running.fhir)
        pages += 1
        running.call("POST", "/Patient", patient(active=True))
    assert (pages, len(seen), set(seen)) == (3, 7, made)


@pytest.mark.parametrize("where", ["/Patient/_search", "/_search?_type=Patient"])
def test_search_by_form(running: Running, where: str) -> None:
    value = new_id()
    running.call("POST", "/Patient", patient(identifier=[{"system": MARK, "value": value}]))
    form = f"identifier={MARK}|{value}".encode()
    answer = running.call("POST", where, form, Content_Type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json().get("total")) == (200, 1), answer.text


def test_unknown_parameters_are_reported(running: Running) -> None:
    """Lenient handling answers the rest of the query, says what it left out, and leaves it out of the self link."""
    bundle = running.call("GET", "/Patient?foo=1&_count=1").json()
    outcome = bundle["entry"][0]
    assert outcome["search"]["mode"] == "outcome"
    assert outcome["resource"]["issue"][0]["severity"] == "warning"
    assert "foo" not in bundle["link"][0]["url"]


def test_parts_of_a_record(running: Running) -> None:
    id = new_id()
    running.call("PUT", f"/Patient/{id}", patient(id=id, name=[{"family": "王"}], birthDate="1980-01-01"))
    part = running.call("GET", f"/Patient/{id}?_elements=birthDate").json()
    assert "name" not in part
    assert part["meta"]["tag"][0]["code"] == "SUBSETTED"
    found = running.call("GET", f"/Patient?_id={id}&_summary=data&_elements=name").json()["entry"][0]["resource"]
    assert found["meta"]["tag"][0]["code"] == "SUBSETTED"
    counted = running.call("GET", f"/Patient?_id={id}&_summary=count").json()
    assert (counted["total"], "entry" in counted) == (1, False)


def test_a_compartment_holds_what_is_about_the_patient(running: Running) -> None:
    mine, other = new_id(), new_id()
    for id in (mine, other):
        running.call("PUT", f"/Patient/{id}", patient(id=id))
        observation = {"resourceType": "Observation", "status": "final", "code": {"text": "a"}}
        running.call("POST", "/Observation", observation | {"subject": {"reference": f"Patient/{id}"}})
        running.call("POST", "/Condition", {"resourceType": "Condition", "subject": {"reference": f"Patient/{id}"}})
    found = running.call("GET", f"/Patient/{mine}/Observation").json()
    assert [entry["resource"]["subject"]["reference"] for entry in found["entry"]] == [f"Patient/{mine}"]
    all = running.call("GET", f"/Patient/{mine}/$everything").json()
    kinds = [entry["resource"]["resourceType"] for entry in all["entry"]]
    assert (kinds[0], sorted(kinds)) == ("Patient", ["Condition", "Observation", "Patient"])
    some = running.call("GET", f"/Patient/{mine}/$everything?_type=Condition").json()
    assert [entry["resource"]["resourceType"] for entry in some["entry"]] == ["Condition"]
    none = running.call("GET", f"/Patient/{mine}/$everything?_type=Condition&_since=2999-01-01").json()
    assert "entry" not in none
    first = running.call("GET", f"/Patient/{mine}/$everything?_count=1").json()
    links = {link["relation"]: link["url"] for link in first["link"]}
    second = running.call("GET", links["next"].removeprefix(running.fhir)).json()
    kinds = [entry["resource"]["resourceType"] for page in (first, second) for entry in page["entry"]]
    assert (kinds[0], sorted(kinds)) == ("Patient", ["Condition", "Observation", "Patient"])


def test_a_narrow_caller_sees_what_it_was_granted(running: Running) -> None:
    """A search over types and `$everything` leave out what the caller may not see, rather than refusing all."""
    id = new_id()
    running.call("PUT", f"/Patient/{id}", patient(id=id))
    for type in ("Observation", "Condition"):
        body = {"resourceType": type, "subject": {"reference": f"Patient/{id}"}}
        running.call("POST", f"/{type}", body | ({"status": "final", "code": {}} if type == "Observation" else {}))
    narrow = {"Authorization": f"Bearer {running.token('system/Patient.rs system/Condition.rs')}"}
    found = running.call("GET", f"/Patient/{id}/$everything", **narrow).json()
    assert {entry["resource"]["resourceType"] for entry in found["entry"]} == {"Patient", "Condition"}
    assert running.call("GET", "/Observation", **narrow).status_code == 403
    assert running.call("GET", "/?_type=Observation", **narrow).status_code == 403
    assert running.call("PUT", f"/Patient/{id}", patient(id=id), **narrow).status_code == 403


def test_a_transaction_is_all_or_nothing_and_a_batch_each_for_itself(running: Running) -> None:
    id = new_id()
    good = {"resource": patient(id=id), "request": {"method": "PUT", "url": f"Patient/{id}"}}
    bad = {"resource": patient(birthDate="no"), "request": {"method": "POST", "url": "Patient"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [good, bad]}
    refused = running.call("POST", "", bundle)
    assert refused.status_code == 422
    assert refused.json()["issue"][0]["expression"][0].startswith("Bundle.entry[1]")
    assert running.call("GET", f"/Patient/{id}").status_code == 404
    batch = running.call("POST", "", bundle | {"type": "batch"}).json()
    assert batch["type"] == "batch-response"
    assert [entry["response"]["status"][:3] for entry in batch["entry"]] == ["201", "422"]
    assert batch["entry"][1]["response"]["outcome"]["issue"][0]["severity"] == "error"


def test_a_transaction_resolves_what_it_brings(running: Running) -> None:
    own = f"urn:uuid:{uuid.uuid4()}"
    observation = {
        "resourceType": "Observation", "status": "final", "code": {"text": "a"}, "subject": {"reference": own},
    }  # fmt: skip
    entries = [
        {"resource": observation, "request": {"method": "POST", "url": "Observation"}},
        {"fullUrl": own, "resource": patient(), "request": {"method": "POST", "url": "Patient"}},
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    plain = running.call("POST", "", bundle).json()
    assert all("resource" not in entry for entry in plain["entry"])
    full = running.call("POST", "", bundle, Prefer="return=representation").json()
    made = full["entry"][1]["response"]["location"].split("/Patient/")[1].split("/")[0]
    assert full["entry"][0]["resource"]["subject"]["reference"] == f"Patient/{made}"


def test_reads_in_a_batch_carry_their_answers(running: Running) -> None:
    id = new_id()
    running.call("PUT", f"/Patient/{id}", patient(id=id))
    urls = [f"Patient/{id}", f"Patient?_id={id}&_elements=name", "Patient/none-such", f"Patient/{id}/_history"]
    entries = [{"request": {"method": "GET", "url": url}} for url in urls]
    answer = running.call("POST", "", {"resourceType": "Bundle", "type": "batch", "entry": entries}).json()
    first, second, third, fourth = answer["entry"]
    assert first["resource"]["id"] == id
    assert second["resource"]["entry"][0]["resource"]["id"] == id
    assert second["resource"]["entry"][0]["resource"]["meta"]["tag"][0]["code"] == "SUBSETTED"
    assert third["response"]["status"].startswith("404")
    assert fourth["resource"]["type"] == "history"


@pytest.mark.parametrize(
    ("path", "body", "good"),
    [
        ("/Patient/$validate", patient(gender="male"), True),
        ("/Patient/$validate", patient(gender="x"), False),
        ("/$validate", {"resourceType": "Observation"}, False),
        ("/Patient/$validate", {"resourceType": "Observation", "status": "final", "code": {}}, False),
        (
            "/Patient/$validate",
            {
                "resourceType": "Parameters",
                "parameter": [
                    {"name": "resource", "resource": patient(active=True)},
                    {"name": "mode", "valueCode": "create"},
                ],
            },
            True,
        ),
        ("/Patient/$validate?mode=nonsense", patient(), False),
        ("/Patient/none-such/$validate?mode=delete", None, False),
    ],
)
def test_validate_always_answers_with_an_outcome(running: Running, path: str, body: Any, good: bool) -> None:
    answer = running.call("POST", path, body)
    assert answer.status_code == 200, answer.text
    severities = {issue["severity"] for issue in answer.json()["issue"]}
    assert ("error" in severities) is not good


def test_tags_are_added_and_taken_away(running: Running) -> None:
    id = new_id()
    running.call("PUT", f"/Patient/{id}", patient(id=id))
    given = {"name": "meta", "valueMeta": {"tag": [{"system": MARK, "code": "a"}]}}
    parameters = {"resourceType": "Parameters", "parameter": [given]}
    added = running.call("POST", f"/Patient/{id}/$meta-add", parameters).json()["parameter"][0]["valueMeta"]
    assert added["tag"] == [{"system": MARK, "code": "a"}]
    again = running.call("POST", f"/Patient/{id}/$meta-add", parameters).json()["parameter"][0]["valueMeta"]
    assert again["versionId"] == added["versionId"]
    assert running.call("GET", f"/Patient?_tag={MARK}|a&_id={id}").json()["total"] == 1
    removed = running.call("POST", f"/Patient/{id}/$meta-delete", parameters).json()["parameter"][0]["valueMeta"]
    assert "tag" not in removed
    assert running.call("GET", f"/Patient/{id}/$meta").json()["parameter"][0]["valueMeta"] == removed


def test_bodies_travel_compressed_both_ways(running: Running) -> None:
    body = json.dumps(patient(name=[{"family": "王" * 500}])).encode()
    made = running.call("POST", "/Patient", gzip.compress(body), Content_Encoding="gzip")
    assert made.status_code == 201
    assert made.headers["Content-Encoding"] == "gzip"
    plain = running.call("GET", f"/Patient/{made.json()['id']}", Accept_Encoding="identity")
    assert "Content-Encoding" not in plain.headers
    assert plain.json() == made.json()


def test_head_has_the_headers_of_get_and_no_body(running: Running) -> None:
    id = new_id()
    running.call("PUT", f"/Patient/{id}", patient(id=id))
    head = running.call("HEAD", f"/Patient/{id}")
    get = running.call("GET", f"/Patient/{id}")
    assert (head.status_code, head.content, head.headers["ETag"]) == (200, b"", get.headers["ETag"])
    assert head.headers["Content-Length"] == get.headers["Content-Length"]


def test_pretty_is_the_same_resource_with_lines(running: Running) -> None:
    id = new_id()
    running.call("PUT", f"/Patient/{id}", patient(id=id))
    pretty = running.call("GET", f"/Patient/{id}?_pretty=true")
    assert pretty.text.count("\n") > 3
    assert pretty.json() == running.call("GET", f"/Patient/{id}").json()


def test_the_capability_statement_is_public_and_true(running: Running) -> None:
    """It decodes as a CapabilityStatement, and each parameter and operation it names is there."""
    answer = requests.get(f"{running.fhir}/metadata", timeout=30)
    assert answer.status_code == 200
    from minkang.fhir import decode

    decode(answer.content, "CapabilityStatement")
    rest = answer.json()["rest"][0]
    kinds = {resource["type"]: resource for resource in rest["resource"]}
    assert len(kinds) > 140
    names = {one["name"] for one in kinds["Observation"]["searchParam"]}
    assert {"code", "subject", "date", "value-quantity", "_id", "_lastUpdated"} <= names
    assert {"everything", "export", "validate"} <= {one["name"] for one in kinds["Patient"]["operation"]}
    smart = requests.get(f"{running.fhir}/.well-known/smart-configuration", timeout=30).json()
    assert smart["token_endpoint"] == f"{running.base}/oauth/token"
    assert requests.get(smart["jwks_uri"], timeout=30).json()["keys"][0]["kty"] == "EC"


def test_a_request_keeps_its_id(running: Running) -> None:
    """The caller's request id comes back and stands in the audit trail."""
    id = f"test-{uuid.uuid4().hex}"
    answer = running.call("GET", "/Patient/none-such", X_Request_Id=id)
    assert answer.headers["X-Request-Id"] == id
    with running.database.connection() as connection:
        row = connection.execute("SELECT interaction, outcome FROM access_audit WHERE request = %s", (id,)).fetchone()
    assert row == ("read", "RECORDS-002")


def test_health(running: Running) -> None:
    assert requests.get(f"{running.base}/healthz", timeout=5).json() == {"status": "ok"}
    assert requests.get(f"{running.base}/readyz", timeout=5).json() == {"status": "ready"}
