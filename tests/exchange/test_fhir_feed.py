"""FHIR of senders: bundles, lines and exports under ids of their own, and the readings of devices."""

from __future__ import annotations

import contextlib
import http.server
import io
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exchange.conftest import SENDER

from minkang.codes.translator import Translator
from minkang.errors import Fault
from minkang.exchange.fhir.connector import FhirConnector
from minkang.exchange.fhir.device import DeviceConnector
from minkang.exchange.fhir.manifest import files_of, is_manifest
from minkang.exchange.fhir.reading import documents
from minkang.exchange.fhir.resources import instant
from minkang.exchange.intake.engine import Intake
from minkang.exchange.message import Message, Rejected, draft_id

Records = Callable[[], dict[str, dict[str, Any]]]


def one(body: object, feed: str = "fhir") -> Message:
    """A message of one JSON document."""
    return Message(SENDER, feed, "k", json.dumps(body).encode(), datetime.now(UTC))


def entry(resource: dict[str, Any], url: str = "", full: str = "", method: str = "PUT") -> dict[str, Any]:
    """An entry of a bundle."""
    made: dict[str, Any] = {"resource": resource, "request": {"method": method, "url": url or resource["resourceType"]}}
    return made | ({"fullUrl": full} if full else {})


def visit(status: str = "finished", at: str = "2024-05-01T08:00:00+08:00") -> dict[str, Any]:
    """A visit to a village clinic: references by urn, by condition and by address."""
    urn = "urn:uuid:11111111-1111-4111-8111-111111111111"
    encounter = {"resourceType": "Encounter", "status": status, "class": {"code": "AMB"}, "subject": {"reference": urn}}
    observation = {
        "resourceType": "Observation", "status": "final", "code": {"text": "BP"},
        "subject": {"reference": "Patient?identifier=urn:clinic|7"}, "encounter": {"reference": "urn:uuid:2"},
        "performer": [{"reference": "https://elsewhere.example/Practitioner/1"}],
    }  # fmt: skip
    return {
        "resourceType": "Bundle", "id": "b1", "type": "transaction", "timestamp": at,
        "entry": [
            entry({"resourceType": "Patient", "name": [{"text": "王芳"}]}, "Patient?identifier=urn:clinic|7", urn),
            entry(encounter, "Encounter?identifier=urn:clinic|9", "urn:uuid:2"),
            entry(observation, method="POST"),
        ],
    }  # fmt: skip


def test_a_bundle_is_stored_under_names_of_the_sender(intake: Intake, records: Records) -> None:
    """Ids follow from sender and number; every way of referring leads to the same resource."""
    (settled,) = intake.settle([one(visit())])
    assert (settled.outcome, settled.written) == ("accepted", 3)
    found = {body["resourceType"]: body for body in records().values()}
    patient = f"Patient/{draft_id(SENDER, 'Patient', 'patient/7')}"
    assert f"Patient/{found['Patient']['id']}" == patient
    assert found["Encounter"]["subject"]["reference"] == found["Observation"]["subject"]["reference"] == patient
    assert found["Observation"]["encounter"]["reference"] == f"Encounter/{found['Encounter']['id']}"
    assert found["Observation"]["performer"][0]["reference"] == "https://elsewhere.example/Practitioner/1"


def test_a_visit_taken_back_takes_back_what_was_found_at_it(intake: Intake, records: Records) -> None:
    """Whichever came first; the patient stays."""
    intake.settle([one(visit("entered-in-error", "2024-05-02T08:00:00+08:00"))])
    assert intake.settle([one(visit())])[0].outcome == "superseded"
    found = {body["resourceType"]: body for body in records().values()}
    assert found["Encounter"]["status"] == found["Observation"]["status"] == "entered-in-error"
    assert "active" not in found["Patient"]


