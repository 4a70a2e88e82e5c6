"""A search request's pairs to a `Query` (R4 search, 3.1.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from minkang.errors import Fault
from minkang.fhir.search.clauses import Asked, UnknownParameter, find, read_clause
from minkang.fhir.search.parameters import SearchParameter, searchable_types
from minkang.fhir.search.query import Clause, Include, Query, Sort, Summary, Total
from minkang.fhir.search.values import Limits

IGNORED = frozenset(("_format", "_pretty"))


def parse_query(
    type: str | None, pairs: Iterable[tuple[str, str]], *, strict: bool = False, limits: Limits | None = None
) -> Query:
    """The query that a search request says.

    Args:
        type: the type in the path; None for a search over types (then `_type` may name them).
        pairs: names and values, decoded from the address or the form, in order.
        strict: refuse unknown parameters (as `limits.strict`); otherwise they are collected in `Query.unknown`.
        limits: what may be asked.

    Raises:
        Fault: SEARCH-001 … -022, each with the parameter as `where`.
    """
    rules = limits or Limits()
    if type is not None:
        _check_type(type, "")
    given = list(pairs)
    draft = _Draft(type, rules, strict or rules.strict)
    if len(given) > rules.clauses:
        raise Fault("SEARCH-021", what="parameters", count=len(given), limit=rules.clauses)
    # The types come first: what other names mean depends on them.
    for name, value in given:
        if name == "_type" and type is None:
            draft.types = tuple(dict.fromkeys(draft.types + _types(name, value)))
    for name, value in given:
        draft.read(name, value)
    return draft.query()


@dataclass
class _Draft:
    type: str | None
    limits: Limits
    strict: bool
    types: tuple[str, ...] = ()
    clauses: list[Clause] = field(default_factory=list)
    includes: list[Include] = field(default_factory=list)
    revincludes: list[Include] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    unknown: list[tuple[str, str]] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)

    @property
    def searched(self) -> tuple[str, ...]:
        """The types whose parameters count."""
        return (self.type,) if self.type is not None else self.types

    def read(self, name: str, value: str) -> None:
        """Take one pair in."""
        head = name.partition(":")[0]
        if head in IGNORED:
            return
        if not value and not self.strict:
            # An empty field of a form says nothing.
            self.unknown.append((name, value))
            return
        if head in {"_include", "_revinclude"}:
            into = self.includes if head == "_include" else self.revincludes
            into.append(_include(name, value))
        elif name in _CONTROLS:
            self.fields |= _CONTROLS[name](self, value)
        elif name != "_type" or self.type is not None:
            try:
                self.clauses.append(read_clause(self.searched, name, Asked(name, value, self.limits)))
            except UnknownParameter:
                self.refuse(name, value)
                return
        if name != "_cursor":
            self.pairs.append((name, value))

    def refuse(self, name: str, value: str) -> None:
        """An unknown parameter: refused where the caller is strict, else remembered."""
        if self.strict:
            said = ", ".join(self.searched) or "Resource"
            raise Fault("SEARCH-001", where=name, type=said, name=name)
        self.unknown.append((name, value))

    def query(self) -> Query:
        """All that was read."""
        return Query(
            self.type,
            self.searched,
            clauses=tuple(self.clauses),
            includes=tuple(self.includes),
            revincludes=tuple(self.revincludes),
            unknown=tuple(self.unknown),
            pairs=tuple(self.pairs),
            **self.fields,
        )


def _check_type(type: str, where: str) -> None:
    if type not in searchable_types():
        raise Fault("SEARCH-017", where=where, type=type)


def _types(name: str, value: str) -> tuple[str, ...]:
    names = tuple(part for part in value.split(",") if part)
    for one in names:
        _check_type(one, name)
    return names


def _one_of(name: str, allowed: tuple[str, ...], value: str) -> str:
    if value not in allowed:
        raise Fault("SEARCH-018", where=name, name=name, value=value, allowed=", ".join(allowed))
    return value


def _count(draft: _Draft, value: str) -> Mapping[str, Any]:
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise Fault("SEARCH-018", where="_count", name="_count", value=value, allowed="0, 1, 2, …")
    return {"count": min(int(value), draft.limits.count)}


def _sort(draft: _Draft, value: str) -> Mapping[str, Any]:
    found = []
    for text in filter(None, value.split(",")):
        code = text.removeprefix("-")
        parameter = find(draft.searched, code)
        if parameter is None or parameter.type in {"composite", "special"}:
            raise Fault("SEARCH-020", where="_sort", name=code, type=", ".join(draft.searched) or "Resource")
        found.append(Sort(parameter, text.startswith("-")))
    return {"sort": tuple(found)}


_CONTROLS: Mapping[str, Callable[[_Draft, str], Mapping[str, Any]]] = {
    "_count": _count,
    "_sort": _sort,
    "_total": lambda _, value: {"total": _one_of("_total", get_args(Total), value)},
    "_summary": lambda _, value: {"summary": _one_of("_summary", get_args(Summary), value)},
    "_elements": lambda _, value: {"elements": tuple(part.strip() for part in value.split(",") if part.strip())},
    "_cursor": lambda _, value: {"cursor": value},
}


def _include(name: str, value: str) -> Include:
    _, _, modifier = name.partition(":")
    if modifier not in {"", "iterate", "recurse"}:
        raise Fault("SEARCH-003", where=name, name=name, kind="include", modifier=modifier, allowed=":iterate")
    parts = value.split(":")
    if parts == ["*"]:
        return Include("*", None, "", bool(modifier), value)
    if len(parts) not in {2, 3} or not all(parts):
        raise Fault("SEARCH-019", where=name, name=name, value=value)
    source, code = parts[:2]
    target = parts[2] if len(parts) == 3 else ""
    _check_type(source, name)
    parameter = None if code == "*" else _reference(source, code, name, value)
    if target:
        _check_type(target, name)
        if parameter is not None and parameter.targets and target not in parameter.targets:
            allowed = ", ".join(parameter.targets)
            raise Fault("SEARCH-010", where=name, name=code, type=target, allowed=allowed)
    return Include(source, parameter, target, bool(modifier), value)


def _reference(type: str, code: str, name: str, value: str) -> SearchParameter:
    parameter = find((type,), code)
    if parameter is None or parameter.type != "reference":
        raise Fault("SEARCH-019", where=name, name=name, value=value)
    return parameter
