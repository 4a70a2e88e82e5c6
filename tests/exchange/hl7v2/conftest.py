"""Short ways to convert messages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from minkang.codes.translator import Translator
from minkang.exchange.hl7v2 import Hl7v2
from minkang.exchange.hl7v2.splitting import message_key
from minkang.exchange.message import Converted, Draft, Message
from minkang.fhir import decode

SENDER = "wenshang-county-hospital"
RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)
Convert = Callable[..., "Said"]


class Said:
    """A converted message, every draft of which has been checked as FHIR."""

    def __init__(self, converted: Converted) -> None:
        self.drafts = converted.drafts
        self.notes = converted.notes
        for draft in self.drafts:
            decode(msgspec.json.encode({**draft.body, "id": "x"}), draft.type)

    @property
    def codes(self) -> list[str]:
        return [note.code for note in self.notes]

    def all(self, type: str) -> list[Draft]:
        return [draft for draft in self.drafts if draft.type == type]

    def one(self, type: str, key: str = "") -> Draft:
        found = [draft for draft in self.all(type) if not key or draft.key == key]
        assert len(found) == 1, (type, key, [(draft.type, draft.key) for draft in self.drafts])
        return found[0]

    def body(self, type: str, key: str = "") -> dict[str, Any]:
        return self.one(type, key).body


@pytest.fixture(scope="session")
def convert() -> Convert:
    """Convert a message of text (lines become segments) or bytes."""
    connector, translator = Hl7v2(), Translator()

    def work(text: str | bytes, sender: str = SENDER) -> Said:
        body = text if isinstance(text, bytes) else text.strip().replace("\n", "\r").encode()
        message = Message(sender, "hl7v2", message_key(body.removeprefix(b"\xef\xbb\xbf")), body, RECEIVED)
        return Said(connector.convert(message, translator))

    return work
