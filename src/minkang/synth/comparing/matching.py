"""Truth and store, event by event: what is there once, what is missing, what is there twice, what is different."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

from msgspec import Struct, field

from minkang.synth.comparing.facts import Fact
from minkang.synth.comparing.told import Event, Told

EXAMPLES = 5
Key = tuple[str, str, str, str, str]
Place = tuple[str, str]

BLAMED = frozenset({"wrong_code", "obsolete_code", "wrong_unit"})
"""Faults of content that no later message mends; a mistake is mended by its correction and accounts for nothing."""


class Agreement(Struct):
    """One table of the truth as one feed told it.

    Attributes:
        table, feed: which.
        told: events that the feed carried.
        stored: of these, in the store once, with the same value.
        differs: in the store once with another value, and a fault put into its messages accounts for it.
        wrong: in the store once with another value, for no such fault.
        refused: not in the store, because a message about it was rejected; it waits among the rejects.
        missing: not in the store, for no reason.
        more: in the store more often than it was told.
        examples: of missing, wrong and more, for people.
    """

    table: str
    feed: str
    told: int = 0
    stored: int = 0
    differs: int = 0
    wrong: int = 0
    refused: int = 0
    missing: int = 0
    more: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether every event is there once and every difference is accounted for."""
        return not (self.wrong or self.missing or self.more)


def compare(told: Told, stored: Iterable[Fact], refused: Collection[tuple[str, str]] = ()) -> list[Agreement]:
    """Set what was told beside what is stored.

    Args:
        stored: events of the store, `who` as the sender numbers people.
        refused: sender and key of the messages that were rejected.

    Returns:
        by table and feed. Kinds of event that the truth has no row for (the antenatal visits that a delivery sheet
        sums up, the first-visit mark of a record) are not counted as more.
    """
    return _Comparison(told, frozenset(refused)).run(stored)


class _Comparison:
    def __init__(self, told: Told, refused: frozenset[tuple[str, str]]) -> None:
        self._told = told
        self._refused = refused
        self._found: dict[Place, Agreement] = {}
        self._held: dict[Key, Counter[str]] = defaultdict(Counter)
        self._feeds: dict[Key, str] = {}

    def run(self, stored: Iterable[Fact]) -> list[Agreement]:
        for fact in stored:
            who = self._told.people.get((fact.sender, fact.who), fact.who)
            key = (fact.table, fact.sender, who, fact.day, fact.what)
            self._held[key][fact.detail] += 1
            self._feeds[key] = fact.feed
        wanted: dict[Key, list[Event]] = defaultdict(list)
        kinds: set[tuple[str, str, str]] = set()
        for event in self._told.events:
            fact = event.fact
            wanted[fact.table, fact.sender, fact.who, fact.day, fact.what].append(event)
            kinds.add((fact.table, fact.feed, fact.what))
            self._of(fact.table, fact.feed).told += 1
        for key, events in wanted.items():
            self._match(key, events, self._held.pop(key, Counter()))
        for key, left in self._held.items():
            if (key[0], self._feeds[key], key[4]) in kinds:
                self._more(key, self._feeds[key], left)
        return sorted(self._found.values(), key=lambda one: (one.table, one.feed))

    def _of(self, table: str, feed: str) -> Agreement:
        return self._found.setdefault((table, feed), Agreement(table, feed))

    def _match(self, key: Key, events: list[Event], held: Counter[str]) -> None:
        unequal = []
        for event in events:
            detail = event.fact.detail or next((text for text, count in held.items() if count), "")
            if held[detail]:
                held[detail] -= 1
                self._of(key[0], event.fact.feed).stored += 1
            else:
                unequal.append(event)
        for event in unequal:
            self._unequal(key, event, held)
        self._more(key, events[0].fact.feed, held)

    def _unequal(self, key: Key, event: Event, held: Counter[str]) -> None:
        one = self._of(key[0], event.fact.feed)
        other = next((text for text, count in held.items() if count), None)
        if other is not None:
            held[other] -= 1
            if event.faults & BLAMED:
                one.differs += 1
            else:
                one.wrong += 1
                _example(one, f"wrong {other}", key, event)
        elif any((key[1], name) in self._refused for name in event.keys):
            one.refused += 1
        else:
            one.missing += 1
            _example(one, "missing", key, event)

    def _more(self, key: Key, feed: str, held: Counter[str]) -> None:
        for detail, count in held.items():
            if count > 0:
                one = self._of(key[0], feed)
                one.more += count
                _example(one, f"more {detail}", key)


def _example(one: Agreement, how: str, key: Key, event: Event | None = None) -> None:
    if len(one.examples) < EXAMPLES:
        detail = f"{event.fact.detail} {','.join(sorted(event.faults))}" if event else ""
        one.examples.append(f"{how}: {' '.join(key[1:])} {detail}".strip())
