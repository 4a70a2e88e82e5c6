"""Search requests: what they say once parsed, and how each mistake is refused."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minkang.errors import Fault
from minkang.fhir.search import Limits, Query, parse_query
from minkang.fhir.search.query import (
    Chain,
    Clause,
    CompositeValue,
    Criterion,
    Has,
    IdValue,
    NumberValue,
    ReferenceValue,
    SetValue,
    TextValue,
    TokenValue,
    UriValue,
    Value,
)
from minkang.fhir.search.values import plain, split


def read(type: str | None, text: str, **limits: object) -> Query:
    return parse_query(type, parse_qsl(text, keep_blank_values=True), limits=Limits(**limits))  # type: ignore[arg-type]


def clause(type: str | None, text: str, **limits: object) -> Clause:
    [found] = read(type, text, **limits).clauses
    return found


def values(type: str | None, text: str, **limits: object) -> tuple[Value, ...]:
    found = clause(type, text, **limits)
    assert isinstance(found, Criterion)
    return found.values


@pytest.mark.parametrize(
    ("type", "text", "expected"),
    [
        ("Patient", "gender=male", [TokenValue(None, "male")]),
        ("Patient", "gender=http://hl7.org/fhir/administrative-gender|male", [TokenValue("", "male")]),
        ("Patient", "identifier=urn:s|", [TokenValue("urn:s", None)]),
        ("Patient", "identifier=|7", [TokenValue("", "7")]),
        ("Patient", r"identifier=a\|b|c\,d,e", [TokenValue("a|b", "c,d"), TokenValue(None, "e")]),
        ("Patient", "identifier:of-type=s|MR|7", [TokenValue("s", "MR|7")]),
        ("Patient", "active=true", [TokenValue(None, "true")]),
        ("Observation", "code:text=Blutdruck", [TextValue("Blutdruck", "blutdruck")]),
        ("Observation", "code:in=http://vs", [SetValue(url="http://vs")]),
        ("Observation", "code:below=http://s|c", [SetValue(system="http://s", code="c")]),
        ("Patient", "name=%C3%89va  B", [TextValue("Éva  B", "eva b")]),
        ("Patient", "name:exact=A,B", [TextValue("A", "a"), TextValue("B", "b")]),
        ("ValueSet", "url:below=http://a/", [UriValue("http://a/")]),
        ("Patient", "_id=1,2", [IdValue("1"), IdValue("2")]),
        ("Observation", "subject=Patient/1", [ReferenceValue(("Patient/1",))]),
        ("Observation", "subject:Patient=1", [ReferenceValue(("Patient/1",))]),
        ("Observation", "patient=1", [ReferenceValue(("Patient/1",))]),
        ("Observation", "subject=Patient/1/_history/2", [ReferenceValue(("Patient/1",))]),
        ("Observation", "subject=http://else/fhir/Patient/1", [ReferenceValue(("http://else/fhir/Patient/1",))]),
        ("Observation", "subject:identifier=s|1", [TokenValue("s", "1")]),
        ("PlanDefinition", "depends-on=http://a|1.0", [ReferenceValue(("http://a|1.0",))]),
    ],
)
def test_values_are_read_by_their_type(type: str, text: str, expected: list[Value]) -> None:
    """Tokens, strings, references, uris and ids, with their modifiers and escapes."""
    assert values(type, text) == tuple(expected)


def test_a_reference_to_the_server_s_own_address_is_relative() -> None:
    """It is found whichever way it was written."""
    expected = (ReferenceValue(("Patient/1", "http://here/fhir/Patient/1")),)
    assert values("Observation", "subject=http://here/fhir/Patient/1", base="http://here/fhir") == expected
    assert values("Observation", "subject=Patient/1", base="http://here/fhir/") == expected


def test_an_id_alone_may_be_of_any_type_the_parameter_points_to() -> None:
    """`subject=1` is a device, group, location or patient."""
    found = values("Observation", "subject=1")
    assert found == (ReferenceValue(("Device/1", "Group/1", "Location/1", "Patient/1")),)


def test_quantities_have_units() -> None:
    """Number, system and code; an empty one says nothing."""
    [full] = values("Observation", "value-quantity=le5.40|http://unitsofmeasure.org|mg")
    assert full == NumberValue(
        "le", Decimal("5.40"), Decimal("5.395"), Decimal("5.405"), "http://unitsofmeasure.org", "mg"
    )
    [unit] = values("Observation", "value-quantity=5||mg")
    assert isinstance(unit, NumberValue)
    assert (unit.system, unit.code) == (None, "mg")


def test_a_composite_has_a_value_for_each_component() -> None:
    """Each is read as its own parameter would be."""
    [value] = values("Observation", r"code-value-quantity=http://loinc.org|a\$b$gt5.4")
    assert isinstance(value, CompositeValue)
    assert value.parts[0] == TokenValue("http://loinc.org", "a$b")
    assert isinstance(value.parts[1], NumberValue)
    assert value.parts[1].prefix == "gt"


def test_chains_follow_references_of_any_depth() -> None:
    """Each step knows the types it may lead to."""
    outer = clause("Observation", "subject:Patient.organization.name=x")
    assert isinstance(outer, Chain)
    [link] = outer.links
    assert link.type == "Patient"
    assert isinstance(link.clause, Chain)
    [inner] = link.clause.links
    assert (inner.type, type(inner.clause)) == ("Organization", Criterion)


def test_a_chain_without_a_type_goes_wherever_the_parameter_exists() -> None:
    """`subject.name`: locations and patients have a name; groups and devices do not, or not as a string."""
    outer = clause("Observation", "subject.family=x")
    assert isinstance(outer, Chain)
    assert [link.type for link in outer.links] == ["Patient"]


def test_reverse_chains_nest() -> None:
    """`_has` within `_has`, and a chain within it."""
    outer = clause("Patient", "_has:Observation:patient:_has:AuditEvent:entity:agent:Practitioner.name=x")
    assert isinstance(outer, Has)
    assert isinstance(outer.clause, Has)
    assert isinstance(outer.clause.clause, Chain)
    chained = clause("Observation", "subject:Patient._has:Encounter:patient:status=planned")
    assert isinstance(chained, Chain)
    assert isinstance(chained.links[0].clause, Has)


def test_the_rest_of_a_request() -> None:
    """Sorting, counting, includes and parts."""
    query = read(
        "Observation",
        "_sort=-date,code&_count=5000&_total=accurate&_summary=text&_elements=id,code&_cursor=abc&_format=json"
        "&_include=Observation:subject:Patient&_include:iterate=Patient:organization&_revinclude=Provenance:target"
        "&_include=*",
        count=200,
    )
    assert [(sort.parameter.code, sort.descending) for sort in query.sort] == [("date", True), ("code", False)]
    assert (query.count, query.total, query.summary, query.elements) == (200, "accurate", "text", ("id", "code"))
    assert query.cursor == "abc"
    assert [(one.source, one.target, one.iterate) for one in query.includes] == [
        ("Observation", "Patient", False),
        ("Patient", "", True),
        ("*", "", False),
    ]
    assert query.revincludes[0].source == "Provenance"
    assert query.unknown == ()
    assert "_cursor" not in query.canonical()
    assert "_format" not in query.canonical()


def test_equal_requests_have_one_canonical_text() -> None:
    """The order of parameters does not matter, their values do."""
    one, two = read("Patient", "name=a&gender=male"), read("Patient", "gender=male&name=a")
    assert one.canonical() == two.canonical()
    assert one.canonical() != read("Patient", "name=b&gender=male").canonical()


def test_several_types_share_their_parameters() -> None:
    """`_type` with two types: what both have, in both."""
    query = read(None, "_type=Patient,Person&name=x")
    [criterion] = query.clauses
    assert query.types == ("Patient", "Person")
    assert isinstance(criterion, Criterion)
    assert [branch.expression for branch in criterion.parameter.branches] == ["Patient.name", "Person.name"]
    assert read(None, "name=x").unknown == (("name", "x"),)


def test_unknown_parameters_are_collected_or_refused() -> None:
    """Lenient: reported; strict: a fault that names it."""
    assert read("Patient", "shoe=44&name=").unknown == (("shoe", "44"), ("name", ""))
    assert read("Patient", "shoe=44").pairs == ()
    for limits in (Limits(strict=True), None):
        with pytest.raises(Fault, match=r"SEARCH-001.*shoe"):
            parse_query("Patient", [("shoe", "44")], strict=True, limits=limits)


@pytest.mark.parametrize(
    ("type", "text", "code"),
    [
        ("Patient", "_text=x", "SEARCH-002"),
        ("Patient", "_filter=x", "SEARCH-002"),
        ("Location", "near=1|2", "SEARCH-002"),
        ("Patient", "name:fuzzy=x", "SEARCH-003"),
        ("Patient", "birthdate:exact=2024", "SEARCH-003"),
        ("Patient", "_lastUpdated:not=2024", "SEARCH-003"),
        ("Patient", "birthdate=2024-02-30", "SEARCH-004"),
        ("RiskAssessment", "probability=many", "SEARCH-005"),
        ("Observation", "value-quantity=5|mg", "SEARCH-006"),
        ("Observation", "value-quantity=x|y|z", "SEARCH-006"),
        ("Patient", "identifier=a|b|c", "SEARCH-007"),
        ("Patient", "identifier=|", "SEARCH-007"),
        ("Patient", "active=yes", "SEARCH-008"),
        ("Patient", "name:missing=perhaps", "SEARCH-008"),
        ("Observation", "subject=a b", "SEARCH-009"),
        ("Observation", "subject=Ghost/1", "SEARCH-009"),
        ("Observation", "subject:Practitioner=1", "SEARCH-010"),
        ("Observation", "subject:Patient=Group/1", "SEARCH-010"),
        ("Patient", "_has:Observation:performer:code=1", None),
        ("Medication", "_has:Observation:patient:code=1", "SEARCH-010"),
        ("Observation", "code-value-quantity=a", "SEARCH-011"),
        ("Patient", "identifier:of-type=a|b", "SEARCH-012"),
        ("Patient", "name.given=x", "SEARCH-013"),
        ("Patient", "_has:Observation:code:status=x", "SEARCH-013"),
        ("Observation", "subject:Patient.shoe=44", "SEARCH-014"),
        ("Provenance", "target._id=1", "SEARCH-015"),
        ("Patient", "_has:Observation:patient=x", "SEARCH-016"),
        ("Observation", "subject:Ghost.name=x", "SEARCH-017"),
        (None, "_type=Ghost", "SEARCH-017"),
        ("Ghost", "name=x", "SEARCH-017"),
        ("Patient", "_count=-1", "SEARCH-018"),
        ("Patient", "_summary=all", "SEARCH-018"),
        ("Patient", "_total=exact", "SEARCH-018"),
        ("Patient", "_include=organization", "SEARCH-019"),
        ("Patient", "_include=Patient:name", "SEARCH-019"),
        ("Patient", "_include:all=Patient:organization", "SEARCH-003"),
        ("Observation", "_include=Observation:subject:Practitioner", "SEARCH-010"),
        ("Patient", "_sort=shoe", "SEARCH-020"),
        ("Observation", "_sort=code-value-quantity", "SEARCH-020"),
        ("Patient", "_id=" + ",".join(map(str, range(501))), "SEARCH-021"),
        ("Patient", "&".join(["name=x"] * 51), "SEARCH-021"),
        ("Patient", "link." * 7 + "name=x", "SEARCH-021"),
        ("Patient", "name=,", "SEARCH-022"),
    ],
)
def test_each_mistake_is_refused_by_name(type: str | None, text: str, code: str | None) -> None:
    """The fault names the parameter and says in both languages what to write."""
    if code is None:
        read(type, text)
        return
    with pytest.raises(Fault) as caught:
        read(type, text)
    assert caught.value.code == code
    assert caught.value.text("zh")
    assert caught.value.advice("en")


@given(st.lists(st.text(alphabet="ab,$|\\ ", max_size=6), min_size=1, max_size=4), st.sampled_from(",$|"))
def test_escaped_values_come_back(parts: list[str], mark: str) -> None:
    """Joining escaped parts and splitting again gives the parts."""
    escaped = ["".join(f"\\{letter}" if letter in ",$|\\" else letter for letter in part) for part in parts]
    assert [plain(part) for part in split(mark.join(escaped), mark)] == parts


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_request_breaks_the_reader(name: str, value: str) -> None:
    """Whatever comes in is read, collected or refused by a fault."""
    for prefix in ("", "_has:", "subject:", "subject.", "code:", "_include"):
        try:
            parse_query("Observation", [(prefix + name, value)])
        except Fault as fault:
            if fault.category.status >= 500:
                raise
