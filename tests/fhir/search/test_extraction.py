"""Keys: the written extractors agree with the evaluator, for the standard's examples and for synthetic records."""

from __future__ import annotations

import bz2
import json
import tarfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.fhir.search.plain_keys import plain_keys

from minkang.fhir import decode
from minkang.fhir.search import Keys, extract, present, search_parameter
from minkang.fhir.search.extraction import extractor_source
from minkang.fhir.search.keys import Dates, Number, Reference, Token
from minkang.fhir.search.parameters import branch_id, identifier_branch, of_type_branch, searchable_types


def keys_of(**resource: Any) -> Keys:
    return extract(decode(json.dumps(resource).encode()))


def as_sets(keys: Keys) -> dict[str, set[Any]]:
    names = ("tokens", "references", "dates", "numbers", "texts", "uris")
    return {name: set(getattr(keys, name)) for name in names}


def check(body: bytes) -> None:
    plain = plain_keys(json.loads(body, parse_float=Decimal))
    assert as_sets(extract(decode(body))) == as_sets(plain)


@pytest.mark.reference
def test_every_example_of_the_standard_gives_the_keys_the_evaluator_gives(reference: Path) -> None:
    """Two ways through a resource, one compiled and one interpreted, find the same."""
    count = 0
    with tarfile.open(reference / "fhir" / "r4-examples.tar.xz") as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None:
                check(file.read())
                count += 1
    assert count > 400


@pytest.mark.reference
def test_synthetic_records_give_the_keys_the_evaluator_gives(reference: Path) -> None:
    """Some hundred records as a hospital would send them."""
    paths = sorted((reference / "fhir" / "synthea").glob("*.json.bz2"), key=lambda path: path.stat().st_size)
    for path in paths[:3]:
        for entry in json.loads(bz2.decompress(path.read_bytes()), parse_float=Decimal)["entry"][:120]:
            check(json.dumps(entry["resource"], default=float).encode())


@pytest.mark.parametrize("type", searchable_types())
def test_every_type_has_an_extractor_that_compiles(type: str) -> None:
    """A leaf of a kind that no converter knows is found here, not when such a resource is first stored."""
    compile(extractor_source(type), type, "exec")


def test_an_observation_is_found_by_its_parts() -> None:
    """Codes, subject, time and value; the components numbered."""
    keys = keys_of(
        resourceType="Observation",
        status="final",
        code={"coding": [{"system": "http://loinc.org", "code": "85354-9"}], "text": "Blood pressure"},
        subject={"reference": "Patient/1/_history/3"},
        encounter={"identifier": {"system": "urn:e", "value": "7"}},
        effectivePeriod={"start": "2024-02-01T08:00:00+08:00"},
        component=[
            {"code": {"coding": [{"code": "sys"}]}, "valueQuantity": {"value": 120, "unit": "mmHg", "code": "mm[Hg]"}},
            {"code": {"coding": [{"code": "dia"}]}, "valueQuantity": {"value": 80.50, "comparator": "<"}},
        ],
    )
    code, part = branch_id("Observation.code"), branch_id("Observation.component.code")
    value = branch_id("Observation.component.value.ofType(Quantity)")
    assert keys.tokens == [
        Token(code, "http://loinc.org", "85354-9", 0, ""),
        Token(code, "", "", 0, "Blood pressure"),
        Token(part, "", "sys", 1, ""),
        Token(part, "", "dia", 2, ""),
        Token(identifier_branch(branch_id("Observation.encounter")), "urn:e", "7", 0, ""),
        Token(branch_id("Observation.status"), "", "final", 0, ""),
    ]
    assert keys.references == [Reference(branch_id("Observation.subject"), "Patient/1", 0)]
    assert keys.dates[0].low == datetime(2024, 2, 1, tzinfo=UTC)
    assert keys.dates[0].high == datetime.max.replace(tzinfo=UTC)
    assert keys.numbers == [
        Number(value, Decimal(120), Decimal(120), "", "mm[Hg]", 1),
        Number(value, Decimal(120), Decimal(120), "", "mmHg", 1),
        Number(value, Decimal("-Infinity"), Decimal("80.5"), "", "", 2),
    ]


def test_a_chinese_name_is_found_whole_and_by_its_parts() -> None:
    """张 and 三 make 张三, also where no text was written."""
    keys = keys_of(resourceType="Patient", name=[{"family": "张", "given": ["三"]}])
    whole = branch_id("Patient.name")
    assert {text.value for text in keys.texts if text.branch == whole} == {"张", "三", "张三"}


def test_an_identifier_is_found_by_its_type() -> None:
    """`:of-type` has a branch of its own."""
    type = {"coding": [{"system": "urn:t", "code": "MR"}]}
    keys = keys_of(
        resourceType="Patient", identifier=[{"type": type, "system": "urn:s", "value": "9"}, {"system": "x"}]
    )
    branch = branch_id("Patient.identifier")
    assert Token(of_type_branch(branch), "urn:t", "MR|9", 0, "") in keys.tokens
    assert [token for token in keys.tokens if token.branch == branch] == [Token(branch, "urn:s", "9", 0, "")]


def test_a_birth_year_is_a_year_in_china() -> None:
    """Partial dates are as long as their precision, in the zone of the platform."""
    keys = keys_of(resourceType="Patient", birthDate="1990")
    branch = branch_id("Patient.birthDate")
    low, high = datetime(1989, 12, 31, 16, tzinfo=UTC), datetime(1990, 12, 31, 16, tzinfo=UTC)
    assert keys.dates == [Dates(branch, low, high, 0)]


def test_presence_knows_what_a_narrowed_parameter_has() -> None:
    """An observation of a group has a subject but no patient; an email is no phone."""
    keys = keys_of(resourceType="Observation", status="final", code={"text": "x"}, subject={"reference": "Group/1"})
    marks = present(keys)
    assert presence("Observation", "subject") in marks
    assert presence("Observation", "patient") not in marks
    keys = keys_of(resourceType="Patient", telecom=[{"system": "email", "value": "a@b"}])
    marks = present(keys)
    assert presence("Patient", "email") in marks
    assert presence("Patient", "phone") not in marks
    assert marks == sorted(set(marks))


def presence(type: str, code: str) -> int:
    parameter = search_parameter(type, code)
    assert parameter is not None
    return parameter.branches[0].presence


def test_a_bundle_is_found_by_the_document_it_holds() -> None:
    """The first entry, by type and id."""
    inner = {"resourceType": "Composition", "id": "c", "status": "final", "type": {"text": "t"}, "date": "2024"}
    inner |= {"author": [{"reference": "Practitioner/1"}], "title": "T"}
    keys = keys_of(resourceType="Bundle", type="document", entry=[{"resource": inner}, {"fullUrl": "urn:x"}])
    assert keys.references == [Reference(branch_id("Bundle.entry[0].resource"), "Composition/c", 0)]


def test_the_example_of_a_related_artifact_goes_to_the_parameter_of_its_kind() -> None:
    """`depends-on` and `predecessor` read the same element under different conditions."""
    keys = keys_of(
        resourceType="Library",
        status="draft",
        type={"text": "t"},
        relatedArtifact=[
            {"type": "depends-on", "resource": "http://a|1"},
            {"type": "predecessor", "resource": "http://b"},
        ],
    )
    depends = branch_id("Library.relatedArtifact.where(type='depends-on').resource")
    assert [key.target for key in keys.references if key.branch == depends] == ["http://a|1", "http://a"]
