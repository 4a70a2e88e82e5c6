"""The first feed: every line valid R4 in canonical form, marked as synthetic, with references that lead somewhere."""

import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest

from minkang.fhir import decode, encode
from minkang.synth import generate, write_fhir
from minkang.synth.fhir import teller
from minkang.synth.fhir.teller import runs

REFERENCE = re.compile(rb'"reference":"([A-Za-z]+/[A-Za-z0-9.-]+)"')
TEST_DATA = b'"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"HTEST"'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("fhir")
    write_fhir(generate("wenshang", 800, (2020, 2025), seed=5), place)
    return place


def lines(folder: Path, most: int | None = None) -> list[bytes]:
    found: list[bytes] = []
    for place in sorted(folder.iterdir()):
        all_ = place.read_bytes().splitlines()
        step = max(1, len(all_) // most) if most else 1
        found += all_[::step]
    return found


def test_every_type_a_county_sends_is_there(folder: Path) -> None:
    assert {place.stem for place in folder.iterdir()} >= {
        "Organization", "Location", "Practitioner", "PractitionerRole", "Patient", "RelatedPerson", "Encounter",
        "Condition", "Observation", "MedicationRequest", "Immunization", "Procedure", "EpisodeOfCare", "ServiceRequest",
        "DiagnosticReport", "Group", "Coverage", "Claim", "HealthcareService", "Device",
    }  # fmt: skip


def test_lines_are_valid_and_in_canonical_form(folder: Path) -> None:
    """What the templates write is, byte for byte, what the checked encoder would write."""
    for line in lines(folder, most=1500):
        assert encode(decode(line)) == line


def test_every_kind_of_observation_is_valid(folder: Path) -> None:
    seen: dict[bytes, bytes] = {}
    for line in (folder / "Observation.ndjson").read_bytes().splitlines():
        start = line.index(b'"code":', line.index(b'"status"'))
        seen.setdefault(line[start : start + 160], line)
    assert len(seen) > 30
    for line in seen.values():
        assert encode(decode(line, "Observation")) == line


def test_every_resource_says_that_it_is_synthetic_and_whose_it_is(folder: Path) -> None:
    for line in lines(folder):
        assert TEST_DATA in line
        assert b'"meta":{"source":"urn:minkang:synthetic:' in line


def test_every_reference_leads_to_a_resource_of_the_feed_and_ids_stand_once(folder: Path) -> None:
    all_ = lines(folder)
    heads = [re.match(rb'\{"resourceType":"(\w+)","id":"([^"]+)"', line) for line in all_]
    names = [b"%s/%s" % (head[1], head[2]) for head in heads if head]
    known = set(names)
    assert len(known) == len(names) == len(all_)
    assert {target for line in all_ for target in REFERENCE.findall(line)} <= known


def test_a_report_gathers_all_results_of_its_attendance(folder: Path) -> None:
    """Also where batches are cut: no report stands twice, and none lacks a result."""
    reports = [json.loads(line) for line in (folder / "DiagnosticReport.ndjson").read_bytes().splitlines()]
    results: dict[str, set[str]] = {}
    for line in (folder / "Observation.ndjson").read_bytes().splitlines():
        one = json.loads(line)
        if one.get("category", [{}])[0].get("coding", [{}])[0].get("code") == "laboratory" and "encounter" in one:
            results.setdefault(one["encounter"]["reference"], set()).add(f"Observation/{one['id']}")
    for report in reports:
        assert {result["reference"] for result in report["result"]} == results[report["encounter"]["reference"]]
    assert len(reports) == sum(1 for some in results.values() if len(some) >= 3)


def test_batches_are_cut_only_between_attendances(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teller, "BATCH", 4)
    keys = np.array([1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 4, 5, 5, 5])
    parts = [part["key"] for part in runs({"key": keys}, "key")]
    assert np.concatenate(parts).tolist() == keys.tolist()
    assert len(parts) > 1
    assert all(first[-1] != second[0] for first, second in itertools.pairwise(parts))
    assert not list(runs({"key": keys[:0]}, "key"))


def test_households_hold_every_living_resident_once(folder: Path) -> None:
    groups = [json.loads(line) for line in (folder / "Group.ndjson").read_bytes().splitlines()]
    members = [one["entity"]["reference"] for group in groups for one in group["member"]]
    living = [json.loads(line) for line in (folder / "Patient.ndjson").read_bytes().splitlines()]
    assert sorted(members) == sorted(f"Patient/{one['id']}" for one in living if one["active"])
    assert all(group["quantity"] == len(group["member"]) for group in groups)


def test_the_outbreaks_are_not_given_away(folder: Path) -> None:
    """Which case belongs to an outbreak is known to the truth alone."""
    assert not any(b"outbreak" in line for line in lines(folder))


def test_every_line_of_the_rarer_kinds_is_valid(folder: Path) -> None:
    for name in ("Claim", "Coverage", "HealthcareService", "Device", "Location"):
        for line in (folder / f"{name}.ndjson").read_bytes().splitlines():
            assert encode(decode(line, name)) == line
    for place in (folder / "Observation.ndjson", folder / "Condition.ndjson"):
        rare = [line for line in place.read_bytes().splitlines() if re.search(rb'"id":"[bwt][0-9]', line[:60])]
        assert len(rare) > 10
        for line in rare:
            assert encode(decode(line)) == line


def test_the_items_of_a_claim_add_up(folder: Path) -> None:
    claims = [json.loads(line) for line in (folder / "Claim.ndjson").read_bytes().splitlines()]
    assert len(claims) > 100
    for claim in claims:
        cents = sum(round(item["net"]["value"] * 100) for item in claim["item"])
        assert cents == round(claim["total"]["value"] * 100)
        assert claim["supportingInfo"][0]["valueQuantity"]["value"] <= claim["total"]["value"]


def test_the_beds_of_the_wards_are_those_of_the_hospital(folder: Path) -> None:
    beds: dict[str, int] = {}
    for line in (folder / "Location.ndjson").read_bytes().splitlines():
        one = json.loads(line)
        if one["id"].startswith("ward-"):
            owner = one["managingOrganization"]["reference"]
            beds[owner] = beds.get(owner, 0) + one["extension"][0]["valueInteger"]
    assert beds["Organization/org-0001"] == 1000
    assert beds["Organization/org-0002"] == 800
