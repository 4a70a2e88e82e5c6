"""Spark: views within executors, and the product's SQL over the lake's tables by a cluster.

A view is the same DuckDB SQL everywhere: each executor runs it over its Arrow batches of JSON text (`mapInArrow`). A
query is translated by SQLGlot and run by Spark SQL over the same files of Parquet. Needs `minkang[spark]` and Java 17;
the lake's folder must be one that every executor sees at the same path.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

from minkang.errors import Fault
from minkang.lake.engines.executor import COLUMN, FAULT, PLACE, TEXT, Executor
from minkang.lake.engines.translation import translate
from minkang.lake.guard import admit
from minkang.lake.manifest import Bucket
from minkang.lake.query import MOST_ROWS, SECONDS, Lake, Result
from minkang.lake.tables import KEY, Table
from minkang.views.compiler import compile_view

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_TYPES = {
    "VARCHAR": "string",
    "BOOLEAN": "boolean",
    "SMALLINT": "smallint",
    "INTEGER": "int",
    "BIGINT": "bigint",
    "DOUBLE": "double",
    "FLOAT": "float",
    "DATE": "date",
    "TIMESTAMP": "timestamp_ntz",
    "TIMESTAMPTZ": "timestamp",
    "TIME": "string",
}


def start(master: str = "local[2]", settings: Mapping[str, str] | None = None) -> SparkSession:
    """A Spark session, in UTC and with Arrow.

    Raises:
        Fault: `LAKE-011` where Spark or Java is missing.
    """
    try:
        # Importing Spark takes a second and needs the extra; only who uses the cluster pays for it.
        from pyspark.sql import SparkSession  # noqa: PLC0415
    except ImportError as error:
        raise Fault("LAKE-011", reason=str(error)) from None
    local = master.startswith("local")
    builder = SparkSession.builder.master(master).appName("minkang")
    given = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.ansi.enabled": "true",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.bindAddress": "127.0.0.1" if local else "0.0.0.0",
        **({"spark.driver.host": "127.0.0.1"} if local else {}),
        "spark.sql.shuffle.partitions": "4" if local else "200",
        **(settings or {}),
    }
    for name, value in given.items():
        builder = builder.config(name, value)
    # Executors run Minkang's own code, so they need the Python that has it, not the first on their path.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    try:
        return builder.getOrCreate()
    except Exception as error:  # noqa: BLE001 - whatever keeps the gateway to Java from starting
        raise Fault("LAKE-011", reason=str(error).splitlines()[0]) from None


def view_rows(spark: SparkSession, view: Mapping[str, Any], resources: DataFrame, *, aside: bool = False) -> DataFrame:
    """A view over a column of JSON text.

    Args:
        resources: a frame whose column `resource` has one resource of JSON a row, of any types.
        aside: resources that the view cannot read become rows of their own (`executor.FAULT`, `PLACE`, `TEXT`);
            otherwise the first one fails the job, as `strict` does over files.

    Raises:
        Faults: what is wrong with the view.
    """
    compiled = compile_view(view)
    types = [(one.name, spark_type(one.sql_type)) for one in compiled.columns]
    types += [(name, "string") for name in (FAULT, PLACE, TEXT)] if aside else []
    text = json.dumps(view, ensure_ascii=False, default=str)

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from Executor(text, aside=aside).run(batches)

    return resources.select(COLUMN).mapInArrow(run, ", ".join(f"`{name}` {type}" for name, type in types))


def spark_type(type: str) -> str:
    """Spark's name of a type of DuckDB."""
    if type.endswith("[]"):
        return f"array<{spark_type(type[:-2])}>"
    decimal = _DECIMAL.fullmatch(type)
    if decimal:
        return f"decimal({decimal[1]},{decimal[2]})"
    return _TYPES[type]


