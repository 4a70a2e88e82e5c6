"""Spark: views within executors, and the product's SQL over the lake's tables by a cluster.

A view is the same DuckDB SQL everywhere: each executor runs it over its Arrow batches of JSON text (`mapInArrow`). A
query is translated by SQLGlot and run by Spark SQL over the same files of Parquet. Needs `minkang[spark]` and Java 17;
the lake's folder must be one that every executor sees at the same path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa  # type: ignore[import-untyped]

from minkang.errors import Fault
from minkang.lake.engines.duckdb import connect
from minkang.lake.guard import admit
from minkang.lake.manifest import Bucket
from minkang.lake.query import Lake
from minkang.lake.tables import KEY, Table
from minkang.views.compiler import Compiled, compile_view

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_COLUMN = "resource"
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
    builder = SparkSession.builder.master(master).appName("minkang")
    given = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.ansi.enabled": "true",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "4" if master.startswith("local") else "200",
        **(settings or {}),
    }
    for name, value in given.items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except Exception as error:  # noqa: BLE001 - whatever keeps the gateway to Java from starting
        raise Fault("LAKE-011", reason=str(error).splitlines()[0]) from None


def view_rows(spark: SparkSession, view: Mapping[str, Any] | Compiled, resources: DataFrame) -> DataFrame:
    """A view over a column of JSON text.

    Args:
        resources: a frame whose column `resource` has one resource of JSON a row, of any types.

    Returns:
        the rows of the view; an error of one resource fails the job, as `strict` does over files.
    """
    compiled = view if isinstance(view, Compiled) else compile_view(view)
    text = compiled.over_table("lake_batch", _COLUMN)
    casts = ", ".join(
        f'CAST("{one.name}" AS VARCHAR) AS "{one.name}"' if one.sql_type == "TIME" else f'"{one.name}"'
        for one in compiled.columns
    )
    shown = f"SELECT {casts} FROM ({text})"  # noqa: S608 - names of the view's columns, checked
    schema = ", ".join(f"`{one.name}` {spark_type(one.sql_type)}" for one in compiled.columns)

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from _over_batches(shown, batches)

    return resources.select(_COLUMN).mapInArrow(run, schema)


def _over_batches(text: str, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """What an executor does: one engine a partition, its batches one after another."""
    import duckdb  # noqa: PLC0415 - in the executor

    with duckdb.connect(config={"threads": 1}) as connection:
        for batch in batches:
            connection.register("lake_batch", pa.Table.from_batches([batch]))
            yield from connection.sql(text).to_arrow_table().to_batches()
            connection.unregister("lake_batch")


def spark_type(type: str) -> str:
    """Spark's name of a type of DuckDB."""
    if type.endswith("[]"):
        return f"array<{spark_type(type[:-2])}>"
    decimal = _DECIMAL.fullmatch(type)
    if decimal:
        return f"decimal({decimal[1]},{decimal[2]})"
    return _TYPES[type]


def translate(text: str) -> str:
    """A query of DuckDB's dialect in Spark's; `$name` becomes `:name`.

    Raises:
        Fault: `LAKE-012` where it cannot be said in Spark SQL.
    """
    # SQLGlot takes a third of a second to import.
    import sqlglot  # noqa: PLC0415
    from sqlglot import exp  # noqa: PLC0415

    try:
        tree = sqlglot.parse_one(text, read="duckdb")
        for node in list(tree.find_all(exp.Parameter)):
            node.replace(exp.Placeholder(this=node.this.name if isinstance(node.this, exp.Expression) else node.this))
        return tree.sql(dialect="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
    except sqlglot.errors.SqlglotError as error:
        raise Fault("LAKE-012", reason=str(error).splitlines()[0]) from None


class SparkLake:
    """The lake as Spark queries it: the same tables, the same guard, one generation a query.

    Args:
        lake: the lake, for its manifest and its definitions.
    """

    def __init__(self, lake: Lake, spark: SparkSession) -> None:
        self._lake = lake
        self._spark = spark

    def sql(self, text: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        """Answer a query by Spark, as `Lake.sql` does by DuckDB.

        Raises:
            Fault: as `Lake.sql` for what it reaches; `LAKE-012` where it cannot be translated or run.
        """
        manifest, lock = self._lake.folder.hold()
        try:
            with connect(self._lake.folder.place) as parser:
                admitted = admit(parser, text, set(manifest.tables) & set(self._lake.tables))
            for name in admitted.tables:
                self._frame(self._lake.tables[name], manifest.tables[name].buckets).createOrReplaceTempView(name)
            return self._answer(translate(text), params)
        finally:
            lock.release()

    def _answer(self, text: str, params: Mapping[str, Any] | None) -> pa.Table:
        from pyspark.errors import PySparkException  # noqa: PLC0415 - as in `start`

        try:
            return self._spark.sql(text, args=dict(params) if params else None).toArrow()
        except PySparkException as error:
            raise Fault("LAKE-012", reason=str(error).splitlines()[0]) from None

    def _frame(self, table: Table, buckets: Mapping[int, Bucket]) -> DataFrame:
        """The rows of a table that count."""
        names = [column.name for column in table.columns]
        parts = []
        whole = [b.base for b in buckets.values() if b.base and not b.gone] + [
            b.delta for b in buckets.values() if b.delta
        ]
        if whole:
            parts.append(self._read(table, whole).select(*names))
        partly = [bucket for bucket in buckets.values() if bucket.base and bucket.gone]
        if partly:
            gone = self._read(table, [bucket.gone for bucket in partly]).select(KEY, "bucket")
            bases = self._read(table, [bucket.base for bucket in partly])
            parts.append(bases.join(gone, [KEY, "bucket"], "left_anti").select(*names))
        if not parts:
            schema = ", ".join(f"`{column.name}` {spark_type(column.type)}" for column in table.columns)
            return self._spark.createDataFrame([], schema)
        found = parts[0]
        for part in parts[1:]:
            found = found.unionByName(part)
        return found

    def _read(self, table: Table, files: Sequence[str]) -> DataFrame:
        folder = self._lake.folder.tables / table.name
        return self._spark.read.option("basePath", str(folder)).parquet(*(str(folder / file) for file in files))


def text_frame(spark: SparkSession, files: Sequence[Path]) -> DataFrame:
    """NDJSON files as a frame for `view_rows`."""
    return spark.read.text([str(file) for file in files]).withColumnRenamed("value", _COLUMN)
