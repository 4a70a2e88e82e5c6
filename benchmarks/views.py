"""Flattening blood-pressure Observations to Parquet: ours, beside a typed read by hand and JSON path functions."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb

from benchmarks.peer_views import PEER, NoPeer, peer_seconds
from benchmarks.rows import Row
from minkang.exchange.fhir_files import read_file
from minkang.lake.files import run_on_files
from minkang.views.compiler import compile_view

OBSERVATIONS = 300_000
REPEATS = 4
THREADS = 2
VIEW = {
    "resourceType": "ViewDefinition",
    "name": "blood_pressure",
    "resource": "Observation",
    "where": [{"path": "code.coding.exists(system = 'http://loinc.org' and code = '85354-9')"}],
    "select": [
        {
            "column": [
                {"name": "id", "path": "getResourceKey()", "type": "id"},
                {"name": "patient_id", "path": "subject.getReferenceKey(Patient)", "type": "id"},
                {"name": "status", "path": "status", "type": "code"},
                {"name": "at", "path": "effective.ofType(dateTime)", "type": "dateTime"},
            ]
        },
        {
            "forEach": "component",
            "column": [
                {"name": "system", "path": "code.coding.first().system", "type": "uri"},
                {"name": "code", "path": "code.coding.first().code", "type": "code"},
                {"name": "value", "path": "value.ofType(Quantity).value", "type": "decimal"},
                {"name": "unit", "path": "value.ofType(Quantity).unit", "type": "string"},
            ],
        },
    ],
}
_TYPED = """
SELECT id, CASE WHEN starts_with(subject.reference, 'Patient/') THEN substr(subject.reference, 9) END AS patient_id,
    status, effectiveDateTime AS at, c.code.coding[1].system AS system, c.code.coding[1].code AS code,
    c.valueQuantity.value AS value, c.valueQuantity.unit AS unit