def test_a_deletion_withdraws(intake: Intake, records: Records) -> None:
    """DELETE by address, in a bundle with a later time."""
    resource = {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"},
                "meta": {"lastUpdated": "2024-01-01T00:00:00Z", "versionId": "4", "profile": ["urn:p"]}}  # fmt: skip
    gone = {"resourceType": "Bundle", "type": "transaction", "timestamp": "2024-02-01T00:00:00Z",
            "entry": [{"request": {"method": "DELETE", "url": "Observation/o"}}]}  # fmt: skip
    intake.settle([one(resource)])
    (before,) = records().values()
    assert before["meta"] == {"source": f"urn:minkang:sender:{SENDER}#fhir", "profile": ["urn:p"]}
    intake.settle([one(gone)])
    (after,) = records().values()
    assert (after["status"], after["code"]) == ("entered-in-error", {"text": "x"})


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([], "EXCHANGE-010"),
        ({"resourceType": "Nonsense"}, "EXCHANGE-052"),
        ({"resourceType": "Bundle", "type": "nonsense"}, "EXCHANGE-053"),
        ({"resourceType": "Bundle", "type": "batch", "entry": 7}, "EXCHANGE-010"),
        ({"resourceType": "Bundle", "type": "batch", "entry": [7]}, "EXCHANGE-010"),
        ({"resourceType": "Bundle", "type": "batch", "entry": [{}]}, "EXCHANGE-010"),
        ({"resourceType": "Bundle", "type": "batch", "entry": [{"request": {"method": "GET"}}]}, "EXCHANGE-051"),
        (
            {"resourceType": "Observation", "subject": {"reference": "Patient?name=x"}},
            "EXCHANGE-054",
        ),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_reason(body: object, code: str) -> None:
    """Each with a code of its own."""
    with pytest.raises(Fault) as caught:
        FhirConnector().convert(one(body), Translator())
    assert caught.value.code == code


def test_an_export_is_taken_by_its_manifest(tmp_path: Path) -> None:
    """Paths beside it and addresses; what was fetched whole is not fetched again; what is not there is said."""
    (tmp_path / "patients.ndjson").write_bytes(b'{"resourceType":"Patient","id":"1"}\n')
    served = tmp_path / "served"
    served.mkdir()
    (served / "obs.ndjson").write_bytes(b'{"resourceType":"Observation","id":"1"}\n')

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *words: Any) -> None:
            super().__init__(*words, directory=str(served))

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        manifest = tmp_path / "manifest.json"
        told = {"transactionTime": "2024-01-01T00:00:00Z", "output": [
            {"type": "Patient", "url": "patients.ndjson"}, {"type": "Observation", "url": f"{address}/obs.ndjson"},
        ]}  # fmt: skip
        manifest.write_text(json.dumps(told))
        assert is_manifest(manifest)
        files = files_of(manifest, tmp_path / "fetched")
        assert [b"Patient" in files[0].read_bytes(), b"Observation" in files[1].read_bytes()] == [True, True]
        (served / "obs.ndjson").unlink()
        assert files_of(manifest, tmp_path / "fetched") == files
        told["output"] = [{"url": f"{address}/none.ndjson"}]  # type: ignore[assignment]
        manifest.write_text(json.dumps(told))
        with pytest.raises(Fault) as caught:
            files_of(manifest, tmp_path / "fetched")
        assert caught.value.code == "EXCHANGE-029"
        server.shutdown()
    assert not is_manifest(tmp_path / "patients.ndjson")
    told |= {"requiresAccessToken": True}
    manifest.write_text(json.dumps(told))
    with pytest.raises(Fault) as caught:
        files_of(manifest, tmp_path / "fetched")
    assert caught.value.code == "EXCHANGE-028"


READING = {
    "id": "R1", "device": "SF1", "model": "SF-3", "clinic": "C", "patient": "0000000007", "card": "", "name": "王芳",
    "time": "2024-05-01T08:00:00+08:00", "kind": "blood_pressure", "sent": "2024-05-01T08:01:00+08:00", "state": "new",
    "values": {"systolic": 150, "diastolic": 95, "unit": "mmHg", "pulse": 71},
}  # fmt: skip


def test_a_reading_becomes_an_observation_of_the_clinics_patient(intake: Intake, records: Records) -> None:
    """The patient is the one the clinic's bundles register; the reading does not overwrite the registration."""
    intake.settle([one(visit())])
    intake.settle([one(READING | {"patient": "7"}, "device")])
    found = {body["resourceType"]: body for body in records().values() if "component" in body or "name" in body}
    assert found["Observation"]["subject"]["reference"] == f"Patient/{found['Patient']['id']}"
    assert [part["valueQuantity"]["value"] for part in found["Observation"]["component"]] == [150, 95, 71]
    assert found["Observation"]["component"][0]["valueQuantity"]["code"] == "mm[Hg]"
    assert "identifier" not in found["Patient"]


