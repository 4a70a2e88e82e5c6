"""How common each value is, counted from the records and put beside them as `lf_<column>` (log2 of the share)."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

from minkang.persons.bulk.sql_scoring import FREQUENCY
from minkang.persons.model import Frequencies
from minkang.persons.profile import Profile

KEPT = 50_000


def count(connection: duckdb.DuckDBPyConnection, profile: Profile) -> dict[str, Frequencies]:
    """Shares of the values of every weighed column of `record`: those seen at least twice, the commonest 50,000.

    What is counted is what `counted_per` says (persons, as far as a name and a birth date tell them), not records.
    """
    found: dict[str, Frequencies] = {}
    per = ", ".join(f'coalesce("{one}"::VARCHAR, i::VARCHAR)' for one in profile.counted_per) or "i"
    for name in profile.frequencies:
        connection.execute(
            f'CREATE OR REPLACE TEMP TABLE counted AS SELECT "{name}" AS value, count(DISTINCT hash({per})) AS n '  # noqa: S608
            f'FROM record WHERE "{name}" IS NOT NULL GROUP BY 1'
        )
        (total,) = connection.execute("SELECT coalesce(sum(n), 1) FROM counted").fetchall()[0]
        common = connection.execute(
            "SELECT value, n FROM counted WHERE n > 1 ORDER BY n DESC, value LIMIT $kept", {"kept": KEPT}
        ).fetchall()
        shares = {value: int(n) / int(total) for value, n in common}
        found[name] = Frequencies(1.0 / int(total), shares)
    return found


def put_beside(connection: duckdb.DuckDBPyConnection, frequencies: Mapping[str, Frequencies]) -> None:
    """Add `lf_<column>` to `record`: the log2 of the share of the row's value, NULL where it has none."""
    joins, columns = [], ["record.*"]
    for k, (name, one) in enumerate(frequencies.items()):
        shares = {value: share for value, share in one.shares.items() if share > one.floor}
        connection.register(f"f{k}", pa.table({"value": pa.array(list(shares), pa.string()),
                                               "share": pa.array(list(shares.values()), pa.float64())}))  # fmt: skip
        joins.append(f'LEFT JOIN f{k} ON f{k}.value = record."{name}"')
        columns.append(
            f'CASE WHEN record."{name}" IS NULL THEN NULL ELSE log2(coalesce(f{k}.share, {one.floor!r})) END '
            f"AS {FREQUENCY}{name}"
        )
    connection.execute(
        f"CREATE OR REPLACE TABLE weighed AS SELECT {', '.join(columns)} FROM record {' '.join(joins)}"  # noqa: S608
    )
    connection.execute("DROP TABLE record; ALTER TABLE weighed RENAME TO record")
    for k in range(len(frequencies)):
        connection.unregister(f"f{k}")
