"""The statements that give one page, each by another way through the indexes.

*Gather*: all records of one source, tested, sorted, cut. Right where the source is small.
*Walk*: along an index that is in the order wanted, testing as it goes, until the page is full. Right where most records
match. Either way the bodies are fetched for the page's records only, in the same statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import LiteralString
from uuid import UUID

import msgspec

from minkang.records.search.conditions import Condition, Names, branch_is
from minkang.records.search.cursors import Place
from minkang.records.search.pieces import EMPTY, TRUE, Piece, both, join, number, piece
from minkang.records.search.sorting import SortKey, behind, columns, key_name, order_by, shown
from minkang.records.search.tables import Types, of_types, rows_of, type_of
from minkang.records.search.values import keys_in_span


@dataclass(frozen=True, slots=True)
class Wanted:
    """What every way has to give.

    Attributes:
        types: the types searched; none for all.
        tests: what a record found must also satisfy (the source's own condition not among them).
        keys: the sort keys.
        after: the place behind which the page begins.
        down: whether records with equal keys stand in descending order of type and number.
        limit: how many records at most.
        all_have_first: only records that have the first sort key are looked at.
    """

    types: Types
    tests: tuple[Condition, ...]
    keys: tuple[SortKey, ...]
    down: bool
    after: Place | None
    limit: int
    all_have_first: bool = False

    def tested(self, rid: Piece, names: Names) -> Piece:
        """The tests on the record of a number."""
        return both([one.test(rid, self.types, names) for one in self.tests])

    def order(self, row: Piece) -> Piece:
        """ORDER BY for rows with the keys."""
        return order_by(self.keys, self.down, row, all_have_first=self.all_have_first)

    def behind(self, row: Piece) -> Piece:
        """The condition that such a row comes after the place."""
        return behind(self.keys, self.down, self.after, row) if self.after else TRUE


def gather(wanted: Wanted, source: Condition, count: bool) -> Piece:
    """All records of a source. With `count` each row carries how many there are in all (not behind a place)."""
    names = Names()
    found, page = names.new(), names.new()
    rid = piece("{found}.rid", found=found)
    kept = piece(
        "SELECT {found}.type, {found}.rid{columns}{total} FROM (SELECT DISTINCT type, rid FROM ({source}) AS {page}"
        " ORDER BY type, rid OFFSET 0) AS {found} WHERE {tests}",
        found=found, page=page, columns=columns(wanted.keys, rid, wanted.types, names),
        total=piece(", count(*) OVER () AS total") if count else EMPTY,
        source=source.source(wanted.types, names), tests=wanted.tested(rid, names),
    )  # fmt: skip
    return _fetched(wanted, _cut(wanted, kept, names), names, _CARRIED if count else _NONE)


def walk_source(wanted: Wanted, source: Condition, cap: int) -> Piece:
    """Along a source that is in the order of record numbers, unsorted.

    Where nothing else is asked and `cap` is over 0, each row carries how many there are in all, up to `cap` + 1.
    """
    names = Names()
    ranges = source.ordered(wanted.types, names)
    assert ranges is not None
    # DISTINCT (a record may have the code twice) stands beside ORDER BY and LIMIT, not within: only so does the
    # database know that it may stop early.
    arms = [
        piece(
            "(SELECT DISTINCT {type} AS type, {row}.rid FROM {table} WHERE {where} AND {behind} AND {tests}"
            " ORDER BY {row}.rid LIMIT {limit})",
            type=type_of(row, wanted.types), row=row, table=table, where=where, behind=_behind_rid(wanted, row),
            tests=wanted.tested(piece("{row}.rid", row=row), names), limit=number(wanted.limit),
        )
        for row, table, where in ranges
    ]  # fmt: skip
    many = join(" UNION ", arms)
    total = _NONE
    if cap and not wanted.tests and wanted.after is None:
        counted = names.new()
        total = piece(
            ", (SELECT CASE WHEN count(*) < {cap} THEN count(DISTINCT rid) ELSE {cap} END"
            " FROM (SELECT rid FROM ({source}) AS {counted} LIMIT {cap}) AS {counted})",
            source=source.source(wanted.types, names), counted=counted, cap=number(cap + 1),
        )  # fmt: skip
    return _fetched(wanted, _cut(wanted, many, names), names, total)


def walk_records(wanted: Wanted) -> Piece:
    """Along the records themselves in the order of type and number."""
    return _walk_records(wanted, None)


def walk_rest(wanted: Wanted, limit: int) -> Piece:
    """Of a sorted search, the records that have no value for the first key: they come last, by the later keys.

    The rows lack the first key's column.
    """
    first, after = wanted.keys[0], wanted.after
    if after is not None:
        after = None if after.keys[0] is not None else msgspec.structs.replace(after, keys=after.keys[1:])
    return _walk_records(replace(wanted, keys=wanted.keys[1:], after=after, limit=limit), first)


def _walk_records(wanted: Wanted, without: SortKey | None) -> Piece:
    names = Names()
    row = names.new()
    rid = piece("{row}.rid", row=row)
    absent = piece("{value} IS NULL", value=without.value(rid, wanted.types, names)) if without else TRUE
    kept = piece(
        "SELECT {row}.type, {row}.rid{columns} FROM {table}"
        " WHERE {types} AND NOT {row}.deleted AND {behind} AND {absent} AND {tests}",
        row=row, columns=columns(wanted.keys, rid, wanted.types, names), types=of_types(row, wanted.types),
        table=rows_of("record", row, wanted.types),
        behind=_behind_rid(wanted, row), absent=absent, tests=wanted.tested(rid, names),
    )  # fmt: skip
    return _fetched(wanted, _cut(wanted, kept, names), names, _NONE)


def walk_sorted(wanted: Wanted) -> Piece:
    """Along the index that is in the order of the first sort key; gives only records that have a value for it."""
    names, wanted = Names(), replace(wanted, all_have_first=True)
    key = wanted.keys[0]
    arms = [_arm(_along(wanted, key, branch, names), wanted, names) for branch in key.branches or (None,)]
    return _fetched(wanted, _cut(wanted, join(" UNION ALL ", arms), names), names, _NONE)


def _along(wanted: Wanted, key: SortKey, branch: int | None, names: Names) -> Piece:
    row, twin = names.new(), names.new()
    rid = piece("{row}.rid", row=row)
    where = [of_types(row, wanted.types, key.table), _bound(wanted, key, row)]
    if branch is None:
        where.append(piece("NOT {row}.deleted", row=row))
    else:
        better: LiteralString = "({twin}.{c}, {twin}.ctid) > ({row}.{c}, {row}.ctid)"
        if not key.descending:
            better = "({twin}.{c}, {twin}.ctid) < ({row}.{c}, {row}.ctid)"
        where += [
            branch_is(row, [branch]),
            piece(
                "NOT EXISTS (SELECT FROM {table} WHERE {types} AND {twin}.rid = {row}.rid AND {branches} AND "
                + better
                + " OFFSET 0)",
                table=rows_of(key.table, twin, wanted.types), twin=twin, row=row,
                types=of_types(twin, wanted.types, key.table),
                branches=branch_is(twin, key.branches), c=piece(key.column),
            ),
        ]  # fmt: skip
    return piece(
        "SELECT {type} AS type, {row}.rid, {value} AS k1{more} FROM {table} WHERE {where} AND {tests}",
        type=type_of(row, wanted.types), row=row, value=key.of(row), more=_later_columns(wanted, rid, names),
        table=rows_of(key.table, row, wanted.types), where=both(where), tests=wanted.tested(rid, names),
    )  # fmt: skip


def _later_columns(wanted: Wanted, rid: Piece, names: Names) -> Piece:
    parts = [
        piece(", {value} AS {name}", value=key.value(rid, wanted.types, names), name=key_name(at))
        for at, key in enumerate(wanted.keys[1:], start=1)
    ]
    return join("", parts) if parts else EMPTY


def _bound(wanted: Wanted, key: SortKey, row: Piece) -> Piece:
    """Where in the index the walk begins; what is exactly at the bound is told apart later."""
    if wanted.after is None or wanted.after.keys[0] is None:
        return TRUE
    return piece(
        "{value} <= {bound}" if key.descending else "{value} >= {bound}",
        value=key.of(row), bound=key.literal(wanted.after.keys[0]),
    )  # fmt: skip


def _behind_rid(wanted: Wanted, row: Piece) -> Piece:
    """Where in the order of numbers the walk begins."""
    if wanted.after is None or wanted.keys:
        return TRUE
    if len(wanted.types) == 1:
        return piece("{row}.rid < %s" if wanted.down else "{row}.rid > %s", wanted.after.rid, row=row)
    return behind((), wanted.down, wanted.after, row)


def _arm(select: Piece, wanted: Wanted, names: Names) -> Piece:
    """One of several walks, cut to what the page can use of it."""
    return piece("({cut})", cut=_cut(wanted, select, names))


def _cut(wanted: Wanted, select: Piece, names: Names) -> Piece:
    """The rows of a SELECT (type, rid, k1, …) behind the place, in order, as many as wanted."""
    row = names.new()
    return piece(
        "SELECT * FROM ({select}) AS {row} WHERE {behind} ORDER BY {order} LIMIT {limit}",
        select=select, row=row, behind=wanted.behind(row),
        order=wanted.order(row), limit=number(wanted.limit),
    )  # fmt: skip


_NONE = piece(", NULL::bigint")
_CARRIED = EMPTY


def _fetched(wanted: Wanted, cut: Piece, names: Names, total: Piece) -> Piece:
    """The records of a page, in order: type, id, version, at, method, body, rid, total, keys as texts."""
    page = names.new()
    total = total or piece(", {page}.total", page=page)
    return piece(
        "{records} ORDER BY {order}",
        records=_bodies(page, cut, wanted.types, names, join("", [total, shown(wanted.keys, page)])),
        order=wanted.order(page),
    )


def with_bodies(select: Piece, types: Types, limit: int, names: Names) -> Piece:
    """The records of some types that a SELECT (type, rid) gives, by type and number, as the pages have them."""
    page = names.new()
    distinct: LiteralString = "SELECT DISTINCT * FROM ({select}) AS {page} ORDER BY type, rid LIMIT {limit}"
    cut = piece(distinct, select=select, page=page, limit=number(limit))
    records = _bodies(page, cut, types, names, _NONE)
    return piece("{records} ORDER BY {page}.type, {page}.rid", records=records, page=page)


def _bodies(page: Piece, cut: Piece, types: Types, names: Names, also: Piece) -> Piece:
    record, version = names.new(), names.new()
    return piece(
        "SELECT {record}.type, {record}.id, {version}.version, {version}.at, {version}.method, {version}.body,"
        " {page}.rid{also} FROM ({cut}) AS {page}"
        " CROSS JOIN LATERAL (SELECT {record}.type, {record}.id, {record}.version FROM {records} WHERE {types}"
        " AND {record}.type = {page}.type AND {record}.rid = {page}.rid OFFSET 0) AS {record}"
        " CROSS JOIN LATERAL (SELECT {version}.version, {version}.at, {version}.method, {version}.body"
        " FROM {versions} WHERE {again} AND {version}.type = {page}.type"
        " AND {version}.rid = {page}.rid AND {version}.version = {record}.version OFFSET 0) AS {version}",
        record=record, version=version, page=page, also=also, cut=cut, types=of_types(record, types),
        again=of_types(version, types), records=rows_of("record", record, types),
        versions=rows_of("record_version", version, types),
    )  # fmt: skip


def count_source(wanted: Wanted, source: Condition | None) -> Piece:
    """How many records match in all."""
    names = Names()
    found, row = names.new(), names.new()
    rid = piece("{found}.rid", found=found)
    if source:
        many = piece("SELECT DISTINCT rid FROM ({source}) AS {row}", source=source.source(wanted.types, names), row=row)
    else:
        table, types = rows_of("record", row, wanted.types), of_types(row, wanted.types)
        living: LiteralString = "SELECT {row}.rid FROM {table} WHERE {types} AND NOT {row}.deleted"
        many = piece(living, row=row, table=table, types=types)
    return piece(
        "SELECT count(*) FROM ({many} OFFSET 0) AS {found} WHERE {tests}",
        many=many, found=found, tests=wanted.tested(rid, names),
    )  # fmt: skip


def probe(
    sources: Sequence[tuple[Condition, int]], spans: Sequence[Sequence[tuple[UUID, UUID]]], types: Types
) -> Piece:
    """The record numbers of each source, NULL over its cap, then the token keys in each set of spans, in one row.

    Several types' records are not told apart by their numbers, so for several types it is the count of the rows that
    is given, NULL over the cap.
    """
    names = Names()
    answers = []
    found = piece("array_agg(rid)") if len(types) == 1 else piece("ARRAY[count(*)]")
    for source, cap in sources:
        row = names.new()
        answers.append(
            piece(
                "(SELECT CASE WHEN count(*) = 0 THEN '{{}}' WHEN count(*) <= {cap} THEN {found} END"
                " FROM (SELECT rid FROM ({source}) AS {row} LIMIT {over}) AS {row})",
                source=source.source(types, names), row=row, cap=number(cap), over=number(cap + 1), found=found,
            )
        )  # fmt: skip
    for some in spans:
        keys = join(" UNION ALL ", [keys_in_span(low, high, types) for low, high in some])
        answers.append(piece("ARRAY({keys})", keys=keys))
    return piece("SELECT {answers}", answers=join(", ", answers))
