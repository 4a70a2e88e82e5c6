"""Deciding upon sources that the index has and nobody has decided upon: links, new persons, pairs for review."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from minkang.access import Access
from minkang.persons.model import Model
from minkang.persons.online.deciding import Decider, Pair, Verdict
from minkang.persons.online.index import SQL, Entry, Index, Known, Session
from minkang.persons.scoring import Scorer
from minkang.persons.store.acts import Kind, Place
from minkang.persons.store.links import SQL as LINKS
from minkang.persons.store.links import Links, new_person, take_turn

Ask = Callable[[Session, Entry, Pair], None]
"""Puts a pair into the review queue, in the transaction of the decision."""


@dataclass
class Counts:
    """What was done: sources decided upon, those that joined a person, persons joined, pairs sent to review."""

    decided: int = 0
    linked: int = 0
    joined: int = 0
    review: int = 0


class Intake:
    """Decides upon sources, one after another, in the caller's transaction.

    Args:
        links, index: where links and sources are kept.
        model: the weights in force.
        ask: takes pairs for review.
    """

    def __init__(self, links: Links, index: Index, model: Model, ask: Ask) -> None:
        self._links = links
        self._index = index
        self._decider = Decider(Scorer(index.profile, model))
        self._ask = ask

    def decide(self, session: Session, access: Access, sources: Sequence[str], counts: Counts) -> set[str]:
        """Decide upon sources; what they make doubtful is decided again.

        Returns:
            the persons whose sources changed or were told of anew.
        """
        take_turn(session)
        touched: set[str] = set()
        again: dict[str, None] = {}
        for source in sources:
            again |= dict.fromkeys(self._one(session, access, source, counts, touched))
        for source in again:
            self._one(session, access, source, counts, touched)
        session.execute(SQL["decided"], {"sources": list(sources)})
        return touched

    def _one(self, session: Session, access: Access, source: str, counts: Counts, touched: set[str]) -> list[str]:
        found = self._index.entries(session, [source])
        if not found:
            return []
        one = found[0]
        counts.decided += 1
        verdict = self._verdict(session, one)
        told = self._told_same(session, one)
        if told:
            verdict = Verdict(told, method="sender")
        touched |= self._place(session, access, one, verdict, counts)
        for pair in verdict.review:
            self._ask(session, one, pair)
            counts.review += 1
        # Told to be somebody who is not decided upon yet: once more, after the others.
        late = [source] if one.record.told.get("same_as") and not told else []
        return verdict.again + late

    def _verdict(self, session: Session, one: Entry) -> Verdict:
        columns = one.known.columns
        candidates = [known for known in self._index.candidates(session, one.record.source, columns) if known.person]

        def members(persons: Sequence[str]) -> Mapping[str, Sequence[Known]]:
            found = self._index.members(session, persons)
            return {
                person: [known for known in of_person if known.source != one.record.source]
                for person, of_person in found.items()
            }

        def apart(sources: Sequence[str]) -> Collection[tuple[str, str]]:
            return {(a, b) for a, b in session.execute(LINKS["apart"], {"sources": list(sources)})}

        return self._decider.decide(one.record.source, columns, candidates, members, apart)

    def _told_same(self, session: Session, one: Entry) -> str | None:
        """The person of the Patient that the sender says this one is, where that has one."""
        others = one.record.told.get("same_as", [])
        found = self._index.entries(session, others) if others else []
        return next((other.known.person for other in found if other.known.person), None)

    def _place(self, session: Session, access: Access, one: Entry, verdict: Verdict, counts: Counts) -> set[str]:
        """Write what was decided. What people linked stays as it is."""
        source, now = one.record.source, one.known.person
        if one.known.by_hand:
            return {str(now)}
        theirs = self._index.members(session, [now])[now] if now else []
        alone = len(theirs) <= 1
        if now and any(other.by_hand for other in theirs):
            return {now}
        target = verdict.person or (now if now and alone else new_person())
        places = {source: Place(target, verdict.method, verdict.score)}
        gone = set(verdict.joins)
        if now and alone and now != target and verdict.method != "sender":
            gone.add(now)
        for person, members in self._index.members(session, verdict.joins).items() if verdict.joins else ():
            if any(member.by_hand for member in members):
                gone.discard(person)
                continue
            counts.joined += 1
            places |= {member.source: Place(target, "bridge", verdict.score) for member in members}
        if now == target and len(places) == 1:
            return {target}
        counts.linked += verdict.person is not None
        kind: Kind = "merge" if len(places) > 1 else "relink" if now else "link"
        self._links.put_in(session, access, kind, places)
        return {target, *gone, *([now] if now else [])}
