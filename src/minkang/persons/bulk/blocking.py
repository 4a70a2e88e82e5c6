"""Which pairs are compared at all: those that share the columns of a block, within bounds that are kept and told."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from minkang.persons.profile import Profile


@dataclass(frozen=True)
class Cut:
    """What was not compared.

    Attributes:
        rule: the columns of the block; `value`: what they held; `records`: in the block; `pairs`: not compared.
        sender: who sent most of them, "" where no sender is known; `budget`: cut by the budget, not by its size.
        blocks: how many blocks this line stands for (1 but for the budget).
    """

    rule: tuple[str, ...]
    value: str
    records: int
    pairs: int
    sender: str
    budget: bool = False
    blocks: int = 1


@dataclass(frozen=True)
class Blocked:
    """How many pairs `pair(l, r)` holds, and what was cut off (the largest first)."""

    pairs: int
    cuts: tuple[Cut, ...]


def block(connection: duckdb.DuckDBPyConnection, profile: Profile, records: int) -> Blocked:
    """Make `pair(l, r)`, each pair once with l < r, from all blocks of the profile.

    A block of more records than `bounds.block` is not spread into all its pairs: each record is compared with the first
    of the block only, and the rest is reported. When the pairs of all blocks pass `bounds.pairs_a_record` times the
    records, the largest blocks of the columns that come last are left out first, and reported.
    """
    budget = int(profile.bounds.pairs_a_record * max(records, 100))
    cuts: list[Cut] = []
    connection.execute("CREATE OR REPLACE TABLE found (p BIGINT)")
    spent = 0
    for rule in profile.blocks:
        spent += _one_rule(connection, rule, profile, budget - spent, cuts)
    connection.execute(
        "CREATE OR REPLACE TABLE pair AS SELECT (p >> 32)::BIGINT AS l, (p & 4294967295)::BIGINT AS r "
        "FROM (SELECT DISTINCT p FROM found)"
    )
    connection.execute("DROP TABLE found")
    (pairs,) = connection.execute("SELECT count(*) FROM pair").fetchall()[0]
    return Blocked(int(pairs), tuple(sorted(cuts, key=lambda one: -one.pairs)))


def _one_rule(
    connection: duckdb.DuckDBPyConnection, rule: tuple[str, ...], profile: Profile, left: int, cuts: list[Cut]
) -> int:
    """Pairs of one rule into `found`; what they cost of the budget."""
    names = ", ".join(f'"{name}"' for name in rule)
    there = " AND ".join(f'"{name}" IS NOT NULL' for name in rule)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE keyed AS SELECT i, hash({names}) AS k FROM record WHERE {there}"  # noqa: S608
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE sized AS SELECT k, count(*) AS n, min(i) AS least_i, FALSE AS dropped FROM keyed "
        "GROUP BY k HAVING count(*) > 1"
    )
    large = profile.bounds.block
    cuts += _too_large(connection, rule, large)
    cost = _within_budget(connection, rule, large, left, cuts)
    connection.execute(
        "INSERT INTO found SELECT (a.i << 32) | b.i FROM sized s JOIN keyed a USING (k) JOIN keyed b USING (k) "
        "WHERE s.n <= $large AND NOT s.dropped AND a.i < b.i",
        {"large": large},
    )
    connection.execute(
        "INSERT INTO found SELECT (s.least_i << 32) | b.i FROM sized s JOIN keyed b USING (k) "
        "WHERE s.n > $large AND b.i <> s.least_i",
        {"large": large},
    )
    return cost


def _too_large(connection: duckdb.DuckDBPyConnection, rule: tuple[str, ...], large: int) -> list[Cut]:
    """Blocks beyond the bound, with their value and who sent most of it."""
    value = " || ' · ' || ".join(f'min(record."{name}"::VARCHAR)' for name in rule)
    rows = connection.execute(
        f"SELECT {value}, s.n, s.n * (s.n - 1) // 2 - (s.n - 1), coalesce(mode(sender), '') "  # noqa: S608
        "FROM sized s JOIN keyed USING (k) JOIN record USING (i) WHERE s.n > $large GROUP BY s.k, s.n "
        "ORDER BY s.n DESC",
        {"large": large},
    ).fetchall()
    return [Cut(rule, value, int(n), int(pairs), sender) for value, n, pairs, sender in rows]


def _within_budget(
    connection: duckdb.DuckDBPyConnection, rule: tuple[str, ...], large: int, left: int, cuts: list[Cut]
) -> int:
    """Mark the blocks that the budget has no room for, the largest first; the pairs that remain."""
    (cost,) = connection.execute(
        "SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM sized WHERE n <= $large", {"large": large}
    ).fetchall()[0]
    if cost <= left:
        return int(cost)
    connection.execute(
        "UPDATE sized SET dropped = TRUE WHERE n <= $large AND k IN (SELECT k FROM (SELECT k, sum(n * (n - 1) // 2) "
        "OVER (ORDER BY n, k) AS sofar FROM sized WHERE n <= $large) WHERE sofar > $left)",
        {"large": large, "left": left},
    )
    blocks, records, pairs = connection.execute(
        "SELECT count(*), sum(n), sum(n * (n - 1) // 2) FROM sized WHERE dropped"
    ).fetchall()[0]
    cuts.append(Cut(rule, "", int(records), int(pairs), "", budget=True, blocks=int(blocks)))
    return int(cost - pairs)
