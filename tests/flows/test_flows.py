"""Flows: what is declared may be done, by whom it is declared, once, and leaves its trace."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minkang.access import Access
from minkang.access.audit import AuditTrail
from minkang.db import Database
from minkang.errors import Fault, Faults
from minkang.flows import Act, Flow, Flows, Item, parse_flow

TEXT = """
id = "pair"
zh = "复核"
en = "review"
start = "open"
[states.open]
zh = "待复核"
en = "to review"
holders = ["reviewer"]
hours = 24
late = "escalate"
[states.escalated]
zh = "已升级"
en = "escalated"
holders = ["chief"]
[states.linked]
zh = "同一人"
en = "linked"
[events.link]
zh = "认定同一人"
en = "link"
from = ["open", "escalated"]
to = "linked"
roles = ["reviewer", "chief"]
reason = true
[events.escalate]
zh = "升级"
en = "escalate"
from = ["open"]
to = "escalated"
"""
PAIR = parse_flow(TEXT)
NOON = datetime(2025, 6, 30, 4, tzinfo=UTC)


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def caller(*roles: str) -> Access:
    return Access(caller="someone", scopes=(), roles=frozenset(roles))


def flows_of(database: Database, clock: Clock | None = None, **options: object) -> Flows:
    return Flows(database, AuditTrail(database), [PAIR], clock=clock or Clock(), **options)  # type: ignore[arg-type]


def code_of(refused: pytest.ExceptionInfo[Fault]) -> str:
    return refused.value.code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("id =", "id"), "FLOWS-001"),
        (('start = "open"', 'start = "open"\ncolour = "red"'), "FLOWS-002"),
        (('zh = "待复核"', ""), "FLOWS-003"),
        (("hours = 24", 'hours = "24"'), "FLOWS-003"),
        (('start = "open"', 'start = "opened"'), "FLOWS-004"),
        (('to = "linked"', 'to = "joined"'), "FLOWS-004"),
        (('late = "escalate"', 'late = "ring"'), "FLOWS-004"),
        (("[states.linked]", '[states.lost]\nzh = "无"\nen = "lost"\n[states.linked]'), "FLOWS-005"),
    ],
)
def test_a_faulty_declaration_is_refused_with_its_place(change: tuple[str, str], code: str) -> None:
    """Unknown and missing keys, names that are declared nowhere, states that nothing reaches."""
    with pytest.raises(Fault) as refused:
        parse_flow(TEXT.replace(*change, 1), "flows/pair.toml")
    faults = refused.value.faults if isinstance(refused.value, Faults) else [refused.value]
    assert code in {fault.code for fault in faults}
    assert all("flows/pair.toml" in fault.where for fault in faults)


def test_an_item_goes_its_way_once_and_its_steps_tell_it(database: Database) -> None:
    """Start, inbox, step, end: the item is in the inbox of its holders only, and the steps say who, what and why."""
    flows = flows_of(database)
    item = flows.start(caller(), "pair", "Patient/1~Patient/2", about={"name": "王芳"}, organisation="370830")
    assert flows.start(caller(), "pair", "Patient/1~Patient/2").id == item.id
    assert [found.id for found in flows.inbox(caller("reviewer"))] == [item.id]
    assert flows.inbox(caller("chief")) == []
    assert flows.inbox(caller("reviewer"), organisation="other") == []
    assert flows.counts(caller("reviewer")) == {("pair", "open"): 1}
    after = flows.act(caller("reviewer"), item.id, Act("link", reason="身份证一致", version=1))
    assert (after.state, after.version, after.due) == ("linked", 2, None)
    steps = flows.steps(item.id)
    assert [(step.event, step.source, step.target, step.reason) for step in steps] == [
        ("start", "", "open", ""),
        ("link", "open", "linked", "身份证一致"),
    ]
    with database.connection() as connection:
        rows = connection.execute("SELECT interaction, type, id FROM access_audit").fetchall()
    assert rows == [("flow:link", "pair", "Patient/1~Patient/2")]


@pytest.mark.parametrize(
    ("roles", "act", "code"),
    [
        (("reviewer",), Act("open"), "FLOWS-011"),
        (("nurse",), Act("link", reason="x"), "FLOWS-012"),
        ((), Act("escalate"), "FLOWS-012"),
        (("reviewer",), Act("link", reason="  "), "FLOWS-013"),
        (("reviewer",), Act("link", reason="x", version=2), "FLOWS-014"),
    ],
)
def test_a_step_that_is_not_declared_so_is_refused(
    database: Database, roles: tuple[str, ...], act: Act, code: str
) -> None:
    """Wrong state, wrong role, no reason, an old look: each its own answer, and nothing changes."""
    flows = flows_of(database)
    item = flows.start(caller(), "pair", "a")
    with pytest.raises(Fault) as refused:
        flows.act(caller(*roles), item.id, act)
    assert code_of(refused) == code
    assert flows.item(item.id) == item
    assert len(flows.steps(item.id)) == 1


def test_an_unknown_item_is_said_to_be_unknown(database: Database) -> None:
    """Reading and acting give the same answer."""
    flows = flows_of(database)
    for look in (lambda: flows.item(77), lambda: flows.act(caller("*"), 77, Act("link", reason="x"))):
        with pytest.raises(Fault) as refused:
            look()
        assert code_of(refused) == "FLOWS-010"


def test_the_clock_takes_late_items_on(database: Database) -> None:
    """One second before the limit nothing moves; at the limit the declared event does, and once."""
    clock = Clock()
    flows = flows_of(database, clock)
    item = flows.start(caller(), "pair", "a")
    clock.now = NOON + timedelta(hours=24, seconds=-1)
    assert flows.ring() == []
    clock.now = NOON + timedelta(hours=24)
    assert [moved.state for moved in flows.ring()] == ["escalated"]
    assert flows.ring() == []
    assert flows.steps(item.id)[-1].caller == "program:clock"
    assert [event.name for event in flows.permitted(caller("chief"), flows.item(item.id))] == ["link"]


def test_the_owners_part_and_the_step_stand_or_fall_together(database: Database) -> None:
    """A fault in the owner's effect leaves item, steps and audit as they were."""

    def refuse(connection: psycopg.Connection[tuple[object, ...]], before: Item, after: Item, act: Act) -> None:
        assert (before.state, after.state) == ("open", "linked")
        raise Fault("FLOWS-010", item=0)

    flows = flows_of(database, effects={"pair": refuse})
    item = flows.start(caller(), "pair", "a")
    with pytest.raises(Fault):
        flows.act(caller("reviewer"), item.id, Act("link", reason="x"))
    assert flows.item(item.id) == item
    with database.connection() as connection:
        assert connection.execute("SELECT count(*) FROM access_audit").fetchall() == [(0,)]


