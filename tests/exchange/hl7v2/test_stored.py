"""From a socket to the store: what is acknowledged is there, once, in whatever order it came."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from minkang.blobs import FolderBlobs
from minkang.db import Database
from minkang.exchange.connectors import Connectors
from minkang.exchange.hl7v2 import Hl7v2
from minkang.exchange.hl7v2.mllp import Listener, Port, play, storing
from minkang.exchange.intake.engine import Intake
from minkang.records.postgres import PostgresRepository
from minkang.records.search import PostgresSearch

SENDER = "county-hospital"


@pytest.fixture
def port(database: Database, tmp_path: Path) -> Iterator[int]:
    """A listener on a real database."""
    repository = PostgresRepository(database, PostgresSearch())
    intake = Intake(database, repository, FolderBlobs(tmp_path / "blobs"), Connectors({"hl7v2": lambda _: Hl7v2()}))
    intake.senders.add(SENDER, {"hl7v2": {}})
    loop = asyncio.new_event_loop()
    listener = Listener([Port(0, host="127.0.0.1", sender=SENDER)], storing(intake))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(listener.start(), loop).result(20)
    yield listener.addresses[0][1]
    asyncio.run_coroutine_threadsafe(listener.stop(), loop).result(60)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def message(key: str, kind: str, minute: int, *segments: str) -> bytes:
    head = f"MSH|^~\\&|LIS|H|M|R|202503010{minute // 60}{minute % 60:02d}00+0800||{kind}|{key}|T|2.5"
    return ("\r".join([head, "PID|1||7^^^H^MR||王芳||19600102|F", *segments]) + "\r").encode()


def result(status: str, value: str, report: str = "F") -> tuple[str, str]:
    return (
        f"OBR|1|Q1|R1|58410-2^血常规^LN|||20250301070000||||||||||||||||||{report}",
        f"OBX|1|NM|718-7^血红蛋白^LN||{value}|g/L|115-175||||{status}",
    )


STORY = [
    message("1", "ADT^A01", 1, "PV1|1|I|||||||||||||||||V1|||||||||||||||||||||||||20250301000100"),
    message("2", "ORU^R01", 2, *result("P", "100", "P")),
    message("3", "ORU^R01", 3, *result("F", "120")),
    message("4", "ORU^R01", 4, *result("C", "125", "C")),
    message("5", "ADT^A01", 5, "PV1|1|I|||||||||||||||||V2|||||||||||||||||||||||||20250301000500"),
    message("6", "ADT^A11", 6, "PV1|1|I|||||||||||||||||V2|||||||||||||||||||||||||20250301000500"),
    message("7", "ADT^A03", 7, "PV1|1|I|||||||||||||||||V1|||||||||||||||||||||||||20250301000100|20250301000700"),
]


def stored(database: Database) -> list[tuple[str, str, str]]:
    """Type, status and value of what is stored."""
    with database.connection() as connection:
        rows = connection.execute(
            "SELECT v.body FROM record r JOIN record_version v USING (type, rid, version) WHERE NOT r.deleted"
        ).fetchall()
    bodies = [msgspec.json.decode(bytes(body)) for (body,) in rows]
    return sorted(
        (one["resourceType"], one.get("status", ""), str(one.get("valueQuantity", {}).get("value", "")))
        for one in bodies
        if one["resourceType"] != "Provenance"
    )


@pytest.mark.parametrize("seed", range(3))
def test_what_is_acknowledged_is_stored_once_in_any_order(port: int, database: Database, seed: int) -> None:
    """Corrections stand, a cancelled admission is an error, a discharge ends the visit, copies change nothing."""
    messages = [*STORY, *STORY[2:5]]
    random.Random(seed).shuffle(messages)
    played = play(messages, "127.0.0.1", port, window=1 if seed else 10)
    assert played.answers == {"AA": len(messages)}, played.refused
    assert stored(database) == [
        ("DiagnosticReport", "corrected", ""),
        ("Encounter", "entered-in-error", ""),
        ("Encounter", "finished", ""),
        ("Observation", "corrected", "125"),
        ("Patient", "", ""),
    ]


def test_a_rejected_message_is_kept_and_told(port: int, database: Database) -> None:
    nobody = b"MSH|^~\\&|LIS|H|M|R|20250301||ORU^R01|9|T|2.5\rPID|1||\r"
    played = play([nobody, STORY[0]], "127.0.0.1", port)
    assert played.answers == {"AE": 1, "AA": 1}
    with database.connection() as connection:
        kept = connection.execute("SELECT state, code FROM exchange_message WHERE key = '9'").fetchone()
    assert kept == ("rejected", "HL7-011")
