"""What a clause of a search means in the tables: where its records are found, and how one record is tested.

Every condition can be *tested* on a record whose number is known (an index look-up or a few). Most can also be a
*source*: a statement that gives the numbers of all records that satisfy it, from a range of one index. The planner
drives a search from one source and tests the rest.

Tests end in `OFFSET 0`. It changes nothing about their result; it keeps PostgreSQL from turning them into joins that
read a whole range (all blood pressures of a county) where a page needs twenty look-ups.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import LiteralString
from uuid import UUID

from psycopg import sql

from minkang.records.search.pieces import FALSE, Piece, both, either, join, number, numbers, piece
from minkang.records.search.tables import Types, of_types, rows_of, type_of

NO_TYPE: Types = (0,)
"""A code that no type has."""

MERGED = 8
"""The most index ranges that are walked side by side."""

Where = Callable[[Piece], Piece]
"""A condition on a row, given the row's name in the statement."""


class Names:
    """Names for the rows of one statement; the same search always gets the same names, so its text stays the same."""

    def __init__(self) -> None:
        self._given = 0

    def new(self) -> Piece:
        """A name nobody has yet."""
        self._given += 1
        return Piece(sql.Identifier(f"t{self._given}"))


class Reach(IntEnum):
    """How many records a source is expected to give."""

    FEW = 0
    """So few, by what is asked (an identifier, one patient's records), that counting them would be wasted."""
    SOME = 1
    """Unknown: worth probing."""
    ALL = 2
    """No index leads to them; the condition can only be tested."""


