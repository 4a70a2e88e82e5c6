"""Totals whose listed parts do not add up, and changes that do not follow from their ends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from minkang.plans.reading.commitments import Passage
from minkang.plans.reading.commitments.clauses import DUTIES
from minkang.plans.reading.consistency.finding import Finding, Place, finding
from minkang.plans.reading.numbers import PRINTED, printed

UNITS = "所|家|个|处|名|人|张|台|辆"
# "医疗卫生机构269所，其中县级公立医院3所，…": a total, then its parts to the end of the sentence.
TOTAL = re.compile(
    rf"(?P<total>{PRINTED})\s*(?P<unit>{UNITS})\s*[，,（(：:]\s*(?:其中|包括|分别为|含)(?P<parts>[^。；）)]*)"
)
PART = re.compile(rf"(?P<name>[^，、,\d]{{2,20}}?)\s*(?P<value>{PRINTED})\s*(?:{UNITS})")
CHANGE = re.compile(
    rf"由[^，。；]*?(?P<before>{PRINTED})\s*(?P<unit>{UNITS})[^。；]{{0,20}}?(?:到|增加到|增至|减少为|减少到|减至)[^，。；]*?(?P<after>{PRINTED})\s*(?:{UNITS})"
    rf"[，,](?:净增|净减|增加|减少)[^，。；\d]{{0,14}}(?P<change>{PRINTED})"
)
ENOUGH = 3


def sums(passages: Iterable[Passage]) -> Iterator[Finding]:
    """Check every total with its parts, and every change with its ends."""
    for passage in passages:
        text = DUTIES.sub(lambda found: "。" * len(found[0]), passage.text)
        for match in TOTAL.finditer(text):
            yield from _total(match, passage)
        for match in CHANGE.finditer(text):
            before, after, change = (printed(match[name]) for name in ("before", "after", "change"))
            if abs(abs(after - before) - change) > 0.5:
                yield finding(
                    "difference_mismatch",
                    _place(match, passage),
                    before=before,
                    after=after,
                    expected=abs(after - before),
                    printed=change,
                )


def _total(match: re.Match[str], passage: Passage) -> Iterator[Finding]:
    parts = [
        (re.sub(r"^(?:其中|以及|及|和|\s)+", "", part["name"]), printed(part["value"]))
        for part in PART.finditer(match["parts"])
    ]
    total, together = printed(match["total"]), sum(value for _, value in parts)
    if len(parts) < ENOUGH or total == together:
        return
    # Without a rest ("其他") the list may name some parts only; then only more than the whole is wrong.
    whole = any(re.match("其[他它余]", name) for name, _ in parts)
    if together > total or whole:
        yield finding(
            "sum_mismatch",
            _place(match, passage),
            total=total,
            sum=together,
            unit=match["unit"],
            count=len(parts),
            difference=abs(total - together),
            parts=dict(parts),
        )


def _place(match: re.Match[str], passage: Passage) -> Place:
    return Place(passage.start + match.start(), passage.section, passage.text[match.start() : match.end()])
