"""The values of a search as conditions on rows of the search tables, one function a kind of value.

The meaning is that of `minkang.fhir.search.matching`, which says it plainly; here it is said in ranges of indexes.
Source: R4 search.html 3.1.1.4 "Search Parameter Types"; dates and numbers compare by 3.1.1.4.3 "Prefixes".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from minkang.fhir.search.query import DateValue, NumberValue, TextValue
from minkang.records.keys import clip, code_part, record_key, token_key
from minkang.records.search.conditions import Rows, Where, branch_is, token_keys
from minkang.records.search.pieces import TRUE, Piece, both, join, piece
from minkang.records.search.tables import Types, of_types, rows_of

LONG = timedelta(days=1)
"""Longer periods are in the partial index `search_date_long`; all others begin at most so long before they end."""

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST_CHARACTER = "\U0010ffff"
_S = piece("s")


# Tokens.


def exact_tokens(wanted: Sequence[tuple[int, str, str]]) -> Rows:
    """Tokens of a known system: (branch, system, code)."""
    return token_keys([UUID(bytes=token_key(*one)) for one in dict.fromkeys(wanted)])


def codes_of_any_system(wanted: Sequence[tuple[int, str]], types: Types) -> Rows:
    """Tokens of any system: (branch, code).

    As a range they are all keys with the same first 12 bytes. A test must not walk that range for each record, so that
    it first lists the few keys in it, skipping from one to the next along the index, once a statement.
    """
    spans = [code_span(branch, code) for branch, code in dict.fromkeys(wanted)]
    ranges = tuple(_key_between(*span) for span in spans)
    return Rows("search_token", _key_listed(spans, types), ranges, spans=tuple(spans))


def code_span(branch: int, code: str) -> tuple[UUID, UUID]:
    """The first and last key that tokens of this code can have, whatever their system."""
    part = code_part(branch, code)
    return UUID(bytes=part + b"\x00" * 4), UUID(bytes=part + b"\xff" * 4)


def _key_between(low: UUID, high: UUID) -> Where:
    return lambda row: piece("{row}.key BETWEEN %s AND %s", low, high, row=row)


def _key_listed(spans: Sequence[tuple[UUID, UUID]], types: Types) -> Where:
    return lambda row: piece(
        "{row}.key = ANY(ARRAY({keys}))",
        row=row,
        keys=join(" UNION ALL ", [keys_in_span(low, high, types) for low, high in spans]),
    )


def keys_in_span(low: UUID, high: UUID, types: Types) -> Piece:
    """A SELECT of the different token keys in a span; costs one descent of the index each."""
    here, table = of_types(_S, types, "search_token"), rows_of("search_token", _S, types)
    return piece(
        "(WITH RECURSIVE k AS ((SELECT s.key FROM {table} WHERE {here} AND s.key BETWEEN %s AND %s"
        " ORDER BY s.key LIMIT 1) UNION ALL SELECT (SELECT s.key FROM {table} WHERE {here} AND s.key > k.key"
        " AND s.key <= %s ORDER BY s.key LIMIT 1) FROM k WHERE k.key IS NOT NULL)"
        " SELECT k.key FROM k WHERE k.key IS NOT NULL)",
        low, high, high, here=here, table=table,
    )  # fmt: skip


# References.


def references(branches: Sequence[int], targets: Sequence[str]) -> Rows:
    """References by one of these branches to one of these addresses."""
    keys = [UUID(bytes=record_key(target)) for target in dict.fromkeys(targets)]
    ranges = tuple(_target_is(key, branch) for key in keys for branch in branches) if len(keys) <= 8 else ()
    if len(ranges) == 1:
        return Rows("search_reference", ranges[0], equal=True)
    return Rows("search_reference", _target_in(keys, branches), ranges, equal=bool(ranges))


def _target_is(key: UUID, branch: int) -> Where:
    return lambda row: piece("{row}.target = %s AND {branch}", key, row=row, branch=branch_is(row, [branch]))


def _target_in(keys: list[UUID], branches: Sequence[int]) -> Where:
    return lambda row: piece("{row}.target = ANY(%s) AND {branch}", keys, row=row, branch=branch_is(row, branches))


# Dates.


def dates(branches: Sequence[int], *values: DateValue) -> Rows:
    """Stretches of time that compare as asked with each value's [low, high)."""

    def test(row: Piece) -> Piece:
        low, high = piece("{row}.low", row=row), piece("{row}.high", row=row)
        return both([branch_is(row, branches), *(compare_dates(low, high, value) for value in values)])

    ends = [end for value in values if (end := _latest_end(value)) is not None]
    if not ends:
        return Rows("search_date", test)
    return Rows("search_date", test, (_short_after(test, max(ends)), _long_after(test, max(ends))))