def test_readings_are_corrected_and_withdrawn(intake: Intake, records: Records) -> None:
    """By the same id; a later statement wins."""
    later = {"sent": "2024-05-01T09:00:00+08:00", "state": "corrected", "values": READING["values"] | {"systolic": 140}}  # type: ignore[operator]
    intake.settle([one(READING | later, "device"), one(READING, "device")])
    (observation,) = [body for body in records().values() if body["resourceType"] == "Observation"]
    assert (observation["status"], observation["component"][0]["valueQuantity"]["value"]) == ("amended", 140)
    intake.settle([one(READING | {"sent": "2024-05-02T09:00:00+08:00", "state": "withdrawn"}, "device")])
    (observation,) = [body for body in records().values() if body["resourceType"] == "Observation"]
    assert observation["status"] == "entered-in-error"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "weight"}, "EXCHANGE-062"),
        ({"state": "gone"}, "EXCHANGE-062"),
        ({"values": {"systolic": "high", "diastolic": 1}}, "EXCHANGE-063"),
        ({"values": 7}, "EXCHANGE-061"),
        ({"patient": " "}, "EXCHANGE-061"),
    ],
)
def test_a_line_that_is_no_reading_is_refused(change: dict[str, Any], code: str) -> None:
    """With the element that is wrong."""
    with pytest.raises(Fault) as caught:
        DeviceConnector().convert(one(READING | change, "device"), Translator())
    assert caught.value.code == code


def test_a_reading_nobody_can_have_is_noted_and_kept() -> None:
    """Kilopascals called millimetres."""
    values = {"systolic": 20.0, "diastolic": 12.7, "unit": "mmHg"}
    converted = DeviceConnector().convert(one(READING | {"values": values}, "device"), Translator())
    assert [note.code for note in converted.notes] == ["EXCHANGE-064"] * 2
    assert converted.drafts[-1].body["component"][0]["valueQuantity"]["value"] == 20.0


values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5) | st.sampled_from(["Patient", "urn:uuid:1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["resourceType", "type", "entry", "resource", "request", "method", "url", "fullUrl", "id", "identifier",
         "reference", "meta", "timestamp", "values", "kind", "state"]), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(value=values, bundle=st.booleans(), device=st.booleans())
def test_any_json_is_taken_or_refused_with_a_fault(value: Any, bundle: bool, device: bool) -> None:
    """Never another exception."""
    if bundle:
        value = {"resourceType": "Bundle", "type": "batch", "entry": value}
    connector = DeviceConnector() if device else FhirConnector()
    told = READING | value if device and isinstance(value, dict) else value
    with contextlib.suppress(Fault):
        connector.convert(one(told), Translator())


@settings(max_examples=200, deadline=None)
@given(parts=st.lists(st.binary(max_size=30), max_size=8), longest=st.integers(1, 40), step=st.integers(1, 7))
def test_lines_are_cut_where_they_end_however_they_are_read(parts: list[bytes], longest: int, step: int) -> None:
    """Every line that is not empty is given once, those too long with a fault, whatever a read gives at a time."""

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(step, size) if size and size > 0 else step)

    body = b"\n".join(parts)
    if body.startswith(b"\xef\xbb\xbf"):
        return
    found = list(documents(Slow(body), "a.ndjson", longest))  # type: ignore[arg-type]
    whole = [(number, line) for number, line in enumerate(body.split(b"\n"), 1) if line.strip()]
    assert [piece.line for piece in found] == [number for number, _ in whole]
    for piece, (_, line) in zip(found, whole, strict=True):
        if piece.fault is None:
            assert piece.body == line.strip()
            assert len(piece.body) <= longest
        else:
            assert len(line) > longest


def test_a_document_is_a_message_and_so_is_a_line() -> None:
    """A document over several lines is one; a file of objects is as many as it has lines, whatever its name."""
    pretty = json.dumps(visit(), indent=1).encode()
    (message,) = FhirConnector().split(io.BytesIO(pretty), "a.json", SENDER)
    assert isinstance(message, Message)
    assert message.key == "b1"
    lines = b'{"resourceType":"Patient","id":"1"}\n{"resourceType":"Patient"}\n'
    found = list(FhirConnector().split(io.BytesIO(lines), "a.json", SENDER))
    assert next(one.key for one in found) == "Patient/1"
    assert [one.place for one in found] == ["a.json:1", "a.json:2"]
    (refused,) = FhirConnector(10).split(io.BytesIO(pretty), "a.json", SENDER)
    assert isinstance(refused, Rejected)
    assert refused.fault.code == "EXCHANGE-006"


def test_times_of_any_offset_compare_as_text() -> None:
    """Dates, minutes and instants alike; what is no time stays as it is."""
    assert instant("2024-05-01T08:00:00+08:00") == instant("2024-05-01T00:00:00Z") == "2024-05-01T00:00:00.000Z"
    assert instant("2024-05-01") == "2024-05-01T00:00:00.000Z"
    assert instant("soon") == "soon"
    assert instant("0001-01-01T00:00:00+08:00").startswith("0001")
    assert instant(None) == ""
