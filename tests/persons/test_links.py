"""Links in the database: one active link a source, every act undone exactly, history kept, the feed gap-free."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minkang.access import Access, program_access
from minkang.db import Database
from minkang.errors import Fault
from minkang.persons.store.feed import LinkFeed, StoredPersons
from minkang.persons.store.links import Links, new_person

ACCESS = program_access("test")
SOURCES = [f"s{k}" for k in range(6)]


def state(links: Links) -> dict[str, tuple[str, str, bool]]:
    """Who is whom, and how that came."""
    return {s: (one.person, one.method, one.by_hand) for s, one in links.of_sources(SOURCES).items()}


def act(links: Links, what: tuple[str, int, int]) -> int:
    """Do one of the acts with what the numbers choose; 0 where it is refused or nothing changes."""
    kind, a, b = what
    now = links.of_sources(SOURCES)
    source = SOURCES[a]
    persons = sorted({one.person for one in now.values()})
    other = persons[b % len(persons)] if persons else new_person()
    try:
        if kind == "link":
            return links.link(ACCESS, source, other if persons and b % 2 else None, "test").operation
        if kind == "unlink":
            return links.unlink(ACCESS, source, "test").operation
        if kind == "relink":
            return links.relink(ACCESS, source, other, "test").operation
        if kind == "split":
            return links.split(ACCESS, [source], "test").operation
        return links.merge(ACCESS, now[source].person if source in now else other, other, "test").operation
    except Fault as fault:
        if fault.code not in {"PERSONS-020", "PERSONS-021", "PERSONS-022", "PERSONS-023"}:
            raise
        return 0


ACTS = st.tuples(st.sampled_from(["link", "unlink", "relink", "split", "merge"]), st.integers(0, 5), st.integers(0, 5))


@given(st.lists(ACTS, max_size=12))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_undoing_every_act_backwards_walks_through_every_earlier_state(
    module_database: Database, acts: list[tuple[str, int, int]]
) -> None:
    """Whatever was linked, unlinked, relinked, split and merged: each undo gives exactly the state before it."""
    with module_database.connection() as session:
        session.execute("TRUNCATE person_link, person_apart")
    links, past = Links(module_database), []
    for one in [("link", k, 0) for k in range(3)] + acts:
        before = state(links)
        operation = act(links, one)
        if operation:
            past.append((operation, before))
    for operation, before in reversed(past):
        links.undo(ACCESS, operation, "back")
        assert state(links) == before


def test_unlink_then_undo_restores_link_method_and_score(database: Database) -> None:
    """Also what was found to be apart by the unlinking is found so no more."""
    links = Links(database)
    person = links.link(ACCESS, "s0", None, "a").person
    assert person
    links.link(ACCESS, "s1", person, "b")
    before = links.of_sources(SOURCES)["s1"]
    done = links.unlink(ACCESS, "s1", "wrong")
    assert "s1" not in links.of_sources(SOURCES)
    with database.singly() as session:
        assert session.execute("SELECT count(*) FROM person_apart WHERE lifted IS NULL").fetchone() == (2,)
    links.undo(ACCESS, done.operation, "was right")
    after = links.of_sources(SOURCES)["s1"]
    assert (after.person, after.method, after.score) == (before.person, before.method, before.score)
    with database.singly() as session:
        assert session.execute("SELECT count(*) FROM person_apart WHERE lifted IS NULL").fetchone() == (0,)
    with pytest.raises(Fault) as refused:
        links.undo(ACCESS, done.operation, "again")
    assert refused.value.code == "PERSONS-024"


def test_an_act_that_something_was_built_upon_is_not_undone(database: Database) -> None:
    """The later act is to be undone first: nobody's decision disappears silently."""
    links = Links(database)
    first = links.link(ACCESS, "s0", None, "a")
    links.unlink(ACCESS, "s0", "b")
    with pytest.raises(Fault) as refused:
        links.undo(ACCESS, first.operation, "c")
    assert refused.value.code == "PERSONS-025"


def test_under_eight_connections_a_source_has_one_link(database: Database) -> None:
    """Eight programs link the same sources to persons of their own at once: one of them wins each source."""
    links, gate = Links(database), threading.Barrier(8)

    def run(worker: int) -> int:
        gate.wait()
        won = 0
        for k in range(20):
            try:
                links.link(ACCESS, f"p{k}", None, f"worker {worker}")
                won += 1
            except Fault as fault:
                if fault.code != "PERSONS-021":
                    raise
        return won

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(run, range(8))) == 20
    with database.singly() as session:
        assert session.execute("SELECT count(*), count(DISTINCT source) FROM person_link").fetchone() == (20, 20)
        assert session.execute("SELECT count(*) FROM person_event").fetchone() == (20,)


def test_parallel_merges_and_splits_lose_nobody(database: Database) -> None:
    """Eight programs move the same sources about: each source ends with one link, and its history says how."""
    links = Links(database)
    for source in SOURCES:
        links.link(ACCESS, source, None, "first")
    gate = threading.Barrier(8)

    def run(worker: int) -> None:
        gate.wait()
        for k in range(10):
            kind = ["merge", "relink", "split"][(worker + k) % 3]
            act(links, (kind, (worker * 3 + k) % 6, (worker + k * 5) % 6))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run, range(8)))
    now = links.of_sources(SOURCES)
    assert set(now) == set(SOURCES)
    for source in SOURCES:
        assert links.history([source])[0].person == now[source].person


def test_the_database_itself_refuses_a_second_link_and_a_changed_history(database: Database) -> None:
    """Not only this program: whoever writes to the tables."""
    Links(database).link(ACCESS, "s0", None, "a")
    insert = "INSERT INTO person_link (source, person, method, by_hand, operation) VALUES (%s, %s, 'x', false, 1)"
    with pytest.raises(psycopg.errors.UniqueViolation), database.connection() as session:
        session.execute(insert, ("s0", new_person()))
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation), database.connection() as session:
        session.execute("UPDATE person_event SET kind = 'unlinked'")


def test_the_feed_tells_each_change_once_and_the_resolver_the_person(database: Database) -> None:
    """A reader that goes on from its mark hears what happened since, and nothing twice."""
    links, feed, persons = Links(database), LinkFeed(database), StoredPersons(database)
    person = links.link(ACCESS, "s0", None, "a").person
    assert person
    changed, mark = feed.changed("")
    assert changed == ["s0"]
    assert feed.changed(mark) == ([], mark)
    links.link(ACCESS, "s1", person, "b")
    links.unlink(ACCESS, "s0", "c")
    assert feed.changed(mark)[0] == ["s1", "s0"]
    assert [event.kind for event in feed.after()] == ["linked", "linked", "unlinked"]
    assert persons.resolve(["s0", "s1", "s9", "s1"]) == {"s0": "s0", "s1": person, "s9": "s9"}


def test_nobody_acts_without_a_reason_or_without_leave(database: Database) -> None:
    """A link that somebody makes says why, and who may only look makes none."""
    with pytest.raises(Fault) as refused:
        Links(database).link(ACCESS, "s0", None, " ")
    assert refused.value.code == "PERSONS-026"
    with pytest.raises(Fault) as refused:
        Links(database).link(Access("reader", ()), "s0", None, "a")
    assert refused.value.code == "ACCESS-002"
