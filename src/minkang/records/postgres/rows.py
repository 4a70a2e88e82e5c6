"""The rows of a write, gathered column by column for the one statement that stores them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minkang.records.keys import KeyRows
from minkang.records.postgres import packing as pack
from minkang.records.postgres.packing import Column, Packed

CREATED, UPDATED, DELETED = 1, 2, 3
"""`record_version.method`."""


class _Table:
    """Rows of one search table; `types` and `owners` hold packed values, `rows` what differs from row to row."""

    __slots__ = ("owners", "rows", "types")

    def __init__(self) -> None:
        self.types: list[bytes] = []
        self.owners: list[bytes] = []
        self.rows: list[Any] = []

    def add(self, type: bytes, owner: bytes, rows: Sequence[Any]) -> None:
        count = len(rows)
        self.types.append(type * count)
        self.owners.append(owner * count)
        self.rows += rows

    def columns(self, width: int) -> list[Sequence[Any]]:
        return list(zip(*self.rows, strict=True)) if self.rows else [()] * width


class KeyColumns:
    """Rows of the five search tables, of many resources."""

    def __init__(self) -> None:
        self.token, self.reference, self.date, self.number, self.text = (_Table() for _ in range(5))

    def add(self, type: int, rid: int, keys: KeyRows) -> None:
        """Append the rows of one resource."""
        kind, owner = pack.short(type), pack.long(rid)
        if keys.tokens:
            self.token.add(kind, owner, keys.tokens)
        if keys.references:
            self.reference.add(kind, owner, keys.references)
        if keys.dates:
            self.date.add(kind, owner, keys.dates)
        if keys.numbers:
            self.number.add(kind, owner, keys.numbers)
        if keys.texts:
            self.text.add(kind, owner, keys.texts)

    def parameters(self) -> dict[str, Packed]:
        """The columns under the names the SQL gives them."""
        values, groups = self.token.columns(2)
        arrays = _ends("token", self.token, groups)
        arrays["token_key"] = pack.array(pack.UUID, pack.uuids(values), len(values))
        branches, targets, groups = self.reference.columns(3)
        arrays |= _ends("reference", self.reference, groups) | _branches("reference", branches)
        arrays["reference_target"] = pack.array(pack.UUID, pack.uuids(targets), len(targets))
        branches, lows, highs, groups = self.date.columns(4)
        arrays |= _ends("date", self.date, groups) | _branches("date", branches)
        arrays["date_low"] = pack.array(pack.TIMESTAMPTZ, pack.longs(lows), len(lows))
        arrays["date_high"] = pack.array(pack.TIMESTAMPTZ, pack.longs(highs), len(highs))
        branches, lows, highs, units, groups = self.number.columns(5)
        arrays |= _ends("number", self.number, groups) | _branches("number", branches)
        arrays["number_low"] = pack.array(pack.NUMERIC, pack.numerics(lows), len(lows))
        arrays["number_high"] = pack.array(pack.NUMERIC, pack.numerics(highs), len(highs))
        arrays["number_unit"] = pack.array(pack.TEXT, pack.repeated_texts(units), len(units))
        branches, folded, texts, groups = self.text.columns(4)
        arrays |= _ends("text", self.text, groups) | _branches("text", branches)
        arrays["text_folded"] = pack.array(pack.TEXT, pack.texts(folded), len(folded))
        arrays["text_value"] = pack.array(pack.TEXT, pack.texts(texts), len(texts))
        return arrays


def _ends(name: str, table: _Table, groups: Sequence[int]) -> dict[str, Packed]:
    """The columns that every search table has: type, rid, group."""
    count = len(groups)
    return {
        f"{name}_type": pack.array(pack.INT2, b"".join(table.types), count),
        f"{name}_rid": pack.array(pack.INT8, b"".join(table.owners), count),
        f"{name}_grp": pack.array(pack.INT2, pack.shorts(groups), count),
    }


def _branches(name: str, branches: Sequence[int]) -> dict[str, Packed]:
    return {f"{name}_branch": pack.array(pack.INT4, pack.integers(branches), len(branches))}


class VersionColumns:
    """Rows of `record` and `record_version`: one of each a version written."""

    def __init__(self) -> None:
        self.type, self.key, self.rid = Column(pack.INT2), Column(pack.UUID), Column(pack.INT8)
        self.id, self.version, self.at = Column(pack.TEXT), Column(pack.INT4), Column(pack.TIMESTAMPTZ)
        self.method, self.present, self.body = Column(pack.INT2), Column(pack.TEXT), Column(pack.BYTEA)

    @property
    def count(self) -> int:
        """How many versions there are."""
        return self.rid.count

    def add(  # noqa: PLR0917 - the columns, in their order
        self, type: int, key: bytes, rid: int, id: str, version: int, at: int, method: int, present: list[int],
        body: bytes | None,
    ) -> None:  # fmt: skip
        """Append one version; `at` in microseconds since 2000."""
        self.type.add(pack.short(type))
        self.key.add(pack.uuids([key]))
        self.rid.add(pack.long(rid))
        self.id.add(pack.text(id))
        self.version.add(pack.integer(version))
        self.at.add(pack.long(at))
        self.method.add(pack.short(method))
        self.present.add(pack.integer_list(tuple(present)))
        if body is None:
            self.body.add_null()
        else:
            self.body.add(pack.data(body))

    def parameters(self) -> dict[str, Packed]:
        """The columns under the names the SQL gives them."""
        names = ("type", "key", "rid", "id", "version", "at", "method", "present", "body")
        return {f"record_{name}": getattr(self, name).array() for name in names}
