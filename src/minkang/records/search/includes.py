"""What `_include` and `_revinclude` bring along: followed in rounds, each round one statement for all of a page.

Source: R4 search.html 3.1.1.5.4 "Including other resources in result".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from minkang.access import Access
from minkang.errors import Fault
from minkang.fhir.search import parameters_of
from minkang.fhir.search.query import Include, Query
from minkang.records.keys import record_key
from minkang.records.repository import Record
from minkang.records.search.conditions import Names, branch_is
from minkang.records.search.found import Hit, hit
from minkang.records.search.grants import granted
from minkang.records.search.limits import Limits
from minkang.records.search.pages import with_bodies
from minkang.records.search.pieces import Piece, join, piece
from minkang.records.search.session import Session
from minkang.records.search.tables import Types, of_types, rows_of
from minkang.records.types import type_code


def included(session: Session, access: Access, query: Query, shown: Sequence[Hit], limits: Limits) -> list[Record]:
    """The records that come along with a page, each once and none that is on it, in the order they were reached.

    Raises:
        Fault: `RECORDS-041` when they are more than the limit.
    """
    if not shown or not (query.includes or query.revincludes):
        return []
    known = {one.rid for one in shown}
    found: list[Hit] = []
    new: Sequence[Hit] = shown
    for round in range(limits.rounds):
        forward = [one for one in query.includes if round == 0 or one.iterate]
        backward = [one for one in query.revincludes if round == 0 or one.iterate]
        reached = _round(session, access, (forward, backward), new, limits.included + len(known))
        new = [one for one in reached if one.rid not in known]
        known.update(one.rid for one in new)
        found += new
        if len(found) > limits.included:
            raise Fault("RECORDS-041", limit=limits.included)
        if not new:
            break
    return [one.record for one in found]


def _round(
    session: Session,
    access: Access,
    includes: tuple[Sequence[Include], Sequence[Include]],
    of: Sequence[Hit],
    limit: int,
) -> list[Hit]:
    forward, backward = includes
    names = Names()
    by_type: dict[str, list[Hit]] = defaultdict(list)
    for one in of:
        by_type[one.record.type].append(one)
    steps = [
        *(step for include in forward for step in _to_targets(access, include, by_type, names)),
        *(step for include in backward for step in _to_sources(access, include, by_type, names)),
    ]
    if not steps:
        return []
    reached = tuple(sorted({type for types, _ in steps for type in types}))
    select = join(" UNION ", [step for _, step in steps])
    return [hit(row) for row in session.run(with_bodies(select, reached, limit + 1, names))]


def _to_targets(
    access: Access, include: Include, by_type: Mapping[str, Sequence[Hit]], names: Names
) -> Iterator[tuple[Types, Piece]]:
    """From the records of the include's source type to what they refer to, with the types of that."""
    for source, hits in by_type.items():
        if include.source not in {"*", source}:
            continue
        for branches, targets in ways(include, source):
            types = tuple(type_code(type) for type in granted(access, targets))
            if not types:
                continue
            here, row, target = names.new(), names.new(), names.new()
            select = piece(
                "SELECT {target}.type, {target}.rid FROM unnest(%s::bigint[]) AS {here} (rid)"
                " CROSS JOIN LATERAL (SELECT {row}.target FROM {table} WHERE {source}"
                " AND {row}.rid = {here}.rid AND {branch} OFFSET 0) AS {row}"
                " CROSS JOIN LATERAL (SELECT {target}.type, {target}.rid FROM {targets} WHERE {types}"
                " AND {target}.key = {row}.target AND NOT {target}.deleted OFFSET 0) AS {target}",
                [one.rid for one in hits], here=here, row=row, target=target,
                source=of_types(row, (type_code(source),), "search_reference"), branch=branch_is(row, branches),
                types=of_types(target, types), targets=rows_of("record", target, types),
                table=rows_of("search_reference", row, (type_code(source),)),
            )  # fmt: skip
            yield types, select


def _to_sources(
    access: Access, include: Include, by_type: Mapping[str, Sequence[Hit]], names: Names
) -> Iterator[tuple[Types, Piece]]:
    """From the records on the page to those of the include's source type that refer to them, with the type."""
    sources = granted(access, () if include.source == "*" else (include.source,))
    for source in sources:
        for branches, targets in ways(include, source):
            hits = [one for type, many in by_type.items() if not targets or type in targets for one in many]
            if not hits:
                continue
            keys = [UUID(bytes=record_key(f"{one.record.type}/{one.record.id}")) for one in hits]
            here, row, types = names.new(), names.new(), (type_code(source),)
            select = piece(
                "SELECT {row}.type, {row}.rid FROM unnest(%s::uuid[]) AS {here} (key)"
                " CROSS JOIN LATERAL (SELECT {row}.type, {row}.rid FROM {table} WHERE {source}"
                " AND {row}.target = {here}.key AND {branch} OFFSET 0) AS {row}",
                keys, here=here, row=row, table=rows_of("search_reference", row, types),
                source=of_types(row, types, "search_reference"), branch=branch_is(row, branches),
            )  # fmt: skip
            yield types, select


def ways(include: Include, source: str) -> list[tuple[list[int], tuple[str, ...]]]:
    """The branches that an include follows out of a type, by the types they may lead to (none: any)."""
    parameters = [include.parameter] if include.parameter else list(parameters_of(source).values())
    grouped: dict[tuple[str, ...], dict[int, None]] = defaultdict(dict)
    for parameter in parameters:
        if parameter.type != "reference":
            continue
        for branch in parameter.branches:
            targets = tuple(sorted(branch.targets or parameter.targets))
            if include.target:
                if targets and include.target not in targets:
                    continue
                targets = (include.target,)
            grouped[targets][branch.id] = None
    return [(list(branches), targets) for targets, branches in grouped.items()]
