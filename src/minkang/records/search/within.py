"""The search half as the write half asks for it: within a transaction that is already open."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from psycopg import Connection

from minkang.access import Access
from minkang.fhir.search.query import Query
from minkang.fhir.search.reading import parse_query
from minkang.records.repository import SearchPage
from minkang.records.search.limits import LIMITS, Limits
from minkang.records.search.postgres import search


class SearchWithin:
    """See `minkang.records.postgres.Search`.

    Args:
        limits: bounds of one search.
    """

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._limits = limits

    def find(self, connection: Connection[Any], access: Access, type: str, criteria: str, limit: int) -> list[str]:
        """The ids of at most `limit` resources that match; a parameter not understood is refused."""
        pairs = [*parse_qsl(criteria, keep_blank_values=True), ("_count", str(limit)), ("_total", "none")]
        query = parse_query(type, pairs, strict=True)
        return [record.id for record in search(connection, access, query, self._limits).matches]

    def page(self, connection: Connection[Any], access: Access, query: Query) -> SearchPage:
        """One page of results."""
        return search(connection, access, query, self._limits)

    def parse(self, type: str | None, criteria: str) -> Query:
        """The query part of a GET in a bundle."""
        return parse_query(type, parse_qsl(criteria, keep_blank_values=True))
