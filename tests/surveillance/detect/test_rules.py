"""Single rules, against hand-worked cases, SciPy and recorded intermediate numbers."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from minkang.surveillance.detect import ALARM, QUIET, Reason, Series, detect
from minkang.surveillance.detect.baseline import reference_points, seasonal_blocks
from minkang.surveillance.detect.quantiles import overdispersed_quantile
from minkang.surveillance.detect.tables import read_table

P = st.floats(0.5, 0.9999)


@settings(deadline=None)
@given(P, st.floats(1e-3, 1e5), st.floats(1.001, 50))
def test_quantiles_are_those_of_the_negative_binomial(p: float, mean: float, phi: float) -> None:
    """The smallest count whose cumulative probability reaches p."""
    found = overdispersed_quantile(p, np.array([mean]), np.array([phi]))[0]
    size = mean / (phi - 1)
    assert stats.nbinom.cdf(found, size, 1 / phi) >= p * (1 - 1e-9)
    assert found == 0 or stats.nbinom.cdf(found - 1, size, 1 / phi) <= p * (1 + 1e-9)


def test_quantiles_of_extreme_parameters_neither_hang_nor_fail() -> None:
    """Means up to 1e300 and infinity, sizes beyond 1e20, Poisson at phi 1, nothing known."""
    mean = np.array([1e-300, 1e-10, 0.0, 1e12, 1e300, np.inf, np.nan, 5.0, 1e20])
    phi = np.array([1.0, 1 + 1e-15, 2.0, 1 + 1e-12, 40.0, 2.0, 1.0, 1.0, 1.0])
    found = overdispersed_quantile(0.99, mean, phi)
    assert found[:3].tolist() == [0.0, 0.0, 0.0]
    assert found[3] == pytest.approx(1e12, rel=1e-5)
    assert np.isposinf(found[5])
    assert np.isnan(found[6])
    assert found[7] == stats.poisson.ppf(0.99, 5)


def test_the_same_week_of_earlier_years_is_the_nearest_one_of_that_weekday() -> None:
    """A year of 53 weeks moves rows but not dates; 29 February becomes 1 March."""
    dates = np.datetime64("2003-12-29") + 7 * np.arange(700)
    series = Series(np.zeros((1, 700)), dates)
    points = reference_points(series, 400, 5, by_date=True)
    assert points is not None
    assert [str(dates[place]) for place in points] == [
        "2011-08-29", "2010-08-30", "2009-08-31", "2008-09-01", "2007-08-27", "2006-08-28",
    ]  # fmt: skip
    assert reference_points(series, 400, 5, by_date=False) == [400, 348, 296, 244, 192, 140]
    daily = Series(np.zeros((1, 2000)), np.datetime64("2007-01-01") + np.arange(2000), 365)
    leap = int((np.datetime64("2012-02-29") - np.datetime64("2007-01-01")).astype(int))
    found = reference_points(daily, leap, 1, by_date=True)
    assert found is not None
    assert str(daily.dates[found[1]]) == "2011-03-01" if daily.dates is not None else False
    assert reference_points(series, 100, 5, by_date=True) is None


@pytest.mark.reference
def test_every_intermediate_number_of_the_flexible_method_agrees(reference: Path) -> None:
    """Reference weeks, seasons, dispersion, mean and both standard errors of the recorded fits."""
    folder = reference / "surveillance"
    for trace in json.loads((folder / "results" / "trace_farringtonFlexible.json").read_text("utf-8")):
        place = folder / trace["data_file"]
        if not place.exists():
            continue
        lines = place.read_text("utf-8").splitlines()
        if trace["id"].startswith("sim"):
            continue
        series = read_table(lines, place.name, dated=trace["epochAsDate"]).batches[0].series
        control, step = trace["control"], trace["k"] - 1
        points = reference_points(series, step, control["b"], by_date=trace["epochAsDate"])
        assert points is not None
        assert sorted(place + 1 for place in points) == trace["reference_index"]
        blocks = seasonal_blocks(points, control["w"], control["noPeriods"], control["pastWeeksNotIncluded"])
        assert blocks is not None
        assert (blocks.steps + 1).tolist() == trace["training_index"]
        if control["noPeriods"] > 1:
            assert (blocks.group + 1).tolist() == trace["seasgroups"]
        for errors, name in (("r", "se_eta_as_R"), ("textbook", "se_eta_textbook_fit2")):
            asked = {
                "years": control["b"], "half_width": control["w"], "seasons": control["noPeriods"],
                "past_excluded": control["pastWeeksNotIncluded"], "trend_below": control["pThresholdTrend"],
                "errors": errors, "limit": [0, 4], "rows": [step + 1, step + 1], "by_date": trace["epochAsDate"],
            }  # fmt: skip
            if control["pThresholdTrend"] < 1 and errors == "textbook":
                continue
            found = detect("farrington-flexible", series, asked)
            details = {key: values[0, step] for key, values in found.details.items()}
            assert details["phi"] == pytest.approx(trace["final"]["phi"], rel=1e-9)
            assert np.log(details["mean"]) == pytest.approx(trace["final"]["eta"], abs=1e-9)
            assert details["error"] == pytest.approx(trace["final"][name], rel=1e-6), (trace["id"], errors)


@pytest.mark.reference
def test_the_moving_percentile_vectors_are_reproduced(reference: Path) -> None:
    """Daily blocks of seven days over three and five years, both readings of "reaches"; weekly counts too."""
    folder = reference / "surveillance"
    days = read_table((folder / "cidars_mpm_daily_series.csv").read_text().splitlines(), "daily").batches[0].series
    assert days.dates is not None
    expected = list(csv.DictReader((folder / "cidars_mpm_daily_example.csv").read_text().splitlines()))
    rows = np.searchsorted(days.dates, np.array([line["date"] for line in expected], dtype="datetime64[D]"))
    for percent in (50, 80, 90):
        for years in (3, 5):
            found = detect("moving-percentile", days, {"percentile": percent / 100, "years": years})
            wanted = np.array([float(line[f"P{percent}_{years}y{5 * years}b"]) for line in expected])
            assert np.allclose(found.threshold[0, rows], wanted, atol=1e-9)
    for reached, name in ((True, "alarm_P80_ge"), (False, "alarm_P80_gt")):
        found = detect("moving-percentile", days, {"percentile": 0.8, "reached": reached})
        assert found.alarm[0, rows].tolist() == [int(line[name]) for line in expected]
    weeks = read_table((folder / "data" / "campyDE.csv").read_text().splitlines(), "weekly").batches[0].series
    weekly = list(csv.DictReader((folder / "cidars_mpm_weekly_example.csv").read_text().splitlines()))
    for percent in (50, 65, 80, 90):
        found = detect("moving-percentile", weeks, {"percentile": percent / 100})
        wanted = np.array([float(line[f"P{percent}"]) for line in weekly])
        assert np.allclose(found.threshold[0, [int(line["t"]) - 1 for line in weekly]], wanted)


def test_a_population_that_grows_raises_what_is_expected() -> None:
    """With the offset the rate is modelled: twice the people today, twice the count; nobody there, no verdict."""
    random = np.random.default_rng(5)
    counts = random.poisson(30, (1, 300)).astype(float)
    people = np.full((1, 300), 1e4)
    grown, empty = people.copy(), people.copy()
    grown[0, -1] *= 2
    empty[0, 150] = 0
    asked = {"population_offset": True, "trend": False, "rows": [300, 300]}
    plain = detect("farrington-flexible", Series(counts), {"trend": False, "rows": [300, 300]})
    one = detect("farrington-flexible", Series(counts, population=people), asked)
    two = detect("farrington-flexible", Series(counts, population=grown), asked)
    none = detect("farrington-flexible", Series(counts, population=empty), asked)
    assert one.expected[0, -1] == pytest.approx(plain.expected[0, -1], rel=1e-6)
    assert two.expected[0, -1] == pytest.approx(2 * one.expected[0, -1], rel=1e-9)
    assert none.reason[0, -1] == Reason.POPULATION
    assert detect("farrington-flexible", Series(counts), asked).reason[0, -1] == Reason.POPULATION


def test_the_first_cases_of_a_disease_new_to_a_place_alarm() -> None:
    """Five years without a case: five cases alarm by default; R's way gives no verdict, and says so with a reason."""
    counts = np.zeros((1, 400))
    counts[0, -1] = 5
    asked = {"rows": [390, 400]}
    ours = detect("farrington-flexible", Series(counts), asked)
    assert ours.alarm[0, -1] == ALARM
    assert (ours.expected[0, -1], ours.threshold[0, -1]) == (0, 0)
    assert ours.alarm[0, -2] == QUIET
    as_in_r = detect("farrington-flexible", Series(counts), {**asked, "errors": "r"})
    assert as_in_r.reason[0, -1] == Reason.FIT


