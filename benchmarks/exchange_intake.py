"""The exchange's intake alone: a connector that costs next to nothing, so that what is measured is everything else.

Each message is one Observation and leaves one Provenance, a line of the ledger and its original on disk.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from benchmarks.platform_process import command
from benchmarks.rows import Row
from minkang.blobs import FolderBlobs
from minkang.codes.translator import Translator
from minkang.exchange.connectors import Connectors
from minkang.exchange.intake.engine import Intake
from minkang.exchange.intake.runs import Report, Run
from minkang.exchange.intake.sources import find_sources
from minkang.exchange.message import Converted, Draft, Message, Rank, Rejected, reference
from minkang.settings import read_settings
from minkang.wiring import open_platform

SENDER, FEED = "bench", "line"
MESSAGES = 20_000


class _Lines:
    """A line is a number: an Observation of one of a thousand patients."""

    name = FEED

    def split(self, source: BinaryIO, place: str, sender: str) -> Iterator[Message | Rejected]:
        at = datetime.now(UTC)
        for number, line in enumerate(source, 1):
            yield Message(sender, FEED, line.decode().strip(), line, at, f"{place}:{number}")

    def convert(self, message: Message, _: Translator) -> Converted:
        number = int(message.key)
        body: dict[str, Any] = {
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}], "text": "血红蛋白"},
            "subject": reference(SENDER, "Patient", f"patient/{number % 1000}"),
            "effectiveDateTime": "2024-05-01T08:00:00+08:00",
            "valueQuantity": {"value": 100 + number % 60, "unit": "g/L", "system": "http://unitsofmeasure.org",
                              "code": "g/L"},
        }  # fmt: skip
        return Converted([Draft("Observation", f"o/{number}", body, Rank(2, "2024-05-01T00:00:00Z"))])


def measure() -> list[Row]:
    """New messages; the same again, which are all duplicates."""
    with tempfile.TemporaryDirectory(prefix="minkang-bench-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)
        environment = os.environ | {"MINKANG_HOME": str(folder / "home")}
        command(environment, "init")
        file = folder / "messages.txt"
        file.write_text("\n".join(map(str, range(MESSAGES))))
        with closing(open_platform(read_settings(environment))) as platform:
            intake = Intake(
                platform.database,
                platform.repository,
                FolderBlobs(folder / "blobs"),
                Connectors({FEED: lambda _: _Lines()}),
            )
            intake.senders.add(SENDER, {FEED: {}})
            new, new_processor = _take(intake, file)
            again, again_processor = _take(intake, file)
    work = f"{MESSAGES:,} messages of one Observation, each with its Provenance, ledger line and original"
    return [
        Row(work, f"{MESSAGES / new:,.0f} messages/s", f"{2 * MESSAGES / new:,.0f} records/s", "",
            f"this process used {new_processor:.1f} s of processor in {new:.1f} s"),
        Row("the same file again, all duplicates", f"{MESSAGES / again:,.0f} messages/s", "", "",
            f"{again_processor:.1f} s of processor in {again:.1f} s"),
    ]  # fmt: skip


def _take(intake: Intake, file: Path) -> tuple[float, float]:
    report = Report()
    start, processor = time.perf_counter(), time.process_time()
    Run(intake, intake.senders.sender(SENDER), FEED, find_sources([file])[0], report).take()
    seconds, used = time.perf_counter() - start, time.process_time() - processor
    assert report.arrived == MESSAGES
    assert report.balanced
    return seconds, used
