"""The same fields of several things side by side, with what differs marked letter by letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import ClassVar

Piece = tuple[str, bool]


def differing(text: str, other: str) -> list[Piece]:
    """`text` in pieces, each with whether it differs from `other` there."""
    pieces: list[Piece] = []
    for kind, start, end, _, _ in SequenceMatcher(None, text, other, autojunk=False).get_opcodes():
        if start < end:
            pieces.append((text[start:end], kind != "equal"))
    return pieces


@dataclass(frozen=True)
class Comparison:
    """A table of fields.

    Attributes:
        heads: what is compared; the first is what the others are measured by.
        rows: name of the field and its value in each thing; an empty value is shown as a dash.
    """

    template: ClassVar[str] = "components/comparison.html"
    heads: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]

    @property
    def marked(self) -> list[tuple[str, bool, list[list[Piece]]]]:
        """Rows with their values in pieces, and whether all values of the row agree."""
        return [
            (name, len(set(values)) == 1, [self._pieces(i, values) for i in range(len(values))])
            for name, values in self.rows
        ]

    @staticmethod
    def _pieces(place: int, values: Sequence[str]) -> list[Piece]:
        """The first is compared with the second, so that a letter that is missing on one side shows on the other."""
        if not values[place]:
            return []
        other = values[0] if place else (values[1] if len(values) > 1 else values[0])
        return differing(values[place], other) if other else [(values[place], False)]
