"""Premature mortality, intervals and standardisation, against worked examples and exact limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minkang.errors import Fault
from minkang.indicators.demography import poisson_interval, premature_mortality, standardised_rate, wilson_interval
from minkang.indicators.demography.premature import is_premature_cause

RATES = (0.001, 0.0015, 0.002, 0.003, 0.005, 0.008, 0.012, 0.02)


def test_the_worked_example_of_premature_mortality() -> None:
    """Eight rates of the norm's example give 0.23096."""
    found = premature_mortality([rate * 100_000 for rate in RATES], [100_000] * 8)
    assert found.value == pytest.approx(0.23096, abs=5e-6)
    assert found.low < found.value < found.high


@pytest.mark.parametrize(
    ("code", "counts"),
    [
        ("H99", False), ("I00", True), ("I99.9", True), ("J00", False),
        ("B99", False), ("C00.1", True), ("C97", True), ("D00", False),
        ("E09", False), ("E10", True), ("E149", True), ("E15", False),
        ("J29", False), ("J30", True), ("j98.8", True), ("J99", False), ("", False),
    ],
)  # fmt: skip
def test_the_four_causes_end_where_they_end(code: str, counts: bool) -> None:
    """Each range just below, at both ends and just above."""
    assert is_premature_cause(code) is counts


@pytest.mark.parametrize(
    ("deaths", "people", "code"),
    [
        ([1] * 7, [10] * 7, "INDICATORS-006"),
        ([1] * 7 + [-1], [10] * 8, "INDICATORS-002"),
        ([1] * 8, [10] * 7 + [0], "INDICATORS-003"),
    ],
)
def test_premature_mortality_refuses_what_it_cannot_judge(deaths: list[int], people: list[int], code: str) -> None:
    """Missing groups, negative counts, nobody in a group."""
    with pytest.raises(Fault) as refused:
        premature_mortality(deaths, people)
    assert refused.value.code == code


def test_poisson_limits_are_the_exact_ones() -> None:
    """Garwood's limits for 0 and 10 events, as tabulated."""
    assert poisson_interval(0) == (0.0, pytest.approx(3.6889, abs=1e-4))
    assert poisson_interval(10) == (pytest.approx(4.7954, abs=1e-4), pytest.approx(18.3904, abs=1e-4))


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_limits_hold_the_share(count: int, more: int) -> None:
    """They lie in 0 to 1 and on both sides of the share, and touch an end only there."""
    low, high = wilson_interval(count, count + more)
    assert 0 <= low <= count / (count + more) <= high <= 1
    assert (low == 0) is (count == 0)
    assert wilson_interval(0, 0) == (0.0, 1.0)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(100, 10_000)), min_size=2, max_size=9))
def test_a_population_standardised_to_itself_keeps_its_rate(strata: list[tuple[int, int]]) -> None:
    """With its own people as the standard, the rate is the crude one, inside its interval."""
    events, people = zip(*strata, strict=True)
    found = standardised_rate(events, people, people)
    assert found.value == pytest.approx(sum(events) / sum(people))
    assert found.low <= found.value <= found.high


def test_standardising_moves_the_weights() -> None:
    """Two strata by hand; a stratum with weight and no people is refused."""
    assert standardised_rate([10, 40], [1000, 1000], [3, 1]).value == pytest.approx(0.0175)
    with pytest.raises(Fault):
        standardised_rate([1, 0], [1000, 0], [1, 1])
