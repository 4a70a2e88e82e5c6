"""`minkang exchange quality`: how good the data of each sender are, down to the records."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import msgspec
import typer

from minkang.access import program_access
from minkang.cli.output import output
from minkang.errors import Fault
from minkang.exchange.quality import DIMENSIONS, Quality, refresh, rules
from minkang.settings import read_settings
from minkang.wiring import open_platform

ACCESS = program_access("quality")


def register(exchange: typer.Typer) -> None:
    """Put `quality` under `minkang exchange`."""
    exchange.command()(quality)


def quality(
    sender: Annotated[str | None, typer.Option(help="只看此发送方。 Only this sender.")] = None,
    dataset: Annotated[str | None, typer.Option(help="只看此数据集。 Only this data set.")] = None,
    rule: Annotated[str | None, typer.Option(help="只看此规则;给出发送方和数据集时列出记录。 Only this rule.")] = None,
    update: Annotated[bool, typer.Option("--update/--as-is", help="先更新再查看。 Bring up to date first.")] = True,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Show data quality by sender, data set and rule. 查看各发送方的数据质量。"""
    out = output(as_json=as_json)
    chinese = out.language == "zh"
    known = {one.id: one.zh if chinese else one.en for one in rules().rule}
    known |= {one.id: one.zh if chinese else one.en for one in rules().message}
    if rule is not None and rule not in known:
        raise Fault("EXCHANGE-100", rule=rule, known="、".join(sorted(known)))
    with closing(open_platform(read_settings(), notice=out.notice)) as platform:
        if update:
            refresh(platform.database, platform.repository, ACCESS)
        view = Quality(platform.database)
        found = view.figures(ACCESS, ("sender", "dataset", "rule"), sender=sender, dataset=dataset, rule=rule)
        records = (
            view.findings(ACCESS, rule, sender=sender, dataset=dataset)
            if sender and dataset and rule in {one.id for one in rules().rule}
            else []
        )
    shares = {name: [(one.checked, one.failed) for one in found if one.dimension == name] for name in DIMENSIONS}
    totals = {name: (sum(a for a, _ in each), sum(b for _, b in each)) for name, each in shares.items()}
    out.result(
        {
            "figures": [{**msgspec.to_builtins(one), "share": one.share} for one in found],
            "dimensions": {name: {"checked": a, "failed": b} for name, (a, b) in totals.items()},
            "findings": msgspec.to_builtins(records),
        }
    )
    out.table(
        ["quality.dimension", "quality.checked", "quality.failed", "quality.share"],
        [(out.word(f"quality.{name}"), f"{a:,}", f"{b:,}", f"{1 - b / a:.2%}") for name, (a, b) in totals.items() if a],
    )
    heads = [f"quality.{name}" for name in ("sender", "dataset", "rule", "checked", "failed", "share")]
    worst = sorted((one for one in found if one.failed), key=lambda one: one.share)
    out.table(
        heads,
        [(one.sender, one.dataset, known[one.rule], f"{one.checked:,}", f"{one.failed:,}", f"{one.share:.2%}")
         for one in worst],
    )  # fmt: skip
    for one in records:
        out.say("quality.record", record=f"{one.type}/{one.id}", month=f"{one.month:%Y-%m}")
