"""Web pages (.html): the paragraphs and tables of the page body; menus, scripts and footers are left out."""

from __future__ import annotations

import re
from typing import Any

from lxml import html

from minkang.errors import Fault
from minkang.plans.reading.pieces import Piece, Row, Table, Writer

LEFT_OUT = {"script", "style", "head", "nav", "header", "footer", "noscript", "form", "button", "select", "template"}
LINES = {
    "p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "ul", "ol", "dl", "dt", "dd", "main",
    "blockquote", "center", "body", "html", "pre", "figure", "figcaption",
}  # fmt: skip
CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.I)
MOST_SPAN = 1000


def read_web(body: bytes) -> tuple[str, list[Piece]]:
    """The normalised text of a page and its pieces.

    Raises:
        Fault: `PLANS-004`, a page without text.
    """
    named = CHARSET.search(body[:4096])
    encoding = named[1].decode("ascii") if named else None
    if encoding and encoding.lower() in ("gb2312", "gbk"):
        encoding = "gb18030"
    try:
        text = body.decode(encoding or "utf-8")
    except (UnicodeDecodeError, LookupError):
        text = body.decode("gb18030", errors="replace")
    text = re.sub(r"^\ufeff?\s*<\?xml[^>]*\?>", "", text)
    if not re.search(r"\S", re.sub(r"<[^>]*>", "", text)):
        raise Fault("PLANS-004")
    reader = _Reader()
    reader.walk(html.fromstring(text))
    reader.end_line()
    return reader.writer.text, reader.pieces


class _Reader:
    """Walks through a page and collects lines."""

    def __init__(self) -> None:
        self.writer = Writer()
        self.pieces: list[Piece] = []
        self.frames = 0
        self.frame = 0
        self._line = ""
        self._level = 0

    def walk(self, node: Any) -> None:
        """Take a node and all below it, and the text after it."""
        tag = node.tag if isinstance(node.tag, str) else ""
        if tag == "table":
            self.end_line()
            self._table(node)
        elif tag and tag not in LEFT_OUT:
            self._element(node, tag)
        self._line += re.sub(r"\s+", " ", node.tail or "")

    def _element(self, node: Any, tag: str) -> None:
        if tag in LINES or tag == "br":
            self.end_line()
        if re.fullmatch(r"h[1-4]", tag):
            self._level = int(tag[1])
        self._line += re.sub(r"\s+", " ", node.text or "")
        for child in node:
            self.walk(child)
        if tag in LINES:
            self.end_line()

    def end_line(self) -> None:
        """What was read since the last line is a line."""
        text, start = self.writer.add(self._line.replace("\xa0", " "))
        if text:
            self.pieces.append(Piece(text, start, frame=self.frame, level=self._level))
        self._line, self._level = "", 0

    def _table(self, node: Any) -> None:
        grid = _grid(node)
        width = max((len(row) for row in grid), default=0)
        if width <= 1 or (
            len(grid) == 1 and any(cell is not None and cell.find(".//table") is not None for cell in grid[0])
        ):
            self._frame(cell for row in grid for cell in row if cell is not None)
            return
        first = [cell for cell in grid[0] if cell is not None]
        if len(first) == 1 and width > 1 and len(grid) > 1:
            grid.pop(0)
            self._frame(first, count=False)
        rows: list[Row] = []
        for row in grid:
            rows.append(tuple(self.writer.cell("" if cell is None else _text(cell)) for cell in row))
        self.pieces.append(Piece("", rows[0][0].start, table=Table(tuple(rows))))

    def _frame(self, cells: Any, *, count: bool = True) -> None:
        outer = self.frame
        if count:
            self.frames += 1
            self.frame = self.frames
        for cell in cells:
            self._line += cell.text or ""
            for child in cell:
                self.walk(child)
            self.end_line()
        self.frame = outer


def _text(cell: Any) -> str:
    return re.sub(r"\s*\n\s*", "", re.sub(r"[ \t\xa0]+", " ", cell.text_content())).strip()


def _grid(table: Any) -> list[list[Any]]:
    """The cells by row and column, each in the first place it covers only."""
    rows = [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]
    covered: set[tuple[int, int]] = set()
    grid: list[list[Any]] = []
    for at, row in enumerate(rows):
        line: list[Any] = []
        for cell in row.iterchildren("td", "th"):
            while (at, len(line)) in covered:
                line.append(None)
            wide, high = _span(cell, "colspan"), _span(cell, "rowspan")
            for down in range(1, high):
                covered |= {(at + down, len(line) + right) for right in range(wide)}
            line += [cell] + [None] * (wide - 1)
        while (at, len(line)) in covered:
            line.append(None)
        if line:
            grid.append(line)
    return grid


def _span(cell: Any, name: str) -> int:
    value = cell.get(name, "1").strip()
    return min(max(int(value), 1), MOST_SPAN) if value.isdigit() else 1
