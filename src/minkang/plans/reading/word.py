"""Word documents (.docx): paragraphs with their automatic numbers, tables with merged cells, text boxes."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph

from minkang.errors import Fault
from minkang.plans.reading.numbering import Numbering
from minkang.plans.reading.pieces import Cell, Piece, Row, Table, Writer

HEADING = re.compile(r"(?:heading|标题)\s*(\d)", re.I)
CAPTION = re.compile(r"专栏|^表\s*\d|指标")


def read_word(path: Path) -> tuple[str, list[Piece]]:
    """The normalised text of a Word document and its pieces.

    Raises:
        Fault: `PLANS-005`, not a Word document or a damaged one.
    """
    try:
        word = docx.Document(str(path))
    except (PackageNotFoundError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise Fault("PLANS-005", where=path.name) from error
    reader = _Reader(Numbering(word))
    for part in word.iter_inner_content():
        if isinstance(part, Paragraph):
            reader.paragraph(part)
        else:
            reader.table(part)
    return reader.writer.text, reader.pieces


class _Reader:
    """Collects the pieces of a Word document."""

    def __init__(self, numbering: Numbering) -> None:
        self.writer = Writer()
        self.pieces: list[Piece] = []
        self.numbering = numbering
        self.frames = 0

    def paragraph(self, paragraph: Paragraph, frame: int = 0) -> None:
        text = self.numbering.label(paragraph) + paragraph.text
        for line in text.split("\n"):
            stripped, start = self.writer.add(line)
            if stripped:
                self.pieces.append(Piece(stripped, start, frame=frame, level=_level(paragraph)))
        for box in _text_boxes(paragraph):
            self.frames += 1
            for inner in box:
                self.paragraph(Paragraph(inner, paragraph._parent), self.frames)

    def table(self, table: WordTable) -> None:
        """A table of one column is a frame around text, any other stays a table; its caption row is text."""
        grid = list(_grid(table))
        if all(len({id(cell) for cell in row if cell is not None}) == 1 for row in grid):
            self.frames += 1
            frame = self.frames
            for row in grid:
                cell = next(cell for cell in row if cell is not None)
                for inner in cell.iter_inner_content():
                    if isinstance(inner, Paragraph):
                        self.paragraph(inner, frame)
                    else:
                        self.table(inner)
            return
        while grid and len({id(cell) for cell in grid[0]}) == 1 and CAPTION.search(grid[0][0].text):
            for inner in grid.pop(0)[0].paragraphs:
                self.paragraph(inner)
        rows = [self._row(row) for row in _uncovered(grid)]
        if rows:
            self.pieces.append(Piece("", rows[0][0].start, table=Table(tuple(rows))))

    def _row(self, row: list[Any]) -> Row:
        cells: list[Cell] = []
        for cell in row:
            text = "" if cell is None else "".join(paragraph.text.strip() for paragraph in cell.paragraphs)
            cells.append(self.writer.cell(text))
        return tuple(cells)


def _grid(table: WordTable) -> Iterator[list[Any]]:
    """The cells of every row by column; a cell that spans several places stands in all of them."""
    cells: dict[Any, Any] = {}
    for row in table.rows:
        line = []
        for cell in row.cells:
            line.append(cells.setdefault(cell._tc, cell))
        yield [None] * row.grid_cols_before + line + [None] * row.grid_cols_after


def _uncovered(grid: list[list[Any]]) -> Iterator[list[Any]]:
    """Every cell only in its first place; the places a merged cell covers besides are empty."""
    seen: set[int] = set()
    for row in grid:
        line = []
        for cell in row:
            fresh = cell is not None and id(cell) not in seen
            line.append(cell if fresh else None)
            if cell is not None:
                seen.add(id(cell))
        yield line


def _level(paragraph: Paragraph) -> int:
    style = paragraph.style
    found = HEADING.search(style.name or "") if style is not None else None
    return int(found[1]) if found else 0


def _text_boxes(paragraph: Paragraph) -> Iterator[list[Any]]:
    """The paragraphs of each text box anchored in a paragraph; the copy for old programs is left out."""
    for content in paragraph._p.iter(qn("w:txbxContent")):
        old = any(parent.tag.endswith("}Fallback") for parent in content.iterancestors())
        if not old:
            yield list(content.iterchildren(qn("w:p")))
