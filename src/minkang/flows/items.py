"""What moves through a flow, and the steps it took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Item:
    """One thing on its way.

    Attributes:
        id: its number; `flow`: what it moves through.
        subject: what it is about, as its owner names it (`Patient/1`, `reject/77`); one item a flow and subject.
        state: where it is, `since` when; `due`: when the time limit passes, None for none.
        version: raised by one with each step; a step names the version its author saw.
        organisation: whose it is; empty for nobody's in particular.
        about: what lists show of it, as its owner gave it; no more than lists need.
    """

    id: int
    flow: str
    subject: str
    state: str
    since: datetime
    due: datetime | None
    version: int
    organisation: str
    about: Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """One step an item took.

    Attributes:
        event: what was done; `start` for the first.
        source: the state before; empty for the first.
        caller: who; `reason`: why, as given; `data`: what the step carried along.
    """

    item: int
    version: int
    at: datetime
    caller: str
    event: str
    source: str
    target: str
    reason: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Act:
    """A step somebody asks for.

    Attributes:
        event: its name.
        reason: why; may be empty where the flow does not ask.
        version: the version of the item its author saw; None to take it as it stands.
        data: kept with the step.
    """

    event: str
    reason: str = ""
    version: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
