"""What the write half asks of the search half."""

from __future__ import annotations

from typing import Any, Protocol

from psycopg import Connection

from minkang.access import Access
from minkang.fhir.search.query import Query
from minkang.records.repository import SearchPage


class Parser(Protocol):
    """Understands queries that stand in bundles."""

    def parse(self, type: str | None, criteria: str) -> Query:
        """Understand the query part of a GET in a bundle."""
        ...


class Search(Parser, Protocol):
    """Searches within the caller's transaction, so that it sees what the transaction has written."""

    def find(self, connection: Connection[Any], access: Access, type: str, criteria: str, limit: int) -> list[str]:
        """The ids of at most `limit` resources of a type that match criteria as they stand in an address.

        Raises:
            Fault: for criteria that cannot be understood; unknown parameters are refused, since leaving one out would
                match too much.
        """
        ...

    def page(self, connection: Connection[Any], access: Access, query: Query) -> SearchPage:
        """One page of results."""
        ...
