"""Work on the exchange that somebody asks for on a page and a worker does: take a file in, replay rejects."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from minkang.access import Access
from minkang.exchange.intake.engine import Intake
from minkang.exchange.intake.runs import Report
from minkang.exchange.intake.taking import deliveries, take
from minkang.exchange.rejects.desk import Rejects
from minkang.jobs import Work

TAKE = "take-in"
REPLAY = "replay-rejects"
UPLOADS = "uploads"
"""The folder, below the platform's, where files lie until they are taken in; each in a folder of its own."""

Task = Callable[..., Mapping[str, Any]]


def take_task(intake: Intake, home: Path) -> Task:
    """What a worker does for `TAKE`; values: sender, feed, path. Done twice it goes on where it was.

    The file is removed once it is taken in: its messages are kept as originals.
    """

    def run(work: Work, *, sender: str, feed: str, path: str) -> Mapping[str, Any]:
        file, report = Path(path), Report()
        size = file.stat().st_size if file.exists() else None
        found = deliveries(sender, feed, [file], home / "fetched")
        for _ in take(intake, found, report, lambda done, _: work.progress(min(done, size or done), size)):
            pass
        if file.is_relative_to(home / UPLOADS):
            shutil.rmtree(file.parent, ignore_errors=True)
        names = ("arrived", "resumed", "accepted", "duplicate", "superseded", "rejected", "written", "notes")
        return {name: getattr(report, name) for name in names}

    return run


def replay_task(intake: Intake) -> Task:
    """What a worker does for `REPLAY`; values: caller, sender, feed, code (each of the last three may be empty)."""

    def run(work: Work, *, caller: str, sender: str = "", feed: str = "", code: str = "") -> Mapping[str, Any]:
        desk, access, outcomes = Rejects(intake), Access(caller, ()), Counter[str]()
        total = sum(
            one.count
            for one in desk.counts(access)
            if one.state in ("open", "corrected") and _fits(one.sender, sender) and _fits(one.feed, feed)
            and _fits(one.code, code)
        )  # fmt: skip
        replayed = desk.replay_all(access, sender=sender or None, feed=feed or None, code=code or None)
        for number, (_, settled) in enumerate(replayed, 1):
            outcomes[settled.outcome] += 1
            work.progress(min(number, total), total)
        return dict(outcomes)

    return run


def _fits(value: str, wanted: str) -> bool:
    return not wanted or value == wanted
