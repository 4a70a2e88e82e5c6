"""The messages of one module about one chunk, laid down in order of arrival; files are made of all chunks' runs later.

A run is a spool of bodies (`<stem>.spool`) and an index (`<stem>.arrow`) with a row for every arrival: a duplicate is a
second row for the same body. Rows that belong to one file stand together.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from pyarrow import feather

from minkang.synth.arrays import Bools, Columns, Ints
from minkang.synth.feeds.faults import Faults
from minkang.synth.feeds.identities import VERSIONS, Identities
from minkang.synth.feeds.registry import feed_module
from minkang.synth.feeds.telling import Feed, Telling
from minkang.synth.feeds.times import DAY
from minkang.synth.truth import Truth

MONTHS = {"month": 1, "quarter": 3, "year": 12}


def tell_run(part: Truth, number: int, module: str, faults: Faults, folder: Path) -> int:
    """Let a module tell a chunk and keep what it says as `folder/<number>-<module>.*`.

    Returns:
        messages that arrive, duplicates included.
    """
    teller, county = feed_module(module), part.county
    seen = Identities(part, faults)
    stem = folder / f"{number:04d}-{module}"
    tellings = teller.tell(county, part, seen, county.rng(f"feed-{module}", number))
    with stem.with_suffix(".spool").open("wb") as spool:
        told = Told(spool, {feed.name: feed for feed in teller.FEEDS})
        for telling in tellings:
            told.add(telling)
    arrivals = told.arrive(county.rng(f"arrival-{module}", number), faults)
    feather.write_feather(told.index(arrivals), stem.with_suffix(".arrow"), compression="uncompressed")
    pq.write_table(told.carried(arrivals), stem.with_suffix(".carried.parquet"), compression="zstd")
    pq.write_table(_identities(seen), stem.with_suffix(".identities.parquet"), compression="zstd")
    return len(arrivals["row"])


class Told:
    """Collects tellings: bodies into the spool, everything else in columns."""

    def __init__(self, spool: BinaryIO, feeds: dict[str, Feed]) -> None:
        self._spool = spool
        self._feeds = feeds
        self._names = list(feeds)
        self._numbers = {name: number for number, name in enumerate(self._names)}
        self._width = [len(feed.columns) for feed in feeds.values()]
        self._senders: dict[str, int] = {}
        self._faults: dict[tuple[str, ...], int] = {}
        self._columns: dict[str, list[Any]] = {
            name: [] for name in ("sender", "feed", "key", "at", "length", "state", "faults", "rows")
        }
        self._truth: tuple[list[str], list[int]] = ([], [])
        row = io.StringIO()
        self._line: tuple[io.StringIO, Callable[[tuple[str, ...]], Any]] = (
            row, csv.writer(row, lineterminator="\r\n").writerow)  # fmt: skip

    def add(self, telling: Telling) -> None:
        """Keep one."""
        feed = self._numbers[telling.feed]
        if isinstance(telling.body, tuple):
            if len(telling.body) != self._width[feed]:
                raise ValueError(f"{telling.feed}: {len(telling.body)} cells for {self._width[feed]} columns")
            body = self._row(telling.body)
        else:
            body = telling.body
        self._spool.write(body)
        values = (
            self._senders.setdefault(telling.sender, len(self._senders)), feed, telling.key, telling.at, len(body),
            telling.state, self._faults.setdefault(telling.faults, len(self._faults)), len(telling.truth),
        )  # fmt: skip
        for column, value in zip(self._columns.values(), values, strict=True):
            column.append(value)
        for table, id_ in telling.truth:
            self._truth[0].append(table)
            self._truth[1].append(id_)

    def _row(self, row: tuple[str, ...]) -> bytes:
        buffer, write = self._line
        buffer.seek(0)
        buffer.truncate()
        write(row)
        return buffer.getvalue().encode()

    def arrive(self, rng: np.random.Generator, faults: Faults) -> Columns:
        """When each telling arrives, and which of them twice: columns row, copy, arrived, late, overtaken, period."""
        at = np.array(self._columns["at"], dtype=np.int64)
        size = len(at)
        draws = rng.random((6, size))
        late, overtaken = draws[0] < faults.late, draws[1] < faults.out_of_order
        delay = np.where(late, (10 + draws[2] * 110) * DAY, np.where(overtaken, (1 + draws[3] * 4) * DAY, 0))
        arrived = at + delay.astype(np.int64)
        twice = np.flatnonzero(draws[4] < faults.duplicate)
        again = arrived[twice] + 1 + (draws[5][twice] * 3 * DAY).astype(np.int64)
        row = np.concatenate([np.arange(size), twice])
        arrived = np.concatenate([arrived, again])
        every = np.array([MONTHS[feed.every] for feed in self._feeds.values()], dtype=np.int64)
        feed = np.array(self._columns["feed"], dtype=np.int64)[row]
        month = (arrived // DAY).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        return {
            "row": row, "copy": (np.arange(len(row)) >= size).astype(np.int64), "arrived": arrived,
            "late": late[row], "overtaken": overtaken[row], "feed": feed, "period": month // every[feed] * every[feed],
        }  # fmt: skip

    def index(self, arrivals: Columns) -> Any:
        """The arrivals sorted by feed, sender, period and time, with the place of each body."""
        length = np.array(self._columns["length"], dtype=np.int64)
        start = np.cumsum(length) - length
        sender = np.array(self._columns["sender"], dtype=np.int64)[arrivals["row"]]
        row = arrivals["row"]
        order = np.lexsort((row, arrivals["copy"], arrivals["arrived"], arrivals["period"], sender, arrivals["feed"]))
        row = row[order]
        return pa.table(
            {
                "feed": pa.array(arrivals["feed"][order].astype(np.int32)),
                "sender": _named(list(self._senders), sender[order]),
                "period": pa.array(arrivals["period"][order].astype(np.int32)),
                "arrived": pa.array(arrivals["arrived"][order]),
                "start": pa.array(start[row]),
                "length": pa.array(length[row]),
                "key": pa.array(self._columns["key"], pa.string()).take(pa.array(row)),
            }
        )

    def carried(self, arrivals: Columns) -> Any:
        """A row for every arrival of every row of the truth."""
        count = np.array(self._columns["rows"], dtype=np.int64)
        first = np.cumsum(count) - count
        row = arrivals["row"]
        times = count[row]
        arrival = np.repeat(np.arange(len(row)), times)
        within = np.arange(len(arrival)) - np.repeat(np.cumsum(times) - times, times)
        told = row[arrival]
        at = first[told] + within
        faults, kinds = self._all_faults(arrivals, row)
        minute = np.array(self._columns["at"], dtype=np.int64)
        return pa.table(
            {
                "sender": _named(list(self._senders), np.array(self._columns["sender"], dtype=np.int64)[told]),
                "feed": _named(self._names, arrivals["feed"][arrival]),
                "period": _named(*_periods(self._feeds, arrivals, arrival)),
                "key": pa.array(self._columns["key"], pa.string()).take(pa.array(told)),
                "state": pa.array(self._columns["state"], pa.string()).take(pa.array(told)).dictionary_encode(),
                "copy": pa.array(arrivals["copy"][arrival].astype(np.int8)),
                "table": pa.array(self._truth[0], pa.string()).dictionary_encode().take(pa.array(at)),
                "id": pa.array(np.array(self._truth[1], dtype=np.int64)[at]),
                "stated": pa.array(minute[told] * 60).cast(pa.timestamp("s")),
                "arrived": pa.array(arrivals["arrived"][arrival] * 60).cast(pa.timestamp("s")),
                "faults": pa.array(kinds, pa.list_(pa.string())).take(pa.array(faults[arrival])),
            }
        )

    def _all_faults(self, arrivals: Columns, row: Ints) -> tuple[Ints, list[list[str]]]:
        """The faults of each arrival as a number, and what the numbers mean."""
        own = np.array(self._columns["faults"], dtype=np.int64)[row]
        flags: list[tuple[str, Bools]] = [
            ("late", arrivals["late"]),
            ("out_of_order", arrivals["overtaken"] & ~arrivals["late"]),
            ("duplicate", arrivals["copy"] > 0),
        ]
        code = own * 8
        for bit, (_, mask) in enumerate(flags):
            code = code + (mask.astype(np.int64) << bit)
        kinds, number = np.unique(code, return_inverse=True)
        told = [list(one) for one in self._faults]
        named = [
            told[kind >> 3] + [name for bit, (name, _) in enumerate(flags) if kind >> bit & 1]
            for kind in kinds.tolist()
        ]
        return number.astype(np.int64), named


def period_name(period: int, every: str) -> str:
    """`2021-03`, `2021-Q1` or `2021` of months since 1970."""
    year, month = 1970 + period // 12, period % 12 + 1
    return {"month": f"{year}-{month:02d}", "quarter": f"{year}-Q{(month + 2) // 3}", "year": f"{year}"}[every]


def _periods(feeds: dict[str, Feed], arrivals: Columns, arrival: Ints) -> tuple[list[str], Ints]:
    code = arrivals["feed"] * 10_000 + arrivals["period"]
    kinds, number = np.unique(code, return_inverse=True)
    every = [feed.every for feed in feeds.values()]
    return [period_name(kind % 10_000, every[kind // 10_000]) for kind in kinds.tolist()], number[arrival]


def _named(names: list[str], numbers: Ints) -> Any:
    """A column of names by their numbers, each name held once."""
    return pa.DictionaryArray.from_arrays(pa.array(numbers.astype(np.int32)), pa.array(names, pa.string()))


def _identities(seen: Identities) -> Any:
    """Every registration that the module used."""
    used = seen.used()
    version = np.array(VERSIONS, dtype=object)[used["version"]]
    slugs = [seen.slug(number) for number in used["sender"].tolist()]
    days = {"birth": pa.array(used["birth"].astype(np.int32)).cast(pa.date32())}
    texts = {name: pa.array(used[name], pa.string()) for name in ("local", "name", "card", "phone")}
    return pa.table(
        {
            "code": pa.array(used["code"]),
            "sender": pa.array(slugs, pa.string()).dictionary_encode(),
            "person": pa.array(used["person"]),
            "version": pa.array(version, pa.string()).dictionary_encode(),
            **texts,
            **days,
            "faults": pa.array([list(one) for one in used["faults"]], pa.list_(pa.string())),
        }
    )
