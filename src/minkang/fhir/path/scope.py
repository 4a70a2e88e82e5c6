"""Where an expression is being evaluated: the environment, and what `$this` and `$index` are just now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from minkang.errors import Fault
from minkang.fhir.path.items import Item, Items, Typing
from minkang.fhir.path.tree import Node
from minkang.fhir.path.typing import type_of

if TYPE_CHECKING:
    from minkang.fhir.path.functions import Function


def unresolved(_reference: str) -> dict[str, Any] | None:
    """The resolver that finds nothing: `resolve()` then knows the type and id that a reference itself says."""
    return None


@dataclass(frozen=True)
class Environment:
    """What an evaluation may ask of the world outside the resource.

    Attributes:
        variables: values of `%name`, as JSON values or lists of them.
        resolve: the resource behind a reference, or None.
        typing: types of elements (see `items.Typing`).
        functions: further functions by name, besides the built-in ones, or instead of them.
        steps: how much work an evaluation may be: nodes evaluated and items compared.
    """

    variables: Mapping[str, Any] = field(default_factory=dict)
    resolve: Callable[[str], dict[str, Any] | None] = unresolved
    typing: Typing = type_of
    functions: Mapping[str, Function] = field(default_factory=dict)
    steps: int = 2_000_000


class Scope:
    """One level of evaluation. `run` evaluates a node here; `at` gives the scope of one item of a collection."""

    __slots__ = ("environment", "evaluate", "index", "resource", "spent", "text", "this")

    def __init__(  # noqa: PLR0917 - made in two places only, once an item
        self,
        environment: Environment,
        evaluate: Callable[[Node, Scope], Items],
        resource: Item,
        this: Items,
        text: str,
        index: int | None = None,
        spent: list[int] | None = None,
    ) -> None:
        self.environment = environment
        self.evaluate = evaluate
        self.resource = resource
        self.this = this
        self.text = text
        self.index = index
        self.spent = spent or [0]

    def run(self, node: Node) -> Items:
        """The value of a node in this scope."""
        return self.evaluate(node, self)

    def at(self, item: Item, index: int) -> Scope:
        """The scope in which `$this` is one item."""
        return Scope(self.environment, self.evaluate, self.resource, [item], self.text, index, self.spent)

    def spend(self, steps: int) -> None:
        """Count work; FHIRPATH-017 when an expression turns out to be more than the environment allows."""
        self.spent[0] += steps
        if self.spent[0] > self.environment.steps:
            raise Fault("FHIRPATH-017", where=self.text[:200], limit=self.environment.steps)

    def fault(self, code: str, at: int, **params: object) -> Fault:
        """A refusal that names the expression and the character (from 1) where it went wrong."""
        return Fault(code, where=self.text, position=at + 1, **params)