def compare_dates(low: Piece, high: Piece, value: DateValue) -> Piece:  # noqa: PLR0911 - one a prefix
    """The comparison itself, on expressions for a record's [low, high)."""
    inside = piece("{low} >= %s AND {low} < %s AND {high} <= %s", value.low, value.high, value.high, low=low, high=high)
    later = piece("{high} > %s", value.high, high=high)
    earlier = piece("{low} < %s", value.low, low=low)
    match value.prefix:
        case "eq":
            return inside
        case "ne":
            return piece("NOT ({inside})", inside=inside)
        case "gt":
            return later
        case "lt":
            return earlier
        case "ge":
            return piece("({later} OR {inside})", later=later, inside=inside)
        case "le":
            # The first condition follows from the second, and is a range of the index, which an OR is not.
            return piece("{low} < %s AND ({earlier} OR {inside})", value.high, low=low, earlier=earlier, inside=inside)
        case "sa":
            return piece("{low} >= %s", value.high, low=low)
        case "eb":
            return piece("{high} <= %s AND {low} < %s", value.low, value.low, low=low, high=high)
        case "ap":
            return piece("{low} < %s AND {high} > %s", value.high, value.low, low=low, high=high)


def _latest_end(value: DateValue) -> datetime | None:
    """The instant that a record must end after, for comparisons that bound only its end."""
    match value.prefix:
        case "gt":
            return value.high
        case "ge" | "ap":
            return value.low
        case _:
            return None


def _short_after(test: Where, late: datetime) -> Where:
    """A stretch of at most `LONG` that ends after an instant begins less than `LONG` before it: a range of `low`."""
    start = late - LONG if late - _FIRST > LONG else _FIRST
    return lambda row: piece("{row}.low >= %s AND {test}", start, row=row, test=test(row))


def _long_after(test: Where, late: datetime) -> Where:
    def where(row: Piece) -> Piece:
        return piece("{long} AND {row}.high > %s AND {test}", late, row=row, long=long_period(row), test=test(row))

    return where


def long_period(row: Piece) -> Piece:
    """The condition of the partial index `search_date_long`, word for word."""
    return piece(
        "CASE WHEN isfinite({row}.low) AND isfinite({row}.high) THEN ({row}.high - {row}.low) > '1 day'::interval"
        " ELSE true END",
        row=row,
    )


def _on_branches(branches: Sequence[int], where: Where) -> Where:
    return lambda row: both([branch_is(row, branches), where(row)])


# Numbers and quantities.


def quantities(branches: Sequence[int], value: NumberValue) -> Rows:
    """Numbers that compare as asked; `low == high` where the resource has a plain value, a closed range otherwise."""

    def test(row: Piece) -> Piece:
        low, high = piece("{row}.low", row=row), piece("{row}.high", row=row)
        return both([branch_is(row, branches), compare_numbers(low, high, value), _unit_is(row, value)])

    def points(row: Piece) -> Piece:
        return piece("{row}.low > %s AND {test}", value.value, row=row, test=test(row))

    def at_bound(row: Piece) -> Piece:
        return piece("{row}.low = %s AND {test}", value.value, row=row, test=test(row))

    def spans(row: Piece) -> Piece:
        return piece("{row}.high > {row}.low AND {row}.low < %s AND {test}", value.value, row=row, test=test(row))

    if value.prefix in {"gt", "ge"}:
        return Rows("search_number", test, (points, at_bound, spans))
    return Rows("search_number", test)


