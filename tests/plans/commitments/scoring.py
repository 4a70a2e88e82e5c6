"""How a reading is judged by a gold file: which commitments are the same, and what recall and precision follow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from minkang.plans.reading.commitments import Commitment, plain_subject

RULE = (
    "A read item and a gold item are the same if value, value_max, op and unit (spaces and brackets left out) agree, "
    "their quotations overlap in the text, and their subjects agree: one within the other after brackets, verbs and "
    "endings such as 占比 are left out, or at least 40 % of the pairs of characters of the shorter one shared. "
    "Each item is used once."
)


@dataclass
class Score:
    """The outcome."""

    matched: list[tuple[Mapping[str, Any], Commitment]] = field(default_factory=list)
    missed: list[Mapping[str, Any]] = field(default_factory=list)
    extra: list[Commitment] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return len(self.matched) / max(1, len(self.matched) + len(self.extra))

    def recall(self, basis: str | None = None) -> float:
        """The share of gold items found; of those with that value_basis only, if one is given."""
        hit = sum(1 for gold, _ in self.matched if basis in (None, gold["value_basis"]))
        lost = sum(1 for gold in self.missed if basis in (None, gold["value_basis"]))
        return hit / max(1, hit + lost)


def score(gold: Sequence[Mapping[str, Any]], read: Sequence[Commitment]) -> Score:
    """Match by the rule above."""
    result, free = Score(), list(read)
    for item in gold:
        fitting = [one for one in free if same(item, one)]
        if not fitting:
            result.missed.append(item)
            continue
        best = max(fitting, key=lambda one: shared(str(item["subject"]), one.subject))
        free.remove(best)
        result.matched.append((item, best))
    result.extra = free
    return result


def same(gold: Mapping[str, Any], one: Commitment) -> bool:
    if (one.value, one.op) != (gold["value"], gold["op"]) or one.value_max != gold.get("value_max"):
        return False
    if plain_unit(one.unit) != plain_unit(str(gold["unit"])):
        return False
    start, end = int(gold["offset"]), int(gold["offset"]) + len(str(gold["quote"]))
    if one.offset >= end or one.offset + len(one.quote) <= start:
        return False
    return shared(str(gold["subject"]), one.subject) >= 0.4


def plain_unit(unit: str) -> str:
    return re.sub(r"[（(].*?[)）]|\s|用量", "", unit)


def shared(left: str, right: str) -> float:
    """How much two subjects share, 0 to 1."""
    left, right = plain_subject(left), plain_subject(right)
    if not left or not right:
        return 0.0
    if left in right or right in left:
        return 1.0
    pairs = [{text[at : at + 2] for at in range(len(text) - 1)} for text in (left, right)]
    return len(pairs[0] & pairs[1]) / max(1, min(map(len, pairs)))
