"""Limits on what a request may bring: bytes, compressed bytes, and depth, each with a clear refusal.

A body is counted while it is read, so that a caller without `Content-Length` cannot fill the memory, and a small
compressed body cannot unfold into a large one.
"""

from __future__ import annotations

import zlib
from typing import Protocol

from minkang.errors import Fault

CHUNK = 1 << 18

# Keeps quotes and brackets, with square ones made round, and drops every other byte.
_SKELETON = bytes({ord("["): ord("{"), ord("]"): ord("}")}.get(code, code) for code in range(256))
_OTHERS = bytes(code for code in range(256) if chr(code) not in '"{}[]')


class Readable(Protocol):
    """What a server gives to read a body from."""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; empty at the end."""
        ...


def read_body(stream: Readable, *, length: int | None, encoding: str, most: int) -> bytes:
    """Read a whole body, decompressed.

    Args:
        stream: where it comes from.
        length: its length in bytes as declared; None when undeclared (chunked).
        encoding: `Content-Encoding`: empty, `identity` or `gzip`.
        most: the most bytes allowed, before and after decompression.

    Raises:
        Fault: `REST-010` when it is larger, `REST-011` for another encoding, `REST-012` for one that does not
            decompress, `REST-013` when less arrives than was declared.
    """
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise Fault("REST-011", encoding=encoding)
    if length is not None and length > most:
        raise Fault("REST-010", megabytes=most >> 20)
    body = _read(stream, length, most)
    return _unzip(body, most) if encoding.endswith("gzip") else body


def _read(stream: Readable, length: int | None, most: int) -> bytes:
    if length is not None:
        parts = []
        left = length
        while left and (part := stream.read(min(left, CHUNK))):
            parts.append(part)
            left -= len(part)
        if left:
            raise Fault("REST-013", declared=length, received=length - left)
        return parts[0] if len(parts) == 1 else b"".join(parts)
    parts, size = [], 0
    while part := stream.read(CHUNK):
        size += len(part)
        if size > most:
            raise Fault("REST-010", megabytes=most >> 20)
        parts.append(part)
    return b"".join(parts)


def _unzip(body: bytes, most: int) -> bytes:
    machine = zlib.decompressobj(wbits=31)
    try:
        plain = machine.decompress(body, most + 1)
    except zlib.error:
        raise Fault("REST-012") from None
    if len(plain) > most:
        raise Fault("REST-010", megabytes=most >> 20)
    if not machine.eof:
        raise Fault("REST-012")
    return plain


def check_depth(body: bytes, most: int) -> None:
    """Refuse JSON nested deeper than `most` levels, before a decoder recurses into it.

    Strings and everything but brackets are dropped at C speed (about 5 us for a record of 3 kB); each pass then
    removes exactly the innermost level. Bodies that are not JSON are left to the decoder to refuse.

    Raises:
        Fault: `REST-014`.
    """
    if b"\\" in body:
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    outline = body.translate(_SKELETON, _OTHERS).replace(b'""', b"")
    if b'"' in outline:
        outline = b"".join(outline.split(b'"')[::2])
    for _ in range(most):
        flatter = outline.replace(b"{}", b"")
        if len(flatter) == len(outline):
            # Nothing left to close: what remains is `}}…{{…`, which no decoder reads to its end.
            if outline.count(b"{") > most:
                raise Fault("REST-014", most=most)
            return
        outline = flatter
    if outline:
        raise Fault("REST-014", most=most)