class Condition(ABC):
    """One condition on a record."""

    reach: Reach

    @abstractmethod
    def source(self, types: Types, names: Names) -> Piece:
        """A SELECT of (type, rid) of all records that satisfy it, some perhaps twice; only if `reach` is not ALL."""

    @abstractmethod
    def test(self, rid: Piece, types: Types, names: Names) -> Piece:
        """A boolean expression about the record of number `rid`."""

    def ordered(self, types: Types, names: Names) -> list[tuple[Piece, Piece, Piece]] | None:
        """Index ranges, each in the order of record numbers, that together are the source; None where it is not so.

        Each is the row's name, what follows FROM and what follows WHERE.
        """
        return None

    def in_order(self, types: Types) -> bool:
        """Whether `ordered` gives ranges."""
        return False


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one search table that satisfy something.

    Attributes:
        table: the table.
        test: the condition on a row.
        ranges: conditions that together are the same, each one range of an index; empty: `test` is one.
        equal: whether each range fixes all of its index before the record number, so that it is in the number's order.
        spans: for token codes of any system, the key ranges that may hold several systems' keys; `resolved` by the keys
            found in them they become equalities.
    """

    table: LiteralString
    test: Where
    ranges: tuple[Where, ...] = ()
    equal: bool = False
    spans: tuple[tuple[UUID, UUID], ...] = ()


@dataclass(frozen=True, slots=True)
class Found(Condition):
    """The record has one of these rows."""

    rows: tuple[Rows, ...]
    reach: Reach = Reach.SOME

    def source(self, types: Types, names: Names) -> Piece:
        """All ranges of all tables."""
        ranges = [(one, where) for one in self.rows for where in _ranges(one)]
        return join(" UNION ALL ", [self._select(one, where, types, names) for one, where in ranges])

    def test(self, rid: Piece, types: Types, names: Names) -> Piece:
        """One look-up a table."""
        return either([self._exists(one, rid, types, names) for one in self.rows])

    def ordered(self, types: Types, names: Names) -> list[tuple[Piece, Piece, Piece]] | None:
        """The ranges, where all are equalities and few."""
        if not self.in_order(types):
            return None
        result = []
        for table, where in [(one.table, where) for one in self.rows for where in _ranges(one)]:
            row = names.new()
            result.append((row, rows_of(table, row, types), both([of_types(row, types, table), where(row)])))
        return result

    def in_order(self, types: Types) -> bool:
        """Where all ranges are equalities, and few enough to be merged."""
        few = sum(len(_ranges(one)) for one in self.rows) <= MERGED
        return few and len(types) == 1 and all(one.equal for one in self.rows)

    @property
    def spans(self) -> tuple[tuple[UUID, UUID], ...]:
        """Ranges of token keys that could be told apart (see `Rows.spans`)."""
        return tuple(span for one in self.rows for span in one.spans)

    def resolved(self, keys: Sequence[UUID]) -> Found:
        """The same, with the keys that were found in the spans."""
        plain = tuple(one for one in self.rows if not one.spans)
        return Found((*plain, token_keys(keys)) if keys else plain, self.reach)

    def _select(self, rows: Rows, where: Where, types: Types, names: Names) -> Piece:
        row = names.new()
        return piece(
            "SELECT {type} AS type, {row}.rid FROM {table} WHERE {types} AND {where}",
            type=type_of(row, types), row=row, table=rows_of(rows.table, row, types),
            types=of_types(row, types, rows.table), where=where(row),
        )  # fmt: skip

    def _exists(self, rows: Rows, rid: Piece, types: Types, names: Names) -> Piece:
        row = names.new()
        return piece(
            "EXISTS (SELECT FROM {table} WHERE {types} AND {row}.rid = {rid} AND {where} OFFSET 0)",
            table=rows_of(rows.table, row, types), row=row, types=of_types(row, types, rows.table), rid=rid,
            where=rows.test(row),
        )  # fmt: skip


def token_keys(keys: Sequence[UUID]) -> Rows:
    """Tokens that have one of these keys."""
    ranges = tuple(_key_is(key) for key in keys)
    return Rows("search_token", ranges[0] if len(ranges) == 1 else _key_in(list(keys)), ranges, equal=True)


def _key_is(key: UUID) -> Where:
    return lambda row: piece("{row}.key = %s", key, row=row)


def _key_in(keys: list[UUID]) -> Where:
    return lambda row: piece("{row}.key = ANY(%s)", keys, row=row)


def _ranges(rows: Rows) -> tuple[Where, ...]:
    return rows.ranges or (rows.test,)


@dataclass(frozen=True, slots=True)
class Never(Condition):
    """Nothing satisfies it (a code of an empty value set)."""

    reach: Reach = Reach.FEW

    def source(self, types: Types, names: Names) -> Piece:
        """No rows."""
        return piece("SELECT 0::smallint AS type, 0::bigint AS rid WHERE false")

    def test(self, rid: Piece, types: Types, names: Names) -> Piece:
        """False."""
        return FALSE


@dataclass(frozen=True, slots=True)
class Not(Condition):
    """The record does not satisfy something; only tested."""

    inner: Condition
    reach: Reach = Reach.ALL

    def source(self, types: Types, names: Names) -> Piece:
        """There is none: what does not hold is not in any index."""
        raise AssertionError("a negation is tested, never walked")

    def test(self, rid: Piece, types: Types, names: Names) -> Piece:
        """The opposite."""
        return piece("NOT {inner}", inner=self.inner.test(rid, types, names))


@dataclass(frozen=True, slots=True)
class Either(Condition):
    """At least one of several conditions holds."""

    any: tuple[Condition, ...]

    @property
    def reach(self) -> Reach:  # type: ignore[override]
        """The widest of them."""
        return max(one.reach for one in self.any)

    def source(self, types: Types, names: Names) -> Piece:
        """All of them."""
        return join(" UNION ALL ", [one.source(types, names) for one in self.any])

    def test(self, rid: Piece, types: Types, names: Names) -> Piece:
        """One after the other, until one holds."""
        return either([one.test(rid, types, names) for one in self.any])


@dataclass(frozen=True, slots=True)
class OnRecord(Condition):
    """A condition on the record's own row: when it was changed, what it has values for.

    Attributes:
        where: the condition.
        indexed: whether it is a range of an index.
    """

    where: Where
    reach: Reach = Reach.ALL

    def source(self, types: Types, names: Names) -> Piece:
        """The rows that satisfy it."""
        row = names.new()
        return piece(
            "SELECT {type} AS type, {row}.rid FROM {table} WHERE {types} AND NOT {row}.deleted AND {where}",
            type=type_of(row, types), row=row, table=rows_of("record", row, types), types=of_types(row, types),
            where=self.where(row),
        )  # fmt: skip

    def test(self, rid: Piece, types: Types, names: Names) -> Piece:
        """A look-up of the row."""
        row = names.new()
        return piece(
            "EXISTS (SELECT FROM {table} WHERE {types} AND {row}.rid = {rid} AND {where} OFFSET 0)",
            row=row, table=rows_of("record", row, types), types=of_types(row, types), rid=rid, where=self.where(row),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Far:
    """A type at the far end of a reference, and what must hold there."""

    type: int
    condition: Condition


@dataclass(frozen=True, slots=True)
class Refers(Condition):
    """A chain: the record refers, by one of these branches, to a record that satisfies something."""

    branches: tuple[int, ...]
    far: tuple[Far, ...]

    @property
    def reach(self) -> Reach:  # type: ignore[override]
        """Never few: an identifier finds one patient, and that patient has thousands of records or none."""
        return max(Reach.SOME, *(one.condition.reach for one in self.far))

    def source(self, types: Types, names: Names) -> Piece:
        """From the far records back along the index of targets."""
        return join(" UNION ALL ", [self._from(one, types, names) for one in self.far])

    def _from(self, far: Far, types: Types, names: Names) -> Piece:
        inner, target, row, at = names.new(), names.new(), names.new(), (far.type,)
        return piece(
            "SELECT {type} AS type, {row}.rid FROM (SELECT * FROM ({source}) AS {target} OFFSET 0) AS {inner}"
            " CROSS JOIN LATERAL (SELECT {target}.key FROM {targets} WHERE {at} AND {target}.rid = {inner}.rid"
            " AND NOT {target}.deleted OFFSET 0) AS {target}"
            " CROSS JOIN LATERAL (SELECT {columns} FROM {table} WHERE {types}"
            " AND {row}.target = {target}.key AND {branch} OFFSET 0) AS {row}",
            type=type_of(row, types), columns=_columns(row, types), row=row, inner=inner, target=target,
            source=far.condition.source(at, names), at=of_types(target, at),
            types=of_types(row, types, "search_reference"),
            targets=rows_of("record", target, at), table=rows_of("search_reference", row, types),
            branch=branch_is(row, self.branches),
        )  # fmt: skip

    def test(self, rid: Piece, types: Types, names: Names) -> Piece:
        """Along the record's references to the records they mean, and test those."""
        return either([self._to(one, rid, types, names) for one in self.far])

    def _to(self, far: Far, rid: Piece, types: Types, names: Names) -> Piece:
        row, target, at = names.new(), names.new(), (far.type,)
        return piece(
            "EXISTS (SELECT FROM {table} JOIN {targets} ON {at}"
            " AND {target}.key = {row}.target AND NOT {target}.deleted"
            " WHERE {types} AND {row}.rid = {rid} AND {branch} AND {inner} OFFSET 0)",
            row=row, target=target, at=of_types(target, at), types=of_types(row, types, "search_reference"), rid=rid,
            targets=rows_of("record", target, at), table=rows_of("search_reference", row, types),
            branch=branch_is(row, self.branches),
            inner=far.condition.test(piece("{target}.rid", target=target), at, names),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Referred(Condition):
    """`_has`: a record of another type refers here, by one of these branches, and satisfies something.

    Attributes:
        type: that other type.
        only: the types that the branches may lead to; none for any.
    """

    type: int
    branches: tuple[int, ...]
    only: Types
    condition: Condition

    @property
    def reach(self) -> Reach:  # type: ignore[override]
        """As the records that refer here."""
        return max(Reach.SOME, self.condition.reach)

    def source(self, types: Types, names: Names) -> Piece:
        """From the other records along their references."""
        inner, row, target, there = names.new(), names.new(), names.new(), (self.type,)
        types = self._here(types)
        return piece(
            "SELECT {type} AS type, {target}.rid FROM (SELECT * FROM ({source}) AS {target} OFFSET 0) AS {inner}"
            " CROSS JOIN LATERAL (SELECT {row}.target FROM {table} WHERE {there}"
            " AND {row}.rid = {inner}.rid AND {branch} OFFSET 0) AS {row}"
            " CROSS JOIN LATERAL (SELECT {columns} FROM {targets} WHERE {types}"
            " AND {target}.key = {row}.target AND NOT {target}.deleted OFFSET 0) AS {target}",
            type=type_of(target, types), columns=_columns(target, types), target=target, inner=inner, row=row,
            source=self.condition.source(there, names), there=of_types(row, there, "search_reference"),
            branch=branch_is(row, self.branches), types=of_types(target, types),
            table=rows_of("search_reference", row, there), targets=rows_of("record", target, types),
        )  # fmt: skip

    def test(self, rid: Piece, types: Types, names: Names) -> Piece:
        """Along the index of targets to the records that refer here, and test those."""
        here, row, there = names.new(), names.new(), (self.type,)
        types = self._here(types)
        return piece(
            "EXISTS (SELECT FROM {heres} JOIN {table} ON {there}"
            " AND {row}.target = {here}.key AND {branch} WHERE {types} AND {here}.rid = {rid} AND {inner} OFFSET 0)",
            here=here, row=row, there=of_types(row, there, "search_reference"), branch=branch_is(row, self.branches),
            heres=rows_of("record", here, types), table=rows_of("search_reference", row, there),
            types=of_types(here, types), rid=rid,
            inner=self.condition.test(piece("{row}.rid", row=row), there, names),
        )  # fmt: skip

    def _here(self, types: Types) -> Types:
        if not types or not self.only:
            return types or self.only
        return tuple(one for one in types if one in self.only) or NO_TYPE


def _columns(row: Piece, types: Types) -> Piece:
    return piece("{row}.rid", row=row) if len(types) == 1 else piece("{row}.type, {row}.rid", row=row)


def branch_is(row: Piece, branches: Sequence[int]) -> Piece:
    """The condition that a row of a search table comes from one of these branches."""
    if len(branches) == 1:
        return piece("{row}.branch = {branch}", row=row, branch=number(branches[0]))
    return piece("{row}.branch IN ({branches})", row=row, branches=numbers(branches))
