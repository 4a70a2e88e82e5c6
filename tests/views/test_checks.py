"""A view with mistakes is refused before it runs, with all of them at once, each with its place and advice."""

from __future__ import annotations

from typing import Any

import pytest

from minkang.errors import Faults
from minkang.views.compiler import check_view, compile_view


def view(*columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A view of Observation with one select."""
    select = more.pop("select", [{"column": list(columns)}])
    return {"resourceType": "ViewDefinition", "resource": "Observation", "select": select, **more}


def column(path: str, name: str = "c", **more: Any) -> dict[str, Any]:
    """A column."""
    return {"name": name, "path": path, **more}


FIRST = "ViewDefinition.select[0].column[0]"


@pytest.mark.parametrize(
    ("definition", "code", "place"),
    [
        (view(column("stauts")), "VIEWS-014", f"{FIRST}.path"),
        (view(column("code.coding.first().cod")), "VIEWS-014", f"{FIRST}.path"),
        (view(column("valueQuantity.value")), "VIEWS-015", f"{FIRST}.path"),
        (view(column("value.unit.first().x")), "VIEWS-014", f"{FIRST}.path"),
        (view(column("value")), "VIEWS-025", f"{FIRST}.path"),
        (view(column("status", type="integer")), "VIEWS-016", f"{FIRST}.type"),
        (view(column("value.ofType(boolean)", type="decimal")), "VIEWS-016", f"{FIRST}.type"),
        (view(column("status", type="strnig")), "VIEWS-029", f"{FIRST}.type"),
        (view(column("code")), "VIEWS-017", f"{FIRST}.path"),
        (view(column("category.coding.code", collection=False)), "VIEWS-022", f"{FIRST}.collection"),
        (view(column("status"), column("id")), "VIEWS-012", "ViewDefinition.select[0].column[1].name"),
        (view(column("status", "a"), column("id", "A")), "VIEWS-012", "ViewDefinition.select[0].column[1].name"),
        (view(column("status", "1st")), "VIEWS-005", f"{FIRST}.name"),
        (view(column("status", "a b")), "VIEWS-005", f"{FIRST}.name"),
        (view(column("status = %missing")), "VIEWS-018", f"{FIRST}.path"),
        (view(column("status.aggregate(1)")), "VIEWS-019", f"{FIRST}.path"),
        (view(column("status.where()")), "VIEWS-020", f"{FIRST}.path"),
        (view(column("status > 3")), "VIEWS-021", f"{FIRST}.path"),
        (view(column("code = subject")), "VIEWS-021", f"{FIRST}.path"),
        (view(column("value.ofType(Quantty).value")), "VIEWS-029", f"{FIRST}.path"),
        (view(column("status.(")), "FHIRPATH-002", f"{FIRST}.path: status.("),
        (view(column("id", tag=[{"name": "ansi/type", "value": "BLOB; DROP"}])), "VIEWS-024", f"{FIRST}.tag"),
        (view(column("")), "VIEWS-004", f"{FIRST}.path"),
        (view(select=[]), "VIEWS-004", "ViewDefinition.select"),
        (view(select=[{}]), "VIEWS-004", "ViewDefinition.select[0]"),
        (view(column("id"), resource="Observaton"), "VIEWS-003", "ViewDefinition.resource"),
        (view(column("id"), resourceType="Patient"), "VIEWS-002", "ViewDefinition.resourceType"),
        (view(column("id"), where=[{"path": "status"}]), "VIEWS-034", "ViewDefinition.where[0].path"),
        (view(column("id"), where=[{"path": "stauts = 'final'"}]), "VIEWS-014", "ViewDefinition.where[0].path"),
        (view(column("id"), constant=[{"name": "a"}]), "VIEWS-010", "ViewDefinition.constant[0]"),
        (
            view(column("id"), constant=[{"name": "a", "valueCoding": {}}]),
            "VIEWS-011",
            "ViewDefinition.constant[0].valueCoding",
        ),
        (
            view(column("id"), constant=[{"name": "a", "valueInteger": "1"}]),
            "VIEWS-006",
            "ViewDefinition.constant[0].valueInteger",
        ),
        (
            view(select=[{"forEach": "component", "forEachOrNull": "note", "column": [column("id")]}]),
            "VIEWS-008",
            "ViewDefinition.select[0]",
        ),
        (
            view(select=[{"forEach": "$this", "column": [column("id")]}]),
            "VIEWS-030",
            "ViewDefinition.select[0].forEach",
        ),
        (
            view(select=[{"repeat": ["status"], "column": [column("id")]}]),
            "VIEWS-032",
            "ViewDefinition.select[0].repeat[0]",
        ),
        (
            view(select=[{"unionAll": [{"column": [column("id", "a")]}, {"column": [column("id", "b")]}]}]),
            "VIEWS-013",
            "ViewDefinition.select[0].unionAll[1]",
        ),
        (
            view(select=[{"unionAll": [{"column": [column("id")]}, {"column": [column("value.ofType(boolean)")]}]}]),
            "VIEWS-033",
            "ViewDefinition.select[0].unionAll[1].column[0].type",
        ),
    ],
)
def test_a_mistake_is_found_at_its_place(definition: dict[str, Any], code: str, place: str) -> None:
    """The fault names the place, and both languages can say it."""
    checked = check_view(definition)
    assert [(fault.code, fault.where) for fault in checked.faults] == [(code, place)]
    for fault in checked.faults:
        assert fault.text("zh")
        assert fault.advice("zh")
        assert str(fault)
    with pytest.raises(Faults):
        compile_view(definition)


def test_all_mistakes_are_reported_at_once() -> None:
    """Nobody mends a view one fault a run."""
    definition = view(column("stauts", "a"), column("id", "a b"), column("code.txt", "b"), where=[{"path": "%x"}])
    codes = [fault.code for fault in check_view(definition).faults]
    assert sorted(codes) == ["VIEWS-005", "VIEWS-014", "VIEWS-014", "VIEWS-018"]


def test_advice_names_what_was_probably_meant() -> None:
    """A slip of the pen is answered with the right spelling."""
    fault = check_view(view(column("stauts"))).faults[0]
    assert "status" in fault.advice("en")
    fault = check_view(view(column("valueQuantity.value"))).faults[0]
    assert "value.ofType(Quantity)" in fault.advice("zh")


def test_what_may_be_several_is_noticed_but_runs() -> None:
    """Data may hold one value each; the author is told that they need not."""
    checked = check_view(view(column("category.coding.code", "a"), column("status", "b"), extra=1))
    assert not checked.faults
    assert [(one.code, one.where) for one in checked.notices] == [("VIEWS-023", f"{FIRST}.path")]


def test_a_misspelt_key_is_noticed() -> None:
    """An unknown key beside the known ones is ignored, and said."""
    checked = check_view(view(column("id", colection=True)))
    assert [(one.code, one.where) for one in checked.notices] == [("VIEWS-007", f"{FIRST}.colection")]


def test_columns_have_the_types_of_their_elements() -> None:
    """Types come from the FHIR definitions, from the declaration, or from an SQL tag."""
    checked = check_view(
        view(
            column("id", "a"),
            column("value.ofType(integer)", "b"),
            column("value.ofType(Quantity).value", "c"),
            column("value.ofType(boolean)", "d"),
            column("effective.ofType(dateTime)", "e", tag=[{"name": "ansi/type", "value": "TIMESTAMP WITH TIME ZONE"}]),
            column("category.coding.code", "f", collection=True),
            column("value.ofType(Quantity).value", "g", tag=[{"name": "ansi/type", "value": "decimal(10, 2)"}]),
            column("code", "h", type="CodeableConcept"),
        )
    )
    assert not checked.faults
    assert [one.sql_type for one in checked.columns] == [
        "VARCHAR", "INTEGER", "DECIMAL(38,18)", "BOOLEAN", "TIMESTAMPTZ", "VARCHAR[]", "DECIMAL(10,2)", "VARCHAR",
    ]  # fmt: skip


def test_only_what_the_view_needs_is_read() -> None:
    """The engine is told of the elements that paths name, and of no others."""
    text = compile_view(view(column("value.ofType(Quantity).value"), column("subject.reference", "s"))).over_files()
    assert "'valueQuantity': 'STRUCT(value VARCHAR)'" in text
    assert "'subject': 'STRUCT(reference VARCHAR)'" in text
    assert "coding" not in text
    assert "_valueQuantity" not in text
