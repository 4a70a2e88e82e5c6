"""What somebody should know after linking: values too common to mean anything, blocks cut off, placeholders."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from minkang.errors import Fault
from minkang.persons.bulk.blocking import Blocked
from minkang.persons.profile import Profile

TOLD = 20
ODD_SHARE, ODD_LEAST = 0.01, 50


def remarks(connection: duckdb.DuckDBPyConnection, profile: Profile, blocked: Blocked) -> tuple[Fault, ...]:
    """Cuts, values on too many records, and placeholders; at most 20 of each kind, the largest first."""
    return (*_cuts(blocked), *_shared(connection, profile), *_placeholders(connection))


def _cuts(blocked: Blocked) -> Iterator[Fault]:
    for one in blocked.cuts[:TOLD]:
        names = " + ".join(one.rule)
        if one.budget:
            yield Fault("PERSONS-013", rule=names, blocks=one.blocks, pairs=one.pairs)
        else:
            yield Fault("PERSONS-008", value=one.value, field=names, records=one.records,
                        sender=one.sender or "-", cut=one.pairs)  # fmt: skip


def _shared(connection: duckdb.DuckDBPyConnection, profile: Profile) -> Iterator[Fault]:
    for name in profile.bounds.watched:
        rows = connection.execute(
            f'SELECT "{name}", count(*) AS n, coalesce(mode(sender), \'-\') FROM record WHERE "{name}" IS NOT NULL '  # noqa: S608
            f"GROUP BY 1 HAVING n > $bound ORDER BY n DESC, 1 LIMIT {TOLD}",
            {"bound": profile.bounds.shared},
        ).fetchall()
        for value, count, sender in rows:
            yield Fault("PERSONS-012", value=value, field=name, records=count, sender=sender)


def _placeholders(connection: duckdb.DuckDBPyConnection) -> Iterator[Fault]:
    """Placeholders that a sender uses on more than one record in a hundred, and on fifty at least."""
    heads = {row[0] for row in connection.execute("DESCRIBE record").fetchall()}
    for column, field in (("odd_name", "name"), ("odd_birth", "birth_date")):
        if column not in heads:
            continue
        rows = connection.execute(
            f"SELECT coalesce(sender, '-'), mode({column}), count({column}) AS n, count(*) FROM record GROUP BY 1 "  # noqa: S608
            f"HAVING n >= {ODD_LEAST} AND n >= count(*) * {ODD_SHARE} ORDER BY n DESC LIMIT {TOLD}"
        ).fetchall()
        for sender, value, count, _ in rows:
            yield Fault("PERSONS-009", value=value, field=field, records=count, sender=sender)