def compare_numbers(low: Piece, high: Piece, value: NumberValue) -> Piece:  # noqa: PLR0911 - one a prefix
    """The comparison itself, on expressions for a record's closed range."""
    inside = piece("{low} >= %s AND {high} < %s", value.low, value.high, low=low, high=high)
    match value.prefix:
        case "eq":
            return piece("{low} < %s AND {inside}", value.high, low=low, inside=inside)
        case "ne":
            return piece("NOT ({inside})", inside=inside)
        case "gt":
            return piece("{high} > %s", value.value, high=high)
        case "sa":
            return piece("{low} > %s", value.value, low=low)
        case "lt":
            return piece("{low} < %s", value.value, low=low)
        case "eb":
            return piece("{low} < %s AND {high} < %s", value.value, value.value, low=low, high=high)
        case "ge":
            return piece("{high} >= %s", value.value, high=high)
        case "le":
            return piece("{low} <= %s", value.value, low=low)
        case "ap":
            return piece("{low} <= %s AND {high} >= %s", value.high, value.low, low=low, high=high)


def _unit_is(row: Piece, value: NumberValue) -> Piece:
    system, code = f"{storable(value.system or '')}|", f"|{storable(value.code or '')}"
    if value.system is None:
        return TRUE if value.code is None else piece("right({row}.unit, %s) = %s", len(code), code, row=row)
    if value.code is None:
        return piece("left({row}.unit, %s) = %s", len(system), system, row=row)
    return piece("{row}.unit = %s", system + code[1:], row=row)


# Texts and URIs.


def begins(branches: Sequence[int], prefix: str) -> Rows:
    """Texts whose folded form begins so."""
    text = storable(prefix)
    test = _on_branches(
        branches, lambda row: piece("{row}.folded BETWEEN %s AND %s", text, text + _LAST_CHARACTER, row=row)
    )
    return Rows("search_text", test)


def contains(branches: Sequence[int], part: str) -> Rows:
    """Texts whose folded form has this within."""
    text = storable(part)
    return Rows("search_text", _on_branches(branches, lambda row: piece("strpos({row}.folded, %s) > 0", text, row=row)))


def equals(branches: Sequence[int], value: TextValue) -> Rows:
    """Texts that are exactly so."""
    folded, exact = storable(value.folded), storable(value.value)
    return _equal(branches, lambda row: piece("{row}.folded = %s AND {row}.value = %s", folded, exact, row=row))


def below(branches: Sequence[int], uri: str) -> list[Rows]:
    """URIs that are this one or lie below it."""
    return [is_one_of(branches, [uri]), begins(branches, uri.rstrip("/") + "/")]


def is_one_of(branches: Sequence[int], values: Sequence[str]) -> Rows:
    """URIs that are one of these, as written."""
    wanted = [storable(value) for value in dict.fromkeys(values)]
    if len(wanted) == 1:
        return _equal(branches, lambda row: piece("{row}.folded = %s", wanted[0], row=row))
    return Rows("search_text", _on_branches(branches, lambda row: piece("{row}.folded = ANY(%s)", wanted, row=row)))


def _equal(branches: Sequence[int], where: Where) -> Rows:
    ranges = tuple(_on_branches([branch], where) for branch in branches)
    return Rows("search_text", _on_branches(branches, where), ranges, equal=True)


def storable(text: str) -> str:
    """A text as the search tables hold it: cut to their length, and NUL, which PostgreSQL cannot hold, replaced."""
    return clip(text.replace("\0", "\ufffd"))


# Composites.


def in_one_group(first: Rows, others: Sequence[tuple[Rows, bool]], types: Types) -> Rows:
    """Rows of the first kind beside which the same record has rows of the others.

    Args:
        others: each with whether it must stand in the same group as the first.
        types: the record's type.
    """

    def beside(where: Where) -> Where:
        return lambda row: both([where(row), *(_beside(row, rows, grouped, types) for rows, grouped in others)])

    return Rows(first.table, beside(first.test), tuple(beside(where) for where in first.ranges), first.equal)


def _beside(row: Piece, rows: Rows, grouped: bool, types: Types) -> Piece:
    return piece(
        "EXISTS (SELECT FROM {table} WHERE {types} AND c.rid = {row}.rid AND {grouped} AND {where} OFFSET 0)",
        table=rows_of(rows.table, _C, types), types=of_types(_C, types, rows.table), row=row,
        grouped=piece("c.grp = {row}.grp", row=row) if grouped else TRUE, where=rows.test(_C),
    )  # fmt: skip


_C = piece("c")
