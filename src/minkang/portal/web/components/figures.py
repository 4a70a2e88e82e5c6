"""A figure is never alone: its card carries unit, date, target, trend, interval, evidence, warnings and a way in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from minkang.errors import Language
from minkang.portal.web.components.sparkline import Sparkline
from minkang.wording import say


class State(Enum):
    """How something stands; the value is its class in the style sheets and its key in the words (`state.met`)."""

    MET = "met"
    ON_TRACK = "on-track"
    AT_RISK = "at-risk"
    OFF_TRACK = "off-track"
    UNMEASURED = "unmeasured"

    @property
    def mark(self) -> str:
        """Its shape, which carries the state where colour does not reach."""
        return _MARKS[self]

    def word(self, language: Language) -> str:
        """Its word."""
        return say(f"state.{self.value}", language)


_MARKS = {State.MET: "●", State.ON_TRACK: "▲", State.AT_RISK: "◆", State.OFF_TRACK: "■", State.UNMEASURED: "○"}


@dataclass(frozen=True)
class StateChip:
    """A state with its shape and a word; `text` in place of the usual word (`运行中` for a server on track)."""

    template: ClassVar[str] = "components/chip.html"
    state: State
    text: str = ""

    def __str__(self) -> str:
        return f"{self.state.mark} {self.text or self.state.value}"


@dataclass(frozen=True)
class FigureCard:
    """One figure.

    Attributes:
        name: what is counted.
        value: as it is read (`92.4`); None where it cannot be measured, and then `warnings` says why.
        unit: `%`, `/10万`, `人`.
        as_of: the date or time it holds for, as text.
        state, state_text: how it stands, where there is a target.
        target: the target with its year, as text (`2025 ≥ 95`).
        interval: `91.2–93.5`, with its level.
        change: against what and how much (`较上年 +1.3`).
        evidence: level of evidence, as text.
        warnings: what a reader must know before using it.
        why: the address of what it is made of.
        trend: the line until now.
    """

    template: ClassVar[str] = "components/figure.html"
    name: str
    value: str | None
    unit: str = ""
    as_of: str = ""
    state: State | None = None
    state_text: str = ""
    target: str = ""
    interval: str = ""
    change: str = ""
    evidence: str = ""
    warnings: tuple[str, ...] = ()
    why: str = ""
    trend: Sparkline | None = None

    @property
    def chip(self) -> StateChip | None:
        """The state as a chip."""
        return StateChip(self.state, self.state_text) if self.state else None
