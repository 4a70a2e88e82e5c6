"""Searching the memory twin: every resource is looked at, by `minkang.fhir.search.matching`, and nothing is planned.

It is what the PostgreSQL search must equal, so it is as plain as it can be; only the checks of access, the cursors, the
order of sorted results and the reading of value sets are shared with that search.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qsl

import msgspec

from minkang.access import Access
from minkang.errors import Fault
from minkang.fhir.search import Query, SearchParameter, parameters_of, parse_query
from minkang.fhir.search.matching import Found, matches, references
from minkang.fhir.search.query import Criterion, Include, SetValue, TokenValue
from minkang.records.repository import Record, SearchPage
from minkang.records.search.concepts import expander
from minkang.records.search.cursors import Place, digest, read_cursor, write_cursor
from minkang.records.search.grants import searched_types
from minkang.records.search.limits import LIMITS, Limits
from minkang.records.search.ordering import Standing, in_order, standing, written_values
from minkang.records.types import type_code


class Kept(NamedTuple):
    """A record that is not deleted: its number, its current version, its search keys."""

    rid: int
    record: Record
    found: Found


class Shelf(Protocol):
    """Where the records are."""

    def kept(self) -> Iterable[Kept]:
        """All that are not deleted."""

    def kept_at(self, address: str) -> Kept | None:
        """The one at an address such as `Patient/1`, unless it is not there or deleted."""


class MemorySearch:
    """Searches a shelf."""

    def __init__(self, shelf: Shelf, limits: Limits = LIMITS) -> None:
        self._shelf = shelf
        self._limits = limits

    def find(self, access: Access, type: str, criteria: str, limit: int) -> list[str]:
        """The ids of at most `limit` resources that match criteria; unknown parameters are refused."""
        query = parse_query(type, [*parse_qsl(criteria, keep_blank_values=True), ("_count", str(limit))], strict=True)
        return [record.id for record in self.page(access, query).matches]

    def parse(self, type: str | None, criteria: str) -> Query:
        """Understand the query part of an address."""
        return parse_query(type, parse_qsl(criteria, keep_blank_values=True))

    def page(self, access: Access, query: Query) -> SearchPage:
        """One page of results."""
        types = searched_types(access, query)
        world = _World(self._shelf, self._limits)
        hits = [
            (self._standing(query, one), one)
            for one in self._shelf.kept()
            if (not types or one.record.type in types) and matches(query, one.found, world)
        ]
        size = min(self._limits.count if query.count is None else query.count, self._limits.most)
        if query.summary == "count" or size == 0:
            return SearchPage([], [], len(hits), None)
        behind = in_order(query.sort, hits, read_cursor(query))
        shown = behind[:size]
        total = None if query.total == "none" else len(hits)
        along = self._included(access, query, [one for _, one in shown])
        following = self._cursor(query, shown[-1][0]) if len(behind) > size else None
        return SearchPage([one.record for _, one in shown], along, total, following)

    def _standing(self, query: Query, one: Kept) -> Standing:
        return standing(query.sort, one.found, type_code(one.record.type), one.rid)

    def _cursor(self, query: Query, last: Standing) -> str:
        return write_cursor(Place(digest(query), written_values(last.values), last.type, last.rid))

    # Includes.

    def _included(self, access: Access, query: Query, shown: list[Kept]) -> list[Record]:
        seen = {one.rid for one in shown}
        found: list[Kept] = []
        new = shown
        for round in range(self._limits.rounds):
            reached: dict[int, Kept] = {}
            for include in query.includes:
                if round == 0 or include.iterate:
                    reached.update((one.rid, one) for here in new for one in self._targets(include, here))
            for include in query.revincludes:
                if round == 0 or include.iterate:
                    reached.update((one.rid, one) for here in new for one in self._sources(include, here))
            new = [one for one in reached.values() if one.rid not in seen and access.allows(one.record.type, "search")]
            seen.update(one.rid for one in new)
            found += new
            if len(found) > self._limits.included:
                raise Fault("RECORDS-041", limit=self._limits.included)
        return [one.record for one in found]

    def _targets(self, include: Include, here: Kept) -> list[Kept]:
        if include.source not in {"*", here.record.type}:
            return []
        targets = [target for one in _parameters(include, here.record.type) for target in references(one, here.found)]
        reached = [self._shelf.kept_at(target) for target in targets]
        return [one for one in reached if one and include.target in {"", one.record.type}]

    def _sources(self, include: Include, here: Kept) -> list[Kept]:
        if include.target not in {"", here.record.type}:
            return []
        return [
            one
            for one in self._shelf.kept()
            if include.source in {"*", one.record.type}
            and any(
                here.found.address in references(parameter, one.found)
                for parameter in _parameters(include, one.record.type)
            )
        ]


def _parameters(include: Include, type: str) -> list[SearchParameter]:
    if include.parameter:
        return [include.parameter]
    return [one for one in parameters_of(type).values() if one.type == "reference"]


class _World:
    """What one resource's match may ask about the others."""

    def __init__(self, shelf: Shelf, limits: Limits) -> None:
        self._shelf = shelf
        self._expand = expander(self._fetch, limits)

    def at(self, target: str) -> Found | None:
        """The resource at an address."""
        kept = self._shelf.kept_at(target)
        return kept.found if kept else None

    def of_type(self, type: str) -> Iterable[Found]:
        """All of a type."""
        return [one.found for one in self._shelf.kept() if one.record.type == type]

    def concepts(self, criterion: Criterion, value: SetValue) -> Iterable[TokenValue]:
        """The codes of a value set or of a place in a code system."""
        return self._expand(criterion, value)

    def _fetch(self, type: str, url: str) -> Mapping[str, Any] | None:
        bare = url.partition("|")[0]
        found = [
            one
            for one in self._shelf.kept()
            if one.record.type == type and any(uri.value == bare for uri in one.found.keys.uris)
        ]
        newest = max(found, key=lambda one: (one.record.at, one.rid), default=None)
        return msgspec.json.decode(newest.record.body or b"{}") if newest else None
