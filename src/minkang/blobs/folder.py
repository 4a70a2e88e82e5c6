"""Blobs in a folder: `<first two digits>/<hash>.zst`, written beside and renamed, so that a half one is never seen."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from functools import lru_cache
from pathlib import Path

import zstandard

from minkang.blobs.store import BlobHash, Piece
from minkang.errors import Fault

LEVEL = 3
_HASH = re.compile(r"[0-9a-f]{64}")
_KEPT = 4
"""Blobs kept unpacked for those who read one piece after another."""


class FolderBlobs:
    """See `minkang.blobs.Blobs`. Safe for any number of threads and processes on one folder.

    Args:
        root: the folder; made with the first blob.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._recent = lru_cache(maxsize=_KEPT)(self._read)

    def put(self, content: bytes) -> BlobHash:
        """See `Blobs.put`; content of 100 bytes to some tens of megabytes, packed in memory."""
        blob = BlobHash(hashlib.sha256(content).hexdigest())
        place = self._place(blob)
        try:
            if not place.exists():
                self._write(place, zstandard.ZstdCompressor(level=LEVEL).compress(content))
        except OSError as error:
            raise Fault("BLOBS-001", where=str(self.root), reason=error.strerror or str(error)) from error
        return blob

    def get(self, blob: BlobHash) -> bytes:
        """See `Blobs.get`."""
        return self._read(blob)

    def piece(self, piece: Piece) -> bytes:
        """See `Blobs.piece`; the last few blobs stay unpacked in memory."""
        return self._recent(piece.blob)[piece.offset : piece.offset + piece.length]

    def _place(self, blob: BlobHash) -> Path:
        return self.root / blob[:2] / f"{blob}.zst"

    def _write(self, place: Path, packed: bytes) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=place.parent)
        try:
            with os.fdopen(number, "wb") as file:
                file.write(packed)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(place)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        # The name itself must survive a loss of power as well.
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _read(self, blob: BlobHash) -> bytes:
        if not _HASH.fullmatch(blob):
            raise Fault("BLOBS-002", blob=blob[:80])
        try:
            packed = self._place(blob).read_bytes()
            content = zstandard.ZstdDecompressor().decompress(packed)
        except FileNotFoundError as error:
            raise Fault("BLOBS-002", blob=blob) from error
        except (OSError, zstandard.ZstdError) as error:
            raise Fault("BLOBS-003", where=str(self._place(blob)), blob=blob, reason=str(error)) from error
        if hashlib.sha256(content).hexdigest() != blob:
            raise Fault("BLOBS-003", where=str(self._place(blob)), blob=blob, reason="other content")
        return content
