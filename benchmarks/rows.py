"""What a measurement says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the performance table.

    Attributes:
        work: what was done, with sizes.
        ours: what was measured, with its unit.
        beside: the peer or limit measured in the same run, or the published figure, said to be so.
        aim: what was aimed at; empty where nothing was.
        note: what a reader must know to believe it.
    """

    work: str
    ours: str
    beside: str = ""
    aim: str = ""
    note: str = ""