FROM (
    SELECT *, unnest(component) AS c
    FROM read_json($files, format = 'newline_delimited', columns = {
        resourceType: 'VARCHAR', id: 'VARCHAR', status: 'VARCHAR', subject: 'STRUCT(reference VARCHAR)',
        effectiveDateTime: 'VARCHAR', code: 'STRUCT(coding STRUCT(system VARCHAR, code VARCHAR)[])',
        component: 'STRUCT(code STRUCT(coding STRUCT(system VARCHAR, code VARCHAR)[]),
                           valueQuantity STRUCT(value DECIMAL(38,18), unit VARCHAR))[]'})
    WHERE resourceType = 'Observation'
      AND len(list_filter(code.coding, lambda x: x.system = 'http://loinc.org' AND x.code = '85354-9')) > 0
)
"""
_PATHS = """
SELECT json->>'$.id' AS id, substr(json->>'$.subject.reference', 9) AS patient_id, json->>'$.status' AS status,
    json->>'$.effectiveDateTime' AS at, c->>'$.code.coding[0].system' AS system, c->>'$.code.coding[0].code' AS code,
    CAST(c->>'$.valueQuantity.value' AS DECIMAL(38,18)) AS value, c->>'$.valueQuantity.unit' AS unit
FROM (
    SELECT json, unnest(CAST(json->'$.component' AS JSON[])) AS c
    FROM read_ndjson_objects($files)
    WHERE json->>'$.resourceType' = 'Observation' AND json->>'$.code.coding[0].code' = '85354-9'
)
"""


def observation(number: int) -> str:
    """One blood pressure, about 0.65 KB of JSON."""
    day = f"2024-{number % 12 + 1:02}-{number % 28 + 1:02}"
    systolic, diastolic = 105 + number % 70, f"{62 + number % 38}.{number % 10}"
    component = (
        '{"code":{"coding":[{"system":"http://loinc.org","code":"%s"}]},"valueQuantity":{"value":%s,"unit":"mmHg",'
        '"code":"mm[Hg]"}}'
    )
    both = ",".join(component % pair for pair in (("8480-6", systolic), ("8462-4", diastolic)))
    return (
        f'{{"resourceType":"Observation","id":"bp-{number}","meta":{{"lastUpdated":"{day}T09:00:00+08:00"}},'
        '"status":"final","category":[{"coding":[{"code":"vital-signs"}]}],"code":{"coding":[{"system":'
        '"http://loinc.org","code":"85354-9","display":"Blood pressure panel"}]},'
        f'"subject":{{"reference":"Patient/p{number % 20_000}"}},"effectiveDateTime":"{day}T08:30:00+08:00",'
        f'"component":[{both}]}}\n'
    )


def best(works: Mapping[str, Callable[[], None]]) -> tuple[dict[str, float], dict[str, float]]:
    """The least seconds, and the least seconds of processor, of each of several works done in turns."""
    clock: dict[str, list[float]] = {name: [] for name in works}
    processor: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(REPEATS):
        for name, work in works.items():
            began, used = time.perf_counter(), time.process_time()
            work()
            clock[name].append(time.perf_counter() - began)
            processor[name].append(time.process_time() - used)
    return {name: min(found) for name, found in clock.items()}, {name: min(found) for name, found in processor.items()}


def by_hand(text: str, files: list[str], output: Path) -> None:
    """One SQL text over the files, to Parquet."""
    with duckdb.connect(config={"threads": THREADS}) as connection:
        connection.execute(
            f"COPY ({text}) TO $output (FORMAT parquet, COMPRESSION zstd)", {"files": files, "output": str(output)}
        )


def _peer(source: Path, output: Path, count: int) -> tuple[str, str, str, str]:
    """What the peer did with the same file: its rate, and what is to be known of it."""
    try:
        rows, clock, processor = peer_seconds(VIEW, source, output, THREADS)
    except NoPeer as reason:
        return "not measured", "", "", f"it could not be installed or run: {reason}"
    note = f"{count / processor:,.0f}/s of processor; {rows:,} rows of {count * 2:,}; once; {THREADS} threads"
    return f"{count / clock:,.0f}/s", "", "", note


def measure() -> list[Row]:
    """Rows of the table; `MINKANG_BENCH_OBSERVATIONS` changes the size."""
    count = int(os.environ.get("MINKANG_BENCH_OBSERVATIONS", OBSERVATIONS))
    compiled = compile_view(VIEW)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, output = folder / "observations.ndjson", folder / "out.parquet"
        with source.open("w", encoding="utf-8") as stream:
            stream.writelines(map(observation, range(count)))
        size = source.stat().st_size / count

        def ours() -> None:
            outcome = run_on_files(compiled, [source], read=read_file, output=output, threads=THREADS)
            assert (outcome.rows, outcome.way) == (count * 2, "quick"), outcome

        def careful() -> None:
            mixed = folder / "mixed.ndjson"
            if not mixed.exists():
                mixed.write_bytes(b'{"resourceType":"Patient","id":"p"}\n' + source.read_bytes())
            outcome = run_on_files(compiled, [mixed], read=read_file, output=output, threads=THREADS)
            assert (outcome.rows, outcome.way) == (count * 2, "careful"), outcome

        works = {
            "ours": ours,
            "typed": lambda: by_hand(_TYPED, [str(source)], output),
            "paths": lambda: by_hand(_PATHS, [str(source)], output),
            "careful": careful,
        }
        seconds, used = best(works)
        peer = _peer(source, output, count)
    rate = {key: f"{count / value:,.0f}/s" for key, value in seconds.items()}
    return [
        Row(
            f"Flatten {count:,} blood pressures ({size:.0f} bytes, 8 columns, components unnested) to Parquet",
            rate["ours"],
            f"{rate['typed']} typed read by hand; {rate['paths']} JSON path functions",
            "300,000/s and within 1.5 times the typed read",
            f"{seconds['ours'] / seconds['typed']:.2f} times the typed read by the clock, "
            f"{used['ours'] / used['typed']:.2f} by processor time; {THREADS} threads, best of {REPEATS} in turns",
        ),
        Row(
            f"The same by {PEER}, in its own environment",
            *peer,
        ),
        Row(
            "The same with another type of resource in the file: every resource checked, in batches",
            rate["careful"],
            f"{rate['typed']} typed read by hand",
        ),
    ]
