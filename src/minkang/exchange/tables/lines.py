"""CSV as it really comes: encodings mixed, quotes unbalanced, the last line torn off; read line by line."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from minkang.errors import Fault

LONGEST_LINE = 1 << 20
QUOTED_LINES = 64
SAMPLE = 1 << 16
ENCODINGS = ("utf-8", "gb18030")
SEPARATORS = ",\t;|"


@dataclass(frozen=True)
class Line:
    """One record: its fields, or the fault that kept it from being read.

    Attributes:
        number: of its first physical line, from 1.
        raw: its bytes.
    """

    number: int
    raw: bytes
    fields: list[str]
    fault: Fault | None = None


_QUOTED = re.compile(r'"(?:[^"]|"")*"')
"""What stands in quotes says nothing of the separator."""


def read_lines(source: BinaryIO) -> Iterator[Line]:
    """The records of a CSV file in UTF-8 (with or without mark), GB18030 or UTF-16.

    A line that cannot be read is given with its fault, and the reading goes on behind it. Memory is bounded by
    `LONGEST_LINE` times `QUOTED_LINES`, whatever the file holds.
    """
    sample = source.read(SAMPLE)
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        physical = _utf16(_Joined(sample, source))
        encoding = "utf-8"
    else:
        body = sample.removeprefix(codecs.BOM_UTF8)
        encoding = _encoding(body)
        physical = _physical(_Joined(body, source))
    separator = ""
    for number, raw, whole in _records(physical):
        fault = None if whole else Fault("TABLES-013")
        text, fault = ("", fault) if fault else _decode(raw, encoding)
        if fault is None and not separator and text.strip():
            bare = _QUOTED.sub("", text)
            separator = max(SEPARATORS, key=bare.count) if any(one in bare for one in SEPARATORS) else ","
        if fault is None and len(raw) > LONGEST_LINE:
            fault = Fault("TABLES-015", limit=LONGEST_LINE)
        fields, fault = ([], fault) if fault else _fields(text, separator or ",")
        yield Line(number, raw, fields, fault)


def torn(line: Line) -> bool:
    """Whether a record has no line end, as the last one of a file cut off."""
    return not line.raw.endswith((b"\n", b"\r"))


class _Joined:
    """A stream whose beginning was already read."""

    def __init__(self, begun: bytes, rest: BinaryIO) -> None:
        self._begun, self._rest = io.BytesIO(begun), rest

    def readline(self, size: int) -> bytes:
        found = self._begun.readline(size)
        if found.endswith(b"\n") or len(found) == size:
            return found
        return found + self._rest.readline(size - len(found))

    def read(self, size: int) -> bytes:
        return self._begun.read(size) or self._rest.read(size)


def _physical(source: _Joined) -> Iterator[bytes]:
    """Lines of at most a little over `LONGEST_LINE` bytes; of a longer one the first piece, the rest is passed over."""
    while line := source.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            more = line
            while more and not more.endswith(b"\n"):
                more = source.readline(LONGEST_LINE + 1)
        yield line


def _utf16(source: _Joined) -> Iterator[bytes]:
    """The same of UTF-16, as UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
    rest = ""
    while piece := source.read(SAMPLE):
        rest += decoder.decode(piece)
        *lines, rest = rest.splitlines(keepends=True) or [""]
        if len(rest) > LONGEST_LINE:
            lines, rest = [*lines, rest], ""
        yield from (line.encode("utf-8", "replace") for line in lines)
    if rest := rest + decoder.decode(b"", final=True):
        yield rest.encode("utf-8", "replace")


def _records(physical: Iterator[bytes]) -> Iterator[tuple[int, bytes, bool]]:
    """Physical lines joined where a quoted field spans several: (first line number, bytes, whether quotes close).

    Where a quote is never closed within `QUOTED_LINES`, its line alone is given as faulty and the following lines are
    read again on their own, so that one stray quote costs one row.
    """
    waiting: list[tuple[int, bytes]] = []
    numbered = enumerate(physical, 1)
    while True:
        number, line = waiting.pop(0) if waiting else next(numbered, (0, b""))
        if not line:
            return
        if line.count(b'"') % 2 == 0:
            yield number, line, True
            continue
        joined = [line]
        taken: list[tuple[int, bytes]] = []
        while len(taken) < QUOTED_LINES:
            one = waiting.pop(0) if waiting else next(numbered, None)
            if one is None:
                break
            taken.append(one)
            joined.append(one[1])
            if one[1].count(b'"') % 2 == 1:
                break
        if taken and taken[-1][1].count(b'"') % 2 == 1 and _opens(line):
            yield number, b"".join(joined), True
        else:
            waiting = taken + waiting
            yield number, line, False


def _opens(line: bytes) -> bool:
    """Whether the last quote of a line opens a field: it stands at a field's beginning."""
    before = line[: line.rfind(b'"')].rstrip(b' "')
    return not before or before[-1:] in b",\t;|"


def _encoding(sample: bytes) -> str:
    whole = sample[: sample.rfind(b"\n") + 1] or sample
    try:
        whole.decode("utf-8")
    except UnicodeDecodeError as error:
        return "utf-8" if error.start > len(whole) - 4 and whole is sample else "gb18030"
    return "utf-8"


def _decode(raw: bytes, encoding: str) -> tuple[str, Fault | None]:
    """The text of a record; one in the other encoding is read in that (parts of files are pasted together).

    Chinese in UTF-8 often passes for GB18030, so UTF-8 is tried first; GB18030 that passes for UTF-8 (`联通`) shows by
    its characters of two bytes, which Chinese text does not have.
    """
    for one in ENCODINGS:
        try:
            text = raw.decode(one)
        except UnicodeDecodeError:
            continue
        if one != encoding and one == "utf-8" and any("\x80" <= sign < "\u0800" for sign in text):
            continue
        return text.replace("\0", "") if "\0" in text else text, None
    return "", Fault("TABLES-014")


def _fields(text: str, separator: str) -> tuple[list[str], Fault | None]:
    if '"' not in text:
        return text.rstrip("\r\n").split(separator), None
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error:
        return [], Fault("TABLES-013")
    return (rows[0] if len(rows) == 1 else [], None if len(rows) == 1 else Fault("TABLES-013"))
