"""How a sum comes about: each step as a bar from where the one before ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Step:
    """One contribution: why, and how much, with the way to its evidence."""

    name: str
    value: float
    address: str = ""


@dataclass(frozen=True)
class Bar:
    """A step with where its bar stands, in percent of the width."""

    step: Step
    left: float
    width: float
    kind: str


@dataclass(frozen=True)
class Waterfall:
    """Steps and their sum.

    Attributes:
        steps: in the order they are to be read.
        total: words for the sum.
        unit: of all values.
        digits: after the point.
        start: where the first step begins, with `start_name`.
    """

    template: ClassVar[str] = "components/waterfall.html"
    steps: Sequence[Step]
    total: str
    unit: str = ""
    digits: int = 1
    start: float = 0.0
    start_name: str = ""

    @property
    def sum(self) -> float:
        """Start and all steps."""
        return self.start + sum(step.value for step in self.steps)

    @property
    def sum_text(self) -> str:
        """The sum as it is read."""
        return f"{self.sum:.{self.digits}f}"

    @property
    def bars(self) -> list[Bar]:
        """The steps, and at the end the sum."""
        bars, at = [], self.start
        for step in self.steps:
            bars.append(self._bar(step, at, at + step.value, "up" if step.value >= 0 else "down"))
            at += step.value
        return [*bars, self._bar(Step(self.total, self.sum), 0.0, self.sum, "whole")]

    @property
    def zero(self) -> float:
        """Where zero stands, in percent of the width."""
        low, high = self._reach()
        return round(-low / (high - low) * 100, 2)

    def text(self, value: float) -> str:
        """A step's value with its sign."""
        return f"{value:+.{self.digits}f}".replace("-", "−")

    @property
    def rows(self) -> list[tuple[Bar, str]]:
        """Bars with their values as text."""
        return [
            (bar, self.text(bar.step.value) if bar.kind != "whole" else self.sum_text.replace("-", "−"))
            for bar in self.bars
        ]

    def _bar(self, step: Step, start: float, end: float, kind: str) -> Bar:
        low, high = self._reach()
        left, width = (min(start, end) - low) / (high - low) * 100, abs(end - start) / (high - low) * 100
        return Bar(step, round(left, 2), round(max(width, 0.4), 2), kind)

    def _reach(self) -> tuple[float, float]:
        at, seen = self.start, [0.0, self.start]
        for step in self.steps:
            at += step.value
            seen.append(at)
        low, high = min(seen), max(seen)
        return (low, high) if high > low else (low, low + 1)
