"""Documents are written from stored resources, and reading them gives the same resources again."""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minkang.errors import Fault
from minkang.exchange.cda.catalogue import Element, all_elements, documents, sections
from minkang.exchange.cda.entries import entries
from minkang.exchange.cda.parsing import parse
from minkang.exchange.cda.showing import to_html
from minkang.exchange.cda.writing import write_document

_spec = importlib.util.spec_from_file_location("cda_documents", Path(__file__).parent / "documents.py")
assert _spec is not None
assert _spec.loader is not None
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)


def again(found: Any) -> Any:
    code = next(one.body["type"]["coding"][0]["code"] for one in found.drafts if one.type == "Composition" and one.body)
    return made.convert(write_document(code, made.resources(found)))


@pytest.mark.parametrize("name", made.NAMES)
def test_written_and_read_again_a_document_gives_equal_drafts(name: str) -> None:
    found = made.convert(made.body_of(name))
    assert made.plain(again(found)) == made.plain(found)


TEXT = (
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co")), min_size=1, max_size=30)
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
)
NUMBER = st.decimals(0, 9999, places=2, allow_nan=False).map(str)
DAY = st.dates(datetime(1990, 1, 1, tzinfo=UTC).date()).map(lambda one: one.strftime("%Y%m%d"))


@st.composite
def values(draw: st.DrawFn, element: Element) -> str:
    """A value of the element's type, as a sender would write it."""
    if element.type == "CD":
        code, name = draw(st.from_regex(r"[A-Z0-9]{1,4}", fullmatch=True)), draw(TEXT)
        return f'<value xsi:type="CD" code="{code}" displayName="{escaped(name)}"/>'
    if element.type in {"PQ", "MO", "REAL"}:
        unit = f' unit="{element.unit}"' if element.unit and element.type == "PQ" else ""
        return f'<value xsi:type="{element.type}" value="{draw(NUMBER)}"{unit}/>'
    if element.type == "INT":
        return f'<value xsi:type="INT" value="{draw(st.integers(1, 99))}"/>'
    if element.type == "BL":
        return f'<value xsi:type="BL" value="{draw(st.sampled_from(["true", "false"]))}"/>'
    if element.type == "TS":
        return f'<value xsi:type="TS" value="{draw(DAY)}"/>'
    return f'<value xsi:type="ST">{escaped(draw(TEXT))}</value>'


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


@st.composite
def any_document(draw: st.DrawFn) -> bytes:
    """Any type with any of its sections, each with entries of any elements."""
    kind = draw(st.sampled_from(sorted(documents().values(), key=lambda one: one.code)))
    parts = []
    for key in draw(st.lists(st.sampled_from(kind.sections), unique=True, max_size=4)):
        table, chosen = (
            sections()[key],
            draw(st.lists(st.sampled_from(USABLE), max_size=6, unique_by=lambda one: one.code)),
        )
        inner = "".join(
            f'<entry><observation><code code="{one.code}" codeSystem="{one.system}" displayName="{one.zh}"/>'
            f"{draw(values(one))}</observation></entry>" for one in chosen
        )  # fmt: skip
        parts.append(
            f'<component><section><code code="{table.loinc}" displayName="{table.zh}"/>{inner}</section></component>'
        )
    return (
        '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f'<id root="2.16.156.10011.1.1" extension="D1"/><code code="{kind.code}"/><effectiveTime value="{draw(DAY)}"/>'
        '<recordTarget><patientRole><id root="2.16.156.10011.1.13" extension="B1"/>'
        '<id root="2.16.156.10011.1.12" extension="Z1"/>'
        f"<patient><name>{escaped(draw(TEXT))}</name></patient></patientRole></recordTarget>"
        f"<component><structuredBody>{''.join(parts)}</structuredBody></component></ClinicalDocument>"
    ).encode()


