"""From pieces to blocks: headings, numbered tasks, boxes and what stands below them.

Plans number their headings in one of two ways, `一、 （一） 1.` or `第一章 第一节 一、`; which forms are sections
and which are tasks follows from those that occur. A heading that the print left out shows as a leap in the numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from minkang.plans.reading.document import Block, Document
from minkang.plans.reading.front import front_matter
from minkang.plans.reading.gaps import fill_gaps
from minkang.plans.reading.headings import TITLE_LENGTH, Heading, box_title, heading_of
from minkang.plans.reading.pieces import Piece
from minkang.plans.reading.text import CONTENTS

SECTION_FORMS = ("chapter", "part", "comma", "bracket")
LONG_LINE = 80  # Titles and addresses are shorter, the first paragraph is longer.
UNFINISHED = 20  # A line shorter than this that lacks a stop is a title of its own, not a torn paragraph.
STOPS = "。！？；：:;!?）)”》】…"
BULLET = re.compile(r"^(——|--|[●•◆■□*＊]|[（(]?\d+[)）.．、])")
ANNEX = re.compile(
    r"^(附\s*[件录表图]\s*[\d一二三四五六七八九十]*[:：]?|(有关|主要|相关)?(名词|术语)(解释|说明|释义)[:：]?)$"
)
CONTENTS_TITLE = re.compile(r"^目\s*录$")


def outline(name: str, text: str, pieces: Sequence[Piece]) -> Document:
    """Give every piece its place in the plan."""
    builder = _Builder(text, _forms(pieces))
    for piece in pieces:
        builder.take(piece)
    blocks, gaps = fill_gaps(builder.blocks, builder.headings)
    title, region, years = front_matter(blocks)
    return Document(name, text, tuple(blocks), tuple(gaps), title, region, *years)


def _forms(pieces: Sequence[Piece]) -> list[str]:
    """The forms that number sections in this document, outermost first (two at most)."""
    seen: dict[str, int] = {}
    for piece in pieces:
        if piece.frame == 0 and (heading := heading_of(piece.text)) and not CONTENTS.search(piece.text):
            seen[heading.form] = seen.get(heading.form, 0) + 1
    return [form for form in SECTION_FORMS if seen.get(form, 0) > 1][:2]


@dataclass
class _Builder:
    """Walks through the pieces and remembers where it is."""

    text: str
    forms: list[str]
    blocks: list[Block] = field(default_factory=list)
    headings: dict[int, Heading] = field(default_factory=dict)  # by position among the blocks
    sections: list[str] = field(default_factory=list)
    task: str = ""
    task_form: str = ""
    box: str = ""
    box_frame: int = 0
    box_items: int = 0
    started: bool = False
    in_contents: bool = False

    def take(self, piece: Piece) -> None:
        """Add one piece."""
        self._leave_frame(piece)
        if piece.table is not None:
            self._add("table", piece, 0, 0)
            return
        if self._is_contents(piece):
            self._add("contents", piece, 0, len(piece.text))
            return
        heading = heading_of(piece.text)
        if (title := box_title(piece.text)) is not None:
            self._open_box(piece, title)
        elif heading and self._is_section(piece, heading):
            self._section(piece, heading, self.forms.index(heading.form) + 1)
        elif heading and self._is_task(piece, heading):
            self._task(piece, heading)
        elif self.started and ANNEX.match(piece.text):
            self._section(piece, Heading("style", 0, piece.text, "", len(piece.text)), 1)
        elif piece.level and piece.frame == 0 and heading is None and len(piece.text) <= TITLE_LENGTH:
            self._section(piece, Heading("style", 0, piece.text, "", len(piece.text)), min(piece.level, 2))
        else:
            self._paragraph(piece)

    def _leave_frame(self, piece: Piece) -> None:
        if not self.box:
            return
        if self.box_frame and piece.frame != self.box_frame:
            self.box, self.box_frame = "", 0
        elif not self.box_frame and piece.frame and self.box_items == 0:
            self.box_frame = piece.frame
        elif not self.box_frame and self.blocks[-1].table is not None:
            self.box = ""

    def _is_contents(self, piece: Piece) -> bool:
        if CONTENTS_TITLE.match(piece.text):
            self.in_contents = True
            return True
        listed = bool(CONTENTS.search(piece.text)) and not self.sections
        if self.in_contents and not listed and (heading_of(piece.text) is None or piece.blank):
            self.in_contents = False
        return listed or self.in_contents

    def _is_section(self, piece: Piece, heading: Heading) -> bool:
        if heading.form not in self.forms:
            return False
        return not (piece.frame and (self.box or piece.frame))

    def _is_task(self, piece: Piece, heading: Heading) -> bool:
        if not self.sections or heading.form == "bracket" or heading.form in self.forms:
            return False
        if self.box:
            runs_on = self.task_form == heading.form and heading.number == int(self.task or 0) + 1 > 1
            return runs_on and self.box_items > 0 and not self.box_numbered
        if piece.frame:
            return False
        return self.task_form in ("", heading.form) or not self.task

    @property
    def box_numbered(self) -> bool:
        """Whether the items of the box being read carry numbers of their own."""
        first = next((b for b in reversed(self.blocks[: len(self.blocks) - self.box_items + 1]) if b.box), None)
        return bool(first and first.kind != "box" and BULLET.match(first.text))

    def _section(self, piece: Piece, heading: Heading, level: int) -> None:
        self.sections = [*self.sections[: level - 1], heading.text]
        self.task = self.task_form = self.box = ""
        self.box_frame, self.started = 0, True
        self.headings[len(self.blocks)] = heading
        self._add("heading", piece, 0, len(heading.text), level)
        self._rest(piece, heading)

    def _task(self, piece: Piece, heading: Heading) -> None:
        self.box, self.box_frame = "", 0
        self.task, self.task_form = str(heading.number), heading.form
        self.headings[len(self.blocks)] = heading
        self._add("task", piece, 0, len(heading.text), 3)
        self._rest(piece, heading)

    def _rest(self, piece: Piece, heading: Heading) -> None:
        if heading.rest:
            self._add("paragraph", piece, heading.rest_at, len(piece.text))

    def _open_box(self, piece: Piece, title: str) -> None:
        self.box, self.box_frame, self.box_items = title, piece.frame, 0
        self._add("box", piece, 0, len(piece.text))

    def _paragraph(self, piece: Piece) -> None:
        last = self.blocks[-1] if self.blocks else None
        if last and self._torn(last, piece):
            end = piece.start + len(piece.text)
            self.blocks[-1] = replace(last, end=end, text=self.text[last.start : end])
            return
        self.box_items += bool(self.box)
        kind = "paragraph" if self.started or len(piece.text) > LONG_LINE else "title"
        self._add(kind, piece, 0, len(piece.text))

    def _torn(self, last: Block, piece: Piece) -> bool:
        """Whether a line only goes on with the paragraph before it, which the end of a page tore apart."""
        whole = last.kind != "paragraph" or len(last.text) < UNFINISHED or last.text[-1] in STOPS
        if whole or piece.frame or last.box != self.box or BULLET.match(piece.text):
            return False
        return not self.text[last.end : piece.start].strip()

    def _add(self, kind: str, piece: Piece, begin: int, end: int, level: int = 0) -> None:
        block = Block(
            kind=kind,  # type: ignore[arg-type]  # one of the kinds above
            text=piece.text[begin:end],
            start=piece.start + begin,
            end=piece.start + end,
            level=level,
            section="/".join(self.sections[:2]),
            task="" if self.box else self.task,
            box=self.box,
            table=piece.table,
        )
        self.blocks.append(block)
