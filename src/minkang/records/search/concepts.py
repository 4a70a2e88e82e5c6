"""What a value set, or a place in a code system, stands for: the codes that a search then looks for.

Source: R4 search.html 3.1.1.4.10 ":in, :below, :above", valueset.html "Compose" and "Expansion".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from minkang.errors import Fault
from minkang.fhir.search.query import Criterion, SetValue, TokenValue
from minkang.records.search.limits import Limits

Fetch = Callable[[str, str], Mapping[str, Any] | None]
"""Gives the newest ValueSet or CodeSystem of an address (without its version), as parsed JSON."""

Concept = Mapping[str, Any]
DEEPEST = 20


def expander(fetch: Fetch, limits: Limits) -> Callable[[Criterion, SetValue], tuple[TokenValue, ...]]:
    """What turns `:in`, `:not-in`, `:above` and `:below` into codes, with the resources that `fetch` finds.

    Raises (when called):
        Fault: `RECORDS-043` for a resource that is not there, `RECORDS-044` for a value set that cannot be expanded,
            `RECORDS-045` for one too large, `RECORDS-046` for a code that its system does not have.
    """

    def expand(criterion: Criterion, value: SetValue) -> tuple[TokenValue, ...]:
        if criterion.modifier in {"in", "not-in"}:
            found = _value_set(fetch, value.url, frozenset())
        else:
            found = _line(fetch, value, up=criterion.modifier == "above")
        codes = dict.fromkeys(_limited(found, value.url or value.system or "", limits.codes))
        return tuple(codes)

    return expand


def _limited(codes: Iterator[TokenValue], url: str, limit: int) -> Iterator[TokenValue]:
    for count, code in enumerate(codes):
        if count == limit:
            raise Fault("RECORDS-045", url=url, limit=limit)
        yield code


# Value sets.


def _value_set(fetch: Fetch, url: str, above: frozenset[str]) -> Iterator[TokenValue]:
    found = fetch("ValueSet", url)
    if found is None:
        raise Fault("RECORDS-043", type="ValueSet", url=url)
    if url in above or len(above) > DEEPEST:
        raise Fault("RECORDS-044", url=url, feature="compose.include.valueSet")
    expansion = found.get("expansion")
    if expansion is not None:
        yield from _listed(expansion.get("contains", ()))
        return
    compose = found.get("compose", {})
    if compose.get("exclude"):
        out = {code for part in compose["exclude"] for code in _included(fetch, url, part, above)}
        if any(code.code is None for code in out):
            raise Fault("RECORDS-044", url=url, feature="compose.exclude")
        kept = [code for part in compose.get("include", ()) for code in _included(fetch, url, part, above)]
        if any(code.code is None for code in kept):
            raise Fault("RECORDS-044", url=url, feature="compose.exclude")
        yield from (code for code in kept if code not in out)
        return
    for part in compose.get("include", ()):
        yield from _included(fetch, url, part, above)


def _listed(entries: Sequence[Concept]) -> Iterator[TokenValue]:
    for entry in entries:
        if "code" in entry and not entry.get("abstract"):
            yield TokenValue(entry.get("system", ""), entry["code"])
        yield from _listed(entry.get("contains", ()))


def _included(fetch: Fetch, url: str, part: Concept, above: frozenset[str]) -> Iterator[TokenValue]:
    if part.get("filter"):
        raise Fault("RECORDS-044", url=url, feature="compose.include.filter")
    own = _of_system(part)
    imported = [set(_value_set(fetch, one, above | {url})) for one in part.get("valueSet", ())]
    if not imported:
        yield from own
        return
    # Several value sets, or a system beside them, mean what is in all of them (valueset.html, "Composition Rules").
    common = set.intersection(*imported)
    if part.get("system"):
        listed = list(own)
        whole = any(code.code is None for code in listed)
        common = {code for code in common if code in listed or (whole and code.system == part["system"])}
    yield from sorted(common, key=lambda code: (code.system or "", code.code or ""))


def _of_system(part: Concept) -> Iterator[TokenValue]:
    if not part.get("system"):
        return
    if not part.get("concept"):
        yield TokenValue(part["system"], None)
        return
    for concept in part["concept"]:
        yield TokenValue(part["system"], concept["code"])


# Code systems.


def _line(fetch: Fetch, value: SetValue, *, up: bool) -> Iterator[TokenValue]:
    """A code and all below it, or all above it."""
    system = value.system or ""
    found = fetch("CodeSystem", system)
    if found is None:
        raise Fault("RECORDS-043", type="CodeSystem", url=system)
    parents = _parents(found.get("concept", ()))
    if value.code not in parents:
        raise Fault("RECORDS-046", system=system, concept=value.code)
    yield TokenValue(system, value.code)
    for other in parents:
        low, high = (value.code, other) if up else (other, value.code)
        if other != value.code and high in _ancestors(low, parents):
            yield TokenValue(system, other)


def _parents(concepts: Sequence[Concept], parent: str | None = None) -> dict[str, set[str]]:
    """Of each code, the codes right above it: by nesting, and by properties `parent` and `child`."""
    parents: dict[str, set[str]] = {}
    for concept in concepts:
        code = concept["code"]
        mine = parents.setdefault(code, set())
        if parent is not None:
            mine.add(parent)
        for one in concept.get("property", ()):
            if one.get("code") == "parent" and "valueCode" in one:
                mine.add(one["valueCode"])
            elif one.get("code") == "child" and "valueCode" in one:
                parents.setdefault(one["valueCode"], set()).add(code)
        for below, above in _parents(concept.get("concept", ()), code).items():
            parents.setdefault(below, set()).update(above)
    return parents


def _ancestors(code: str, parents: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [code]
    while waiting:
        for parent in parents.get(waiting.pop(), ()):
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return seen