class SparkLake:
    """The lake as Spark queries it: the same tables, the same guard, one generation a query.

    Args:
        lake: the lake, for its manifest and its definitions.
    """

    def __init__(self, lake: Lake, spark: SparkSession) -> None:
        self._lake = lake
        self._spark = spark

    def sql(
        self,
        text: str,
        params: Mapping[str, Any] | None = None,
        *,
        max_rows: int = MOST_ROWS,
        seconds: float = SECONDS,
        level: int = 4,
        only: Collection[str] | None = None,
    ) -> Result:
        """Answer a query by Spark, as `Lake.sql` does by DuckDB.

        Raises:
            Fault: as `Lake.sql`; `LAKE-012` where it cannot be said in Spark SQL with the same meaning.
        """
        began = time.monotonic()
        manifest, lock = self._lake.folder.hold()
        try:
            known = set(manifest.tables) & set(self._lake.tables)
            may = known if only is None else known & set(only)
            with duckdb.connect() as parser:
                admitted = admit(parser, text, may, known - may)
            translated = translate(text)
            # Names of tables are of this query alone: another may read another generation, or fewer columns.
            session = self._spark.newSession()
            for name in admitted.tables:
                self._frame(
                    session, self._lake.tables[name], manifest.tables[name].buckets, level
                ).createOrReplaceTempView(name)
            table = self._answer(session, translated, params, max_rows + 1, seconds)
        finally:
            lock.release()
        return Result(
            table.slice(0, max_rows), table.num_rows > max_rows, time.monotonic() - began, manifest.generation,
            tuple(sorted(admitted.tables)),
        )  # fmt: skip

    def _answer(
        self, session: SparkSession, text: str, params: Mapping[str, Any] | None, rows: int, seconds: float
    ) -> pa.Table:
        from py4j.protocol import Py4JError  # type: ignore[import-untyped]  # noqa: PLC0415 - as in `start`
        from pyspark.errors import PySparkException  # noqa: PLC0415

        context, group = session.sparkContext, f"minkang-{uuid4()}"
        answer: Queue[pa.Table | Exception] = Queue()

        def run() -> None:
            try:
                context.setJobGroup(group, "minkang", interruptOnCancel=True)
                answer.put(session.sql(text, args=dict(params) if params else None).limit(rows).toArrow())
            except (PySparkException, Py4JError) as error:
                answer.put(error)

        # A task in the midst of a long step hears of its end late; who asked does not wait for that.
        Thread(target=run, daemon=True).start()
        try:
            found = answer.get(timeout=seconds)
        except Empty:
            context.cancelJobGroup(group)
            raise Fault("LAKE-010", seconds=f"{seconds:g}") from None
        if isinstance(found, Exception):
            raise Fault("LAKE-012", reason=str(found).splitlines()[0])
        return found

    def _frame(self, session: SparkSession, table: Table, buckets: Mapping[int, Bucket], level: int) -> DataFrame:
        """The rows of a table that count, with the columns up to a level."""
        columns = [column for column in table.columns if column.level <= level]
        names = [column.name for column in columns]
        parts = []
        whole = [b.base for b in buckets.values() if b.base and not b.gone] + [
            b.delta for b in buckets.values() if b.delta
        ]
        if whole:
            parts.append(self._read(session, table, whole).select(*names))
        partly = [bucket for bucket in buckets.values() if bucket.base and bucket.gone]
        if partly:
            gone = self._read(session, table, [bucket.gone for bucket in partly]).select(KEY, "bucket")
            bases = self._read(session, table, [bucket.base for bucket in partly])
            parts.append(bases.join(gone, [KEY, "bucket"], "left_anti").select(*names))
        if not parts:
            schema = ", ".join(f"`{column.name}` {spark_type(column.type)}" for column in columns)
            return session.createDataFrame([], schema)
        found = parts[0]
        for part in parts[1:]:
            found = found.unionByName(part)
        return found

    def _read(self, session: SparkSession, table: Table, files: Sequence[str]) -> DataFrame:
        folder = self._lake.folder.tables / table.name
        return session.read.option("basePath", str(folder)).parquet(*(str(folder / file) for file in files))


def text_frame(spark: SparkSession, files: Sequence[Path]) -> DataFrame:
    """NDJSON files as a frame for `view_rows`."""
    return spark.read.text([str(file) for file in files]).withColumnRenamed("value", COLUMN)
