"""Detectors beside R: flexible Farrington in points a second on one core, and a city's weeks in one run."""

from __future__ import annotations

import csv
import os
import time
from pathlib import Path

from benchmarks.rows import Row

RECORDED = Path(__file__).parents[2] / "shared" / "reference" / "surveillance" / "speed_R.csv"
WEEKS, JUDGED = 624, 49
CITY = 10_000
SAMPLE = 1_000
R_TASKS = {
    "farrington-flexible": "farringtonFlexible nbPlugin, 49 weeks",
    "farrington": "farrington original b5w3, 49 weeks",
    "ears-c2": "earsC C2, 49 weeks",
    "bayes-1": "bayes1, 49 weeks",
}


def recorded() -> dict[str, float]:
    """Points a second that R's package reached on the machine of the reference results; empty where they are absent."""
    if not RECORDED.exists():
        return {}
    with RECORDED.open(encoding="utf-8", newline="") as lines:
        return {row["task"]: float(row["points_per_sec"]) for row in csv.DictReader(lines)}


def timed(method: str, series: int) -> tuple[float, float]:
    """Processor seconds and seconds on the clock for the last weeks of that many series."""
    import numpy as np

    from minkang.surveillance.detect import Series, detect

    random = np.random.default_rng(2013)
    weeks = np.arange(WEEKS)
    season = np.exp(random.uniform(-1, 3, (series, 1)) + 0.5 * np.cos(2 * np.pi * weeks / 52))
    counts = random.negative_binomial(season / 0.5, 1 / 1.5).astype(float)
    clock, processor = time.perf_counter(), time.process_time()
    detect(method, Series(counts), {"rows": (WEEKS - JUDGED + 1, WEEKS)})
    return time.process_time() - processor, time.perf_counter() - clock


def measure() -> list[Row]:
    """Measure; one thread, since R's figure is of one core."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    beside = recorded()
    rows = []
    for method, task in R_TASKS.items():
        used, _ = timed(method, SAMPLE)
        ours = SAMPLE * JUDGED / used
        theirs = beside.get(task)
        rows.append(
            Row(
                work=f"{method}, {SAMPLE:,} series × {JUDGED} weeks",
                ours=f"{ours:,.0f} points/s of one core",
                beside=f"R surveillance 1.20.3: {theirs:,.0f} points/s (recorded)" if theirs else "",
                aim="100 × R" if method == "farrington-flexible" else "",
                note=f"{ours / theirs:,.0f} times R" if theirs else "",
            )
        )
    used, clock = timed("farrington-flexible", CITY)
    rows.append(
        Row(
            work=f"farrington-flexible, a city: {CITY:,} series × {JUDGED} weeks",
            ours=f"{clock:.0f} s ({used:.0f} s of processor)",
            beside="",
            aim="under 60 s",
            note="",
        )
    )
    return rows


if __name__ == "__main__":
    for row in measure():
        print(row)
