"""Linking whole files: read, count, block, score, merge, and say what was found, cut off and doubted."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]

from minkang.errors import Fault
from minkang.persons.bulk import blocking, frequencies
from minkang.persons.bulk.blocking import Blocked
from minkang.persons.bulk.learning import learn
from minkang.persons.bulk.reading import Loaded, load
from minkang.persons.bulk.remarks import remarks
from minkang.persons.bulk.sql_scoring import score_select
from minkang.persons.clusters import Apart, Facts, merge
from minkang.persons.model import Model, read_model
from minkang.persons.preparing import prepared_columns
from minkang.persons.profile import Profile

LEARN_FROM = 500
Told = Callable[[str, float], None]
Scoring = Callable[[duckdb.DuckDBPyConnection, Profile, Model], None]


@dataclass(frozen=True)
class Given:
    """What people decided, by ids of records: it stands before any score.

    Attributes:
        together: pairs that are one person; `apart`: pairs that are two.
    """

    together: Sequence[tuple[str, str]] = ()
    apart: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Options:
    """How to run.

    Attributes:
        model: weights to use in place of the profile's.
        threads: of DuckDB, and processes that prepare; `memory`: limit of DuckDB, such as "6GB".
        divisions: code to name, for addresses.
        scoring: how pairs are scored; DuckDB in this process where None.
        given: what people decided before.
    """

    model: Model | None = None
    threads: int = 2
    memory: str = "6GB"
    divisions: Mapping[str, str] | None = None
    scoring: Scoring | None = None
    given: Given = field(default_factory=Given)


@dataclass(frozen=True)
class Linked:
    """What linking gave; tables `record`, `edge(l, r, score, rule, band)`, `person(i, cluster)` stay in `connection`.

    Attributes:
        records, persons, pairs: read, found, compared.
        bands: number of pairs by band ("link", "review"); `methods`: linked pairs by rule or "score".
        refused: pairs that reached the threshold and that a rule of the cluster kept apart.
        waiting: records in at least one pair to review.
        remarks: what was cut off, and values that look like placeholders, as faults that are told and stop nothing.
    """

    connection: duckdb.DuckDBPyConnection
    profile: Profile
    model: Model
    records: int
    persons: int
    pairs: int
    bands: dict[str, int]
    methods: dict[str, int]
    refused: int
    waiting: int
    repeated: bool
    remarks: tuple[Fault, ...]

    def told(self) -> dict[str, Any]:
        """The figures, for `--json`."""
        names = ("records", "persons", "pairs", "bands", "methods", "refused", "waiting")
        return {name: getattr(self, name) for name in names} | {
            "remarks": [{"code": one.code, "text": one.text("en")} for one in self.remarks]
        }


def link_files(
    inputs: Sequence[Path], profile: Profile, options: Options, tell: Told = lambda _stage, _share: None
) -> Linked:
    """Link the records of one or more files.

    Raises:
        Fault: as `reading.load`; `PERSONS-004` for weights that cannot be read.
    """
    connection = open_engine(options)
    tell("read", 0.0)
    loaded = load(connection, inputs, profile, dict(options.divisions or {}), options.threads)
    return link_loaded(connection, loaded, profile, options, tell)


def open_engine(options: Options) -> duckdb.DuckDBPyConnection:
    """An engine that holds nothing yet."""
    connection = duckdb.connect(config={"threads": options.threads, "memory_limit": options.memory})
    connection.execute("SET preserve_insertion_order = false; SET enable_progress_bar = false")
    return connection


def link_loaded(
    connection: duckdb.DuckDBPyConnection,
    loaded: Loaded,
    profile: Profile,
    options: Options,
    tell: Told = lambda _stage, _share: None,
) -> Linked:
    """Link the records of the table `record` (see `reading.load`)."""
    tell("learn", 0.3)
    model = _model(connection, profile, options, loaded.records)
    frequencies.put_beside(connection, model.frequencies)
    tell("block", 0.4)
    blocked = blocking.block(connection, profile, loaded.records)
    tell("score", 0.5)
    (options.scoring or score_here)(connection, profile, model)
    set_rivals_aside(connection, profile)
    tell("merge", 0.85)
    refused = cluster(connection, profile, loaded.records, options.given)
    return _linked(connection, profile, model, loaded, blocked, refused=refused)


def _model(connection: duckdb.DuckDBPyConnection, profile: Profile, options: Options, records: int) -> Model:
    """The model given, learned or shipped, with the frequencies and the prior of these records."""
    if options.model is not None:
        return replace(options.model, records=max(records, 2))
    learned = profile.training == "input" and records >= LEARN_FROM
    model = learn(connection, profile, records) if learned else read_model(profile.model)
    return replace(model, records=max(records, 2), frequencies=frequencies.count(connection, profile))


def score_here(connection: duckdb.DuckDBPyConnection, profile: Profile, model: Model) -> None:
    """Score the table `pair` into `edge`, keeping pairs to link and to review."""
    select = score_select(profile, model, "pair", "band <> 'separate'")
    connection.execute(f"CREATE OR REPLACE TABLE edge AS {select}")


def set_rivals_aside(connection: duckdb.DuckDBPyConnection, profile: Profile) -> None:
    """Send to review the links of a record that fits two different persons about as well (`Profile.rival`).

    A child entered under its mother's name fits both of twins; nobody but a person can tell which it is.
    """
    rival = profile.rival
    if not rival.column:
        return
    number = len(profile.rules)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE torn AS WITH way AS (SELECT l AS x, r AS y, score FROM edge UNION ALL "  # noqa: S608
        "SELECT r, l, score FROM edge), best AS (SELECT x, max(score) AS score "
        f'FROM way JOIN record a ON a.i = x JOIN record b ON b.i = y WHERE a."{rival.column}" IS NULL '
        f'AND b."{rival.column}" IS NOT NULL GROUP BY x, b."{rival.column}") '
        "SELECT x FROM (SELECT x, max(score, 2) AS top FROM best GROUP BY x HAVING count(*) > 1) "
        "WHERE top[1] - top[2] < $margin",
        {"margin": rival.margin},
    )
    connection.execute(
        "UPDATE edge SET band = 'review', rule = $number WHERE band = 'link' AND "  # noqa: S608
        f'((l IN (SELECT x FROM torn) AND r IN (SELECT i FROM record WHERE "{rival.column}" IS NOT NULL)) OR '
        f'(r IN (SELECT x FROM torn) AND l IN (SELECT i FROM record WHERE "{rival.column}" IS NOT NULL)))',
        {"number": number},
    )


def cluster(connection: duckdb.DuckDBPyConnection, profile: Profile, records: int, given: Given | None = None) -> int:
    """Merge the linked pairs into `person(i, cluster)`; how many pairs a rule refused.

    Pairs that people put together come first, pairs that they set apart are refused like those of a rule.
    """
    given = given or Given()
    together, apart_pairs = _numbered(connection, given.together), _numbered(connection, given.apart)
    rows = connection.execute(
        "SELECT l, r, rule >= 0 AS sure, round(score, 6) AS score FROM edge WHERE band = 'link'"
    ).fetchnumpy()
    left, right, score, sure = (np.asarray(rows[name]) for name in ("l", "r", "score", "sure"))
    order = np.lexsort((right, left, -score, ~sure))
    pairs = zip(left[order].tolist(), right[order].tolist(), strict=True)
    apart = Apart(profile.apart)
    facts = _facts(connection, apart)
    for number, pair in enumerate(apart_pairs):
        for side, record in enumerate(pair):
            facts[record] = (*facts.get(record, ()), apart.said(number, side))
    merged = merge(records, [*together, *pairs], facts, apart)
    root = np.asarray(merged.root, dtype=np.int64)
    connection.register("merged", {"i": np.arange(records, dtype=np.int64), "root": root})
    connection.execute(
        "CREATE OR REPLACE TABLE person AS SELECT m.i, r.rid AS cluster FROM merged m JOIN record r ON r.i = m.root"
    )
    connection.unregister("merged")
    return len(merged.refused)


def _numbered(connection: duckdb.DuckDBPyConnection, pairs: Sequence[tuple[str, str]]) -> list[tuple[int, int]]:
    """Pairs of ids as pairs of numbers; those whose records are not here are left out."""
    if not pairs:
        return []
    connection.register("told", pa.table({"a": [a for a, _ in pairs], "b": [b for _, b in pairs]}))
    rows = connection.execute(
        "SELECT x.i, y.i FROM told JOIN record x ON x.rid = told.a JOIN record y ON y.rid = told.b ORDER BY 1, 2"
    ).fetchall()
    connection.unregister("told")
    return rows


def _facts(connection: duckdb.DuckDBPyConnection, apart: Apart) -> dict[int, Facts]:
    """What keeps the linked records apart; records in no linked pair need none."""
    columns = tuple(dict.fromkeys(name for rule in apart.rules for name in (*rule.scope, *rule.test.columns)))
    if not columns:
        return {}
    shown = ", ".join(f'"{name}"' for name in columns)
    cursor = connection.execute(
        f"SELECT i, {shown} FROM record WHERE i IN (SELECT l FROM edge WHERE band = 'link' UNION "  # noqa: S608
        "SELECT r FROM edge WHERE band = 'link')"
    )
    found: dict[int, Facts] = {}
    while rows := cursor.fetchmany(100_000):
        for i, *values in rows:
            facts = apart.facts(dict(zip(columns, values, strict=True)))
            if facts:
                found[i] = facts
    return found


def _linked(
    connection: duckdb.DuckDBPyConnection,
    profile: Profile,
    model: Model,
    loaded: Loaded,
    blocked: Blocked,
    *,
    refused: int,
) -> Linked:
    names = {k: rule.name for k, rule in enumerate(profile.rules)} | {-1: "score", len(profile.rules): "rival"}
    bands = dict(connection.execute("SELECT band, count(*) FROM edge GROUP BY 1 ORDER BY 1").fetchall())
    methods = connection.execute(
        "SELECT rule, count(*) FROM edge WHERE band = 'link' GROUP BY 1 ORDER BY 2 DESC"
    ).fetchall()
    (persons,) = connection.execute("SELECT count(DISTINCT cluster) FROM person").fetchall()[0]
    (waiting,) = connection.execute(
        "SELECT count(*) FROM (SELECT unnest([l, r]) AS i FROM edge JOIN person a ON a.i = l JOIN person b ON b.i = r "
        "WHERE band = 'review' AND a.cluster <> b.cluster GROUP BY 1)"
    ).fetchall()[0]
    return Linked(
        connection=connection,
        profile=profile,
        model=model,
        records=loaded.records,
        persons=int(persons),
        pairs=blocked.pairs,
        bands={name: int(count) for name, count in bands.items()},
        methods={names[rule]: int(count) for rule, count in methods},
        refused=refused,
        waiting=int(waiting),
        repeated=loaded.repeated,
        remarks=(*loaded.remarks, *remarks(connection, profile, blocked)),
    )


def write_clusters(linked: Linked, place: Path) -> None:
    """`id,cluster`, one line a record, in the order of inputs and ids; a cluster bears the least id of its records.

    Where an id stands in two inputs, a third column `input` (1, 2 …) tells them apart.
    """
    extra = ", record.input + 1 AS input" if linked.repeated else ""
    cursor = linked.connection.execute(
        f"SELECT record.rid, cluster{extra} FROM person JOIN record USING (i) ORDER BY record.input, record.rid"  # noqa: S608
    )
    with place.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "cluster", "input"] if linked.repeated else ["id", "cluster"])
        while rows := cursor.fetchmany(50_000):
            writer.writerows(rows)


def write_review(linked: Linked, place: Path) -> int:
    """`a,b,score,reason` of every pair that waits for somebody, the likeliest first; how many."""
    rules = {k: rule.name for k, rule in enumerate(linked.profile.rules)} | {len(linked.profile.rules): "rival"}
    rows = linked.connection.execute(
        "SELECT a.rid, b.rid, score, rule FROM edge JOIN record a ON a.i = l JOIN record b ON b.i = r "
        "JOIN person p ON p.i = l JOIN person q ON q.i = r "
        "WHERE band = 'review' AND p.cluster <> q.cluster ORDER BY score DESC, a.rid, b.rid"
    ).fetchall()
    with place.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["a", "b", "score", "reason"])
        writer.writerows((a, b, f"{score:.2f}", rules.get(rule, "score")) for a, b, score, rule in rows)
    return len(rows)


def prepared_record(linked: Linked, record: str) -> dict[str, Any]:
    """One record as it is compared.

    Raises:
        Fault: `PERSONS-010` where no input has it.
    """
    columns = prepared_columns(linked.profile)
    shown = ", ".join(f'"{name}"' for name in columns)
    rows = linked.connection.execute(f"SELECT {shown} FROM record WHERE rid = $id", {"id": record}).fetchall()  # noqa: S608
    if not rows:
        raise Fault("PERSONS-010", id=record)
    return dict(zip(columns, rows[0], strict=True))
