"""Names of search parameters: `subject:Patient.name:exact` and its like to clauses (R4 search, "Modifiers", "Chained
parameters", "Reverse chaining")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from minkang.errors import Fault
from minkang.fhir.search.parameters import SearchParameter, parameters_of, searchable_types
from minkang.fhir.search.query import Chain, Clause, Criterion, Has, Link, Modifier, Value
from minkang.fhir.search.values import Limits, Reading, read_value, split

REFUSED = frozenset(("_text", "_content", "_list", "_query", "_filter", "_contained", "_containedType"))
MODIFIERS: Mapping[str, tuple[Modifier, ...]] = {
    "token": ("missing", "not", "text", "in", "not-in", "above", "below", "of-type"),
    "reference": ("missing", "identifier"),
    "date": ("missing",),
    "number": ("missing",),
    "quantity": ("missing",),
    "string": ("missing", "exact", "contains"),
    "uri": ("missing", "above", "below"),
    "composite": ("missing",),
}
_OF_ROW: Mapping[str, tuple[Modifier, ...]] = {"id": ("missing", "not"), "lastUpdated": ("missing",)}


class UnknownParameter(Exception):
    """A parameter that the type does not have; collected or refused by the caller."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One name and value of a query, with what holds for reading it."""

    name: str
    value: str
    limits: Limits


@lru_cache(maxsize=1024)
def find(types: tuple[str, ...], code: str) -> SearchParameter | None:
    """The parameter of one type, or the one that several types share; () means any type."""
    found = [parameters_of(type).get(code) for type in types or ("",)]
    known = [one for one in found if one is not None]
    if len(known) != len(found) or len({one.type for one in known}) != 1:
        return None
    if len(known) == 1:
        return known[0]
    targets = {target for one in known for target in one.targets} if all(one.targets for one in known) else set()
    return replace(
        known[0],
        resource="",
        branches=tuple(dict.fromkeys(branch for one in known for branch in one.branches)),
        targets=tuple(sorted(targets)),
        pairings=tuple(dict.fromkeys(pairing for one in known for pairing in one.pairings)),
    )


def read_clause(types: tuple[str, ...], name: str, asked: Asked, depth: int = 0) -> Clause:
    """The clause that `name` (the whole or the rest of a chain) and the value of a query say.

    Raises:
        UnknownParameter: the types have no such parameter.
        Fault: SEARCH-002 … -022.
    """
    if depth > asked.limits.chain:
        raise Fault("SEARCH-021", where=asked.name, what="links", count=depth, limit=asked.limits.chain)
    if name.startswith("_has:"):
        return _has(types, name, asked, depth)
    step, dot, rest = name.partition(".")
    code, _, modifier = step.partition(":")
    if code in REFUSED:
        raise Fault("SEARCH-002", where=asked.name, name=code)
    parameter = find(types, code)
    if parameter is None:
        raise UnknownParameter(code)
    if parameter.type == "special":
        raise Fault("SEARCH-002", where=asked.name, name=code)
    if dot:
        return _chain(parameter, modifier, rest, asked, depth)
    return _criterion(parameter, modifier, asked)


def _chain(parameter: SearchParameter, modifier: str, rest: str, asked: Asked, depth: int) -> Clause:
    if parameter.type != "reference":
        raise Fault("SEARCH-013", where=asked.name, name=asked.name, step=parameter.code)
    types = (modifier,) if modifier else parameter.targets or searchable_types()
    _check_targets(parameter, modifier, asked)
    links: list[Link] = []
    wrong: Fault | None = None
    for type in types:
        try:
            links.append(Link(type, read_clause((type,), rest, asked, depth + 1)))
        except UnknownParameter:
            continue
        except Fault as fault:
            # What is wrong for one target type may be right for another (a code here, a date there).
            wrong = wrong or fault
    if not links:
        raise wrong or Fault("SEARCH-014", where=asked.name, name=asked.name, step=rest)
    if len(links) > asked.limits.links:
        raise Fault("SEARCH-015", where=asked.name, name=asked.name, count=len(links))
    return Chain(parameter, tuple(links))


def _check_targets(parameter: SearchParameter, type: str, asked: Asked) -> None:
    if type and type not in searchable_types():
        raise Fault("SEARCH-017", where=asked.name, type=type)
    if type and parameter.targets and type not in parameter.targets:
        allowed = ", ".join(parameter.targets)
        raise Fault("SEARCH-010", where=asked.name, name=parameter.code, type=type, allowed=allowed)


def _has(types: tuple[str, ...], name: str, asked: Asked, depth: int) -> Clause:
    parts = name.split(":", 3)
    if len(parts) != 4 or not all(parts):
        raise Fault("SEARCH-016", where=asked.name, name=asked.name)
    _, type, code, rest = parts
    if type not in searchable_types():
        raise Fault("SEARCH-017", where=asked.name, type=type)
    parameter = find((type,), code)
    if parameter is None or parameter.type != "reference":
        raise Fault("SEARCH-013", where=asked.name, name=asked.name, step=code)
    if types and parameter.targets and not set(types) & set(parameter.targets):
        allowed = ", ".join(parameter.targets)
        raise Fault("SEARCH-010", where=asked.name, name=code, type=", ".join(types), allowed=allowed)
    try:
        return Has(type, parameter, read_clause((type,), rest, asked, depth + 1))
    except UnknownParameter:
        raise Fault("SEARCH-001", where=asked.name, type=type, name=rest) from None


def _criterion(parameter: SearchParameter, modifier: str, asked: Asked) -> Criterion:
    if not asked.value:
        raise Fault("SEARCH-022", where=asked.name, name=asked.name)
    types: tuple[str, ...] = ()
    if parameter.type == "reference" and modifier[:1].isupper():
        _check_targets(parameter, modifier, asked)
        types, modifier = (modifier,), ""
    known = _modifier(parameter, modifier, asked)
    if known == "missing":
        if asked.value not in {"true", "false"}:
            raise Fault("SEARCH-008", where=asked.name, name=asked.name, value=asked.value)
        return Criterion(parameter, known, missing=asked.value == "true")
    texts = [text for text in split(asked.value, ",") if text]
    if len(texts) > asked.limits.values:
        raise Fault("SEARCH-021", where=asked.name, what="values", count=len(texts), limit=asked.limits.values)
    if not texts:
        raise Fault("SEARCH-022", where=asked.name, name=asked.name)
    readings = (Reading(parameter, known, asked.name, text, types, asked.limits) for text in texts)
    values: tuple[Value, ...] = tuple(dict.fromkeys(read_value(reading) for reading in readings))
    return Criterion(parameter, known, values, types=types)


def _modifier(parameter: SearchParameter, modifier: str, asked: Asked) -> Modifier:
    if not modifier:
        return ""
    allowed = _OF_ROW[parameter.row] if parameter.row else MODIFIERS[parameter.type]
    for known in allowed:
        if known == modifier:
            return known
    said = ", ".join(f":{known}" for known in allowed) + (", :TYPE" if parameter.type == "reference" else "")
    raise Fault(
        "SEARCH-003", where=asked.name, name=parameter.code, kind=parameter.type, modifier=modifier, allowed=said
    )
