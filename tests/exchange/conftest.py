"""An exchange on a real database, and a connector that says whatever a test wants said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import pytest

from minkang.blobs import FolderBlobs
from minkang.codes.translator import Translator
from minkang.db import Database
from minkang.errors import Fault
from minkang.exchange.connectors import Connectors
from minkang.exchange.fhir.connector import FhirConnector
from minkang.exchange.fhir.device import DeviceConnector
from minkang.exchange.intake.engine import Intake, Limits
from minkang.exchange.message import Converted, Draft, Message, Note, Rank, Rejected
from minkang.records.postgres import PostgresRepository
from minkang.records.search import PostgresSearch

SENDER = "county-hospital"
FEED = "plain"


class PlainConnector:
    """One JSON object a line: {"key": …, "say": [[type, key, authority, at, withdrawn, text]], …}.

    `fail` raises a fault, `stumble` a ValueError, `code` translates a code without a map.
    """

    name = FEED

    def split(self, source: BinaryIO, place: str, sender: str) -> Iterator[Message | Rejected]:
        for number, line in enumerate(source, 1):
            at = datetime.now(UTC)
            if not line.strip():
                continue
            try:
                key = msgspec.json.decode(line)["key"]
            except (msgspec.MsgspecError, KeyError, TypeError):
                fault = Fault("EXCHANGE-010", f"{number}", reason="no message")
                yield Rejected(sender, FEED, line.strip(), at, fault, f"{place}:{number}")
                continue
            yield Message(sender, FEED, key, line.strip(), at, f"{place}:{number}")

    def convert(self, message: Message, translator: Translator) -> Converted:
        told = msgspec.json.decode(message.body)
        if told.get("fail"):
            raise Fault("EXCHANGE-052", "line", type=told["fail"])
        if told.get("stumble"):
            raise ValueError("stumbled")
        notes = []
        if code := told.get("code"):
            translator.code("sex", code)
            notes.append(Note("EXCHANGE-055", "code", {"name": code}))
        return Converted([_draft(*said) for said in told.get("say", [])], notes)


def _draft(type: str, key: str, authority: int, at: str, withdrawn: bool, text: str) -> Draft:  # noqa: PLR0917
    body: dict[str, Any] = {}
    if text:
        body = {"Patient": lambda: {"name": [{"text": text}]}, "Observation": lambda: _observation(text)}[type]()
    return Draft(type, key, body, Rank(authority, at), withdrawn)


def _observation(text: str) -> dict[str, Any]:
    return {"status": "wrong" if text == "BAD" else "final", "code": {"text": "test"}, "valueString": text}


def say(key: str, *said: list[Any], **more: Any) -> bytes:
    """The line of a message."""
    return msgspec.json.encode({"key": key, "say": said, **more})


def message(body: bytes, sender: str = SENDER) -> Message:
    """A message of the plain feed."""
    return Message(sender, FEED, msgspec.json.decode(body)["key"], body, datetime.now(UTC))


def make_intake(database: Database, folder: Path, limits: Limits | None = None) -> Intake:
    """An intake with the connectors of these tests, and one registered sender."""
    connectors = Connectors(
        {FEED: lambda _: PlainConnector(), "fhir": lambda _: FhirConnector(), "device": lambda _: DeviceConnector()}
    )
    repository = PostgresRepository(database, PostgresSearch())
    intake = Intake(database, repository, FolderBlobs(folder), connectors, limits or Limits(patience=5))
    intake.senders.add(SENDER, {FEED: {}, "fhir": {}, "device": {}})
    return intake


@pytest.fixture
def intake(database: Database, tmp_path: Path) -> Intake:
    """An empty exchange."""
    return make_intake(database, tmp_path / "blobs")


@pytest.fixture
def records(intake: Intake) -> Callable[[], dict[str, dict[str, Any]]]:
    """All current resources but Provenance by address, without what depends on time and order."""
    return lambda: current_records(intake.database)


def current_records(database: Database, *, provenance: bool = False) -> dict[str, dict[str, Any]]:
    """See `records`."""
    with database.connection() as connection:
        bodies = connection.execute(
            "SELECT v.body FROM record r JOIN record_version v USING (type, rid, version) WHERE NOT r.deleted"
        ).fetchall()
    found = {}
    for (body,) in bodies:
        resource = msgspec.json.decode(bytes(body))
        for name in ("versionId", "lastUpdated"):
            resource["meta"].pop(name)
        if resource["resourceType"] == "Provenance":
            resource.pop("recorded")
            if not provenance:
                continue
        found[f"{resource['resourceType']}/{resource['id']}"] = resource
    return found
