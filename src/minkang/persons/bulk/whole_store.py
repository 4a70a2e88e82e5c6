"""Linking the whole store: the index into the engine, its clusters into links; what people decided stands.

Each chunk of persons is one transaction, so a run that is killed leaves whole persons and the next one goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

from minkang.access import Access
from minkang.db import Database
from minkang.persons.bulk.linking import Given, Linked, Options, Told, link_loaded, open_engine
from minkang.persons.bulk.reading import Loaded
from minkang.persons.online.deciding import RIVAL, Pair
from minkang.persons.online.index import SQL, Index, Session, put_in_force
from minkang.persons.online.intake import Ask
from minkang.persons.preparing import NUMBERS, prepared_columns
from minkang.persons.profile import Profile
from minkang.persons.scoring import Scorer
from minkang.persons.store.acts import Place
from minkang.persons.store.links import SQL as LINKS
from minkang.persons.store.links import Links, new_person, take_turn

CHUNK = 5_000


@dataclass(frozen=True)
class Written:
    """What a bulk run wrote: sources whose person is another than before, and pairs sent to review."""

    changed: int
    review: int


def link_store(database: Database, index: Index, options: Options, tell: Told = lambda _stage, _share: None) -> Linked:
    """Run the engine over the index; nothing is written."""
    connection = open_engine(options)
    tell("read", 0.0)
    records = _load(database, index, connection)
    with database.connection() as session:
        by_hand = session.execute(LINKS["all_by_hand"]).fetchall()
        apart = session.execute(LINKS["all_apart"]).fetchall()
        told = session.execute(SQL["told_same"]).fetchall()
    first: dict[str, str] = {}
    together = [(first.setdefault(person, source), source) for source, person in sorted(by_hand)]
    given = Given([(a, b) for a, b in [*together, *told] if a != b], [(a, b) for a, b in apart])
    return link_loaded(connection, Loaded(records, False, ()), index.profile, replace(options, given=given), tell)


def write_links(  # noqa: PLR0917 - the parts it is made of, as of the follower
    database: Database, links: Links, index: Index, linked: Linked, access: Access, ask: Ask
) -> Written:
    """Write the clusters of a run as links, put its weights in force, and send doubtful pairs to review."""
    changed, writer = 0, _Writer(links, access, index.profile)
    for chunk in _chunks(linked.connection):
        with database.connection() as session:
            take_turn(session)
            changed += writer.write(session, chunk)
            session.execute(SQL["decided"], {"sources": [source for members in chunk for source, *_ in members]})
    with database.connection() as session:
        put_in_force(session, index.profile, linked.model)
    return Written(changed, _ask(database, index, linked, ask))


def _load(database: Database, index: Index, connection: duckdb.DuckDBPyConnection) -> int:
    """The index as the table `record` (see `reading.load`)."""
    names = prepared_columns(index.profile)
    kinds = [("rid", pa.string()), ("input", pa.int32()), ("sender", pa.string())]
    kinds += [(name, pa.int32() if name in NUMBERS else pa.string()) for name in names]
    schema = pa.schema(kinds)
    connection.register("part", schema.empty_table())
    connection.execute("CREATE TABLE raw AS SELECT * FROM part")
    with database.connection() as session:
        for page in index.everything(session):
            rows = [{"rid": source, "input": 0, "sender": sender, **columns} for source, sender, columns in page]
            connection.register("part", pa.Table.from_pylist(rows, schema=schema))
            connection.execute("INSERT INTO raw SELECT * FROM part")
    connection.unregister("part")
    connection.execute("CREATE TABLE record AS SELECT row_number() OVER (ORDER BY rid) - 1 AS i, * FROM raw")
    connection.execute("DROP TABLE raw")
    return int(connection.execute("SELECT count(*) FROM record").fetchall()[0][0])


Members = list[tuple[str, str, float | None]]


def _chunks(connection: duckdb.DuckDBPyConnection) -> Iterator[list[Members]]:
    """Clusters, some thousands of records at a time: each record with the method and score of its surest pair."""
    cursor = connection.execute(
        "WITH way AS (SELECT l AS i, rule, score, band FROM edge UNION ALL SELECT r, rule, score, band FROM edge), "
        "best AS (SELECT i, arg_max(rule, (rule >= 0, score)) AS rule, arg_max(score, (rule >= 0, score)) AS score "
        "FROM way WHERE band = 'link' GROUP BY i) "
        "SELECT p.cluster, record.rid, best.rule, best.score FROM person p JOIN record USING (i) "
        "LEFT JOIN best USING (i) ORDER BY p.cluster, record.rid"
    )
    chunk: list[Members] = []
    now, size = None, 0
    while rows := cursor.fetchmany(20_000):
        for cluster, source, rule, score in rows:
            if cluster != now:
                if size >= CHUNK:
                    yield chunk
                    chunk, size = [], 0
                chunk.append([])
                now = cluster
            chunk[-1].append((source, "" if rule is None else str(rule), score))
            size += 1
    if chunk:
        yield chunk


class _Writer:
    """Puts clusters where they belong: each to the person that most of its records have already, else to a new one."""

    def __init__(self, links: Links, access: Access, profile: Profile) -> None:
        self._links = links
        self._access = access
        self._names = {str(k): rule.name for k, rule in enumerate(profile.rules)} | {"-1": "score", "": "new"}
        self._taken: set[str] = set()

    def write(self, session: Session, chunk: Sequence[Members]) -> int:
        """Write some clusters; how many sources have another person than before."""
        sources = [source for members in chunk for source, *_ in members]
        now = {row[0]: row for row in session.execute(LINKS["links"], {"sources": sources}).fetchall()}
        given = self._claims(session, chunk, now)
        places = {}
        for k, members in enumerate(chunk):
            person = given.get(k) or new_person()
            for source, rule, score in members:
                old = now.get(source)
                if old is None or str(old[1]) != person:
                    places[source] = Place(person, self._names.get(rule, rule), score)
        self._links.put_in(session, self._access, "relink" if now else "link", places, reason="bulk")
        return len(places)

    def _claims(self, session: Session, chunk: Sequence[Members], now: Mapping[str, Sequence[Any]]) -> dict[int, str]:
        """Cluster to the person it goes on as; a person goes on as one cluster only."""
        claims = [(count, person, k) for k, members in enumerate(chunk)
                  for person, count in _persons(members, now).items()]  # fmt: skip
        given: dict[int, str] = {}
        for _, person, k in sorted(claims, key=lambda claim: (-claim[0], claim[1])):
            if k not in given and person not in self._taken and not _elsewhere(session, person, now):
                given[k] = person
                self._taken.add(person)
        return given


def _persons(members: Members, now: Mapping[str, Sequence[Any]]) -> Counter[str]:
    """How many of some records each person has; one that somebody had a hand in counts before all others."""
    found: Counter[str] = Counter()
    for source, *_ in members:
        old = now.get(source)
        if old is not None:
            found[str(old[1])] += 1_000_000 if old[4] else 1
    return found


def _elsewhere(session: Session, person: str, here: Collection[str]) -> bool:
    """Whether a person has more records outside this chunk than in it: another chunk will claim it."""
    members = [row[0] for row in session.execute(LINKS["members"], {"persons": [person]}).fetchall()]
    inside = len(set(members) & set(here))
    return len(members) - inside > inside


def _ask(database: Database, index: Index, linked: Linked, ask: Ask) -> int:
    """Pairs to review between persons as they now stand: the likeliest of each two persons."""
    rows = linked.connection.execute(
        "SELECT a.rid, b.rid, rule FROM edge JOIN record a ON a.i = l JOIN record b ON b.i = r "
        "JOIN person p ON p.i = l JOIN person q ON q.i = r WHERE band = 'review' AND p.cluster <> q.cluster "
        "QUALIFY row_number() OVER (PARTITION BY least(p.cluster, q.cluster), greatest(p.cluster, q.cluster) "
        "ORDER BY score DESC, a.rid, b.rid) = 1 ORDER BY score DESC"
    ).fetchall()
    scorer, asked = Scorer(index.profile, linked.model), 0
    for start in range(0, len(rows), 500):
        with database.connection() as session:
            part = rows[start : start + 500]
            entries = {
                one.record.source: one
                for one in index.entries(session, [source for a, b, _ in part for source in (a, b)])
            }
            for a, b, rule in part:
                if a in entries and b in entries:
                    decision = scorer.decide(entries[a].known.columns, entries[b].known.columns)
                    reason = RIVAL if rule == len(index.profile.rules) else decision.method
                    ask(session, entries[a], Pair(entries[b].known, decision, reason))
                    asked += 1
    return asked
