"""Long work: what runs, how far it is, and where it will be found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from minkang.portal.web.components.figures import State, StateChip

Stage = Literal["waiting", "running", "done", "failed", "stopped"]
_STATES = {
    "waiting": State.UNMEASURED,
    "running": State.ON_TRACK,
    "done": State.MET,
    "failed": State.OFF_TRACK,
    "stopped": State.UNMEASURED,
}


@dataclass(frozen=True)
class LongWork:
    """One piece of long work.

    Attributes:
        id: its own, unique with `kind`.
        kind: what sort of work, in words.
        title: what is done, in words.
        stage: where it stands.
        stage_text: the same in words.
        done: share from 0 to 1; None where nobody can say.
        detail: what it does now, or why it failed.
        started, ended: when.
        address: where its result, or it itself, is found.
        owner: who asked for it.
    """

    template: ClassVar[str] = "components/work.html"
    id: str
    kind: str
    title: str
    stage: Stage
    stage_text: str
    done: float | None = None
    detail: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    address: str = ""
    owner: str = ""

    @property
    def chip(self) -> StateChip:
        """The stage as a chip."""
        return StateChip(_STATES[self.stage], self.stage_text)

    @property
    def live(self) -> bool:
        """Whether it goes on."""
        return self.stage in ("waiting", "running")

    @property
    def percent(self) -> int | None:
        """The share in percent."""
        return None if self.done is None else round(self.done * 100)
