"""Messages through the intake: what is stored, what is written down, and what a sender may not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.exchange.conftest import FEED, SENDER, current_records, message, say

from minkang.blobs import BlobHash, Piece
from minkang.errors import Fault
from minkang.exchange.intake.engine import Intake
from minkang.exchange.message import draft_id

Records = Callable[[], dict[str, dict[str, Any]]]


def ledger(intake: Intake) -> list[tuple[Any, ...]]:
    """key, state, copies, drafts, written; in the order of the ledger."""
    with intake.database.connection() as connection:
        return connection.execute(
            "SELECT key, state, copies, drafts, written FROM exchange_message ORDER BY number"
        ).fetchall()


def patient(key: str, at: str, name: str, *, authority: int = 2, withdrawn: bool = False) -> list[Any]:
    return ["Patient", f"patient/{key}", authority, at, withdrawn, name]


def observation(key: str, at: str, text: str, *, withdrawn: bool = False) -> list[Any]:
    return ["Observation", key, 1, at, withdrawn, text]


def test_a_message_becomes_records_a_ledger_line_and_a_provenance(intake: Intake, records: Records) -> None:
    """The records name their source, the Provenance its targets, the ledger the original."""
    body = say("m1", patient("1", "2024-01-01", "王小明"), observation("o1", "2024-01-01", "5.1"))
    (settled,) = intake.settle([message(body)])
    assert (settled.outcome, settled.drafts, settled.written) == ("accepted", 2, 2)
    address = f"Patient/{draft_id(SENDER, 'Patient', 'patient/1')}"
    assert records()[address]["name"] == [{"text": "王小明"}]
    assert records()[address]["meta"] == {"source": f"urn:minkang:sender:{SENDER}#{FEED}"}
    told = [one for one in current_records(intake.database, provenance=True).values() if "target" in one]
    assert [target["reference"] for target in told[0]["target"]] == [
        address,
        f"Observation/{draft_id(SENDER, 'Observation', 'o1')}",
    ]
    assert ledger(intake) == [("m1", "accepted", 0, 2, 2)]
    with intake.database.connection() as connection:
        row = connection.execute("SELECT blob, blob_from, blob_length FROM exchange_message").fetchone()
    assert row is not None
    assert intake.blobs.piece(Piece(BlobHash(row[0]), row[1], row[2])) == body


def test_the_same_message_twice_changes_nothing(intake: Intake, records: Records) -> None:
    """Neither in a later batch nor in the same one; it is counted as come again."""
    body = say("m1", patient("1", "2024-01-01", "王小明"))
    assert [one.outcome for one in intake.settle([message(body), message(body)])] == ["accepted", "duplicate"]
    before = records()
    assert intake.settle([message(body)])[0].outcome == "duplicate"
    assert records() == before
    assert ledger(intake) == [("m1", "accepted", 2, 1, 1)]
    with intake.database.connection() as connection:
        assert connection.execute("SELECT count(*) FROM record_version").fetchone() == (2,)


def test_a_correction_replaces_and_an_older_statement_does_not(intake: Intake, records: Records) -> None:
    """The same key with other content and a later time is the content; one with an earlier time is superseded."""
    intake.settle([message(say("m1", patient("1", "2024-01-02", "王小名")))])
    intake.settle([message(say("m1", patient("1", "2024-01-03", "王小明")))])
    late = intake.settle([message(say("m0", patient("1", "2024-01-01", "王")))])
    assert late[0].outcome == "superseded"
    assert [one["name"] for one in records().values()] == [[{"text": "王小明"}]]


def test_a_mention_does_not_overwrite_a_registration(intake: Intake, records: Records) -> None:
    """Authority goes before time."""
    intake.settle([message(say("adt", patient("1", "2024-01-01", "王小明")))])
    intake.settle([message(say("oru", patient("1", "2024-06-01", "王某", authority=1)))])
    assert [one["name"] for one in records().values()] == [[{"text": "王小明"}]]


@pytest.mark.parametrize("first", ["content", "withdrawal"])
def test_a_withdrawal_marks_its_resource_whichever_came_first(intake: Intake, records: Records, first: str) -> None:
    """An Observation becomes entered-in-error, a Patient inactive; both bear the tag."""
    content = message(say("a", observation("o", "2024-01-01", "5.1"), patient("1", "2024-01-01", "王")))
    gone = message(
        say("b", observation("o", "2024-01-02", "", withdrawn=True), patient("1", "2024-01-02", "", withdrawn=True))
    )
    for one in [content, gone] if first == "content" else [gone, content]:
        intake.settle([one])
    found = {one["resourceType"]: one for one in records().values()}
    assert found["Observation"]["status"] == "entered-in-error"
    assert found["Observation"]["valueString"] == "5.1"
    assert found["Patient"]["active"] is False
    assert all(one["meta"]["tag"][0]["code"] == "withdrawn" for one in found.values())
    intake.settle([message(say("c", observation("o", "2024-01-03", "5.2")))])
    assert {one["resourceType"]: one for one in records().values()}["Observation"]["status"] == "final"


def test_what_is_wrong_refuses_the_whole_message_and_nothing_else(intake: Intake, records: Records) -> None:
    """A fault of the connector, a resource FHIR does not allow, a stumble: each is kept; the others are stored."""
    bad = say("bad", patient("1", "2024-01-01", "王"), fail="Foo")
    wrong = msgspec.json.encode({"key": "wrong", "say": [["Observation", "o", 1, "", False, "BAD"]]})
    arrivals = [message(body) for body in (say("ok", patient("2", "2024-01-01", "李")), bad, say("s", stumble=1))]
    settled = intake.settle([*arrivals, message(wrong)])
    assert [one.outcome for one in settled] == ["accepted", "rejected", "rejected", "rejected"]
    assert [one.fault.code for one in settled if one.fault] == ["EXCHANGE-052", "EXCHANGE-030", "FHIR-013"]
    assert len(records()) == 1


def test_codes_without_a_map_are_counted(intake: Intake) -> None:
    """By sender, map and code, once for each message that was taken; notes stay with the message."""
    for key in ("a", "b", "b"):
        intake.settle([message(say(key, patient(key, "2024-01-01", "王"), code="Q9"))])
    with intake.database.connection() as connection:
        assert connection.execute("SELECT map, code, count FROM exchange_unmapped").fetchall() == [("sex", "Q9", 2)]
        row = connection.execute("SELECT noted, notes FROM exchange_message LIMIT 1").fetchone()
    assert row == (1, [{"code": "EXCHANGE-055", "where": "code", "params": {"name": "Q9"}}])


def test_a_type_that_was_not_granted_refuses_the_message(intake: Intake, records: Records) -> None:
    """The sender's scopes are its access to the store."""
    intake.senders.add(SENDER, {}, scopes="system/Patient.cru")
    told = say("a", patient("1", "2024-01-01", "王"), observation("o", "2024-01-01", "5.1"))
    (settled,) = intake.settle([message(told)])
    assert settled.fault is not None
    assert settled.fault.code == "ACCESS-002"
    assert records() == {}


