"""Delays are corrected, honestly uncertain, and the reproduction number is the paper's."""

from __future__ import annotations

import numpy as np
import pytest

from minkang.errors import Fault
from minkang.surveillance.detect import Series, detect
from minkang.surveillance.detect.calendar_effects import HOLIDAY, WEEKEND, kind_of_day
from minkang.surveillance.detect.delay import Triangle, hazards, shares, triangle
from minkang.surveillance.detect.nowcast import NowcastSettings, nowcast
from minkang.surveillance.detect.nowcast_reproduction import reproduction, serial_interval

AS_OF = np.datetime64("2024-06-20")


def reports(
    seed: int, rate: float, days: int = 120, *, rests: bool = False, last: np.datetime64 = AS_OF
) -> tuple[np.ndarray, np.ndarray]:
    """Onsets at a rate a day, reported 0–6 days later; with `rests` nobody reports on days off."""
    rng = np.random.default_rng(seed)
    number = rng.poisson(rate, days)
    onset = np.repeat(np.arange(last - (days - 1), last + 1), number)
    reported = onset + rng.choice(7, len(onset), p=[0.1, 0.25, 0.25, 0.2, 0.1, 0.06, 0.04])
    if rests:
        off = [kind_of_day(day) in (WEEKEND, HOLIDAY) for day in np.arange(last - days, last + 30).astype(object)]
        free = np.array(off)
        for _ in range(12):
            reported = reported + free[(reported - (last - days)).astype(int)]
    return onset, reported


def test_shares_by_hand() -> None:
    """Two delays, 6 of 10 on the day itself: the last day has 60 % reported, the others all."""
    counts = np.tile([6.0, 4.0], (2000, 1))
    counts[-1, 1] = np.nan
    found = Triangle(counts, np.zeros((2000, 2), dtype=np.int64))
    came, stayed = hazards(found, 2000)
    hazard = came / (came + stayed)
    assert hazard[1, 0] == pytest.approx(0.4, abs=1e-3)
    assert np.allclose(shares(hazard, found), [*np.ones(1999), 0.6], atol=1e-3)


def test_triangle_holds_what_was_known_on_the_day() -> None:
    """Reports after the day are unknown, long delays are the longest, old onsets stay out."""
    onset = np.array(["2024-06-20", "2024-06-20", "2024-06-18", "2024-06-17", "2024-06-01"], dtype="datetime64[D]")
    reported = np.array(["2024-06-20", "2024-06-21", "2024-06-20", "2024-06-20", "2024-06-02"], dtype="datetime64[D]")
    found = triangle(onset, reported, AS_OF, 5, 2)
    assert found.reported.tolist() == [0, 1, 1, 0, 1]
    assert np.isnan(found.counts).tolist() == [
        [False] * 3,
        [False] * 3,
        [False] * 3,
        [False, False, True],
        [False, True, True],
    ]
    assert found.counts[1, 2] == 1


def test_a_case_reported_before_its_onset_is_refused() -> None:
    """Its number is named."""
    onset = np.array(["2024-06-01", "2024-06-05"], dtype="datetime64[D]")
    with pytest.raises(Fault) as caught:
        triangle(onset, onset - np.array([0, 1]), AS_OF, 30, 5)
    assert (caught.value.code, caught.value.where) == ("SURVEILLANCE-120", "2")


def test_too_few_days_for_the_delay_are_refused() -> None:
    """Delays never seen are not guessed."""
    onset, reported = reports(1, 5.0, 6)
    with pytest.raises(Fault, match="SURVEILLANCE-121"):
        nowcast(triangle(onset, reported, AS_OF, 6, 10))


@pytest.mark.parametrize("rests", [False, True])
def test_intervals_cover_the_truth(rests: bool) -> None:
    """On the last seven days of 28 counties the 90 % interval holds the final count about nine times of ten, and the
    nowcast errs far less than the count reported so far; with reporting that rests on days off too."""
    inside, error, plain = [], [], []
    for seed in range(28):
        last = AS_OF + seed  # every day of the week
        onset, reported = reports(seed, 12.0, rests=rests, last=last)
        found = nowcast(triangle(onset, reported, last, 110, 13), NowcastSettings(seed=seed))
        truth = np.array([(onset == last - back).sum() for back in range(6, -1, -1)])
        inside.append((found.low[-7:] <= truth) & (truth <= found.high[-7:]))
        error.append(found.expected[-7:] - truth)
        plain.append(found.reported[-7:] - truth)
    assert 0.84 <= np.mean(inside) <= 0.97
    assert abs(np.mean(error)) < 0.8
    assert np.abs(error).mean() < 0.6 * np.abs(plain).mean()


