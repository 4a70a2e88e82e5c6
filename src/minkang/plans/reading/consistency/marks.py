"""Quotation marks and brackets without a partner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from minkang.plans.reading.commitments import Passage
from minkang.plans.reading.consistency.finding import Finding, Place, finding

PAIRS = {"“": "”", "《": "》", "（": "）"}
CLOSERS = {close: opening for opening, close in PAIRS.items()}
ROUND = 12  # Characters shown on each side.


def marks(passages: Iterable[Passage]) -> Iterator[Finding]:
    """The first mark without a partner of every paragraph; brackets of both widths count as one."""
    for passage in passages:
        at = unpaired(passage.text)
        if at is None:
            continue
        begin = max(0, at - ROUND)
        quote = passage.text[begin : at + ROUND + 1]
        yield finding("unbalanced", Place(passage.start + begin, passage.section, quote), mark=passage.text[at])


def unpaired(text: str) -> int | None:
    """The place of the first mark without a partner; None if all pair."""
    open_marks: list[tuple[str, int]] = []
    for at, sign in enumerate(text.replace("(", "（").replace(")", "）")):
        if sign in PAIRS:
            if sign == "“" and open_marks and open_marks[-1][0] == sign:
                return at  # Within quotation marks comes no opening one: it is turned round.
            open_marks.append((sign, at))
        elif sign in CLOSERS:
            if not open_marks or open_marks[-1][0] != CLOSERS[sign]:
                return at
            open_marks.pop()
    return open_marks[0][1] if open_marks else None
