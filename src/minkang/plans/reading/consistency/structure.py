"""Numbers of headings, tasks and boxes that are missing or used twice."""

from __future__ import annotations

import re
from collections.abc import Iterator

from minkang.plans.reading.consistency.finding import Finding, Place, finding
from minkang.plans.reading.document import Document
from minkang.plans.reading.headings import heading_of, label


def numbering(document: Document) -> Iterator[Finding]:
    """Every number left out or repeated."""
    for gap in document.gaps:
        block = document.block_at(gap.start)
        quote = block.text[:40] if block else ""
        yield finding(
            "section_missing",
            Place(gap.start, gap.section, quote),
            parent=gap.section or document.title,
            label=gap.label,
        )
    yield from _repeated(document)
    yield from _boxes(document)
    yield from _tasks(document)


def _repeated(document: Document) -> Iterator[Finding]:
    seen: dict[tuple[str, str, int], Place] = {}
    for block in document.blocks:
        heading = heading_of(block.text) if block.kind == "heading" else None
        if heading is None:
            continue
        parent = "/".join(block.section.split("/")[: max(0, block.level - 1)])
        place = Place(block.start, block.section, block.text)
        earlier = seen.setdefault((parent, heading.form, heading.number), place)
        if earlier is not place:
            number = label(heading.form, heading.number)
            yield finding("section_repeated", earlier, place, parent=parent or document.title, label=number)


def _boxes(document: Document) -> Iterator[Finding]:
    last, before = 0, None
    for block in document.blocks:
        number = re.match(r"专栏\s*(\d+)(?!\d|\s*[—–\-－])", block.text) if block.kind == "box" else None
        if not number:
            continue
        value, place = int(number[1]), Place(block.start, block.place, block.text)
        if before and value not in (last, last + 1):
            yield finding("box_number", before, place, before=f"专栏{last}", after=f"专栏{value}")
        last, before = value, place


def _tasks(document: Document) -> Iterator[Finding]:
    """Numbered tasks run on through the document, or begin anew with each section."""
    last, before = 0, None
    for block in document.blocks:
        if block.kind != "task" or not block.task.isdigit():
            continue
        number, place = int(block.task), Place(block.start, block.section, block.text[:40])
        anew = number == 1 or before is None
        if not anew and number == last:
            yield finding("section_repeated", before or place, place, parent=block.section, label=f"{number}.")
        elif not anew and number > last + 1:
            missing = f"{last + 1}." if number == last + 2 else f"{last + 1}.—{number - 1}."
            yield finding("section_missing", place, parent=block.section, label=missing)
        last, before = number, place
