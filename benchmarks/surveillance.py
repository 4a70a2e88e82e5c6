"""The ensemble beside single methods on benchmark series, its speed, and the scan on outbreaks in a county.

The given series are those of the reference data (R's, half of them); where they are absent only our own are judged,
of a seed that nothing was tuned on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.rows import Row
from benchmarks.scan_county import by_days, by_scan, outbreaks, quiet
from minkang.surveillance.detect import ALARM, Series, detect
from minkang.surveillance.simulation.files import read_series
from minkang.surveillance.simulation.metrics import Performance, performance
from minkang.surveillance.simulation.scenarios import standard_scenarios
from minkang.surveillance.simulation.series import Simulated, simulate_series

GIVEN = Path(__file__).parents[2] / "shared" / "reference" / "surveillance" / "simulated_series.csv.gz"
OWN_SEED = 2013
RATES = (0.002, 0.004, 0.007, 0.01, 0.02, 0.04, 0.08)
SINGLES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("farrington-flexible", {"alpha": 0.005}),
    ("farrington-flexible", {}),
    ("farrington-flexible", {"threshold": "delta"}),
    ("farrington-flexible", {"alpha": 0.05}),
    ("ears-c1", {}),
    ("ears-c2", {}),
)
COUNTIES, QUIET_DAYS = 60, 10


def measure() -> list[Row]:
    """The rows of the chapter."""
    own = simulate_series(standard_scenarios(), 10, OWN_SEED)
    rows = list(_curve("own series, seed 2013", own))
    if GIVEN.exists():
        rows += _curve("given series, replicates 1–10", read_series(GIVEN))
    return [*rows, _speed(own), *_scan()]


def judged(made: Simulated, method: str, params: dict[str, Any]) -> Performance:
    """How a method does on the judged weeks."""
    weeks, evaluated = made.mean.shape[1], made.plan.evaluated
    params = {**params, "rows": (weeks - evaluated + 1, weeks)}
    clean, seen = (
        detect(method, Series(counts.astype(np.float64)), params).alarm[:, -evaluated:] == ALARM
        for counts in (made.clean, made.observed)
    )
    return performance(clean, seen, made.outbreak[:, -evaluated:])


def _curve(what: str, made: Simulated) -> Iterator[Row]:
    ours = [judged(made, "ensemble", {"false_alarms": rate}) for rate in RATES]
    for rate, found in zip(RATES, ours, strict=True):
        aim = "≥ 58 % at ≤ 0.8 %" if rate == 0.007 else ""
        yield Row(f"{what}: ensemble at {100 * rate:g} %", _said(found), "", aim, _note(found))
    points = np.array([(found.false_positive_rate, found.detected) for found in ours])
    for method, params in SINGLES:
        found = judged(made, method, params)
        same = float(np.interp(found.false_positive_rate, points[:, 0], points[:, 1]))
        named = ", ".join(f"{name} {value}" for name, value in params.items())
        beside = f"ensemble at that rate: {100 * same:.1f} % found"
        yield Row(f"{what}: {method} {named}".strip(), _said(found), beside, "", _note(found))


def _said(found: Performance) -> str:
    return f"{100 * found.detected:.1f} % found at {100 * found.false_positive_rate:.2f} % false alarms"


def _note(found: Performance) -> str:
    return (
        f"in the first week {100 * found.detected_at_once:.1f} %, sensitivity {100 * found.sensitivity:.1f} %, "
        f"predictive value {100 * found.predictive_value:.0f} %, "
        f"delay {found.delay:.2f} ({found.delay_penalised:.2f}) weeks"
    )


def _speed(made: Simulated) -> Row:
    counts = np.tile(made.observed.astype(np.float64), (24, 1))[:10_000]
    begin = time.process_time()
    detect("ensemble", Series(counts), {"rows": (576, 624)})
    spent = time.process_time() - begin
    return Row(
        "ensemble: 10,000 series × 49 weeks of 12 years", f"{spent:.0f} s of one core", "", "< 60 s",
        f"{490_000 / spent:,.0f} points a second; R's flexible Farrington 75, recorded on another machine",
    )  # fmt: skip


def _scan() -> Iterator[Row]:
    rules = (("scan, Poisson", by_scan("poisson")), ("scan, permutation", by_scan("permutation")))
    for name, rule in (*rules, ("ensemble on the county's days", by_days("ensemble"))):
        rate = quiet(rule, COUNTIES, QUIET_DAYS)
        found, delay, whole = outbreaks(rule, COUNTIES)
        yield Row(
            f"{name}: {COUNTIES} outbreaks with ten cases in a week in one of 20 townships",
            f"{100 * found:.1f} % found, median delay {delay:g} days",
            "", "≥ 98 % at ≤ 0.73 %",
            f"false alarms {100 * rate:.2f} % of {COUNTIES * QUIET_DAYS} quiet days; delay with those missed {whole:g}",
        )  # fmt: skip
