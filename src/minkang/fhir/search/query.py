"""What a search asks for, as a tree: every value parsed, every parameter resolved, nothing left to interpret.

Clauses are ANDed. A `Criterion` holds when any of its values matches. A `Chain` holds when a referenced resource
satisfies its inner clause; a `Has` when another resource that points here does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias
from urllib.parse import urlencode

from minkang.fhir.search.parameters import SearchParameter

Prefix = Literal["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"]
Modifier = Literal[
    "", "exact", "contains", "missing", "not", "text", "in", "not-in", "above", "below", "of-type", "identifier"
]
Total = Literal["none", "estimate", "accurate"]
Summary = Literal["true", "text", "data", "count", "false"]


@dataclass(frozen=True, slots=True)
class TokenValue:
    """`system` None: any; "": none. `code` None: any code of the system.

    With `:of-type` the branch is `of_type_branch(branch)`, `system` the type's system, `code` is `TYPECODE|VALUE`.
    With `:identifier` the branch is `identifier_branch(branch)`.
    """

    system: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class SetValue:
    """The address of a value set (`:in`, `:not-in`), or a concept for `:above` and `:below` (`system`, `code`)."""

    url: str = ""
    system: str | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class TextValue:
    """A string, raw and folded (see `text.fold`); also the value of a token's `:text`."""

    value: str
    folded: str


@dataclass(frozen=True, slots=True)
class UriValue:
    """A uri as written."""

    value: str


@dataclass(frozen=True, slots=True)
class DateValue:
    """The search range [low, high) in UTC; for `ap` already widened."""

    prefix: Prefix
    low: datetime
    high: datetime


@dataclass(frozen=True, slots=True)
class NumberValue:
    """A number or quantity.

    Attributes:
        prefix: how to compare.
        value: the exact number.
        low, high: the range of its implied precision, [low, high); for `ap` the widened range, closed.
        system, code: unit; `system` None: any. `code` None: any unit.
    """

    prefix: Prefix
    value: Decimal
    low: Decimal
    high: Decimal
    system: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class ReferenceValue:
    """Any of these targets, written as `keys.Reference.target` has them."""

    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IdValue:
    """A logical id (`_id`)."""

    id: str


@dataclass(frozen=True, slots=True)
class CompositeValue:
    """One value a component of a composite parameter; a component of a type that takes a prefix carries its own."""

    parts: tuple[Value, ...]


Value: TypeAlias = (
    TokenValue | SetValue | TextValue | UriValue | DateValue | NumberValue | ReferenceValue | IdValue | CompositeValue
)


@dataclass(frozen=True, slots=True)
class Criterion:
    """One parameter with its alternatives.

    `missing` is set for `:missing` only (then `values` is empty). `types` narrows references (`subject:Patient`).
    """

    parameter: SearchParameter
    modifier: Modifier = ""
    values: tuple[Value, ...] = ()
    missing: bool | None = None
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """One type at the far end of a chain, with what must hold there."""

    type: str
    clause: Clause


@dataclass(frozen=True, slots=True)
class Chain:
    """`subject:Patient.name=…`: some target of `parameter` satisfies the link of its type."""

    parameter: SearchParameter
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Has:
    """`_has:Observation:patient:code=…`: some `type` whose reference `parameter` points here satisfies `clause`."""

    type: str
    parameter: SearchParameter
    clause: Clause


Clause: TypeAlias = Criterion | Chain | Has


@dataclass(frozen=True, slots=True)
class Include:
    """`_include=Observation:subject:Patient`.

    Attributes:
        source: the type that holds the reference; "*" any.
        parameter: the reference parameter; None for `*` (all references).
        target: only this type is included; "" any.
        iterate: follow from included resources too.
        text: as the caller wrote it, for the self link.
    """

    source: str
    parameter: SearchParameter | None
    target: str
    iterate: bool
    text: str


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort key: the least value ascending, the greatest descending; resources without one come last."""

    parameter: SearchParameter
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A whole search request.

    Attributes:
        type: the type searched; None for a search over types.
        types: the types it may return; () all.
        count: page size; None as the server likes. 0 asks for the total only.
        unknown: parameters that were not understood and left out, as (name, value).
        pairs: the pairs that were understood, as written, without the cursor.
    """

    type: str | None
    types: tuple[str, ...] = ()
    clauses: tuple[Clause, ...] = ()
    includes: tuple[Include, ...] = ()
    revincludes: tuple[Include, ...] = ()
    sort: tuple[Sort, ...] = ()
    count: int | None = None
    total: Total | None = None
    elements: tuple[str, ...] = ()
    summary: Summary | None = None
    cursor: str | None = None
    unknown: tuple[tuple[str, str], ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()

    def canonical(self) -> str:
        """The query as an address would have it, in one order whatever the caller's: equal texts, equal results."""
        return urlencode(sorted(self.pairs))
