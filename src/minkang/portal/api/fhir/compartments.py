"""Compartments of a patient (R4 compartmentdefinition-patient): the records that are about one person.

A compartment is a union of reference parameters. Each is a union of indexed branches, so a compartment is one clause
over all those branches together, and the store answers it like any reference search.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files

import msgspec

from minkang.errors import Fault
from minkang.fhir.search import Branch, SearchParameter, search_parameter
from minkang.fhir.search.query import Criterion, IdValue, Query, ReferenceValue


@cache
def _definition() -> Mapping[str, tuple[str, ...]]:
    """The parameters that lead to the patient, by type."""
    place = files("minkang.records.search") / "patient_compartment.json"
    return msgspec.json.decode(place.read_bytes(), type=dict[str, tuple[str, ...]])


COMPARTMENT = "_compartment"
"""Names the compartment among the pairs of a query; no parameter a caller could send to any effect."""
PATIENT_TYPES: tuple[str, ...] = ("Patient", *(type for type in _definition() if type != "Patient"))
"""Types with records about patients, Patient first."""


def within(query: Query, owner: str, id: str, type: str) -> Query:
    """The same search, of records in one patient's compartment.

    Raises:
        Fault: `REST-034` for a compartment of another type, `RECORDS-001` for a type that is in none.
    """
    if owner != "Patient":
        raise Fault("REST-034", type=owner)
    if type not in PATIENT_TYPES:
        raise Fault("REST-035", type=type)
    found = of_patients(query, type, [f"Patient/{id}"])
    # The audit trail keeps the pairs of a query: whose records were looked at must stand there.
    return replace(found, pairs=((COMPARTMENT, f"Patient/{id}"), *found.pairs))


def of_patients(query: Query, type: str, patients: Sequence[str]) -> Query:
    """The same search, of records about any of these patients (`Patient/1`)."""
    if type == "Patient":
        by_id = search_parameter("Patient", "_id")
        assert by_id is not None
        ids = tuple(IdValue(patient.removeprefix("Patient/")) for patient in patients)
        return _with(query, Criterion(by_id, values=ids))
    values = (ReferenceValue(tuple(patients)),)
    return _with(query, Criterion(_parameter((type,)), values=values))


def of_any_patient(query: Query, type: str) -> Query:
    """The same search, of records about some patient."""
    narrow = search_parameter(type, "patient")
    return _with(query, Criterion(narrow or _parameter((type,)), missing=False))


def everything_of(query: Query, id: str, types: tuple[str, ...]) -> Query:
    """A search over types, of the records about one patient."""
    criterion = Criterion(_parameter(types), values=(ReferenceValue((f"Patient/{id}",)),))
    pairs = ((COMPARTMENT, f"Patient/{id}"), *query.pairs)
    return _with(replace(query, types=types, pairs=pairs), criterion)


@cache
def _parameter(types: tuple[str, ...]) -> SearchParameter:
    """All ways from these types to their patient as one parameter."""
    branches: dict[int, Branch] = {}
    for type in types:
        for code in _definition().get(type, ()):
            parameter = search_parameter(type, code)
            for branch in parameter.branches if parameter else ():
                branches.setdefault(branch.id, replace(branch, targets=()))
    return SearchParameter(
        resource=types[0] if len(types) == 1 else "",
        code="compartment",
        type="reference",
        url="http://hl7.org/fhir/CompartmentDefinition/patient",
        branches=tuple(branches.values()),
        targets=("Patient",),
    )


def _with(query: Query, criterion: Criterion) -> Query:
    return replace(query, clauses=(*query.clauses, criterion))
