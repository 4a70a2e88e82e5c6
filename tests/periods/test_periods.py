"""Periods, weeks and ages: worked days at the edges, and laws that hold for any day."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minkang.errors import Fault
from minkang.periods import (
    KINDS,
    Kind,
    add_months,
    age_in_days,
    age_in_months,
    age_in_years,
    birthday,
    epi_week,
    parse_period,
    period_of,
    periods_between,
)

DAYS = st.dates(date(1901, 1, 1), date(2190, 12, 31))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2025", date(2025, 1, 1), date(2025, 12, 31)),
        ("2025MCH", date(2024, 10, 1), date(2025, 9, 30)),
        ("2024Q1", date(2024, 1, 1), date(2024, 3, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2020W53", date(2020, 12, 28), date(2021, 1, 3)),
        ("2025W01", date(2024, 12, 30), date(2025, 1, 5)),
        ("2025-06-30", date(2025, 6, 30), date(2025, 6, 30)),
    ],
)
def test_a_period_has_the_days_that_its_name_says(text: str, first: date, last: date) -> None:
    """Leap days, 53-week years and the statistical year of maternal and child health are right."""
    period = parse_period(text)
    assert (period.first, period.last, str(period)) == (first, last, text)
    assert period.holds(first)
    assert period.holds(last)
    assert not period.holds(period.end)
    assert period.days == (last - first).days + 1


@pytest.mark.parametrize(
    "text", ["", "25", "2025Q5", "2025-13", "2021W53", "2025W00", "2025-02-29", "1899", "2025 ", "x"]
)
def test_what_is_no_period_is_refused(text: str) -> None:
    """A week or a day the calendar does not have gets the same clear answer as nonsense; blanks around are forgiven."""
    if text == "2025 ":
        assert str(parse_period(text)) == "2025"
        return
    with pytest.raises(Fault) as caught:
        parse_period(text)
    assert caught.value.code == "PERIODS-001"


@given(DAYS, st.sampled_from(KINDS))
def test_each_day_lies_in_one_period_of_each_kind(day: date, kind: Kind) -> None:
    """Periods of a kind follow each other without gap or overlap, and their names read back."""
    period = period_of(day, kind)
    assert period.holds(day)
    assert parse_period(str(period)) == period
    assert period.next().first == period.end
    assert period.next().before() == period


@given(DAYS, st.integers(0, 400), st.sampled_from(KINDS))
def test_periods_between_cover_the_span(first: date, length: int, kind: Kind) -> None:
    """Every day of the span is held by exactly one of them."""
    last = first + timedelta(days=length)
    found = list(periods_between(first, last, kind))
    assert found[0].holds(first)
    assert found[-1].holds(last)
    assert all(a.end == b.first for a, b in itertools.pairwise(found))
    assert list(periods_between(last, first - timedelta(days=1), kind)) == []


@given(DAYS, st.integers(-60, 60))
def test_weeks_are_counted_across_years(day: date, weeks: int) -> None:
    """Counting weeks on and back meets the same week; a week has seven days from Monday."""
    week = epi_week(day)
    assert week.plus(weeks).plus(-weeks) == week
    assert week.first.weekday() == 0
    assert (week.last - week.first).days == 6


@pytest.mark.parametrize(
    ("birth", "on", "years", "months"),
    [
        (date(2020, 2, 29), date(2021, 2, 27), 0, 11),
        (date(2020, 2, 29), date(2021, 2, 28), 1, 12),
        (date(2020, 2, 29), date(2024, 2, 28), 3, 47),
        (date(2020, 2, 29), date(2024, 2, 29), 4, 48),
        (date(2025, 1, 31), date(2025, 2, 28), 0, 1),
        (date(2025, 1, 31), date(2025, 3, 30), 0, 1),
        (date(2025, 1, 31), date(2025, 3, 31), 0, 2),
        (date(2025, 6, 15), date(2025, 6, 14), -1, -1),
        (date(2025, 6, 15), date(2025, 6, 15), 0, 0),
    ],
)
def test_ages_change_on_the_birthday(birth: date, on: date, years: int, months: int) -> None:
    """The day before, the day itself, month ends and leap days."""
    assert age_in_years(birth, on) == years
    assert age_in_months(birth, on) == months


@given(DAYS, st.integers(0, 130))
def test_the_birthday_is_the_first_day_of_an_age(birth: date, years: int) -> None:
    """On the birthday the age is reached, the day before it is not."""
    if birth.year + years > 2190:
        return
    day = birthday(birth, years)
    assert age_in_years(birth, day) == years
    assert age_in_years(birth, day - timedelta(days=1)) == years - 1
    assert age_in_days(birth, birth + timedelta(days=years)) == years


@given(DAYS, st.integers(-600, 600))
def test_months_keep_the_day_or_the_month_end(day: date, months: int) -> None:
    """No month is skipped, whatever its length."""
    if not 1901 <= day.year + months // 12 <= 2190:
        return
    there = add_months(day, months)
    assert (there.year * 12 + there.month) - (day.year * 12 + day.month) == months
    assert there.day == day.day or (there + timedelta(days=1)).day == 1
