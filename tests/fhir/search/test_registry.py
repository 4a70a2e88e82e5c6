"""The registry: every parameter of R4, each expression under a number of its own."""

from __future__ import annotations

from collections import defaultdict

import pytest

from minkang.fhir import type_names
from minkang.fhir.path import parse
from minkang.fhir.search import identifier_branch, of_type_branch, parameters_of, search_parameter
from minkang.fhir.search.parameters import branches_of, searchable_types


def test_every_resource_type_can_be_searched() -> None:
    """The registry and the types come from the same definitions."""
    assert set(searchable_types()) == set(type_names())


def test_no_two_expressions_share_a_number() -> None:
    """Branch numbers are short hashes; a collision would mix two elements in one index."""
    owners: dict[int, set[str]] = defaultdict(set)
    for type in searchable_types():
        for branch in branches_of(type):
            owners[branch.id].add(branch.expression)
            owners[identifier_branch(branch.id)].add(f"{branch.expression}.identifier")
            owners[of_type_branch(branch.id)].add(f"{branch.expression}.of-type")
        for parameter in parameters_of(type).values():
            for branch in parameter.branches:
                if branch.presence != branch.id:
                    owners[branch.presence].add(f"{branch.expression} narrowed to {branch.system}{branch.targets}")
    assert len(owners) > 4000
    assert {number: names for number, names in owners.items() if len(names) > 1} == {}


@pytest.mark.parametrize("type", searchable_types())
def test_every_parameter_leads_to_values(type: str) -> None:
    """A parameter has branches, pairings, or is answered from the row; `near` alone is refused. Expressions parse."""
    for code, parameter in parameters_of(type).items():
        assert parameter.branches or parameter.pairings or parameter.row or code == "near", code
        assert all(branch.leaves for branch in parameter.branches), code
    for branch in branches_of(type):
        parse(branch.expression)


def test_one_branch_serves_all_parameters_that_read_it() -> None:
    """`patient` is `subject` with a condition on its target; `phone` is `telecom` with a system."""
    subject, patient = (search_parameter("Observation", code) for code in ("subject", "patient"))
    assert subject is not None
    assert patient is not None
    assert subject.branches[0].id == patient.branches[0].id
    assert patient.branches[0].targets == ("Patient",)
    assert patient.targets == ("Patient",)
    phone = search_parameter("Patient", "phone")
    assert phone is not None
    assert (phone.branches[0].expression, phone.branches[0].system) == ("Patient.telecom", "phone")


def test_parameters_of_several_types_have_only_the_type_s_own_branches() -> None:
    """`code` stands for fourteen types in one expression; each type gets its part."""
    code = search_parameter("AllergyIntolerance", "code")
    assert code is not None
    assert [branch.expression for branch in code.branches] == [
        "AllergyIntolerance.code",
        "AllergyIntolerance.reaction.substance",
    ]


def test_a_composite_knows_its_roots() -> None:
    """`combo-code-value-quantity` pairs within the observation and within each component."""
    combo = search_parameter("Observation", "combo-code-value-quantity")
    assert combo is not None
    grouped = [[branch.grouped for part in pairing for branch in part.branches] for pairing in combo.pairings]
    assert grouped == [[False, False], [True, True]]


def test_what_every_resource_has() -> None:
    """The parameters of Resource belong to each type; those on content are not there."""
    for code in ("_id", "_lastUpdated", "_tag", "_profile", "_security", "_source"):
        assert search_parameter("Patient", code) is not None
        assert search_parameter("", code) is not None
    assert search_parameter("Patient", "_text") is None
    assert search_parameter("Patient", "nothing") is None
