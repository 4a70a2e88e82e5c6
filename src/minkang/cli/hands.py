"""Files taken in by several processes at once: reading and checking keep a processor busy each, and the exchange lets
any number of processes work side by side, whoever takes which file."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import fields

from minkang.exchange.intake.engine import Intake
from minkang.exchange.intake.runs import Report
from minkang.exchange.intake.taking import Delivery, take
from minkang.settings import read_settings
from minkang.wiring import intake_of, open_platform

WORTH_BYTES = 4 << 20
"""A process takes a second to start; below this, one does it all sooner."""
_intake: Intake | None = None
"""Of a process of the pool: made when it starts, used for every file it is given."""


def hands_for(found: Sequence[Delivery]) -> int:
    """How many processes a delivery is worth: one a processor, no more than files."""
    if sum(one.source.size for one in found) < WORTH_BYTES:
        return 1
    return min(os.cpu_count() or 1, len(found))


def take_by_hands(found: Sequence[Delivery], report: Report, hands: int) -> Iterator[Delivery]:
    """Take files in by so many processes; gives each when it is taken.

    Args:
        report: counted up over all files.

    Raises:
        Fault: as `taking.take`; files under way are finished first, the others are left for the next call.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(hands, mp_context=context, initializer=_open) as pool:
        # A few ahead of the hands, so that a refusal leaves no long queue behind it.
        rest = iter(found)
        waiting: dict[Future[Report], Delivery] = {}
        for one in rest:
            waiting[pool.submit(_take, one)] = one
            if len(waiting) >= 3 * hands:
                yield from _finished(waiting, report)
        while waiting:
            yield from _finished(waiting, report)


def _finished(waiting: dict[Future[Report], Delivery], report: Report) -> Iterator[Delivery]:
    done, _ = wait(waiting, return_when=FIRST_COMPLETED)
    for one in done:
        delivery = waiting.pop(one)
        try:
            add(report, one.result())
        except BaseException:
            for other in waiting:
                other.cancel()
            raise
        yield delivery


def add(report: Report, more: Report) -> None:
    """Count one report into another."""
    for part in fields(Report):
        if part.name == "codes":
            report.codes.update(more.codes)
        else:
            setattr(report, part.name, getattr(report, part.name) + getattr(more, part.name))


def _open() -> None:
    """What a process of the pool begins with. Ctrl-C is for the command, which lets files under way come to an end."""
    global _intake  # noqa: PLW0603 - the pool has no other way to keep something between files
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _intake = intake_of(open_platform(read_settings()))


def _take(one: Delivery) -> Report:
    assert _intake is not None
    report = Report()
    for _ in take(_intake, [one], report):
        pass
    return report
