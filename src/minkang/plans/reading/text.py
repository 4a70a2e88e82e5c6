"""Plain text: lines, with tables either as lines parted by tabs or as one cell a line, each begun by a tab.

The second shape is what word processors write when they save tables as text:

    <tab>领域<newline><tab>指标<newline><newline><tab>健康水平<newline><tab>人均预期寿命

A cell may run over several lines; a blank line ends a row; a table of one column is a frame around text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from minkang.plans.reading.pieces import Cell, Piece, Row, Table, Writer, normalise

FRAME_OPEN = re.compile(r"^[(（]$")
FRAME_CLOSE = re.compile(r"^[)）]$")
PAGE_NUMBER = re.compile(r"^[—\-–－\s]*\d{0,4}[—\-–－\s]*$")
# A heading or the title of a box never stands in the middle of a cell.
OPENING = re.compile(
    r"^(第[一二三四五六七八九十百]+[章节篇]|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十]+[)）])"
)
NUMBERED = re.compile(r"^(\d{1,3}\s*[．.、](?!\d)|专栏\s*\d)")
CONTENTS = re.compile(r"(\t|\.{3,}|…+|·{3,})\s*\d+\s*$")


@dataclass
class _Line:
    """A line as it stands in the file, with the stripped text and its offset."""

    raw: str
    text: str
    start: int


@dataclass
class _Cells:
    """A table of the second shape while it is read."""

    rows: list[list[list[_Line]]] = field(default_factory=list)


def read_text(text: str) -> tuple[str, list[Piece]]:
    """The normalised text of a document and its pieces."""
    writer = Writer()
    lines = []
    for raw in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        plain = normalise(raw)
        stripped, start = writer.add(plain)
        lines.append(_Line(plain, stripped, start))
    return writer.text, list(_pieces(lines))


def _pieces(lines: list[_Line]) -> list[Piece]:
    pieces: list[Piece] = []
    at, frame, opened, blank = 0, 0, 0, False
    while at < len(lines):
        line = lines[at]
        if _starts_cells(lines, at):
            table, at = _read_cells(lines, at)
            frame += 1
            pieces += _framed(table, frame) if _one_column(table) else [_table(table)]
        elif _tabbed(line):
            rows, at = _read_tabbed(lines, at)
            pieces += rows
        elif FRAME_OPEN.match(line.text) and _closes(lines, at):
            frame, opened, at = frame + 1, frame + 1, at + 1
        elif FRAME_CLOSE.match(line.text) and opened:
            opened, at = 0, at + 1
        else:
            if line.text and not (opened and PAGE_NUMBER.match(line.text)):
                pieces.append(Piece(line.text, line.start, frame=opened, blank=blank))
            blank, at = not line.text, at + 1
    return pieces


def _closes(lines: list[_Line], at: int) -> bool:
    """Whether the frame opened here ends before long; otherwise the bracket is only a bracket."""
    return any(FRAME_CLOSE.match(line.text) for line in lines[at + 1 : at + 40])


def _tabbed(line: _Line) -> bool:
    return "\t" in line.raw.rstrip("\n ")[1:] and "\t" in line.raw.strip(" ") and not CONTENTS.search(line.raw)


def _starts_cells(lines: list[_Line], at: int) -> bool:
    """Whether a table of the second shape begins here: a line begun by one tab, with no tab further on."""
    raw = lines[at].raw
    return raw.startswith("\t") and "\t" not in raw[1:].rstrip()


def _read_cells(lines: list[_Line], at: int) -> tuple[_Cells, int]:
    table = _Cells()
    row: list[list[_Line]] = []
    while at < len(lines):
        line = lines[at]
        if line.raw.startswith("\t"):
            row.append([line])
        elif line.raw.strip() == "":
            following = lines[at + 1] if at + 1 < len(lines) else None
            if following is None or following.raw.strip(" ") == "" or _ends(following):
                break
            if following.raw.startswith("\t"):
                table.rows.append(row)
                row = []
        elif row and not _ends_frame(line, row):
            row[-1].append(line)
        else:
            break
        at += 1
    if row:
        table.rows.append(row)
    return table, at


def _ends(line: _Line) -> bool:
    return not line.raw.startswith("\t") and bool(OPENING.match(line.text))


def _ends_frame(line: _Line, row: list[list[_Line]]) -> bool:
    """Whether a line cannot go on with the cell before it: headings, boxes, and numbers where none were before."""
    if OPENING.match(line.text):
        return True
    first = row[-1][0].text
    return len(row) == 1 and bool(NUMBERED.match(line.text)) and not first[:1].isdigit()


def _one_column(table: _Cells) -> bool:
    return all(len(row) == 1 for row in table.rows)


def _framed(table: _Cells, frame: int) -> list[Piece]:
    return [Piece(line.text, line.start, frame=frame) for row in table.rows for line in row[0] if line.text]


def _table(table: _Cells) -> Piece:
    rows = [tuple(_cell(lines) for lines in row) for row in table.rows]
    return Piece("", rows[0][0].start, table=Table(_whole(rows)))


def _cell(lines: list[_Line]) -> Cell:
    filled = [line for line in lines if line.text]
    return Cell("".join(line.text for line in lines), filled[0].start if filled else lines[0].start)


def _whole(rows: list[Row]) -> tuple[Row, ...]:
    """Put rows together again that a page break tore apart."""
    width = max(len(row) for row in rows)
    whole: list[Row] = []
    for row in rows:
        if whole and len(whole[-1]) < width and len(whole[-1]) + len(row) == width:
            whole[-1] = whole[-1] + row
        else:
            whole.append(row)
    return tuple(whole)


def _read_tabbed(lines: list[_Line], at: int) -> tuple[list[Piece], int]:
    """Rows of cells parted by tabs; a row with nothing but a first cell is the caption above them."""
    pieces: list[Piece] = []
    rows: list[Row] = []
    while at < len(lines):
        line = lines[at]
        if _tabbed(line):
            row = _cells_of(line)
            if not rows and not any(cell.text for cell in row[1:]):
                pieces.append(Piece(row[0].text, row[0].start))
            else:
                rows.append(row)
        elif line.text or not (at + 1 < len(lines) and _tabbed(lines[at + 1]) and rows):
            break
        at += 1
    if rows:
        pieces.append(Piece("", rows[0][0].start, table=Table(tuple(rows))))
    return pieces, at


def _cells_of(line: _Line) -> Row:
    cells, place = [], line.start - (len(line.raw) - len(line.raw.lstrip()))
    for part in line.raw.split("\t"):
        cells.append(Cell(part.strip(), place + len(part) - len(part.lstrip())))
        place += len(part) + 1
    return tuple(cells)
