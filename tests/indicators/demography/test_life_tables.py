"""Life tables against Chiang's published table, hand-made ones, and laws that hold for any population."""

from __future__ import annotations

import itertools
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minkang.errors import Fault, Faults
from minkang.indicators.demography import AgeGroup, healthy_life, life_table
from minkang.indicators.demography.life_files import life_tables

STARTS = (0, 1, *range(5, 90, 5))


@pytest.mark.reference
def test_californias_table_of_1970_comes_out(reference: Path) -> None:
    """Every published value of Chiang's table, to the digits printed."""
    lines = (reference / "lifetables" / "chiang_california_1970.csv").read_text("utf-8").splitlines()
    ((_, _, rows),) = life_tables(lines, "chiang")
    head = lines[0].split(",")
    seen = 0
    for line, row in zip(lines[1:], rows, strict=True):
        told = dict(zip(head, line.split(","), strict=True))
        if told["expected_qx"]:
            assert row.qx == pytest.approx(float(told["expected_qx"]), abs=5e-6)
        if told["expected_ex"]:
            assert row.ex == pytest.approx(float(told["expected_ex"]), abs=5e-3)
            seen += 1
    assert seen == 3


def test_a_small_table_worked_by_hand() -> None:
    """Two groups: q from m and a, e from L, and the error of e from that of q alone."""
    first, last = life_table([AgeGroup(0, 10, 1000, 2.5), AgeGroup(5, 20, 400)])
    assert first.mx == 0.01
    dying = 5 * 0.01 / (1 + 2.5 * 0.01)
    assert first.qx == pytest.approx(dying)
    assert last.ex == 20.0
    assert first.ex == pytest.approx(5 * (1 - dying) + 2.5 * dying + (1 - dying) * 20)
    variance = dying**2 * (1 - dying) / 10
    assert first.se_qx == pytest.approx(math.sqrt(variance))
    assert first.se_ex == pytest.approx((20 + 2.5) * math.sqrt(variance))
    assert last.se_ex == 0.0
    assert first.low < first.ex < first.high


@pytest.mark.parametrize(
    ("deaths", "sex", "first", "child"),
    [
        (10, "male", 0.045 + 2.684 * 0.01, 1.651 - 2.816 * 0.01),
        (10, "female", 0.053 + 2.800 * 0.01, 1.522 - 1.518 * 0.01),
        (106, "male", 0.045 + 2.684 * 0.106, 1.651 - 2.816 * 0.106),
        (107, "male", 0.330, 1.352),
        (108, "female", 0.350, 1.361),
        (10, "", (0.045 + 0.02684 + 0.053 + 0.028) / 2, (1.651 - 0.02816 + 1.522 - 0.01518) / 2),
    ],
)
def test_standard_separation_factors(deaths: int, sex: str, first: float, child: float) -> None:
    """Linear below an infant rate of 0.107, fixed from there on; without a sex the mean of both."""
    groups = [AgeGroup(0, deaths, 1000), AgeGroup(1, 2, 4000), AgeGroup(5, 2, 5000), AgeGroup(10, 90, 2000)]
    rows = life_table(groups, sex)  # type: ignore[arg-type]
    assert rows[0].ax == pytest.approx(first)
    assert rows[1].ax == pytest.approx(child)
    assert rows[2].ax == 2.5


POPULATIONS = st.lists(
    st.tuples(st.integers(0, 500), st.integers(1000, 100_000)), min_size=len(STARTS), max_size=len(STARTS)
)


@given(POPULATIONS)
def test_laws_of_any_table(counts: list[tuple[int, int]]) -> None:
    """Survivors never rise, deaths of the table sum to its radix, years to the total, and e0 is T0 over l0."""
    groups = [AgeGroup(start, *count) for start, count in zip(STARTS, counts, strict=True)]
    groups[-1] = AgeGroup(STARTS[-1], groups[-1].deaths + 1, groups[-1].population)
    rows = life_table(groups)
    assert all(later.lx <= row.lx for row, later in itertools.pairwise(rows))
    assert sum(row.dx for row in rows) == pytest.approx(100_000)
    assert rows[0].total == pytest.approx(sum(row.person_years for row in rows))
    assert all(0 <= row.qx <= 1 and row.se_ex >= 0 and (row.ex > 0) is (row.lx > 0) for row in rows)


@given(POPULATIONS, st.integers(2, 50))
def test_more_years_of_the_same_narrow_the_interval(counts: list[tuple[int, int]], times: int) -> None:
    """Counts times k leave expectations as they are and divide their errors by the root of k."""
    groups = [AgeGroup(start, dead + 1, people) for start, (dead, people) in zip(STARTS, counts, strict=True)]
    many = [AgeGroup(one.start, one.deaths * times, one.population * times) for one in groups]
    for row, other in zip(life_table(groups), life_table(many), strict=True):
        assert other.ex == pytest.approx(row.ex)
        assert other.se_ex == pytest.approx(row.se_ex / math.sqrt(times))


