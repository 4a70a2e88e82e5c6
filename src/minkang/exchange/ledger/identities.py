"""What makes two arrivals the same message: sender, feed, key and content."""

from __future__ import annotations

import hashlib
from uuid import UUID

from msgspec import Struct

from minkang.exchange.message import Message, Rejected

LONGEST_TEXT = 1000


class Identified(Struct, frozen=True):
    """An arrival with its identity.

    Attributes:
        arrival: the message, or what could not be cut into one.
        identity: the first 16 bytes of the SHA-256 of sender, feed, key and digest.
        digest: SHA-256 of the body.
    """

    arrival: Message | Rejected
    identity: UUID
    digest: bytes

    @property
    def refused(self) -> bool:
        """Whether it could not even be cut into a message."""
        return isinstance(self.arrival, Rejected)


def identify(arrival: Message | Rejected) -> Identified:
    """Give an arrival its identity."""
    digest = hashlib.sha256(arrival.body).digest()
    named = f"{arrival.sender}\0{arrival.feed}\0{arrival.key}\0".encode("utf-8", "surrogatepass")
    return Identified(arrival, UUID(bytes=hashlib.sha256(named + digest).digest()[:16]), digest)


def kept(text: str) -> str:
    """A text as the ledger can hold it: no NUL, no lone surrogates, not longer than is of use."""
    text = text[:LONGEST_TEXT].replace("\0", "\ufffd")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
