"""Stores that search tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl

import pytest
from psycopg import Connection

from minkang.access import Access
from minkang.db import Database
from minkang.fhir.search import parse_query
from minkang.records import SearchPage
from minkang.records.search import PostgresSearch

Search = Callable[..., SearchPage]


@pytest.fixture
def search(database: Database, access: Access) -> Search:
    """Searches the database: `search("Patient", "name=王")`."""

    def run(type: str | None, text: str, *, by: Access = access) -> SearchPage:
        query = parse_query(type, parse_qsl(text, keep_blank_values=True), strict=True)
        with database.connection() as connection:
            return PostgresSearch().page(connection, by, query)

    return run


@pytest.fixture
def ids(search: Search) -> Callable[..., list[str]]:
    """The ids that a search finds on its first page."""
    return lambda type, text: [record.id for record in search(type, text).matches]


class Counting:
    """A connection that counts its statements, without the one that says how the others are planned."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        self.statements = 0

    def execute(self, *arguments: Any, **options: Any) -> Any:
        self.statements += 1
        return self._connection.execute(*arguments, **options)


@pytest.fixture
def counting(database: Database) -> Callable[..., Any]:
    """Opens a connection that counts."""

    @contextmanager
    def opened() -> Iterator[Counting]:
        with database.connection() as connection:
            yield Counting(connection)

    return opened
