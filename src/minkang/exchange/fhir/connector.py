"""The connector of feed `fhir`: documents, bundles, NDJSON."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO

import msgspec

from minkang.codes.translator import Translator
from minkang.exchange.fhir import resources
from minkang.exchange.fhir.reading import LONGEST, documents
from minkang.exchange.message import Converted, Message, Rejected


class _Identifier(msgspec.Struct):
    value: str = ""


class _Head(msgspec.Struct):
    resourceType: str = ""
    id: str = ""
    identifier: _Identifier | list[_Identifier] | None = None


_head = msgspec.json.Decoder(_Head).decode


class FhirConnector:
    """FHIR R4 JSON: one resource or bundle a document, or one a line.

    Args:
        longest: bytes of one document; longer ones are rejected.
    """

    name = "fhir"

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest

    def split(self, source: BinaryIO, place: str, sender: str) -> Iterator[Message | Rejected]:
        """See `Connector.split`."""
        for piece in documents(source, place, self._longest):
            at = datetime.now(UTC)
            where = f"{place}:{piece.line}" if piece.line else place
            if piece.fault:
                key = str(piece.fault.params["sha256"])[:32]
                yield Rejected(sender, self.name, piece.body, at, piece.fault, where, key)
            else:
                yield Message(sender, self.name, key_of(piece.body), piece.body, at, where)

    def convert(self, message: Message, translator: Translator) -> Converted:
        """See `Connector.convert`; FHIR brings its own codings, which are kept as they are."""
        return resources.convert(message)


def key_of(body: bytes) -> str:
    """What a document is called at its sender: the id or first identifier of a bundle, type and id of a resource; the
    digest of one that cannot say."""
    try:
        head = _head(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        head = _Head()
    named = head.id
    if not named and head.identifier:
        first = head.identifier[0] if isinstance(head.identifier, list) else head.identifier
        named = first.value
    if not named:
        return hashlib.sha256(body).hexdigest()[:32]
    return named if head.resourceType == "Bundle" else f"{head.resourceType}/{named}"
