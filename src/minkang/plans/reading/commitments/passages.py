"""The running text of a document as paragraphs, with those put together again that a page break tore apart."""

from __future__ import annotations

import re
from collections.abc import Iterator

from minkang.plans.reading.commitments.model import Passage
from minkang.plans.reading.document import Block, Document

ENDED = re.compile(r"[。！？；：:;.!?”)）]\s*$")
# A heading-like beginning or a dash starts a paragraph of its own, whatever stands before it.
BEGINS = re.compile(r"^\s*(?:——|[（(][一二三四五六七八九十\d]+[)）]|\d+[.．、]|[一二三四五六七八九十]+[、是])")
MAX_GAP = 40


def passages_of(document: Document) -> Iterator[Passage]:
    """Every paragraph of the text proper; titles, contents, headings and tables are left out."""
    run: list[Block] = []
    for block in document.blocks:
        if run and not _goes_on(run[-1], block, document.text):
            yield _passage(run, document.text)
            run = []
        if block.kind == "paragraph":
            run.append(block)
    if run:
        yield _passage(run, document.text)


def _goes_on(last: Block, block: Block, text: str) -> bool:
    return (
        block.kind == "paragraph"
        and last.place == block.place
        and not ENDED.search(last.text)
        and not BEGINS.match(block.text)
        and not text[last.end : block.start].strip()
        and block.start - last.end < MAX_GAP
    )


def _passage(run: list[Block], text: str) -> Passage:
    first, last = run[0], run[-1]
    return Passage(text[first.start : last.end], first.start, first.place, bool(first.box))
