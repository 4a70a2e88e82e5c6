"""`minkang synth`: a synthetic county on disk, with its truth, as FHIR and as messy feeds."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Annotated

import typer

from minkang.cli.output import output
from minkang.errors import Fault


def register(app: typer.Typer) -> None:
    """Give the application its `synth` command."""
    app.command()(synth)


def synth(  # noqa: PLR0917 -- options of a command, each given by name
    out: Annotated[Path, typer.Option("--out", help="新建的输出文件夹。 The folder to make.")],
    region: Annotated[str, typer.Option(help="地区。 A region's name.")] = "wenshang",
    people: Annotated[int, typer.Option(help="人数。 Residents at the beginning.")] = 20_000,
    years: Annotated[str, typer.Option(help="年份,如 2019..2025。 First..last year.")] = "2019..2025",
    seed: Annotated[int, typer.Option(help="种子;相同则结果相同。 Same seed, same bytes.")] = 1,
    faults: Annotated[str, typer.Option(help="差错:none、default 或 TOML 文件。 Rates of faults.")] = "default",
    rate: Annotated[list[str] | None, typer.Option(help="单项差错率,如 name_typo=0.02。 One rate.")] = None,
    feeds: Annotated[str, typer.Option(help="all、none 或名称列表。 Which feeds.")] = "all",
    fhir: Annotated[bool, typer.Option(help="是否同时输出 FHIR。 Whether to tell the truth as FHIR too.")] = True,
    workers: Annotated[int, typer.Option(min=0, help="进程数,0 为自动。 Processes; 0: all processors.")] = 0,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Make a synthetic county: truth, FHIR and feeds. 生成模拟县域数据。"""
    # Arrow and numpy take a second to load; other commands do not wait for them.
    from minkang.synth.feeds.faults import read_faults  # noqa: PLC0415
    from minkang.synth.feeds.registry import chosen  # noqa: PLC0415
    from minkang.synth.making import Order, make_county  # noqa: PLC0415

    told = output(as_json=as_json)
    order = Order(region, people, read_years(years), seed, read_faults(faults).with_rates(read_rates(rate or [])),
                  chosen(feeds), fhir)  # fmt: skip
    start = time.monotonic()
    with told.progress("synth.progress", 1.0) as advance:
        made = make_county(order, out, workers=workers, tell=advance.to)
    seconds = round(time.monotonic() - start, 1)
    told.result({"folder": str(out), "seconds": seconds, "files": made.files, "bytes": made.bytes,
                 "rows": dict(sorted(made.rows.items())), "resources": dict(sorted(made.resources.items())),
                 "messages": dict(sorted(made.messages.items()))})  # fmt: skip
    told.say("synth.done", folder=str(out), rows=f"{made.rows.total():,}", resources=f"{made.resources.total():,}",
             messages=f"{made.messages.total():,}", files=f"{made.files:,}", seconds=seconds)  # fmt: skip
    told.table(["synth.feed", "synth.messages"], [(name, f"{count:,}") for name, count in made.messages.items()])
    told.say("synth.note")


def read_years(text: str) -> tuple[int, int]:
    """`2019..2025` or one year.

    Raises:
        Fault: `SYNTH-010`.
    """
    found = re.fullmatch(r"\s*(\d{4})\s*(?:(?:\.\.|-)\s*(\d{4}))?\s*", text)
    if not found:
        raise Fault("SYNTH-010", text)
    return int(found[1]), int(found[2] or found[1])


def read_rates(texts: list[str]) -> dict[str, float]:
    """`name=0.02` each.

    Raises:
        Fault: `SYNTH-005` for what is not a number.
    """
    rates: dict[str, float] = {}
    for text in texts:
        name, _, value = text.partition("=")
        try:
            rates[name.strip()] = float(value)
        except ValueError:
            raise Fault("SYNTH-005", text) from None
    return rates
