"""Which messages there are about each event: usually one; with a slip, a correction, or a withdrawal also more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from minkang.synth.arrays import Bools, Ints
from minkang.synth.feeds.faults import Dice, Faults

SLIPS = ("wrong_code", "obsolete_code", "wrong_unit")
HOUR = 60


class Sending(NamedTuple):
    """One message about one event.

    Attributes:
        row: position in the arrays that `sendings` was given.
        at: minutes since 1970-01-01 at which the sender makes the statement.
        state: "new", "corrected" (whole and right, replaces the one before) or "withdrawn".
        slip: what must be wrong in this message: "" nothing; "mistake": some value or code other than the truth's (the
            correction follows); "wrong_code", "obsolete_code" or "wrong_unit", only those the feed said it can make.
        mark: to be put behind the event's own number (order number, visit number, row key): "" or "X", the number under
            which it was entered a second time by mistake; a withdrawal withdraws the event with the mark.
        turn: 0, 1, 2: the how-manieth message about the row; makes message numbers differ.
        encoding: "utf-8" or "gb18030" for feeds whose messages say their encoding, else "".
        faults: for `Telling.faults`, to which the identity's are to be added.
    """

    row: int
    at: int
    state: str
    slip: str
    mark: str
    turn: int
    encoding: str
    faults: tuple[str, ...]


class Events(NamedTuple):
    """Some events: the table of the truth they are rows of (or a name of the feed's own), their ids, and when (minutes
    since 1970-01-01) the sender first speaks of each."""

    table: str
    ids: Ints
    at: Ints


def sendings(
    dice: Dice, faults: Faults, events: Events, slips: tuple[str, ...] = (), encoding: str = ""
) -> Iterator[Sending]:
    """The messages about each of some events, in the order of the rows.

    Args:
        events: what there is to say; table and ids key the dice.
        slips: the faults of content that the feed can make, of `SLIPS`.
        encoding: what the sender usually writes, "utf-8" or "gb18030", where messages say their encoding.
    """
    table, ids, at = events
    corrected = dice.draw(f"{table} corrected", ids) < faults.corrected
    withdrawn = ~corrected & (dice.draw(f"{table} withdrawn", ids) < faults.withdrawn)
    pause = (HOUR + dice.draw(f"{table} pause", ids) * 71 * HOUR).astype(np.int64)
    slip = _slips(dice, faults, (table, ids), slips, ~corrected)
    other = (dice.draw(f"{table} encoding", ids) < faults.encoding) & (encoding != "")
    codes = np.where(other, "gb18030" if encoding == "utf-8" else "utf-8", encoding)
    columns = (
        at.tolist(),
        corrected.tolist(),
        withdrawn.tolist(),
        pause.tolist(),
        slip,
        codes.tolist(),
        other.tolist(),
    )
    for row, (when, corrects, withdraws, wait, wrong, code, odd) in enumerate(zip(*columns, strict=True)):
        notes = ("encoding",) if odd else ()
        if corrects:
            yield Sending(row, when, "new", "mistake", "", 0, code, (*notes, "mistake"))
            yield Sending(row, when + wait, "corrected", "", "", 1, code, (*notes, "corrected"))
            continue
        yield Sending(row, when, "new", wrong, "", 0, code, (*notes, wrong) if wrong else notes)
        if withdraws:
            yield Sending(row, when + 5, "new", wrong, "X", 1, code, (*notes, "entered_twice"))
            yield Sending(row, when + wait, "withdrawn", wrong, "X", 2, code, (*notes, "withdrawn"))


def _slips(dice: Dice, faults: Faults, who: tuple[str, Ints], slips: tuple[str, ...], free: Bools) -> list[str]:
    table, ids = who
    out = np.full(len(ids), "", dtype=object)
    for name in slips:
        hit = free & (dice.draw(f"{table} {name}", ids) < getattr(faults, name)) & (out == "")
        out[hit] = name
    return list(out)
