"""Scoring on Spark: the pairs are spread over the executors, and each scores its part by the same SQL on DuckDB.

So one text decides on both engines, and no executor needs a function that Spark's SQL lacks. Blocks, frequencies and
merging stay with the driver: only pairs that reach review come back to it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

from minkang.errors import Fault
from minkang.persons.bulk.sql_scoring import score_select
from minkang.persons.model import Model
from minkang.persons.profile import Profile

RESULT = "l bigint, r bigint, score double, rule int, band string"
PAIRS_A_PART = 200_000


def score_on_spark(connection: duckdb.DuckDBPyConnection, profile: Profile, model: Model) -> None:
    """Score the table `pair` into `edge` like `linking.score_here`, on the active Spark session or a local one.

    The prepared records are written to a folder that every executor must see (`spark.minkang.folder`, else a temporary
    one of this machine).

    Raises:
        Fault: `PERSONS-011` where Spark or its Java is missing.
    """
    # pyspark is an extra, and starting it takes seconds.
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415

        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # workers of a local session need our packages
        session = SparkSession.getActiveSession() or SparkSession.builder.appName("minkang persons").getOrCreate()
    except Exception as error:
        raise Fault("PERSONS-011", reason=str(error).splitlines()[0]) from error
    select = score_select(profile, model, "pair", "band <> 'separate'")
    with tempfile.TemporaryDirectory(dir=session.conf.get("spark.minkang.folder", None)) as name:
        folder = Path(name)
        for table in ("record", "pair"):
            connection.execute(f"COPY {table} TO $place (FORMAT parquet)", {"place": str(folder / f"{table}.parquet")})
        (count,) = connection.execute("SELECT count(*) FROM pair").fetchall()[0]
        pairs = session.read.parquet(str(folder / "pair.parquet")).repartition(1 + int(count) // PAIRS_A_PART)
        scored = pairs.mapInArrow(_scoring(str(folder / "record.parquet"), select), RESULT)
        scored.write.parquet(str(folder / "edge"))
        connection.execute(
            "CREATE OR REPLACE TABLE edge AS SELECT * FROM read_parquet($files)", {"files": f"{folder}/edge/*.parquet"}
        )


def _scoring(records: str, select: str) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def score(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        table = pa.Table.from_batches(list(batches), schema=pa.schema([("l", pa.int64()), ("r", pa.int64())]))
        if not table.num_rows:
            return
        with duckdb.connect(config={"threads": 1}) as here:
            here.register("pair", table)
            here.execute(f"CREATE VIEW record AS SELECT * FROM read_parquet('{records}')")  # noqa: S608 - our own path
            found = here.sql(select).to_arrow_table()
        yield from found.cast(pa.schema([("l", pa.int64()), ("r", pa.int64()), ("score", pa.float64()),
                                         ("rule", pa.int32()), ("band", pa.string())])).to_batches()  # fmt: skip

    return score
