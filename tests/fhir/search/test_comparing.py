"""Dates, numbers and prefixes: the tables of the standard (R4 search.html, "Prefixes", "number", "date")."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minkang.errors import Fault
from minkang.fhir.search import Limits, parse_query
from minkang.fhir.search.comparing import dates_match, numbers_match
from minkang.fhir.search.dates import BEGINNING, CHINA, END, period, stretch
from minkang.fhir.search.keys import Dates, Number
from minkang.fhir.search.numbers import implied
from minkang.fhir.search.query import Criterion, DateValue, NumberValue

NOW = datetime(2024, 1, 1, tzinfo=UTC)


def date_value(text: str) -> DateValue:
    query = parse_query("Observation", [("date", text)], limits=Limits(now=NOW))
    [clause] = query.clauses
    assert isinstance(clause, Criterion)
    assert isinstance(clause.values[0], DateValue)
    return clause.values[0]


def number_value(text: str) -> NumberValue:
    [clause] = parse_query("RiskAssessment", [("probability", text)]).clauses
    assert isinstance(clause, Criterion)
    assert isinstance(clause.values[0], NumberValue)
    return clause.values[0]


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("100", "99.5", "100.5"),
        ("100.00", "99.995", "100.005"),
        ("1e2", "95", "105"),
        ("1.00e2", "99.5", "100.5"),
        ("5.4", "5.35", "5.45"),
        ("5.40e-3", "0.005395", "0.005405"),
        ("-2", "-2.5", "-1.5"),
        ("0", "-0.5", "0.5"),
    ],
)
def test_digits_imply_a_range(text: str, low: str, high: str) -> None:
    """Significant figures as the standard's table reads them."""
    assert implied(text)[1:] == (Decimal(low), Decimal(high))


NUMBERS = [
    # searched, in the resource, found
    ("100", "100", True),
    ("100", "99.5", True),
    ("100", "100.49", True),
    ("100", "100.5", False),
    ("100", "99.49", False),
    ("ne100", "100", False),
    ("ne100", "100.4", False),
    ("ne100", "100.5", True),
    ("lt100", "99.99", True),
    ("lt100", "100", False),
    ("le100", "100", True),
    ("le100", "100.01", False),
    ("gt100", "100.01", True),
    ("gt100", "100", False),
    ("ge100", "100", True),
    ("ge100", "99.99", False),
    ("sa100", "100.01", True),
    ("sa100", "100", False),
    ("eb100", "99.99", True),
    ("eb100", "100", False),
    ("ap100", "90", True),
    ("ap100", "110", True),
    ("ap100", "89.9", False),
    ("ap100", "110.1", False),
    ("ap-100", "-110", True),
    ("ap0", "0.4", True),
    ("gt0.8", "0.81", True),
]


@pytest.mark.parametrize(("searched", "stored", "found"), NUMBERS)
def test_numbers_compare_as_the_standard_says(searched: str, stored: str, found: bool) -> None:
    """`eq` and `ne` use the implied range; the others the exact number; the stored precision does not matter."""
    exact = Decimal(stored)
    assert numbers_match(number_value(searched), Number(1, exact, exact, "", "", 0)) is found


RANGES = [
    # searched, low, high, found
    ("eq10", "9.6", "10.4", True),
    ("eq10", "9", "10", False),
    ("ne10", "9", "10", True),
    ("gt10", "5", "15", True),
    ("gt10", "5", "10", False),
    ("lt10", "5", "15", True),
    ("lt10", "10", "15", False),
    ("sa10", "5", "15", False),
    ("sa10", "11", "15", True),
    ("eb10", "5", "9", True),
    ("eb10", "5", "15", False),
    ("ap10", "11", "20", True),
    ("ap10", "11.1", "20", False),
    ("ge10", "-Infinity", "Infinity", True),
]


@pytest.mark.parametrize(("searched", "low", "high", "found"), RANGES)
def test_ranges_compare_as_the_standard_says(searched: str, low: str, high: str, found: bool) -> None:
    """`gt` reaches above, `sa` starts above."""
    assert numbers_match(number_value(searched), Number(1, Decimal(low), Decimal(high), "", "", 0)) is found


