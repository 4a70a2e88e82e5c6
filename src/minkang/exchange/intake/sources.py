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
from contextlib import contextmanager
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
    """One file of messages, or an archive of such files.

    Attributes:
        path: the file.
        size: its bytes as it lies, packed or not.
        fingerprint: tells whether a file that was begun is the same one: SHA-256 of its size, its first and its last
            megabyte.
    """

    path: Path
    size: int
    fingerprint: str

    @property
    def place(self) -> str:
        """How messages name it."""
        return str(self.path)

    @contextmanager
    def open(self) -> Iterator[tuple[Iterator[tuple[BinaryIO, str]], Callable[[], int]]]:
        """Its streams, unpacked, one after the other, each with its place; and how many bytes are read so far.

        What reading a damaged file raises (`DAMAGED`) passes through the streams.
        """
        with self.path.open("rb") as raw:
            yield self._streams(raw), raw.tell

    def _streams(self, raw: BinaryIO) -> Iterator[tuple[BinaryIO, str]]:
        suffix = self.path.suffix.lower()
        if suffix == ".zip":
            with zipfile.ZipFile(raw) as archive:
                for entry in sorted(archive.infolist(), key=lambda entry: entry.filename):
                    if not entry.is_dir():
                        with archive.open(entry) as member:
                            yield cast(BinaryIO, member), f"{self.path}!{entry.filename}"
        elif suffix in _UNPACK:
            with _UNPACK[suffix](raw) as unpacked:
                yield cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, unpacked), _SAMPLE)), str(self.path)
        else:
            yield raw, str(self.path)


def find_sources(paths: Iterable[Path]) -> list[Source]:
    """The files of paths, folders searched through in the order of names.

    Raises:
        Fault: `EXCHANGE-001` for a path that does not exist, `EXCHANGE-003` for one that cannot be read, `EXCHANGE-005`
            where there is no file at all.
    """
    found: list[Source] = []
    for path in paths:
        if not path.exists():
            raise Fault("EXCHANGE-001", path=str(path))
        files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if _is_wanted(file))
        found += [_source_of(file) for file in files]
    if not found:
        raise Fault("EXCHANGE-005", path="、".join(map(str, paths)))
    return found


def _is_wanted(file: Path) -> bool:
    return file.is_file() and not file.name.startswith((".", "~$"))


def _source_of(file: Path) -> Source:
    size = file.stat().st_size
    return Source(file, size, hashlib.sha256(f"{size}:".encode() + _sample(file)).hexdigest())


def _sample(file: Path) -> bytes:
    try:
        with file.open("rb") as raw:
            first = raw.read(_SAMPLE)
            end = raw.seek(0, os.SEEK_END)
            raw.seek(max(len(first), end - _SAMPLE))
            return first + raw.read(_SAMPLE)
    except OSError as error:
        raise Fault("EXCHANGE-003", str(file), reason=error.strerror or str(error)) from error
