"""Rejects worked off: corrected, replayed, discarded; each step kept, nothing counted twice."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from tests.exchange.conftest import SENDER, PlainConnector, message, say

from minkang.access import Access, program_access
from minkang.errors import Fault
from minkang.exchange.intake.engine import Intake
from minkang.exchange.ledger.looking import Ledger
from minkang.exchange.rejects.desk import Rejects, parse_states
from minkang.exchange.rejects.states import STATES, STEPS, after

Records = Callable[[], dict[str, dict[str, Any]]]
PATIENT = ["Patient", "patient/1", 2, "2024-01-01", False, "王小明"]


@pytest.fixture
def access() -> Access:
    """Somebody at the desk."""
    return program_access("desk")


@pytest.fixture
def desk(intake: Intake) -> Rejects:
    """A desk with three rejects: two of one code, one of another."""
    told = [say("a", PATIENT, fail="Foo"), say("b", PATIENT, fail="Bar"), say("c", stumble=1)]
    intake.settle([message(body) for body in told])
    return Rejects(intake)


def states(intake: Intake, access: Access) -> dict[str, str]:
    """The state of each message in the ledger; the correction of one has the same key."""
    found = Ledger(intake.database, intake.blobs).messages(access)
    return {f"{one.key}{'+' if one.replay_of else ''}": one.state for one in found}


def test_rejects_are_listed_with_code_place_advice_and_body(desk: Rejects, access: Access) -> None:
    """By sender, code and state, page by page."""
    first, second = desk.page(access, sender=SENDER, code="EXCHANGE-052")
    assert (first.key, first.inside, first.state) == ("a", "line", "open")
    assert "Foo" in first.fault.text("zh")
    assert first.fault.advice("en")
    assert desk.body(access, first.id) == say("a", PATIENT, fail="Foo")
    assert [one.key for one in desk.page(access, after=second.id)] == ["c"]
    assert desk.page(access, sender="nobody") == []
    assert {(one.code, one.count) for one in desk.counts(access)} == {("EXCHANGE-052", 2), ("EXCHANGE-030", 1)}


def test_a_corrected_reject_is_taken_and_its_original_kept(
    desk: Rejects, access: Access, intake: Intake, records: Records
) -> None:
    """Corrected twice, replayed: the record is there, both bodies and all steps are, and it moves no more."""
    reject = desk.page(access)[0]
    desk.correct(access, reject.id, say("a", fail="Still"), reason="first try")
    desk.correct(access, reject.id, say("a", PATIENT), reason="type mended")
    assert desk.replay(access, reject.id).outcome == "accepted"
    assert len(records()) == 1
    steps = desk.history(access, reject.id)
    assert [(one.event, one.target, one.reason) for one in steps] == [
        ("correct", "corrected", "first try"), ("correct", "corrected", "type mended"), ("replay", "replayed", ""),
    ]  # fmt: skip
    assert desk.body(access, reject.id, version=1) == say("a", PATIENT, fail="Foo")
    assert desk.body(access, reject.id, version=2) == say("a", fail="Still")
    assert states(intake, access) == {"a": "replayed", "a+": "accepted", "b": "rejected", "c": "rejected"}
    for again in (lambda: desk.replay(access, reject.id), lambda: desk.correct(access, reject.id, b"x")):
        with pytest.raises(Fault) as caught:
            again()
        assert caught.value.code == "EXCHANGE-040"


def test_a_replay_that_fails_opens_the_reject_again_with_the_new_reason(desk: Rejects, access: Access) -> None:
    """Code and place are those of the last attempt."""
    reject = desk.page(access)[0]
    desk.correct(access, reject.id, say("a", stumble=1))
    settled = desk.replay(access, reject.id)
    assert settled.outcome == "rejected"
    now = desk.read(access, reject.id)
    assert (now.state, now.code, now.version) == ("open", "EXCHANGE-030", 3)


def test_all_of_a_kind_are_replayed_after_the_program_was_mended(
    desk: Rejects, access: Access, intake: Intake, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In bulk by code; those that still fail stay, and are tried once a run."""

    class Mended(PlainConnector):
        def convert(self, message: Any, translator: Any) -> Any:
            if message.key == "b":
                raise Fault("EXCHANGE-052", type="Bar")
            body = message.body.replace(b'"fail":"Foo"', b'"n":1')
            return super().convert(type(message)(SENDER, "plain", message.key, body, message.received), translator)

    monkeypatch.setitem(intake.connectors._made, "plain", Mended())
    found = dict(desk.replay_all(access, code="EXCHANGE-052"))
    assert [one.outcome for one in found.values()] == ["accepted", "rejected"]
    assert [one.key for one in desk.page(access)] == ["b", "c"]
    assert len(records()) == 1
    assert states(intake, access)["a"] == "replayed"


