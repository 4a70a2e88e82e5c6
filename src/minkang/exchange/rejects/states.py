"""The life of a reject, as a table: state, event, next state. What is not in it is refused."""

from __future__ import annotations

from typing import Literal

from minkang.errors import Fault

State = Literal["open", "corrected", "replayed", "discarded"]
Event = Literal["correct", "replay", "fail", "resend", "discard", "reopen"]

STATES: tuple[State, ...] = ("open", "corrected", "replayed", "discarded")
WAITING: tuple[State, ...] = ("open", "corrected")
"""States in which somebody has to do something."""

STEPS: dict[tuple[State, Event], State] = {
    ("open", "correct"): "corrected",
    ("open", "replay"): "replayed",
    ("open", "fail"): "open",
    ("open", "resend"): "replayed",
    ("open", "discard"): "discarded",
    ("corrected", "correct"): "corrected",
    ("corrected", "replay"): "replayed",
    ("corrected", "fail"): "open",
    ("corrected", "resend"): "replayed",
    ("corrected", "discard"): "discarded",
    ("discarded", "reopen"): "open",
}


def after(state: State, event: Event) -> State:
    """The state that an event leads to.

    Raises:
        Fault: `EXCHANGE-040` where the event has no place in this state.
    """
    found = STEPS.get((state, event))
    if found is None:
        raise Fault("EXCHANGE-040", state=state, event=event)
    return found
