"""How searches are carried out: few statements, along indexes, whatever the size of the table."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest
from psycopg import Connection, errors
from tests.records.search.population import make

from minkang.access import Access
from minkang.db import Database
from minkang.errors import Fault
from minkang.fhir.search import parse_query
from minkang.fhir.search.parameters import search_parameter
from minkang.records.keys import token_key
from minkang.records.postgres import PostgresRepository
from minkang.records.search import Limits, explain, search
from minkang.records.search.tables import HEAVY
from minkang.records.types import type_code

PATIENTS, OBSERVATIONS = 5_000, 20_000
LOINC = "http://loinc.org"


def branch(type: str, code: str) -> int:
    """The number of a parameter's only branch."""
    parameter = search_parameter(type, code)
    assert parameter is not None
    return parameter.branches[0].id


@pytest.fixture(params=["analysed", "just loaded"])
def filled(database: Database, request: pytest.FixtureRequest) -> Database:
    """Rows as the store would write them, made by SQL: 5,000 patients with four observations each."""
    patient, observation = type_code("Patient"), type_code("Observation")
    common = token_key(branch("Observation", "code"), LOINC, "common")
    rare = [token_key(branch("Observation", "code"), LOINC, f"rare-{at}") for at in range(100)]
    male = token_key(branch("Patient", "gender"), "", "male")
    values: dict[str, Any] = {
        "patients": PATIENTS, "observations": OBSERVATIONS, "patient": patient, "observation": observation,
        "family": branch("Patient", "family"), "name": branch("Patient", "name"),
        "birth": branch("Patient", "birthdate"), "subject": branch("Observation", "subject"),
        "date": branch("Observation", "date"), "common": common, "rare": rare, "male": male,
        "identifier": [token_key(branch("Patient", "identifier"), "urn:id", str(at)) for at in range(PATIENTS)],
    }  # fmt: skip
    with database.connection() as connection:
        for statement in FILL:
            connection.execute(statement, values)
    if request.param == "analysed":
        with database.alone() as connection:
            connection.execute("VACUUM ANALYZE")
    return database


def uuid(text: str) -> str:
    return f"encode({text}, 'hex')::uuid"


FILL = [
    "INSERT INTO record SELECT %(patient)s, record_key('Patient/' || i), i, i::text, 1, false, now(), '{}'"
    " FROM generate_series(1, %(patients)s) AS i",
    "INSERT INTO record"
    " SELECT %(observation)s, record_key('Observation/' || i), 100000 + i, i::text, 1, false, now(), '{}'"
    " FROM generate_series(1, %(observations)s) AS i",
    "INSERT INTO record_version SELECT type, rid, 1, 1, at, 1, '{}' FROM record",
    "INSERT INTO search_text SELECT %(patient)s, b, 'family' || i %% 700, '', i, 0"
    " FROM generate_series(1, %(patients)s) AS i, unnest(ARRAY[%(family)s::int, %(name)s::int]) AS b",
    "INSERT INTO search_date SELECT %(patient)s, %(birth)s, d, d + interval '1 day', i, 0"
    " FROM (SELECT i, timestamptz '1950-01-01' + i * interval '4 days' AS d"
    " FROM generate_series(1, %(patients)s) AS i) AS x",
    f"INSERT INTO search_token SELECT %(patient)s, {uuid('%(male)s::bytea')}, i, 0"
    " FROM generate_series(1, %(patients)s) AS i WHERE i %% 2 = 0",
    f"INSERT INTO search_token SELECT %(patient)s, {uuid('key')}, i, 0"
    " FROM unnest(%(identifier)s::bytea[]) WITH ORDINALITY AS k (key, i)",
    "INSERT INTO search_token"
    f" SELECT %(observation)s, CASE WHEN i %% 4 = 0 THEN {uuid('(%(rare)s::bytea[])[1 + i %% 100]')}"
    f" ELSE {uuid('%(common)s::bytea')} END, 100000 + i, 0 FROM generate_series(1, %(observations)s) AS i",
    "INSERT INTO search_reference"
    " SELECT %(observation)s, %(subject)s, record_key('Patient/' || 1 + i %% %(patients)s), 100000 + i, 0"
    " FROM generate_series(1, %(observations)s) AS i",
    "INSERT INTO search_date SELECT %(observation)s, %(date)s, d, d + interval '1 second', 100000 + i, 0"
    " FROM (SELECT i, timestamptz '2015-01-01' + (i * 7919 %% 20000) * interval '5 hours' AS d"
    " FROM generate_series(1, %(observations)s) AS i) AS x",
]

