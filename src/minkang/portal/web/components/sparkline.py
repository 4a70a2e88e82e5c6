"""A line the size of a word, drawn by the server: what was, what is expected, and the target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

WIDTH, HEIGHT, MARGIN = 200.0, 32.0, 3.0


@dataclass(frozen=True)
class Sparkline:
    """Equidistant values.

    Attributes:
        points: measured values, oldest first; None leaves a gap.
        label: what it shows, for those who do not see it (`2020 到 2025: 91.0 升至 92.4`).
        target: drawn as a dashed line.
        ahead: forecast values after the last measured one.
        band: low and high of each forecast value.
    """

    template: ClassVar[str] = "components/sparkline.html"
    points: Sequence[float | None]
    label: str
    target: float | None = None
    ahead: Sequence[float] = ()
    band: Sequence[tuple[float, float]] = ()

    @property
    def measured(self) -> str:
        """Path of the measured line; a gap lifts the pen. A lone value between gaps becomes a short dash."""
        text, pen = "", False
        for place, value in enumerate(self.points):
            if value is None:
                pen = False
                continue
            text += f"{'L' if pen else 'M'}{self._x(place):.1f} {self._y(value):.1f}"
            alone = not pen and (place + 1 >= len(self.points) or self.points[place + 1] is None)
            text += "h0.1" if alone else ""
            pen = True
        return text

    @property
    def forecast(self) -> str:
        """Path from the last measured value on."""
        return "L".join(f"{x:.1f} {y:.1f}" for x, y in self._future()) if self.ahead and self.last else ""

    @property
    def outline(self) -> str:
        """Path around the forecast's band."""
        if not self.band:
            return ""
        first = len(self.points)
        high = [(self._x(first + i), self._y(pair[1])) for i, pair in enumerate(self.band)]
        low = [(self._x(first + i), self._y(pair[0])) for i, pair in enumerate(self.band)]
        return "L".join(f"{x:.1f} {y:.1f}" for x, y in [*self._future()[:1], *high, *reversed(low)])

    @property
    def aim(self) -> float | None:
        """Height of the target's line."""
        return None if self.target is None else round(self._y(self.target), 1)

    @property
    def last(self) -> tuple[float, float] | None:
        """Where the last measured value stands."""
        found = [(place, value) for place, value in enumerate(self.points) if value is not None]
        return (round(self._x(found[-1][0]), 1), round(self._y(found[-1][1]), 1)) if found else None

    def _future(self) -> list[tuple[float, float]]:
        first = len(self.points)
        start = [self.last] if self.last else []
        return [*start, *((self._x(first + place), self._y(value)) for place, value in enumerate(self.ahead))]

    def _x(self, place: int) -> float:
        steps = max(len(self.points) + len(self.ahead) - 1, 1)
        return MARGIN + place / steps * (WIDTH - 2 * MARGIN)

    def _y(self, value: float) -> float:
        low, high = self._reach()
        return HEIGHT - MARGIN - (value - low) / (high - low) * (HEIGHT - 2 * MARGIN)

    def _reach(self) -> tuple[float, float]:
        held = [value for value in self.points if value is not None] + list(self.ahead)
        held += [edge for pair in self.band for edge in pair] + ([] if self.target is None else [self.target])
        low, high = (min(held), max(held)) if held else (0.0, 1.0)
        return (low, high) if high > low else (low - 1, high + 1)
