"""Headers mean what RFC 9110, RFC 7240 and FHIR's REST interface say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from minkang.errors import Fault
from minkang.portal.api.fhir.headers import check_accepts, check_content, if_match, not_modified, prefer
from minkang.portal.api.fhir.times import interval
from minkang.portal.api.messages import Request, preferred_language

AT = datetime(2025, 6, 30, 8, 0, 0, 500_000, tzinfo=UTC)


def request(**headers: str) -> Request:
    return Request("GET", (), headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("en-GB", "en"), ("de, en;q=0.4, zh;q=0.5", "zh"),
        ("zh;q=0.1, en;q=0.2", "en"), ("*", "en"), ("zh;q=x", "en"), ("ZH-Hans", "zh"), ("zh;q=0", "en"),
    ],
)  # fmt: skip
def test_the_language_that_weighs_more_is_spoken(header: str, language: str) -> None:
    assert preferred_language(header, otherwise="en") == language


@pytest.mark.parametrize(
    ("headers", "same"),
    [
        ({"if_none_match": 'W/"3"'}, True), ({"if_none_match": '"3"'}, True), ({"if_none_match": 'W/"2"'}, False),
        ({"if_none_match": 'W/"1", W/"3"'}, True), ({"if_none_match": "*"}, True), ({"if_none_match": 'W/"33"'}, False),
        ({"if_modified_since": "Mon, 30 Jun 2025 08:00:00 GMT"}, True),
        ({"if_modified_since": "Mon, 30 Jun 2025 07:59:59 GMT"}, False),
        ({"if_none_match": 'W/"2"', "if_modified_since": "Mon, 30 Jun 2025 09:00:00 GMT"}, False),
        ({}, False),
    ],
)  # fmt: skip
def test_a_reader_who_has_the_version_is_told_so(headers: dict[str, str], same: bool) -> None:
    assert not_modified(request(**headers), 3, AT) is same


@pytest.mark.parametrize(("value", "version"), [('W/"3"', 3), ('"12"', 12), ("", None), ("*", None)])
def test_a_version_tag_is_a_number(value: str, version: int | None) -> None:
    assert if_match(request(if_match=value)) == version


@pytest.mark.parametrize("value", ["3", 'W/"x"', 'W/"1", W/"2"', 'w/"1"'])
def test_a_tag_we_never_gave_is_refused(value: str) -> None:
    with pytest.raises(Fault, match="REST-020"):
        if_match(request(if_match=value))


def test_a_date_that_is_none_is_refused() -> None:
    with pytest.raises(Fault, match="REST-020"):
        not_modified(request(if_modified_since="yesterday"), 1, AT)


@pytest.mark.parametrize(
    ("header", "returns", "strict", "asynchronous"),
    [
        ("return=minimal", "minimal", False, False),
        ("handling=strict, return=OperationOutcome", "OperationOutcome", True, False),
        ("respond-async; wait=10", None, False, True),
        ('return="representation"', "representation", False, False),
        ("return=everything", None, False, False),
        ("", None, False, False),
    ],
)
def test_preferences_are_understood_or_left_aside(
    header: str, returns: str | None, strict: bool, asynchronous: bool
) -> None:
    found = prefer(request(prefer=header))
    assert (found.returns, found.strict, found.asynchronous) == (returns, strict, asynchronous)


@pytest.mark.parametrize(
    ("accept", "asked", "taken"),
    [
        ("", None, True), ("*/*", None, True), ("application/fhir+json", None, True), ("application/json", None, True),
        ("application/fhir+xml", None, False), ("application/fhir+xml", "json", True), ("*/*", "xml", False),
        ("application/fhir+xml, application/fhir+json;q=0.5", None, True), ("text/turtle", None, False),
        ("text/html,application/xhtml+xml,application/xml;q=0.9", None, True), ("", "application/fhir json", True),
        ("application/fhir+json; fhirVersion=4.0", None, True), ("image/png", None, False),
    ],
)  # fmt: skip
def test_only_json_is_offered(accept: str, asked: str | None, taken: bool) -> None:
    if taken:
        check_accepts(request(accept=accept), asked)
        return
    with pytest.raises(Fault, match="REST-021"):
        check_accepts(request(accept=accept), asked)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("application/fhir+json", ""), ("application/json; charset=utf-8", ""), ("", ""),
        ('application/json;charset="UTF-8"', ""), ("application/fhir+xml", "REST-022"), ("text/plain", "REST-022"),
        ("application/json; charset=gbk", "REST-023"), ("application/fhir+json;charset=ISO-8859-1", "REST-023"),
    ],
)  # fmt: skip
def test_a_body_is_json_in_utf8(header: str, code: str) -> None:
    if not code:
        check_content(request(content_type=header))
        return
    with pytest.raises(Fault, match=code):
        check_content(request(content_type=header))


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2025", "2025-01-01T00:00:00", "2026-01-01T00:00:00"),
        ("2024-02", "2024-02-01T00:00:00", "2024-03-01T00:00:00"),
        ("2025-12", "2025-12-01T00:00:00", "2026-01-01T00:00:00"),
        ("2024-02-29", "2024-02-29T00:00:00", "2024-03-01T00:00:00"),
        ("2025-06-30T08:00", "2025-06-30T08:00:00", "2025-06-30T08:01:00"),
        ("2025-06-30T08:00:00+08:00", "2025-06-30T00:00:00", "2025-06-30T00:00:01"),
        ("2025-06-30T08:00:00 08:00", "2025-06-30T00:00:00", "2025-06-30T00:00:01"),
        ("2025-06-30T08:00:00-05:00", "2025-06-30T13:00:00", "2025-06-30T13:00:01"),
    ],
)
def test_a_time_covers_what_its_precision_says(text: str, start: str, end: str) -> None:
    found = interval("_since", text)
    assert [moment.replace(tzinfo=None).isoformat() for moment in found] == [start, end]


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2024-02-30", "2024-13", "20240101", "0000", "9999-12-31", "2025-1-1"]
)
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Fault, match="REST-032"):
        interval("_since", text)
