"""Outbreaks put into a county of townships: found by the space-time scan and by a series of the county's days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from minkang.surveillance.detect import ALARM, Series, detect
from minkang.surveillance.detect.scan import Scan, scan_permutation, scan_poisson
from minkang.surveillance.detect.scan_zones import Bools, circles

HISTORY, ROOM = 180, 28
TOWNSHIPS, SIDE_KM, CASES_A_DAY = 20, 40.0, 6.0
REPORTED, LONGEST = 10, 7
ALPHA = {
    "poisson": 0.004,
    "permutation": 0.006,
}  # the Poisson model learns its expectation, which costs some false alarms
WEEKDAYS = np.array([1.15, 1.1, 1.05, 1.05, 1.05, 0.85, 0.75])
Rule = Callable[["County", int, int], tuple[bool, tuple[int, ...]]]


@dataclass(frozen=True)
class County:
    """Daily cases of one disease by township, and what is true of them.

    Attributes:
        counts: days × townships.
        zones: circles of townships, at most a fifth of the people.
        town: where the outbreak is.
        first, last: its days; first is past the end when there is none.
    """

    counts: NDArray[np.int64]
    zones: Bools
    town: int
    first: int
    last: int


def county(seed: int, *, outbreak: bool, phi: float = 1.0, small: bool = False) -> County:
    """Twenty townships over 40 km, six cases a day with a weekly rhythm, a slow wave, and `phi` as variance over mean.

    An outbreak has 10 to 40 cases, 80 % in one township and the others in its nearest neighbours, with onsets in
    gamma-distributed days (mean 4, deviation 2.5) after the first. Unless `small` it is drawn again until one week has
    ten of its cases in the township, from which on measles, mumps or varicella are to be reported at once.
    """
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, SIDE_KM, (TOWNSHIPS, 2))
    weight = rng.uniform(0.4, 1.6, TOWNSHIPS)
    weight /= weight.sum()
    distance = np.hypot(*(at[:, None] - at).transpose(2, 0, 1))
    days = np.arange(HISTORY + ROOM)
    level = CASES_A_DAY * WEEKDAYS[days % 7] * (1 + 0.3 * np.sin(2 * np.pi * days / 365 + rng.uniform(0, 6)))
    usual = level[:, None] * weight
    rate = usual if phi <= 1 else rng.gamma(usual / (phi - 1), phi - 1)
    counts = rng.poisson(rate)
    town, first, last = int(rng.choice(TOWNSHIPS, p=weight)), len(days), len(days)
    if outbreak:
        first = HISTORY
        near = np.argsort(distance[town])[1:4]
        cases = _outbreak(rng, town, near)
        while not small and _busiest_week(cases[:, town]) < REPORTED:
            cases = _outbreak(rng, town, near)
        counts[first:] += cases
        last = first + int(np.flatnonzero(cases.sum(1))[-1])
    return County(counts, circles(distance, weight, share=0.2), town, first, last)


def _outbreak(rng: np.random.Generator, town: int, near: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cases of one outbreak by day and township; the first day has the first case."""
    number = int(rng.integers(10, 41))
    when = np.floor(rng.gamma(2.56, 1.5625, number)).astype(int)
    when -= when.min()
    where = np.where(rng.uniform(size=number) < 0.8, town, rng.choice(near, number))
    cases = np.zeros((ROOM, TOWNSHIPS), dtype=np.int64)
    np.add.at(cases, (np.minimum(when, ROOM - 1), where), 1)
    return cases


def _busiest_week(cases: NDArray[np.int64]) -> int:
    return int(np.convolve(cases, np.ones(7, dtype=np.int64)).max())


def learnt(seen: NDArray[np.int64]) -> NDArray[np.float64]:
    """What is expected, from what was seen before the last week: each township's share, the level of eight weeks
    and the rhythm of the week."""
    before = seen[:-LONGEST]
    weekday = np.arange(len(seen)) % 7
    rhythm = np.array([before[weekday[:-LONGEST] == day].sum() / (weekday[:-LONGEST] == day).sum() for day in range(7)])
    rhythm /= rhythm.mean()
    daily = before.sum(1).astype(np.float64)
    recent = before[-56:].sum() / rhythm[weekday[:-LONGEST][-56:]].sum() * rhythm[weekday[-LONGEST:]]
    share = (before.sum(0) + 0.5) / (before.sum() + 0.5 * seen.shape[1])
    return np.append(daily, recent)[:, None] * share


def by_scan(model: str) -> Rule:
    """The rule of a model of the scan: alarm when the most likely cylinder has a p-value of at most ALPHA."""

    def rule(one: County, day: int, seed: int) -> tuple[bool, tuple[int, ...]]:
        seen = one.counts[: day + 1]
        settings = Scan(longest=LONGEST, stop=12, seed=seed)
        if model == "poisson":
            found = scan_poisson(seen, learnt(seen), one.zones, settings)
        else:
            found = scan_permutation(seen, one.zones, settings)
        best = found.clusters[:1]
        return bool(best and best[0].p <= ALPHA[model]), best[0].places if best else ()

    return rule


def by_days(method: str) -> Rule:
    """The rule of a detector on the county's sum of each day."""

    def rule(one: County, day: int, seed: int) -> tuple[bool, tuple[int, ...]]:
        counts = one.counts[: day + 1].sum(1, dtype=np.float64)[None]
        dates = np.arange(np.datetime64("2023-01-02"), np.datetime64("2023-01-02") + counts.shape[1])
        params = {"rows": (HISTORY + 1, day + 1), "false_alarms": 0.0073, "harmonics": 1, "history": 170}
        alarm = detect(method, Series(counts, dates=dates, freq=365), params).alarm[0, day] == ALARM
        return bool(alarm), tuple(range(TOWNSHIPS))

    return rule


def quiet(rule: Rule, counties: int, days: int, *, phi: float = 1.0, seed: int = 10_000) -> float:
    """The share of quiet days that alarm; `days` of each county, spread over its last four weeks."""
    alarms = 0
    for number in range(counties):
        one = county(seed + number, outbreak=False, phi=phi)
        for day in np.linspace(HISTORY, HISTORY + ROOM - 1, days).astype(int):
            alarms += rule(one, int(day), number)[0]
    return alarms / (counties * days)


def outbreaks(
    rule: Rule, counties: int, *, phi: float = 1.0, small: bool = False, seed: int = 20_000
) -> tuple[float, float, float]:
    """The share found on a day of the outbreak with its township within the zone; median delay in days of those found;
    and the median when one not found counts as its whole duration."""
    found, delays, whole = 0, [], []
    for number in range(counties):
        one = county(seed + number, outbreak=True, phi=phi, small=small)
        for day in range(one.first, one.last + 1):
            alarm, places = rule(one, day, number)
            if alarm and one.town in places:
                found += 1
                delays.append(day - one.first)
                whole.append(day - one.first)
                break
        else:
            whole.append(one.last - one.first + 1)
    return found / counties, float(np.median(delays)) if delays else float("nan"), float(np.median(whole))
