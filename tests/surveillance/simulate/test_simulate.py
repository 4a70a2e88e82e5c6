"""Benchmark series: made by rule and seed, written and read back, and judged."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from minkang.cli import surveillance_simulate
from minkang.errors import Fault
from minkang.surveillance.simulation.files import read_series, write_series
from minkang.surveillance.simulation.metrics import performance
from minkang.surveillance.simulation.scenarios import Scenario, read_scenarios, standard_scenarios
from minkang.surveillance.simulation.series import Plan, between_first_and_last, simulate_series

FLAT = Scenario(1, 1.5, 0, 0.0, 0, 0.0, 0.0, 3.0)


def test_the_same_seed_gives_the_same_series() -> None:
    """Same arguments, same arrays; another seed, other counts."""
    first, again, other = (simulate_series([FLAT], 3, seed) for seed in (1, 1, 2))
    assert np.array_equal(first.observed, again.observed)
    assert not np.array_equal(first.observed, other.observed)


def test_counts_have_the_scenario_s_mean_and_variance() -> None:
    """Mean exp(theta) and variance phi × mean, over twenty series of 624 weeks."""
    counts = simulate_series([FLAT], 20, 5).baseline
    assert counts.mean() == pytest.approx(np.exp(1.5), rel=0.03)
    assert counts.var() / counts.mean() == pytest.approx(3.0, rel=0.06)


def test_outbreaks_lie_where_the_plan_says() -> None:
    """Past ones start after the early weeks, current ones early enough to end; each series has one."""
    made = simulate_series(standard_scenarios(), 1, 3)
    assert not made.past[:, :312].any()
    assert not made.current[:, :575].any()
    assert (made.current.sum(1) >= 1).all()
    assert made.outbreak.any(axis=1).all()


def test_trend_and_season_follow_the_formula() -> None:
    """log mean = theta + beta t + gamma1 cos + gamma2 sin of the year of 52 weeks."""
    made = simulate_series([Scenario(5, 0.1, 1, 0.0025, 1, 0.6, 0.6, 1.5)], 1, 1)
    angle = 2 * np.pi * 30 / 52
    assert np.log(made.mean[0, 29]) == pytest.approx(0.1 + 0.0025 * 30 + 0.6 * np.cos(angle) + 0.6 * np.sin(angle))


def test_file_is_read_back_and_is_the_same_byte_for_byte(tmp_path: Path) -> None:
    """Written twice: equal bytes; read: equal arrays, plain or packed."""
    made = simulate_series([FLAT], 2, 4)
    for name in ("a.csv", "b.csv.gz"):
        write_series(made, tmp_path / name)
        first = (tmp_path / name).read_bytes()
        write_series(made, tmp_path / name)
        assert (tmp_path / name).read_bytes() == first
        back = read_series(tmp_path / name)
        assert np.array_equal(back.observed, made.observed)
        assert np.array_equal(back.outbreak, made.outbreak)
        assert back.plan.evaluated == 49


def test_metrics_by_hand() -> None:
    """Two series of six weeks: one outbreak found a week late, one missed; one false alarm in twelve clean weeks."""
    outbreak = np.array([[0, 1, 1, 1, 0, 0], [0, 0, 0, 1, 1, 0]], dtype=bool)
    alarm = np.array([[0, 0, 1, 0, 0, 1], [0, 0, 0, 0, 0, 0]], dtype=bool)
    clean = np.array([[0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0]], dtype=bool)
    found = performance(clean, alarm, outbreak)
    assert found.false_positive_rate == pytest.approx(1 / 12)
    assert (found.detected, found.detected_at_once) == (0.5, 0.0)
    assert found.sensitivity == pytest.approx(1 / 5)
    assert found.specificity == pytest.approx(6 / 7)
    assert found.predictive_value == 0.5
    assert (found.delay, found.delay_penalised) == (1.0, 1.5)


def test_no_outbreak_at_all_is_not_a_number_and_not_a_crash() -> None:
    """Nothing to divide by: NaN, stated by the docstring."""
    none = np.zeros((1, 3), dtype=bool)
    found = performance(none, none, none)
    assert np.isnan(found.detected)
    assert found.false_positive_rate == 0.0


def test_between_first_and_last() -> None:
    """A gap within an outbreak belongs to it."""
    marked = np.array([[0, 1, 0, 1, 0]], dtype=bool)
    assert between_first_and_last(marked).tolist() == [[False, True, True, True, False]]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("scenario,theta\n1,2\n", "s.csv:2"),
        ("scenario,theta,trend,beta,m,gamma1,gamma2,phi\n1,0,0,0,0,0,0,0.5\n", "s.csv:2"),
        ("scenario,theta,trend,beta,m,gamma1,gamma2,phi\n", "s.csv"),
        ("scenario,theta,trend,beta,m,gamma1,gamma2,phi\n1,nan,0,0,0,0,0,2\n", "s.csv:2"),
    ],
)
def test_wrong_scenarios_are_refused_with_their_line(tmp_path: Path, text: str, place: str) -> None:
    """A missing column, a spread below Poisson, no row, a mean that is no number."""
    (tmp_path / "s.csv").write_text(text, "utf-8")
    with pytest.raises(Fault) as caught:
        read_scenarios(tmp_path / "s.csv")
    assert caught.value.code == "SURVEILLANCE-101"
    assert caught.value.where == place


def test_weeks_that_do_not_fit_and_means_too_large_are_refused() -> None:
    """Judged weeks longer than the series; a mean of millions."""
    with pytest.raises(Fault, match="SURVEILLANCE-102"):
        simulate_series([FLAT], 1, 1, Plan(weeks=60, evaluated=49, early=30))
    with pytest.raises(Fault, match="SURVEILLANCE-103"):
        simulate_series([replace(FLAT, theta=40.0)], 1, 1)


def test_command_writes_and_judges(tmp_path: Path) -> None:
    """`simulate --out --method --json`: a file, shares as figures, and the same figures of the file read back."""
    app = typer.Typer()
    app.callback()(lambda: None)
    surveillance_simulate.register(app)
    (tmp_path / "s.csv").write_text("scenario,theta,trend,beta,m,gamma1,gamma2,phi\n1,1.5,0,0,0,0,0,1.2\n", "utf-8")
    out = tmp_path / "series.csv.gz"
    common = ["simulate", "--method", "ensemble", "--json"]
    told = CliRunner().invoke(
        app, [*common, "--scenarios", str(tmp_path / "s.csv"), "--replicates", "5", "--out", str(out)]
    )
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    assert found["series"] == 5
    again = json.loads(CliRunner().invoke(app, [*common, "--series", str(out)]).stdout)
    assert again["performance"] == found["performance"]
    assert 0 <= found["performance"][0]["detected"] <= 1


@pytest.mark.reference
@pytest.mark.long
@pytest.mark.parametrize(
    ("method", "recorded"),
    [
        ("farrington-flexible", (0.0079, 0.477, 0.235)),
        ("ears-c1", (0.0404, 0.511, 0.182)),
        ("ears-c2", (0.0532, 0.539, 0.288)),
    ],
)
def test_figures_of_r_are_met_on_the_given_half(reference: Path, method: str, recorded: tuple[float, ...]) -> None:
    """R's figures are of 840 series, 420 of which are given: equal within three standard errors of the half."""
    made = read_series(reference / "surveillance" / "simulated_series.csv.gz")
    found = surveillance_simulate.judge(made, method)
    assert found.false_positive_rate == pytest.approx(recorded[0], abs=0.006)
    assert found.detected == pytest.approx(recorded[1], abs=0.05)
    assert found.sensitivity == pytest.approx(recorded[2], abs=0.03)
