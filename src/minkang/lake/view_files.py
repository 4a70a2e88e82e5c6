"""What `minkang view` does: run, check and show one view."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from minkang.errors import Fault
from minkang.lake.files import Format, Outcome, Progress, Reader, run_on_files
from minkang.views.compiler import Checked, check_view, compile_view


def run_view(
    view: Path,
    files: Sequence[Path],
    *,
    read: Reader,
    output: Path | None = None,
    format: Format = "parquet",
    rejects: Path | None = None,
    strict: bool = False,
    progress: Progress | None = None,
    threads: int | None = None,
) -> Outcome:
    """`view run`: a view over files (`exchange.fhir_files.find_files` opens folders), as `files.run_on_files` says.

    Raises:
        Fault: `LAKE-001` where the view cannot be opened; `Faults` with all that is wrong with it.
    """
    compiled = compile_view(_opened(view))
    return run_on_files(
        compiled,
        files,
        read=read,
        output=output,
        format=format,
        rejects=rejects,
        strict=strict,
        progress=progress,
        threads=threads,
    )


def run_by_spark(
    view: Path, files: Sequence[Path], master: str, *, output: Path, format: Format, rejects: Path | None = None
) -> Outcome:
    """`view run --engine spark`: see `engines.spark_files.run_on_spark`.

    Raises:
        Fault: `LAKE-001`, `LAKE-011`, `LAKE-016`, `LAKE-017`; `Faults` with all that is wrong with the view.
    """
    body = _opened(view)
    compile_view(body)
    if format != "parquet":
        raise Fault("LAKE-016", found=format)
    # Spark takes a second to import.
    from minkang.lake.engines.spark import start  # noqa: PLC0415
    from minkang.lake.engines.spark_files import run_on_spark  # noqa: PLC0415

    session = start(master)
    try:
        return run_on_spark(session, body, files, output, rejects=rejects)
    finally:
        session.stop()


def check(view: Path) -> Checked:
    """`view check`: everything that is wrong with a view, and what its author should know.

    Raises:
        Fault: `LAKE-001`; `VIEWS-001` where the file holds no JSON object.
    """
    return check_view(_opened(view))


def show_sql(view: Path, dialect: Literal["duckdb", "spark"] = "duckdb") -> str:
    """`view sql`: the text that runs; for `spark` the one that each executor runs over its batches of JSON text.

    Raises:
        Fault: `LAKE-001`; `Faults` with all that is wrong with the view.
    """
    compiled = compile_view(_opened(view))
    return compiled.over_files() if dialect == "duckdb" else compiled.over_table()


def _opened(view: Path) -> bytes:
    try:
        return view.read_bytes()
    except OSError as error:
        raise Fault("LAKE-001", where=str(view), reason=error.strerror or "") from None