def test_every_batch_leaves_an_audit_row(intake: Intake) -> None:
    """It names the sender and the feed."""
    intake.settle([message(say("a", patient("1", "2024-01-01", "王")))])
    with intake.database.connection() as connection:
        rows = connection.execute("SELECT caller, interaction, query, count FROM access_audit").fetchall()
    assert rows == [(f"sender:{SENDER}", "load", f"exchange:{FEED}", 2)]


@pytest.mark.parametrize(
    ("sender", "feed", "code"),
    [("nobody", FEED, "EXCHANGE-022"), (SENDER, "cda", "EXCHANGE-024")],
)
def test_who_may_not_send_is_told_so(intake: Intake, sender: str, feed: str, code: str) -> None:
    """An unknown sender, and a feed that is not its own."""
    arrival = msgspec.structs.replace(message(say("a")), sender=sender, feed=feed)
    with pytest.raises(Fault) as caught:
        intake.settle([arrival])
    assert caught.value.code == code


def test_a_blob_store_that_refuses_stops_the_batch(intake: Intake, tmp_path: Path) -> None:
    """Nothing is stored without its original; when there is room again the same batch goes in."""
    from minkang.blobs import FolderBlobs
    from minkang.exchange.intake.engine import Limits

    (tmp_path / "full").write_bytes(b"")
    good, intake.blobs = intake.blobs, FolderBlobs(tmp_path / "full")
    intake.limits = Limits(patience=0.1, first_pause=0.05)
    arrival = message(say("a", patient("1", "2024-01-01", "王")))
    with pytest.raises(Fault) as caught:
        intake.settle([arrival])
    assert caught.value.code == "BLOBS-001"
    assert ledger(intake) == []
    intake.blobs = good
    assert intake.settle([arrival])[0].outcome == "accepted"
