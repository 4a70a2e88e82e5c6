"""What is done to links, and what a link is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["link", "unlink", "relink", "split", "merge", "apart", "undo"]


@dataclass(frozen=True)
class Kept:
    """The active link of a source record.

    Attributes:
        source: logical id of the Patient; `person`: id of the person.
        method: `score`, the name of a rule, `new` (the first of its person), `sender` (the sender said so), `hand`.
        score: bits; None where none was reckoned.
        by_hand: whether somebody made it: no machine changes it.
        operation: the act that made it so, at `at`.
    """

    source: str
    person: str
    method: str
    score: float | None
    by_hand: bool
    operation: int
    at: datetime


@dataclass(frozen=True)
class Place:
    """Where a source is put: a person (None: none), and why."""

    person: str | None
    method: str
    score: float | None = None


@dataclass(frozen=True)
class Done:
    """An act that was done: its number (0 where nothing changed) and the person it ended at, None for none."""

    operation: int
    person: str | None = None


@dataclass(frozen=True)
class Past:
    """One line of the history of a source."""

    source: str
    event: str
    was: str | None
    person: str | None
    method: str | None
    score: float | None
    operation: int
    kind: str
    caller: str
    reason: str
    by_hand: bool
    at: datetime
    undone: int | None


Places = Mapping[str, Place]
Sources = Sequence[str]
