"""`minkang load` of Synthea patients into an empty store, as an operator runs it."""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path

from benchmarks.bundles import SYNTHEA
from benchmarks.platform_process import command
from benchmarks.rows import Row


def measure() -> list[Row]:
    """All 92,114 resources from their packed files: unpacking, checking, indexing and storing together."""
    assert SYNTHEA.is_dir(), f"the Synthea bundles are absent: {SYNTHEA}"
    with tempfile.TemporaryDirectory(prefix="minkang-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o711)
        environment = os.environ | {"MINKANG_HOME": folder}
        command(environment, "init")
        start = time.perf_counter()
        counts = json.loads(command(environment, "load", str(SYNTHEA), "--json"))
        seconds = time.perf_counter() - start
        stored = counts["stored"]
    return [
        Row(
            f"`minkang load` of {stored:,} Synthea resources from bz2 files",
            f"{stored / seconds:,.0f} resources/s",
            "",
            "10,000",
            f"{seconds:.1f} s in all, start of the program and unpacking of bz2 included",
        )
    ]
