"""The rows of a write, gathered column by column for the one statement that stores them."""

from __future__ import annotations

from collections.abc import Sequence

from minkang.records.keys import KeyRows
from minkang.records.postgres import packing as pack
from minkang.records.postgres.packing import Column, Packed

CREATED, UPDATED, DELETED = 1, 2, 3
"""`record_version.method`."""


class KeyColumns:
    """Rows of the five search tables, of many resources."""

    def __init__(self) -> None:
        self.token = (Column(pack.INT2), Column(pack.UUID), Column(pack.INT8), Column(pack.INT2))
        self.reference = (
            Column(pack.INT2), Column(pack.INT4), Column(pack.UUID), Column(pack.INT8), Column(pack.INT2),
        )  # fmt: skip
        self.date = (
            Column(pack.INT2), Column(pack.INT4), Column(pack.TIMESTAMPTZ), Column(pack.TIMESTAMPTZ),
            Column(pack.INT8), Column(pack.INT2),
        )  # fmt: skip
        self.number = (
            Column(pack.INT2), Column(pack.INT4), Column(pack.NUMERIC), Column(pack.NUMERIC), Column(pack.TEXT),
            Column(pack.INT8), Column(pack.INT2),
        )  # fmt: skip
        self.text = (
            Column(pack.INT2), Column(pack.INT4), Column(pack.TEXT), Column(pack.TEXT), Column(pack.INT8),
            Column(pack.INT2),
        )  # fmt: skip

    def add(self, type: int, rid: int, keys: KeyRows) -> None:
        """Append the rows of one resource."""
        kind, owner = pack.short(type), pack.long(rid)
        if keys.tokens:
            values, groups = zip(*keys.tokens, strict=True)
            _extend(self.token, kind, (pack.uuids(values),), owner, groups)
        if keys.references:
            branches, values, groups = zip(*keys.references, strict=True)
            _extend(self.reference, kind, (pack.integers(branches), pack.uuids(values)), owner, groups)
        if keys.dates:
            branches, lows, highs, groups = zip(*keys.dates, strict=True)
            _extend(self.date, kind, (pack.integers(branches), pack.longs(lows), pack.longs(highs)), owner, groups)
        if keys.numbers:
            branches, least, most, units, groups = zip(*keys.numbers, strict=True)
            values = (pack.integers(branches), pack.numerics(least), pack.numerics(most), pack.repeated_texts(units))
            _extend(self.number, kind, values, owner, groups)
        if keys.texts:
            branches, folded, texts, groups = zip(*keys.texts, strict=True)
            _extend(self.text, kind, (pack.integers(branches), pack.texts(folded), pack.texts(texts)), owner, groups)

    @property
    def count(self) -> int:
        """How many rows there are in all."""
        return sum(table[0].count for table in (self.token, self.reference, self.date, self.number, self.text))

    def parameters(self) -> dict[str, Packed]:
        """The columns under the names the SQL gives them."""
        names = {
            "token": ("type", "key", "rid", "grp"),
            "reference": ("type", "branch", "target", "rid", "grp"),
            "date": ("type", "branch", "low", "high", "rid", "grp"),
            "number": ("type", "branch", "low", "high", "unit", "rid", "grp"),
            "text": ("type", "branch", "folded", "value", "rid", "grp"),
        }
        return {
            f"{table}_{name}": column.array()
            for table, columns in names.items()
            for name, column in zip(columns, getattr(self, table), strict=True)
        }


def _extend(
    columns: tuple[Column, ...], kind: bytes, values: tuple[bytes, ...], owner: bytes, groups: Sequence[int]
) -> None:
    """Append rows to a table's columns: type, the values, rid, group."""
    count = len(groups)
    columns[0].add(kind * count, count)
    for column, packed in zip(columns[1:-2], values, strict=True):
        column.add(packed, count)
    columns[-2].add(owner * count, count)
    columns[-1].add(pack.shorts(groups), count)


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
