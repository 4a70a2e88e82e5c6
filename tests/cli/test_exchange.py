"""The exchange from the command line, on a data folder of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.test_commands import run
from tests.conftest import short_folder

GOOD = {"resourceType": "Patient", "id": "1", "name": [{"text": "王芳"}], "gender": "female"}
BAD = {"resourceType": "Patient", "id": "2", "gender": "女"}


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A data folder with one sender."""
    with short_folder() as folder:
        place = folder / "home"
        run(place, "init")
        run(place, "exchange", "sender", "clinic", "--feed", "fhir")
        yield place


def test_a_sender_is_taken_in_and_its_reject_worked_off(home: Path, tmp_path: Path) -> None:
    """take, status, rejects list, correct, replay, ledger: each says as JSON what people see as words."""
    file = tmp_path / "a.ndjson"
    file.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in (GOOD, BAD, GOOD)), "utf-8")
    told = json.loads(run(home, "exchange", "take", "clinic", str(file), "--json", code=3))
    assert (told["arrived"], told["accepted"], told["duplicate"], told["rejected"]) == (3, 1, 1, 1)
    (reject,) = json.loads(run(home, "exchange", "rejects", "list", "--json"))["rejects"]
    mended = tmp_path / "mended.json"
    mended.write_text(json.dumps(BAD | {"gender": "female"}), "utf-8")
    number = str(reject["id"])
    assert "女" in run(home, "exchange", "rejects", "show", number)
    run(home, "exchange", "rejects", "correct", number, str(mended), "--reason", "a code")
    assert json.loads(run(home, "exchange", "rejects", "replay", number, "--json"))["replayed"] == 1
    messages = json.loads(run(home, "exchange", "ledger", "--json"))["messages"]
    assert sorted(one["state"] for one in messages) == ["accepted", "accepted", "replayed"]
    assert "clinic" in run(home, "exchange", "status")


def test_who_is_not_registered_is_told_how_to_be(home: Path, tmp_path: Path) -> None:
    """Unknown sender, unknown feed, nothing named to replay: a code, words and an exit code each."""
    (tmp_path / "a.json").write_text("{}")
    assert "EXCHANGE-022" in run(home, "exchange", "take", "nobody", str(tmp_path), code=15)
    assert "EXCHANGE-024" in run(home, "exchange", "take", "clinic", str(tmp_path), "--feed", "cda", code=14)
    assert "EXCHANGE-046" in run(home, "exchange", "rejects", "replay", code=10)


def test_a_folder_of_feeds_is_loaded(home: Path, tmp_path: Path) -> None:
    """`minkang load DIR` registers its senders and takes their files by their connectors."""
    folder = tmp_path / "feeds" / "village-one" / "fhir"
    folder.mkdir(parents=True)
    (folder / "2024.ndjson").write_text(json.dumps(GOOD), "utf-8")
    told = json.loads(run(home, "load", str(tmp_path), "--json"))
    assert (told["arrived"], told["accepted"]) == (1, 1)
