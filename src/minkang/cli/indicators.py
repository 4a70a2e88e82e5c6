"""`minkang indicators`: figures and how they are made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from minkang.cli.output import output
from minkang.errors import Fault
from minkang.indicators.demography.life_files import as_json as life_row
from minkang.indicators.demography.life_files import life_tables

app = typer.Typer(help="指标。 Indicators.", no_args_is_help=True)


@app.callback()
def indicators() -> None:
    """指标:定义、计算与由来。 Indicators: definitions, figures and what they are made of."""


@app.command()
def lifetable(
    input: Annotated[Path, typer.Option(help="CSV: age_start, deaths, population [, sex, group, ax | nax]")],
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Abridged life tables with standard errors (Chiang). 简略寿命表及标准误。"""
    said = output(as_json=as_json)
    try:
        lines = input.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Fault("CLI-010", where=str(input), reason=getattr(error, "strerror", None) or "UTF-8") from error
    tables = list(life_tables(lines, input.name))
    said.result({"rows": [life_row(group, sex, row) for group, sex, rows in tables for row in rows]})
    for group, sex, rows in tables:
        if group or sex:
            said.say("lifetable.of", name=" · ".join(filter(None, (group, sex))))
        said.table(
            ["lifetable.age", "lifetable.qx", "lifetable.lx", "lifetable.ex", "lifetable.interval"],
            [
                (
                    f"{row.start:g}" + ("+" if row.width is None else f"–{row.start + row.width:g}"),
                    f"{row.qx:.5f}",
                    f"{row.lx:,.0f}",
                    f"{row.ex:.2f}",
                    f"{row.low:.2f} – {row.high:.2f}",
                )
                for row in rows
            ],
        )
