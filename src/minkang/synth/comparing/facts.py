"""The common form of an event, as the truth has it and as the store has it."""

from __future__ import annotations

from typing import NamedTuple


class Fact(NamedTuple):
    """One event of one person at one sender.

    Attributes:
        table: of the truth (`encounters`).
        sender: slug.
        who: the sender's own number of the person, or, once known, the person of the truth.
        day: ISO date, local.
        what: what tells events of a day apart: kind of measurement, medicine, vaccine, disease, programme.
        detail: the value, as text; empty where the event has none that is compared.
        feed: that told it.
    """

    table: str
    sender: str
    who: str
    day: str
    what: str
    detail: str = ""
    feed: str = ""


def figure(*values: float | None) -> str:
    """Numbers as compared: three decimals, without those that are missing."""
    return "/".join(f"{round(value, 3):g}" for value in values if value is not None)
