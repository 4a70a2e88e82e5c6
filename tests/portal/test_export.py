"""Bulk export: what is asked for comes out once, as files that only the asker may fetch, also after a restart."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.portal.conftest import Running
from tests.portal.test_rest import codes, new_id, patient

from minkang.access import Access, parse_scopes
from minkang.db import Database
from minkang.errors import Fault
from minkang.fhir import decode
from minkang.portal.api.fhir.export.jobs import Exports
from minkang.portal.api.fhir.export.plan import Plan
from minkang.portal.api.fhir.export.worker import MOST_ATTEMPTS, ExportWorker
from minkang.records.postgres import PostgresRepository
from minkang.records.search import PostgresSearch

ALL = Access("client:test", parse_scopes("system/*.cruds"))


def start(running: Running, path: str, **headers: str) -> str:
    """Kick an export off and return the path of its status."""
    answer = running.call("GET", path, Prefer="respond-async", **headers)
    assert answer.status_code == 202, answer.text
    return answer.headers["Content-Location"].removeprefix(running.fhir)


def finish(running: Running, status: str) -> requests.Response:
    """The manifest, when it is there."""
    until = time.monotonic() + 30
    while (answer := running.call("GET", status)).status_code == 202:
        assert answer.headers["X-Progress"]
        assert answer.headers["Retry-After"]
        assert time.monotonic() < until
        time.sleep(0.1)
    assert answer.status_code == 200, answer.text
    return answer


def lines(running: Running, manifest: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The records of an export by type."""
    found = {}
    for file in manifest["output"]:
        answer = running.call("GET", file["url"].removeprefix(running.fhir))
        assert answer.headers["Content-Type"] == "application/fhir+ndjson"
        found[file["type"]] = [json.loads(line) for line in answer.content.splitlines()]
        assert len(found[file["type"]]) == file["count"]
    return found


@pytest.fixture(scope="module")
def people(running: Running) -> dict[str, str]:
    """Three patients with an observation each, two of them in a group, under a tag of their own."""
    ids = {name: new_id() for name in ("first", "second", "third")}
    tag = {"tag": [{"system": "urn:test:export", "code": ids["first"]}]}
    for id in ids.values():
        running.call("PUT", f"/Patient/{id}", patient(id=id, meta=tag))
        body = {"resourceType": "Observation", "id": f"o-{id}", "status": "final", "code": {"text": "a"}}
        running.call("PUT", f"/Observation/o-{id}", body | {"subject": {"reference": f"Patient/{id}"}, "meta": tag})
    members: list[dict[str, Any]] = [{"entity": {"reference": f"Patient/{ids[name]}"}} for name in ("first", "second")]
    members.append({"entity": {"reference": f"Patient/{ids['third']}"}, "inactive": True})
    group = {"resourceType": "Group", "id": f"g-{ids['first']}", "type": "person", "actual": True, "member": members}
    running.call("PUT", f"/Group/g-{ids['first']}", group)
    return ids


def test_a_group_is_its_active_members(running: Running, people: dict[str, str]) -> None:
    status = start(running, f"/Group/g-{people['first']}/$export?_type=Patient,Observation")
    answer = finish(running, status)
    assert answer.headers["Expires"]
    manifest = answer.json()
    assert manifest["requiresAccessToken"] is True
    assert manifest["request"].endswith("_type=Patient,Observation")
    found = lines(running, manifest)
    wanted = {people["first"], people["second"]}
    assert {one["id"] for one in found["Patient"]} == wanted
    assert {one["id"] for one in found["Observation"]} == {f"o-{id}" for id in wanted}


def test_filters_narrow_a_type(running: Running, people: dict[str, str]) -> None:
    """Several filters of a type are alternatives; a record that fits two comes once."""
    tag = f"Patient%3F_tag=urn:test:export%7C{people['first']}"
    both = f"_typeFilter={tag}&_typeFilter=Patient%3F_id%3D{people['first']}"
    found = lines(running, finish(running, start(running, f"/$export?_type=Patient&{both}")).json())
    assert sorted(one["id"] for one in found["Patient"]) == sorted(people.values())


