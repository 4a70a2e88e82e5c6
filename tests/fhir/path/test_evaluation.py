"""FHIRPath: what expressions give, on one patient and one observation; and how mistakes are refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minkang.errors import Fault
from minkang.fhir.path import Environment, collect, evaluate, parse, truth
from minkang.fhir.path.items import Item
from minkang.fhir.path.temporal import Temporal

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p",
    "active": True,
    "name": [
        {"use": "official", "family": "Chalmers", "given": ["Peter", "James"]},
        {"use": "usual", "given": ["Jim"], "period": {"end": "2002"}},
    ],
    "birthDate": "1974-12-25",
    "_birthDate": {"extension": [{"url": "urn:time", "valueDateTime": "1974-12-25T14:35:45-05:00"}]},
    "deceasedBoolean": False,
    "multipleBirthInteger": 2,
    "telecom": [
        {"system": "phone", "value": "555", "rank": 1},
        {"system": "email", "value": "p@x", "rank": 2},
    ],
    "generalPractitioner": [{"reference": "Practitioner/7"}, {"reference": "#c"}],
    "contained": [{"resourceType": "Organization", "id": "c", "name": "Clinic"}],
    "extension": [{"url": "urn:a", "extension": [{"url": "b", "valueCode": "x"}]}],
}
OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": "s", "code": "1"}, {"system": "t", "code": "2"}]},
    "effectiveDateTime": "2024-02-01T10:00:00+08:00",
    "valueQuantity": {"value": Decimal("5.40"), "unit": "mg", "code": "mg"},
    "component": [{"valueString": "a"}, {"valueInteger": 3}],
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # paths
        ("Patient.name.given", ["Peter", "James", "Jim"]),
        ("name.given[1]", ["James"]),
        ("name[5]", []),
        ("Resource.id", ["p"]),
        ("Observation.id", []),
        ("`name`.`family`", ["Chalmers"]),
        ("deceased", [False]),
        ("multipleBirth + 1", [3]),
        ("$this.id", ["p"]),
        ("%resource.id", ["p"]),
        ("%context.id & %answer", ["p42"]),
        # filters and projections
        ("name.where(use = 'official').family", ["Chalmers"]),
        ("name.where($index > 0).given", ["Jim"]),
        ("name.select(given.first())", ["Peter", "Jim"]),
        ("name.given.where($this.startsWith('J'))", ["James", "Jim"]),
        ("name.all(given.exists())", [True]),
        ("name.exists(use = 'temp')", [False]),
        ("contact.empty()", [True]),
        ("name.given.count()", [3]),
        ("name.given.first() | name.given.last()", ["Peter", "Jim"]),
        ("name.given.tail().take(1)", ["James"]),
        ("name.given.skip(2)", ["Jim"]),
        ("id.single()", ["p"]),
        ("(1 | 2 | 2 | 3).count()", [3]),
        ("(1 | 2).combine(2).count()", [3]),
        ("(1 | 2).intersect(2 | 3)", [2]),
        ("(1 | 2).exclude(2 | 3)", [1]),
        ("(1 | 1 | 2).isDistinct()", [True]),
        ("extension.repeat(extension).url", ["b"]),
        ("name.given.join('-')", ["Peter-James-Jim"]),
        ("iif(active, 'yes', 'no')", ["yes"]),
        ("iif({}, 'yes')", []),
        # types
        ("deceased is boolean", [True]),
        ("deceased.ofType(boolean)", [False]),
        ("deceased.ofType(dateTime)", []),
        ("(deceased as boolean)", [False]),
        ("birthDate is date", [True]),
        ("name.use.first() is code", [True]),
        ("name.use.first() is string", [True]),
        ("name.first() is HumanName", [True]),
        ("$this is DomainResource", [True]),
        ("$this.is(FHIR.Patient)", [True]),
        ("'a' is System.String", [True]),
        ("1 is System.Boolean", [False]),
        # references and extensions
        ("generalPractitioner.resolve().name", ["Clinic"]),
        ("generalPractitioner.where(resolve() is Practitioner).reference", ["Practitioner/7"]),
        ("generalPractitioner.getReferenceKey(Practitioner)", ["7"]),
        ("generalPractitioner.getReferenceKey(Organization)", []),
        ("getResourceKey()", ["p"]),
        ("birthDate.extension('urn:time').value", ["1974-12-25T14:35:45-05:00"]),
        ("extension('urn:a').extension('b').value", ["x"]),
        ("birthDate.hasValue()", [True]),
        ("name.hasValue()", [False]),
        # equality and order
        ("active = true", [True]),
        ("id = {}", []),
        ("name.given = 'Peter'", [False]),
        ("(1 | 2) = (2 | 1)", [False]),
        ("(1 | 2) ~ (2 | 1)", [True]),
        ("'ABC def' ~ ' abc  DEF '", [True]),
        ("1.10 ~ 1.1", [True]),
        ("1 != 2", [True]),
        ("'a' !~ 'b'", [True]),
        ("true = 1", [False]),
        ("'a' < 'b'", [True]),
        ("2 >= 2.0", [True]),
        ("1 > {}", []),
        ("birthDate < @1975", [True]),
        ("birthDate = @1974-12-25", [True]),
        ("birthDate = @1974-12", []),
        ("birthDate > @1974", []),
        ("@2024-02-01T10:00:00+08:00 = @2024-02-01T02:00:00Z", [True]),
        ("@2024-02-01T10:00 < @2024-02-01T11:00", [True]),
        ("@T10:30 < @T10:31", [True]),
        ("5 'mg' < 6 'mg'", [True]),
        ("5 'mg' < 6 'g'", []),
        ("3 days = 3 day", [True]),
        ("'b' in ('a' | 'b')", [True]),
        ("name.given contains 'Jim'", [True]),
        ("{} in name", []),
        # logic
        ("true and {}", []),
        ("false and {}", [False]),
        ("true or {}", [True]),
        ("{} or false", []),
        ("true xor false", [True]),
        ("{} implies true", [True]),
        ("false implies {}", [True]),
        ("active.not()", [False]),
        ("{}.not()", []),
        ("deceased.exists() and deceased != false", [False]),
        ("(true | false).anyTrue()", [True]),
        ("(true | false).allTrue()", [False]),
        # arithmetic
        ("1 + 2 * 3 - -4", [11]),
        ("(1 + 2) * 3", [9]),
        ("7 div 2", [3]),
        ("-7 mod 3", [-1]),
        ("1 / 4", [Decimal("0.25")]),
        ("1 / 0", []),
        ("'a' + 'b'", ["ab"]),
        ("'a' & {} & 'b'", ["ab"]),
        ("0.1 + 0.2 = 0.3", [True]),
        # text and conversions
        ("'abc'.substring(1, 1)", ["b"]),
        ("'abc'.substring(5)", []),
        ("'abc'.upper() & 'DEF'.lower()", ["ABCdef"]),
        ("'a,b'.split(',')", ["a", "b"]),
        ("'abc'.contains('b')", [True]),
        ("'abc'.endsWith('c')", [True]),
        ("'abc'.matches('^a.c$')", [True]),
        ("'abc'.replace('b', 'x')", ["axc"]),
        ("'a1b2'.replaceMatches('[0-9]', '')", ["ab"]),
        ("'abc'.length()", [3]),
        ("'abc'.indexOf('c')", [2]),
        (r"'it\'s \u4e2d'", ["it's 中"]),
        ("'12'.toInteger() + 1", [13]),
        ("'x'.toInteger()", []),
        ("'1.50'.toDecimal()", [Decimal("1.50")]),
        ("1.toString()", ["1"]),
        ("true.toString()", ["true"]),
        ("'yes'.toBoolean()", [True]),
        ("@2024-01-02T03:04.toDate()", ["2024-01-02"]),
        ("(-3).abs()", [3]),
        ("1 // a comment\n + /* another */ 1", [2]),
    ],
)
def test_an_expression_gives_what_the_specification_says(expression: str, expected: list[Any]) -> None:
    """On the patient above."""
    assert evaluate(expression, PATIENT, Environment({"answer": 42})) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("value.ofType(Quantity).value", [Decimal("5.40")]),
        ("(Observation.value as Quantity).unit", ["mg"]),
        ("value > 5 'mg'", [True]),
        ("component.value", ["a", 3]),
        ("component.value.ofType(integer)", [3]),
        ("component.value.as(string)", ["a"]),
        ("code.coding.where(system = 't').code", ["2"]),
        ("effective < @2024-02-02", [True]),
    ],
)
def test_choices_are_found_without_their_type(expression: str, expected: list[Any]) -> None:
    """`value` is valueQuantity, valueString or whatever is there."""
    assert evaluate(expression, OBSERVATION) == expected


@pytest.mark.parametrize(
    ("expression", "code", "position"),
    [
        ("name.given ; x", "FHIRPATH-001", 12),
        ("'open", "FHIRPATH-001", 1),
        ("name..given", "FHIRPATH-002", 6),
        ("name)", "FHIRPATH-002", 5),
        ("@2024-13", "FHIRPATH-002", 1),
        ("name.", "FHIRPATH-003", None),
        ("1 +", "FHIRPATH-003", None),
        ("name.where(use", "FHIRPATH-003", None),
        ("name.fly()", "FHIRPATH-004", 6),
        ("name.where()", "FHIRPATH-005", 6),
        ("name.given.single()", "FHIRPATH-006", 12),
        ("name.given + 'x'", "FHIRPATH-006", 12),
        ("1 + 'a'", "FHIRPATH-007", 3),
        ("active > 1", "FHIRPATH-007", 8),
        ("1.upper()", "FHIRPATH-007", 3),
        ("'a'.matches('(')", "FHIRPATH-007", 5),
        ("name['a']", "FHIRPATH-007", 5),
        ("(" * 200 + "1" + ")" * 200, "FHIRPATH-008", None),
        ("1 +" * 4000 + "1", "FHIRPATH-008", None),
        ("%nothing", "FHIRPATH-009", 1),
    ],
)
def test_a_mistake_is_refused_with_its_place(expression: str, code: str, position: int | None) -> None:
    """The fault says where, counting characters from 1."""
    with pytest.raises(Fault) as caught:
        evaluate(expression, PATIENT)
    assert caught.value.code == code
    assert caught.value.params.get("position") == position
    assert caught.value.text("zh")
    assert caught.value.advice("zh")


@pytest.mark.parametrize("expression", ["x.select(%resource.x.select(1))", "x | x"])
def test_work_without_end_is_stopped(expression: str) -> None:
    """Nested loops over a long list, and comparing everything with everything."""
    with pytest.raises(Fault, match=r"FHIRPATH-017"):
        evaluate(expression, {"x": list(range(3000))}, Environment(steps=50_000))


def test_items_know_their_types_and_extensions() -> None:
    """Views and patches ask for more than values."""
    [item] = collect("birthDate", PATIENT)
    assert (item.value, item.type) == ("1974-12-25", "date")
    assert item.element == PATIENT["_birthDate"]
    assert item.place is not None
    assert item.place[1:] == ("birthDate", None)


def test_a_value_only_in_its_extension_is_there() -> None:
    """A primitive without value exists but has none."""
    body = {"resourceType": "Patient", "name": [{"given": [None, "x"], "_given": [{"id": "1"}, None]}]}
    assert evaluate("name.given.count()", body) == [2]
    assert evaluate("name.given.where(hasValue())", body) == ["x"]
    assert evaluate("name.given.id", body) == ["1"]


def test_a_resolver_finds_other_resources() -> None:
    """`resolve()` asks the environment, and otherwise knows what the reference says."""
    known = {"Practitioner/7": {"resourceType": "Practitioner", "id": "7", "gender": "female"}}
    assert evaluate("generalPractitioner.resolve().gender", PATIENT, Environment(resolve=known.get)) == ["female"]
    assert evaluate("generalPractitioner.resolve().gender", PATIENT) == []


def test_truth_is_a_single_value_that_is_not_false() -> None:
    """As conditions in views."""
    assert truth("name.exists()", PATIENT)
    assert truth("id", PATIENT)
    assert not truth("contact", PATIENT)
    assert not truth("deceased", PATIENT)


def test_an_expression_may_start_at_a_part() -> None:
    """`%resource` is then the whole."""
    part = Item(PATIENT["name"][0], "HumanName")
    assert evaluate("family & %resource.id", part, resource=PATIENT) == ["Chalmersp"]


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ("2024", "2024", 0),
        ("2024", "2024-01", None),
        ("2023-12", "2024", -1),
        ("2024-01-01T10", "2024-01-01T11", -1),
        ("2024-01-01T10:00Z", "2024-01-01T10:00", None),
        ("2024-01-01T23:30:00-01:00", "2024-01-02T00:30:00Z", 0),
        ("10:30:00.5", "T10:30:00.500", 0),
        ("10:30", "2024", None),
    ],
)
def test_partial_dates_compare_as_far_as_they_go(one: str, two: str, expected: int | None) -> None:
    """None where the shorter does not tell."""
    left, right = Temporal.parse(one), Temporal.parse(two)
    assert left is not None
    assert right is not None
    assert left.compare(right) == expected


@pytest.mark.parametrize("text", ["2024-02-30", "2024-1", "T25:00", "2024T10:00", "10:99", "x", ""])
def test_what_is_no_date(text: str) -> None:
    """The calendar and the clock decide."""
    assert Temporal.parse(text) is None


@given(st.text(max_size=30))
def test_no_text_breaks_the_parser(text: str) -> None:
    """Any text is an expression or a fault of FHIRPath."""
    try:
        parse(text)
    except Fault as fault:
        if not fault.code.startswith("FHIRPATH-"):
            raise


@given(
    st.recursive(
        st.integers(0, 99).map(str),
        lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        max_leaves=12,
    )
)
def test_arithmetic_agrees_with_python(text: str) -> None:
    """Brackets and precedence."""
    assert evaluate(text, {}) == [eval(text)]  # our own digits and signs


@given(st.lists(st.sampled_from(["1", "+ 2", "* 3", "- 4"]), min_size=1, max_size=6))
def test_precedence_agrees_with_python(parts: list[str]) -> None:
    """Without brackets too."""
    text = "0 + 1 " + " ".join(part for part in parts if part != "1")
    assert evaluate(text, {}) == [eval(text)]
