"""Documents of WS/T 500 and WS/T 483 become drafts of resources, and nothing in them is lost in silence."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from minkang.errors import Fault, catalogue
from minkang.exchange.cda.catalogue import all_elements, documents, kinds, sections
from minkang.exchange.cda.paths import steps
from minkang.fhir import decode

_spec = importlib.util.spec_from_file_location("cda_documents", Path(__file__).parent / "documents.py")
assert _spec is not None
assert _spec.loader is not None
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)

HEAD = (
    '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    '<id root="2.16.156.10011.1.1" extension="D1"/><code code="{code}"/><title>t</title>'
    '<effectiveTime value="20240101"/><recordTarget><patientRole><id root="2.16.156.10011.1.13" extension="B1"/>'
    "<patient><name>某某</name></patient></patientRole></recordTarget>{more}"
    "<component><structuredBody>{body}</structuredBody></component></ClinicalDocument>"
)


def document(body: str = "", code: str = "C0002", more: str = "") -> bytes:
    return HEAD.format(code=code, body=body, more=more).encode()


def section(*entries: str, code: str = 'code="29545-1"') -> str:
    return (
        f"<component><section><code {code}/>{''.join(f'<entry>{one}</entry>' for one in entries)}</section></component>"
    )


def entry(code: str, value: str, name: str = "") -> str:
    return f'<observation><code code="{code}" displayName="{name}"/>{value}</observation>'


def drafts(found: Any, type: str) -> list[Any]:
    return [one for one in found.drafts if one.type == type]


@pytest.mark.parametrize("name", made.NAMES)
def test_every_hand_made_document_gives_the_drafts_written_down_beside_it(name: str) -> None:
    found = made.convert(made.body_of(name))
    expected = json.loads((made.FOLDER / f"{name}.json").read_text("utf-8"))
    assert made.plain(found) == expected["drafts"]
    assert [[one.code, one.where, one.params] for one in found.notes] == expected["notes"]


@pytest.mark.parametrize("name", made.NAMES)
def test_every_draft_is_a_valid_r4_resource(name: str) -> None:
    for one in made.resources(made.convert(made.body_of(name))):
        decode(json.dumps(one).encode())


def test_the_tables_agree_with_each_other() -> None:
    """Every section of a document type, kind of an element and map exists; 73 types, at least 26 of them
    tested here."""
    from minkang.codes.maps import code_maps

    assert len(documents()) == 73
    assert {one for kind in documents().values() for one in kind.sections} <= set(sections())
    for one in all_elements():
        assert one.kind in kinds(), one
        assert not one.map or one.map in code_maps(), one
        assert not one.path or one.path in {"item", "part"} or steps(one.path), one
        assert one.origin in {"norm", "seen", "memory", "ours"}, one
        assert (one.origin == "ours") == one.code.startswith("MK."), one


def test_notes_and_faults_are_worded() -> None:
    for code in [f"CDA-{number:03d}" for number in (*range(1, 8), *range(10, 15), 20, 21, *range(30, 39))]:
        assert catalogue()[code].words["zh"]


def test_an_unknown_section_and_an_unknown_entry_are_kept_and_noted() -> None:
    found = made.convert(
        document(section(entry("X.1", '<value xsi:type="ST">院内文字</value>', "院内项"), code='displayName="别的"'))
    )
    composition = drafts(found, "Composition")[0].body
    assert "院内文字" in json.dumps(composition, ensure_ascii=False)
    assert {one.code for one in found.notes} == {"CDA-031", "CDA-032"}


def test_a_value_of_the_wrong_type_stays_as_text_and_is_noted() -> None:
    found = made.convert(document(section(entry("DE04.10.188.00", '<value xsi:type="ST">偏胖</value>'))))
    assert drafts(found, "Observation")[0].body["valueString"] == "偏胖"
    assert [one.code for one in found.notes] == ["CDA-036"]


def test_entries_without_an_organizer_begin_a_new_resource_where_one_says_the_same_again() -> None:
    code = 'code="29548-5"'
    parts = [entry("DE05.01.024.00", f'<value xsi:type="CD" code="{one}"/>') for one in ("I10", "E11.9")]
    found = drafts(made.convert(document(section(*parts, code=code))), "Condition")
    assert [one.body["code"]["coding"][0]["code"] for one in found] == ["I10", "E11.9"]


def test_of_contradicting_versions_the_later_ranks_higher_and_bears_the_same_key() -> None:
    version = '<setId root="r" extension="S1"/><versionNumber value="{}"/>'
    first, second = (made.convert(document(more=version.format(one))) for one in (9, 10))
    one, two = drafts(first, "Composition")[0], drafts(second, "Composition")[0]
    assert one.key == two.key
    assert one.rank < two.rank


def test_a_nullified_document_withdraws_what_it_says_but_not_the_person() -> None:
    status = '<sdtc:statusCode xmlns:sdtc="urn:hl7-org:sdtc" code="nullified"/>'
    found = made.convert(
        document(section(entry("DE04.10.188.00", '<value xsi:type="PQ" value="60" unit="kg"/>')), more=status)
    )
    assert {one.type: one.withdrawn for one in found.drafts} == {
        "Patient": False, "Encounter": True, "Observation": True, "Composition": True,
    }  # fmt: skip


def test_a_replaced_document_is_withdrawn_where_its_key_differs() -> None:
    found = made.convert(made.body_of("corrected-referral"))
    assert [one.key for one in found.drafts if one.type == "Composition"] == ["HSDC00.05/T0001"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<a/>", "CDA-010"),
        (document(code="C9999"), "CDA-013"),
        (document().replace(b'extension="D1"', b"").replace(b'root="2.16.156.10011.1.1" ', b""), "CDA-012"),
        (document().replace(b"20240101", b"20241301"), "CDA-014"),
        (document().replace(b'extension="B1"', b""), "CDA-011"),
        (document()[:-20], "CDA-005"),
        (b"", "CDA-005"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_code_and_place(body: bytes, code: str) -> None:
    with pytest.raises(Fault) as refused:
        made.convert(body)
    assert refused.value.code == code
    assert refused.value.text("zh")
    assert refused.value.advice("en")
