"""What a store of blobs does for its callers."""

from __future__ import annotations

from typing import NewType, Protocol

from msgspec import Struct

BlobHash = NewType("BlobHash", str)
"""The SHA-256 of a blob's content before compression, 64 hexadecimal digits in small letters."""


class Piece(Struct, frozen=True):
    """A stretch of a blob.

    A feed of millions of small messages would make as many files, so that a batch of originals is one blob and each
    message a piece of it.

    Attributes:
        blob: which.
        offset, length: bytes of the content before compression.
    """

    blob: BlobHash
    offset: int
    length: int


class Blobs(Protocol):
    """Keeps bytes; what was put once is there until it is removed, and putting it again changes nothing."""

    def put(self, content: bytes) -> BlobHash:
        """Keep content; when this returns it is durable.

        Raises:
            Fault: `BLOBS-001` when the place is full or cannot be written to.
        """
        ...

    def get(self, blob: BlobHash) -> bytes:
        """The content.

        Raises:
            Fault: `BLOBS-002` where it is not there, `BLOBS-003` where it cannot be read or is not what was put.
        """
        ...

    def piece(self, piece: Piece) -> bytes:
        """A stretch of a blob; raises as `get`."""
        ...
