"""Columns of rows as PostgreSQL's binary arrays and COPY rows, packed without a Python object a value.

A write sends some hundred values a resource. Adapting each by itself costs more than storing it, so that columns are
put together from ready pieces: a resource's rid, packed once, stands as often as it has keys.

Layouts: PostgreSQL's `array_send` and "Binary Format" of COPY.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from struct import Struct
from struct import pack as pack_shorts
from typing import Final

from psycopg import Connection
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

INT2, INT4, INT8, TEXT, BYTEA, UUID, TIMESTAMPTZ, NUMERIC = 21, 23, 20, 25, 17, 2950, 1184, 1700

_HEADER: Final = Struct(">iiiii")
_LENGTH: Final = Struct(">i")
_SHORT: Final = Struct(">ih")
_INT: Final = Struct(">ii")
_LONG: Final = Struct(">iq")
_NUMERIC: Final = Struct(">ihhHh")
_NOUGHT: Final = _SHORT.pack(2, 0)
_NULL: Final = _LENGTH.pack(-1)
_UUID_LENGTH: Final = _LENGTH.pack(16)


class Packed:
    """A whole array, ready to be sent; the SQL casts its parameter to the array's type."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data


class _PackedDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Packed) -> Buffer | None:
        return obj.data


def teach(connection: Connection[object]) -> None:
    """Let a connection send `Packed` values; to be done once a connection, again costs nothing worth sparing."""
    connection.adapters.register_dumper(Packed, _PackedDumper)


class Column:
    """One column under construction: packed values of one type, in pieces."""

    __slots__ = ("count", "element", "nulls", "pieces")

    def __init__(self, element: int) -> None:
        self.element = element
        self.pieces: list[bytes] = []
        self.count = 0
        self.nulls = 0

    def add(self, piece: bytes, count: int = 1) -> None:
        """Append `count` values, packed by one of the functions below."""
        self.pieces.append(piece)
        self.count += count

    def add_null(self) -> None:
        """Append one null."""
        self.pieces.append(_NULL)
        self.count += 1
        self.nulls = 1

    def array(self) -> Packed:
        """The column as one array."""
        return array(self.element, b"".join(self.pieces), self.count, nulls=self.nulls)


def array(element: int, packed: bytes, count: int, *, nulls: int = 0) -> Packed:
    """An array of `count` packed values; `nulls` 1 where some may be null."""
    if not count:
        return Packed(_HEADER.pack(0, 0, element, 0, 0)[:12])
    return Packed(_HEADER.pack(1, nulls, element, count, 1) + packed)


def shorts(values: Sequence[int]) -> bytes:
    """Smallints, most of them nought."""
    return b"".join([short(value) for value in values]) if any(values) else _NOUGHT * len(values)


@lru_cache(maxsize=1024)
def short(value: int) -> bytes:
    """One smallint."""
    return _SHORT.pack(2, value)


@lru_cache(maxsize=8192)
def integer(value: int) -> bytes:
    """One integer."""
    return _INT.pack(4, value)


def integers(values: Iterable[int]) -> bytes:
    """Integers."""
    return b"".join([integer(value) for value in values])


def long(value: int) -> bytes:
    """One bigint, or one timestamptz in microseconds since 2000."""
    return _LONG.pack(8, value)


def longs(values: Iterable[int]) -> bytes:
    """Bigints, or instants."""
    return b"".join([_LONG.pack(8, value) for value in values])


def uuids(values: Sequence[bytes]) -> bytes:
    """Uuids, 16 bytes each."""
    return _UUID_LENGTH + _UUID_LENGTH.join(values) if values else b""


def data(value: bytes) -> bytes:
    """One bytea."""
    return _LENGTH.pack(len(value)) + value


def text(value: str) -> bytes:
    """One text; a NUL, which PostgreSQL has no way to keep, is replaced by U+FFFD."""
    encoded = value.encode()
    if b"\0" in encoded:
        encoded = encoded.replace(b"\0", "\ufffd".encode())
    return _LENGTH.pack(len(encoded)) + encoded


def texts(values: Iterable[str]) -> bytes:
    """Texts."""
    return b"".join([text(value) for value in values])


@lru_cache(maxsize=4096)
def repeated_text(value: str) -> bytes:
    """One text of a kind that recurs (units)."""
    return text(value)


def repeated_texts(values: Iterable[str]) -> bytes:
    """Texts of a kind that recurs."""
    return b"".join([repeated_text(value) for value in values])


def numerics(values: Iterable[Decimal]) -> bytes:
    """Numerics."""
    return b"".join([numeric(value) for value in values])


@lru_cache(maxsize=16384)
def numeric(value: Decimal) -> bytes:
    """One numeric, by PostgreSQL's `numeric_send`: groups of four decimal digits."""
    if not value.is_finite():
        return _NUMERIC.pack(8, 0, 0, 0xF000 if value < 0 else 0xD000, 0)
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    spare = exponent % 4
    text = "".join(map(str, digits)) + "0" * spare
    text = text.zfill((len(text) + 3) // 4 * 4)
    groups = [int(text[start : start + 4]) for start in range(0, len(text), 4)]
    weight = len(groups) + (exponent - spare) // 4 - 1
    while groups and groups[0] == 0:
        groups.pop(0)
        weight -= 1
    while groups and groups[-1] == 0:
        groups.pop()
    count = len(groups)
    head = _NUMERIC.pack(
        8 + 2 * count, count, weight if count else 0, 0x4000 if sign and count else 0, max(0, -exponent)
    )
    return head + pack_shorts(f">{count}H", *groups)


@lru_cache(maxsize=8192)
def integer_array(values: tuple[int, ...]) -> bytes:
    """One integer[], without its length."""
    if not values:
        return _HEADER.pack(0, 0, INT4, 0, 0)[:12]
    return _HEADER.pack(1, 0, INT4, len(values), 1) + integers(values)


@lru_cache(maxsize=8192)
def integer_list(values: tuple[int, ...]) -> bytes:
    """One integer[] as the text `{1,2}`, which the SQL casts; the same lists recur in resources of a kind."""
    return text("{" + ",".join(map(str, values)) + "}")
