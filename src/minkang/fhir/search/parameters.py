"""The search parameters of FHIR R4: a registry read from packaged data, and the branches that they index.

Source: R4 4.0.1 `search-parameters.json`, resolved against the profiles by `tools/generate_search.py`. One parameter's
expression is a union of branches (`Patient.name.family | …`); a branch is indexed once however many parameters name it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal
from zlib import crc32

import msgspec

ParameterType = Literal["token", "reference", "date", "string", "number", "quantity", "uri", "composite", "special"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One way through a resource to values of one data type.

    Attributes:
        steps: element names as JSON has them (`valueQuantity`). After a name, `*`: it repeats (`category*`); `#`: it
            repeats and numbers its keys' group (`component#`); `[n]`: only that occurrence, counted from 0;
            `{name=value}`: only occurrences whose element `name` is `value`.
        type: the FHIR data type at its end (`CodeableConcept`, `dateTime`); "Resource" for a whole resource; "truth"
            where the key says whether any of `steps`, all elements of the resource, is there and not false.
        system: the code system implied by a required binding, "" where none is.
    """

    steps: tuple[str, ...]
    type: str
    system: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """One indexed expression.

    Attributes:
        id: `branch_id(expression)`; keys are stored under it.
        expression: what is indexed (`Observation.subject`), a FHIRPath.
        presence: the number that stands in `present(keys)` when a parameter using this branch has a value. It differs
            from `id` where the parameter narrows the branch (`Observation.subject.where(resolve() is Patient)`).
        kinds: the lists of `Keys` it may fill ("tokens", "references", "dates", "numbers", "texts", "uris").
        system: only tokens of this system belong to the parameter (`Patient.telecom.where(system='phone')`); "" any.
        targets: only references to these types belong to the parameter; () any.
        grouped: its keys are numbered by a repeating element (see `keys`).
        leaves: how extraction reaches the values.
    """

    id: int
    expression: str
    presence: int
    kinds: tuple[str, ...]
    system: str = ""
    targets: tuple[str, ...] = ()
    grouped: bool = False
    leaves: tuple[Leaf, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """A parameter as one resource type has it.

    Attributes:
        resource: the type it was asked for ("" for a search over all types).
        code: its name in a query (`birthdate`).
        type: the FHIR search parameter type.
        url: its canonical.
        branches: what it looks in; empty for composites and for those answered from the record row.
        targets: for references, the types it may point to; () any.
        pairings: for composites, one tuple of component parameters a root; a match needs every component of one
            pairing, those with grouped branches in the same group.
        row: "" or the column of the record row that answers it: "id", "lastUpdated".
    """

    resource: str
    code: str
    type: ParameterType
    url: str
    branches: tuple[Branch, ...] = ()
    targets: tuple[str, ...] = ()
    pairings: tuple[tuple[SearchParameter, ...], ...] = ()
    row: Literal["", "id", "lastUpdated"] = ""


class _Use(msgspec.Struct, forbid_unknown_fields=True):
    """How a parameter uses a branch, as the data file has it."""

    branch: str
    system: str = ""
    targets: tuple[str, ...] = ()


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    """A parameter, as the data file has it."""

    type: ParameterType
    url: str
    code: str = ""
    branches: tuple[_Use, ...] = ()
    targets: tuple[str, ...] = ()
    pairings: tuple[tuple[_Entry, ...], ...] = ()
    row: Literal["", "id", "lastUpdated"] = ""


class _Way(msgspec.Struct, array_like=True):
    steps: tuple[str, ...]
    type: str
    system: str


class _BranchEntry(msgspec.Struct, forbid_unknown_fields=True):
    kinds: tuple[str, ...]
    leaves: tuple[_Way, ...]


class _TypeEntry(msgspec.Struct, forbid_unknown_fields=True):
    parameters: dict[str, _Entry]
    branches: dict[str, _BranchEntry]


def branch_id(expression: str) -> int:
    """The stable number of an expression: positive, 31 bits. No two expressions in use share one (tested)."""
    return crc32(expression.encode()) & 0x7FFFFFFF


def identifier_branch(id: int) -> int:
    """Where the identifiers of a branch's logical references are kept (`:identifier`), as tokens."""
    return crc32(b".identifier", id) & 0x7FFFFFFF


def of_type_branch(id: int) -> int:
    """Where a branch's identifiers with a type are kept (`:of-type`): system and `CODE|VALUE` of a token."""
    return crc32(b".of-type", id) & 0x7FFFFFFF


@cache
def _data() -> Mapping[str, msgspec.Raw]:
    place = files("minkang.fhir.search") / "parameters.json"
    return msgspec.json.decode(place.read_bytes(), type=dict[str, msgspec.Raw])


@cache
def _entry(type: str) -> _TypeEntry:
    return msgspec.json.decode(_data()[type], type=_TypeEntry)


@cache
def searchable_types() -> tuple[str, ...]:
    """All resource types."""
    return tuple(name for name in _data() if name != "Resource")


@cache
def parameters_of(type: str) -> Mapping[str, SearchParameter]:
    """All parameters of a type by code, those of every resource too; "" gives only the latter. `KeyError`: no type."""
    shared = {code: _parameter(type, code, entry, "Resource") for code, entry in _entry("Resource").parameters.items()}
    if not type:
        return shared
    own = {code: _parameter(type, code, entry, type) for code, entry in _entry(type).parameters.items()}
    return shared | own


def search_parameter(type: str, code: str) -> SearchParameter | None:
    """The parameter `code` of a type ("" for any type), or None."""
    return parameters_of(type).get(code)


@cache
def branches_of(type: str) -> tuple[Branch, ...]:
    """Every branch that extraction fills for a type, each once."""
    owners = ("Resource", type)
    return tuple(_branch(owner, _Use(expression)) for owner in owners for expression in _entry(owner).branches)


def _parameter(type: str, code: str, entry: _Entry, owner: str) -> SearchParameter:
    return SearchParameter(
        resource=type,
        code=code,
        type=entry.type,
        url=entry.url,
        branches=tuple(_branch(owner, use) for use in entry.branches),
        targets=_targets(entry),
        pairings=tuple(tuple(_parameter(type, part.code, part, owner) for part in each) for each in entry.pairings),
        row=entry.row,
    )


def _targets(entry: _Entry) -> tuple[str, ...]:
    """What a reference may point to: where every branch is narrowed, only that."""
    narrowed = {target for use in entry.branches for target in use.targets}
    return tuple(sorted(narrowed)) if narrowed and all(use.targets for use in entry.branches) else entry.targets


def _branch(owner: str, use: _Use) -> Branch:
    found = _entry(owner).branches[use.branch]
    condition = f".where(system='{use.system}')" if use.system else ""
    condition += "".join(f".where(resolve() is {target})" for target in use.targets)
    return Branch(
        id=branch_id(use.branch),
        expression=use.branch,
        presence=branch_id(use.branch + condition),
        kinds=found.kinds,
        system=use.system,
        targets=use.targets,
        grouped=any(step.endswith("#") for way in found.leaves for step in way.steps),
        leaves=tuple(Leaf(way.steps, way.type, way.system) for way in found.leaves),
    )
