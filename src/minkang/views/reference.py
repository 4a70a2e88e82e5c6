"""The plain way to run a view: one resource after another over parsed JSON.

It is slow and made to be read; the SQL of `compiler` must give the same rows. It follows the specification's
"Processing Algorithm" step by step, with the platform's FHIRPath evaluator.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from minkang.errors import Fault
from minkang.fhir.path.evaluation import collect
from minkang.fhir.path.functions import Function
from minkang.fhir.path.items import Item, Items, Quantity
from minkang.fhir.path.items import root as item_of
from minkang.fhir.path.scope import Environment, Scope
from minkang.fhir.path.temporal import Temporal
from minkang.fhir.path.tree import Call
from minkang.fhir.schema import elements_of, has_type
from minkang.views.boundaries import boundary
from minkang.views.definition import Column, Path, Select, View
from minkang.views.values import MANY

Row = dict[str, Any]


def rows_of(view: View, resources: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    """The rows of a view over parsed resources (numbers with a point as `Decimal`, so that their digits are kept).

    Raises:
        Fault: `VIEWS-026` for several values where one is allowed; `FHIRPATH-…` from the evaluator.
    """
    for resource in resources:
        if resource.get("resourceType") == view.resource:
            yield from _Run(view, dict(resource)).rows()


@dataclass(frozen=True)
class _Run:
    """One resource on its way through a view."""

    view: View
    resource: dict[str, Any]

    def rows(self) -> Iterator[Row]:
        """All rows of the resource."""
        start = item_of(self.resource)
        if all(self.holds(path, start) for path in self.view.where):
            parts = [self.select(select, start, 0) for select in self.view.selects]
            yield from _crossed(parts)

    def items(self, path: Path, item: Item, index: int) -> Items:
        """What a path gives."""
        variables: dict[str, Any] = {name: one.value for name, one in self.view.constants.items()}
        variables["rowIndex"] = index
        environment = Environment(variables=variables, typing=element_type, functions=FUNCTIONS)
        return collect(path.text, item, environment, resource=self.resource)

    def holds(self, path: Path, item: Item) -> bool:
        """Whether a condition of the view holds."""
        found = self.items(path, item, 0)
        if len(found) > 1:
            raise Fault(MANY, where=path.place)
        return bool(found) and found[0].value is not False

    def select(self, select: Select, item: Item, index: int) -> list[Row]:
        """The rows of a selection at one item."""
        if select.over is None:
            return self.at(select, item, index)
        path = select.over.paths[0]
        foci = list(self.walk(select, item)) if select.over.kind == "repeat" else self.items(path, item, index)
        rows = [row for place, focus in enumerate(foci) for row in self.at(select, focus, place)]
        if not foci and select.over.kind == "forEachOrNull":
            return [{column.name: _of_nothing(column) for column in _columns(select)}]
        return rows

    def walk(self, select: Select, item: Item) -> Iterator[Item]:
        """Every item at any depth, parents first."""
        assert select.over is not None
        for path in select.over.paths:
            for found in self.items(path, item, 0):
                yield found
                yield from self.walk(select, found)

    def at(self, select: Select, item: Item, index: int) -> list[Row]:
        """The rows of a selection's parts at one of its items."""
        parts = [[{column.name: self.column(column, item, index)} for column in [column]] for column in select.columns]
        parts += [self.select(inner, item, index) for inner in select.selects]
        if select.unions:
            parts.append([row for branch in select.unions for row in self.select(branch, item, index)])
        return list(_crossed(parts))

    def column(self, column: Column, item: Item, index: int) -> Any:
        """The value of a column."""
        items = [one for one in self.items(column.path, item, index) if one.value is not None]
        values = [shown(one.value) for one in items]
        if column.collection:
            return values
        if len(values) > 1:
            raise Fault(MANY, where=column.path.place)
        return values[0] if values else None


def _of_nothing(column: Column) -> int | None:
    """What a column has in a row that `forEachOrNull` made of nothing."""
    return 0 if column.path.text.strip() == "%rowIndex" else None


def _crossed(parts: list[list[Row]]) -> Iterator[Row]:
    for chosen in itertools.product(*parts):
        yield {name: value for part in chosen for name, value in part.items()}


def _columns(select: Select) -> Iterator[Column]:
    yield from select.columns
    for inner in select.selects:
        yield from _columns(inner)
    if select.unions:
        yield from _columns(select.unions[0])


def shown(value: Any) -> Any:
    """A value as a table shows it."""
    if isinstance(value, Temporal):
        return value.text
    if isinstance(value, Quantity):
        return {"value": value.value, "unit": value.unit}
    return value


def element_type(owner: str, name: str) -> str:
    """The FHIR type of an element, for the evaluator."""
    if not has_type(owner):
        return ""
    element = elements_of(owner).get(name)
    return element.types[0] if element else ""


def _bounded(low: bool) -> Function:
    def run(_scope: Scope, items: Items, _call: Call) -> Items:
        found = []
        for item in items:
            source = item
            if item.type == "Period" and isinstance(item.value, dict):
                source = Item(item.value.get("start" if low else "end"), "dateTime")
            type = source.type or ("decimal" if isinstance(source.value, int | Decimal) else "")
            value = source.value.text if isinstance(source.value, Temporal) else source.value
            edge = None if value is None else boundary(type, value, low)
            if edge is not None:
                found.append(Item(edge, "decimal" if isinstance(edge, Decimal) else type))
        return found

    return Function((0, 0), run)


def _join(scope: Scope, items: Items, call: Call) -> Items:
    """As the evaluator's own, but of nothing comes the empty text, as the official tests of views have it."""
    between = scope.run(call.arguments[0]) if call.arguments else []
    texts = [str(item.value) for item in items if item.value is not None]
    return [Item((between[0].value if between else "").join(texts))]


FUNCTIONS = {"join": Function((0, 1), _join), "lowBoundary": _bounded(True), "highBoundary": _bounded(False)}
