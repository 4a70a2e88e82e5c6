"""Events in time, by month, the newest first as the page gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import ClassVar


@dataclass(frozen=True)
class Event:
    """One event: when, what, where, in how many words it takes; `future` ones are due or planned."""

    at: date | datetime
    title: str
    place: str = ""
    detail: str = ""
    address: str = ""
    kind: str = ""
    future: bool = False

    @property
    def day(self) -> str:
        """`06-30`, with the hour where there is one."""
        return f"{self.at:%m-%d %H:%M}" if isinstance(self.at, datetime) else f"{self.at:%m-%d}"


@dataclass(frozen=True)
class Timeline:
    """Events, in the order they are to be read."""

    template: ClassVar[str] = "components/timeline.html"
    events: Sequence[Event]

    @property
    def months(self) -> list[tuple[str, list[Event]]]:
        """The events under their months (`2025-06`)."""
        return [(month, list(some)) for month, some in groupby(self.events, key=lambda one: f"{one.at:%Y-%m}")]
