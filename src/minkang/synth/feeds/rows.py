"""What the tables of several feeds share: rows of the truth by column, and the texts that stand in their cells."""

from __future__ import annotations

from typing import Any

import numpy as np

from minkang.synth.arrays import Bools, Columns, Ints
from minkang.synth.county import County
from minkang.synth.feeds.sendings import Sending
from minkang.synth.truth import Truth

STATES = {"new": "0", "corrected": "1", "withdrawn": "9"}


def some(part: Truth, table: str, keep: Bools | Ints | None = None) -> Columns:
    """The rows of a table that are kept, all without `keep`."""
    columns = part.tables[table]
    return dict(columns) if keep is None else {name: column[keep] for name, column in columns.items()}


def lists(columns: Columns, *names: str) -> list[tuple[Any, ...]]:
    """Columns as tuples of plain values, row by row."""
    return list(zip(*(columns[name].tolist() for name in names), strict=True))


def sex(male: bool) -> str:
    """GB/T 2261.1."""
    return "1" if male else "2"


def institutions(county: County) -> tuple[list[str], list[str]]:
    """Codes and names by position."""
    return [one.code for one in county.institutions], [one.name for one in county.institutions]


def staff_names(county: County) -> list[str]:
    """Names by number; the last one, reached by -1, is empty."""
    return [*county.staff["name"].tolist(), ""]


def state(send: Sending) -> str:
    """The column 数据状态."""
    return STATES[send.state]


def measured(part: Truth, kind: int) -> dict[int, tuple[float, float, int]]:
    """Encounter to (value, second value, id) of one kind of observation."""
    observations = part.tables["observations"]
    rows = np.flatnonzero((observations["kind"] == kind) & (observations["encounter"] >= 0))
    ids = observations["encounter"][rows].tolist()
    values = lists({name: column[rows] for name, column in observations.items()}, "value", "value2", "id")
    return dict(zip(ids, values, strict=True))


def number(value: float, digits: int = 0) -> str:
    """A measured number with its digits."""
    return f"{value:.{digits}f}"
