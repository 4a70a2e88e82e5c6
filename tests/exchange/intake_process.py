"""A process that takes one file in, to be killed by tests: `python -m … URL BLOBS FILE BATCH`."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.exchange.conftest import FEED, SENDER, make_intake

from minkang.db import Database
from minkang.exchange.intake.engine import Limits
from minkang.exchange.intake.runs import Report, Run
from minkang.exchange.intake.sources import find_sources


def main() -> None:
    """Take the file, telling of each batch."""
    url, blobs, file, batch = sys.argv[1:]
    with Database(url, size=4) as database:
        intake = make_intake(database, Path(blobs), Limits(messages=int(batch), patience=20))
        report = Report()
        sender = intake.senders.sender(SENDER)

        def tell(_done: int, told: Report) -> None:
            print(told.arrived, flush=True)

        for source in find_sources([Path(file)]):
            Run(intake, sender, FEED, source, report, tell).take()
        assert report.balanced


main()
