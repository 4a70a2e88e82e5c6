"""Terms that a plan explains, in the annex 名词解释."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from minkang.plans.reading.document import Document

ANNEX = re.compile(r"(名词|术语)(解释|说明|释义)")
NUMBER = re.compile(r"^\s*(?:\d+\s*[．.、]|[（(]\d+[)）]|[①-⑳])\s*")
LONGEST_TERM = 80


@dataclass(frozen=True)
class Term:
    """A term and what it means, with its place in the document."""

    term: str
    text: str
    offset: int

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {"term": self.term, "text": self.text, "offset": self.offset}


def read_terms(document: Document) -> list[Term]:
    """All terms explained; a plan without the annex has none."""
    return list(_terms(document))


def _terms(document: Document) -> Iterator[Term]:
    for block in document.blocks:
        if block.kind in ("heading", "table") or not ANNEX.search(block.section.split("/")[0]):
            continue
        text = NUMBER.sub("", block.text)
        at = _colon(text)
        if 0 < at <= LONGEST_TERM and text[at + 1 :].strip():
            yield Term(text[:at].strip(), text[at + 1 :].strip(), block.start)


def _colon(text: str) -> int:
    """The first colon outside quotation marks; -1: none."""
    depth = 0
    for at, character in enumerate(text):
        depth += (character in "“《（(") - (character in "”》）)")
        if character in "：:" and depth <= 0:
            return at
    return -1
