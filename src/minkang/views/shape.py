"""The JSON that one view needs: only its elements, each with a type, so that the engine reads nothing else."""

from __future__ import annotations

import re

from minkang.views.kinds import is_primitive

_RESERVED = frozenset(
    """
    all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create default
    deferrable desc describe distinct do else end except false fetch for foreign from group having in initially
    intersect into lambda lateral leading limit not null offset on only or order pivot pivot_longer pivot_wider
    placing primary qualify references returning select show some summarize symmetric table then to trailing true
    union unique unpivot using variadic when where window with
    """.split()  # noqa: SIM905 - a list of seventy words reads better so
)
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


def identifier(name: str) -> str:
    """A name as SQL takes it: quoted only where it must be."""
    return name if _PLAIN.match(name) and name.lower() not in _RESERVED else '"' + name.replace('"', '""') + '"'


def text_literal(text: str) -> str:
    """A text as SQL takes it."""
    return "'" + text.replace("'", "''") + "'"


class Shape:
    """One node of the needed JSON.

    Attributes:
        key: where it stands, for remembering between two drafts which nodes must stay unread JSON.
        many: whether JSON has an array here.
        raw: whether it stays unread JSON.
        type: its FHIR type.
        fields: the needed properties; a node without any is text, or unread JSON for an object.
    """

    def __init__(self, key: str, type: str, many: bool, raws: frozenset[str]) -> None:
        self.key = key
        self.type = type
        self.many = many
        self.raws = raws
        self.raw = key in raws
        self.fields: dict[str, Shape] = {}

    def field(self, name: str, type: str, many: bool) -> Shape:
        """The node of a property, made when it is first asked for."""
        if name not in self.fields:
            self.fields[name] = Shape(f"{self.key}.{name}", type, many, self.raws)
        return self.fields[name]

    def take(self, other: Shape) -> None:
        """Add what another node of the same type needs."""
        for name, field in other.fields.items():
            mine = self.field(name, field.type, field.many)
            mine.raw = mine.raw or field.raw
            mine.take(field)

    def sql(self) -> str:
        """The node as an SQL type."""
        item = self._item()
        return f"{item}[]" if self.many else item

    def _item(self) -> str:
        if is_primitive(self.type):
            return "VARCHAR"
        return self.struct() if self.fields and not self.raw else "JSON"

    def struct(self, *, exact: bool = False) -> str:
        """Its properties as a STRUCT type.

        Args:
            exact: keep the digits of numbers as they are written. The engine does so, also for text and for unread
                JSON, when any field of the type is a DECIMAL; hence a field that no resource has.
        """
        inner = ", ".join(f"{identifier(name)} {field.sql()}" for name, field in self.fields.items())
        if not inner:
            return "JSON"
        return f"STRUCT({inner}, _exact DECIMAL(38,18))" if exact else f"STRUCT({inner})"
