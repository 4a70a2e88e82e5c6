"""Kulldorff's prospective space-time scan: cylinders over places that end today.

Kulldorff M. Prospective time periodic geographical disease surveillance using a scan statistic. J R Stat Soc A
2001;164:61-72 (Poisson). Kulldorff M et al. A space-time permutation scan statistic for disease outbreak detection.
PLoS Med 2005;2(3):e59. Early stopping after Besag & Clifford 1991; Gumbel p-values after Abrams, Kulldorff & Kleinman
2010. The most likely cylinder comes first, then those that share no place with a better one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta, Struct

from minkang.errors import Fault
from minkang.surveillance.detect.scan_zones import Bools
from minkang.surveillance.detect.series import Floats, Ints

BATCH_CELLS = 4_000_000
FIRST_BATCH = 64
EULER = 0.5772156649015329
Draw = Callable[[int], Floats]
Numbers = Ints | Floats


class Scan(Struct, frozen=True, forbid_unknown_fields=True):
    """Settings.

    Attributes:
        longest: the longest cylinder, in days.
        shortest: the shortest.
        replicates: of the Monte Carlo test; 999 give p-values down to 0.001.
        stop: stop when so many replicates were at least as extreme; 0 never.
        p_value: `rank` (Monte Carlo), or `gumbel` fitted to the replicates, for p-values below 1 / replicates.
        fewest: cases a cylinder must hold.
        clusters: how many cylinders are told at most.
        seed: of the replicates; the same seed gives the same answer.
    """

    longest: Annotated[int, Meta(ge=1)] = 7
    shortest: Annotated[int, Meta(ge=1)] = 1
    replicates: Annotated[int, Meta(ge=9, le=99_999)] = 999
    stop: Annotated[int, Meta(ge=0)] = 50
    p_value: Literal["rank", "gumbel"] = "rank"
    fewest: Annotated[int, Meta(ge=1)] = 2
    clusters: Annotated[int, Meta(ge=1)] = 5
    seed: int = 1


@dataclass(frozen=True)
class Cluster:
    """A cylinder.

    Attributes:
        places: indices of its places, ascending.
        days: its length; it ends on the last day given.
        observed, expected: cases within.
        ratio: log likelihood ratio.
        p: adjusted for all cylinders looked at.
        recurrence: days in which chance alone would give one as strong: 1 / p, for a daily scan.
    """

    places: tuple[int, ...]
    days: int
    observed: float
    expected: float
    ratio: float
    p: float
    recurrence: float


@dataclass(frozen=True)
class Scanned:
    """What a scan found: clusters by strength, and how many replicates it took."""

    clusters: tuple[Cluster, ...]
    replicates: int


def scan_poisson(counts: Numbers, expected: Floats, zones: Bools, settings: Scan | None = None) -> Scanned:
    """Scan with known expectations (population × rate, or a detector's forecast), given the total.

    Args:
        counts: days × places, the last row is today.
        expected: the same shape, ≥ 0; only its proportions matter.
        zones: zones × places, as `scan_zones.circles` or `rings` make them.
        settings: the default ones when absent.

    Raises:
        Fault: SURVEILLANCE-111 for shapes that differ, negative or missing numbers, or expectations that sum to zero.
    """
    settings = settings or Scan()
    cases, expected = _checked(counts, zones), np.asarray(expected, float)
    if expected.shape != cases.shape or not np.all(np.isfinite(expected)) or expected.min() < 0 or not expected.sum():
        raise Fault("SURVEILLANCE-111", reason=f"expected {expected.shape}")
    total = float(cases.sum())
    days = min(settings.longest, len(cases))
    share = expected / expected.sum()
    cells = np.append(share[-days:].ravel(), max(0.0, 1.0 - share[-days:].sum()))
    rng = np.random.default_rng(settings.seed)

    def draw(number: int) -> Floats:
        drawn = rng.multinomial(int(total), cells / cells.sum(), size=number)[:, :-1]
        return drawn.reshape(number, days, -1).astype(np.float64)

    return _scan(cases, share[-days:] * total, zones, settings, draw)


def scan_permutation(counts: Numbers, zones: Bools, settings: Scan | None = None) -> Scanned:
    """Scan with the cases' own margins as expectation: no population needed; sees where and when meet, not each alone.

    Raises:
        Fault: SURVEILLANCE-111 for shapes that differ, or negative or missing numbers.
    """
    settings = settings or Scan()
    cases = _checked(counts, zones)
    days, length = min(settings.longest, len(cases)), len(cases)
    total = cases.sum()
    expected = cases.sum(1, keepdims=True)[-days:] * cases.sum(0) / max(total, 1.0)
    when, where = np.nonzero(cases)
    often = cases[when, where].astype(np.int64)
    when, where = np.repeat(when, often), np.repeat(where, often)
    rng = np.random.default_rng(settings.seed)
    places = cases.shape[1]

    def draw(number: int) -> Floats:
        shuffled = rng.permuted(np.broadcast_to(when, (number, len(when))), axis=1) - (length - days)
        row, case = np.nonzero(shuffled >= 0)
        cell = (row * days + shuffled[row, case]) * places + where[case]
        return np.bincount(cell, minlength=number * days * places).reshape(number, days, places).astype(np.float64)

    return _scan(cases, expected, zones, settings, draw)


def _checked(counts: Numbers, zones: Bools) -> Floats:
    found = np.asarray(counts, float)
    if found.ndim != 2 or not found.size or zones.ndim != 2 or zones.shape[1] != found.shape[1]:
        raise Fault("SURVEILLANCE-111", reason=f"counts {found.shape}, zones {zones.shape}")
    if not np.all(np.isfinite(found)) or found.min() < 0 or np.any(found != np.floor(found)):
        raise Fault("SURVEILLANCE-111", reason="counts: 0, 1, 2, …")
    return found


def _scan(counts: Floats, expected: Floats, zones: Bools, settings: Scan, draw: Draw) -> Scanned:
    days, total = len(expected), float(counts.sum())
    shape = zones.T.astype(np.float64)
    usual = _cylinders(expected[None], shape, settings.shortest)[0]
    seen = _cylinders(counts[None, -days:], shape, settings.shortest)[0]
    ratio = log_ratio(seen, usual, total)
    ratio[seen < settings.fewest] = 0.0
    found = _best(ratio, zones, settings.clusters)
    if not found:
        return Scanned((), 0)
    highest = ratio[found[0]]
    maxima = _replicate(
        lambda number: _strongest(draw(number), shape, usual, total, settings), usual.size, settings, highest
    )
    clusters = []
    for at in found:
        length, zone = at
        p = _p_value(maxima, float(ratio[at]), settings)
        places = tuple(np.flatnonzero(zones[zone]).tolist())
        clusters.append(
            Cluster(
                places, int(length) + settings.shortest, float(seen[at]), float(usual[at]), float(ratio[at]), p, 1 / p
            )
        )
    return Scanned(tuple(clusters), len(maxima))


def _cylinders(cells: Floats, shape: Floats, shortest: int) -> Floats:
    """Sums over the last 1, 2, … days of each zone: replicates × lengths × zones."""
    lengths = np.cumsum(cells[:, ::-1], axis=1)[:, shortest - 1 :]
    found: Floats = lengths @ shape
    return found


def log_ratio(seen: Floats, usual: Floats, total: float) -> Floats:
    """Log likelihood ratio of more cases within than without; 0 where there are not more."""
    rest, rest_usual = total - seen, np.maximum(total - usual, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = np.where(seen > 0, seen * np.log(seen / usual), 0.0)
        outside = np.where(rest > 0, rest * np.log(rest / rest_usual), 0.0)
    return np.where(seen > usual, inside + outside, 0.0)


def _best(ratio: Floats, zones: Bools, most: int) -> list[tuple[int, int]]:
    """The strongest cylinder of each zone by strength, each sharing no place with the ones before."""
    length = ratio.argmax(axis=0)
    strength = ratio[length, np.arange(ratio.shape[1])]
    taken = np.zeros(zones.shape[1], dtype=np.bool_)
    found: list[tuple[int, int]] = []
    for zone in np.argsort(-strength, kind="stable"):
        if strength[zone] <= 0 or len(found) == most:
            break
        if not (zones[zone] & taken).any():
            taken |= zones[zone]
            found.append((int(length[zone]), int(zone)))
    return found


def _strongest(cells: Floats, shape: Floats, usual: Floats, total: float, settings: Scan) -> Floats:
    """The largest log ratio of each replicate."""
    seen = _cylinders(cells, shape, settings.shortest)
    ratio = log_ratio(seen, usual, total)
    ratio[seen < settings.fewest] = 0.0
    found: Floats = ratio.max(axis=(1, 2))
    return found


def _replicate(strongest: Draw, cells: int, settings: Scan, highest: float) -> Floats:
    """Maxima of the replicates, in the order drawn; up to the `stop`-th that reaches `highest`."""
    fits = max(1, BATCH_CELLS // cells)
    maxima: list[float] = []
    batch, reached = FIRST_BATCH, 0
    while len(maxima) < settings.replicates:
        for value in strongest(min(batch, fits, settings.replicates - len(maxima))).tolist():
            maxima.append(value)
            reached += value >= highest - 1e-9
            if settings.stop and reached == settings.stop and settings.p_value == "rank":
                return np.array(maxima)
        batch *= 2
    return np.array(maxima)


def _p_value(maxima: Floats, ratio: float, settings: Scan) -> float:
    if settings.p_value == "gumbel":
        scale = max(float(maxima.std(ddof=1)) * np.sqrt(6) / np.pi, 1e-12)
        place = float(maxima.mean()) - EULER * scale
        return float(max(-np.expm1(-np.exp(-(ratio - place) / scale)), np.finfo(float).tiny))
    reached = int((maxima >= ratio - 1e-9).sum())
    if settings.stop and len(maxima) < settings.replicates:
        return min(1.0, reached / len(maxima))  # Besag and Clifford: stopped at the h-th of l
    return (reached + 1) / (len(maxima) + 1)
