"""Files on their way in: found, recognised when they come again, unpacked as they are read."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

from minkang.errors import Fault

_SAMPLE = 1 << 20
_UNPACK: dict[str, Callable[[IO[bytes]], IO[bytes]]] = {
    ".gz": lambda raw: cast(IO[bytes], gzip.GzipFile(fileobj=raw)),
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
}
DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
"""What reading a file raises that is not what it says it is."""


@dataclass(frozen=True)
class Source:
    """One stream of messages.

    Attributes:
        path: the file.
        member: of a zip archive; empty for a plain file.
        size: bytes of the file as it lies, packed or not.
        fingerprint: tells whether a file that was begun is the same one: SHA-256 of its size, its first and its last
            megabyte, and the member.
    """

    path: Path
    member: str
    size: int
    fingerprint: str

    @property
    def place(self) -> str:
        """How messages name it."""
        return f"{self.path}!{self.member}" if self.member else str(self.path)

    @contextmanager
    def open(self) -> Iterator[tuple[BinaryIO, Callable[[], int]]]:
        """The stream, unpacked, and how many bytes of the file have been read so far.

        Raises:
            Fault: `EXCHANGE-003` for a damaged archive, here or while it is read.
        """
        with ExitStack() as stack:
            try:
                raw = stack.enter_context(self.path.open("rb"))
                stream: IO[bytes] = raw
                if self.member:
                    archive = stack.enter_context(zipfile.ZipFile(raw))
                    stream = stack.enter_context(archive.open(self.member))
                elif self.path.suffix.lower() in _UNPACK:
                    unpacked = stack.enter_context(_UNPACK[self.path.suffix.lower()](raw))
                    stream = io.BufferedReader(cast(io.RawIOBase, unpacked), _SAMPLE)
            except DAMAGED as error:
                raise Fault("EXCHANGE-003", str(self.path), reason=str(error)) from error
            yield cast(BinaryIO, stream), raw.tell


def find_sources(paths: Iterable[Path]) -> list[Source]:
    """The files of paths, folders searched through in the order of names, zip archives opened.

    Raises:
        Fault: `EXCHANGE-001` for a path that does not exist, `EXCHANGE-003` for a damaged archive, `EXCHANGE-005`
            where there is no file at all.
    """
    found: list[Source] = []
    for path in paths:
        if not path.exists():
            raise Fault("EXCHANGE-001", path=str(path))
        files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if _is_wanted(file))
        for file in files:
            found += _sources_of(file)
    if not found:
        raise Fault("EXCHANGE-005", path="、".join(map(str, paths)))
    return found


def _is_wanted(file: Path) -> bool:
    return file.is_file() and not file.name.startswith((".", "~$"))


def _sources_of(file: Path) -> Iterator[Source]:
    size, sample = file.stat().st_size, _sample(file)
    if file.suffix.lower() != ".zip":
        yield Source(file, "", size, _fingerprint(size, sample, ""))
        return
    try:
        with zipfile.ZipFile(file) as archive:
            members = sorted(entry.filename for entry in archive.infolist() if not entry.is_dir())
    except DAMAGED as error:
        raise Fault("EXCHANGE-003", str(file), reason=str(error)) from error
    for member in members:
        yield Source(file, member, size, _fingerprint(size, sample, member))


def _sample(file: Path) -> bytes:
    try:
        with file.open("rb") as raw:
            first = raw.read(_SAMPLE)
            end = raw.seek(0, os.SEEK_END)
            raw.seek(max(len(first), end - _SAMPLE))
            return first + raw.read(_SAMPLE)
    except OSError as error:
        raise Fault("EXCHANGE-003", str(file), reason=error.strerror or str(error)) from error


def _fingerprint(size: int, sample: bytes, member: str) -> str:
    return hashlib.sha256(f"{size}:{member}:".encode() + sample).hexdigest()
