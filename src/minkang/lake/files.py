"""One view over files: NDJSON the quick way, everything else, and whatever is doubtful, the careful way.

Quick: DuckDB reads the files itself, with only the columns and types the view needs. Careful: each resource is checked
against the view's needs, what cannot be read is set aside with its place and reason, and the rest goes to the same SQL
in batches. A file goes the careful way when it is packed in a way DuckDB does not read, holds other types of resources
or Bundles, when the view needs decimals as written, or when the quick way met anything it could not read exactly.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal, Protocol, cast

import msgspec
import pyarrow as pa  # type: ignore[import-untyped]

from minkang.errors import Fault
from minkang.lake.engines.duckdb import Connection, EngineError, connect
from minkang.lake.unreadable import Checker
from minkang.views.compiler import Compiled
from minkang.views.values import SLOW

Format = Literal["csv", "json", "ndjson", "parquet"]
FORMATS: tuple[Format, ...] = ("csv", "json", "ndjson", "parquet")
BATCH = 40_000
LARGEST_BATCH = 64 << 20
"""Resources, and bytes, in one batch of the careful way."""
KEPT = 1_000
"""How many of the resources set aside are named in the outcome; all are counted and written to the file of rejects."""
_QUICK = (".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz")
_SNIFF = 1 << 18
_TYPE = re.compile(rb'"resourceType"\s*:\s*"(\w+)"')
_RAISED = re.compile(r"(VIEWS-\d{3})\|(\S*)")


class Document(Protocol):
    """One JSON document of a file: a resource or a Bundle."""

    @property
    def place(self) -> str:
        """File and line."""

    @property
    def body(self) -> bytes:
        """Its bytes."""


Reader = Callable[[Path], Iterable[Document]]
"""Reads the documents of one file, packed or not."""
Progress = Callable[[int], None]
"""Told the number of resources looked at so far."""


@dataclass(frozen=True)
class Aside:
    """A resource that was set aside.

    Attributes:
        place: file and line.
        fault: why.
    """

    place: str
    fault: Fault


@dataclass
class Outcome:
    """What running a view gave.

    Attributes:
        rows: how many rows the table has.
        way: which way the files were read; "both" where some went each way.
        asides: the first `KEPT` resources that could not be read.
        set_aside: how many there were.
        records: the rows, where no output file was asked for.
    """

    rows: int = 0
    way: Literal["quick", "careful", "both"] = "quick"
    asides: list[Aside] = field(default_factory=list)
    set_aside: int = 0
    records: list[dict[str, Any]] = field(default_factory=list)


def run_on_files(
    compiled: Compiled,
    files: Sequence[Path],
    *,
    read: Reader,
    output: Path | None = None,
    format: Format = "parquet",
    rejects: Path | None = None,
    strict: bool = False,
    progress: Progress | None = None,
    threads: int | None = None,
    memory: str = "4GiB",
) -> Outcome:
    """Run a view over files and write its table, which appears whole or not at all.

    Args:
        read: reads documents (`exchange.fhir_files.read_file`).
        output: the file to write; without it the rows come in the outcome.
        rejects: an NDJSON file for the resources set aside: place, code, reason and text.
        strict: raise the first fault of a resource instead of setting it aside.

    Raises:
        Fault: `VIEWS-026`, `-027` or `-028` of a resource, when `strict`; whatever `read` raises.
    """
    quick = [file for file in files if _is_quick(file, compiled)]
    careful = [file for file in files if file not in set(quick)]
    with (
        tempfile.TemporaryDirectory(prefix="minkang-view-") as name,
        connect(Path(name), threads=threads, memory=memory) as connection,
    ):
        run = _Run(compiled, connection, read, Path(name) / "rejects.ndjson", strict=strict, progress=progress)
        if quick and not careful and output is not None and run.straight(quick, output, format):
            return run.outcome
        run.outcome = Outcome(way="both" if quick and careful else "careful" if careful else "quick")
        run.begin()
        if quick and not run.quick(quick):
            careful = list(files)
            run.outcome.way = "careful"
        run.careful(careful)
        run.finish(output, format)
        if rejects is not None:
            run.write_rejects(rejects)
        return run.outcome


def _is_quick(file: Path, compiled: Compiled) -> bool:
    """Whether DuckDB may read a file itself: lines, all of the view's type as far as the beginning shows."""
    if compiled.as_written or compiled.needs_nested or not file.name.lower().endswith(_QUICK):
        return False
    try:
        with _stream(file) as stream:
            head = stream.read(_SNIFF)
    except (OSError, EOFError):
        return False
    lines = [line for line in head.split(b"\n")[: 1 if b"\n" not in head else -1] if line.strip()]
    found = [_TYPE.search(line) for line in lines]
    return all(one is not None and one[1] == compiled.view.resource.encode() for one in found)


