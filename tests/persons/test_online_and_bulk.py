"""The same weights at two speeds: records that came one after another end as those linked in one run."""

from __future__ import annotations

import random
from itertools import combinations, groupby
from typing import Any

import pytest
from tests.persons.people import registration, slip

from minkang.access import program_access
from minkang.db import Database
from minkang.persons.keeping import Persons, open_persons
from minkang.persons.online.index import SQL, model_number, put_in_force, read_weights
from minkang.persons.online.intake import Counts, Intake
from minkang.persons.online.patients import SourceRecord
from minkang.persons.profile import read_profile

ACCESS = program_access("test")


def records(people: int, copies: int) -> list[SourceRecord]:
    """Registrations of made-up people, in an order that has nothing to do with who they are."""
    rng = random.Random(7)
    rows: list[dict[str, Any]] = []
    for person in range(people):
        first = registration(rng, person)
        rows += [{**(first if copy == 0 else slip(rng, first)), "id": f"{person}-{copy}"} for copy in range(copies)]
    rng.shuffle(rows)
    told: dict[str, Any] = {"dead": False, "same_as": []}
    return [
        SourceRecord(row["id"], 1, row["sender"], "csv/x",
                     {k: v for k, v in row.items() if v and k not in {"id", "sender"}}, told)
        for row in rows
    ]  # fmt: skip


def pairs(persons: Persons) -> set[tuple[str, str]]:
    """All pairs of sources of one person."""
    with persons.database.singly() as session:
        rows = session.execute("SELECT person::text, source FROM person_link ORDER BY 1, 2").fetchall()
    return {
        pair
        for _, members in groupby(rows, lambda row: row[0])
        for pair in combinations([row[1] for row in members], 2)
    }


def both(database: Database, people: int, copies: int) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Pairs of the bulk run, and pairs of decisions one after another with the weights of that run."""
    persons = open_persons(database, read_profile("default", ""))
    sent = records(people, copies)
    for start in range(0, len(sent), 1_000):
        with database.connection() as session:
            persons.index.put(session, sent[start : start + 1_000])
    persons.link_all(ACCESS)
    in_bulk = pairs(persons)
    with database.connection() as session:
        weights = read_weights(session, persons.index.profile, model_number(session, persons.index.profile))
        session.execute("TRUNCATE person_link, person_record, person_key")
    intake = Intake(persons.links, persons.index, weights, persons.queue.ask)
    for start in range(0, len(sent), 200):
        with database.connection() as session:
            persons.index.put(session, sent[start : start + 200])
            intake.decide(session, ACCESS, [one.source for one in sent[start : start + 200]], Counts())
    return in_bulk, pairs(persons)


def test_online_and_bulk_agree(database: Database) -> None:
    """Of some hundred records decided one by one, nearly all pairs are those of the bulk run."""
    bulk, online = both(database, 150, 3)
    assert len(bulk) > 300
    assert len(bulk ^ online) <= 0.003 * len(bulk)


@pytest.mark.long
def test_online_and_bulk_agree_on_fifty_thousand(database: Database) -> None:
    """The same of fifty thousand."""
    bulk, online = both(database, 16_700, 3)
    assert len(bulk ^ online) <= 0.003 * len(bulk)


def test_weights_of_the_last_bulk_run_are_in_force(database: Database) -> None:
    """Before any run those that come with the program are."""
    profile = read_profile("default", "")
    with database.connection() as session:
        assert model_number(session, profile) == 0
        shipped = read_weights(session, profile, 0)
        put_in_force(session, profile, shipped)
        number = model_number(session, profile)
        assert number > 0
        assert read_weights(session, profile, number) == shipped
        assert session.execute(SQL["model"], {"id": number}).fetchone() is not None
