"""JSON out of streams: one document, or one a line, in bounded memory whatever the stream holds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import BinaryIO

from msgspec import Struct

from minkang.errors import Fault

LONGEST = 64 << 20
"""Bytes of one message. A sender with more in one piece sends NDJSON."""
KEPT = 1 << 20
"""Bytes kept of one that is longer."""
_CHUNK = 1 << 20
_LINES = (".ndjson", ".jsonl")


class Piece(Struct, frozen=True):
    """One document of a stream.

    Attributes:
        line: its number, from 1; 0 for a stream that is one document.
        body: its bytes, or the first megabyte of one that is too long.
        fault: `EXCHANGE-006` for one that is too long, with its length and SHA-256.
    """

    line: int
    body: bytes
    fault: Fault | None = None


def documents(stream: BinaryIO, place: str, longest: int = LONGEST) -> Iterator[Piece]:
    """The documents of a stream: lines by its name, or where its first line is a whole object and more follows.

    Empty lines and a byte order mark are no documents.
    """
    head = _first(stream, min(longest, _CHUNK))
    if _is_lines(place, head):
        yield from _lines(stream, head, longest)
        return
    body = bytearray(head)
    while len(body) <= longest and (chunk := stream.read(_CHUNK)):
        body += chunk
    if len(body) > longest:
        yield _too_long(0, bytes(body), stream, longest, to_line_end=False)[0]
    elif body.strip():
        yield Piece(0, bytes(body))


def _first(stream: BinaryIO, size: int) -> bytes:
    """The beginning of a stream; a raw one may give less at a time than there is."""
    head = bytearray()
    while len(head) < size and (chunk := stream.read(size - len(head))):
        head += chunk
    return bytes(head).removeprefix(b"\xef\xbb\xbf")


def _is_lines(place: str, head: bytes) -> bool:
    name = place.lower()
    for packed in (".gz", ".bz2", ".xz"):
        name = name.removesuffix(packed)
    if name.endswith(_LINES):
        return True
    first, newline, rest = head.lstrip().partition(b"\n")
    return bool(newline) and rest.lstrip().startswith(b"{") and first.startswith(b"{") and first.rstrip().endswith(b"}")


def _lines(stream: BinaryIO, head: bytes, longest: int) -> Iterator[Piece]:
    pending, chunk, number = bytearray(), head, 0
    while chunk := chunk or stream.read(_CHUNK):
        end = chunk.rfind(b"\n")
        if end >= 0:
            pending += chunk[:end]
            for line in bytes(pending).split(b"\n"):
                number += 1
                if line.strip():
                    yield _piece(number, line.strip(), longest)
            pending = bytearray(chunk[end + 1 :])
        else:
            pending += chunk
        chunk = b""
        if len(pending) > longest:
            number += 1
            piece, chunk = _too_long(number, bytes(pending), stream, longest, to_line_end=True)
            yield piece
            pending.clear()
    if pending.strip():
        yield _piece(number + 1, bytes(pending.strip()), longest)


def _piece(number: int, body: bytes, longest: int) -> Piece:
    if len(body) <= longest:
        return Piece(number, body)
    fault = Fault("EXCHANGE-006", length=len(body), limit=longest, sha256=hashlib.sha256(body).hexdigest())
    return Piece(number, body[:KEPT], fault)


def _too_long(number: int, begun: bytes, stream: BinaryIO, longest: int, *, to_line_end: bool) -> tuple[Piece, bytes]:
    """Read on to the end of what is too long without keeping it; gives back what follows its line."""
    digest, length, rest = hashlib.sha256(begun), len(begun), b""
    while chunk := stream.read(_CHUNK):
        part, newline, rest = chunk.partition(b"\n") if to_line_end else (chunk, b"", b"")
        digest.update(part)
        length += len(part)
        if newline:
            break
    fault = Fault("EXCHANGE-006", length=length, limit=longest, sha256=digest.hexdigest())
    return Piece(number, begun[:KEPT], fault), rest
