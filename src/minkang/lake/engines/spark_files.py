"""One view over files by Spark: a folder of Parquet, and what could not be read kept aside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from minkang.errors import Fault
from minkang.lake.engines.executor import FAULT, PLACE, TEXT
from minkang.lake.engines.spark import text_frame, view_rows
from minkang.lake.files import KEPT, Aside, Outcome

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_LINES = (".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz")


def run_on_spark(
    spark: SparkSession, view: bytes, files: Sequence[Path], output: Path, *, rejects: Path | None = None
) -> Outcome:
    """Run a view over NDJSON files on a cluster.

    Args:
        view: a ViewDefinition as JSON.
        output: a folder that is not there yet; it holds the parts that the executors write.
        rejects: an NDJSON file for the resources set aside: place, code, reason and text.

    Raises:
        Faults: what is wrong with the view.
        Fault: `LAKE-016` for other files, `LAKE-017` where the output is there.
    """
    from pyspark import StorageLevel  # noqa: PLC0415 - as in `spark.start`

    others = [file.name for file in files if not file.name.lower().endswith(_LINES)]
    if others:
        raise Fault("LAKE-016", found=", ".join(others[:3]))
    if output.exists():
        raise Fault("LAKE-017", place=str(output))
    found = view_rows(spark, msgspec.json.decode(view), text_frame(spark, files), aside=True)
    # Rows and what was set aside come from one reading.
    found.persist(StorageLevel.DISK_ONLY)
    try:
        good = found.where(found[FAULT].isNull()).drop(FAULT, PLACE, TEXT)
        good.write.option("compression", "zstd").parquet(str(output))
        outcome = Outcome(rows=good.count(), way="careful")
        _set_aside(found.where(found[FAULT].isNotNull()).select(FAULT, PLACE, TEXT), outcome, rejects)
        return outcome
    finally:
        found.unpersist()


def _set_aside(frame: DataFrame, outcome: Outcome, rejects: Path | None) -> None:
    """Count and name what could not be read; Spark does not say in which line it stood."""
    lines = _lines(frame, outcome)
    if rejects is None:
        for _ in lines:
            pass
        return
    part = rejects.with_name(f".{rejects.name}.part")
    with part.open("wb") as stream:
        stream.writelines(lines)
    part.replace(rejects)


def _lines(frame: DataFrame, outcome: Outcome) -> Iterator[bytes]:
    for code, place, text in frame.toLocalIterator():
        fault = Fault(code, where=place, reason=place)
        outcome.set_aside += 1
        if len(outcome.asides) < KEPT:
            outcome.asides.append(Aside(place, fault))
        line = {"place": place, "code": code, "reason": fault.text("en"), "advice": fault.advice("en")}
        yield msgspec.json.encode({**line, "resource": text}) + b"\n"
