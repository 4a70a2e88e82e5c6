"""Paragraphs into sentences and clauses, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Who is responsible is no part of what is promised.
DUTIES = re.compile(
    r"[（(][^（）()]*?(?:牵头|责任|参与|配合)(?:部门|单位)?[：:][^（）()]*(?:[（(][^（）()]*[)）][^（）()]*)*[)）]"
)
# "二〇二五年" is read as "2025年", which is as long.
YEAR_IN_WORDS = re.compile("[一二][〇○零九][一二三四五六七八九〇○零]{2}年")
FIGURES = str.maketrans("〇○零一二三四五六七八九", "000123456789")
OPEN, CLOSE = "（(“《〔[", "）)”》〕]"
STOPS = "。！？!?"
COMMA = "，；;："


@dataclass(frozen=True)
class Clause:
    """Words between two commas.

    Attributes:
        text: the words.
        start: their place in the normalised text.
        stop: the mark that ends them: "，", "；", "：", "。" or nothing.
    """

    text: str
    start: int
    stop: str = ""

    @property
    def end(self) -> int:
        """The place after its last character."""
        return self.start + len(self.text)


def sentences(text: str, start: int) -> Iterator[list[Clause]]:
    """The sentences of a paragraph as lists of clauses; brackets with responsible departments are left out."""
    masked = DUTIES.sub(lambda found: "。" * len(found[0]), text)
    masked = YEAR_IN_WORDS.sub(lambda found: found[0].translate(FIGURES), masked)
    clauses: list[Clause] = []
    begin = depth = 0
    for at, sign in enumerate(masked):
        if sign in OPEN:
            depth += 1
        elif sign in CLOSE:
            depth = max(0, depth - 1)
        ends_sentence = sign in STOPS
        if ends_sentence or (depth == 0 and (sign in COMMA or _ascii_comma(masked, at))):
            _keep(clauses, masked, begin, at, start)
            begin = at + 1
        if ends_sentence:
            depth = 0
            if clauses:
                yield clauses
            clauses = []
    _keep(clauses, masked, begin, len(masked), start)
    if clauses:
        yield clauses


def _ascii_comma(text: str, at: int) -> bool:
    """Whether a comma of the keyboard parts words, not the digits of a number or a ratio."""
    if text[at] not in ",:":
        return False
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return not (before.isdigit() and after.isdigit())


def _keep(clauses: list[Clause], text: str, begin: int, end: int, start: int) -> None:
    words = text[begin:end]
    lead = len(words) - len(words.lstrip(" \t　—-"))
    stripped = words.strip(" \t　—-")
    if stripped:
        clauses.append(Clause(stripped, start + begin + lead, text[end : end + 1]))