def test_a_rejected_message_that_comes_again_is_tried_again(
    desk: Rejects, access: Access, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it still fails it is a duplicate; once it is taken its reject is closed."""
    again = message(say("a", PATIENT, fail="Foo"))
    assert intake.settle([again])[0].outcome == "duplicate"
    assert len(desk.page(access)) == 3

    class Lenient(PlainConnector):
        def convert(self, message: Any, translator: Any) -> Any:
            body = message.body.replace(b'"fail":"Foo"', b'"n":1')
            return super().convert(type(message)(SENDER, "plain", message.key, body, message.received), translator)

    monkeypatch.setitem(intake.connectors._made, "plain", Lenient())
    assert intake.settle([again])[0].outcome == "accepted"
    assert [one.key for one in desk.page(access)] == ["b", "c"]
    assert intake.settle([again])[0].outcome == "duplicate"
    entry = Ledger(intake.database, intake.blobs).messages(access, key="a")[0]
    assert (entry.state, entry.copies) == ("accepted", 3)


def test_to_discard_needs_a_reason_and_can_be_undone(desk: Rejects, access: Access, intake: Intake) -> None:
    """A discarded message that comes again is a duplicate; reopened it can be replayed."""
    reject = desk.page(access)[2]
    with pytest.raises(Fault) as caught:
        desk.discard(access, reject.id, " ")
    assert caught.value.code == "EXCHANGE-043"
    assert desk.discard(access, reject.id, "a test message").state == "discarded"
    assert states(intake, access)["c"] == "discarded"
    assert intake.settle([message(say("c", stumble=1))])[0].outcome == "duplicate"
    assert [one.key for one in desk.page(access)] == ["a", "b"]
    assert desk.reopen(access, reject.id).state == "open"
    assert states(intake, access)["c"] == "rejected"


def test_what_is_not_there_or_not_a_state_is_said(desk: Rejects, access: Access) -> None:
    """Unknown numbers, empty corrections, unknown states."""
    for call, code in (
        (lambda: desk.read(access, 999), "EXCHANGE-041"),
        (lambda: desk.replay(access, 999), "EXCHANGE-041"),
        (lambda: desk.discard(access, 999, "x"), "EXCHANGE-041"),
        (lambda: desk.correct(access, 1, b" "), "EXCHANGE-042"),
        (lambda: parse_states("open,lost"), "EXCHANGE-044"),
    ):
        with pytest.raises(Fault) as caught:
            call()
        assert caught.value.code == code


def test_a_reject_that_somebody_else_has_worked_on_is_not_replayed_unseen(
    desk: Rejects, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading and replaying another correction came: the replay is refused, not done with the old body."""
    reject = desk.page(access)[0]
    read = desk._read

    def slow(id: int) -> Any:
        found = read(id)
        monkeypatch.undo()
        desk.correct(access, id, say("a", PATIENT))
        return found

    monkeypatch.setattr(desk, "_read", slow)
    with pytest.raises(Fault) as caught:
        desk.replay(access, reject.id)
    assert caught.value.code == "EXCHANGE-045"


@pytest.mark.parametrize(
    ("state", "event"), list(itertools.product(STATES, ["correct", "replay", "discard", "reopen"]))
)
def test_the_table_of_states_is_all_there_is(state: Any, event: Any) -> None:
    """A step leads where the table says, or is refused."""
    if (state, event) in STEPS:
        assert after(state, event) == STEPS[state, event]
    else:
        with pytest.raises(Fault) as caught:
            after(state, event)
        assert caught.value.code == "EXCHANGE-040"


def test_every_look_and_step_leaves_an_audit_row(desk: Rejects, access: Access, intake: Intake) -> None:
    """With the name of who asked."""
    desk.discard(access, desk.page(access)[0].id, "test")
    with intake.database.connection() as connection:
        rows = connection.execute(
            "SELECT interaction, query FROM access_audit WHERE caller = 'program:desk' ORDER BY at"
        ).fetchall()
    assert rows[0] == ("search", "rejects:*")
    assert rows[-1][0] == "update"
    assert rows[-1][1].endswith(":discard")
