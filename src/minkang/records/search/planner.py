"""Which way a search goes: from what source, along what index.

1. A source that is small by what is asked (an identifier, the records of one patient) drives without counting.
2. A single source in the order of record numbers is walked; its size does not matter.
3. Otherwise all sources are probed, in one statement, each up to a cap. Those within their caps have then been read
   whole: the records common to all of them drive, and only the other conditions remain to be tested.
4. Where all are large, most records match what is tested: an index in the order wanted is walked, that of the first
   sort key, of one of the sources, or of the records themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from minkang.records.search.conditions import Condition, Found, Never, Reach, Referred, Refers
from minkang.records.search.listed import Listed
from minkang.records.search.pages import probe
from minkang.records.search.session import Session
from minkang.records.search.sorting import SortKey
from minkang.records.search.tables import Types

EQUAL_CAP = 2_000
"""A source in the order of numbers is walked rather than gathered from here on: walking costs little per hit."""
RANGE_CAP = 20_000
"""A range of names or dates is gathered up to here: about 20 ms."""
SORTED_CAP = 10_000
"""A source to be sorted is gathered up to here: each record costs a look-up of its sort value."""
LINKED_CAP = 5_000
"""What is found through references is gathered up to here: each record costs two look-ups."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A way.

    Attributes:
        driver: the source; None to walk without one.
        tests: the conditions to test.
        gather: whether the source is read whole (else it is walked in order of numbers).
    """

    driver: Condition | None
    tests: tuple[Condition, ...]
    gather: bool


def plan(session: Session, conditions: Sequence[Condition], types: Types, keys: Sequence[SortKey]) -> Plan:
    """Choose the way; costs a statement only where it has to count."""
    sources = [one for one in conditions if one.reach < Reach.ALL]
    few = [one for one in sources if one.reach == Reach.FEW]
    if few:
        return _driven(min(few, key=_rank), conditions)
    walkable = not keys and len(types) == 1
    if len(sources) == 1 and walkable and sources[0].in_order(types):
        return _walked(sources[0], conditions)
    return _weighed(session, conditions, sources, types, keys)


def _weighed(
    session: Session,
    conditions: Sequence[Condition],
    sources: Sequence[Condition],
    types: Types,
    keys: Sequence[SortKey],
) -> Plan:
    """The way after counting; along no source where there is none."""
    walkable = not keys and len(types) == 1
    if not sources:
        return Plan(None, tuple(conditions), gather=False)
    caps = [EQUAL_CAP if walkable and one.in_order(types) else _cap(one, bool(keys)) for one in sources]
    found, keys_found = _probed(session, sources, caps, types)
    small = [at for at, rids in enumerate(found) if rids is not None]
    if small and len(types) == 1:
        return _listed([(sources[at], found[at] or []) for at in small], conditions)
    if small:
        return _driven(sources[min(small, key=lambda at: sum(found[at] or []))], conditions)
    for at, one in enumerate(sources):
        told = one.resolved(keys_found[at]) if isinstance(one, Found) and at in keys_found else one
        if walkable and told.in_order(types):
            return Plan(told, _others(one, conditions), gather=False)
    return Plan(None, tuple(conditions), gather=False)


def _listed(found: Sequence[tuple[Condition, list[int]]], conditions: Sequence[Condition]) -> Plan:
    """Along the records that all of these sources gave."""
    common = set(found[0][1]).intersection(*(rids for _, rids in found[1:]))
    done = [source for source, _ in found]
    tests = tuple(one for one in conditions if all(one is not source for source in done))
    return Plan(Listed(tuple(sorted(common))), tests, gather=True)


def _probed(
    session: Session, sources: Sequence[Condition], caps: Sequence[int], types: Types
) -> tuple[list[list[int] | None], dict[int, list[UUID]]]:
    """What `probe` gives of each source, and the keys of those that name codes without a system."""
    spans = {at: one.spans for at, one in enumerate(sources) if isinstance(one, Found) and one.spans}
    row = session.run(probe(list(zip(sources, caps, strict=True)), list(spans.values()), types))[0]
    found, keys = list(row[: len(sources)]), list(row[len(sources) :])
    return found, dict(zip(spans, keys, strict=True))


def _cap(source: Condition, sort: bool) -> int:
    """Up to how many records a source that is in no useful order is gathered."""
    if isinstance(source, Refers | Referred):
        return LINKED_CAP
    return SORTED_CAP if sort else RANGE_CAP


def _rank(condition: Condition) -> int:
    """Among sources known to be small: nothing, then one record, then rows of an index."""
    if isinstance(condition, Never):
        return 0
    return 2 if isinstance(condition, Found) else 1


def _driven(driver: Condition, conditions: Sequence[Condition]) -> Plan:
    return Plan(driver, _others(driver, conditions), gather=True)


def _walked(driver: Condition, conditions: Sequence[Condition]) -> Plan:
    return Plan(driver, _others(driver, conditions), gather=False)


def _others(driver: Condition, conditions: Sequence[Condition]) -> tuple[Condition, ...]:
    return tuple(one for one in conditions if one is not driver)
