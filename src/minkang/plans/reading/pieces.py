"""What the readers of the file formats hand over: lines of text and tables, in the order of the document.

The text of a document is *normalised* the same way for every format: bookmark marks and line breaks are deleted,
nothing else is changed. Offsets count characters of that text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

BOOKMARK = re.compile(r"\[bookmark:[^\]]*\]")
BREAKS = re.compile(r"[\r\n]")


def normalise(text: str) -> str:
    """Delete bookmark marks, then carriage returns and line feeds; no other change."""
    return BREAKS.sub("", BOOKMARK.sub("", text))


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    Attributes:
        text: its text without line breaks and outer spaces.
        start: where it stands in the normalised text.
    """

    text: str
    start: int


Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """A table as printed: rows of cells; a cell that a merged cell above or beside covers is empty."""

    rows: tuple[Row, ...]

    @property
    def width(self) -> int:
        """The number of columns of its widest row."""
        return max((len(row) for row in self.rows), default=0)


@dataclass(frozen=True)
class Piece:
    """A line (paragraph) of text, or a table.

    Attributes:
        text: the text as printed, outer spaces removed; of a table, empty.
        start: where it begins in the normalised text.
        table: the table, if it is one.
        frame: the number of the frame (one-cell table, text box) it stands in; 0: in none.
        level: what the format itself says about headings (1 to 4); 0: nothing.
        blank: whether a blank line stands before it.
    """

    text: str
    start: int
    table: Table | None = None
    frame: int = 0
    level: int = 0
    blank: bool = False


class Writer:
    """Puts the normalised text of a document together while its parts are read."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0

    def add(self, text: str) -> tuple[str, int]:
        """Append a text; give back its stripped form and where that begins."""
        text = normalise(text)
        start = self._length + len(text) - len(text.lstrip())
        self._parts.append(text)
        self._length += len(text)
        return text.strip(), start

    def cell(self, text: str) -> Cell:
        """Append the text of a cell after a tab."""
        stripped, start = self.add("\t" + text)
        return Cell(stripped, start)

    @property
    def text(self) -> str:
        """All of it so far."""
        return "".join(self._parts)