def test_since_leaves_out_what_is_older(running: Running, people: dict[str, str]) -> None:
    status = start(running, "/Patient/$export?_type=Patient,Observation&_since=2999-01-01T00:00:00Z")
    assert finish(running, status).json()["output"] == []


def test_all_patients_are_exported_with_what_is_about_them(running: Running, people: dict[str, str]) -> None:
    running.call("PUT", "/Location/export-1", {"resourceType": "Location", "id": "export-1"})
    found = lines(running, finish(running, start(running, "/Patient/$export")).json())
    assert set(people.values()) <= {one["id"] for one in found["Patient"]}
    assert {f"o-{id}" for id in people.values()} <= {one["id"] for one in found["Observation"]}
    assert "Location" not in found


def test_an_export_is_its_callers_alone(running: Running, people: dict[str, str]) -> None:
    """Another client sees neither status nor files, nor can it cancel."""
    status = start(running, "/$export?_type=Patient")
    manifest = finish(running, status).json()
    other = {"Authorization": f"Bearer {running.token('system/*.read')}"}
    for method, address in (("GET", status), ("DELETE", status), ("GET", manifest["output"][0]["url"])):
        answer = running.call(method, address.removeprefix(running.fhir), **other)
        assert (answer.status_code, codes(answer)) == (404, ["REST-053"])
    nobody = requests.get(manifest["output"][0]["url"], timeout=20)
    assert nobody.status_code == 401


def test_a_caller_exports_only_what_it_may_read(running: Running, people: dict[str, str]) -> None:
    narrow = {"Authorization": f"Bearer {running.token('system/Patient.rs')}"}
    refused = running.call("GET", "/$export?_type=Observation", Prefer="respond-async", **narrow)
    assert (refused.status_code, codes(refused)) == (403, ["ACCESS-002"])
    answer = running.call("GET", "/Patient/$export", Prefer="respond-async", **narrow)
    status = answer.headers["Content-Location"].removeprefix(running.fhir)
    until = time.monotonic() + 30
    while (manifest := running.call("GET", status, **narrow)).status_code == 202:
        assert time.monotonic() < until
        time.sleep(0.1)
    assert [file["type"] for file in manifest.json()["output"]] == ["Patient"]


def test_a_cancelled_export_is_gone(running: Running, people: dict[str, str]) -> None:
    status = start(running, "/$export?_type=Patient")
    manifest = finish(running, status).json()
    assert running.call("DELETE", status).status_code == 202
    assert running.call("GET", status).status_code == 404
    assert running.call("GET", manifest["output"][0]["url"].removeprefix(running.fhir)).status_code == 404
    folder = Path(running.environment["MINKANG_HOME"], "exports", status.rpartition("/")[2])
    assert not folder.exists()


@pytest.fixture
def exports(module_database: Database, tmp_path: Path) -> Exports:
    """Jobs that no server works on."""
    with module_database.connection() as connection:
        connection.execute("DELETE FROM export_job")
    return Exports(module_database, tmp_path)


def store(database: Database, count: int) -> PostgresRepository:
    repository = PostgresRepository(database, PostgresSearch())
    for _ in range(count):
        repository.create(ALL, decode(b'{"resourceType":"Basic","code":{"text":"a"}}'))
    return repository


PLAN = Plan("system", "", ("Basic", "Patient"), {}, "")


def add(exports: Exports, plan: Plan = PLAN) -> str:
    return exports.add(ALL, plan, request="http://here/fhir/$export", language="zh")


