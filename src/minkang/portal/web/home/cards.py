"""What stands on the front page: cards of providers, in three parts.

A provider is a function from the request to a card, or None where it has nothing for this reader. It is named in
`PROVIDERS` of `home/view.py`; it must answer in a few milliseconds and computes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest

Part = Literal["needs", "changed", "stand"]


@dataclass(frozen=True)
class Line:
    """One line of a card: words, where they lead, and something small at the end (a time, a number)."""

    text: str
    address: str = ""
    second: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Card:
    """A card of the front page.

    Attributes:
        part: what needs me, what changed, or how we stand.
        title: its heading, and `address` where that leads.
        lines: what stands in it.
        figures: components above the lines (`FigureCard`, `StateChip`).
        empty: said where there are no lines.
        synthetic: whether it shows synthetic data.
    """

    part: Part
    key: str
    title: str
    lines: Sequence[Line] = ()
    figures: Sequence[Any] = field(default_factory=tuple)
    address: str = ""
    empty: str = ""
    synthetic: bool = False


Provider = Callable[[HttpRequest], Card | None]
