"""What the database finds, sorts and pages is what a plain look at every resource gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.records.search import population

from minkang.access import Access
from minkang.db import Database
from minkang.fhir.search import Limits, Query, parse_query
from minkang.records import Repository, SearchPage
from minkang.records.memory import MemoryRepository
from minkang.records.postgres import PostgresRepository
from minkang.records.search import PostgresSearch

SLACK = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    "print_blob": True,
}
FEW, MANY = settings(max_examples=40, **SLACK), settings(max_examples=1500, **SLACK)
READING = Limits()
Find = Callable[[Access, Query], SearchPage]


@dataclass
class Twins:
    """The same records in both stores."""

    access: Access
    postgres: PostgresRepository
    memory: MemoryRepository

    database: Database

    @property
    def both(self) -> tuple[Repository, Repository]:
        return self.postgres, self.memory

    def find(self, access: Access, query: Query) -> SearchPage:
        """A page from the database, without the audit row that a repository would write."""
        with self.database.connection() as connection:
            return PostgresSearch().page(connection, access, query)


@pytest.fixture(params=[1, 2])
def twins(request: pytest.FixtureRequest, database: Database, access: Access, monkeypatch: pytest.MonkeyPatch) -> Twins:
    """Both stores with a population, of which some were changed and some deleted, at the same times."""
    made = Twins(access, PostgresRepository(database, PostgresSearch()), MemoryRepository(), database)
    for store, module in zip(made.both, ("postgres.store", "memory"), strict=True):
        clock = (datetime(2024, 5, 1, tzinfo=UTC) + timedelta(seconds=at // 3) for at in range(10_000))
        monkeypatch.setattr(f"minkang.records.{module}.now", clock.__next__)
        for resource in population.populate(request.param) + population.again(request.param, 12):
            store.update(access, resource)
        for id in ("p3", "p9"):
            store.delete(access, "Patient", id)
        store.delete(access, "Observation", "o5")
    return made


def pages(store: Find, access: Access, type: str | None, text: str) -> Iterator[SearchPage]:
    """All pages of a search."""
    pairs = parse_qsl(text, keep_blank_values=True)
    cursor: list[tuple[str, str]] = []
    while True:
        page = store(access, parse_query(type, pairs + cursor, strict=True, limits=READING))
        yield page
        if page.next is None:
            return
        cursor = [("_cursor", page.next)]


def shown(page: SearchPage) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Matches in their order, included records in any."""
    return (
        [(record.type, record.id) for record in page.matches],
        sorted((record.type, record.id) for record in page.included),
    )


@FEW
@given(search=population.searches())
def test_both_stores_give_the_same_pages(twins: Twins, search: tuple[str | None, str]) -> None:
    """Same matches in the same order on the same pages, same records included, same totals where both counted."""
    check_same(twins, search)


@pytest.mark.long
@MANY
@given(search=population.searches())
def test_both_stores_give_the_same_pages_at_length(twins: Twins, search: tuple[str | None, str]) -> None:
    """The same, over thousands of searches."""
    check_same(twins, search)


def check_same(twins: Twins, search: tuple[str | None, str]) -> None:
    """Compare all pages of a search in both stores."""
    found, expected = (list(pages(find, twins.access, *search)) for find in (twins.find, twins.memory.search))
    assert [shown(page) for page in found] == [shown(page) for page in expected]
    for mine, theirs in zip(found, expected, strict=True):
        if mine.total is not None and theirs.total is not None:
            assert mine.total == theirs.total
    if "_total=accurate" in search[1]:
        assert found[0].total == sum(len(page.matches) for page in found)


@FEW
@given(search=population.searches(), data=st.data())
def test_a_search_for_the_total_counts_what_the_pages_show(
    twins: Twins, search: tuple[str | None, str], data: st.DataObject
) -> None:
    """`_summary=count` and `_count=0` give the number of matches and no records."""
    type, text = search
    asked = data.draw(st.sampled_from(["_summary=count", "_count=0"]))
    text = "&".join(part for part in text.split("&") if not part.startswith("_count"))
    total = sum(len(page.matches) for page in pages(twins.memory.search, twins.access, type, text))
    (page,) = pages(twins.find, twins.access, type, f"{text}&{asked}")
    assert (page.total, page.matches, page.included) == (total, [], [])
