"""Transaction bundles over HTTP: server, database and clients together on this machine."""

from __future__ import annotations

import bz2
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks.platform_process import Platform, platform
from benchmarks.rows import Row

SYNTHEA = Path(__file__).parents[2] / "shared" / "reference" / "fhir" / "synthea"
CLIENTS = 4
SECONDS = 45.0
LARGEST = 1500
PUBLISHED = "published, 8+8 vCPU: Aidbox 2,678, HAPI 2,214, Medplum 764 resources/s"


def measure() -> list[Row]:
    """Synthea patients as they come, one transaction bundle a patient, from four clients."""
    bundles, before = synthea()
    with platform() as server:
        connection = server.connect()
        for body in before:
            status, answer = connection.call("POST", "/fhir", body)
            assert status == 200, answer[:2000]
        stored, seconds = _post_all(server, bundles)
    rate = stored / seconds
    return [
        Row(
            f"{CLIENTS} clients, one Synthea patient a bundle ({stored / len(bundles):.0f} resources on average), "
            f"{stored:,} resources",
            f"{rate:,.0f} resources/s",
            PUBLISHED,
            "3,000, not under 1,500",
            "synchronous_commit on; each bundle is one database transaction",
        )
    ]


def synthea() -> tuple[list[tuple[bytes, int]], list[bytes]]:
    """Patient bundles with their entry counts, and the bundles that must stand before them."""
    assert SYNTHEA.is_dir(), f"the Synthea bundles are absent: {SYNTHEA}"
    before, bundles = [], []
    for path in sorted(SYNTHEA.glob("*.json.bz2")):
        body = bz2.decompress(path.read_bytes())
        if path.name.startswith("0-"):
            before.append(body)
            continue
        entries = len(msgspec.json.decode(body)["entry"])
        if entries <= LARGEST:
            bundles.append((body, entries))
    return bundles, sorted(before, key=lambda body: b"practitioner" in body[:4000])


def _post_all(server: Platform, bundles: list[tuple[bytes, int]]) -> tuple[int, float]:
    work: Iterator[tuple[bytes, int]] = iter(bundles)
    lock, stored, start = threading.Lock(), [], time.perf_counter()

    def client() -> None:
        connection = server.connect()
        while time.perf_counter() - start < SECONDS:
            with lock:
                body, entries = next(work, (b"", 0))
            if not entries:
                return
            status, answer = connection.call("POST", "/fhir", body, headers="Prefer: return=minimal\r\n")
            assert status == 200, answer[:2000]
            stored.append(entries)

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(stored), time.perf_counter() - start
