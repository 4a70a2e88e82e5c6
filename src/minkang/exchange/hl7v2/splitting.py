"""A file or stream of HL7 v2 as messages: batch and file envelopes, MLLP frames, any ends of lines, bounded memory.

A message that is cut off looks whole, since HL7 has no end mark: so in a file of several messages the last must end
with the end of a segment, and an envelope that says how many messages it holds must hold them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import BinaryIO

from minkang.errors import Fault
from minkang.exchange.message import Message, Rejected

FEED = "hl7v2"
CHUNK = 1 << 16
MOST_BYTES = 16 << 20
KEPT_OF_TOO_LARGE = 1 << 20
ENVELOPES = {b"FHS", b"BHS", b"BTS", b"FTS"}
_END = re.compile(rb"\r\n|\r|\n")
_FRAME = b"\x0b\x1c\x1a\x00"


@dataclass
class _Reading:
    """Where the reading of a source stands."""

    sender: str
    place: str
    most: int
    lines: list[bytes] = field(default_factory=list)
    size: int = 0
    too_large: bool = False
    begins: int = 0
    found: int = 0
    batch: int = 0
    open_envelopes: list[bytes] = field(default_factory=list)

    def where(self) -> str:
        return f"{self.place}@{self.begins}"

    def reject(self, body: bytes, fault: Fault, key: str = "") -> Rejected:
        return Rejected(self.sender, FEED, body, datetime.now(UTC), fault, self.where(), key)

    def add(self, line: bytes, offset: int) -> None:
        if not self.lines:
            self.begins = offset
        self.size += len(line) + 1
        if self.size > self.most:
            self.too_large = True
        if not self.too_large or self.size <= KEPT_OF_TOO_LARGE:
            self.lines.append(line)

    def take(self) -> Iterator[Message | Rejected]:
        """What was gathered, as a message or a reject."""
        lines, too_large = self.lines, self.too_large
        self.lines, self.size, self.too_large = [], 0, False
        body = b"\r".join(lines) + b"\r" if lines else b""
        if not body.strip():
            return
        if too_large:
            yield self.reject(body[:KEPT_OF_TOO_LARGE], Fault("HL7-007", most=self.most), message_key(body))
        elif not lines[0].startswith(b"MSH"):
            yield self.reject(body, Fault("HL7-001", "MSH", begins=body[:20].decode("ascii", "replace")))
        else:
            self.found += 1
            self.batch += 1
            yield Message(self.sender, FEED, message_key(body), body, datetime.now(UTC), self.where())


def message_key(body: bytes) -> str:
    """MSH-10 of a message; a digest of the message where it has none."""
    head = body[:4096].split(b"\r", 1)[0]
    fields = head.split(head[3:4]) if len(head) > 4 else []
    said = fields[9].strip() if len(fields) > 9 else b""
    try:
        key = said.decode("utf-8")
    except UnicodeDecodeError:
        key = said.decode("gb18030", "replace")
    key = "".join(one for one in key if one.isprintable())[:200]
    return key or "sha256:" + hashlib.sha256(body).hexdigest()[:32]


def split(source: BinaryIO, place: str, sender: str, most: int = MOST_BYTES) -> Iterator[Message | Rejected]:
    """The messages of a file, each with CR at the ends of its segments.

    Args:
        source: bytes; read once, in pieces.
        most: bytes of the largest message taken; a larger one is rejected, its beginning kept.
    """
    reading = _Reading(sender, place, most)
    ended = True
    for line, offset, whole in _lines(source, most):
        ended = whole
        name = line[:3]
        if name == b"MSH":
            yield from reading.take()
            reading.add(line, offset)
        elif name in ENVELOPES:
            yield from reading.take()
            yield from _envelope(reading, line, offset)
        elif line:
            reading.add(line, offset)
    yield from _last(reading, ended)


def _last(reading: _Reading, ended: bool) -> Iterator[Message | Rejected]:
    """The last message, and what is missing behind it."""
    cut = bool(reading.lines) and not ended and (reading.found > 0 or bool(reading.open_envelopes))
    for one in reading.take():
        if cut and isinstance(one, Message):
            reading.found -= 1
            yield reading.reject(one.body, Fault("HL7-008"), one.key)
        else:
            yield one
    for line in reading.open_envelopes:
        yield reading.reject(line + b"\r", Fault("HL7-009", name=line[:3].decode()))


def _envelope(reading: _Reading, line: bytes, offset: int) -> Iterator[Rejected]:
    """Follow the envelopes; one that counts other than we do is rejected by itself, its messages stay."""
    reading.begins = offset
    name = line[:3]
    if name in {b"FHS", b"BHS"}:
        reading.open_envelopes.append(line)
        reading.batch = 0 if name == b"BHS" else reading.batch
        return
    begun = b"BHS" if name == b"BTS" else b"FHS"
    while reading.open_envelopes and reading.open_envelopes.pop()[:3] != begun:
        continue
    said = line[4:].split(line[3:4] or b"|", 1)[0].strip()
    if name == b"BTS" and said.isdigit() and len(said) < 19 and int(said) != reading.batch:
        yield reading.reject(line + b"\r", Fault("HL7-010", said=int(said), found=reading.batch))


def _lines(source: BinaryIO, most: int) -> Iterator[tuple[bytes, int, bool]]:
    """Lines without their ends and without marks of frames, where each begins, and whether it had an end."""
    rest: list[bytes] = []
    size = begins = 0
    for data in _pieces(source):
        at = 0
        for match in _END.finditer(data):
            line = b"".join((*rest, data[at : match.start()]))
            yield line.strip(_FRAME), begins, True
            begins += len(line) + match.end() - match.start()
            at, size, rest = match.end(), 0, []
        rest.append(data[at:])
        size += len(data) - at
        if size > most:  # A line without end is handed on in parts, which the limit of a message refuses.
            yield b"".join(rest), begins, True
            begins, size, rest = begins + size, 0, []
    if line := b"".join(rest).strip(_FRAME):
        yield line, begins, False


def _pieces(source: BinaryIO) -> Iterator[bytes]:
    """The bytes in pieces that never part CR from LF."""
    first = True
    while data := source.read(CHUNK):
        if data.endswith(b"\r"):
            data += source.read(1)
        yield data.removeprefix(b"\xef\xbb\xbf") if first else data
        first = False