def test_what_is_complete_is_left_alone() -> None:
    """Days older than the longest delay: nowcast, interval and reports are one number."""
    onset, reported = reports(3, 8.0)
    found = nowcast(triangle(onset, reported, AS_OF, 100, 7))
    for values in (found.expected, found.low, found.high):
        assert np.array_equal(values[:-7], found.reported[:-7])
    assert (found.share[:-7] == 1).all()


def test_no_case_at_all_stays_near_none() -> None:
    """An empty triangle: nothing expected, a finite interval."""
    empty = np.array([], dtype="datetime64[D]")
    found = nowcast(triangle(empty, empty, AS_OF, 60, 5))
    assert found.expected.max() < 1.0
    assert np.isfinite(found.high).all()


def test_a_detector_sees_the_rise_through_the_delay() -> None:
    """With the share as exposure a tripled last day alarms, which the raw counts hide."""
    onset, reported = reports(4, 20.0, 420)
    more = np.repeat(np.arange(AS_OF - 1, AS_OF + 1), 40)
    late = np.random.default_rng(1).choice(7, len(more), p=[0.1, 0.25, 0.25, 0.2, 0.1, 0.06, 0.04])
    found = nowcast(triangle(np.append(onset, more), np.append(reported, more + late), AS_OF, 420, 7))
    raw = Series(found.reported[None], freq=365)
    seen = Series(found.reported[None], freq=365, population=found.share[None])
    rows = {"rows": (418, 420), "history": 300}
    assert not (detect("ensemble", raw, rows).alarm[0, 417:] == 1).any()
    assert (detect("ensemble", seen, rows | {"population_offset": True}).alarm[0, 417:] == 1).any()


def test_serial_interval_has_its_moments() -> None:
    """Mean as given, variance that of the discrete form (1/6 more), no same-day pair."""
    weight = serial_interval(7.5, 3.4)
    day = np.arange(len(weight))
    assert weight[0] == 0
    assert weight.sum() == pytest.approx(1)
    assert (weight * day).sum() == pytest.approx(7.5, abs=0.01)
    assert (weight * (day - 7.5) ** 2).sum() == pytest.approx(3.4**2 + 1 / 6, abs=0.05)
    with pytest.raises(Fault, match="SURVEILLANCE-122"):
        serial_interval(1.0, 1.0)


def test_reproduction_by_hand() -> None:
    """Each case infects the next day: 10 a day, window 7: (1 + 70) / (1/5 + 70); doubling daily: about 2."""
    found = reproduction(np.full(20, 10.0), np.array([0.0, 1.0]))
    assert found.mean[10] == pytest.approx(71 / 70.2)
    assert np.isnan(found.mean[:7]).all()
    assert found.low[10] < 1 < found.high[10]
    doubling = reproduction(2.0 ** np.arange(12), np.array([0.0, 1.0]))
    assert doubling.mean[11] == pytest.approx(2.0, abs=0.01)
    assert doubling.enough[11]


def test_reproduction_of_a_simulated_epidemic() -> None:
    """Renewal with R = 1.6 then 0.7: the 95 % interval holds the truth on most days of each phase."""
    interval = serial_interval(5.0, 2.0)
    rng = np.random.default_rng(6)
    cases = np.zeros(60)
    cases[:5] = 20
    truth = np.where(np.arange(60) < 30, 1.6, 0.7)
    for day in range(5, 60):
        cases[day] = rng.poisson(truth[day] * sum(cases[day - k] * interval[k] for k in range(1, min(day, 40) + 1)))
    found = reproduction(cases, interval)
    clear = np.r_[18:30, 38:60]
    assert np.mean((found.low <= truth)[clear] & (truth <= found.high)[clear]) > 0.85


def test_draws_of_a_nowcast_widen_the_interval() -> None:
    """Unsure counts, unsurer R; negative or missing counts are refused."""
    interval = serial_interval(5.0, 2.0)
    sure = reproduction(np.full(30, 20.0), interval)
    draws = np.full((500, 30), 20.0)
    draws[:, -5:] = np.random.default_rng(1).gamma(4, 5, (500, 5))
    unsure = reproduction(draws, interval)
    assert unsure.high[-1] - unsure.low[-1] > 1.2 * (sure.high[-1] - sure.low[-1])
    for wrong in (np.array([1.0, np.nan]), np.array([-1.0])):
        with pytest.raises(Fault, match="SURVEILLANCE-123"):
            reproduction(wrong, interval)
