"""What arrives that is no good JSON, no UTF-8, no resource, or too much of it."""

from __future__ import annotations

import json
from typing import cast

import msgspec
import pytest

from minkang.errors import Fault
from minkang.fhir import Resource, decode, decode_shallow, encode, resource_type

PATIENT = b'{"resourceType":"Patient","name":[{"text":"\xe5\xbc\xa0\xe4\xb8\x89"}]}'


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "FHIR-002"),
        (b"{", "FHIR-002"),
        (PATIENT[:-1], "FHIR-002"),
        (PATIENT[:25], "FHIR-002"),
        (PATIENT + b"x", "FHIR-001"),
        (PATIENT.replace(b"[", b"[,"), "FHIR-001"),
        (PATIENT.replace(b'"text"', b"text"), "FHIR-001"),
        (b'{"resourceType":"Patient","name":[{"text":"a\nb"}]}', "FHIR-001"),
        (rb'{"resourceType":"Patient","name":[{"text":"\ud800"}]}', "FHIR-001"),
        (PATIENT.decode().encode("gb18030"), "FHIR-003"),
        (PATIENT.decode().encode("utf-16"), "FHIR-003"),
        (PATIENT.decode().encode("utf-16-le"), "FHIR-003"),
        (PATIENT.decode().encode("utf-16-be"), "FHIR-003"),
        (b"[]", "FHIR-004"),
        (b'"Patient"', "FHIR-004"),
        (b"null", "FHIR-004"),
        (b"{}", "FHIR-005"),
        (b'{"id":"1"}', "FHIR-005"),
        (b'{"resourceType":"patient"}', "FHIR-006"),
        (b'{"resourceType":"HumanName"}', "FHIR-006"),
        (b'{"resourceType":"DomainResource"}', "FHIR-006"),
        (b'{"resourceType":"SubscriptionStatus"}', "FHIR-006"),
        (b'{"resourceType":null}', "FHIR-005"),
        (b'{"resourceType":3}', "FHIR-011"),
        (b'{"resourceType":"Patient","resourceType":"Observation"}', "FHIR-007"),
    ],
)
def test_what_is_no_resource_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(Fault) as caught:
        decode(body)
    assert caught.value.code == code
    assert caught.value.text("zh")
    assert caught.value.advice("en")


def test_a_byte_order_mark_is_skipped() -> None:
    assert encode(decode(b"\xef\xbb\xbf" + PATIENT)) == PATIENT


def test_the_type_may_stand_anywhere_and_is_written_first() -> None:
    assert (
        encode(decode(b' {"active":true, "resourceType" : "Patient"}')) == b'{"resourceType":"Patient","active":true}'
    )


def test_the_last_of_two_equal_properties_counts() -> None:
    assert encode(decode(b'{"resourceType":"Patient","active":true,"active":false}')) == (
        b'{"resourceType":"Patient","active":false}'
    )


def test_a_resource_of_another_type_than_asked_for_is_refused() -> None:
    assert resource_type(decode(PATIENT, "Patient")) == "Patient"
    with pytest.raises(Fault) as caught:
        decode(PATIENT, "Observation")
    assert (caught.value.code, caught.value.where) == ("FHIR-007", "Observation")


def nested(levels: int) -> bytes:
    """A questionnaire with that many items inside each other: two levels of JSON each."""
    item = b'{"linkId": "1", "type": "group"'
    items = item + (b', "item": [' + item) * (levels - 1) + b"}" + b"]}" * (levels - 1)
    return b'{"resourceType": "Questionnaire", "status": "draft", "item": [' + items + b"]}"


def test_nesting_is_taken_up_to_the_limit() -> None:
    assert decode(nested(49))
    assert decode(nested(49).replace(b'"linkId": "1"', b'"linkId": "{[}}}]]]\\"\\\\\\\\"'))


@pytest.mark.parametrize("levels", [50, 60, 200, 100_000])
def test_nesting_beyond_the_limit_is_refused(levels: int) -> None:
    with pytest.raises(Fault) as caught:
        decode(nested(levels))
    assert caught.value.code == "FHIR-008"


