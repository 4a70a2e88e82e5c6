"""Commands as an operator runs them: real processes on a data folder of their own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import short_folder

MINKANG = Path(sys.executable).with_name("minkang")
PATIENT = {"resourceType": "Patient", "id": "a", "name": [{"text": "王芳"}], "birthDate": "1961-03-05"}


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A data folder, prepared once for the module."""
    with short_folder() as folder:
        place = folder / "home"
        run(place, "init")
        yield place


def run(home: Path, *words: str, code: int = 0, **environment: str) -> str:
    """Run a command, require its exit code, and give its standard output."""
    variables = os.environ | {"MINKANG_HOME": str(home), "MINKANG_LANGUAGE": "en"} | environment
    done = subprocess.run([MINKANG, *words], env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout if code in (0, 3) else done.stderr


def write(folder: Path, *resources: object) -> Path:
    """An NDJSON file of these."""
    path = folder / "in.ndjson"
    path.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in resources), "utf-8")
    return path


def records(home: Path) -> str:
    """What the doctor says of the records."""
    found = json.loads(run(home, "doctor", "--json"))["checks"]
    return next(one["detail"] for one in found if one["check"] == "records")


def test_init_may_be_repeated(home: Path) -> None:
    """And says where the data are."""
    assert json.loads(run(home, "init", "--json")) == {"home": str(home), "database": "embedded"}


def test_the_doctor_finds_a_new_installation_well(home: Path) -> None:
    """Each point is there, and durability is on."""
    checks = json.loads(run(home, "doctor", "--json"))["checks"]
    assert {one["state"] for one in checks} == {"ok"}
    seen = {one["check"] for one in checks}
    assert {"program", "home", "key", "database", "durable", "migrations", "records"} <= seen
    assert "fsync = on" in [one["detail"] for one in checks]


def test_load_counts_keeps_rejects_and_may_be_repeated(home: Path, tmp_path: Path) -> None:
    """Rejects are written with reason and body, the exit code tells, and a second load changes nothing."""
    path = write(tmp_path, PATIENT, PATIENT | {"id": "b", "birthDate": "2024-02-30"}, '{"resourceType":"Pat')
    rejects = tmp_path / "rejects.ndjson"
    said = json.loads(run(home, "load", str(path), "--rejects", str(rejects), "--json", code=3))
    assert (said["stored"], said["created"], said["rejected"]) == (1, 1, 2)
    lines = [json.loads(line) for line in rejects.read_text("utf-8").splitlines()]
    assert [one["source"] for one in lines] == [f"{path}:2", f"{path}:3"]
    assert lines[0]["where"] == "Patient.birthDate"
    assert "2024-02-30" in lines[0]["body"]
    again = json.loads(run(home, "load", str(write(tmp_path, PATIENT)), "--json"))
    assert (again["created"], again["unchanged"]) == (0, 1)


def test_a_corrected_resource_becomes_a_new_version(home: Path, tmp_path: Path) -> None:
    """What is stored under the same id is updated."""
    said = json.loads(run(home, "load", str(write(tmp_path, PATIENT | {"gender": "female"})), "--json"))
    assert (said["created"], said["updated"]) == (0, 1)


