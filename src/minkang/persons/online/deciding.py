"""Whose a record is, among what shares a group of columns with it; pure. The same weights and rules as in bulk."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from minkang.persons.clusters import Apart, Facts
from minkang.persons.comparing import Prepared
from minkang.persons.online.index import Known
from minkang.persons.profile import Rule
from minkang.persons.scoring import Decision, Scorer

RIVAL = "rival"
REFUSED = "cluster"
Members = Callable[[Sequence[str]], Mapping[str, Sequence[Known]]]
SetApart = Callable[[Sequence[str]], Collection[tuple[str, str]]]
"""Of some sources, the pairs (one of them, another) that somebody found to be two persons."""


@dataclass(frozen=True)
class Pair:
    """The record and another, what is made of them, and why it waits where it does (a rule, `score`, `rival`,
    `cluster` where a rule forbids the other's person as a whole)."""

    other: Known
    decision: Decision
    reason: str


@dataclass
class Verdict:
    """What is made of a record.

    Attributes:
        person: whose it is; None for a person of its own.
        joins: persons who are that person too, as this record shows.
        method, score: of the surest pair that links it; `new` where none does.
        review: pairs that somebody shall decide, the likeliest first, one a person.
        again: sources whose person a rule keeps from this record: they may belong with it rather than where they are.
    """

    person: str | None = None
    joins: list[str] = field(default_factory=list)
    method: str = "new"
    score: float | None = None
    review: list[Pair] = field(default_factory=list)
    again: list[str] = field(default_factory=list)


class Decider:
    """Decides with one profile and one model.

    Args:
        scorer: the weights, as in bulk.
    """

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer
        self.profile = scorer.profile

    def pairs(self, columns: Prepared, candidates: Sequence[Known]) -> list[Pair]:
        """All pairs that are linked or shown to somebody, the surest first: by rule, then by score."""
        found = [Pair(other, self.scorer.decide(columns, other.columns), "") for other in candidates]
        kept = [Pair(one.other, one.decision, one.decision.method) for one in found if one.decision.band != "separate"]
        kept = self._set_rivals_aside(columns, kept)
        return sorted(kept, key=lambda one: (one.decision.method == "score", -one.decision.score, one.other.source))

    def decide(self, source: str, columns: Prepared, candidates: Sequence[Known], members: Members,
               apart: SetApart) -> Verdict:  # fmt: skip
        """Decide upon a record.

        Args:
            source: its id, which is no candidate itself.
            candidates: what the index gives; those without a person are passed by.
            members: gives the sources of persons.
            apart: what people found to be two persons.
        """
        pairs = self.pairs(columns, candidates)
        links = [one for one in pairs if _links(one) and one.other.person]
        persons = list(dict.fromkeys(str(one.other.person) for one in links))
        theirs = members(persons) if persons else {}
        sides = _Sides(self.profile.apart, source, columns, theirs, apart)
        verdict, refused = Verdict(), []
        for one in links:
            person = str(one.other.person)
            if person == verdict.person or person in verdict.joins:
                continue
            if sides.forbid(person):
                refused.append(Pair(one.other, one.decision, REFUSED))
                verdict.again += [] if one.other.by_hand else [one.other.source]
                continue
            sides.take(person)
            if verdict.person is None:
                verdict.person, verdict.method, verdict.score = person, one.decision.method, one.decision.score
            else:
                verdict.joins.append(person)
        waiting = [one for one in pairs if not _links(one)] + refused
        verdict.review = _one_a_person(waiting, verdict, sides)
        return verdict

    def _set_rivals_aside(self, columns: Prepared, pairs: list[Pair]) -> list[Pair]:
        """A record without the profile's rival column that fits two values of it about as well is for people."""
        rival = self.profile.rival
        if not rival.column or columns.get(rival.column) is not None:
            return pairs
        best: dict[object, float] = {}
        for one in pairs:
            value = one.other.columns.get(rival.column)
            if value is not None:
                best[value] = max(best.get(value, one.decision.score), one.decision.score)
        top = sorted(best.values(), reverse=True)[:2]
        if len(top) < 2 or top[0] - top[1] >= rival.margin:
            return pairs
        return [
            Pair(one.other, one.decision, RIVAL) if one.other.columns.get(rival.column) is not None else one
            for one in pairs
        ]


def _links(one: Pair) -> bool:
    return one.decision.band == "link" and one.reason not in {RIVAL, REFUSED}


def _one_a_person(waiting: Sequence[Pair], verdict: Verdict, sides: _Sides) -> list[Pair]:
    """The likeliest pair with each person that the record is not of; none that somebody decided before."""
    found: dict[str, Pair] = {}
    for one in sorted(waiting, key=lambda pair: -pair.decision.score):
        whose = one.other.person or one.other.source
        if whose != verdict.person and whose not in verdict.joins and not sides.decided(one.other.source):
            found.setdefault(whose, one)
    return list(found.values())


class _Sides:
    """What keeps persons apart: the rules over whole persons, and what people said."""

    def __init__(self, rules: Sequence[Rule], source: str, columns: Prepared,
                 theirs: Mapping[str, Sequence[Known]], apart: SetApart) -> None:  # fmt: skip
        self._apart = Apart(rules)
        self._theirs = theirs
        self._mine: Facts = self._apart.facts(columns)
        self._sources = {source}
        everybody = [source, *(one.source for members in theirs.values() for one in members)]
        self._said = set(apart(everybody))
        self._source = source

    def forbid(self, person: str) -> bool:
        """Whether the person cannot be the one gathered so far."""
        members = self._theirs[person]
        if any((mine, one.source) in self._said for mine in self._sources for one in members):
            return True
        return bool(self._apart.conflict(self._mine, self._facts(person)))

    def take(self, person: str) -> None:
        """Gather a person in."""
        self._mine = tuple(dict.fromkeys(self._mine + self._facts(person)))
        self._sources |= {one.source for one in self._theirs[person]}

    def decided(self, other: str) -> bool:
        """Whether somebody found the record and another to be two."""
        return (self._source, other) in self._said

    def _facts(self, person: str) -> Facts:
        return tuple(fact for one in self._theirs[person] for fact in self._apart.facts(one.columns))
