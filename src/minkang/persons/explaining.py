"""A score as a waterfall in words: what was compared, what was found, and the bits each finding added or took."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from minkang.errors import Language
from minkang.persons.comparing import Prepared
from minkang.persons.profile import Profile
from minkang.persons.scoring import Decision
from minkang.wording import say

BLOCK = 2.0  # bits a character of the bar stands for


@dataclass(frozen=True)
class Step:
    """One step of the waterfall.

    Attributes:
        what: the thing compared; `finding`: how it compares, with both values.
        bits: added; `total`: the score after it. A bit doubles the odds.
    """

    what: str
    finding: str
    bits: float
    total: float

    @property
    def bar(self) -> str:
        """The bits as a bar, to the right for, to the left against."""
        size = min(12, round(abs(self.bits) / BLOCK))
        return ("+" if self.bits > 0 else "−") * size

    def told(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def steps(decision: Decision, left: Prepared, right: Prepared, language: Language) -> list[Step]:
    """The waterfall from the odds before anything was compared to the score.

    Values of the records are shown: whoever asks must be allowed to see both.
    """
    total = decision.prior
    out = [Step(say("persons.prior", language), say("persons.prior_words", language), total, total)]
    for part in decision.parts:
        total += part.bits
        what = part.comparison.zh if language == "zh" else part.comparison.en
        if part.level is None:
            finding = say("persons.missing", language)
        else:
            finding = part.level.zh if language == "zh" else part.level.en
        out.append(Step(what, _with_values(finding, part.comparison.needs, left, right), part.bits, total))
    return out


def _with_values(finding: str, needs: tuple[str, ...], left: Prepared, right: Prepared) -> str:
    shown = [f"{left.get(one) or '—'} / {right.get(one) or '—'}" for one in needs]
    return f"{finding}({';'.join(shown)})" if shown else finding


def verdict(decision: Decision, profile: Profile, language: Language) -> str:
    """The decision in one sentence."""
    band = say(f"persons.band_{decision.band}", language)
    rule = next((one for one in profile.rules if one.name == decision.method), None)
    if rule is not None:
        why = rule.zh if language == "zh" else rule.en
        return say("persons.by_rule", language, band=band, why=why, score=f"{decision.score:.1f}")
    return say("persons.by_score", language, band=band, score=f"{decision.score:.1f}",
               chance=f"{decision.probability:.4%}", link=profile.link, review=profile.review)  # fmt: skip
