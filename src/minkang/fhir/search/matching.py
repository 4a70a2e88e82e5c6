"""What a query means, said as plainly as possible: the reference that the store's own search must equal.

Nothing here is fast. A resource is given as a `Found`: its keys and what its record row says. Chains look others up
through a `World`; value sets and hierarchies of codes are the world's business too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeAlias

from minkang.errors import Fault
from minkang.fhir.search.comparing import dates_match, numbers_match, units_match
from minkang.fhir.search.extraction import present, target_type
from minkang.fhir.search.keys import Dates, Keys, Number, Reference, Text, Token, Uri
from minkang.fhir.search.parameters import Branch, SearchParameter, identifier_branch, of_type_branch
from minkang.fhir.search.query import (
    Chain,
    Clause,
    CompositeValue,
    Criterion,
    DateValue,
    Has,
    IdValue,
    NumberValue,
    Query,
    ReferenceValue,
    SetValue,
    Sort,
    TextValue,
    TokenValue,
    UriValue,
    Value,
)
from minkang.fhir.search.text import fold


@dataclass(frozen=True, slots=True)
class Found:
    """A resource as search sees it.

    Attributes:
        type, id: whose it is.
        at: when its current version was written.
        keys: what `extract` gave.
    """

    type: str
    id: str
    at: datetime
    keys: Keys

    @property
    def address(self) -> str:
        """`Patient/1`."""
        return f"{self.type}/{self.id}"


class World(Protocol):
    """What matching one resource may ask about all others."""

    def at(self, target: str) -> Found | None:
        """The resource that a reference points to, or None."""

    def of_type(self, type: str) -> Iterable[Found]:
        """All resources of a type."""

    def concepts(self, criterion: Criterion, value: SetValue) -> Iterable[TokenValue]:
        """The codes in a value set (`:in`, `:not-in`), or above or below a code. A Fault where that is not known."""


class Alone:
    """The world in which there is nothing else."""

    def at(self, _target: str) -> Found | None:
        """Nothing."""
        return None

    def of_type(self, _type: str) -> Iterable[Found]:
        """Nothing."""
        return ()

    def concepts(self, criterion: Criterion, _value: SetValue) -> Iterable[TokenValue]:
        """Refused: there is no terminology here."""
        raise Fault(
            "SEARCH-023", where=criterion.parameter.code, name=criterion.parameter.code, modifier=criterion.modifier
        )


_ALONE = Alone()
Key: TypeAlias = Token | Reference | Dates | Number | Text | Uri


def matches(query: Query, found: Found, world: World = _ALONE) -> bool:
    """Whether a resource is a result of a query (its includes, paging and sorting aside)."""
    if query.types and found.type not in query.types:
        return False
    return all(satisfies(clause, found, world) for clause in query.clauses)


def satisfies(clause: Clause, found: Found, world: World = _ALONE) -> bool:
    """Whether one clause holds for a resource."""
    match clause:
        case Chain():
            return any(_reaches(clause, target, world) for target in references(clause.parameter, found))
        case Has():
            return any(
                found.address in references(clause.parameter, other) and satisfies(clause.clause, other, world)
                for other in world.of_type(clause.type)
            )
        case Criterion(missing=bool() as missing):
            return missing is not _is_present(clause.parameter, found)
        case Criterion(modifier="not" | "not-in"):
            return not _any_value(clause, found, world)
        case Criterion():
            return _any_value(clause, found, world)


def references(parameter: SearchParameter, found: Found) -> list[str]:
    """The targets a reference parameter has in a resource."""
    return [
        key.target
        for branch in parameter.branches
        for key in found.keys.references
        if key.branch == branch.id and _allowed(key.target, branch.targets)
    ]


def _allowed(target: str, types: tuple[str, ...]) -> bool:
    return not types or target_type(target) in types


def _reaches(chain: Chain, target: str, world: World) -> bool:
    other = world.at(target)
    if other is None:
        return False
    return any(link.type == other.type and satisfies(link.clause, other, world) for link in chain.links)


def _is_present(parameter: SearchParameter, found: Found) -> bool:
    if parameter.row:
        return True
    marks = set(present(found.keys))
    parts = [part for pairing in parameter.pairings for part in pairing]
    return any(branch.presence in marks for one in (parameter, *parts) for branch in one.branches)


def _any_value(criterion: Criterion, found: Found, world: World) -> bool:
    parameter = criterion.parameter
    if parameter.row == "id":
        return any(isinstance(value, IdValue) and value.id == found.id for value in criterion.values)
    if parameter.row == "lastUpdated":
        moment = Dates(0, found.at, found.at + timedelta(microseconds=1), 0)
        return any(isinstance(value, DateValue) and dates_match(value, moment) for value in criterion.values)
    values = [one for value in criterion.values for one in _expanded(criterion, value, world)]
    if parameter.pairings:
        return any(isinstance(value, CompositeValue) and _pairs(parameter, value, found) for value in values)
    return any(
        _one_matches(criterion, branch, value, key)
        for branch in parameter.branches
        for key in _keys(found.keys, branch, criterion.modifier)
        for value in values
    )


def _expanded(criterion: Criterion, value: Value, world: World) -> Iterator[Value]:
    if isinstance(value, SetValue):
        yield from world.concepts(criterion, value)
    else:
        yield value


def _keys(keys: Keys, branch: Branch, modifier: str) -> Iterator[Key]:
    """The keys of a branch, or of its neighbour that a modifier looks in."""
    wanted = branch.id
    if modifier == "identifier":
        wanted = identifier_branch(branch.id)
    elif modifier == "of-type":
        wanted = of_type_branch(branch.id)
    rows: tuple[list[Any], ...] = (keys.tokens, keys.references, keys.dates, keys.numbers, keys.texts, keys.uris)
    return (key for each in rows for key in each if key[0] == wanted)


def _one_matches(criterion: Criterion, branch: Branch, value: Value, key: Key) -> bool:  # noqa: PLR0911 - one a kind
    match key, value:
        case Token(), TokenValue():
            systems = {value.system, branch.system or None} - {None}
            code = value.code in {None, key.code} and (key.code or key.system) != ""
            return code and systems <= {key.system}
        case Token(), TextValue():
            return _has_text(criterion, branch, value, key)
        case Reference(), ReferenceValue():
            return key.target in value.targets and _allowed(key.target, criterion.types or branch.targets)
        case Dates(), DateValue():
            return dates_match(value, key)
        case Number(), NumberValue():
            return numbers_match(value, key) and units_match(value, key)
        case Text(), TextValue():
            return _text_matches(criterion.modifier, value, key)
        case Uri(), UriValue():
            return _uri_matches(criterion.modifier, value.value, key.value)
        case _:
            return False


def _has_text(criterion: Criterion, branch: Branch, value: TextValue, key: Token) -> bool:
    from_branch = not branch.system or key.system == branch.system
    return criterion.modifier == "text" and from_branch and value.folded in fold(key.text)


def _text_matches(modifier: str, value: TextValue, key: Text) -> bool:
    if modifier == "exact":
        return key.value == value.value
    if modifier == "contains":
        return value.folded in key.folded
    return key.folded.startswith(value.folded)


def _uri_matches(modifier: str, wanted: str, uri: str) -> bool:
    if modifier == "below":
        return uri == wanted or uri.startswith(f"{wanted.rstrip('/')}/")
    if modifier == "above":
        return uri == wanted or wanted.startswith(f"{uri.rstrip('/')}/")
    return uri == wanted


def _pairs(parameter: SearchParameter, value: CompositeValue, found: Found) -> bool:
    """Whether some pairing holds: every component, those within a repeating element in the same one."""
    return any(_pairing_holds(pairing, value, found) for pairing in parameter.pairings)


def _pairing_holds(pairing: tuple[SearchParameter, ...], value: CompositeValue, found: Found) -> bool:
    shared: set[int] | None = None
    for component, part in zip(pairing, value.parts, strict=True):
        asked = Criterion(component)
        hits = [
            (branch.grouped, key[-2] if isinstance(key, Token) else key[-1])
            for branch in component.branches
            for key in _keys(found.keys, branch, "")
            if _one_matches(asked, branch, part, key)
        ]
        if not hits:
            return False
        if any(branch.grouped for branch in component.branches):
            groups = {int(group) for _, group in hits}
            shared = groups if shared is None else shared & groups
    return shared is None or bool(shared)


def ordered(found: Iterable[Found], sort: tuple[Sort, ...]) -> list[Found]:
    """Resources in the order asked for, those without a value last either way; equals stay as they came."""
    result = list(found)
    for key in reversed(sort):
        having = [(value, one) for one in result if (value := sort_key(key, one)) is not None]
        # `reverse` keeps equals as they came, as a descending sort must.
        having.sort(key=lambda pair: pair[0], reverse=key.descending)
        result = [one for _, one in having] + [one for one in result if sort_key(key, one) is None]
    return result


def sort_key(sort: Sort, found: Found) -> Any:
    """What a resource is sorted by: its least value, descending its greatest; None where it has none.

    A stretch of time or a range counts by its beginning, a string as it is folded, a token by code, then system.
    """
    if sort.parameter.row:
        return found.id if sort.parameter.row == "id" else found.at
    values = [
        _sortable(key)
        for branch in sort.parameter.branches
        for key in _keys(found.keys, branch, "")
        if not isinstance(key, Token) or branch.system in {"", key.system}
        if not isinstance(key, Reference) or _allowed(key.target, branch.targets)
    ]
    if not values:
        return None
    return max(values) if sort.descending else min(values)


def _sortable(key: Key) -> Any:
    match key:
        case Token():
            return key.code, key.system
        case Reference():
            return key.target
        case Dates() | Number():
            return key.low
        case Text():
            return key.folded
        case Uri():
            return key.value
