"""FHIR JSON in files: resources, Bundles and NDJSON, plain or in gz, bz2, xz, zip and tar, read as a stream.

A file is never unpacked to disk and an NDJSON file of any size is read line by line; a single JSON document is held
in memory whole and is therefore limited.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import IO, cast

from minkang.errors import Fault

LARGEST_DOCUMENT = 1 << 30
_SNIFF = 1 << 16
_DECOMPRESSORS: dict[str, Callable[[IO[bytes]], IO[bytes]]] = {
    ".gz": lambda raw: cast(IO[bytes], gzip.GzipFile(fileobj=raw)),
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
}
_TAR = (".tar", ".tgz", ".tbz2", ".txz")
_NDJSON = (".ndjson", ".jsonl")
_JSON = (".json", *_NDJSON)


@dataclass(frozen=True)
class Document:
    """One JSON document as it stands in a file.

    Attributes:
        place: file, member of an archive, and line (`a.zip!b.ndjson:17`), for messages.
        body: its bytes; undecoded and unchecked.
        done: compressed bytes of the file read so far, for a progress bar.
    """

    place: str
    body: bytes
    done: int


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The files to read, folders searched through; Bundles of institutions first (`0-…`), since others refer to them.

    Raises:
        Fault: `EXCHANGE-001` for a path that does not exist, `EXCHANGE-002` where nothing readable is found.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(file for file in path.rglob("*") if file.is_file() and _readable(file.name))
        elif path.is_file():
            found.append(path)
        else:
            raise Fault("EXCHANGE-001", path=str(path))
    if not found:
        raise Fault("EXCHANGE-002", path=", ".join(map(str, paths)))
    return found


def read_file(path: Path, largest: int = LARGEST_DOCUMENT) -> Iterator[Document]:
    """Every JSON document of a file, in order.

    Raises:
        Fault: `EXCHANGE-003` for a damaged archive, `EXCHANGE-004` for a document larger than `largest` bytes. What
            was read before the fault has been yielded.
    """
    with path.open("rb") as raw:
        try:
            for place, stream in _members(path.name, raw):
                prefix = str(path.parent / place)
                for line, body in _documents(place, stream, largest):
                    yield Document(f"{prefix}{line}", body, raw.tell())
        except (OSError, EOFError, zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile) as error:
            raise Fault("EXCHANGE-003", where=str(path), reason=str(error)) from error


def _readable(name: str) -> bool:
    pure = PurePath(name.lower())
    suffixes = pure.suffixes
    if suffixes and suffixes[-1] in _DECOMPRESSORS:
        return bool(suffixes[:-1]) and suffixes[-2] in (*_JSON, ".tar")
    return bool(suffixes) and suffixes[-1] in (*_JSON, ".zip", *_TAR)


def _members(name: str, raw: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    lower = name.lower()
    if lower.endswith(_TAR) or any(lower.endswith(f".tar{end}") for end in _DECOMPRESSORS):
        with tarfile.open(fileobj=raw, mode="r|*") as tar:
            for member in tar:
                stream = tar.extractfile(member) if member.isfile() and _readable(member.name) else None
                if stream is not None:
                    yield from _prefixed(name, _members(member.name, stream))
    elif lower.endswith(".zip"):
        with zipfile.ZipFile(raw) as archive:
            for entry in archive.infolist():
                if not entry.is_dir() and _readable(entry.filename):
                    with archive.open(entry) as stream:
                        yield from _prefixed(name, _members(entry.filename, stream))
    elif (suffix := PurePath(lower).suffix) in _DECOMPRESSORS:
        yield name, _DECOMPRESSORS[suffix](raw)
    else:
        yield name, raw


def _prefixed(name: str, members: Iterator[tuple[str, IO[bytes]]]) -> Iterator[tuple[str, IO[bytes]]]:
    return ((f"{name}!{member}", stream) for member, stream in members)


def _documents(name: str, stream: IO[bytes], largest: int) -> Iterator[tuple[str, bytes]]:
    head = stream.read(_SNIFF)
    if _is_lines(name, head):
        yield from _lines(name, head, stream, largest)
        return
    body = head + stream.read(largest - len(head) + 1)
    if len(body) > largest:
        raise Fault("EXCHANGE-004", where=name, limit=largest)
    if body.strip():
        yield "", body


def _is_lines(name: str, head: bytes) -> bool:
    """Lines by name, or where the first line is a whole object and another follows."""
    if any(end in PurePath(name.lower()).suffixes for end in _NDJSON):
        return True
    first, newline, rest = head.lstrip().partition(b"\n")
    return bool(newline) and rest.lstrip().startswith(b"{") and first.startswith(b"{") and first.rstrip().endswith(b"}")


def _lines(name: str, head: bytes, stream: IO[bytes], largest: int) -> Iterator[tuple[str, bytes]]:
    buffered = io.BufferedReader(_Chained(head, stream), 1 << 20)
    number = 0
    while line := buffered.readline(largest + 1):
        number += 1
        if len(line) > largest:
            raise Fault("EXCHANGE-004", where=f"{name}:{number}", limit=largest)
        if line.strip():
            yield f":{number}", line.rstrip(b"\r\n")


class _Chained(io.RawIOBase):
    """A stream with its first bytes, read for sniffing, put back before it."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        super().__init__()
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        chunk = self._head[: len(buffer)] if self._head else self._rest.read(len(buffer))
        self._head = self._head[len(buffer) :] if self._head else b""
        buffer[: len(chunk)] = chunk
        return len(chunk)
