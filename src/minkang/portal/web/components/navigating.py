"""Tabs: several views of one thing, each with its address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Tab:
    """One view, with how many things are in it where that helps."""

    title: str
    address: str
    chosen: bool = False
    count: int | None = None


@dataclass(frozen=True)
class Tabs:
    """The views, and what they are views of (for those who do not see the line)."""

    template: ClassVar[str] = "components/tabs.html"
    label: str
    tabs: Sequence[Tab]
