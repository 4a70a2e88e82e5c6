"""Benchmark series as CSV: one row for each series and week, with the truth beside the count.

`minkang surveillance detect` reads the columns `series`, `index` and `observed` of the same file.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

from minkang.errors import Fault
from minkang.surveillance.simulation.series import Plan, Simulated

COLUMNS = (
    "series",
    "index",
    "scenario",
    "rep",
    "week",
    "mu",
    "baseline",
    "past_outbreak_cases",
    "current_outbreak_cases",
    "observed",
    "outbreak_state",
    "period",
)
COUNTED = ("mu", "baseline", "past_outbreak_cases", "current_outbreak_cases")  # fmt: skip


def write_series(made: Simulated, path: Path) -> None:
    """Write a benchmark; a name that ends in `.gz` is packed, without a time stamp: one seed, the same bytes."""
    plan = made.plan
    period = ["early"] * plan.early
    period += ["baseline"] * (plan.weeks - plan.early - plan.evaluated) + ["current"] * plan.evaluated
    state = made.outbreak.astype(int)
    with _opened(path) as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(COLUMNS)
        for row in range(len(made.mean)):
            head = (int(made.scenario[row]), int(made.replicate[row]))
            columns = (
                made.mean[row].round(6), made.baseline[row], made.past[row], made.current[row],
                made.observed[row], state[row],
            )  # fmt: skip
            values = zip(*(column.tolist() for column in columns), period, strict=True)
            name = f"{head[0]}/{head[1]}"
            rows.writerows((name, week, *head, week, *value) for week, value in enumerate(values, start=1))


def read_series(path: Path) -> Simulated:
    """Read a benchmark in the layout of `write_series`, rows in its order; raises SURVEILLANCE-104."""
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
        keys = [(int(row["scenario"]), int(row["rep"])) for row in rows]
        weeks = keys.count(keys[0])
        table = np.array([[float(row[name]) for name in COUNTED] for row in rows]).reshape(-1, weeks, 4)
        evaluated = sum(row["period"] == "current" for row in rows[:weeks])
        early = sum(row["period"] == "early" for row in rows[:weeks])
    except (OSError, KeyError, ValueError, IndexError, UnicodeDecodeError) as error:
        raise Fault("SURVEILLANCE-104", where=str(path), reason=str(error)) from error
    scenario, replicate = np.array(keys[::weeks]).T
    baseline, past, current = (table[:, :, at].astype(np.int64) for at in (1, 2, 3))
    return Simulated(scenario, replicate, table[:, :, 0], baseline, past, current, Plan(weeks, evaluated, early))


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    if path.suffix != ".gz":
        with path.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        return
    with path.open("wb") as raw, gzip.GzipFile("", "wb", mtime=0, fileobj=raw) as packed:
        text = io.TextIOWrapper(packed, encoding="utf-8", newline="")
        yield text
        text.flush()
