"""A source over the record store: one type, searched as FHIR does, page after page by the store's cursor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from minkang.access import Access
from minkang.fhir.search.reading import parse_query
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.tables.source import Column, Row, Rows, TableQuery
from minkang.portal.web.titles import is_synthetic
from minkang.records.repository import Record

Pairs = Sequence[tuple[str, str]]
Reading = Callable[[Record, dict[str, Any], Mapping[str, dict[str, Any]]], Row]
"""From a record, its body and the bodies of all on the page, included ones too (by `Type/id`), to a row."""
_EDGES = {"from": "ge", "to": "le"}


class SearchSource:
    """Records of one type.

    Args:
        access: of the reader; the store refuses what it was not granted, and every page leaves its audit row.
        name: of the table.
        type: of the records.
        columns: as they stand.
        reading: makes a row.
        criteria: search parameters that always hold, `_include` among them.
        parameters: the search parameter behind a column's filter (`{"name": "name"}`); ranges become `ge` and `le`.
        sorts: the search parameter a column sorts by.

    Attributes:
        unknown: parameters that the last search left out.
        synthetic: whether the last page held synthetic records.
    """

    paging: Literal["offset", "keyset"] = "keyset"

    def __init__(
        self,
        access: Access,
        name: str,
        type: str,
        columns: Sequence[Column],
        reading: Reading,
        *,
        criteria: Pairs = (),
        parameters: Mapping[str, str] | None = None,
        sorts: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.columns = columns
        self.unknown: list[str] = []
        self.synthetic = False
        self._access, self._type, self._reading = access, type, reading
        self._criteria, self._parameters, self._sorts = criteria, parameters or {}, sorts or {}

    def rows(self, query: TableQuery) -> Rows:
        """One page.

        Raises:
            Fault: `SEARCH-…` for what cannot be read, `RECORDS-013` for a cursor that is none of the store's.
        """
        asked = parse_query(self._type, self._pairs(query))
        found = the_platform().repository.search(self._access, asked)
        self.unknown = [name for name, _ in asked.unknown]
        bodies = [_body(record) for record in found.matches]
        along = {f"{one.type}/{one.id}": _body(one) for one in found.included}
        along |= {f"{one.type}/{one.id}": body for one, body in zip(found.matches, bodies, strict=True)}
        self.synthetic = any(is_synthetic(body) for body in bodies)
        rows = [self._reading(one, body, along) for one, body in zip(found.matches, bodies, strict=True)]
        return Rows(rows, found.next or "")

    def count(self, query: TableQuery) -> int | None:
        """Not counted: in a store of millions that takes longer than the page."""
        return None

    def _pairs(self, query: TableQuery) -> list[tuple[str, str]]:
        pairs = list(self._criteria)
        for name, value in query.filters.items():
            bare, _, end = name.partition(".")
            pairs.append((self._parameters[bare], _EDGES.get(end, "") + value))
        if query.sort:
            pairs.append(("_sort", ("-" if query.descending else "") + self._sorts[query.sort]))
        most = the_platform().settings.max_count
        pairs.append(("_count", str(min(query.size, most))))
        return [*pairs, ("_cursor", query.after)] if query.after else pairs


def _body(record: Record) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.json.decode(record.body) if record.body else {}
    return body
