"""A plan as a document: blocks in order, each knowing the section, the numbered task and the box it stands in.

`opening.read_document` makes one of a file; everything else that reads plans works on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from minkang.plans.reading.pieces import Cell, Row, Table

__all__ = ["Block", "Cell", "Document", "Gap", "Row", "Table"]

Kind = Literal["title", "contents", "heading", "task", "box", "paragraph", "table"]


@dataclass(frozen=True)
class Block:
    """A heading, paragraph or table.

    Attributes:
        kind: `title` (lines before the text proper), `contents` (a line of the table of contents), `heading`,
            `task` (a numbered title; the text after it on the same line follows as a paragraph), `box` (the title
            of a 专栏), `paragraph`, `table`.
        text: as printed; always equal to the normalised text from `start` to `end`, except of a table, where it is
            empty.
        start: offset of its first character in the normalised text of the document.
        end: offset after its last character.
        level: of a heading, 1 for chapters downward; of a task 3; otherwise 0.
        section: headings above it (a heading: and itself) joined by `/`, at most two:
            `三、主要任务/（一）实施公共卫生跃升工程`.
        task: the printed number of the task it stands in (`23`); empty: none, or in a box.
        box: the title of the box it stands in, spaces reduced: `专栏2—1 医疗能力登峰工程建设项目`; empty: none.
        table: the table, of a table.
    """

    kind: Kind
    text: str
    start: int
    end: int
    level: int = 0
    section: str = ""
    task: str = ""
    box: str = ""
    table: Table | None = None

    @property
    def place(self) -> str:
        """Section, then the number of the task or of the box: `三、主要任务/（二）实施医疗能力登峰工程/专栏2`."""
        last = self.box.split(" ")[0] or self.task
        return "/".join(part for part in (self.section, last) if part)


@dataclass(frozen=True)
class Gap:
    """A number that headings of one level leave out.

    Attributes:
        label: the missing number as it would be printed: `（三）`.
        section: the heading above the gap.
        start: where what stands below the missing heading begins, or else the next heading.
        placed: whether that place could be told; then its blocks carry `（三）〔标题缺失〕` in their section.
    """

    label: str
    section: str
    start: int
    placed: bool


@dataclass(frozen=True)
class Document:
    """A plan as it was printed.

    Attributes:
        name: of the file.
        text: all of it, normalised: offsets count its characters.
        blocks: in order.
        gaps: numbers that headings leave out.
        title: of the plan, e.g. `汶上县“十四五”卫生与健康规划`; empty: none was found.
        region: the name that begins the title, e.g. `汶上县`; may be empty.
        first_year: the first year of the plan, from the title (十四五: 2021); 0: unknown.
        last_year: the last year of the plan (十四五: 2025); 0: unknown.
    """

    name: str
    text: str
    blocks: tuple[Block, ...]
    gaps: tuple[Gap, ...] = ()
    title: str = ""
    region: str = ""
    first_year: int = 0
    last_year: int = 0

    def block_at(self, offset: int) -> Block | None:
        """The block a character stands in; between blocks, the one before."""
        found = None
        for block in self.blocks:
            if block.start > offset:
                break
            found = block
        return found

    def tables(self) -> Iterator[tuple[int, Block]]:
        """Every table with its position among the blocks."""
        for at, block in enumerate(self.blocks):
            if block.table is not None:
                yield at, block