@pytest.mark.parametrize(
    ("groups", "code"),
    [
        ([AgeGroup(0, 1, 10)], "INDICATORS-001"),
        ([AgeGroup(5, 1, 10), AgeGroup(0, 1, 10)], "INDICATORS-001"),
        ([AgeGroup(-1, 1, 10), AgeGroup(0, 1, 10)], "INDICATORS-001"),
        ([AgeGroup(0, -1, 10), AgeGroup(5, 1, 10)], "INDICATORS-002"),
        ([AgeGroup(0, float("nan"), 10), AgeGroup(5, 1, 10)], "INDICATORS-002"),
        ([AgeGroup(0, 1, 0), AgeGroup(5, 1, 10)], "INDICATORS-003"),
        ([AgeGroup(0, 1, 10), AgeGroup(5, 0, 10)], "INDICATORS-004"),
        ([AgeGroup(0, 1, 10, 6), AgeGroup(5, 1, 10)], "INDICATORS-005"),
    ],
)
def test_what_is_no_population_is_refused(groups: list[AgeGroup], code: str) -> None:
    """Each fault of the counts has its own answer; nothing is computed past it."""
    with pytest.raises(Fault) as refused:
        life_table(groups)
    assert refused.value.code == code


def test_years_in_full_health_are_all_years() -> None:
    """With everybody healthy Sullivan's years are the table's; with half, half; the survey's size gives the error."""
    rows = life_table([AgeGroup(0, 10, 1000, 2.5), AgeGroup(5, 20, 400)])
    whole, half = healthy_life(rows, [1, 1]), healthy_life(rows, [0.5, 0.5], [100, 100])
    assert whole[0].years == pytest.approx(rows[0].ex)
    assert (half[0].years, half[0].share) == (pytest.approx(rows[0].ex / 2), pytest.approx(0.5))
    assert whole[0].se == 0.0
    assert half[1].se == pytest.approx(20 * math.sqrt(0.25 / 100))
    with pytest.raises(Fault):
        healthy_life(rows, [1.1, 0])


def test_files_say_ages_in_two_ways_and_fractions_or_years() -> None:
    """`age_interval` with `ax` and `age_start` with `nax` give the same table, group by group and in any order."""
    by_fraction = ["age_interval,deaths,population,ax,group", "85+,20,400,,a", "0-85,10,1000,0.5,a"]
    by_years = ["\ufeffgroup,age_start,deaths,population,nax", 'a,0,10,"1,000",42.5', "a,85,20,400,", ""]
    ((group, sex, one),), ((_, _, other),) = life_tables(by_fraction), life_tables(by_years)
    assert (group, sex) == ("a", "")
    assert one == other


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (["a,b"], "INDICATORS-010"),
        ([], "INDICATORS-010"),
        (["age_start,deaths,population"], "INDICATORS-012"),
        (["age_start,deaths,population", "0,x,1"], "INDICATORS-011"),
        (["age_start,deaths,population", "old,1,1"], "INDICATORS-011"),
        (["age_start,deaths,population", "0,1,0", "5,1,1"], "INDICATORS-003"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(lines: list[str], code: str) -> None:
    """Missing columns, cells that are no numbers, no rows; the place names file and line or group."""
    with pytest.raises(Fault) as refused:
        list(life_tables(lines, "deaths.csv"))
    faults = refused.value.faults if isinstance(refused.value, Faults) else [refused.value]
    assert {fault.code for fault in faults} == {code}
    assert all("deaths.csv" in fault.where for fault in faults)


def test_the_command_prints_rows_for_programs(tmp_path: Path) -> None:
    """`minkang indicators lifetable --json` gives one object with all rows of all groups."""
    file = tmp_path / "deaths.csv"
    file.write_text("group,sex,age_start,deaths,population\na,男,0,10,1000\na,男,1,20,400\nb,女,0,5,1000\nb,女,1,2,9\n")
    program = "from minkang.cli.main import main; main()"
    command = [sys.executable, "-c", program, "indicators", "lifetable", "--input", str(file), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = json.loads(done.stdout)["rows"]
    assert [(row["group"], row["sex"], row["age_start"]) for row in rows] == [
        ("a", "男", 0.0), ("a", "男", 1.0), ("b", "女", 0.0), ("b", "女", 1.0)
    ]  # fmt: skip
    assert rows[0]["nax"] == pytest.approx(0.045 + 2.684 * 0.01)
    assert rows[1]["qx"] == 1.0
    assert rows[3]["ex"] == pytest.approx(4.5)
