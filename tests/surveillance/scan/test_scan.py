"""The space-time scan: hand-worked cases, honest p-values, and outbreaks found."""

from __future__ import annotations

import math

import numpy as np
import pytest

from minkang.errors import Fault
from minkang.surveillance.detect.scan import Scan, log_ratio, scan_permutation, scan_poisson
from minkang.surveillance.detect.scan_zones import circles, distances, rings

LINE = np.abs(np.arange(4.0)[:, None] - np.arange(4.0))


def county(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Distances and shares of twelve townships."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 40, (12, 2))
    weight = rng.uniform(0.5, 1.5, 12)
    return np.hypot(*(at[:, None] - at).transpose(2, 0, 1)), weight / weight.sum()


def test_circles_on_a_line() -> None:
    """Four places in a row, at most half: singles and pairs, each once; places at one distance come together."""
    found = {tuple(np.flatnonzero(zone).tolist()) for zone in circles(LINE)}
    assert found == {(0,), (1,), (2,), (3,), (0, 1), (2, 3)}
    wide = {tuple(np.flatnonzero(zone).tolist()) for zone in circles(LINE, share=0.75)}
    assert wide == found | {(0, 1, 2), (1, 2, 3)}
    assert len(circles(LINE, radius=0.5)) == 4


def test_neighbours_make_the_same_zones_as_the_line() -> None:
    """A chain of neighbours is the line; an island stays alone; an unknown neighbour is refused."""
    chain = rings(["a", "b", "c", "d"], {"a": ["b"], "b": ["c"], "c": ["d"]})
    assert {zone.tobytes() for zone in chain} == {zone.tobytes() for zone in circles(LINE)}
    island = rings(["a", "b", "c"], {"a": ["b"]}, share=1.0)
    assert all(zone.sum() == 1 for zone in island if zone[2])
    with pytest.raises(Fault, match="SURVEILLANCE-110"):
        rings(["a"], {"a": ["z"]})


def test_distance_of_two_towns() -> None:
    """A degree of latitude is 111.2 km everywhere; a degree of longitude shrinks by the cosine."""
    found = distances(np.array([116.0, 116.0, 117.0]), np.array([35.0, 36.0, 35.0]))
    assert found[0, 1] == pytest.approx(111.195, abs=0.01)
    assert found[0, 2] == pytest.approx(111.195 * math.cos(math.radians(35)), abs=0.1)


def test_poisson_by_hand() -> None:
    """Two places, two days, 1 1 / 1 7 with 2.5 expected in each: the cylinder is place 2 today, ratio by formula."""
    counts = np.array([[1, 1], [1, 7]])
    found = scan_poisson(counts, np.ones((2, 2)), np.eye(2, dtype=bool), Scan(longest=2, shortest=1))
    best = found.clusters[0]
    assert (best.places, best.days, best.observed, best.expected) == ((1,), 1, 7.0, 2.5)
    assert best.ratio == pytest.approx(7 * math.log(7 / 2.5) + 3 * math.log(3 / 7.5))
    # P by enumeration: the strongest of the four cylinders over all ways of 10 cases in 4 equal cells.
    assert best.p == pytest.approx(exact_p(best.ratio), abs=0.015)


def exact_p(ratio: float) -> float:
    """Probability that 10 cases in 4 equal cells (old/new × place) give a cylinder as strong."""
    reached = 0.0
    for a in range(11):
        for b in range(11 - a):
            for c in range(11 - a - b):
                cells = np.array([[a, b], [c, 10 - a - b - c]])
                ways = math.factorial(10) / math.prod(math.factorial(int(n)) for n in cells.ravel())
                today, both = cells[1].astype(float), cells.sum(0).astype(float)
                strongest = 0.0
                for seen, usual in ((today, 2.5), (both, 5.0)):
                    values = log_ratio(seen, np.full(2, usual), 10.0)
                    strongest = max(strongest, float(values[seen >= 2].max(initial=0.0)))
                reached += ways / 4**10 * (strongest >= ratio - 1e-9)
    return reached


def test_permutation_by_hand() -> None:
    """Expected cases are row sum × column sum / total: 8 today × 8 in place 2 / 10 = 6.4 against 7."""
    counts = np.array([[1, 1], [1, 7]])
    best = scan_permutation(counts, np.eye(2, dtype=bool), Scan(longest=1, stop=0)).clusters[0]
    assert (best.places, best.observed, best.expected) == ((1,), 7.0, 6.4)
    assert best.ratio == pytest.approx(7 * math.log(7 / 6.4) + 3 * math.log(3 / 3.6))
    # Of 10 cases 8 are today's and 8 in place 2; 8 or 7 of them meet in 1 + 8·2 of C(10, 8) = 45 ways. Where 6 meet,
    # place 1 has 2 for 1.6 today, which is weaker.
    assert best.p == pytest.approx(17 / 45, abs=0.05)


def test_what_all_places_share_is_no_cluster_for_the_permutation() -> None:
    """A county-wide rise: the permutation model stays calm."""
    rng = np.random.default_rng(5)
    _, weight = county(1)
    counts = rng.poisson(10 * weight, (60, 12))
    counts[-3:] += rng.poisson(30 * weight, (3, 12))
    zones = circles(county(1)[0], weight)
    assert scan_permutation(counts, zones).clusters[0].p > 0.02


def test_an_outbreak_in_two_towns_is_found_where_it_is() -> None:
    """Twelve more cases in the two nearest towns over three days: both models name the centre, p below 0.01."""
    rng = np.random.default_rng(7)
    distance, weight = county(2)
    zones = circles(distance, weight)
    counts = rng.poisson(6 * weight, (90, 12))
    pair = np.argsort(distance[4])[:2]
    counts[-3:, pair] += 2
    usual = np.tile(6 * weight, (90, 1))
    for found in (scan_poisson(counts, usual, zones), scan_permutation(counts, zones)):
        best = found.clusters[0]
        assert set(pair.tolist()) & set(best.places)
        assert best.p <= 0.01
        assert best.recurrence == pytest.approx(1 / best.p)
        assert found.clusters == tuple(sorted(found.clusters, key=lambda one: -one.ratio))


@pytest.mark.parametrize("model", ["poisson", "permutation"])
def test_p_values_are_uniform_without_a_cluster(model: str) -> None:
    """Of 120 quiet counties about a tenth have p ≤ 0.1, and no more than a few p ≤ 0.01."""
    rng = np.random.default_rng(11)
    distance, weight = county(3)
    zones = circles(distance, weight)
    usual = np.tile(weight, (40, 1))
    found = []
    for seed in range(120):
        counts = rng.poisson(8 * usual)
        quick = Scan(seed=seed, replicates=199, stop=20)
        scanned = (
            scan_poisson(counts, usual, zones, quick) if model == "poisson" else scan_permutation(counts, zones, quick)
        )
        found.append(min((one.p for one in scanned.clusters), default=1.0))
    assert 0.03 <= np.mean(np.array(found) <= 0.1) <= 0.19
    assert np.mean(np.array(found) <= 0.01) <= 0.05


def test_early_stopping_saves_replicates_and_keeps_the_answer() -> None:
    """Clearly no cluster: stopped early; the p-value near that of all replicates."""
    rng = np.random.default_rng(13)
    distance, weight = county(4)
    zones = circles(distance, weight)
    counts = rng.poisson(6 * weight, (40, 12))
    usual = np.tile(weight, (40, 1))
    early = scan_poisson(counts, usual, zones, Scan(stop=50))
    whole = scan_poisson(counts, usual, zones, Scan(stop=0))
    assert early.replicates < whole.replicates == 999
    assert early.clusters[0].p == pytest.approx(whole.clusters[0].p, abs=0.15)


def test_gumbel_reaches_below_the_replicates() -> None:
    """A massive cluster: p far below 1 / 1000, and near the rank's where that can be measured."""
    rng = np.random.default_rng(17)
    distance, weight = county(5)
    zones = circles(distance, weight)
    usual = np.tile(weight, (40, 1))
    counts = rng.poisson(6 * usual)
    counts[-2:, 3] += 4
    rank = scan_poisson(counts, usual, zones, Scan(stop=0)).clusters[-1].p
    gumbel = scan_poisson(counts, usual, zones, Scan(p_value="gumbel")).clusters[-1].p
    assert gumbel == pytest.approx(rank, abs=0.06)
    counts[-1, 3] += 30
    assert 0 < scan_poisson(counts, usual, zones, Scan(p_value="gumbel")).clusters[0].p < 1e-6


def test_the_same_seed_gives_the_same_answer() -> None:
    """Twice the same; the settings are part of it."""
    distance, weight = county(6)
    counts = np.random.default_rng(1).poisson(6 * weight, (30, 12))
    zones = circles(distance, weight)
    assert scan_permutation(counts, zones) == scan_permutation(counts, zones)


def test_bad_input() -> None:
    """Nothing there is no cluster; shapes, negatives, fractions, NaN and empty expectations are refused."""
    zones = np.eye(2, dtype=bool)
    assert scan_permutation(np.zeros((5, 2)), zones).clusters == ()
    assert scan_poisson(np.zeros((5, 2)), np.ones((5, 2)), zones).clusters == ()
    for counts in (np.full((5, 2), -1.0), np.full((5, 2), 0.5), np.full((5, 2), np.nan), np.ones((5, 3))):
        with pytest.raises(Fault, match="SURVEILLANCE-111"):
            scan_permutation(counts, zones)
    for expected in (np.zeros((5, 2)), np.ones((4, 2)), np.full((5, 2), np.inf)):
        with pytest.raises(Fault, match="SURVEILLANCE-111"):
            scan_poisson(np.ones((5, 2)), expected, zones)
    with pytest.raises(Fault, match="SURVEILLANCE-110"):
        circles(np.array([[0.0, np.nan], [1.0, 0.0]]))
