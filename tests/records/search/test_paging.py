"""Paging while others write."""

from __future__ import annotations

import random
import threading
from contextlib import suppress
from urllib.parse import parse_qsl

import pytest
from tests.records.search.population import make

from minkang.access import Access
from minkang.db import Database
from minkang.errors import Fault
from minkang.fhir.search import parse_query
from minkang.records.postgres import PostgresRepository
from minkang.records.search import PostgresSearch

KEPT, OTHERS = 60, 40


def patient(id: str, at: int, note: str = "") -> dict[str, object]:
    return {
        "resourceType": "Patient", "id": id, "gender": "male", "birthDate": f"19{50 + at % 40}-01-01",
        "name": [{"family": f"Wang{at % 7}", "text": note or "x"}],
    }  # fmt: skip


SEARCHES = [
    "", "gender=male", "name=wang", "birthdate=ge1950&_sort=-birthdate", "_sort=birthdate,name",
    "_sort=gender,-birthdate",
]  # fmt: skip


@pytest.mark.parametrize("text", SEARCHES)
def test_untouched_records_appear_once_while_others_come_change_and_go(
    database: Database, access: Access, text: str
) -> None:
    """A pager sees each record that nobody touches exactly once, whatever three writers do meanwhile."""
    store = PostgresRepository(database, PostgresSearch())
    for at in range(KEPT):
        store.update(access, make(patient(f"kept{at}", at)))
    for at in range(OTHERS):
        store.update(access, make(patient(f"other{at}", at)))
    finished = threading.Event()

    def disturb(seed: int) -> None:
        rng = random.Random(seed)
        while not finished.is_set():
            id, at = f"other{rng.randrange(OTHERS * 2)}", rng.randrange(40)
            with suppress(Fault):  # Two writers on one record, six times over.
                if rng.random() < 0.3:
                    store.delete(access, "Patient", id)
                else:
                    store.update(access, make(patient(id, at, f"{rng.random()}")))

    writers = [threading.Thread(target=disturb, args=(seed,)) for seed in range(3)]
    for writer in writers:
        writer.start()
    seen: list[str] = []
    try:
        cursor: list[tuple[str, str]] = []
        while True:
            query = parse_query("Patient", [*parse_qsl(text), ("_count", "4"), *cursor], strict=True)
            with database.connection() as connection:
                page = PostgresSearch().page(connection, access, query)
            seen += [record.id for record in page.matches if record.id.startswith("kept")]
            if page.next is None:
                break
            cursor = [("_cursor", page.next)]
    finally:
        finished.set()
        for writer in writers:
            writer.join()
    assert sorted(seen) == sorted(f"kept{at}" for at in range(KEPT))


@pytest.mark.parametrize("cursor", ["x", "e30", "WyJhIixbXSwxLDFd", "%00"])
def test_a_cursor_that_is_none_is_refused(database: Database, access: Access, cursor: str) -> None:
    """RECORDS-013, for nonsense and for the cursor of another search alike."""
    query = parse_query("Patient", [("_cursor", cursor)])
    with database.connection() as connection, pytest.raises(Fault) as refused:
        PostgresSearch().page(connection, access, query)
    assert refused.value.code == "RECORDS-013"


def test_a_cursor_belongs_to_its_search(database: Database, access: Access) -> None:
    """The same search goes on, with another page size too; any other search is refused."""
    store, search = PostgresRepository(database, PostgresSearch()), PostgresSearch()
    for at in range(5):
        store.update(access, make(patient(f"p{at}", at)))
    with database.connection() as connection:
        first = search.page(connection, access, parse_query("Patient", [("gender", "male"), ("_count", "2")]))
        assert first.next is not None
        more = [("_count", "3"), ("_cursor", first.next)]
        rest = search.page(connection, access, parse_query("Patient", [("gender", "male"), *more]))
        assert [record.id for record in rest.matches] == ["p2", "p3", "p4"]
        assert (first.total, rest.total, rest.next) == (5, 5, None)
        with pytest.raises(Fault, match="RECORDS-013"):
            search.page(connection, access, parse_query("Patient", [("gender", "female"), *more]))
