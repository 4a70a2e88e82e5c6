"""`minkang surveillance simulate`: benchmark series with known outbreaks, and how well a method finds them."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from minkang.cli.output import output
from minkang.errors import Fault

if TYPE_CHECKING:
    from minkang.surveillance.simulation.metrics import Performance
    from minkang.surveillance.simulation.series import Simulated

PERCENT = ("false_positive_rate", "detected", "detected_at_once", "sensitivity", "specificity", "predictive_value")


def register(app: typer.Typer) -> None:
    """Add the command to `minkang surveillance`."""
    app.command("simulate")(simulate)


def simulate(
    *,
    out: Annotated[Path | None, typer.Option(help="CSV to write; .csv.gz is packed")] = None,
    replicates: Annotated[int, typer.Option(min=1, max=1000, help="series of each scenario")] = 10,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    scenarios: Annotated[Path | None, typer.Option(help="CSV of scenarios; the 42 standard ones by default")] = None,
    weeks: Annotated[int, typer.Option(help="weeks in all")] = 624,
    evaluated: Annotated[int, typer.Option(help="weeks at the end that are judged")] = 49,
    series: Annotated[Path | None, typer.Option(help="judge these series instead of making new ones")] = None,
    method: Annotated[list[str] | None, typer.Option(help="judge by this method; may be given again")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Make benchmark series with outbreaks; judge methods on them. 生成带已知暴发的模拟数列,并评价探测方法。"""
    # numpy and scipy take longer to load than the rest of the command line.
    from minkang.surveillance.simulation.files import read_series, write_series  # noqa: PLC0415
    from minkang.surveillance.simulation.scenarios import read_scenarios, standard_scenarios  # noqa: PLC0415
    from minkang.surveillance.simulation.series import Plan, simulate_series  # noqa: PLC0415

    said = output(as_json=as_json)
    if out is None and not method:
        raise Fault("SURVEILLANCE-105")
    if series is not None:
        made = read_series(series)
    else:
        chosen = read_scenarios(scenarios) if scenarios else standard_scenarios()
        early = (weeks - evaluated) * 312 // 575
        made = simulate_series(chosen, replicates, seed, Plan(weeks=weeks, evaluated=evaluated, early=early))
    if out is not None:
        try:
            write_series(made, out)
        except OSError as error:
            raise Fault("CLI-010", where=str(out), reason=error.strerror) from error
    found = {name: judge(made, name) for name in method or []}
    said.result(
        {
            "series": len(made.mean),
            "weeks": made.mean.shape[1],
            "file": None if out is None else str(out),
            "performance": [{"method": name} | _finite(asdict(one)) for name, one in found.items()],
        }
    )
    said.say("simulate.made", series=len(made.mean), weeks=made.mean.shape[1])
    heads = ["simulate.method", *(f"simulate.{name}" for name in (*PERCENT, "delay"))]
    rows = [
        (name, *(f"{100 * getattr(one, figure):.2f}%" for figure in PERCENT), f"{one.delay:.2f}")
        for name, one in found.items()
    ]
    if rows:
        said.table(heads, rows)


def judge(made: Simulated, method: str) -> Performance:
    """How well a method with its default settings finds the outbreaks of the judged weeks."""
    import numpy as np  # noqa: PLC0415  (as above)

    from minkang.surveillance.detect import ALARM, Series, detect  # noqa: PLC0415
    from minkang.surveillance.simulation.metrics import performance  # noqa: PLC0415

    weeks, evaluated = made.mean.shape[1], made.plan.evaluated
    params = {"rows": (weeks - evaluated + 1, weeks)}
    clean, seen = (
        detect(method, Series(counts.astype(np.float64)), params).alarm[:, -evaluated:] == ALARM
        for counts in (made.clean, made.observed)
    )
    return performance(clean, seen, made.outbreak[:, -evaluated:])


def _finite(figures: dict[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in figures.items()}
