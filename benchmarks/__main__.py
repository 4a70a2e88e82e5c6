"""Run the measurements named on the command line (all without names) and write the table.

python -m benchmarks                 everything but the long ones
python -m benchmarks fhir_types bundles
python -m benchmarks --long          also those that fill a disk for half an hour
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
import time
from dataclasses import asdict
from pathlib import Path

import psutil

from benchmarks.rows import Row

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "performance.md"
RESULTS = PAGE.with_suffix(".json")
CHAPTERS = {
    "fhir_types": "Decoding and checking FHIR",
    "bundles": "Transaction bundles over HTTP",
    "bulk_load": "Bulk load",
    "mixed": "Mixed create, read, update and search over HTTP",
    "views": "Views over files",
    "lake": "The lake",
    "tables": "Tables by mapping files",
    "synthetic_county": "The synthetic county",
    "exchange_intake": "The exchange alone",
    "hl7v2": "HL7 v2 by MLLP",
    "cda": "Clinical documents",
    "persons": "The person index",
    "persons_online": "The person index at intake",
    "detectors": "Detectors of outbreaks",
    "surveillance": "The ensemble and the scan",
    "large_store": "A large store",
}
LONG = {"large_store"}
HEAD = "Written by `make bench`; see `benchmarks/`. Durable settings throughout: `fsync` on, no unlogged tables."
COLUMNS = ("work", "ours", "beside", "aim", "note")


def machine() -> str:
    """The machine, as a reader would describe it."""
    memory = psutil.virtual_memory().total / 2**30
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return (
        f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"
    )


def measure(name: str) -> None:
    """Run one chapter and keep its rows with date and machine."""
    print(f"== {CHAPTERS[name]}", flush=True)
    rows: list[Row] = importlib.import_module(f"benchmarks.{name}").measure()
    for row in rows:
        print(f"   {row.work}: {row.ours}   [{row.beside}] aim {row.aim or '—'}  {row.note}", flush=True)
    kept = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    kept[name] = {"date": time.strftime("%Y-%m-%d"), "machine": machine(), "rows": [asdict(row) for row in rows]}
    RESULTS.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", "utf-8")


def write_page() -> None:
    """Write the table from what is kept; a chapter not run today keeps its date."""
    kept = json.loads(RESULTS.read_text("utf-8"))
    lines = ["# Performance", "", HEAD, ""]
    for name, title in CHAPTERS.items():
        if name not in kept:
            continue
        chapter = kept[name]
        lines += [f"## {title}", "", f"{chapter['date']}, {chapter['machine']}", ""]
        lines += ["| work | measured | beside it | aim | note |", "|---|---|---|---|---|"]
        lines += [f"| {' | '.join(row[key] for key in COLUMNS)} |" for row in chapter["rows"]]
        lines.append("")
    PAGE.write_text("\n".join(lines), "utf-8")


def main(arguments: list[str]) -> None:
    """Run what was asked for."""
    names = [word for word in arguments if not word.startswith("-")]
    long = "--long" in arguments
    for name in names or [one for one in CHAPTERS if long or one not in LONG]:
        measure(name)
    write_page()


if __name__ == "__main__":
    main(sys.argv[1:])
