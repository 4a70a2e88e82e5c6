"""Pieces of SQL that carry their parameters, so that a statement can be put together in any order and stay right.

A template is a literal of this package; `{name}` takes another piece, `%s` a value. Data never become text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import Formatter
from typing import LiteralString

from psycopg import sql


@dataclass(frozen=True, slots=True)
class Piece:
    """A fragment of SQL and the values of its `%s`, in the order they stand."""

    text: sql.Composable
    values: tuple[object, ...] = ()

    def __bool__(self) -> bool:
        return self is not EMPTY


@lru_cache(maxsize=512)
def _parts(template: LiteralString) -> tuple[tuple[sql.SQL, int, str | None], ...]:
    """Each stretch of literal text with the number of values it takes, and the piece that follows it."""
    return tuple(
        (sql.SQL(literal), literal.count("%s"), field)  # literal: a stretch of a literal of this package
        for literal, field, _, _ in Formatter().parse(template)
    )


def piece(template: LiteralString, *values: object, **pieces: Piece) -> Piece:
    """A piece from a template.

    Args:
        template: SQL; `%s` for each of `values`, in order; `{name}` for one of `pieces`.
    """
    texts: list[sql.Composable] = []
    found: list[object] = []
    taken = 0
    for literal, count, field in _parts(template):
        texts.append(literal)
        found += values[taken : taken + count]
        taken += count
        if field is not None:
            inner = pieces[field]
            texts.append(inner.text)
            found += inner.values
    if taken != len(values):
        raise ValueError(template)
    return Piece(sql.Composed(texts), tuple(found))


def join(between: LiteralString, pieces: Iterable[Piece]) -> Piece:
    """Pieces one after another, with a literal between them."""
    many = list(pieces)
    if len(many) == 1:
        return many[0]
    return Piece(
        sql.SQL(between).join([one.text for one in many]),
        tuple(value for one in many for value in one.values),
    )


def both(pieces: Iterable[Piece]) -> Piece:
    """Conditions joined by AND; `true` where there are none."""
    many = [one for one in pieces if one]
    return join(" AND ", many) if many else TRUE


def either(pieces: Sequence[Piece]) -> Piece:
    """Conditions joined by OR, in brackets; `false` where there are none."""
    if not pieces:
        return FALSE
    return pieces[0] if len(pieces) == 1 else piece("({any})", any=join(" OR ", pieces))


def number(value: int) -> Piece:
    """A number that the program gave (a type's code, a branch), written out so that the database can plan by it."""
    return Piece(sql.Literal(value))


def numbers(values: Iterable[int]) -> Piece:
    """Several such numbers, for `IN (…)`."""
    return join(", ", [number(value) for value in values])


EMPTY = Piece(sql.SQL(""))
TRUE = Piece(sql.SQL("true"))
FALSE = Piece(sql.SQL("false"))
