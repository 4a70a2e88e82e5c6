"""Files of messages: lines, HL7 messages, archives of documents, CSV and workbooks; the same input, the same bytes."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from minkang.synth.feeds.telling import Feed, Pack
from minkang.synth.feeds.workbook import write_workbook

DATED = (1980, 1, 1, 0, 0, 0)  # archives keep a time for each entry; a fixed one keeps their bytes the same
MARK = b"\xef\xbb\xbf"

Body = tuple[str, bytes]


def write_pack(place: Path, feed: Feed, pack: Pack, bodies: Iterable[Body], encoding: str) -> None:
    """Write the (key, body) pairs as one file; bodies of tables are lines of CSV in UTF-8."""
    if pack is Pack.ZIP:
        _archive(place, feed, bodies)
    elif pack is Pack.XLSX:
        write_workbook(place, chain([feed.columns], _rows(bodies)))
    elif pack is Pack.CSV:
        _csv(place, feed, bodies, encoding)
    else:
        with place.open("wb") as file:
            file.writelines(body + b"\n" for _, body in bodies)


def _archive(place: Path, feed: Feed, bodies: Iterable[Body]) -> None:
    """Stored, not deflated: that would take longer than all the rest of a document."""
    used: dict[str, int] = {}
    with zipfile.ZipFile(place, "w", zipfile.ZIP_STORED) as archive:
        for key, body in bodies:
            used[key] = used.get(key, 0) + 1
            name = key if used[key] == 1 else f"{key}~{used[key]}"
            entry = zipfile.ZipInfo(name + feed.inner, DATED)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, body)


def _csv(place: Path, feed: Feed, bodies: Iterable[Body], encoding: str) -> None:
    """With the byte order mark that Excel writes, where it is UTF-8; signs GB18030 lacks do not exist."""
    head = io.StringIO()
    csv.writer(head, delimiter=feed.separator, lineterminator="\r\n").writerow(feed.columns)
    with place.open("wb") as file:
        file.write(MARK if encoding == "utf-8" else b"")
        file.write(head.getvalue().encode(encoding))
        for _, body in bodies:
            line = body if feed.separator == "," else _separated(body, feed.separator)
            file.write(line if encoding == "utf-8" else line.decode().encode(encoding))


def _separated(body: bytes, separator: str) -> bytes:
    line = io.StringIO()
    csv.writer(line, delimiter=separator, lineterminator="\r\n").writerow(next(_rows([("", body)])))
    return line.getvalue().encode()


def _rows(bodies: Iterable[Body]) -> Iterator[list[str]]:
    for _, body in bodies:
        yield from csv.reader([body.decode()])


def cut(place: Path, share: float) -> None:
    """Cut a file off after a share of its bytes."""
    size = place.stat().st_size
    with place.open("r+b") as file:
        file.truncate(max(1, int(size * share)))
