"""Bundles are opened into resources that can stand alone, and what cannot be opened says why."""

from __future__ import annotations

import json

import pytest

from minkang.errors import Fault
from minkang.exchange.bundles import is_bundle, open_bundle

A, B = "urn:uuid:0b0e3a1e-0000-4000-8000-000000000001", "urn:uuid:0b0e3a1e-0000-4000-8000-000000000002"


def bundle(*entries: dict[str, object], type: str = "transaction") -> bytes:
    """A bundle as a sender writes it."""
    return json.dumps({"resourceType": "Bundle", "type": type, "entry": entries}).encode()


def found(body: bytes) -> list[dict[str, object]]:
    """The opened resources; every conditional reference resolves to Practitioner/p."""
    return [json.loads(one.body) for one in open_bundle(body, lambda criteria: "Practitioner/p")]


def entry(url: str, **resource: object) -> dict[str, object]:
    """An entry that creates a resource."""
    return {"fullUrl": url, "resource": resource, "request": {"method": "POST", "url": str(resource["resourceType"])}}


def test_references_by_uuid_become_references_by_id() -> None:
    """Forward, backward and to oneself; one that names nothing in the bundle stays."""
    out = found(
        bundle(
            entry(A, resourceType="Observation", id="o", subject={"reference": B}, focus=[{"reference": A}]),
            entry(B, resourceType="Patient", id="p", generalPractitioner=[{"reference": "urn:uuid:unknown"}]),
        )
    )
    assert out[0]["subject"] == {"reference": "Patient/p"}
    assert out[0]["focus"] == [{"reference": "Observation/o"}]
    assert out[1]["generalPractitioner"] == [{"reference": "urn:uuid:unknown"}]


def test_a_resource_without_id_takes_the_one_of_its_full_url() -> None:
    """So the same file loaded twice makes the same resources."""
    link = [{"other": {"reference": A}}]
    out = found(bundle(entry(A, resourceType="Patient"), entry(B, resourceType="Patient", link=link)))
    assert [one["id"] for one in out] == [A[9:], B[9:]]
    assert out[1]["link"] == [{"other": {"reference": f"Patient/{A[9:]}"}}]


def test_a_conditional_reference_is_looked_up() -> None:
    """And only as a reference: a question mark in a text stays one."""
    out = found(
        bundle(
            entry(
                A,
                resourceType="Encounter",
                id="e",
                text={"div": "Patient?"},
                participant=[{"individual": {"reference": "Practitioner?identifier=urn:x|1"}}],
            )
        )
    )
    assert out[0]["participant"] == [{"individual": {"reference": "Practitioner/p"}}]
    assert out[0]["text"] == {"div": "Patient?"}


def test_a_reference_that_finds_nothing_rejects_its_entry_alone() -> None:
    """The others are taken."""

    def lookup(criteria: str) -> str:
        raise Fault("EXCHANGE-013", criteria=criteria, count=0)

    body = bundle(
        entry(A, resourceType="Encounter", id="e", serviceProvider={"reference": "Organization?identifier=1"}),
        entry(B, resourceType="Patient", id="p"),
    )
    first, second = open_bundle(body, lookup)
    assert first.fault is not None
    assert first.fault.code == "EXCHANGE-013"
    assert second.fault is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"resourceType":"Bundle","type":"transaction","entry":[', "EXCHANGE-010"),
        (b'{"resourceType":"Bundle","entry":{}}', "EXCHANGE-010"),
        (bundle(type="history"), "EXCHANGE-011"),
        (bundle(type="document"), "EXCHANGE-011"),
        (bundle({"request": {"method": "DELETE", "url": "Patient/1"}}), "EXCHANGE-012"),
        (bundle({"resource": {}, "request": {"method": "PUT", "url": "Patient?x=1"}}), "EXCHANGE-012"),
    ],
)
def test_what_cannot_be_opened_says_why(body: bytes, code: str) -> None:
    """Each refusal has its own code."""
    with pytest.raises(Fault, match=code):
        list(open_bundle(body, str))


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (bundle(), True),
        (b'{"entry":[],"type":"batch","resourceType":"Bundle"}', True),
        (b'{"resourceType":"Patient","id":"Bundle"}', False),
        (b"[]", False),
        (b"{", False),
    ],
)
def test_a_bundle_is_known_wherever_its_type_stands(body: bytes, answer: bool) -> None:
    """Also where resourceType is not the first member."""
    assert is_bundle(body) is answer