TYPICAL = [
    ("Patient", "identifier=urn:id|17", 1),
    ("Patient", "identifier=17", 1),
    ("Patient", "_id=17", 1),
    ("Patient", "name=family12", 2),
    ("Patient", "gender=male", 1),
    ("Patient", "family=family1&birthdate=ge1980&gender=male", 2),
    ("Patient", "birthdate=1980-03-01", 2),
    ("Patient", "birthdate=ge1980-03&birthdate=lt1980-04&gender=male", 2),
    ("Patient", "name:contains=12&gender=male", 2),
    ("Patient", "", 1),
    ("Observation", "subject=Patient/7&code=http://loinc.org|common&_sort=-date", 1),
    ("Observation", "patient=Patient/7", 1),
    ("Observation", "code=http://loinc.org|common", 1),
    ("Observation", "code=common", 2),
    ("Observation", "code=http://loinc.org|common&date=ge2020", 2),
    ("Observation", "code=common&_sort=-date", 2),
    ("Observation", "_sort=-date", 1),
    ("Observation", "_sort=-_lastUpdated", 1),
    ("Observation", "date=gt2026-05", 2),
    ("Observation", "date=le2015-01", 2),
    ("Observation", "_lastUpdated=ge2100", 2),
    ("Observation", "patient.identifier=urn:id|17", 2),
    ("Observation", "patient.name=family12&code=common", 2),
    ("Patient", "_has:Observation:patient:code=rare-4", 2),
    ("Observation", "_id=5&_include=Observation:patient", 2),
    ("Patient", "_id=5&_revinclude=Observation:patient", 2),
]


def test_typical_searches_take_few_statements_and_scan_no_table(
    filled: Database, access: Access, counting: Callable[..., Any]
) -> None:
    """One statement where the size is plain from what is asked, two where it has to be probed; no table read whole."""
    for type, text, statements in TYPICAL:
        query = parse_query(type, parse_qsl(text, keep_blank_values=True), strict=True)
        with counting() as connection:
            search(connection, access, query)
            assert connection.statements <= statements, text
        with filled.connection() as connection:
            said = explain(connection, access, query)
        for statement, plan in said:
            scans = [line for line in plan.splitlines() if "Seq Scan" in line and "never executed" not in line]
            assert not scans, f"{text}\n{statement}\n{plan}"


def test_partitions_are_named_as_they_are(database: Database) -> None:
    """The types that a statement names the partitions of are those that have one, under these names."""
    with database.connection() as connection:
        rows = connection.execute(
            "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits AS i"
            " JOIN pg_class AS c ON c.oid = i.inhrelid WHERE i.inhparent = 'search_token'::regclass"
        ).fetchall()
    expected = {(f"search_token_{name}", f"FOR VALUES IN ('{code}')") for code, name in HEAVY.items()}
    assert set(rows) == expected | {("search_token_other", "DEFAULT")}


@pytest.mark.parametrize("text", ["code=http://loinc.org|common", "code=common&_sort=-date", "_sort=date"])
def test_a_walk_stops_when_the_page_is_full(filled: Database, access: Access, text: str) -> None:
    """Of the 15,000 records that match, the statement of the page reads little more than a page from the index."""
    query = parse_query("Observation", [*parse_qsl(text), ("_total", "none")], strict=True)
    with filled.connection() as connection:
        _, plan = explain(connection, access, query)[-1]
    looked_at = [float(rows) for rows in re.findall(r"actual rows=([0-9.]+) loops=1\b", plan)]
    assert max(looked_at) <= 50, plan


