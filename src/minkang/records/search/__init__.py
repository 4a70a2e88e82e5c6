"""Searching the record store (see docs/explanation/search.md)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from psycopg import Connection

from minkang.access import Access
from minkang.fhir.search import Limits as QueryLimits
from minkang.fhir.search import Query, parse_query
from minkang.records.repository import SearchPage
from minkang.records.search.limits import LIMITS, Limits
from minkang.records.search.postgres import explain, search
from minkang.records.search.session import PLANNING

__all__ = ["LIMITS", "PLANNING", "Limits", "PostgresSearch", "explain", "search"]


class PostgresSearch:
    """The search half of the PostgreSQL store, as its write half uses it (`minkang.records.postgres.ports.Search`).

    Args:
        limits: how much a search may bring.
        reading: how queries that stand in bundles and conditions are read.
    """

    def __init__(self, limits: Limits = LIMITS, reading: QueryLimits | None = None) -> None:
        self._limits = limits
        self._reading = reading or QueryLimits()

    def find(self, connection: Connection[Any], access: Access, type: str, criteria: str, limit: int) -> list[str]:
        """The ids of at most `limit` resources that match criteria as they stand in an address.

        Raises:
            Fault: also for parameters that are unknown, since leaving one out would match too much.
        """
        pairs = [*parse_qsl(criteria, keep_blank_values=True), ("_count", str(limit)), ("_total", "none")]
        query = parse_query(type, pairs, strict=True, limits=self._reading)
        return [record.id for record in search(connection, access, query, self._limits).matches]

    def page(self, connection: Connection[Any], access: Access, query: Query) -> SearchPage:
        """One page of results; see `search`."""
        return search(connection, access, query, self._limits)

    def parse(self, type: str | None, criteria: str) -> Query:
        """Understand the query part of an address."""
        return parse_query(type, parse_qsl(criteria, keep_blank_values=True), limits=self._reading)
