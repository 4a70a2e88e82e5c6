"""Decode and check, beside fhir.resources (pydantic) on the same bytes in the same process."""

from __future__ import annotations

import json
import subprocess
import sys
import timeit
from collections.abc import Callable
from typing import Any

from benchmarks.rows import Row
from minkang.fhir import decode, encode

AIM = 60

OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "f001-a",
    "meta": {"lastUpdated": "2024-03-01T10:20:30.000+08:00"},
    "status": "final",
    "category": [
        {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                    "code": "vital-signs",
                    "display": "Vital Signs",
                }
            ]
        }
    ],
    "code": {
        "coding": [{"system": "http://loinc.org", "code": "8302-2", "display": "Body Height"}],
        "text": "Body Height",
    },
    "subject": {"reference": "Patient/057aa36e-b892-9964-75b9-ffb46b097e34"},
    "encounter": {"reference": "Encounter/12"},
    "effectiveDateTime": "2011-04-05T10:20:30+08:00",
    "issued": "2011-04-05T10:20:30.123+08:00",
    "valueQuantity": {"value": 170.5, "unit": "cm", "system": "http://unitsofmeasure.org", "code": "cm"},
}
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p-1",
    "meta": {"profile": ["http://hl7.org/fhir/StructureDefinition/Patient"]},
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/patient-nationality", "valueCode": "CN"},
        {"url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace", "valueAddress": {"city": "宜州"}},
    ],
    "identifier": [{"use": "official", "system": "http://example.org/id-card", "value": "110101199003070011"}],
    "active": True,
    "name": [{"use": "official", "text": "张三", "family": "张", "given": ["三"]}],
    "telecom": [{"system": "phone", "value": "13800000000", "use": "mobile"}],
    "gender": "male",
    "birthDate": "1990-03-07",
    "address": [{"use": "home", "text": "某县某镇某村1号", "line": ["某村1号"], "city": "某市", "district": "某县"}],
    "maritalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "code": "M"}]},
    "managingOrganization": {"reference": "Organization/1", "display": "某镇卫生院"},
}
PANEL: dict[str, Any] = {
    **{name: OBSERVATION[name] for name in OBSERVATION if name != "valueQuantity"},
    "component": [
        {
            "code": {"coding": [{"system": "http://loinc.org", "code": f"{number}-1", "display": f"part {number}"}]},
            "valueQuantity": {"value": number + 0.25, "unit": "mmol/L", "system": "http://unitsofmeasure.org"},
            "interpretation": [{"coding": [{"code": "N"}]}],
            "referenceRange": [{"low": {"value": 1.0, "unit": "mmol/L"}, "high": {"value": 9.5, "unit": "mmol/L"}}],
        }
        for number in range(40)
    ],
}


def measure() -> list[Row]:
    """Times of one decode with all checks (best of many repeats), of one encode, and of the import."""
    rows = [
        _row("Observation (a body height)", OBSERVATION, _peer("observation", "Observation"), f"{AIM} times as quick"),
        _row("Patient with two extensions", PATIENT, _peer("patient", "Patient"), ""),
        _row("Observation with 40 components", PANEL, _peer("observation", "Observation"), ""),
    ]
    body = decode(_body(OBSERVATION))
    rows.append(Row("Observation encoded", f"{_best(lambda: encode(body)):.1f} µs"))
    rows.append(Row("`import minkang.fhir`, fresh interpreter", f"{_import_time():.0f} ms", aim="under 100 ms"))
    return rows


def _row(work: str, resource: dict[str, Any], peer: Callable[[bytes], object], aim: str) -> Row:
    body = _body(resource)
    ours = _best(lambda: decode(body))
    theirs = _best(lambda: peer(body))
    return Row(
        f"{work}, {len(body):,} bytes",
        f"{ours:.1f} µs",
        f"fhir.resources {theirs:,.0f} µs, {theirs / ours:.0f} times as long",
        aim,
        "best of 30 repeats; peer validates against its R4B models",
    )


def _body(resource: dict[str, Any]) -> bytes:
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":")).encode()


def _peer(module: str, name: str) -> Callable[[bytes], object]:
    imported = __import__(f"fhir.resources.R4B.{module}", fromlist=[name])
    validate: Callable[[bytes], object] = getattr(imported, name).model_validate_json
    return validate


def _best(work: Callable[[], object]) -> float:
    """Microseconds of one call: best of 30 repeats of about 10 ms each."""
    once = timeit.timeit(work, number=20) / 20
    number = max(1, int(0.01 / once))
    return min(timeit.repeat(work, number=number, repeat=30)) / number * 1e6


def _import_time() -> float:
    """Milliseconds: best of five fresh interpreters, measured inside."""
    code = "import time; t = time.perf_counter(); import minkang.fhir; print(time.perf_counter() - t)"
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True) for _ in range(5)]
    return min(float(run.stdout) for run in runs) * 1000


if __name__ == "__main__":
    for line in measure():
        print(f"{line.work:45} {line.ours:>10}  {line.beside}  {line.aim}")
