"""`minkang load` into an empty store, as an operator runs it: from lines, and from packed bundles."""

from __future__ import annotations

import bz2
import json
import os
import tempfile
import time
from pathlib import Path

import msgspec

from benchmarks.bundles import SYNTHEA
from benchmarks.platform_process import command
from benchmarks.rows import Row
from minkang.exchange.bundles import open_bundle


def measure() -> list[Row]:
    """All Synthea patients: once as NDJSON, once from the bz2 bundles that refer to practitioners by criteria."""
    assert SYNTHEA.is_dir(), f"the Synthea bundles are absent: {SYNTHEA}"
    with tempfile.TemporaryDirectory(prefix="minkang-bench-", dir="/var/tmp") as folder:
        lines, unpacking = _as_lines(Path(folder) / "synthea.ndjson")
        stored, seconds = _load(lines)
        megabytes = lines.stat().st_size / 1e6
    packed, packed_seconds = _load(SYNTHEA)
    return [
        Row(
            f"`minkang load` of {stored:,} Synthea resources, {megabytes:,.0f} MB of NDJSON",
            f"{stored / seconds:,.0f} resources/s",
            "",
            "10,000",
            f"{seconds:.1f} s with the start of program and database",
        ),
        Row(
            f"the same from bz2 bundles, {packed:,} resources with their registers",
            f"{packed / packed_seconds:,.0f} resources/s",
            f"unpacking alone, one core: {packed / unpacking:,.0f} resources/s",
            "",
            f"{packed_seconds:.1f} s; conditional references looked up",
        ),
    ]


def _as_lines(path: Path) -> tuple[Path, float]:
    unpacking = 0.0
    with path.open("wb") as file:
        for source in sorted(SYNTHEA.glob("*.json.bz2")):
            start = time.perf_counter()
            body = bz2.decompress(source.read_bytes())
            unpacking += time.perf_counter() - start
            if not source.name.startswith("0-"):
                for one in open_bundle(body, lambda criteria: "Basic/register"):
                    file.write(msgspec.json.format(one.body, indent=-1) + b"\n")
    return path, unpacking


def _load(source: Path) -> tuple[int, float]:
    with tempfile.TemporaryDirectory(prefix="minkang-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o711)
        environment = os.environ | {"MINKANG_HOME": folder}
        command(environment, "init")
        start = time.perf_counter()
        counts = json.loads(command(environment, "load", str(source), "--json"))
        return counts["stored"], time.perf_counter() - start