@pytest.mark.parametrize("trick", [b"}}}}]]]]", b"{[{[", rb"\"}]}]", rb"\\\\\"}]"])
def test_brackets_in_text_do_not_hide_the_depth(trick: bytes) -> None:
    body = nested(60).replace(b'"linkId": "1"', b'"linkId": "' + trick + b'"')
    json.loads(body)
    with pytest.raises(Fault) as caught:
        decode(body)
    assert caught.value.code == "FHIR-008"


def test_long_but_flat_documents_are_taken() -> None:
    names = [{"text": f"{number} {{[\"'}}"} for number in range(2_000)]
    assert decode(json.dumps({"resourceType": "Patient", "name": names}).encode())


def test_a_contained_resource_is_checked_and_made_canonical() -> None:
    body = b'{"resourceType":"Patient","contained":[{"active": true, "resourceType":"Patient","id":"a"}]}'
    assert encode(decode(body)) == (
        b'{"resourceType":"Patient","contained":[{"resourceType":"Patient","id":"a","active":true}]}'
    )
    with pytest.raises(Fault) as caught:
        decode(body.replace(b"true", b"1"))
    assert (caught.value.code, caught.value.where) == ("FHIR-011", "Patient.contained[0].active")


def test_contained_resources_do_not_contain() -> None:
    inner = b'{"resourceType":"Patient","contained":[{"resourceType":"Patient"}]}'
    with pytest.raises(Fault) as caught:
        decode(b'{"resourceType":"Patient","contained":[%s]}' % inner)
    assert (caught.value.code, caught.value.where) == ("FHIR-023", "Patient.contained[0].contained")


BUNDLE = b"""{"resourceType":"Bundle","type":"batch-response","entry":[
  {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient"}},
  {"resource":{"resourceType":"Patient","birthDate":"2024-02-30"}},
  {"response":{"status":"400","outcome":{"resourceType":"OperationOutcome","issue":[]}}}]}"""


def test_a_bundle_is_checked_with_its_entries() -> None:
    with pytest.raises(Fault) as caught:
        decode(BUNDLE)
    assert caught.value.where == "Bundle.entry[1].resource.birthDate"
    with pytest.raises(Fault) as caught:
        decode(BUNDLE.replace(b"02-30", b"02-29"))
    assert caught.value.where == "Bundle.entry[2].response.outcome.issue"


def test_a_shallow_bundle_leaves_its_entries_to_be_checked_one_by_one() -> None:
    entries = decode_shallow(BUNDLE).entry or []
    raw = cast("msgspec.Raw", entries[1].resource)
    with pytest.raises(Fault) as caught:
        decode(raw, where="Bundle.entry[1].resource")
    assert (caught.value.code, caught.value.where) == ("FHIR-034", "Bundle.entry[1].resource.birthDate")
    assert isinstance(decode(cast("msgspec.Raw", entries[0].resource)), Resource)


def test_a_shallow_bundle_is_itself_checked() -> None:
    with pytest.raises(Fault) as caught:
        decode_shallow(PATIENT)
    assert caught.value.code == "FHIR-007"
    with pytest.raises(Fault) as caught:
        decode_shallow(BUNDLE.replace(b'"urn:uuid:1"', b'"urn:\\u0000"'))
    assert caught.value.where == "Bundle.entry[0].fullUrl"
    with pytest.raises(Fault) as caught:
        decode_shallow(BUNDLE.replace(b'"fullUrl":"urn:uuid:1"', b'"search":{}'))
    assert (caught.value.code, caught.value.where) == ("FHIR-019", "Bundle.entry[0].search")
    assert decode_shallow(
        BUNDLE.replace(b'"resource":{"resourceType":"Patient"}', b'"resource":{"id":"\\u0000","x":{}}')
    )


def test_resources_in_parameters_are_checked() -> None:
    part = b'{"name":"b","resource":{"resourceType":"Patient","active":1}}'
    with pytest.raises(Fault) as caught:
        decode(b'{"resourceType":"Parameters","parameter":[{"name":"a","part":[%s]}]}' % part)
    assert caught.value.where == "Parameters.parameter[0].part[0].resource.active"
