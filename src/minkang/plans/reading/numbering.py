"""Numbers that Word computes: the text of a list paragraph has no `（一）`, only the number of its list and level."""

from __future__ import annotations

import re
from typing import Any

from docx.document import Document as WordDocument
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph

from minkang.plans.reading.numerals import to_numeral

CHINESE = {
    "chineseCounting",
    "chineseCountingThousand",
    "ideographTraditional",
    "japaneseCounting",
    "taiwaneseCounting",
}
PLACE = re.compile(r"%(\d)")


class Numbering:
    """Counts the lists of one document; ask for every paragraph in order."""

    def __init__(self, word: WordDocument) -> None:
        self._levels: dict[str, dict[int, tuple[str, str, int]]] = {}
        self._counts: dict[str, dict[int, int]] = {}
        part = next((rel.target_part for rel in word.part.rels.values() if rel.reltype.endswith("/numbering")), None)
        if part is not None:
            self._read(part.element)

    def label(self, paragraph: Paragraph) -> str:
        """The number that stands before a paragraph when printed; empty: none (bullets are left out)."""
        place = _place(paragraph)
        if place is None or place[0] not in self._levels:
            return ""
        list_id, level = place
        levels, counts = self._levels[list_id], self._counts.setdefault(list_id, {})
        if level not in levels:
            return ""
        counts[level] = counts.get(level, levels[level][2] - 1) + 1
        for deeper in [one for one in counts if one > level]:
            del counts[deeper]
        form, pattern, _ = levels[level]
        if form in ("bullet", "none"):
            return ""
        return PLACE.sub(lambda found: self._number(levels, counts, int(found[1]) - 1), pattern)

    def _number(self, levels: dict[int, tuple[str, str, int]], counts: dict[int, int], level: int) -> str:
        form, _, start = levels.get(level, ("decimal", "", 1))
        count = counts.get(level, start)
        return to_numeral(count) if form in CHINESE else str(count)

    def _read(self, root: Any) -> None:
        forms: dict[str, dict[int, tuple[str, str, int]]] = {}
        for abstract in root.iter(qn("w:abstractNum")):
            levels = {}
            for level in abstract.iter(qn("w:lvl")):
                start = int(_value(level, "w:start") or 1)
                levels[int(level.get(qn("w:ilvl")))] = (
                    _value(level, "w:numFmt") or "decimal",
                    _value(level, "w:lvlText") or "",
                    start,
                )
            forms[abstract.get(qn("w:abstractNumId"))] = levels
        for number in root.iter(qn("w:num")):
            self._levels[number.get(qn("w:numId"))] = forms.get(_value(number, "w:abstractNumId") or "", {})


def _value(element: Any, name: str) -> str | None:
    child = element.find(qn(name))
    return None if child is None else child.get(qn("w:val"))


def _place(paragraph: Paragraph) -> tuple[str, int] | None:
    """List and level of a paragraph, its own or its style's."""
    properties: list[Any] = [paragraph._p.pPr]
    style = paragraph.style
    while style is not None:
        properties.append(style.element.pPr)
        style = style.base_style
    for found in properties:
        given = None if found is None else found.find(qn("w:numPr"))
        number = None if given is None else _value(given, "w:numId")
        if given is not None and number is not None:
            return number, int(_value(given, "w:ilvl") or 0)
    return None
