"""The review queue: a decision changes links in its own step, two reviewers are two people, agreement is measured."""

from __future__ import annotations

import pytest
from tests.persons.test_following import CARD_A

from minkang.access import Access, program_access
from minkang.access.scopes import parse_scopes
from minkang.db import Database
from minkang.errors import Fault
from minkang.flows import Item
from minkang.persons.keeping import Persons, open_persons
from minkang.persons.online.patients import SourceRecord
from minkang.persons.profile import read_profile
from minkang.persons.review.queue import Agreement, agreement_of

PROGRAM = program_access("test")


def reviewer(name: str, role: str = "person-reviewer") -> Access:
    return Access(name, parse_scopes("system/Patient.cruds"), roles=frozenset((role,)))


def prepared(database: Database, second: float) -> Persons:
    """Two records with one valid number and nothing else alike: they wait for somebody."""
    persons = open_persons(database, read_profile("default", ""), second=second)
    rows = [
        SourceRecord("a", 1, "h1", "hl7v2", {"name": "王芳", "birth_date": "1990-02-01", "id_card": CARD_A}, {}),
        SourceRecord("b", 1, "h2", "hl7v2", {"name": "李建国", "birth_date": "1961-07-01", "id_card": CARD_A}, {}),
    ]
    with database.connection() as session:
        persons.index.put(session, rows)
    persons.follow(PROGRAM)
    return persons


def together(persons: Persons) -> bool:
    found = persons.resolver.resolve(["a", "b"])
    return found["a"] == found["b"]


def only(persons: Persons) -> Item:
    (item,) = persons.queue.page()
    return item


def test_a_pair_is_asked_once_and_linked_by_a_decision(database: Database) -> None:
    """Following again asks nothing anew; taking the decision back restores both persons."""
    persons = prepared(database, 0.0)
    item = only(persons)
    assert item.about["reason"] == "shared_number"
    assert item.organisation in {"h1", "h2"}
    persons.queue.act(reviewer("x"), item.id, "link", version=item.version)
    assert together(persons)
    assert persons.queue.page() == []
    with pytest.raises(Fault) as refused:
        persons.queue.act(reviewer("x"), item.id, "link")
    assert refused.value.code == "PERSONS-031"
    persons.queue.act(reviewer("x"), item.id, "reopen", reason="misread")
    assert not together(persons)
    assert only(persons).id == item.id


def test_two_found_apart_are_not_joined_by_any_machine(database: Database) -> None:
    """Neither by a bulk run nor by a record that fits both."""
    persons = prepared(database, 0.0)
    persons.queue.act(reviewer("x"), only(persons).id, "separate")
    persons.link_all(PROGRAM)
    assert not together(persons)
    bridge = SourceRecord("c", 1, "h3", "hl7v2", {"name": "王芳", "birth_date": "1961-07-01", "id_card": CARD_A}, {})
    with database.connection() as session:
        persons.index.put(session, [bridge])
    persons.follow(PROGRAM)
    assert not together(persons)


def test_the_second_reviewer_is_another_person(database: Database) -> None:
    """The first finding changes nothing; the same hands twice are refused; two that agree decide."""
    persons = prepared(database, 1.0)
    item = only(persons)
    persons.queue.act(reviewer("x"), item.id, "link")
    assert not together(persons)
    with pytest.raises(Fault) as refused:
        persons.queue.act(reviewer("x"), item.id, "link")
    assert refused.value.code == "PERSONS-027"
    persons.queue.act(reviewer("y"), item.id, "link")
    assert together(persons)
    assert persons.queue.agreement() == Agreement(1, 1, None)


def test_reviewers_who_differ_leave_it_to_a_third(database: Database) -> None:
    """What the two found is counted as disagreement."""
    persons = prepared(database, 1.0)
    item = only(persons)
    persons.queue.act(reviewer("x"), item.id, "link")
    persons.queue.act(reviewer("y"), item.id, "separate")
    assert only(persons).state == "disputed"
    persons.queue.act(reviewer("z", "data-engineer"), item.id, "separate")
    assert persons.queue.page() == []
    assert persons.queue.agreement() == Agreement(1, 0, None)


def test_who_may_not_decide_is_refused(database: Database) -> None:
    """Neither without the role nor without leave to change patients."""
    persons = prepared(database, 0.0)
    item = only(persons)
    with pytest.raises(Fault) as refused:
        persons.queue.act(reviewer("x", "village-doctor"), item.id, "link")
    assert refused.value.code == "PERSONS-031"
    with pytest.raises(Fault) as refused:
        persons.queue.act(Access("x", (), roles=frozenset(("person-reviewer",))), item.id, "link")
    assert refused.value.code == "ACCESS-002"


def test_a_pair_that_became_one_person_otherwise_leaves_the_queue(database: Database) -> None:
    """Somebody merged the two persons on their page."""
    persons = prepared(database, 0.0)
    found = persons.resolver.resolve(["a", "b"])
    persons.links.merge(PROGRAM, found["a"], found["b"], "same face")
    persons.follow(PROGRAM)
    assert persons.queue.page() == []


def test_kappa_is_cohens() -> None:
    """The example of 50 pairs: 35 alike of which chance explains half gives 0.4 (Cohen 1960's formula, by hand)."""
    found = {
        ("propose-link", "agree-link"): 20,
        ("propose-link", "differ"): 5,
        ("propose-separate", "differ"): 10,
        ("propose-separate", "agree-separate"): 15,
    }
    agreement = agreement_of(found)
    assert (agreement.pairs, agreement.agreed) == (50, 35)
    assert agreement.kappa == pytest.approx(0.4)
