"""The score of one pair, in Python: used at intake and to explain; `bulk.sql_scoring` says the same in SQL."""

from __future__ import annotations

import math
from dataclasses import dataclass

from minkang.persons.comparing import Prepared
from minkang.persons.model import Model
from minkang.persons.profile import Band, Comparison, Level, Profile


@dataclass(frozen=True)
class Part:
    """What one comparison says: its level (None where a side has nothing to compare) and its bits."""

    comparison: Comparison
    level: Level | None
    bits: float


@dataclass(frozen=True)
class Decision:
    """What is made of a pair.

    Attributes:
        band: link, review or separate.
        score: bits, log2 of the odds that both are one person: the prior and every part added up.
        method: "score", or the name of the rule that decided.
        prior, parts: what the score is made of, in the order of the profile.
    """

    band: Band
    score: float
    method: str
    prior: float
    parts: tuple[Part, ...]

    @property
    def probability(self) -> float:
        """The score as a probability between 0 and 1."""
        return 1.0 / (1.0 + math.exp2(-max(-60.0, min(60.0, self.score))))


class Scorer:
    """Scores and decides pairs of prepared records with one profile and one model."""

    def __init__(self, profile: Profile, model: Model) -> None:
        self.profile = profile
        self.model = model
        self._bits = {
            (one.name, level.name): math.log2(model.weights[one.name][level.name].m)
            - math.log2(model.weights[one.name][level.name].u)
            for one in profile.comparisons
            for level in one.levels
        }

    def decide(self, left: Prepared, right: Prepared) -> Decision:
        """Score a pair, ask the rules in their order, then the thresholds."""
        parts = tuple(self._part(one, left, right) for one in self.profile.comparisons)
        score = self.model.prior
        for part in parts:
            score += part.bits
        for rule in self.profile.rules:
            if rule.test.holds(left, right):
                return Decision(rule.band, score, rule.name, self.model.prior, parts)
        band: Band = "link" if score >= self.profile.link else "review" if score >= self.profile.review else "separate"
        return Decision(band, score, "score", self.model.prior, parts)

    def forbids(self, left: Prepared, right: Prepared) -> str:
        """The name of the rule that keeps the two apart for good, "" where none does."""
        for rule in self.profile.rules:
            if rule.test.holds(left, right):
                return rule.name if rule.band == "separate" else ""
        return ""

    def _part(self, one: Comparison, left: Prepared, right: Prepared) -> Part:
        if any(left.get(column) is None or right.get(column) is None for column in one.needs):
            return Part(one, None, 0.0)
        level = next(level for level in one.levels if level.test is None or level.test.holds(left, right))
        bits = self._bits[one.name, level.name]
        if level.frequency:
            bits += self._rarity(one, level, left, right)
        return Part(one, level, bits)

    def _rarity(self, one: Comparison, level: Level, left: Prepared, right: Prepared) -> float:
        """Bits a rare value adds and a common one takes away: log2(u / share of the commoner of the two values)."""
        known = self.model.frequencies.get(level.frequency)
        if known is None:
            return 0.0
        a, b = left.get(level.frequency), right.get(level.frequency)
        if a is None or b is None:
            return 0.0
        share = max(known.of(a), known.of(b))
        return math.log2(self.model.weights[one.name][level.name].u) - math.log2(share)