@pytest.mark.parametrize(
    ("text", "most"),
    [("date=ge2020-01-01&date=lt2020-01-11", 60), ("date=le2015-01-05", 60), ("_lastUpdated=gt2100", 0)],
)
def test_a_stretch_of_time_is_a_range_of_an_index(filled: Database, access: Access, text: str, most: int) -> None:
    """Of 20,000 observations, one every five hours, the days that are asked for are read and no others."""
    query = parse_query("Observation", parse_qsl(text), strict=True)
    with filled.connection() as connection:
        _, plan = explain(connection, access, query)[0]
    scans = [line for line in plan.splitlines() if " Scan " in line and "Subquery" not in line]
    assert scans
    assert max(float(rows) for line in scans for rows in re.findall(r"actual rows=([0-9.]+)", line)) <= most, plan
    removed = re.findall(r"Rows Removed by Filter: ([0-9]+)", plan)
    assert sum(map(int, removed)) <= most, plan


class Deleting:
    """A connection on which another writer deletes a record after each statement of a search."""

    def __init__(self, connection: Connection[Any], delete: Callable[[], object]) -> None:
        self._connection = connection
        self._delete = delete

    def execute(self, *arguments: Any, **options: Any) -> Any:
        done = self._connection.execute(*arguments, **options)
        self._delete()
        return done


def test_what_is_deleted_during_a_search_is_left_out(
    store: PostgresRepository, database: Database, access: Access
) -> None:
    """Found by the first statement, gone before the second: not shown, and the pages after it are still reached."""
    for at in range(4):
        store.update(access, make({"resourceType": "Patient", "id": f"p{at}", "birthDate": f"2000-01-0{at + 1}"}))
    query = parse_query("Patient", [("birthdate", "2000-01"), ("_count", "2")])
    with database.connection() as connection:
        deleting: Any = Deleting(connection, lambda: store.delete(access, "Patient", "p1"))
        page = search(deleting, access, query)
        assert [record.id for record in page.matches] == ["p0"]
        following = parse_query("Patient", [("birthdate", "2000-01"), ("_count", "2"), ("_cursor", page.next or "")])
        assert [record.id for record in search(connection, access, following).matches] == ["p2", "p3"]


class Slow:
    """A connection on which everything takes too long."""

    def execute(self, *_: Any, **__: Any) -> Any:
        raise errors.QueryCanceled


def test_a_search_that_takes_too_long_says_what_to_do(access: Access) -> None:
    """RECORDS-040, too costly (422), with advice in both languages."""
    slow: Any = Slow()
    with pytest.raises(Fault) as refused:
        search(slow, access, parse_query("Patient", [("name:contains", "x")]))
    assert (refused.value.code, refused.value.category.issue) == ("RECORDS-040", "too-costly")
    assert refused.value.advice("zh")
    assert refused.value.advice("en")


def test_included_records_are_bounded(store: PostgresRepository, database: Database, access: Access) -> None:
    """RECORDS-041 when a page would bring along more than the limit."""
    store.update(access, make({"resourceType": "Patient", "id": "p"}))
    for at in range(4):
        code, subject = {"text": "x"}, {"reference": "Patient/p"}
        made = {"resourceType": "Observation", "id": f"o{at}", "status": "final", "code": code, "subject": subject}
        store.update(access, make(made))
    query = parse_query("Patient", [("_revinclude", "Observation:patient")])
    with database.connection() as connection:
        assert len(search(connection, access, query, Limits(included=4)).included) == 4
        with pytest.raises(Fault, match="RECORDS-041"):
            search(connection, access, query, Limits(included=3))


def test_sorting_by_reading_is_bounded(store: PostgresRepository, database: Database, access: Access) -> None:
    """RECORDS-042 when more records than the limit would have to be read to sort them by a code."""
    for at in range(4):
        store.update(access, make({"resourceType": "Patient", "id": f"p{at}", "gender": ("male", "female")[at % 2]}))
    query = parse_query("Patient", [("_sort", "gender")])
    with database.connection() as connection:
        page = search(connection, access, query, Limits(sorted=4))
        assert [record.id for record in page.matches] == ["p1", "p3", "p0", "p2"]
        with pytest.raises(Fault, match="RECORDS-042"):
            search(connection, access, query, Limits(sorted=3))
