"""Weekly series with outbreaks put in by a seed, made after Noufaily et al. 2013 (doi:10.1002/sim.5595)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from minkang.errors import Fault
from minkang.surveillance.simulation.scenarios import Scenario

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
YEAR = 52
SPREAD = 0.5
PAST_SIZES = (2, 3, 5, 10)
LARGEST = 10


@dataclass(frozen=True)
class Plan:
    """The weeks of a benchmark.

    Attributes:
        weeks: length of each series.
        evaluated: how many weeks at the end are judged; they hold one outbreak of each series.
        early: weeks at the start without outbreaks.
        past_outbreaks: outbreaks between the early and the judged weeks.
        room: the outbreak of the judged weeks starts at least this many weeks before the end.
    """

    weeks: int = 624
    evaluated: int = 49
    early: int = 312
    past_outbreaks: int = 4
    room: int = 7

    def check(self) -> None:
        """Raise SURVEILLANCE-102 if the weeks do not fit into each other."""
        between = self.weeks - self.evaluated - self.early
        whole = min(self.evaluated - self.room, self.room, self.early, self.past_outbreaks) >= 0
        if not whole or self.evaluated <= self.room or between < self.past_outbreaks or self.weeks > 10_000:
            raise Fault("SURVEILLANCE-102", weeks=self.weeks, evaluated=self.evaluated, early=self.early)


@dataclass(frozen=True)
class Simulated:
    """Series with their truth; all arrays are series × weeks.

    Attributes:
        scenario: number of the scenario of each series.
        replicate: 1, 2, … within the scenario.
        mean: expected count without outbreaks.
        baseline: count without outbreaks.
        past: cases of outbreaks before the judged weeks.
        current: cases of the outbreak in the judged weeks.
        plan: the weeks.
    """

    scenario: Ints
    replicate: Ints
    mean: Floats
    baseline: Ints
    past: Ints
    current: Ints
    plan: Plan

    @property
    def observed(self) -> Ints:
        """What a surveillance system would see."""
        return self.baseline + self.past + self.current

    @property
    def clean(self) -> Ints:
        """The same without the outbreak of the judged weeks, for the rate of false alarms."""
        return self.baseline + self.past

    @property
    def outbreak(self) -> NDArray[np.bool_]:
        """True from the first to the last week with cases of the current outbreak."""
        return between_first_and_last(self.current > 0)


def between_first_and_last(marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """True from the first to the last True of each row."""
    before = np.logical_or.accumulate(marked, axis=1)
    after = np.logical_or.accumulate(marked[:, ::-1], axis=1)[:, ::-1]
    return before & after


def simulate_series(scenarios: Sequence[Scenario], replicates: int, seed: int, plan: Plan | None = None) -> Simulated:
    """`replicates` series of each scenario; the same arguments give the same series.

    An outbreak of size k has Poisson(k · standard deviation of the count at its start) cases, each
    floor(lognormal(0, 0.5)) weeks after the start. Past outbreaks draw k of 2, 3, 5, 10; the current ones have
    k = 1…10 in turn over replicates and scenarios, and at least one case.
    """
    plan = plan or Plan()
    plan.check()
    rng = np.random.default_rng(seed)
    means = np.repeat(np.stack([_mean(one, plan.weeks) for one in scenarios]), replicates, axis=0)
    if not np.all(np.isfinite(means)) or means.max() > 1e6:
        raise Fault("SURVEILLANCE-103", largest=f"{means.max():.3g}")
    phi = np.repeat([one.phi for one in scenarios], replicates)
    baseline = _counts(rng, means, phi)
    past, current = np.zeros_like(baseline), np.zeros_like(baseline)
    replicate = np.tile(np.arange(1, replicates + 1), len(scenarios))
    middle = plan.weeks - plan.evaluated
    for row in range(len(means)):
        deviation = np.sqrt(phi[row] * means[row])
        starts = rng.choice(np.arange(plan.early, middle), plan.past_outbreaks, replace=False)
        for start in starts:
            _add(rng, past[row], int(start), int(rng.choice(PAST_SIZES)), deviation)
        start = int(rng.integers(middle, plan.weeks - plan.room))
        size = (row % replicates + row // replicates) % LARGEST + 1
        while not current[row].any():
            _add(rng, current[row], start, size, deviation)
    return Simulated(
        np.repeat([one.scenario for one in scenarios], replicates), replicate, means, baseline, past, current, plan
    )


def _mean(one: Scenario, weeks: int) -> Floats:
    week = np.arange(1, weeks + 1)
    log_mean = one.theta + one.trend * one.beta * week
    for harmonic in range(1, one.m + 1):
        angle = 2 * np.pi * harmonic * week / YEAR
        log_mean = log_mean + one.gamma1 * np.cos(angle) + one.gamma2 * np.sin(angle)
    mean: Floats = np.exp(np.minimum(log_mean, 50.0))
    return mean


def _counts(rng: np.random.Generator, means: Floats, phi: Floats) -> Ints:
    """Negative binomial with variance phi · mean; Poisson where phi = 1."""
    over = np.maximum(phi[:, None] - 1, 1e-12)
    rate = np.where(phi[:, None] > 1, rng.gamma(means / over, over), means)
    return rng.poisson(rate)


def _add(rng: np.random.Generator, cases: Ints, start: int, size: int, deviation: Floats) -> None:
    number = rng.poisson(size * deviation[start])
    weeks = start + np.floor(rng.lognormal(0.0, SPREAD, number)).astype(np.int64)
    np.add.at(cases, weeks[weeks < len(cases)], 1)
