"""What one chunk gives: rows of the truth, lines of FHIR, a run of each feed; in whatever process it is made."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import NamedTuple

from minkang.synth.county import County
from minkang.synth.feeds.runs import tell_run
from minkang.synth.fhir import write_part
from minkang.synth.generate import make_chunk
from minkang.synth.making.order import Order, Workshop
from minkang.synth.parquet import write_tables
from minkang.synth.townships import Townships
from minkang.synth.truth import Truth

TRUTH, FHIR = "truth", "fhir"
FIGURES = "figures.pickle"


class Task(NamedTuple):
    """Tell one chunk by some tellers: `truth`, `fhir`, or names of feed modules."""

    order: Order
    shop: Workshop
    chunk: int
    tellers: tuple[str, ...]


_LAST: dict[tuple[Order, int], Truth] = {}
_COUNTY: dict[Order, County] = {}


def do(task: Task) -> dict[str, dict[str, int]]:
    """Do a task; counts by teller. A process that gets two tasks of one chunk in turn makes the chunk once."""
    part = _part(task.order, task.chunk)
    out: dict[str, dict[str, int]] = {}
    for teller in task.tellers:
        folder = task.shop.part(task.chunk)
        if teller == TRUTH:
            out[teller] = _truth(part, folder / TRUTH)
        elif teller == FHIR:
            out[teller] = write_part(part, folder / FHIR, places=task.chunk == 0)
        else:
            out[teller] = {"messages": tell_run(part, task.chunk, teller, task.order.faults, task.shop.runs)}
    return out


def _part(order: Order, chunk: int) -> Truth:
    key = (order, chunk)
    if key not in _LAST:
        _LAST.clear()
        if order not in _COUNTY:
            _COUNTY[order] = order.plan()
        _LAST[key] = Truth(_COUNTY[order], make_chunk(_COUNTY[order], chunk))
    return _LAST[key]


def forget() -> None:
    """Give back the memory of the chunk that was made last."""
    _LAST.clear()
    _COUNTY.clear()


def _truth(part: Truth, folder: Path) -> dict[str, int]:
    counts = write_tables(part, folder)
    figures = Townships(part.county.years)
    figures.count(part)
    (folder / FIGURES).write_bytes(pickle.dumps(figures))
    return counts
