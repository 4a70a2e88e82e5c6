"""Who is who, as one part: links, index, review queue, register and followers, put together for a database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from minkang.access import Access
from minkang.db import Database
from minkang.persons.bulk.linking import Linked, Options
from minkang.persons.bulk.whole_store import Written, link_store, write_links
from minkang.persons.comparing import Prepared
from minkang.persons.online.deciding import Decider, Pair
from minkang.persons.online.following import Followed, Follower
from minkang.persons.online.index import Index, Session, model_number, read_weights
from minkang.persons.preparing import preparation
from minkang.persons.profile import Profile
from minkang.persons.register.register import Register
from minkang.persons.review.queue import PairQueue
from minkang.persons.scoring import Scorer
from minkang.persons.store.feed import LinkFeed, StoredPersons
from minkang.persons.store.links import Links

Told = Callable[[str, float], None]


@dataclass(frozen=True)
class Persons:
    """The parts.

    Attributes:
        links: acts on links; `queue`: the review queue; `register`: the population register.
        resolver, feed: what others ask and hear.
        weights: those in force, by number, as they were last read.
    """

    database: Database
    index: Index
    links: Links
    queue: PairQueue
    register: Register
    feed: LinkFeed
    resolver: StoredPersons
    divisions: Mapping[str, str]
    weights: dict[int, Scorer] = field(default_factory=dict)

    def follow(self, access: Access, told: Callable[[Followed], None] = lambda _: None) -> Followed:
        """Decide upon all that the record store heard since the last time.

        Raises:
            Fault: `PERSONS-028` where another program does so.
        """
        done = self._follower(access).run(told)
        self.queue.settle(access)
        return done

    def link_all(
        self, access: Access, options: Options | None = None, told: Told = lambda _stage, _share: None
    ) -> tuple[Linked, Written]:
        """Link the whole store in bulk with the engine, and put its weights in force.

        Raises:
            Fault: `PERSONS-028` where another program links.
        """
        follower = self._follower(access)
        with follower.alone():
            told("index", 0.0)
            follower.take_all()
            linked = link_store(self.database, self.index, options or Options(), lambda stage, share: told(
                stage, 0.3 + share * 0.4))  # fmt: skip
            told("write", 0.75)
            written = write_links(self.database, self.links, self.index, linked, access, self.queue.ask)
            told("register", 0.9)
            self.register.renew_all()
            self.queue.settle(access)
        return linked, written

    def scorer(self) -> Scorer:
        """What scores pairs, with the weights in force."""
        with self.database.singly() as session:
            number = model_number(session, self.index.profile)
            if number not in self.weights:
                self.weights.clear()
                self.weights[number] = Scorer(self.index.profile, read_weights(session, self.index.profile, number))
        return self.weights[number]

    def look(self, columns: Prepared, most: int = 20) -> list[Pair]:
        """The sources that fit best, the surest first, without deciding anything (`$match`)."""
        scorer = self.scorer()
        with self.database.connection() as session:
            pairs = Decider(scorer).pairs(columns, self.index.candidates(session, "", columns))
        return pairs[:most]

    def _follower(self, access: Access) -> Follower:
        def touched(session: Session, persons: set[str]) -> None:
            self.register.renew(session, persons)

        return Follower(self.database, self.index, self.links, self.queue.ask, touched, access)


def open_persons(
    database: Database, profile: Profile, divisions: Mapping[str, str] | None = None, *, second: float = 0.0
) -> Persons:
    """Put the parts together.

    Args:
        divisions: code to name of the region's divisions, for addresses.
        second: the share of pairs that two reviewers must see.
    """
    known = dict(divisions or {})
    index, links = Index(profile, preparation(profile, known)), Links(database)
    counties = {code[:6] for code in known}
    queue = PairQueue(database, links, index, second=second)
    register = Register(database, counties)
    feed, resolver = LinkFeed(database), StoredPersons(database)
    return Persons(database, index, links, queue, register, feed, resolver, known)
