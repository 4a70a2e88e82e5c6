"""The hand-made documents of `documents/` and what is done with them in every test."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from minkang.codes.translator import Translator
from minkang.exchange.cda.connector import Documents
from minkang.exchange.message import Converted, Message, draft_id

FOLDER = Path(__file__).parent / "documents"
NAMES = sorted(place.stem for place in FOLDER.glob("*.xml"))
SENDER = "second-hospital"


def body_of(name: str) -> bytes:
    return (FOLDER / f"{name}.xml").read_bytes()


def convert(body: bytes) -> Converted:
    message = Message(SENDER, "cda", "key", body, datetime(2024, 1, 1, tzinfo=UTC))
    return Documents().convert(message, Translator(sender=SENDER))


def resources(converted: Converted) -> list[dict[str, Any]]:
    """The drafts as the store would hold them."""
    found = []
    for draft in converted.drafts:
        if not draft.withdrawn:
            body = copy.deepcopy(draft.body) | {"resourceType": draft.type}
            found.append(body | {"id": draft_id(SENDER, draft.type, draft.key)})
    return found


def plain(converted: Converted) -> dict[str, Any]:
    """Drafts by type and key, to compare."""
    return {f"{one.type} {one.key}": [list(one.rank), one.withdrawn, one.body] for one in converted.drafts}