def test_the_rule_of_the_cdc_adds_three_days() -> None:
    """C3 sums what C2 exceeds 1 by; mean 4 and deviation 2 by hand."""
    base = [2.0, 6.0, 2.0, 6.0, 4.0, 4.0, 4.0]
    deviation = float(np.std(base, ddof=1))
    counts = np.array([[*base, 4.0, 4.0, 4.0, 4.0, 4.0 + 3.5 * deviation, 4.0]])
    found = detect("ears-c3", Series(counts))
    middle = np.mean(counts[0, 2:9])
    spread = np.std(counts[0, 2:9], ddof=1)
    assert found.details["statistic"][0, 11] == pytest.approx((counts[0, 11] - middle) / spread - 1)
    assert found.alarm[0, 11] == ALARM
    assert found.reason[0, 10] in {Reason.HISTORY, Reason.JUDGED}


@pytest.mark.parametrize("transformation", ["standard", "rossi", "anscombe", "anscombe2nd", "pearsonNegBin", "none"])
def test_the_sum_alarms_just_at_its_threshold(transformation: str) -> None:
    """A count at the threshold alarms, one below it does not."""
    random = np.random.default_rng(1)
    counts = random.poisson(9, (1, 200)).astype(float)
    asked = {"rows": [160, 200], "transformation": transformation, "k": 1.04 if transformation != "none" else 12.0}
    bound = detect("cusum", Series(counts), asked).threshold[0, 180]
    assert bound > 0
    for count, verdict in ((bound * (1 + 1e-9), ALARM), (bound * (1 - 1e-6), QUIET)):
        counts[0, 180] = count
        assert detect("cusum", Series(counts), asked).alarm[0, 180] == verdict


@pytest.mark.parametrize("method", ["glr-nb", "glr-pois"])
def test_the_likelihood_ratio_alarms_at_its_count_and_not_below(method: str) -> None:
    """The threshold is the smallest count that alarms."""
    random = np.random.default_rng(2)
    counts = random.negative_binomial(5, 0.4, (1, 180)).astype(float)
    asked = {"rows": [160, 180]}
    found = detect(method, Series(counts), asked)
    for step in (161, 170, 178):
        for count, verdict in ((found.threshold[0, step], ALARM), (found.threshold[0, step] - 1, QUIET)):
            changed = counts.copy()
            changed[0, step] = count
            assert detect(method, Series(changed), asked).alarm[0, step] == verdict
