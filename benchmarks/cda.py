"""Clinical documents of the second hospital: a ZIP of them through the intake to stored records; reading
alone; writing."""

from __future__ import annotations

import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.rows import Row
from minkang.codes.translator import Translator
from minkang.exchange.cda.connector import Documents
from minkang.exchange.cda.writing import write_document
from minkang.exchange.message import Converted, Message, draft_id
from minkang.synth import generate
from minkang.synth.feeds import cda
from minkang.synth.feeds.faults import DEFAULT
from minkang.synth.feeds.identities import Identities

MINKANG = Path(sys.executable).with_name("minkang")
SENDER = "wenshang-0002"
ALL, ALONE = 6_000, 3_000


def measure() -> list[Row]:
    """Documents a second: to the database, as drafts, and written again."""
    messages = _messages()
    return [_stored(messages), *_alone(messages[:ALONE])]


def _messages() -> list[Message]:
    """Documents of one chunk of a synthetic county, in the order in which they were made."""
    truth = generate("wenshang", 8_000, (2021, 2022), seed=1)
    told = cda.tell(truth.county, truth, Identities(truth, DEFAULT), truth.county.rng("feed-cda", 0))
    made = sorted((one for one in told if one.sender == SENDER), key=lambda one: one.at)
    return [Message(SENDER, "cda", one.key, bytes(one.body), datetime.now(UTC)) for one in made[:ALL]]  # type: ignore[arg-type]


def _stored(messages: list[Message]) -> Row:
    with tempfile.TemporaryDirectory(prefix="minkang-cda-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o711)  # The database may run as an account of its own.
        environment = {**os.environ, "MINKANG_HOME": folder}
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            for one in messages:
                archive.writestr(f"{one.key}.xml", one.body)
        place = Path(folder) / "documents.zip"
        place.write_bytes(held.getvalue())
        for command in (["init"], ["exchange", "sender", SENDER, "--feed", "cda"]):
            subprocess.run([MINKANG, *command], env=environment, check=True, capture_output=True)
        begun = time.perf_counter()
        taking: list[str | Path] = [MINKANG, "exchange", "take", SENDER, str(place), "--feed", "cda", "--json"]
        done = subprocess.run(taking, env=environment, check=True, capture_output=True, text=True)
        took = time.perf_counter() - begun
    size = sum(len(one.body) for one in messages) / len(messages) / 1024
    return Row(
        f"{len(messages):,} documents of {size:.1f} KB in a ZIP to stored records",
        f"{len(messages) / took:,.0f} documents/s",
        "start of the program and of its database included", "300 documents/s", done.stdout.strip()[:160],
    )  # fmt: skip


def _alone(messages: list[Message]) -> list[Row]:
    reader, translator = Documents(), Translator(sender=SENDER)
    found: list[Converted] = []
    speeds = []
    for _ in range(3):
        begun = time.process_time()
        found = [reader.convert(one, translator) for one in messages]
        speeds.append(len(messages) / (time.process_time() - begun))
    drafts = sum(len(one.drafts) for one in found) / len(found)
    begun = time.process_time()
    for one in found:
        code = next(draft.body["type"]["coding"][0]["code"] for draft in one.drafts if draft.type == "Composition")
        given = [d.body | {"resourceType": d.type, "id": draft_id(SENDER, d.type, d.key)} for d in one.drafts]
        write_document(code, given)
    wrote = len(found) / (time.process_time() - begun)
    read = f"Read {len(messages):,} documents as drafts ({drafts:.1f} each)"
    write = f"Write {len(found):,} documents of resources"
    beside = "one process, processor time; no database"
    return [
        Row(read, f"{statistics.median(speeds):,.0f} documents/s", f"{beside}; median of 3"),
        Row(write, f"{wrote:,.0f} documents/s", beside),
    ]