@pytest.mark.parametrize(
    ("words", "code", "fault"),
    [
        (("load", "/nowhere"), 15, "EXCHANGE-001"),
        (("client", "add", "no/slash"), 10, "ACCESS-010"),
        (("client", "disable", "nobody"), 15, "ACCESS-013"),
        (("client", "add", "x", "--scope", "everything"), 10, "ACCESS-001"),
        (("restore", "/nowhere"), None, "DB-062"),
    ],
)
def test_a_fault_has_its_code_and_words(home: Path, words: tuple[str, ...], code: int | None, fault: str) -> None:
    """The exit code is its category's; standard error says what is wrong and what to do; no traceback."""
    variables = os.environ | {"MINKANG_HOME": str(home), "MINKANG_LANGUAGE": "zh"}
    done = subprocess.run([MINKANG, *words], env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == (code or done.returncode) != 0
    assert fault in done.stderr
    assert "→" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_mistyped_setting_stops_the_start(home: Path) -> None:
    """And is named."""
    assert "MINKANG_PROT" in run(home, "doctor", code=20, MINKANG_PROT="80")


def test_a_client_is_added_listed_renewed_and_shut_out(home: Path) -> None:
    """Its secret is shown when made and never again."""
    added = json.loads(run(home, "client", "add", "lab", "--scope", "system/Observation.cru", "--json"))
    assert added["client_secret"]
    listed = run(home, "client", "list", "--json")
    assert "lab" in listed
    assert added["client_secret"] not in listed
    renewed = json.loads(run(home, "client", "renew-secret", "lab", "--json"))
    assert renewed["client_secret"] != added["client_secret"]
    run(home, "client", "disable", "lab")
    assert json.loads(run(home, "client", "list", "--json"))["clients"][0]["active"] is False


def test_a_backup_survives_the_loss_of_the_data_folder(home: Path, tmp_path: Path) -> None:
    """Back up, destroy the data folder, restore: the records are there, and a damaged copy is refused."""
    run(home, "load", str(write(tmp_path, PATIENT)))
    before = records(home)
    copy = tmp_path / "copy"
    said = json.loads(run(home, "backup", str(copy), "--json"))
    assert said["rows"] > 0
    assert "DB-064" in run(home, "restore", str(copy), code=16)
    shutil.rmtree(home)
    run(home, "restore", str(copy))
    assert records(home) == before
    run(home, "restore", str(copy), "--replace")
    assert records(home) == before
    victim = max((copy / "dump").iterdir(), key=lambda file: file.stat().st_size)
    victim.write_bytes(victim.read_bytes()[:-1] + b"?")
    assert "DB-063" in run(home, "restore", str(copy), "--replace", code=11)


def test_demo_starts_a_platform_with_people_and_prints_logins() -> None:
    """The address answers, and stopping it ends every process of the platform with success."""
    with short_folder() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        variables = {"MINKANG_HOME": str(folder / "home"), "MINKANG_PORT": str(port), "MINKANG_LANGUAGE": "en"}
        words = [MINKANG, "demo", "--people", "100"]
        with subprocess.Popen(words, env=os.environ | variables, stdout=subprocess.PIPE, text=True) as demo:
            try:
                said = _until_ready(demo)
                assert f"http://127.0.0.1:{port}" in said
                assert "password" in said
                assert "synthetic" in said
                _answers(f"http://127.0.0.1:{port}/readyz")
                assert "CLI-001" in run(folder / "home", "serve", code=20, MINKANG_PORT=str(port))
            finally:
                demo.send_signal(signal.SIGINT)
                assert demo.wait(60) in (0, 130)


def _answers(address: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                assert answer.status == 200
                return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def _until_ready(demo: subprocess.Popen[str]) -> str:
    assert demo.stdout is not None
    said, deadline = "", time.monotonic() + 120
    while "Ctrl-C" not in said and time.monotonic() < deadline:
        line = demo.stdout.readline()
        assert line, said
        said += line
    return said


def test_a_view_is_checked_shown_and_run(home: Path, tmp_path: Path) -> None:
    """Rows come out as CSV; a wrong view names the place; a resource that cannot be read is counted."""
    view = tmp_path / "people.json"
    select = [{"column": [{"name": "id", "path": "getResourceKey()"}, {"name": "birth", "path": "birthDate"}]}]
    view.write_text(json.dumps({"resourceType": "ViewDefinition", "resource": "Patient", "select": select}), "utf-8")
    source, rows = write(tmp_path, PATIENT, PATIENT | {"id": "b"}), tmp_path / "rows.csv"
    assert "SELECT" in run(home, "view", "sql", str(view))
    said = json.loads(run(home, "view", "run", str(view), "--input", str(source), "--out", str(rows), "--json"))
    assert said["rows"] == 2
    assert rows.read_text("utf-8").splitlines()[1] == "a,1961-03-05"
    view.write_text(view.read_text("utf-8").replace("birthDate", "birthdate"), "utf-8")
    assert "ViewDefinition.select[0].column[1].path" in run(home, "view", "check", str(view), code=11)
