"""The syntax tree of FHIRPath: small frozen nodes, each knowing where in the text it began."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from minkang.fhir.path.temporal import Temporal


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; `None` is the empty collection `{}`."""

    value: str | bool | int | Decimal | Temporal | None
    at: int = 0


@dataclass(frozen=True, slots=True)
class QuantityLiteral:
    """`5 'mg'` or `3 days`."""

    value: Decimal
    unit: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class This:
    """`$this`, and the implied start of every path."""

    at: int = 0


@dataclass(frozen=True, slots=True)
class Index:
    """`$index`."""

    at: int = 0


@dataclass(frozen=True, slots=True)
class Variable:
    """`%name`."""

    name: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class Member:
    """`source.name`; at the start of a path (`source` is `This`) the name may also be the resource's type."""

    source: Node
    name: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """`source[index]`."""

    source: Node
    index: Node
    at: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """`source.name(arguments)`."""

    source: Node
    name: str
    arguments: tuple[Node, ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class Sign:
    """`-operand` or `+operand`."""

    operator: str
    operand: Node
    at: int = 0


@dataclass(frozen=True, slots=True)
class Operation:
    """`left operator right`."""

    operator: str
    left: Node
    right: Node
    at: int = 0


@dataclass(frozen=True, slots=True)
class TypeTest:
    """`operand is type` or `operand as type`; the functions `is()`, `as()` and `ofType()` stay calls."""

    operator: str
    operand: Node
    type: str
    at: int = 0


Node: TypeAlias = (
    Literal | QuantityLiteral | This | Index | Variable | Member | Item | Call | Sign | Operation | TypeTest
)
