"""Summaries and chosen elements, cut from the stored bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from minkang.fhir import decode, encode
from minkang.fhir.search import is_subset, parse_query, subset

BODY = (
    b'{"resourceType":"Observation","id":"1","meta":{"versionId":"2","tag":[{"code":"x"}]},'
    b'"text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">x</div>"},"status":"final",'
    b'"_status":{"id":"s"},"code":{"text":"t"},"valueQuantity":{"value":1.500,"unit":"g"},"note":[{"text":"n"}],'
    b'"component":[{"code":{"text":"c"},"valueQuantity":{"value":2.0},"referenceRange":[{"text":"r"}]}]}'
)
TAG = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}


def cut(*pairs: tuple[str, str], body: bytes = BODY) -> dict[str, Any]:
    found = subset(body, parse_query("Observation", pairs))
    assert encode(decode(found)) == found, "what is left is a resource in its canonical form"
    return json.loads(found)  # type: ignore[no-any-return]


def test_chosen_elements_come_with_what_must_be_there() -> None:
    """id, meta with its tag, the elements asked for, and the mandatory ones."""
    found = cut(("_elements", "value,Observation.note"))
    assert list(found) == ["resourceType", "id", "meta", "status", "_status", "code", "valueQuantity", "note"]
    assert found["meta"]["tag"] == [{"code": "x"}, TAG]


def test_a_summary_has_the_elements_marked_so_at_every_depth() -> None:
    """Notes, narrative and the ranges of components are not in it."""
    found = cut(("_summary", "true"))
    assert set(found) == {"resourceType", "id", "meta", "status", "_status", "code", "valueQuantity", "component"}
    assert found["component"] == [{"code": {"text": "c"}, "valueQuantity": {"value": 2.0}}]


def test_the_text_and_the_data_alone() -> None:
    """`text` keeps the narrative and what is mandatory; `data` drops the narrative only."""
    assert set(cut(("_summary", "text"))) == {"resourceType", "id", "meta", "text", "status", "_status", "code"}
    assert set(cut(("_summary", "data"))) == {*json.loads(BODY)} - {"text"}


def test_numbers_keep_their_digits() -> None:
    """1.500 does not become 1.5."""
    assert b'"value":1.500' in subset(BODY, parse_query("Observation", [("_summary", "true")]))


def test_a_resource_without_meta_gets_one_behind_its_id() -> None:
    """The tag is always there."""
    body = b'{"resourceType":"Patient","id":"1","gender":"male","photo":[{"title":"t"}]}'
    found = subset(body, parse_query("Patient", [("_summary", "true")]))
    assert json.loads(found) == {"resourceType": "Patient", "id": "1", "meta": {"tag": [TAG]}, "gender": "male"}
    assert found.startswith(b'{"resourceType":"Patient","id":"1","meta":')


@pytest.mark.parametrize("summary", ["false", "count"])
def test_the_whole_stays_the_whole(summary: str) -> None:
    """No part asked for, no tag."""
    query = parse_query("Observation", [("_summary", summary)])
    assert not is_subset(query)
    assert subset(BODY, query) is BODY
