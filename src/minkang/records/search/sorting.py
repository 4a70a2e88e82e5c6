"""Sort keys of a search: what they are in the tables, and which records come after a place.

A record's key is its least value ascending and its greatest descending (a stretch of time or a range counts by its
beginning); records without one come last in either direction. Records whose keys are all equal stand in the order of
type and number, in the direction of the first key, so that the order is total and an index can be walked.

Tokens and references are kept as hashes, which have no order: `Sort` keys of those kinds are not `in_tables`.
Source: R4 search.html 3.1.1.5.1 "Sorting".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString

from psycopg import sql

from minkang.fhir.search.query import Sort
from minkang.records.search.conditions import Names, branch_is
from minkang.records.search.cursors import Place
from minkang.records.search.pieces import TRUE, Piece, piece
from minkang.records.search.tables import Types, of_types, rows_of

_TABLES: dict[str, tuple[LiteralString, LiteralString, LiteralString]] = {
    "date": ("search_date", "low", "timestamptz"),
    "number": ("search_number", "low", "numeric"),
    "quantity": ("search_number", "low", "numeric"),
    "string": ("search_text", "folded", "text"),
    "uri": ("search_text", "folded", "text"),
}
_ROWS: dict[str, tuple[LiteralString, LiteralString]] = {"id": ("id", "text"), "lastUpdated": ("at", "timestamptz")}
_KINDS = {"date": "dates", "number": "numbers", "quantity": "numbers", "string": "texts", "uri": "uris"}


@dataclass(frozen=True, slots=True)
class SortKey:
    """One sort key in the tables.

    Attributes:
        table, column: where the values are.
        cast: the SQL type that a cursor's text becomes.
        branches: which rows of a search table; empty for a column of the record's own row.
    """

    table: LiteralString
    column: LiteralString
    cast: LiteralString
    branches: tuple[int, ...]
    descending: bool

    @property
    def on_record(self) -> bool:
        """Whether it is a column of the record's own row, which every record has."""
        return not self.branches

    @property
    def walkable(self) -> bool:
        """Whether an index is in its order."""
        return self.column != "id"

    def of(self, row: Piece) -> Piece:
        """The value in a row, in an order that is the same on every server."""
        value = piece("{row}.{column}", row=row, column=Piece(sql.Identifier(self.column)))
        return piece('{value} COLLATE "C"', value=value) if self.cast == "text" else value

    def value(self, rid: Piece, types: Types, names: Names) -> Piece:
        """An expression for the key of the record of a number; NULL where it has none."""
        row = names.new()
        picked = self.of(row)
        if not self.on_record:
            picked = piece("max({value})" if self.descending else "min({value})", value=picked)
        branch = branch_is(row, self.branches) if self.branches else TRUE
        return piece(
            "(SELECT {picked} FROM {table} WHERE {types} AND {row}.rid = {rid} AND {branch})",
            picked=picked, table=rows_of(self.table, row, types), row=row, rid=rid, branch=branch,
            types=of_types(row, types, self.table),
        )  # fmt: skip

    def literal(self, text: str) -> Piece:
        """A cursor's text as a value of the key's type."""
        return piece("%s::{cast}", text, cast=Piece(sql.SQL(self.cast)))


def sort_key(sort: Sort) -> SortKey | None:
    """The key in the tables; None when it has to be read from the resources themselves."""
    parameter = sort.parameter
    if parameter.row:
        column, cast = _ROWS[parameter.row]
        return SortKey("record", column, cast, (), sort.descending)
    if parameter.type not in _TABLES:
        return None
    table, column, cast = _TABLES[parameter.type]
    kind = _KINDS[parameter.type]
    branches = tuple(branch.id for branch in parameter.branches if kind in branch.kinds)
    return SortKey(table, column, cast, branches, sort.descending) if branches else None


def order_by(keys: Sequence[SortKey], down: bool, row: Piece, *, all_have_first: bool = False) -> Piece:
    """ORDER BY for rows that have the keys as columns k1, k2, …, and type and rid.

    Args:
        down: the direction of type and rid.
        all_have_first: no row lacks the first key. Only said so does an order match an index read backwards, which
            would have nulls first.
    """
    directions: list[LiteralString] = [
        "{row}.{column} DESC NULLS LAST, " if key.descending else "{row}.{column} NULLS LAST, " for key in keys
    ]
    if all_have_first and down:
        directions[0] = "{row}.{column} DESC, "
    parts = [piece(direction, row=row, column=key_name(at)) for at, direction in enumerate(directions)]
    tie = piece("{row}.type DESC, {row}.rid DESC" if down else "{row}.type, {row}.rid", row=row)
    return piece("{parts}{tie}", parts=_sequence(parts), tie=tie)


def behind(keys: Sequence[SortKey], down: bool, place: Place, row: Piece) -> Piece:
    """The condition that such a row comes after a place."""
    tie: LiteralString = "({row}.type, {row}.rid) < (%s, %s)" if down else "({row}.type, {row}.rid) > (%s, %s)"
    condition = piece(tie, place.type, place.rid, row=row)
    for at, (key, text) in reversed(list(enumerate(zip(keys, place.keys, strict=True)))):
        column = piece("{row}.{column}", row=row, column=key_name(at))
        if text is None:
            condition = piece("({k} IS NULL AND {then})", k=column, then=condition)
        else:
            template: LiteralString = (
                "({k} < {v} OR {k} IS NULL OR ({k} = {v} AND {then}))"
                if key.descending
                else "({k} > {v} OR {k} IS NULL OR ({k} = {v} AND {then}))"
            )
            condition = piece(template, k=column, v=key.literal(text), then=condition)
    return condition


def columns(keys: Sequence[SortKey], rid: Piece, types: Types, names: Names) -> Piece:
    """The keys as columns k1, k2, … of a SELECT, each with a comma before it."""
    values = [key.value(rid, types, names) for key in keys]
    return _sequence([piece(", {value} AS {name}", value=one, name=key_name(at)) for at, one in enumerate(values)])


def shown(keys: Sequence[SortKey], row: Piece) -> Piece:
    """The keys as texts for the cursor, each with a comma before it."""
    return _sequence([piece(", {row}.{name}::text", row=row, name=key_name(at)) for at in range(len(keys))])


def key_name(at: int) -> Piece:
    """The column of the sort key at a place, counted from 0."""
    return Piece(sql.Identifier(f"k{at + 1}"))


def _sequence(parts: Sequence[Piece]) -> Piece:
    return Piece(sql.Composed([part.text for part in parts]), tuple(value for part in parts for value in part.values))
