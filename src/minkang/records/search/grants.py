"""What a caller must have been granted for a search: every type it looks at, not only the one it shows.

A chain to a type tells about its records (does this patient have such a diagnosis?), so a chain to a type that was not
granted is refused. What `_include` would bring along is left out instead, since the search means the same without it.
"""

from __future__ import annotations

from collections.abc import Iterator

from minkang.access import Access
from minkang.fhir.search.query import Chain, Clause, Has, Query
from minkang.records.types import TYPE_NAMES


def searched_types(access: Access, query: Query) -> tuple[str, ...]:
    """The types a search may return; empty for all there are.

    Raises:
        Fault: `ACCESS-002` for a type that was asked for, or is looked through, and was not granted.
    """
    for clause in query.clauses:
        for type in _looked_through(clause):
            access.require(type, "search")
    named = (query.type,) if query.type else query.types
    if query.type and query.types and query.type not in query.types:
        named = query.types
    for type in named:
        access.require(type, "search")
    if named:
        return tuple(dict.fromkeys(named))
    granted = tuple(type for type in TYPE_NAMES if access.allows(type, "search"))
    if not granted:
        access.require("*", "search")
    return () if len(granted) == len(TYPE_NAMES) else granted


def granted(access: Access, types: tuple[str, ...]) -> tuple[str, ...]:
    """Those of some types (none: all) that the caller may search."""
    return tuple(type for type in types or TYPE_NAMES if access.allows(type, "search"))


def _looked_through(clause: Clause) -> Iterator[str]:
    match clause:
        case Chain():
            for link in clause.links:
                yield link.type
                yield from _looked_through(link.clause)
        case Has():
            yield clause.type
            yield from _looked_through(clause.clause)
        case _:
            pass