APART = {"Medication", "Procedure", "Vaccination", "Laboratory", "Visit", "Costs", "Order", "Death", "Report"}
USABLE = [one for one in all_elements() if not one.section and one.kind not in APART]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(any_document())
def test_whatever_a_document_of_the_tables_says_is_written_and_read_again_alike(body: bytes) -> None:
    """Kinds whose entries stand inside an act of their own are left to the hand-made documents."""
    found = made.convert(body)
    assert made.plain(again(found)) == made.plain(found)


def test_a_document_is_made_of_resources_from_any_feed() -> None:
    """Without a Composition each resource goes to its section of the type; text for people stands beside the
    entries."""
    subject = {"reference": "Patient/p"}
    given: list[dict[str, Any]] = [
        {"resourceType": "Patient", "id": "p", "name": [{"text": "甲"}], "gender": "male", "birthDate": "1960-01-01",
         "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": "990000196001010011"}]},
        {"resourceType": "Encounter", "id": "e", "status": "finished", "period": {"start": "2024-01-02T08:00:00+08:00"},
         "class": {"code": "AMB"}, "subject": subject},
        {"resourceType": "Observation", "id": "o", "status": "final", "subject": subject,
         "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}], "text": "体重"},
         "category": [{"coding": [{"code": "vital-signs"}]}], "effectiveDateTime": "2024-01-02",
         "valueQuantity": {"value": 70.5, "unit": "kg", "code": "kg", "system": "http://unitsofmeasure.org"}},
        {"resourceType": "Condition", "id": "c", "subject": subject, "recordedDate": "2024-01-02",
         "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "I10", "display": "原发性高血压"}]}},
    ]  # fmt: skip
    body = write_document("C0002", given)
    assert write_document("C0002", given) == body
    assert "体重 70.5 kg" in body.decode()
    found = made.convert(body)
    assert not found.notes
    weight = next(one.body for one in found.drafts if one.type == "Observation")
    assert weight["valueQuantity"]["value"] == 70.5
    assert {one["code"] for one in weight["code"]["coding"]} == {"29463-7", "weight", "DE04.10.188.00"}
    condition = next(one.body for one in found.drafts if one.type == "Condition")
    assert condition["code"]["coding"][0]["code"] == "I10"


@pytest.mark.parametrize("code", sorted(documents()))
def test_every_type_can_be_written_for_a_bare_person(code: str) -> None:
    patient = {"resourceType": "Patient", "id": "p", "name": [{"text": "乙"}], "birthDate": "1960-01-01"}
    found = made.convert(write_document(code, [patient]))
    assert next(one.type for one in found.drafts) == "Patient"


def test_unknown_types_and_missing_persons_are_refused() -> None:
    with pytest.raises(Fault) as one:
        write_document("C9999", [])
    with pytest.raises(Fault) as other:
        write_document("C0002", [])
    assert (one.value.code, other.value.code) == ("CDA-020", "CDA-021")


def test_a_page_for_people_holds_nothing_that_acts() -> None:
    evil = made.body_of("outpatient-record").decode()
    evil = evil.replace("王小五", "&lt;script&gt;alert(1)&lt;/script&gt;").replace(
        "院内说明", '&lt;img src=x onerror=alert(1)&gt;"'
    )
    page = to_html(evil.encode())
    assert "<script" not in page
    assert "<img" not in page
    assert "收缩压(mmHg) <small>Systolic pressure</small>" in page
    assert "Systolic pressure <small>收缩压(mmHg)</small>" in to_html(evil.encode(), "en")
    parse(page.replace("<!doctype html>", "").replace('<meta charset="utf-8">', "").replace(
        '<meta name="viewport" content="width=device-width,initial-scale=1">', "").encode())  # fmt: skip


def test_entries_are_made_for_every_kind_of_resource_that_documents_hold() -> None:
    for name in made.NAMES:
        for one in made.resources(made.convert(made.body_of(name))):
            if one["resourceType"] not in {"Patient", "Encounter", "Composition", "DiagnosticReport"}:
                assert entries(one, ""), one
