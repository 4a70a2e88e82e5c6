"""What passes between a sender and the record store: messages in, drafts of resources out.

A connector (`minkang.exchange.hl7v2`, `.cda`, `.tables`, `.fhir` …) splits a file or stream into messages and converts
each into drafts; the intake (`minkang.exchange.intake`) does the rest, alike for all of them. The rule that makes
arrivals in any order end in the same records is `Rank`: see docs/decisions/0009-exchange.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Protocol
from uuid import UUID

from msgspec import Struct, field

if TYPE_CHECKING:
    from minkang.codes.translator import Translator
    from minkang.errors import Fault

SOURCE = "urn:minkang:sender:"
"""What `meta.source` begins with: `urn:minkang:sender:<sender>#<feed>`."""


class Message(Struct, frozen=True):
    """One thing a sender sent.

    Attributes:
        sender: the sender's slug in the register (`wenshang-county-hospital`).
        feed: `hl7v2`, `cda`, `csv/<mapping>`, `fhir`, `dicom` or `device`.
        key: its own identity at the sender: MSH-10, document id, `<file>#<row key>`, `Bundle.id`. A second message
            with the same key and other content is a correction of the first, and is converted like any other.
        body: as it came.
        received: when, with offset.
        place: file and line or offset, or the address of the socket; for people.
    """

    sender: str
    feed: str
    key: str
    body: bytes
    received: datetime
    place: str = ""


class Rejected(Struct, frozen=True):
    """Something in a source that could not even be cut into a message: kept whole, with the reason.

    Attributes:
        sender, feed, body, received, place, key: as of a `Message`; the key may be empty where none could be read.
        fault: why, with its place inside the body and its advice.
    """

    sender: str
    feed: str
    body: bytes
    received: datetime
    fault: Fault
    place: str = ""
    key: str = ""


class Rank(NamedTuple):
    """How much a statement about a resource weighs; the higher one wins, whichever came first.

    Attributes:
        authority: 2 for a message whose purpose is this resource (a registration for a Patient), 1 for a mention.
        at: when the sender made the statement, ISO 8601 (MSH-7, effectiveTime, a row's changed-at), all of one sender
            in one form and one offset, since they are compared as text.
        tie: what decides between statements of one instant; best the message's own key or sequence number.
    """

    authority: int
    at: str
    tie: str = ""


class Draft(Struct):
    """One resource that a message asserts.

    Attributes:
        type: of the resource (`Observation`).
        key: its business key at the sender (`order/123/obx/2`); `draft_id` makes the resource's id of it.
        body: FHIR R4 JSON without `id` and `meta`; references are made by `reference`. For a withdrawal it may be
            empty (`{}`): the content that other messages asserted stays, marked.
        rank: see `Rank`.
        withdrawn: the message takes the resource back; it becomes entered-in-error (the status of its type) where
            this rank is above that of its content.
    """

    type: str
    key: str
    body: dict[str, Any]
    rank: Rank
    withdrawn: bool = False


class Note(Struct, frozen=True):
    """Something a conversion could not carry over, or doubts: never silent, never a reason to refuse.

    Attributes:
        code: a code of the catalogue of faults (`HL7-020`), whose wording takes `params`.
        where: the place inside the message (`OBX-5[2]`, `/ClinicalDocument/component[3]`).
        params: for the wording.
    """

    code: str
    where: str
    params: dict[str, Any] = field(default_factory=dict)


class Converted(Struct):
    """What a message says.

    Attributes:
        drafts: the resources it asserts or withdraws, each (type, key) once.
        notes: see `Note`.
    """

    drafts: list[Draft]
    notes: list[Note] = field(default_factory=list)


class Connector(Protocol):
    """Reads one kind of feed. Keeps no state between calls; one instance serves many threads."""

    name: str
    """The feed it reads (`hl7v2`); for a family of feeds (`csv/<mapping>`) the part before the slash."""

    def split(self, source: BinaryIO, place: str, sender: str) -> Iterator[Message | Rejected]:
        """Cut a file or stream into messages, one after the other, in bounded memory.

        The same bytes at the same place give the same messages, whatever the process: resuming relies on it.
        What cannot be cut is given as `Rejected` and the reading goes on behind it where it can; nothing is skipped.
        """
        ...

    def convert(self, message: Message, translator: Translator) -> Converted:
        """Say what a message means; pure, and the same for the same message.

        Raises:
            Fault: why it is rejected, with the place inside the message and advice.
        """
        ...


@lru_cache(maxsize=1 << 14)
def draft_id(sender: str, type: str, key: str) -> str:
    """The id of the resource that a sender's business key names: a UUID (version 8) by SHA-256 of the three."""
    digest = hashlib.sha256(f"{sender}\x00{type}\x00{key}".encode("utf-8", "surrogatepass")).digest()
    return str(UUID(int=int.from_bytes(digest[:16], "big") & ~(0xF << 76) & ~(3 << 62) | 8 << 76 | 2 << 62))


def reference(sender: str, type: str, key: str) -> dict[str, str]:
    """A FHIR Reference to the resource that a sender's business key names."""
    return {"reference": f"{type}/{draft_id(sender, type, key)}"}


def source_of(sender: str, feed: str) -> str:
    """The `meta.source` of what a sender's feed says."""
    return f"{SOURCE}{sender}#{feed}"
