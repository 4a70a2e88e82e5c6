"""Frames of the Minimal Lower Layer Protocol: VT, message, FS, CR. Source: HL7 v2 MLLP release 1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

BEGIN, END = b"\x0b", b"\x1c"
KEPT_OF_TOO_LARGE = 1 << 20


class Frame(NamedTuple):
    """One frame.

    Attributes:
        body: the message; of one that is too large its beginning.
        too_large: whether it passed the limit.
    """

    body: bytes
    too_large: bool


class Framer:
    """Cuts a stream of bytes into frames, in memory bounded by the largest message.

    Args:
        most: bytes of the largest message; of a larger one the beginning is kept and the rest read over.

    Attributes:
        strays: bytes seen outside frames, line ends aside.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._parts: list[bytes] = []
        self._size = 0
        self._inside = False
        self.strays = 0

    @property
    def inside(self) -> bool:
        """Whether a frame has begun and not ended."""
        return self._inside

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that end in these bytes."""
        at = 0
        while at < len(data):
            if not self._inside:
                begin = data.find(BEGIN, at)
                stray = data[at:] if begin < 0 else data[at:begin]
                self.strays += len(stray.strip(b"\r\n"))
                if begin < 0:
                    return
                self._inside, at = True, begin + 1
            end = data.find(END, at)
            self._keep(data[at:] if end < 0 else data[at:end])
            if end < 0:
                return
            yield self._whole()
            at = end + 1

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= self._most or sum(map(len, self._parts)) < min(self._most, KEPT_OF_TOO_LARGE):
            self._parts.append(part)

    def _whole(self) -> Frame:
        too_large = self._size > self._most
        body = b"".join(self._parts)
        self._parts, self._size, self._inside = [], 0, False
        return Frame(body[:KEPT_OF_TOO_LARGE] if too_large else body, too_large)


def framed(body: bytes) -> bytes:
    """A message in its frame."""
    return BEGIN + body + END + b"\r"
