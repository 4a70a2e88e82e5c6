"""The `minkang` command: every command's faults end here, as words on standard error and an exit code.

Only the part that a command line names is imported: what draws a life table need not wait for databases and readers of
documents.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from importlib import import_module

import typer

from minkang import __version__
from minkang.cli.output import output
from minkang.errors import Fault

Part = Callable[[typer.Typer], None]


def _commands(module: str) -> Part:
    """Commands of their own, which a module registers."""

    def add(app: typer.Typer) -> None:
        import_module(f"minkang.cli.{module}").register(app)

    return add


def _group(name: str, module: str, attribute: str = "app", more: Iterable[str] = ()) -> Part:
    """A group of commands that a module declares, and modules that register some more in it."""

    def add(app: typer.Typer) -> None:
        group = getattr(import_module(f"minkang.cli.{module}"), attribute)
        for other in more:
            import_module(f"minkang.cli.{other}").register(group)
        app.add_typer(group, name=name)

    return add


PARTS: dict[tuple[str, ...], Part] = {
    ("init", "serve", "demo", "doctor"): _commands("running"),
    ("load",): _commands("loading"),
    ("backup", "restore"): _commands("copies"),
    ("worker",): _commands("working"),
    ("synth",): _commands("synth"),
    ("client",): _group("client", "clients"),
    ("view",): _group("view", "views"),
    ("exchange",): _group("exchange", "exchange", more=("mapping", "mllp", "comparing", "quality", "outbound")),
    ("persons",): _group("persons", "persons"),
    ("lake",): _group("lake", "lake"),
    ("indicators",): _group("indicators", "indicators"),
    ("surveillance",): _group("surveillance", "surveillance"),
    ("plan",): _group("plan", "plans"),
    ("codes",): _group("codes", "mapping", "codes"),
    ("outbound",): _group("outbound", "outbound"),
}
"""What is loaded for which first word of a command line."""


def build(word: str = "") -> typer.Typer:
    """The application with the part that holds this command; with all parts for a word that none holds."""
    app = typer.Typer(
        name="minkang",
        help="民康 · a regional health platform. 有结果的命令都可加 --json。 Commands with a result take --json.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.command()(version)
    wanted = [part for words, part in PARTS.items() if word in words]
    for part in wanted or ([] if word == "version" else PARTS.values()):
        part(app)
    if word == "version":
        app.callback()(_nothing)
    return app


def version() -> None:
    """Print the version. 打印版本。"""
    typer.echo(__version__)


def _nothing() -> None:
    """民康 · a regional health platform."""


def main() -> None:
    """Run the command line; exit codes are in docs/reference/commands.md."""
    try:
        build(sys.argv[1] if len(sys.argv) > 1 else "")()
    except Fault as fault:
        output(as_json="--json" in sys.argv).refuse(fault)
        sys.exit(fault.category.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
