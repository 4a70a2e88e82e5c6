"""The search parameters of FHIR R4: a registry read from packaged data, and the branches that they index.

Source: R4 4.0.1 `search-parameters.json`, resolved against the profiles by `tools/generate_search.py`. One parameter's
expression is a union of branches (`Patient.name.family | …`); a branch is indexed once however many parameters name it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ParameterType = Literal["token", "reference", "date", "string", "number", "quantity", "uri", "composite", "special"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One way through a resource to values of one data type.

    Attributes:
        steps: element names as JSON has them (`valueQuantity`); `*` after a name: it repeats (`component*`);
            `[n]`: only that occurrence; `{name=value}`: only occurrences whose element `name` is `value`.
        type: the FHIR data type at its end (`CodeableConcept`, `dateTime`, `Resource` for a whole resource).
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
