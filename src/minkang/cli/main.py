"""The `minkang` command: every command's faults end here, as words on standard error and an exit code."""

from __future__ import annotations

import sys

import typer

from minkang import __version__
from minkang.cli import (
    clients,
    comparing,
    copies,
    exchange,
    indicators,
    lake,
    loading,
    mapping,
    mllp,
    outbound,
    persons,
    plans,
    quality,
    running,
    surveillance,
    synth,
    views,
    working,
)
from minkang.cli.output import output
from minkang.errors import Fault

app = typer.Typer(
    name="minkang",
    help="民康 · a regional health platform. 有结果的命令都可加 --json。 Commands with a result take --json.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
running.register(app)
loading.register(app)
copies.register(app)
working.register(app)
synth.register(app)
app.add_typer(clients.app, name="client")
app.add_typer(views.app, name="view")
app.add_typer(exchange.app, name="exchange")
app.add_typer(persons.app, name="persons")
app.add_typer(lake.app, name="lake")
app.add_typer(indicators.app, name="indicators")
app.add_typer(surveillance.app, name="surveillance")
app.add_typer(plans.app, name="plan")
app.add_typer(mapping.codes, name="codes")
mapping.register(exchange.app)
mllp.register(exchange.app)
comparing.register(exchange.app)
quality.register(exchange.app)
outbound.register(exchange.app)
app.add_typer(outbound.app, name="outbound")


@app.command()
def version() -> None:
    """Print the version. 打印版本。"""
    typer.echo(__version__)


def main() -> None:
    """Run the command line; exit codes are in docs/reference/commands.md."""
    try:
        app()
    except Fault as fault:
        output(as_json="--json" in sys.argv).refuse(fault)
        sys.exit(fault.category.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