def _stream(file: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(file)) if file.suffix.lower() == ".gz" else file.open("rb")


class _Run:
    """One run of a view."""

    def __init__(
        self,
        compiled: Compiled,
        connection: Connection,
        read: Reader,
        rejects: Path,
        *,
        strict: bool,
        progress: Progress | None,
    ) -> None:
        self.compiled = compiled
        self.connection = connection
        self.read = read
        self.strict = strict
        self.progress = progress
        self.outcome = Outcome()
        self.checker = Checker(compiled)
        self.seen = 0
        self.rejects = rejects

    def straight(self, files: list[Path], output: Path, format: Format) -> bool:
        """All files the quick way straight into the output; whether that could be done."""
        try:
            with _replacing(output) as part:
                text = f"COPY ({self.shown(self.compiled.over_files(), format)}) TO $output ({_options(format)})"
                done = self.connection.execute(text, {"files": [str(file) for file in files], "output": str(part)})
                self.outcome.rows = int(done.fetchall()[0][0])
        except EngineError:
            return False
        return True

    def begin(self) -> None:
        """Make the table that all batches go into."""
        columns = ", ".join(f'"{column.name}" {column.sql_type}' for column in self.compiled.columns)
        self.connection.execute(f"CREATE TABLE result ({columns})")

    def quick(self, files: list[Path]) -> bool:
        """Files the quick way into the table; whether that could be done."""
        try:
            text = f"INSERT INTO result {self.compiled.over_files()}"
            self.connection.execute(text, {"files": [str(file) for file in files]})
        except EngineError:
            return False
        return True

    def careful(self, files: Iterable[Path]) -> None:
        """Files the careful way into the table."""
        batch: list[tuple[str, str]] = []
        size = 0
        for place, body in self.resources(files):
            self.seen += 1
            reason = self.checker.reason(body)
            if reason:
                self.aside(place, Fault(SLOW, where=place, reason=reason), body.decode("utf-8", "replace"))
                continue
            batch.append((place, body.decode("utf-8")))
            size += len(body)
            if len(batch) == BATCH or size > LARGEST_BATCH:
                self.insert(batch)
                batch, size = [], 0
                if self.progress:
                    self.progress(self.seen)
        self.insert(batch)

    def resources(self, files: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
        """Every resource of the view's type, Bundles opened, with its place."""
        wanted = self.compiled.view.resource.encode()
        for file in files:
            for document in self.read(file):
                if wanted in document.body:
                    yield from self.opened(document)

    def opened(self, document: Document) -> Iterator[tuple[str, bytes]]:
        """A document's resources of the view's type."""
        try:
            head = _HEAD.decode(document.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            fault = Fault(SLOW, where=document.place, reason=str(error))
            self.aside(document.place, fault, document.body.decode("utf-8", "replace"))
            return
        if head.resourceType == self.compiled.view.resource:
            yield document.place, document.body
        elif head.resourceType == "Bundle":
            for number, entry in enumerate(head.entry):
                body = bytes(entry.resource)
                if body and _HEAD.decode(body).resourceType == self.compiled.view.resource:
                    yield f"{document.place}#entry[{number}]", body

    def insert(self, batch: list[tuple[str, str]]) -> None:
        """A batch into the table; where it fails, its halves, down to the resource at fault."""
        if not batch:
            return
        texts = pa.array([text for _, text in batch], pa.large_string())
        self.connection.register("resources", pa.table({"resource": texts}))
        try:
            self.connection.execute(f"INSERT INTO result {self.compiled.over_table()}")
        except EngineError as error:
            if len(batch) == 1:
                place, text = batch[0]
                self.aside(place, _fault(error, place), text)
                return
            half = len(batch) // 2
            self.insert(batch[:half])
            self.insert(batch[half:])

    def aside(self, place: str, fault: Fault, text: str) -> None:
        """Set a resource aside, or stop at it."""
        if self.strict:
            raise fault
        self.outcome.set_aside += 1
        if len(self.outcome.asides) < KEPT:
            self.outcome.asides.append(Aside(place, fault))
        line = {
            "place": place,
            "code": fault.code,
            "reason": fault.text("en"),
            "advice": fault.advice("en"),
            "resource": text,
        }
        with self.rejects.open("ab") as stream:
            stream.write(msgspec.json.encode(line) + b"\n")

    def shown(self, text: str, format: Format) -> str:
        """A query's rows as a format takes them: CSV has no lists, and shows decimals without idle zeros."""
        if format != "csv":
            return text
        parts = []
        for column in self.compiled.columns:
            name = f'"{column.name}"'
            if column.collection:
                parts.append(f"CAST(to_json({name}) AS VARCHAR) AS {name}")
            elif column.sql_type.startswith("DECIMAL"):
                trimmed = f"regexp_replace(CAST({name} AS VARCHAR), '\\.?0+$', '') AS {name}"
                parts.append(trimmed if _scaled(column.sql_type) else name)
            else:
                parts.append(name)
        return f"SELECT {', '.join(parts)} FROM ({text})"  # noqa: S608 - names of the view's columns, checked

    def finish(self, output: Path | None, format: Format) -> None:
        """Write the table, or hand its rows back."""
        counted = self.connection.execute("SELECT count(*) FROM result").fetchall()
        self.outcome.rows = int(counted[0][0])
        if output is None:
            found = self.connection.execute("SELECT * FROM result")
            names = [column[0] for column in found.description or ()]
            self.outcome.records = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
            return
        with _replacing(output) as part:
            table = self.shown("SELECT * FROM result", format)
            self.connection.execute(f"COPY ({table}) TO $output ({_options(format)})", {"output": str(part)})

    def write_rejects(self, path: Path) -> None:
        """Keep what was set aside, each with place, code, reason and advice; an empty file where there is nothing."""
        self.rejects.touch()
        with _replacing(path) as part:
            shutil.copyfile(self.rejects, part)


class _Entry(msgspec.Struct):
    resource: msgspec.Raw = msgspec.Raw(b"")


class _Head(msgspec.Struct):
    resourceType: str = ""
    entry: list[_Entry] = []


_HEAD = msgspec.json.Decoder(_Head)


def _scaled(type: str) -> bool:
    return not type.endswith(",0)")


def _fault(error: EngineError, place: str) -> Fault:
    """The engine's error as a fault of one resource."""
    raised = _RAISED.search(str(error))
    if raised:
        return Fault(raised[1], where=f"{place} {raised[2]}", reason=raised[2])
    return Fault(SLOW, where=place, reason=str(error).splitlines()[0])


def _options(format: Format) -> str:
    return {
        "csv": "FORMAT csv, HEADER true",
        "json": "FORMAT json, ARRAY true",
        "ndjson": "FORMAT json, ARRAY false",
        "parquet": "FORMAT parquet, COMPRESSION zstd",
    }[format]


class _replacing:  # noqa: N801 - used as a statement
    """A file written beside its place and moved there when it is whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.part = path.with_name(f".{path.name}.{os.getpid()}.part")

    def __enter__(self) -> Path:
        return self.part

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if kind is None:
            self.part.replace(self.path)
        else:
            self.part.unlink(missing_ok=True)
