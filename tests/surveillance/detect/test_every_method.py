"""What holds for every detector, whatever its rule."""

from __future__ import annotations

import numpy as np
import pytest

from minkang.errors import Fault
from minkang.surveillance.detect import ALARM, METHODS, UNKNOWN, Reason, Series, Verdicts, detect

WEEKS = 330
ROWS = {"rows": (318, WEEKS)}


def odd_series(seed: int = 7) -> np.ndarray:
    """Series that real tables hold: busy, sparse, none at all, gaps, negative, one case at the end, huge, constant."""
    random = np.random.default_rng(seed)
    season = 1 + 0.5 * np.sin(2 * np.pi * np.arange(WEEKS) / 52)
    busy = random.poisson(20 * season).astype(float)
    gaps = busy.copy()
    gaps[random.choice(WEEKS, 60, replace=False)] = np.nan
    negative = busy.copy()
    negative[[10, 200, 320]] = -3
    last = np.zeros(WEEKS)
    last[-1] = 1
    rows = [
        busy, random.poisson(0.05, WEEKS), np.zeros(WEEKS), gaps, negative, last, busy * 1e6, np.full(WEEKS, 5.0),
        np.full(WEEKS, np.nan),
    ]  # fmt: skip
    return np.array(rows, dtype=float)


def same(one: Verdicts, other: Verdicts) -> bool:
    """Equal verdicts; thresholds but for rounding, since sums over a batch may add up in another order."""
    return (
        np.allclose(one.expected, other.expected, rtol=1e-6, equal_nan=True)
        and np.allclose(one.threshold, other.threshold, rtol=1e-6, equal_nan=True)
        and np.array_equal(one.alarm, other.alarm)
        and np.array_equal(one.reason, other.reason)
    )


@pytest.mark.parametrize("method", sorted(METHODS))
def test_no_silence_without_a_reason(method: str) -> None:
    """A point without threshold or verdict says why, rows outside `rows` say that, and nothing warns or fails."""
    found = detect(method, Series(odd_series()), ROWS)
    judged = found.reason == Reason.JUDGED
    assert judged.any()
    assert not np.isnan(found.threshold[judged]).any()
    assert (found.alarm[judged] != UNKNOWN).all()
    assert (found.alarm[found.reason == Reason.MISSING] == UNKNOWN).all()
    assert (found.reason[:, : ROWS["rows"][0] - 1] == Reason.OUTSIDE).all()
    assert (found.alarm[np.isnan(odd_series())] == UNKNOWN).all()


@pytest.mark.parametrize("method", sorted(METHODS))
def test_neighbours_in_a_batch_do_not_matter(method: str) -> None:
    """A series alone gets the verdicts it gets among others."""
    counts = odd_series()
    together = detect(method, Series(counts), ROWS)
    for row in range(len(counts)):
        alone = detect(method, Series(counts[row : row + 1]), ROWS)
        part = Verdicts(
            *(getattr(together, name)[row : row + 1] for name in ("expected", "threshold", "alarm", "reason"))
        )
        assert same(alone, part), row


@pytest.mark.parametrize("method", sorted(METHODS))
def test_the_future_is_not_known(method: str) -> None:
    """Counts after a week do not change what is said of it."""
    counts = odd_series()
    changed = counts.copy()
    changed[:, 320:] = 1000
    one, other = detect(method, Series(counts), ROWS), detect(method, Series(changed), ROWS)
    for name in ("expected", "threshold", "alarm", "reason"):
        before, after = getattr(one, name)[:, :320], getattr(other, name)[:, :320]
        assert np.allclose(before, after, rtol=1e-9, equal_nan=True), name


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_flood_alarms(method: str) -> None:
    """A hundred times the usual count on a steady series is found by every method in its first week."""
    random = np.random.default_rng(3)
    counts = random.poisson(8, (1, WEEKS)).astype(float)
    counts[0, -1] = 800
    if method == "ears-c3":
        counts[0, -2] = 800
    assert detect(method, Series(counts), ROWS).alarm[0, -1] == ALARM


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_short_or_empty_series_is_told_apart(method: str) -> None:
    """Ten weeks, no week and no series at all are answered, not refused."""
    short = detect(method, Series(np.full((2, 10), 3.0)))
    assert short.alarm.shape == (2, 10)
    unknown = short.alarm == UNKNOWN
    assert (short.reason[unknown] != Reason.JUDGED).all()
    assert detect(method, Series(np.empty((0, 400)))).alarm.shape == (0, 400)
    assert detect(method, Series(np.empty((1, 0)))).alarm.shape == (1, 0)


def test_an_unknown_method_or_setting_is_refused_by_name() -> None:
    """The fault names what is wrong and what there is."""
    series = Series(np.ones((1, 10)))
    with pytest.raises(Fault, match=r"SURVEILLANCE-001.*farrington-flexible"):
        detect("farington", series)
    with pytest.raises(Fault, match=r"SURVEILLANCE-002.*alpha_"):
        detect("farrington", series, {"alpha_": 0.01})
    with pytest.raises(Fault, match=r"SURVEILLANCE-002"):
        detect("farrington", series, {"alpha": 1.5})


def test_shapes_that_differ_are_refused() -> None:
    """Population, dates and counts share their shape."""
    with pytest.raises(Fault, match="SURVEILLANCE-003"):
        Series(np.ones((1, 10)), population=np.ones((1, 9)))
    with pytest.raises(Fault, match="SURVEILLANCE-003"):
        Series(np.ones(10))
    with pytest.raises(Fault, match="SURVEILLANCE-003"):
        Series(np.ones((1, 10)), dates=np.arange("2020-01-01", "2020-01-05", dtype="datetime64[D]"))
