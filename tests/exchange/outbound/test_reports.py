"""The report from county to city in three forms, each read back."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from minkang.errors import Fault
from minkang.exchange.outbound.reports import ADX, Report, Reported, check, read_report, span, to_adx, to_dhis2, to_fhir
from minkang.fhir import decode

AT = datetime(2026, 1, 5, 9, tzinfo=timezone(timedelta(hours=8)))
TEXT = """
dataset = "plan"
unit = "370830"
period = "2025"
reporter = "M150A9GJX58083011A1001"
[[figures]]
indicator = "hypertension-managed"
value = 66.10
numerator = 661
denominator = 1000
[[figures]]
indicator = "hypertension-managed"
value = 70.5
numerator = 141
denominator = 200
strata = { sex = "2" }
[[figures]]
indicator = "literacy"
value = 25
basis = "survey"
"""
REPORT = read_report(TEXT)


def test_fhir_has_a_measure_report_an_indicator_with_counts_and_strata() -> None:
    """Checked by the store's own types; the same report has the same ids, so sending it again changes it."""
    body = to_fhir(REPORT, AT)
    assert body == to_fhir(REPORT, AT)
    bundle = json.loads(body, parse_float=Decimal)
    reports = {one["resource"]["measure"]: one["resource"] for one in bundle["entry"]}
    for one in reports.values():
        decode(json.dumps(one, default=float).encode(), "MeasureReport")
    managed = reports["urn:minkang:indicator:hypertension-managed"]
    assert managed["period"] == {"start": "2025-01-01", "end": "2025-12-31"}
    (group,) = managed["group"]
    assert [one["count"] for one in group["population"]] == [661, 1000]
    assert group["measureScore"]["value"] == Decimal("66.10")
    (stratum,) = group["stratifier"][0]["stratum"]
    assert stratum["component"] == [{"code": {"text": "sex"}, "value": {"text": "2"}}]
    assert stratum["measureScore"]["value"] == Decimal("70.5")
    assert "population" not in reports["urn:minkang:indicator:literacy"]["group"][0]


def test_dhis2_has_a_value_a_figure() -> None:
    """The members that /api/dataValueSets asks for, all texts."""
    told = json.loads(to_dhis2(REPORT, AT))
    assert (told["dataSet"], told["period"], told["orgUnit"], told["completeDate"]) == (
        "plan", "2025", "370830", "2026-01-05",
    )  # fmt: skip
    assert [(one["dataElement"], one["value"], one.get("categoryOptionCombo")) for one in told["dataValues"]] == [
        ("hypertension-managed", "66.10", None),
        ("hypertension-managed", "70.5", "2"),
        ("literacy", "25", None),
    ]
    assert all(isinstance(value, str) for one in told["dataValues"] for value in one.values())


def test_adx_says_the_same_in_its_namespace() -> None:
    """One group; the stratum is an attribute; the period an ISO interval."""
    root = etree.fromstring(to_adx(REPORT, AT))
    assert root.tag == f"{{{ADX}}}adx"
    assert root.get("exported") == "2026-01-05T09:00:00+08:00"
    (group,) = root
    assert dict(group.attrib) == {
        "dataSet": "plan", "orgUnit": "370830", "period": "2025-01-01/P1Y", "completeDate": "2026-01-05",
    }  # fmt: skip
    assert [dict(one.attrib) for one in group][1] == {
        "dataElement": "hypertension-managed",
        "value": "70.5",
        "sex": "2",
    }
    assert [one.text for one in root.iter(f"{{{ADX}}}annotation")] == ["survey"]


@pytest.mark.parametrize(
    ("period", "first", "last", "adx"),
    [
        ("2025", date(2025, 1, 1), date(2025, 12, 31), "2025-01-01/P1Y"),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), "2024-02-01/P1M"),
        ("2025-12", date(2025, 12, 1), date(2025, 12, 31), "2025-12-01/P1M"),
        ("2025Q4", date(2025, 10, 1), date(2025, 12, 31), "2025-10-01/P3M"),
    ],
)
def test_a_period_is_a_year_a_quarter_or_a_month(period: str, first: date, last: date, adx: str) -> None:
    """First and last day; leap years; the end of the year."""
    assert span(period) == (first, last)
    told = Report("d", "u", period, "r", [])
    assert etree.fromstring(to_adx(told, AT))[0].get("period") == adx


@pytest.mark.parametrize(
    "change",
    [
        ('"2025"', '"2025-13"'), ('"2025"', '"25"'), ('"370830"', '" "'), ("denominator = 1000", "denominator = 0"),
        ("numerator = 661", "numerator = -1"), ('strata = { sex = "2" }', ""), ("value = 25", "value = nan"),
        ("value = 25", "worth = 25"), ("value = 25", "value = "), ('basis = "survey"', 'basis = "survey"\nx = 1'),
    ],
)  # fmt: skip
def test_what_no_city_could_read_is_refused(change: tuple[str, str]) -> None:
    """Period, empty code, counts, a figure that stands twice, an unknown key, no TOML."""
    with pytest.raises(Fault, match="OUTBOUND-010"):
        read_report(TEXT.replace(*change))


@given(
    st.lists(
        st.builds(
            Reported,
            st.from_regex(r"[a-z][a-z-]{0,20}", fullmatch=True),
            st.decimals(-10, 10**9, places=3),
            st.none() | st.integers(0, 10**9),
            st.none() | st.integers(1, 10**9),
            st.dictionaries(st.sampled_from(["sex", "age", "town"]), st.from_regex(r"[\w-]{1,5}", fullmatch=True)),
        ),
        min_size=1,
        unique_by=lambda one: (one.indicator, *sorted(one.strata.items())),
    )
)
def test_no_figure_is_lost_or_changed_in_any_form(figures: list[Reported]) -> None:
    """The values read back from each form are those that were given."""
    report = Report("plan", "370830", "2025-06", "x", figures)
    check(report)
    wanted = sorted((one.indicator, one.value) for one in figures)
    told = json.loads(to_dhis2(report, AT))["dataValues"]
    assert sorted((one["dataElement"], Decimal(one["value"])) for one in told) == wanted
    root = etree.fromstring(to_adx(report, AT))
    values = root.iter(f"{{{ADX}}}dataValue")
    assert sorted((str(one.get("dataElement")), Decimal(str(one.get("value")))) for one in values) == wanted
    bundle = json.loads(to_fhir(report, AT), parse_float=Decimal)
    scores = []
    for entry in bundle["entry"]:
        name = entry["resource"]["measure"].removeprefix("urn:minkang:indicator:")
        (group,) = entry["resource"]["group"]
        found = [group, *(part for one in group.get("stratifier", ()) for part in one["stratum"])]
        scores += [(name, Decimal(one["measureScore"]["value"])) for one in found if "measureScore" in one]
    assert sorted(scores) == wanted
