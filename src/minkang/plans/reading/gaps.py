"""Headings that the print left out: found by leaps in the numbers, placed where tasks follow a box or start anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from minkang.plans.reading.document import Block, Gap
from minkang.plans.reading.headings import Heading, label

MISSING = "〔标题缺失〕"


@dataclass(frozen=True)
class _Leap:
    """Two headings of one level and form with numbers missing between them, as positions among the blocks."""

    form: str
    numbers: range
    first: int
    last: int
    parent: str
    level: int


def fill_gaps(blocks: list[Block], headings: Mapping[int, Heading]) -> tuple[list[Block], list[Gap]]:
    """Name the sections whose headings are missing, and list all gaps."""
    gaps: list[Gap] = []
    filled = list(blocks)
    for leap in _leaps(blocks, headings):
        starts = list(_starts(blocks, headings, leap))
        # With more candidates than missing headings nothing tells which; the last part then stays where it is.
        starts = starts[: len(leap.numbers)]
        for at, number in enumerate(leap.numbers):
            name = label(leap.form, number)
            if at >= len(starts) or leap.level == 1:
                where = blocks[leap.last].start if leap.last < len(blocks) else blocks[-1].end
                gaps.append(Gap(name, leap.parent, where, placed=False))
                continue
            end = starts[at + 1] if at + 1 < len(starts) else leap.last
            section = "/".join(part for part in (leap.parent, name + MISSING) if part)
            filled[starts[at] : end] = [replace(block, section=section) for block in filled[starts[at] : end]]
            gaps.append(Gap(name, leap.parent, blocks[starts[at]].start, placed=True))
    return filled, gaps


def _leaps(blocks: list[Block], headings: Mapping[int, Heading]) -> Iterator[_Leap]:
    previous: dict[int, tuple[int, str, int]] = {}
    for at in sorted(headings):
        block, heading = blocks[at], headings[at]
        if block.kind != "heading" or heading.form == "style":
            continue
        for level in [level for level in previous if level > block.level]:
            del previous[level]
        number, form, begin = previous.get(block.level, (0, heading.form, _parent(headings, blocks, at)))
        if form == heading.form and heading.number > number + 1:
            parent = "/".join(block.section.split("/")[: block.level - 1])
            yield _Leap(form, range(number + 1, heading.number), begin, at, parent, block.level)
        previous[block.level] = (heading.number, heading.form, at)


def _parent(headings: Mapping[int, Heading], blocks: list[Block], at: int) -> int:
    """The nearest heading above a heading."""
    above = (n for n in sorted(headings, reverse=True) if n < at and blocks[n].level < blocks[at].level)
    return next(above, 0)


def _starts(blocks: list[Block], headings: Mapping[int, Heading], leap: _Leap) -> Iterator[int]:
    """Where a missing section may begin: tasks before any heading, numbers that start anew, a task after a box."""
    number = 0
    whole = blocks[leap.first].level < leap.level
    for at in range(leap.first + 1, leap.last):
        if blocks[at].kind != "task":
            continue
        fresh = headings[at].number <= number
        if (whole and number == 0) or (number and (fresh or blocks[at - 1].box)):
            yield at
        number = headings[at].number
