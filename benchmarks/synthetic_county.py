"""How fast a synthetic county is made and told, beside the limit and a peer measured in the same run.

    python benchmarks/synthetic_county.py [PEOPLE] [REGION] [--whole] [--workers N]

First each step in one process on one chunk of at most 20,000 people: the truth, Parquet, FHIR and every feed. The limit
of writing is the disk: the same bytes copied. The peer is the checked way: each line decoded and encoded again by
`minkang.fhir`, on a sample. Then the whole county of PEOPLE with all feeds in N processes, as `minkang synth` makes it;
`--whole` does only that.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import TypeVar

from minkang.fhir import decode, encode
from minkang.synth import Truth, generate, write_fhir, write_truth
from minkang.synth.feeds import DEFAULT
from minkang.synth.feeds.registry import module_names
from minkang.synth.feeds.runs import tell_run
from minkang.synth.making import Order, make_county

T = TypeVar("T")
CHUNK = 20_000


def timed(act: Callable[[], T]) -> tuple[T, float, float]:
    """The result, processor seconds and wall seconds of an act."""
    processor, wall = time.process_time(), time.perf_counter()
    result = act()
    return result, time.process_time() - processor, time.perf_counter() - wall


def main() -> None:
    """Print one line a measurement."""
    parser = argparse.ArgumentParser()
    parser.add_argument("people", type=int, nargs="?", default=CHUNK)
    parser.add_argument("region", nargs="?", default="wenshang")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--folder", default=None, help="where to work; a disk with room for the output twice")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        if not options.whole:
            steps(options.region, min(options.people, CHUNK), Path(name))
        whole(Order(options.region, options.people, feeds=module_names()), Path(name) / "out", options.workers)


def steps(region: str, people: int, folder: Path) -> None:
    """Each step of one chunk in this process."""
    truth, cpu, wall = timed(lambda: generate(region, people, (2019, 2025), 1))
    print(f"generate {people:,} people, 7 years: {cpu:.2f} s processor, {wall:.2f} s wall")
    counts, cpu, wall = timed(lambda: write_truth(truth, folder / "truth"))
    print(f"Parquet with figures, {sum(counts.values()):,} rows: {cpu:.2f} s processor, {wall:.2f} s wall")
    counts, cpu, wall = timed(lambda: write_fhir(truth, folder / "fhir"))
    total, size = sum(counts.values()), disk(folder / "fhir")
    print(f"FHIR, {total:,} resources, {size / 1e6:,.0f} MB: {cpu:.2f} s processor, {wall:.2f} s wall")
    print(f"  {total / cpu:,.0f} resources a processor second")
    _, cpu, wall = timed(lambda: shutil.copytree(folder / "fhir", folder / "copy"))
    print(f"  limit, the same bytes copied: {cpu:.2f} s processor, {wall:.2f} s wall")
    with (folder / "fhir" / "Observation.ndjson").open("rb") as file:
        lines = list(islice(file, 50_000))
    _, cpu, _ = timed(lambda: [encode(decode(line)) for line in lines])
    print(f"  peer, decoded and encoded by minkang.fhir: {len(lines) / cpu:,.0f} observations a processor second")
    for place in ("truth", "fhir", "copy"):
        shutil.rmtree(folder / place)
    feeds(truth, folder / "runs")


def feeds(truth: Truth, folder: Path) -> None:
    """Each feed module: messages a processor second, before they are merged into files."""
    folder.mkdir()
    for module in module_names():
        count, cpu, wall = timed(lambda module=module: tell_run(truth, 0, module, DEFAULT, folder))  # type: ignore[misc]
        print(
            f"feed {module}: {count:,} messages, {cpu:.2f} s processor, {wall:.2f} s wall, {count / cpu:,.0f} a second"
        )
    shutil.rmtree(folder)


def whole(order: Order, folder: Path, workers: int) -> None:
    """The county as the command makes it."""
    made, _, wall = timed(lambda: make_county(order, folder, workers=workers))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = resource.getrusage(resource.RUSAGE_SELF)
    print(f"whole county of {order.people:,} people, all feeds and FHIR: {wall:.1f} s wall")
    print(f"  {made.rows.total():,} rows, {made.resources.total():,} resources, {made.messages.total():,} messages")
    print(f"  {made.files:,} files of feeds, {disk(folder) / 1e9:.2f} GB in all")
    seconds = used.ru_utime + used.ru_stime + own.ru_utime + own.ru_stime
    print(f"  {seconds:.0f} s processor; largest process {max(used.ru_maxrss, own.ru_maxrss) / 1024:,.0f} MB")


def disk(folder: Path) -> int:
    """Bytes of all files below."""
    return sum(place.stat().st_size for place in folder.rglob("*") if place.is_file())


if __name__ == "__main__":
    main()
