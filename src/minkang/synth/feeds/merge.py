"""Make the files of a feed of all chunks' runs: each file in order of arrival, in bounded memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pyarrow import feather

from minkang.synth.arrays import Ints
from minkang.synth.feeds.faults import Dice, Faults
from minkang.synth.feeds.packs import Body, cut, write_pack
from minkang.synth.feeds.registry import feed_module
from minkang.synth.feeds.runs import period_name
from minkang.synth.feeds.telling import Feed, Pack

SUFFIXES = {Pack.LINES: ".ndjson", Pack.MESSAGES: ".txt", Pack.ZIP: ".zip", Pack.CSV: ".csv", Pack.XLSX: ".xlsx"}


class Written(NamedTuple):
    """One file: a row of the truth table `files`."""

    sender: str
    feed: str
    file: str
    messages: int
    size: int
    encoding: str
    other_encoding: bool
    truncated: bool


class Wanted(NamedTuple):
    """One file to be made, and the rows of each run that go into it (run, first, end)."""

    feed: int
    sender: str
    period: int
    rows: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Merge:
    """The runs of one module, in the order of the chunks.

    Attributes:
        module: its name; `stems` the runs; `folder` where `<sender>/<feed>/…` is made.
        seed, faults: of the county.
    """

    module: str
    stems: tuple[Path, ...]
    folder: Path
    seed: int
    faults: Faults

    def wanted(self) -> list[Wanted]:
        """All files, in order of feed, sender, period."""
        found: dict[tuple[int, str, int], list[tuple[int, int, int]]] = {}
        for run, stem in enumerate(self.stems):
            table = feather.read_table(stem.with_suffix(".arrow"), memory_map=True)
            if not len(table):
                continue
            columns = [_numbers(table, "feed"), _codes(table), _numbers(table, "period")]
            change = np.any([column[1:] != column[:-1] for column in columns], axis=0)
            starts = np.flatnonzero(np.append(True, change))
            names = table.column("sender").take(pa.array(starts)).cast(pa.string()).to_pylist()
            for first, end, sender in zip(starts, np.append(starts[1:], len(table)), names, strict=True):
                key = (int(columns[0][first]), str(sender), int(columns[2][first]))
                found.setdefault(key, []).append((run, int(first), int(end)))
        return [Wanted(*key, tuple(rows)) for key, rows in sorted(found.items())]

    def write(self, wanted: Sequence[Wanted]) -> list[Written]:
        """Make some of the files."""
        feeds = feed_module(self.module).FEEDS
        out: list[Written] = []
        with Runs(self.stems) as runs:
            for one in wanted:
                out += self._file(runs, feeds[one.feed], one)
        return out

    def _file(self, runs: Runs, feed: Feed, one: Wanted) -> list[Written]:
        """One file, whole; where it is cut off, the part before the whole one."""
        period = period_name(one.period, feed.every)
        dice, number = Dice(self.seed), np.array([zlib.crc32(f"{one.sender}/{feed.name}/{period}".encode())])
        share = np.array([zlib.crc32(f"{one.sender}/{feed.name}".encode())])
        pack = feed.pack
        if pack is Pack.CSV and dice.draw("excel", share)[0] < feed.excel:
            pack = Pack.XLSX
        other = pack is Pack.CSV and bool(dice.draw("encoding", number)[0] < self.faults.encoding)
        encoding = _encoding(feed, pack, other)
        messages = sum(end - first for _, first, end in one.rows)
        cuts = messages > 1 and bool(dice.draw("truncated", number)[0] < self.faults.truncated)
        suffix = feed.suffix if pack is feed.pack and feed.suffix else SUFFIXES[pack]
        folder = self.folder / one.sender / feed.name
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        for again in (False, True) if cuts else (False,):
            place = folder / f"{period}{'.again' if again else ''}{suffix}"
            write_pack(place, feed, pack, runs.bodies(one.rows), encoding)
            if cuts and not again:
                cut(place, 0.3 + 0.6 * float(dice.draw("cut", number)[0]))
            size = place.stat().st_size
            written.append(
                Written(one.sender, feed.name, place.name, messages, size, encoding, other, cuts and not again)
            )
        return written


def _encoding(feed: Feed, pack: Pack, other: bool) -> str:
    if pack is not Pack.CSV:
        return ""
    return {"utf-8": "gb18030", "gb18030": "utf-8"}[feed.encoding] if other else feed.encoding


class Runs:
    """The spools and indexes of some runs, mapped into memory while they are used."""

    def __init__(self, stems: Sequence[Path]) -> None:
        self._stems = stems
        self._open: dict[int, tuple[Any, Any]] = {}

    def __enter__(self) -> Runs:
        return self

    def __exit__(self, *_: object) -> None:
        for _, spool in self._open.values():
            spool.close()

    def bodies(self, rows: Sequence[tuple[int, int, int]]) -> Iterator[Body]:
        """(key, body) of all rows in order of arrival; at the same minute by chunk and place in the chunk."""
        tables = [self._run(run)[0].slice(first, end - first) for run, first, end in rows]
        run = np.concatenate([np.full(len(table), one[0]) for table, one in zip(tables, rows, strict=True)])
        arrived = np.concatenate([_numbers(table, "arrived") for table in tables])
        order = np.lexsort((np.arange(len(run)), run, arrived))
        start = np.concatenate([_numbers(table, "start") for table in tables])[order]
        length = np.concatenate([_numbers(table, "length") for table in tables])[order]
        keys = pa.concat_tables([table.select(["key"]) for table in tables]).column("key").take(pa.array(order))
        columns = (run[order].tolist(), start.tolist(), length.tolist(), keys.to_pylist())
        for number, at, size, key in zip(*columns, strict=True):
            yield key, self._run(number)[1][at : at + size]

    def _run(self, number: int) -> tuple[Any, Any]:
        if number not in self._open:
            stem = self._stems[number]
            table = feather.read_table(stem.with_suffix(".arrow"), memory_map=True)
            with stem.with_suffix(".spool").open("rb") as file:
                self._open[number] = (table, mmap(file.fileno(), 0, access=ACCESS_READ))
        return self._open[number]


def _numbers(table: Any, name: str) -> Ints:
    return np.asarray(table.column(name).to_numpy(), dtype=np.int64)


def _codes(table: Any) -> Ints:
    """The senders of a run as numbers; equal names have equal numbers within it."""
    column = table.column("sender").combine_chunks()
    column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    return np.asarray(pc.cast(column.indices, pa.int64()).to_numpy(), dtype=np.int64)
