"""The public `fhir4ds-v2` at the same task, in an environment of its own: a peer to measure by, never a dependency.

It is under the AGPL, so nothing here imports it: a process of its own Python runs the text below.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PEER = "fhir4ds-v2==0.0.17"
_PROGRAM = """
import json, sys, time
import fhir4ds
source, output, view, threads = sys.argv[1:]
connection = fhir4ds.create_connection()
connection.execute(f"SET threads = {threads}")
began, used = time.perf_counter(), time.process_time()
connection.execute(f"CREATE TABLE resources AS SELECT json AS resource FROM read_ndjson_objects('{source}')")
text = fhir4ds.generate_view_sql(view)
connection.execute(f"COPY ({text}) TO '{output}' (FORMAT parquet, COMPRESSION zstd)")
rows = connection.execute(f"SELECT count(*) FROM '{output}'").fetchone()[0]
print(json.dumps([rows, time.perf_counter() - began, time.process_time() - used]))
"""


class NoPeer(Exception):
    """Why the peer could not be measured."""


def peer_python() -> Path:
    """The Python of the peer's environment, made where it is not there (`MINKANG_BENCH_PEER` names another folder).

    Raises:
        NoPeer: where it cannot be installed.
    """
    folder = Path(os.environ.get("MINKANG_BENCH_PEER", Path(tempfile.gettempdir()) / "minkang-bench-fhir4ds"))
    python = folder / "bin" / "python"
    try:
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
        if subprocess.run([python, "-c", "import fhir4ds"], capture_output=True, check=False).returncode:
            subprocess.run(
                [python, "-m", "pip", "install", "-q", PEER], check=True, capture_output=True, text=True, timeout=600
            )
    except (OSError, subprocess.SubprocessError) as error:
        said = str(getattr(error, "stderr", "") or error).strip().splitlines()
        raise NoPeer(said[-1] if said else type(error).__name__) from None
    return python


def _bare(part: Any) -> Any:
    """A view without the types of itself and its columns, which the peer refuses or reads otherwise."""
    if isinstance(part, dict):
        return {name: _bare(value) for name, value in part.items() if name not in {"resourceType", "type"}}
    return [_bare(one) for one in part] if isinstance(part, list) else part


def peer_seconds(view: Mapping[str, Any], source: Path, output: Path, threads: int) -> tuple[int, float, float]:
    """Rows, seconds by the clock and seconds of the processor, its start not counted.

    Raises:
        NoPeer: where it is not there or fails.
    """
    bare = json.dumps(_bare(view))
    words = [str(peer_python()), "-c", _PROGRAM, str(source), str(output), bare, str(threads)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoPeer(done.stderr.strip().splitlines()[-1])
    rows, clock, processor = json.loads(done.stdout.splitlines()[-1])
    return rows, clock, processor
