"""From decided pairs to persons: merging from the surest pair down, never against a rule; pure, no store.

Single linkage chains one wrong pair into a giant; here a merge is refused where any member of one side is kept apart
from any member of the other by a rule, also where the two were never compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from minkang.persons.comparing import Prepared
from minkang.persons.profile import Rule

Facts = tuple[tuple[int, int, int], ...]


@dataclass
class Apart:
    """What keeps records apart, as small numbers, so that a cluster carries little.

    A record's facts are `(rule, scope, face)`: the rule it may be kept apart by, the group of records the rule is asked
    within, and the number of the values the rule's test reads.
    """

    rules: Sequence[Rule]
    faces: list[dict[str, Any]] = field(default_factory=list)
    _numbers: dict[tuple[object, ...], int] = field(default_factory=dict)
    _known: dict[tuple[int, int, int], bool] = field(default_factory=dict)

    def facts(self, record: Prepared) -> Facts:
        """The facts of one prepared record, none for a rule whose scope it lacks (or, without scope, its columns)."""
        found = []
        for number, rule in enumerate(self.rules):
            if any(record.get(name) is None for name in rule.scope or rule.test.columns):
                continue
            scope = self._number((number, "scope", *(record[name] for name in rule.scope)), None)
            shown = {name: record.get(name) for name in rule.test.columns}
            found.append((number, scope, self._number((number, "face", *shown.values()), shown)))
        return tuple(found)

    def said(self, pair: int, side: int) -> tuple[int, int, int]:
        """The fact that somebody found the two sides (0 and 1) of a pair to be two persons."""
        return (len(self.rules), pair, -1 - side)

    def conflict(self, left: Facts, right: Facts) -> str:
        """The name of a rule that keeps a member of one side from a member of the other, "" for none."""
        for number, scope, face in left:
            for other, there, against in right:
                if number != other or scope != there or face == against:
                    continue
                if number == len(self.rules):
                    return "said"
                if self._differ(number, face, against):
                    return self.rules[number].name
        return ""

    def _number(self, key: tuple[object, ...], shown: dict[str, Any] | None) -> int:
        if key not in self._numbers:
            self._numbers[key] = len(self.faces)
            self.faces.append(shown or {})
        return self._numbers[key]

    def _differ(self, rule: int, face: int, against: int) -> bool:
        key = (rule, min(face, against), max(face, against))
        if key not in self._known:
            self._known[key] = self.rules[rule].test.holds(self.faces[face], self.faces[against])
        return self._known[key]


@dataclass(frozen=True)
class Merged:
    """The result of merging.

    Attributes:
        root: record to the record that stands for its cluster (the smallest of it).
        refused: pairs that would have linked but for a rule, each with the rule's name.
    """

    root: list[int]
    refused: list[tuple[int, int, str]]


def merge(size: int, pairs: Iterable[tuple[int, int]], facts: Mapping[int, Facts], apart: Apart) -> Merged:
    """Merge records 0 to size - 1 along pairs, in their order (the surest first).

    Args:
        facts: of records that may be kept apart from any other; the rest may be left out.
    """
    root = list(range(size))
    held = dict(facts)
    refused: list[tuple[int, int, str]] = []

    def find(one: int) -> int:
        while root[one] != one:
            root[one] = root[root[one]]
            one = root[one]
        return one

    for left, right in pairs:
        a, b = find(left), find(right)
        if a == b:
            continue
        mine, theirs = held.get(a, ()), held.get(b, ())
        if mine and theirs and mine != theirs:
            rule = apart.conflict(mine, theirs)
            if rule:
                refused.append((left, right, rule))
                continue
        low, high = (a, b) if a < b else (b, a)
        root[high] = low
        if mine or theirs:
            held[low] = tuple(dict.fromkeys(mine + theirs)) if mine != theirs else mine
            held.pop(high, None)
    return Merged([find(one) for one in range(size)], refused)


@dataclass(frozen=True)
class Link:
    """One record's place: the person it is linked to, and how that came."""

    person: str
    method: str
    score: float | None = None


@dataclass(frozen=True)
class Membership:
    """Who is whom, as a value: every change gives a new one and remembers the last, so that it can be undone.

    The store keeps the same by rows (`person_link`); this is the meaning of its operations.
    """

    links: Mapping[str, Link] = field(default_factory=dict)
    before: Membership | None = None

    def link(self, record: str, link: Link) -> Membership:
        """Link a record, or move it: one record has one person."""
        return replace(self, links={**self.links, record: link}, before=self)

    def unlink(self, record: str) -> Membership:
        """Take a record out; it is nobody's until it is linked again, and no other record moves."""
        return replace(self, links={key: one for key, one in self.links.items() if key != record}, before=self)

    def merge(self, kept: str, given_up: str, method: str) -> Membership:
        """All records of one person to another."""
        moved = {key: Link(kept, method, one.score) if one.person == given_up else one
                 for key, one in self.links.items()}  # fmt: skip
        return replace(self, links=moved, before=self)

    def split(self, records: Iterable[str], person: str, method: str) -> Membership:
        """Some records to a person of their own."""
        taken = set(records)
        moved = {key: Link(person, method, one.score) if key in taken else one for key, one in self.links.items()}
        return replace(self, links=moved, before=self)

    def undo(self) -> Membership:
        """The state before the last change; the first state is its own past."""
        return self if self.before is None else self.before

    def members(self, person: str) -> frozenset[str]:
        """The records of a person."""
        return frozenset(record for record, one in self.links.items() if one.person == person)


def broken_rules(
    clusters: Iterable[Sequence[Prepared]], forbids: Callable[[Prepared, Prepared], str]
) -> list[tuple[Prepared, Prepared, str]]:
    """Every pair inside a cluster that a rule forbids; for checks, since it looks at all pairs."""
    return [
        (one, other, rule)
        for cluster in clusters
        for k, one in enumerate(cluster)
        for other in cluster[k + 1 :]
        if (rule := forbids(one, other))
    ]
