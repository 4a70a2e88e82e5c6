"""Decisions at intake: how long one takes against an index of some size, and how good they are without a bulk run.

A county's registrations come one after another, as senders hold them; the last ones are timed each in a transaction of
its own. `MINKANG_BENCH_ONLINE` is the number of people (five registrations each, about).
"""

from __future__ import annotations

import csv
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.registrations import Told, quality, write_registrations
from benchmarks.rows import Row
from minkang.access import program_access
from minkang.db import Database, migrate, open_server
from minkang.persons.keeping import Persons, open_persons
from minkang.persons.online.intake import Counts, Intake
from minkang.persons.online.patients import SourceRecord
from minkang.persons.profile import read_profile
from minkang.synth.region import read_region
from minkang.wiring import MIGRATED_PACKAGES

PEOPLE = 4_000
TIMED = 500
ACCESS = program_access("bench")


def measure() -> list[Row]:
    """One decision in milliseconds, and the quality of decisions that came one after another."""
    people = int(os.environ.get("MINKANG_BENCH_ONLINE", PEOPLE))
    with tempfile.TemporaryDirectory(prefix="minkang-bench-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)
        truth = write_registrations(folder / "county.csv", people, 3)
        sent = _read(folder / "county.csv")
        with open_server(folder / "home", account="nobody") as server, Database(server.url) as database:
            migrate(database, MIGRATED_PACKAGES)
            persons = open_persons(database, read_profile("default", "wenshang"), read_region("wenshang").divisions)
            return _measured(persons, sent, truth)


def _measured(persons: Persons, sent: Sequence[SourceRecord], truth: dict[str, Told]) -> list[Row]:
    first, last = sent[:-TIMED], sent[-TIMED:]
    began = time.perf_counter()
    half = len(first) // 2
    _put(persons, first[:half])
    persons.link_all(ACCESS)
    bulk = time.perf_counter() - began
    intake = Intake(persons.links, persons.index, persons.scorer().model, persons.queue.ask)
    for start in range(half, len(first), 200):
        _decide(persons, intake, first[start : start + 200])
    times, used = [], time.process_time()
    for one in last:
        at = time.perf_counter()
        _decide(persons, intake, [one])
        times.append((time.perf_counter() - at) * 1000)
    processor = (time.process_time() - used) * 1000 / len(last)
    p50, p95 = np.percentile(times, [50, 95])
    with persons.database.singly() as session:
        clusters = dict(session.execute("SELECT source, person::text FROM person_link").fetchall())
    found = quality(clusters, truth)
    waiting = sum(count for _, count in persons.queue.batches())
    missed = ", ".join(f"{fault} {count}/{found.pairs[fault]}" for fault, count in found.missed.most_common(10))
    load = f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    return [
        Row(f"One decision at intake, index of {len(sent):,} records, a transaction each", f"p95 {p95:.1f} ms", "",
            "p95 < 25 ms at 1,000,000",
            f"p50 {p50:.1f} ms, {processor:.1f} ms of this process's processor each; {TIMED} decisions, index and "
            f"links written; {load}"),
        Row(f"County of registrations in the store: half in bulk ({bulk:.0f} s), half one after another: pairwise F1",
            f"{found.f1:.4f}", "", "≥ 0.995",
            f"P {found.precision:.5f}, R {found.recall:.5f}; {found.wrong_links} wrong of {found.links:,} links; "
            f"{waiting} pairs to review ({waiting / len(sent):.2%}); missed: {missed}"),
    ]  # fmt: skip


def _put(persons: Persons, records: Sequence[SourceRecord]) -> None:
    for start in range(0, len(records), 1_000):
        with persons.database.connection() as session:
            persons.index.put(session, records[start : start + 1_000])


def _decide(persons: Persons, intake: Intake, records: Sequence[SourceRecord]) -> None:
    with persons.database.connection() as session:
        persons.index.put(session, records)
        intake.decide(session, ACCESS, [one.source for one in records], Counts())


def _read(place: Path) -> list[SourceRecord]:
    """The registrations, in an order that has nothing to do with who they are."""
    with place.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    order = np.random.default_rng(3).permutation(len(rows))
    return [
        SourceRecord(row["id"], 1, row["sender"], "csv/x",
                     {name: value for name, value in row.items() if value and name not in {"id", "sender"}},
                     {"dead": False, "same_as": []})
        for row in (rows[k] for k in order)
    ]  # fmt: skip