class TestWorker:
    def test_a_job_whose_worker_died_is_taken_up_where_it_stopped(
        self, exports: Exports, module_database: Database
    ) -> None:
        """Another worker writes the types that were not finished, and begins a half-written file again."""
        repository = store(module_database, 3)
        id = add(exports)
        first = ExportWorker(exports, repository, silence_seconds=0)
        calls: list[int] = []

        def dies(job: Any, type: str) -> int:
            calls.append(1)
            exports.place(id, type).parent.mkdir(parents=True, exist_ok=True)
            exports.place(id, type).with_suffix(".part").write_text("half")
            raise KeyboardInterrupt

        first._write_type = dies  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            first.work_once()
        time.sleep(0.05)
        assert ExportWorker(exports, repository, silence_seconds=0).work_once()
        job = exports.find(ALL, id)
        assert (job.state, job.attempts) == ("done", 2)
        kept = exports.file(job, "Basic").read_bytes().splitlines()
        assert len(kept) == next(line["count"] for line in job.finished_types if line["type"] == "Basic")
        assert not list(exports.folder.rglob("*.part"))

    def test_a_job_that_is_being_worked_on_is_left_alone(self, exports: Exports, module_database: Database) -> None:
        """Two workers never write one job: the second finds nothing, the first notices when it was replaced."""
        repository = store(module_database, 1)
        id = add(exports)
        slow = ExportWorker(exports, repository)
        seen = []

        def look(job: Any, type: str) -> int:
            seen.append(ExportWorker(exports, repository).work_once())
            with exports.database.connection() as connection:
                connection.execute("UPDATE export_job SET attempts = attempts + 1 WHERE id = %s", (id,))
            return 0

        slow._write_type = look  # type: ignore[method-assign]
        slow.work_once()
        assert seen == [False]
        assert exports.find(ALL, id).state == "running"

    def test_a_job_that_keeps_failing_ends(self, exports: Exports, module_database: Database) -> None:
        """After a few attempts it fails with a code instead of being tried for ever."""
        repository = store(module_database, 0)
        id = add(exports)
        with exports.database.connection() as connection:
            connection.execute("UPDATE export_job SET attempts = %s WHERE id = %s", (MOST_ATTEMPTS, id))
        assert ExportWorker(exports, repository).work_once()
        job = exports.find(ALL, id)
        assert (job.state, job.problem) == ("failed", "REST-058")

    def test_a_faulty_job_fails_with_its_code(self, exports: Exports, module_database: Database) -> None:
        id = add(exports, Plan("system", "", ("Basic",), {"Basic": ["created=nonsense"]}, ""))
        ExportWorker(exports, store(module_database, 0)).work_once()
        job = exports.find(ALL, id)
        assert (job.state, job.problem[:7]) == ("failed", "SEARCH-")

    def test_expired_jobs_leave_nothing(self, exports: Exports, module_database: Database) -> None:
        repository = store(module_database, 1)
        id = add(exports)
        worker = ExportWorker(exports, repository)
        worker.work_once()
        assert (exports.folder / id).is_dir()
        worker.clear_expired()
        assert (exports.folder / id).is_dir()
        with exports.database.connection() as connection:
            connection.execute("UPDATE export_job SET expires = now() - interval '1 second' WHERE id = %s", (id,))
        worker.clear_expired()
        assert not (exports.folder / id).exists()
        with exports.database.connection() as connection:
            assert connection.execute("SELECT count(*) FROM export_job WHERE id = %s", (id,)).fetchone() == (0,)

    def test_a_stopped_worker_gives_its_job_back(self, exports: Exports, module_database: Database) -> None:
        """The next server goes on at once, and the stop costs the job no attempt."""
        repository = store(module_database, 1)
        id = add(exports)
        worker = ExportWorker(exports, repository)
        worker._closing.set()
        worker.work_once()
        job = exports.find(ALL, id)
        assert (job.state, job.attempts) == ("queued", 0)

    def test_a_caller_has_a_few_jobs_at_a_time(self, exports: Exports, module_database: Database) -> None:
        for _ in range(5):
            add(exports)
        with pytest.raises(Fault, match="REST-052"):
            add(exports)
        other = replace(ALL, caller=f"client:{uuid.uuid4().hex}")
        assert exports.add(other, PLAN, request="", language="en")
