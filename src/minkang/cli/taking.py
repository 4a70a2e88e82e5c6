"""Files taken in by a command: with a bar, the counts, and the exit code that says whether something was refused."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from minkang.cli.hands import hands_for, take_by_hands
from minkang.cli.output import Output
from minkang.exchange.intake.engine import Intake
from minkang.exchange.intake.runs import Report
from minkang.exchange.intake.taking import Delivery, feed_deliveries, is_synthetic, register_all, take
from minkang.settings import read_settings
from minkang.wiring import intake_of, open_platform

Json = Annotated[bool, typer.Option("--json")]
SenderOption = Annotated[str | None, typer.Option("--sender", help="只看此发送方。 Only this sender.")]
FeedOption = Annotated[str | None, typer.Option("--feed", help="只看此类型。 Only this feed.")]
Count = Annotated[int, typer.Option("--count", min=1, help="最多几条。 The most to show.")]
REJECTED = 3
"""The exit code of an intake that refused something."""


@contextmanager
def opened(out: Output) -> Iterator[Intake]:
    """The exchange of this installation."""
    with closing(open_platform(read_settings(), notice=out.notice)) as platform:
        yield intake_of(platform)


def take_folder(out: Output, folder: Path) -> None:
    """Take in `DIR/feeds/<sender>/<feed>/…`, registering the senders found there."""
    with opened(out) as intake:
        found = feed_deliveries(folder)
        register_all(intake, found, synthetic=is_synthetic(folder))
        run(out, intake, found)


def run(out: Output, intake: Intake, found: list[Delivery]) -> None:
    """Take files in with a bar, and say what became of them.

    Raises:
        typer.Exit: with code 3 where something was refused.
    """
    report, start = Report(), time.monotonic()
    finished: list[int] = []
    with out.progress("exchange.progress", sum(one.source.size for one in found), as_bytes=True) as advance:

        def tell(done: int, told: Report) -> None:
            advance.to(sum(finished) + done, f"{told.arrived:,}")

        hands = hands_for(found)
        taken = take_by_hands(found, report, hands) if hands > 1 else take(intake, found, report, tell)
        for one in taken:
            finished.append(one.source.size)
            tell(0, report)
    seconds = time.monotonic() - start
    _say(out, report, len(found), seconds)
    if report.rejected:
        raise typer.Exit(REJECTED)


def _say(out: Output, report: Report, files: int, seconds: float) -> None:
    counts = {name: getattr(report, name) for name in ("arrived", "accepted", "duplicate", "superseded", "rejected")}
    more = {"files": files, "resumed": report.resumed, "records": report.written, "notes": report.notes}
    out.result({**counts, **more, "reasons": report.codes, "seconds": round(seconds, 2)})
    shown = {name: f"{count:,}" for name, count in {**counts, **more}.items()}
    rate = f"{report.arrived / seconds if seconds else 0:,.0f}"
    out.say("exchange.taken" if report.arrived or report.resumed else "exchange.empty", **shown, rate=rate)
    if report.resumed:
        out.say("exchange.resumed", **shown)
    if report.rejected:
        out.table(["load.code", "load.count"], report.codes.most_common())
        out.say("exchange.see_rejects")
