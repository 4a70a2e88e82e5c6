"""How fast a synthetic county is made and told, beside the limit and a peer measured in the same run.

    python benchmarks/synthetic_county.py [PEOPLE] [REGION]

The limit of writing is the disk: the same bytes copied. The peer is the checked way: each line decoded and encoded
again by `minkang.fhir`, on a sample.
"""

from __future__ import annotations

import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import TypeVar

from minkang.fhir import decode, encode
from minkang.synth import generate, write_fhir, write_truth

T = TypeVar("T")


def timed(act: Callable[[], T]) -> tuple[T, float, float]:
    """The result, processor seconds and wall seconds of an act."""
    processor, wall = time.process_time(), time.perf_counter()
    result = act()
    return result, time.process_time() - processor, time.perf_counter() - wall


def main() -> None:
    """Print one line a measurement."""
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    region = sys.argv[2] if len(sys.argv) > 2 else "wenshang"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        truth, cpu, wall = timed(lambda: generate(region, people, (2019, 2025), 1))
        print(f"generate {people:,} people, 7 years: {cpu:.2f} s processor, {wall:.2f} s wall")
        counts, cpu, wall = timed(lambda: write_truth(truth, folder / "truth"))
        print(f"Parquet, {sum(counts.values()):,} rows: {cpu:.2f} s processor, {wall:.2f} s wall")
        counts, cpu, wall = timed(lambda: write_fhir(truth, folder / "fhir"))
        total = sum(counts.values())
        size = sum(place.stat().st_size for place in (folder / "fhir").iterdir())
        print(f"FHIR, {total:,} resources, {size / 1e6:,.0f} MB: {cpu:.2f} s processor, {wall:.2f} s wall")
        print(f"  {total / cpu:,.0f} resources a processor second, {total / wall:,.0f} a second")
        print(f"  largest memory until here: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")
        _, cpu, wall = timed(lambda: shutil.copytree(folder / "fhir", folder / "copy"))
        print(f"  limit, the same bytes copied: {cpu:.2f} s processor, {wall:.2f} s wall")
        with (folder / "fhir" / "Observation.ndjson").open("rb") as file:
            lines = list(islice(file, 50_000))
        _, cpu, _ = timed(lambda: [encode(decode(line)) for line in lines])
        print(f"  peer, decoded and encoded by minkang.fhir: {len(lines) / cpu:,.0f} observations a processor second")


if __name__ == "__main__":
    main()
