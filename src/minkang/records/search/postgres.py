"""Searching the PostgreSQL store: from a parsed query to a page of records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from psycopg import Connection

from minkang.access import Access
from minkang.errors import Fault
from minkang.fhir import decode
from minkang.fhir.search import extract
from minkang.fhir.search.matching import Found
from minkang.fhir.search.query import Query
from minkang.records.repository import SearchPage
from minkang.records.search import pages
from minkang.records.search.concepts import expander
from minkang.records.search.conditions import Condition
from minkang.records.search.criteria import conditions
from minkang.records.search.cursors import Place, digest, read_cursor, write_cursor
from minkang.records.search.found import Hit, hit
from minkang.records.search.grants import searched_types
from minkang.records.search.includes import included
from minkang.records.search.limits import LIMITS, Limits
from minkang.records.search.listed import Listed
from minkang.records.search.ordering import Standing, in_order, standing, written_values
from minkang.records.search.pages import Wanted
from minkang.records.search.pieces import Piece
from minkang.records.search.planner import EQUAL_CAP, Plan, plan
from minkang.records.search.session import Session
from minkang.records.search.sorting import SortKey, sort_key
from minkang.records.search.stored import stored_concepts
from minkang.records.search.tables import Types
from minkang.records.types import type_code


def search(connection: Connection[Any], access: Access, query: Query, limits: Limits = LIMITS) -> SearchPage:
    """One page of a search, within the caller's transaction.

    Raises:
        Fault: `ACCESS-002`; `RECORDS-013` for a cursor of another search; `RECORDS-040` when it takes too long;
            `RECORDS-041` and `RECORDS-042` over a limit; `RECORDS-043` to `RECORDS-045` for value sets.
    """
    return _Search(Session(connection), access, query, limits).page()


def explain(
    connection: Connection[Any], access: Access, query: Query, limits: Limits = LIMITS
) -> list[tuple[str, str]]:
    """The statements of a search, each with the plan by which PostgreSQL carried it out."""
    session = Session(connection, explain=True)
    _Search(session, access, query, limits).page()
    return session.said


class _Search:
    """One search under way."""

    def __init__(self, session: Session, access: Access, query: Query, limits: Limits) -> None:
        self.session = session
        self.access = access
        self.query = query
        self.limits = limits
        self.types: Types = tuple(type_code(type) for type in searched_types(access, query))
        expand = expander(stored_concepts(session), limits)
        self.conditions: Sequence[Condition] = conditions(query.clauses, self.types, expand)
        self.place = read_cursor(query)
        self.count = min(limits.count if query.count is None else query.count, limits.most)
        keys = [sort_key(sort) for sort in query.sort]
        self.keys: tuple[SortKey, ...] = tuple(key for key in keys if key)
        self.down = bool(query.sort) and query.sort[0].descending
        self.by_reading = len(self.keys) < len(keys)

    def page(self) -> SearchPage:
        """The page, or only the total."""
        way = plan(self.session, self.conditions, self.types, self.keys if not self.by_reading else ())
        if self.query.summary == "count" or self.count == 0:
            return SearchPage([], [], self._counted(way), None)
        hits, total = self._read_and_sorted(way) if self.by_reading else self._hits(way)
        if self.place is not None:
            total = self.place.total
        elif total is None and self.query.total in {"accurate", "estimate"}:
            total = self._counted(way) if self.query.total == "accurate" else self._estimated(way)
        # A record that was deleted between the statement that found it and the one that fetched it has no body.
        shown = [one for one in hits[: self.count] if one.record.body is not None]
        following = self._cursor(hits[self.count - 1], total) if len(hits) > self.count else None
        along = included(self.session, self.access, self.query, shown, self.limits)
        return SearchPage([one.record for one in shown], along, total, following)

    def _wanted(self, way: Plan) -> Wanted:
        return Wanted(self.types, way.tests, self.keys, self.down, self.place, self.count + 1)

    def _hits(self, way: Plan) -> tuple[list[Hit], int | None]:
        """One record more than the page has, to know whether there is a next; and the total if that was cheap."""
        wanted, first = self._wanted(way), self.place is None and self.query.total != "none"
        if way.driver is None:
            return self._walked(wanted), None
        if isinstance(way.driver, Listed) and not (way.driver.rids and (way.tests or self.keys)):
            page = way.driver.behind(self.place.rid if self.place else None, self.count + 1)
            hits = self._run(pages.gather(wanted, page, count=False)) if page.rids else []
            return hits, len(way.driver.rids) if first else None
        if way.gather:
            hits = self._run(pages.gather(wanted, way.driver, count=first))
            return hits, (hits[0].total if hits else 0) if first else None
        hits = self._run(pages.walk_source(wanted, way.driver, EQUAL_CAP if first else 0))
        total = (hits[0].total if hits else 0) if first and not way.tests else None
        return hits, None if total is None or total > EQUAL_CAP else total

    def _walked(self, wanted: Wanted) -> list[Hit]:
        """Along the records, or along the index of the first sort key and then those without one."""
        if not self.keys or not self.keys[0].walkable:
            return self._run(pages.walk_records(wanted))
        hits: list[Hit] = []
        if self.place is None or self.place.keys[0] is not None:
            hits = self._run(pages.walk_sorted(wanted))
        if len(hits) <= self.count and not self.keys[0].on_record:
            rest = self._run(pages.walk_rest(wanted, self.count + 1 - len(hits)))
            hits += [replace(one, keys=(None, *one.keys)) for one in rest]
        return hits

    def _read_and_sorted(self, way: Plan) -> tuple[list[Hit], int]:
        """All matches read and sorted here, for sort keys that the tables have no order for."""
        limit = self.limits.sorted
        wanted = Wanted(self.types, way.tests, (), False, None, limit + 1)
        driver = way.driver
        hits = self._run(pages.gather(wanted, driver, count=False) if driver else pages.walk_records(wanted))
        hits = [one for one in hits if one.record.body is not None]
        if len(hits) > limit:
            raise Fault("RECORDS-042", parameter=self.query.sort[0].parameter.code, limit=limit)
        standings = [(self._standing(one), one) for one in hits]
        behind = in_order(self.query.sort, standings, self.place)
        page = [replace(one, keys=written_values(at.values)) for at, one in behind[: self.count + 1]]
        return page, len(hits)

    def _standing(self, one: Hit) -> Standing:
        keys = extract(decode(one.record.body or b"", one.record.type))
        found = Found(one.record.type, one.record.id, one.record.at, keys)
        return standing(self.query.sort, found, one.type, one.rid)

    def _run(self, statement: Piece) -> list[Hit]:
        return [hit(row) for row in self.session.run(statement)]

    def _counted(self, way: Plan) -> int:
        wanted = Wanted(self.types, way.tests, (), False, None, 0)
        count: int = self.session.run(pages.count_source(wanted, way.driver))[0][0]
        return count

    def _estimated(self, way: Plan) -> int:
        wanted = Wanted(self.types, way.tests, (), False, None, 0)
        return self.session.estimate(pages.count_source(wanted, way.driver))

    def _cursor(self, last: Hit, total: int | None) -> str:
        return write_cursor(Place(digest(self.query), last.keys, last.type, last.rid, total))
