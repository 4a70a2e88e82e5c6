"""A county on disk: the same bytes however it is made, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import minkang.synth.county
from minkang.cli.synth import read_rates, read_years
from minkang.errors import Fault
from minkang.synth import generate_chunks, write_fhir, write_truth
from minkang.synth.feeds.faults import DEFAULT
from minkang.synth.feeds.registry import chosen
from minkang.synth.making import Order, county, make_county
from minkang.synth.schema import TABLES

MINKANG = Path(sys.executable).with_name("minkang")
SMALL = Order("wenshang", 600, (2023, 2024), 1, DEFAULT, ("village", "cdc", "device", "vaccination", "maternal"))


def digests(folder: Path) -> dict[str, str]:
    """Every file and a digest of its bytes."""
    return {
        str(place.relative_to(folder)): hashlib.sha256(place.read_bytes()).hexdigest()
        for place in sorted(folder.rglob("*"))
        if place.is_file()
    }


def run(*words: str, code: int = 0) -> str:
    """Run the command, require its exit code, and give standard output (standard error of a refusal)."""
    variables = os.environ | {"MINKANG_LANGUAGE": "en"}
    done = subprocess.run([MINKANG, "synth", *words], env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout if code == 0 else done.stderr


def test_the_same_seed_gives_the_same_bytes_for_any_number_of_processes(tmp_path: Path) -> None:
    """Two processes share out the tellers of one chunk; one process does them in turn."""
    make_county(SMALL, tmp_path / "one", workers=1)
    make_county(SMALL, tmp_path / "two", workers=2)
    first = digests(tmp_path / "one")
    assert first == digests(tmp_path / "two")
    assert len(first) > 60


def test_another_seed_gives_another_county(tmp_path: Path) -> None:
    make_county(Order("wenshang", 300, (2024, 2024), 1, fhir=False), tmp_path / "a", workers=1)
    make_county(Order("wenshang", 300, (2024, 2024), 2, fhir=False), tmp_path / "b", workers=1)
    assert (tmp_path / "a/truth/persons.parquet").read_bytes() != (tmp_path / "b/truth/persons.parquet").read_bytes()


@pytest.mark.long
def test_chunks_are_joined_as_if_told_in_one_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Truth and FHIR equal what is written in one go; the feeds and registrations of three chunks are one."""
    monkeypatch.setattr(minkang.synth.county, "CHUNK", 250)
    make_county(SMALL, tmp_path / "out", workers=1)
    parts = list(generate_chunks("wenshang", 600, (2023, 2024), 1))
    assert len(parts) == 3
    write_truth(parts, tmp_path / "truth")
    write_fhir(parts, tmp_path / "fhir")
    for name in [*TABLES, "figures", "institutions", "staff", "places"]:
        whole, joined = (
            pq.read_table(place / f"{name}.parquet") for place in (tmp_path / "truth", tmp_path / "out/truth")
        )
        columns = [column for column in whole.column_names if column != "value"]  # a rate of nobody is not a number
        assert whole.select(columns).equals(joined.select(columns)), name
    assert digests(tmp_path / "fhir") == digests(tmp_path / "out/fhir")
    doses = [
        place for place in (tmp_path / "out/feeds").rglob("csv/vaccination/2023-*.csv") if ".again" not in place.name
    ]
    assert len(doses) == 12
    identities = pq.read_table(
        tmp_path / "out/truth/identities.parquet", columns=["sender", "local", "version"]
    ).to_pylist()
    assert len({tuple(row.values()) for row in identities}) == len(identities)
    assert (
        len(
            {
                int(row) // 1_000_000
                for row in pq.read_table(tmp_path / "out/truth/identities.parquet")["person"].to_pylist()
            }
        )
        == 3
    )


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(Fault, match="SYNTH-008"):
        make_county(SMALL, tmp_path, workers=1)
    assert [place.name for place in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    make_county(Order("wenshang", 200, (2024, 2024), 1, fhir=False), tmp_path / "out", workers=1)
    assert json.loads((tmp_path / "out/about.json").read_text("utf-8"))["synthetic"] is True


def test_what_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fills up at the end: no folder under the name, none beside it, and a fault that says why."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(county, "join_truth", full)
    with pytest.raises(Fault, match="SYNTH-009") as caught:
        make_county(Order("wenshang", 200, (2024, 2024), 1), tmp_path / "out", workers=1)
    assert "No space left" in caught.value.text("en")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    """ctrl-C while the processes work: exit code 130, no traceback, no folder, no process left."""
    words = [MINKANG, "synth", "--people", "8000", "--out", str(tmp_path / "out"), "--workers", "2"]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, start_new_session=True)
    for _ in range(200):
        if any(tmp_path.glob(".out.*.unfinished/parts/*")) or any(tmp_path.glob(".out.*.unfinished/runs/*")):
            break
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_the_command_takes_rates_and_choices(tmp_path: Path) -> None:
    """And tells programs what it made."""
    rates = tmp_path / "rates.toml"
    rates.write_text("late = 0.5\nduplicate = 0.25\n")
    words = ("--people", "300", "--years", "2024", "--out", str(tmp_path / "out"), "--workers", "1", "--json")
    out = json.loads(
        run(*words, "--feeds", "cdc, device", "--no-fhir", "--faults", str(rates), "--rate", "duplicate=0")
    )
    about = json.loads((tmp_path / "out/about.json").read_text("utf-8"))
    assert about["feeds"] == ["device", "cdc"]
    assert (about["faults"]["late"], about["faults"]["duplicate"]) == (0.5, 0.0)
    assert not (tmp_path / "out/fhir").exists()
    assert out["rows"]["persons"] > 250
    assert out["messages"].keys() == {"device", "cdc"}
    assert out["files"] == len([place for place in (tmp_path / "out/feeds").rglob("*") if place.is_file()])


def test_the_command_refuses_before_it_writes(tmp_path: Path) -> None:
    assert "SYNTH-007" in run("--feeds", "fax", "--out", str(tmp_path / "out"), code=11)
    assert list(tmp_path.iterdir()) == []


def test_options_are_read() -> None:
    """A span of years, one year, rates; everything else is refused with its reason."""
    assert read_years("2019..2025") == (2019, 2025)
    assert read_years(" 2024 ") == (2024, 2024)
    assert read_rates(["late=0.5"]) == {"late": 0.5}
    assert chosen("none") == ()
    for code, act in (
        ("SYNTH-002", lambda: Order("atlantis", 500).plan()),
        ("SYNTH-003", lambda: Order("wenshang", 7).plan()),
        ("SYNTH-005", lambda: read_rates(["late=often"])),
        ("SYNTH-010", lambda: read_years("soon")),
    ):
        with pytest.raises(Fault, match=code):
            act()
