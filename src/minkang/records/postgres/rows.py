"""The rows of a write, gathered column by column for the one statement that stores them."""

from __future__ import annotations

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
            count = len(keys.tokens)
            types, values, owners, groups = self.token
            types.add(kind * count, count)
            values.add(pack.uuids([row.key for row in keys.tokens]), count)
            owners.add(owner * count, count)
            groups.add(pack.shorts([row.group for row in keys.tokens]), count)
        if keys.references:
            count = len(keys.references)
            types, branches, values, owners, groups = self.reference
            types.add(kind * count, count)
            branches.add(pack.integers([row.branch for row in keys.references]), count)
            values.add(pack.uuids([row.target for row in keys.references]), count)
            owners.add(owner * count, count)
            groups.add(pack.shorts([row.group for row in keys.references]), count)
        if keys.dates:
            count = len(keys.dates)
            types, branches, lows, highs, owners, groups = self.date
            types.add(kind * count, count)
            branches.add(pack.integers([row.branch for row in keys.dates]), count)
            lows.add(pack.longs([row.low for row in keys.dates]), count)
            highs.add(pack.longs([row.high for row in keys.dates]), count)
            owners.add(owner * count, count)
            groups.add(pack.shorts([row.group for row in keys.dates]), count)
        self._add_numbers(kind, owner, keys)
        self._add_texts(kind, owner, keys)

    def _add_numbers(self, kind: bytes, owner: bytes, keys: KeyRows) -> None:
        if not keys.numbers:
            return
        count = len(keys.numbers)
        types, branches, lows, highs, units, owners, groups = self.number
        types.add(kind * count, count)
        branches.add(pack.integers([row.branch for row in keys.numbers]), count)
        lows.add(b"".join([pack.numeric(row.low) for row in keys.numbers]), count)
        highs.add(b"".join([pack.numeric(row.high) for row in keys.numbers]), count)
        units.add(b"".join([pack.repeated_text(row.unit) for row in keys.numbers]), count)
        owners.add(owner * count, count)
        groups.add(pack.shorts([row.group for row in keys.numbers]), count)

    def _add_texts(self, kind: bytes, owner: bytes, keys: KeyRows) -> None:
        if not keys.texts:
            return
        count = len(keys.texts)
        types, branches, folded, values, owners, groups = self.text
        types.add(kind * count, count)
        branches.add(pack.integers([row.branch for row in keys.texts]), count)
        folded.add(pack.texts([row.folded for row in keys.texts]), count)
        values.add(pack.texts([row.value for row in keys.texts]), count)
        owners.add(owner * count, count)
        groups.add(pack.shorts([row.group for row in keys.texts]), count)

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
