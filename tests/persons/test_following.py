"""From records to persons: a follower decides as a bulk run does, and people's decisions stand."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from minkang.access import program_access
from minkang.codes.identifiers import id_check
from minkang.db import Database
from minkang.fhir import decode
from minkang.persons.keeping import Persons, open_persons
from minkang.persons.online.patients import read_patient
from minkang.persons.profile import read_profile
from minkang.records.postgres import PostgresRepository
from minkang.records.search import Limits, PostgresSearch

ACCESS = program_access("test")
CARD = "urn:oid:2.16.156.10011.1.3"
DIVISIONS = {"370830": "汶上县", "370830001": "汶上街道", "370830001201": "李村"}


@pytest.fixture
def persons(database: Database) -> Persons:
    return open_persons(database, read_profile("default", ""), DIVISIONS)


@pytest.fixture
def store(database: Database) -> PostgresRepository:
    return PostgresRepository(database, PostgresSearch(Limits()))


def patient(id: str, name: str, born: str, card: str = "", sender: str = "a", **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "resourceType": "Patient",
        "id": id,
        "meta": {"source": f"urn:minkang:sender:{sender}#hl7v2"},
        "name": [{"use": "official", "text": name}],
        "gender": "female",
        "birthDate": born,
        "identifier": [{"system": f"urn:minkang:id:{sender}:patient", "value": id}],
        "address": [{"use": "home", "text": "山东省汶上县汶上街道李村12号"}],
        **more,
    }
    if card:
        body["identifier"].append({"system": CARD, "value": card})
    return body


def put(store: PostgresRepository, *bodies: dict[str, Any]) -> None:
    for body in bodies:
        store.update(ACCESS, decode(msgspec.json.encode(body)))


def who(persons: Persons, *sources: str) -> list[str]:
    return [persons.resolver.resolve([source])[source] for source in sources]


CARD_A, CARD_B = (first + id_check(first) for first in ("37083019900201122", "37083019900201124"))


def test_a_new_record_joins_its_person_and_a_stranger_has_one_of_its_own(
    persons: Persons, store: PostgresRepository
) -> None:
    """The same number links; another valid number never does, whatever else agrees."""
    put(store, patient("p1", "王芳", "1990-02-01", CARD_A), patient("p2", "王方", "1990-02-01", CARD_A, "b"))
    put(store, patient("p3", "王芳", "1990-02-01", CARD_B, "c"))
    done = persons.follow(ACCESS)
    one, two, three = who(persons, "p1", "p2", "p3")
    assert one == two != three
    assert (done.changes, done.counts.decided) == (3, 3)
    assert persons.follow(ACCESS).changes == 0


def test_a_corrected_number_moves_the_record_to_whom_it_belongs(persons: Persons, store: PostgresRepository) -> None:
    """A changed record is decided again; the history says where it was."""
    put(store, patient("p1", "王芳", "1990-02-01", CARD_A), patient("p2", "王芳", "1990-02-01", CARD_A, "b"))
    persons.follow(ACCESS)
    before = who(persons, "p1", "p2")
    put(store, patient("p2", "李娜", "1990-02-01", CARD_B, "b"))
    persons.follow(ACCESS)
    after = who(persons, "p1", "p2")
    assert before[0] == before[1] == after[0] != after[1]
    assert [line.event for line in persons.links.history(["p2"])] == ["relinked", "linked"]


def test_a_record_that_bridges_two_persons_makes_them_one(persons: Persons, store: PostgresRepository) -> None:
    """Name and address say nothing alone; a record with both number and card shows that two persons are one."""
    health = {"system": "urn:oid:2.16.156.10011.1.19", "value": "H0012345678"}
    far = {"address": [{"text": "山东省济南市历下区"}]}
    first = patient("p1", "王芳", "1990-02-01", CARD_A, **far)
    second = patient("p2", "王芳", "1990-02-01", "", "b")
    del second["address"]
    second["identifier"].append(health)
    put(store, first)
    persons.follow(ACCESS)
    put(store, second)
    persons.follow(ACCESS)
    both = patient("p3", "王芳", "1990-02-01", CARD_A, "c")
    both["identifier"].append(health)
    put(store, both)
    persons.follow(ACCESS)
    assert len(set(who(persons, "p1", "p2", "p3"))) == 1


def test_what_people_decided_no_machine_changes(persons: Persons, store: PostgresRepository) -> None:
    """An unlinked record stays out when it is sent again and when the whole store is linked in bulk."""
    put(store, patient("p1", "王芳", "1990-02-01", CARD_A), patient("p2", "王芳", "1990-02-01", CARD_A, "b"))
    persons.follow(ACCESS)
    persons.links.unlink(ACCESS, "p2", "two women with one card")
    put(store, patient("p2", "王芳", "1990-02-01", CARD_A, "b", telecom=[{"system": "phone", "value": "13812345678"}]))
    persons.follow(ACCESS)
    assert len(set(who(persons, "p1", "p2"))) == 2
    persons.link_all(ACCESS)
    assert len(set(who(persons, "p1", "p2"))) == 2


def test_a_deleted_record_is_nobodys(persons: Persons, store: PostgresRepository) -> None:
    """It leaves the index too, so nothing is linked through it."""
    put(store, patient("p1", "王芳", "1990-02-01", CARD_A))
    persons.follow(ACCESS)
    store.delete(ACCESS, "Patient", "p1")
    persons.follow(ACCESS)
    assert who(persons, "p1") == ["p1"]
    put(store, patient("p2", "王芳", "1990-02-01", CARD_A))
    persons.follow(ACCESS)
    assert persons.links.of_sources(["p2"])["p2"].method == "new"


def test_a_mothers_number_told_before_the_child_is_not_lost(persons: Persons, store: PostgresRepository) -> None:
    """RelatedPerson and Patient come in any order."""
    told = {
        "resourceType": "RelatedPerson", "id": "r1", "patient": {"reference": "Patient/p1"},
        "relationship": [{"coding": [{"code": "MTH"}]}], "identifier": [{"system": CARD, "value": CARD_A}],
    }  # fmt: skip
    put(store, told)
    persons.follow(ACCESS)
    put(store, patient("p1", "王小宝", "2020-02-01"))
    persons.follow(ACCESS)
    with persons.database.connection() as session:
        assert persons.index.entries(session, ["p1"])[0].known.columns["mother"] == CARD_A


def test_a_merge_that_the_sender_tells_of_is_followed(persons: Persons, store: PostgresRepository) -> None:
    """The hospital says that its number 2 is its number 1, however little the records have in common."""
    put(store, patient("p1", "王芳", "1990-02-01", CARD_A))
    put(
        store,
        patient("p2", "急诊无名", "1985-01-01", link=[{"other": {"reference": "Patient/p1"}, "type": "replaced-by"}]),
    )
    persons.follow(ACCESS)
    assert len(set(who(persons, "p1", "p2"))) == 1


def test_missing_fields_never_widen_a_search(persons: Persons, store: PostgresRepository) -> None:
    """A record without anything to compare is compared with nothing."""
    put(store, patient("p1", "王芳", "1990-02-01", CARD_A))
    persons.follow(ACCESS)
    bare = read_patient({"resourceType": "Patient", "id": "x", "name": [{"text": "不详"}]}, "x", 1)
    with persons.database.connection() as session:
        assert persons.index.candidates(session, "x", persons.index.prepared(bare)) == []
        almost = {"name": "王芳", "sex": "2"}
        assert persons.index.candidates(session, "x", almost) == []


def test_the_register_has_the_best_value_and_its_source(persons: Persons, store: PostgresRepository) -> None:
    """The number's own birth date counts before a hospital's, and the other value is shown beside it."""
    put(store, patient("p1", "王芳", "1990-02-01", CARD_A), patient("p2", "王芳", "1990-02-11", CARD_A, "b"))
    persons.follow(ACCESS)
    row = persons.register.row(ACCESS, who(persons, "p1")[0])
    assert (row.name, row.birth, row.sources, row.vital, row.residence) == (
        "王芳",
        "1990-02-01",
        2,
        "alive",
        "resident",
    )
    assert row.origin["birth"]["others"] == ["1990-02-11"]
    assert persons.register.disagreement_counts() == [("birth_dates", 1)]
