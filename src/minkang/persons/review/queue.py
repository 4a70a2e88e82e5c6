"""The review queue: pairs that wait for somebody, and what a decision does. It never stops intake."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minkang.access import Access, program_access
from minkang.access.audit import AuditTrail
from minkang.db import Database, Queries
from minkang.errors import Fault
from minkang.flows import Act, Flows, Item, read_flow
from minkang.flows.items import Step
from minkang.persons.online.deciding import Pair
from minkang.persons.online.index import Entry, Index, Known, Session
from minkang.persons.store.acts import Done
from minkang.persons.store.links import Links

SQL = Queries.read("minkang.persons.review", "review.sql")
FLOW = "pair-review"
WAITING = ("open", "later", "second-link", "second-separate", "disputed")
UPPER = 1e9


@dataclass(frozen=True)
class Side:
    """One side of a pair: the source as the index has it, and the other sources of its person."""

    entry: Entry
    others: tuple[str, ...]

    @property
    def known(self) -> Known:
        """As it is compared."""
        return self.entry.known


@dataclass(frozen=True)
class Agreement:
    """How far two reviewers of one pair agree.

    Attributes:
        pairs: seen by two; `agreed`: found alike by both.
        kappa: Cohen's kappa (doi:10.1177/001316446002000104), agreement beyond chance; None below two pairs or where
            chance alone would agree always.
    """

    pairs: int
    agreed: int
    kappa: float | None


class PairQueue:
    """The queue.

    Args:
        database: where it is kept.
        links: what a decision changes; `index`: what is shown.
        second: the share of pairs that a second reviewer must see, 0 to 1; which ones is fixed by the pair itself.
    """

    def __init__(self, database: Database, links: Links, index: Index, *, second: float = 0.0) -> None:
        self._database = database
        self._links = links
        self._index = index
        self.second = second
        flow = read_flow("minkang.persons.review", "pair-review.toml")
        self.flows = Flows(database, AuditTrail(database), [flow], effects={FLOW: self._effect})
        self.flow = flow

    def ask(self, session: Session, one: Entry, pair: Pair) -> None:
        """Put a pair into the queue, in the transaction that decided it is for somebody; once a pair."""
        left, right = sorted((one.record.source, pair.other.source))
        about = {
            "left": left,
            "right": right,
            "score": round(pair.decision.score, 2),
            "reason": pair.reason,
        }
        access = program_access("persons")
        self.flows.start_in(session, access, FLOW, f"{left}|{right}", about=about, organisation=one.record.sender)

    def settle(self, access: Access) -> int:
        """Take pairs out that have one person by now, found in another way; how many."""
        with self._database.singly() as session:
            found = [row[0] for row in session.execute(SQL["settled"], {"states": list(WAITING)})]
        for item in found:
            self.flows.act(access, item, Act("settle"))
        return len(found)

    def page(
        self, *, states: Sequence[str] = WAITING, sender: str = "", after: Item | None = None, count: int = 50
    ) -> list[Item]:
        """Pairs in some states, the likeliest first, of one sender where it is named."""
        values = {
            "states": list(states),
            "organisation": sender,
            "score": after.about["score"] if after else UPPER,
            "after": after.id if after else 0,
            "count": count,
        }
        with self._database.singly() as session:
            return [Item(*row) for row in session.execute(SQL["page"], values)]

    def before(self, item: Item, *, sender: str = "") -> int | None:
        """The pair that waits before another in the list."""
        values = {"states": list(WAITING), "organisation": sender, "score": item.about["score"], "after": item.id}
        with self._database.singly() as session:
            row = session.execute(SQL["before"], values).fetchone()
        return row[0] if row else None

    def batches(self, states: Sequence[str] = WAITING) -> list[tuple[str, int]]:
        """How many pairs wait, by sender, the most first."""
        with self._database.singly() as session:
            return [(sender, count) for sender, count in session.execute(SQL["batches"], {"states": list(states)})]

    def sides(self, access: Access, item: Item) -> tuple[Side, Side]:
        """Both sources of a pair as they now are.

        Raises:
            Fault: `PERSONS-030` where one of them is gone; `ACCESS-002`.
        """
        access.require("Patient", "read")
        wanted = [item.about["left"], item.about["right"]]
        with self._database.connection() as session:
            found = {one.record.source: one for one in self._index.entries(session, wanted)}
            if len(found) != len(wanted):
                raise Fault("PERSONS-030")
            persons = [one.known.person for one in found.values() if one.known.person]
            theirs = self._index.members(session, persons) if persons else {}
        sides = []
        for source in wanted:
            members = theirs.get(found[source].known.person or "", [])
            sides.append(Side(found[source], tuple(one.source for one in members if one.source != source)))
        return sides[0], sides[1]

    def steps_open(self, access: Access, item: Item) -> dict[str, str]:
        """What a reviewer may do with a pair: `link`, `separate`, `later`, `reopen`, each with its event."""
        allowed = {event.name for event in self.flows.permitted(access, item)}
        two = self.needs_second(item)
        link = ("propose-link" if two else "link") if item.state in {"open", "later"} else "link"
        apart = ("propose-separate" if two else "separate") if item.state in {"open", "later"} else "separate"
        if item.state == "second-link":
            link, apart = "agree-link", "differ"
        elif item.state == "second-separate":
            link, apart = "differ", "agree-separate"
        wanted = {"link": link, "separate": apart, "later": "later", "reopen": "reopen"}
        return {key: event for key, event in wanted.items() if event in allowed}

    def needs_second(self, item: Item) -> bool:
        """Whether a second reviewer must see a pair: a fixed share of all pairs, chosen by the pair itself."""
        place = int.from_bytes(hashlib.sha256(item.subject.encode()).digest()[:4], "big") / 2**32
        return place < self.second

    def act(self, access: Access, item: int, key: str, *, reason: str = "", version: int | None = None) -> Item:
        """Decide: `link`, `separate`, `later`, `reopen`.

        Raises:
            Fault: `PERSONS-027` where the second reviewer is the first; `PERSONS-031` where the step is not open;
                `PERSONS-025` where links changed since; those of `Flows.act`.
        """
        access.require("Patient", "update")
        found = self.flows.item(item)
        event = self.steps_open(access, found).get(key)
        if event is None:
            raise Fault("PERSONS-031")
        if found.state.startswith("second-") and self._first(found) == access.caller:
            raise Fault("PERSONS-027")
        return self.flows.act(access, item, Act(event, reason, version, {"caller": access.caller}))

    def agreement(self) -> Agreement:
        """How far first and second reviewers agree."""
        with self._database.singly() as session:
            rows = session.execute(SQL["agreement"]).fetchall()
        return agreement_of({(first, second): count for first, second, count in rows})

    def outcomes(self) -> list[tuple[str, float, str, int]]:
        """How pairs were decided: reason, score from which on (steps of four bits), linked or separate, how many."""
        with self._database.singly() as session:
            return [(row[0], float(row[1]), row[2], row[3]) for row in session.execute(SQL["outcomes"])]

    def steps(self, item: int) -> list[Step]:
        """What was done with a pair."""
        return self.flows.steps(item)

    # Within.

    def _first(self, item: Item) -> str:
        found = [step.caller for step in self.flows.steps(item.id) if step.event.startswith("propose-")]
        return found[-1] if found else ""

    def _effect(self, session: Session, before: Item, after: Item, act: Act) -> None:
        """What a decision changes, in its transaction."""
        access = Access(str(act.data.get("caller", "")), program_access("review").scopes)
        left, right = before.about["left"], before.about["right"]
        reason = act.reason.strip() or f"review:{before.id}"
        if after.state == "linked":
            self._remember(session, after, self._link(session, access, left, right, reason))
        elif after.state == "separate":
            self._remember(session, after, Done(self._links.apart_in(session, access, [left], [right], reason)))
        elif act.event == "reopen":
            operation = int(before.about.get("operation", 0))
            if operation:
                self._links.undo_in(session, access, operation, reason)

    def _link(self, session: Session, access: Access, left: str, right: str, reason: str) -> Done:
        entries = {one.record.source: one.known.person for one in self._index.entries(session, [left, right])}
        kept, given_up = entries.get(left), entries.get(right)
        if kept is None or given_up is None:
            raise Fault("PERSONS-030")
        return self._links.merge_in(session, access, kept, given_up, reason, by_hand=True)

    def _remember(self, session: Session, item: Item, done: Done) -> None:
        """Keep the act with the pair, so that it can be taken back."""
        session.execute(SQL["remember"], {"item": item.id, "operation": done.operation})


def agreement_of(found: Mapping[tuple[str, str], int]) -> Agreement:
    """Agreement of first findings (`propose-link`, `propose-separate`) with second ones (`agree-…`, `differ`)."""
    pairs = sum(found.values())
    agreed = sum(count for (_, second), count in found.items() if second != "differ")
    if pairs < 2:
        return Agreement(pairs, agreed, None)
    first_link = sum(count for (first, _), count in found.items() if first == "propose-link")
    second_link = sum(
        count for (first, second), count in found.items() if (first == "propose-link") == (second != "differ")
    )
    chance = (first_link * second_link + (pairs - first_link) * (pairs - second_link)) / pairs**2
    return Agreement(pairs, agreed, None if chance >= 1 else (agreed / pairs - chance) / (1 - chance))