DATES = [
    # searched, start in the resource, end (or the same), found
    ("2013-01-14", "2013-01-14T00:00", "2013-01-14T00:00", True),
    ("2013-01-14", "2013-01-14T10:00", "2013-01-14T10:00", True),
    ("2013-01-14", "2013-01-15T00:00", "2013-01-15T00:00", False),
    ("eq2013-01-14", "2013-01-14", "2013-01-14", True),
    ("eq2013-01-14", "2013-01", "2013-01", False),
    ("eq2013-01", "2013-01-14", "2013-01-14", True),
    ("ne2013-01-14", "2013-01-15T00:00", "2013-01-15T00:00", True),
    ("ne2013-01-14", "2013-01-14T00:00", "2013-01-14T00:00", False),
    ("ne2013-01-14", "2013-01-14T10:00", "2013-01-14T10:00", False),
    ("ne2013-01-14", "2013-01", "2013-01", True),
    ("lt2013-01-14T10:00", "2013-01-14", "2013-01-14", True),
    ("lt2013-01-14", "2013-01-14", "2013-01-14", False),
    ("lt2013-01-14", "2013-01-13T23:59", "2013-01-13T23:59", True),
    ("gt2013-01-14T10:00", "2013-01-14", "2013-01-14", True),
    ("gt2013-01-14", "2013-01-14", "2013-01-14", False),
    ("gt2013-03-14", "2013-01-21", None, True),
    ("ge2013-03-14", "2013-01-21", None, True),
    ("ge2013-03-14", "2013-03-14T08:00", "2013-03-14T08:00", True),
    ("ge2013-03-14", "2013-03-13", "2013-03-13", False),
    ("le2013-03-14", "2013-01-21", None, True),
    ("le2013-03-14", "2013-03-14", "2013-03-14", True),
    ("le2013-03-14", "2013-03-15", "2013-03-15", False),
    ("sa2013-03-14", "2013-03-15", "2013-03-15", True),
    ("sa2013-03-14", "2013-03-14", "2013-03-14", False),
    ("sa2013-03-14", "2013-01-21", None, False),
    ("sa2013-03-14", "2013-03", "2013-03", False),
    ("eb2013-03-14", "2013-03-13", "2013-03-13", True),
    ("eb2013-03-14", "2013-03-14", "2013-03-14", False),
    ("eb2013-03-14", None, "2013-03-14", False),
    ("ap2013-01-01", "2013-06-30", "2013-06-30", True),
    ("ap2013-01-01", "2014-06-30", "2014-06-30", False),
    ("ap2023-12-31", "2023-12-31", "2023-12-31", True),
    ("2013-01-14T00:00:00Z", "2013-01-14T08:00:00+08:00", "2013-01-14T08:00:00+08:00", True),
    ("2013-01-14T00:00:00 08:00", "2013-01-13T16:00:00Z", "2013-01-13T16:00:00Z", True),
]


@pytest.mark.parametrize(("searched", "start", "end", "found"), DATES)
def test_dates_compare_as_the_standard_says(searched: str, start: str | None, end: str | None, found: bool) -> None:
    """Both sides are stretches of time as long as their precision."""
    around = period(start, end)
    assert around is not None
    assert dates_match(date_value(searched), Dates(1, *around, 0)) is found


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2024", "2023-12-31T16:00:00", "2024-12-31T16:00:00"),
        ("2024-02", "2024-01-31T16:00:00", "2024-02-29T16:00:00"),
        ("2024-02-29", "2024-02-28T16:00:00", "2024-02-29T16:00:00"),
        ("2024-02-29T10:00Z", "2024-02-29T10:00:00", "2024-02-29T10:01:00"),
        ("2024-02-29T10:00:05Z", "2024-02-29T10:00:05", "2024-02-29T10:00:06"),
        ("2024-02-29T10:00:05.25Z", "2024-02-29T10:00:05.250", "2024-02-29T10:00:05.260"),
        ("2024-02-29T10:00:05.1234567Z", "2024-02-29T10:00:05.123456", "2024-02-29T10:00:05.123457"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59", "2017-01-01T00:00:00"),
        ("2024-12", "2024-11-30T16:00:00", "2024-12-31T16:00:00"),
    ],
)
def test_a_date_is_as_long_as_its_precision(text: str, low: str, high: str) -> None:
    """In UTC; China's zone where none is written."""
    assert stretch(text) == tuple(datetime.fromisoformat(f"{one}+00:00") for one in (low, high))


@pytest.mark.parametrize(
    "text", ["2024-13", "2024-02-30", "24", "2024-1-1", "2024-01-01T25:00", "", "x", "2024-01-01T1"]
)
def test_what_is_no_date(text: str) -> None:
    """Refused, with what to write instead."""
    with pytest.raises(Fault, match=r"SEARCH-004|SEARCH-022"):
        parse_query("Observation", [("date", text)], strict=True)


def test_the_ends_of_the_calendar_stay_within_it() -> None:
    """The first and last years neither fail nor wrap."""
    assert stretch("0001")[0] == BEGINNING
    assert stretch("9999-12-31")[1] <= END
    assert stretch("9999")[1] == END
    assert date_value("ap9999").high == END
    assert date_value("ap0001").low == BEGINNING


moments = st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1)).map(
    lambda one: one.replace(tzinfo=UTC)
)


@given(st.lists(moments, min_size=4, max_size=4))
def test_prefixes_hang_together(four: list[datetime]) -> None:
    """`ne` is not `eq`; `ge` is `gt` or `eq`; `sa` implies `gt`; `eb` implies `lt`; what overlaps neither starts after
    nor ends before."""
    low, high = sorted(four[:2])
    key = Dates(1, *sorted(four[2:]), 0)
    says = {
        prefix: dates_match(DateValue(prefix, low, high), key)
        for prefix in ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
    }
    assert says["ne"] is not says["eq"]
    assert says["ge"] == (says["gt"] or says["eq"])
    assert says["le"] == (says["lt"] or says["eq"])
    assert not says["sa"] or says["gt"] or key.high == high
    if low < high and key.low < key.high:
        assert says["ap"] is not (says["sa"] or says["eb"])


@given(st.dates())
def test_a_day_holds_its_minutes(day: object) -> None:
    """A day's stretch contains that of every time within it."""
    low, high = stretch(str(day), CHINA)
    inner = stretch(f"{day}T13:45:10")
    assert low <= inner[0] < inner[1] <= high
