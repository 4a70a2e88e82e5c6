"""Mixed create, read, update and search over HTTP from eight clients."""

from __future__ import annotations

import json
import random
import threading
import time

from benchmarks.platform_process import Connection, platform
from benchmarks.rows import Row

CLIENTS = 8
SECONDS = 20.0
CATEGORIES = "http://terminology.hl7.org/CodeSystem/observation-category"
UNITS = "http://unitsofmeasure.org"
MIX = {"read": 40, "create": 20, "update": 20, "search": 20}


def measure() -> list[Row]:
    """Eight clients in one process, each on its own connection, for twenty seconds after a short warm-up."""
    with platform() as server:
        patients = _populate(server.connect())
        _run(server.connect, patients, 3.0)
        times, seconds = _run(server.connect, patients, SECONDS)
    rows = [_row("all", [one for kind in times.values() for one in kind], seconds, "900 req/s, p99 < 60 ms")]
    return rows + [_row(kind, times[kind], seconds, "") for kind in MIX]


def _row(kind: str, times: list[float], seconds: float, aim: str) -> Row:
    ordered = sorted(times)
    p50, p99 = (ordered[int(len(ordered) * share)] * 1000 for share in (0.5, 0.99))
    mix = ", ".join(f"{share} % {name}" for name, share in MIX.items())
    work = f"{CLIENTS} clients, {mix}" if kind == "all" else f"of these: {kind}"
    return Row(work, f"{len(times) / seconds:,.0f} req/s, p50 {p50:.1f} ms, p99 {p99:.1f} ms", "", aim)


def _populate(connection: Connection) -> list[str]:
    ids = [f"bench-{number}" for number in range(500)]
    for one in ids:
        status, answer = connection.call("PUT", f"/fhir/Patient/{one}", _patient(one, 0))
        assert status == 201, answer
    return ids


def _patient(one: str, turn: int) -> bytes:
    return json.dumps(
        {
            "resourceType": "Patient",
            "id": one,
            "identifier": [{"system": "urn:bench", "value": one}],
            "name": [{"family": "王", "given": [f"小{turn % 97}"], "text": f"王小{turn % 97}"}],
            "gender": "female",
            "birthDate": "1961-03-05",
            "telecom": [{"system": "phone", "value": f"139{turn:08d}"}],
        }
    ).encode()


def _observation(patient: str, value: int) -> bytes:
    return json.dumps(
        {
            "resourceType": "Observation",
            "status": "final",
            "category": [{"coding": [{"system": CATEGORIES, "code": "vital-signs"}]}],
            "code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]},
            "subject": {"reference": f"Patient/{patient}"},
            "effectiveDateTime": f"2025-06-{value % 28 + 1:02d}T08:00:00+08:00",
            "valueQuantity": {"value": 100 + value % 80, "unit": "mmHg", "system": UNITS, "code": "mm[Hg]"},
        }
    ).encode()


def _run(connect, patients: list[str], seconds: float) -> tuple[dict[str, list[float]], float]:  # type: ignore[no-untyped-def]
    times: dict[str, list[float]] = {kind: [] for kind in MIX}
    start = time.perf_counter()

    def client(seed: int) -> None:
        connection, chance = connect(), random.Random(seed)
        kinds = [kind for kind, share in MIX.items() for _ in range(share)]
        while (now := time.perf_counter()) - start < seconds:
            kind = chance.choice(kinds)
            status, answer = _call(connection, kind, chance, patients)
            assert status in (200, 201), answer[:2000]
            times[kind].append(time.perf_counter() - now)

    threads = [threading.Thread(target=client, args=(seed,)) for seed in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, time.perf_counter() - start


def _call(connection: Connection, kind: str, chance: random.Random, patients: list[str]) -> tuple[int, bytes]:
    one, turn = chance.choice(patients), chance.randrange(1 << 20)
    if kind == "read":
        return connection.call("GET", f"/fhir/Patient/{one}")
    if kind == "create":
        return connection.call("POST", "/fhir/Observation", _observation(one, turn))
    if kind == "update":
        return connection.call("PUT", f"/fhir/Patient/{one}", _patient(one, turn))
    path = chance.choice(
        [
            f"/fhir/Patient?identifier=urn:bench|{one}",
            f"/fhir/Observation?subject=Patient/{one}&code=8480-6&_sort=-date&_count=20",
            f"/fhir/Patient?name=王小{turn % 97}&_count=10",
        ]
    )
    return connection.call("GET", path.replace("王小", "%E7%8E%8B%E5%B0%8F").replace("|", "%7C"))
