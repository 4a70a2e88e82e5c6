"""`minkang exchange compare`: what the feeds of a synthetic county told, and what the store holds of it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from minkang.access import program_access
from minkang.cli.output import output
from minkang.settings import read_settings
from minkang.wiring import intake_of, open_platform

DISAGREES = 3


def register(exchange: typer.Typer) -> None:
    """Put `compare` under `minkang exchange`."""
    exchange.command()(compare)


def compare(
    folder: Annotated[Path, typer.Argument(help="minkang synth 的输出文件夹。 A folder made by minkang synth.")],
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Compare the truth of a synthetic county with the store that took it in. 核对模拟县域真值与库中记录。"""
    # Arrow takes a second to load; other commands do not wait for it.
    from minkang.exchange.ledger.looking import Ledger  # noqa: PLC0415
    from minkang.lake.source import StoreSource  # noqa: PLC0415
    from minkang.synth.comparing import compare_store  # noqa: PLC0415

    out = output(as_json=as_json)
    access = program_access("compare")
    with closing(open_platform(read_settings(), notice=out.notice)) as platform:
        source = StoreSource(platform.repository, platform.database, access)
        ledger = Ledger(platform.database, intake_of(platform).blobs)
        found = compare_store(folder, source, ledger, access)
    out.result({**msgspec.to_builtins(found), "agrees": found.agrees})
    columns = ("told", "stored", "differs", "refused", "wrong", "missing", "more")
    heads = ["compare.table", "compare.feed", *(f"compare.{name}" for name in columns)]
    out.table(heads, [(one.table, one.feed, *(f"{getattr(one, name):,}" for name in columns)) for one in found.tables])
    for one in found.tables:
        for example in one.examples:
            out.say("compare.example", table=one.table, feed=one.feed, example=example)
    counts = {name: f"{found.arrived.get(name, 0):,}" for name in ("accepted", "superseded", "duplicate", "rejected")}
    out.say("compare.messages", messages=f"{found.messages:,}", arrived=f"{sum(found.arrived.values()):,}", **counts)
    out.say("compare.agrees" if found.agrees else "compare.disagrees")
    if not found.agrees:
        raise typer.Exit(DISAGREES)