def test_eight_hands_take_one_step(database: Database) -> None:
    """Of parallel callers who saw the same item, one succeeds and the others are told that it moved."""
    flows = flows_of(database)
    item = flows.start(caller(), "pair", "a")
    answers: list[str] = []

    def act() -> None:
        try:
            answers.append(flows.act(caller("reviewer"), item.id, Act("link", reason="x", version=1)).state)
        except Fault as fault:
            answers.append(fault.code)

    hands = [threading.Thread(target=act) for _ in range(8)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert sorted(answers) == ["FLOWS-014"] * 7 + ["linked"]
    assert len(flows.steps(item.id)) == 2


def test_steps_are_never_changed(database: Database) -> None:
    """The database itself refuses."""
    flows_of(database).start(caller(), "pair", "a")
    with pytest.raises(psycopg.errors.RaiseException), database.connection() as connection:
        connection.execute("UPDATE flow_step SET caller = 'somebody else'")


def test_the_inbox_pages_by_urgency(database: Database) -> None:
    """Pages neither skip nor repeat, those with the earliest limit first."""
    clock = Clock()
    flows = flows_of(database, clock)
    for number in range(7):
        clock.now = NOON - timedelta(minutes=number % 3)
        flows.start(caller(), "pair", f"s{number}")
    seen: list[Item] = []
    while page := flows.inbox(caller("reviewer"), after=seen[-1] if seen else None, count=3):
        seen += page
    assert len({item.id for item in seen}) == 7
    assert [item.due for item in seen] == sorted(item.due for item in seen if item.due)


STATES = ("a", "b", "c")


@st.composite
def machines(draw: st.DrawFn) -> Flow:
    """A declared machine of three states and some events."""
    events = draw(st.lists(st.tuples(st.sampled_from(STATES), st.sampled_from(STATES)), min_size=1, max_size=5))
    reached = {"a"}
    for _ in STATES:
        reached |= {target for source, target in events if source in reached}
    sources = [(source, target) for source, target in events if source in reached]
    text = 'id = "m"\nzh = "机"\nen = "m"\nstart = "a"\n'
    text += "".join(f'[states.{name}]\nzh = "态"\nen = "{name}"\n' for name in sorted(reached))
    text += "[events]\n"
    for number, (source, target) in enumerate(sources):
        text += f'[events.e{number}]\nzh = "步"\nen = "e"\nfrom = ["{source}"]\nto = "{target}"\nroles = ["r"]\n'
    return parse_flow(text)


@settings(max_examples=200)
@given(machines())
def test_what_leaves_a_state_is_what_is_declared(machine: Flow) -> None:
    """`leaving` and `final` agree with the events for any machine."""
    for name in machine.states:
        leaving = {event.name for event in machine.leaving(name)}
        assert leaving == {event.name for event in machine.events.values() if name in event.sources}
        assert machine.final(name) is (not leaving)
