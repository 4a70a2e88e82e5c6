"""Excel files (.xlsx, .xls, .xlsb, .ods): rows of text, after a look at how large the file really is."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from io import BytesIO
from typing import IO, Any, BinaryIO

from minkang.errors import Fault

PACKED_LIMIT = 512 << 20
UNPACKED_LIMIT = 1 << 30
QUICK_LIMIT = 96 << 20
"""Up to this unpacked size a workbook is read at once (calamine); above it row by row (openpyxl), ten times slower."""
RATIO, RATIO_FROM = 150, 16 << 20
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"

Sheet = tuple[str, Iterator[list[str]]]


def is_workbook(head: bytes) -> bool:
    """Whether a file begins as a workbook does, or as a web page saved as one."""
    return head.startswith((ZIP, OLE)) or _is_page(head)


def _is_page(head: bytes) -> bool:
    start = head.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    return start.startswith((b"<html", b"<table", b"<!doctype html", b"<?xml"))


def read_sheets(source: BinaryIO) -> Iterator[Sheet]:
    """Each sheet's name and its rows, cells as text (`2020-03-05`, `2020-03-05 08:30:00`, `12.5`); empty ones as "".

    Raises:
        Fault: `TABLES-016` for what cannot be read, `TABLES-017` for a zip bomb, `TABLES-018` for a web page.
    """
    head = source.read(512)
    source.seek(0)
    if _is_page(head):
        raise Fault("TABLES-018")
    size = source.seek(0, 2)
    source.seek(0)
    if size > PACKED_LIMIT:
        raise Fault("TABLES-017", size=size, limit=PACKED_LIMIT)
    unpacked = _unpacked(source, size) if head.startswith(ZIP) else 0
    source.seek(0)
    if unpacked > QUICK_LIMIT:
        yield from _slow(source)
    else:
        yield from _quick(source)


def _unpacked(source: BinaryIO, size: int) -> int:
    """The true unpacked size: what the directory says is not trusted, since a bomb lies there."""
    total = 0
    try:
        with zipfile.ZipFile(source) as packed:
            for entry in packed.infolist():
                total += _entry(source, entry)
                if total > UNPACKED_LIMIT or (total > RATIO_FROM and total > RATIO * max(size, 1)):
                    raise Fault("TABLES-017", size=total, limit=UNPACKED_LIMIT)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError) as error:
        raise Fault("TABLES-016", reason=str(error)) from None
    return total


def _entry(source: BinaryIO, entry: zipfile.ZipInfo) -> int:
    """The unpacked bytes of one entry, counted without keeping them."""
    source.seek(entry.header_offset)
    head = source.read(30)
    if len(head) < 30 or entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise zipfile.BadZipFile(entry.filename)
    source.seek(int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little"), 1)
    if entry.compress_type == zipfile.ZIP_STORED:
        return entry.compress_size
    inflater, left, total = zlib.decompressobj(-15), entry.compress_size, 0
    while left > 0 and not inflater.eof:
        piece = source.read(min(left, 1 << 16))
        if not piece:
            break
        left -= len(piece)
        while piece:
            total += len(inflater.decompress(piece, 1 << 20))
            piece = inflater.unconsumed_tail
        if total > UNPACKED_LIMIT:
            break
    return total


def _quick(source: BinaryIO) -> Iterator[Sheet]:
    # A hidden import: the reader is a compiled library that nobody who sends CSV needs to load.
    from python_calamine import CalamineWorkbook  # noqa: PLC0415

    try:
        book = CalamineWorkbook.from_filelike(BytesIO(source.read()))
        names = book.sheet_names
    except Exception as error:  # noqa: BLE001 - the library raises its own and those of its Rust parts
        raise Fault("TABLES-016", reason=str(error)) from None
    for name in names:
        yield name, _rows(book, name)


def _rows(book: Any, name: str) -> Iterator[list[str]]:
    try:
        sheet = book.get_sheet_by_name(name)
        offset = sheet.start[0] if sheet.start else 0
        yield from ([] for _ in range(min(offset, 1000)))
        for row in sheet.iter_rows():
            yield [cell_text(cell) for cell in row]
    except Exception as error:  # noqa: BLE001 - as above; a sheet may be a chart
        raise Fault("TABLES-016", name, reason=str(error)) from None


def _slow(source: BinaryIO) -> Iterator[Sheet]:
    # A hidden import: openpyxl takes 0.2 s to load and serves large workbooks only.
    from openpyxl import load_workbook  # noqa: PLC0415

    try:
        book = load_workbook(_kept(source), read_only=True, data_only=True)
    except Exception as error:  # noqa: BLE001 - openpyxl lets errors of zip, XML and its own types through
        raise Fault("TABLES-016", reason=str(error)) from None
    for sheet in book.worksheets:
        yield sheet.title, _slow_rows(sheet)
    book.close()


def _slow_rows(sheet: Any) -> Iterator[list[str]]:
    try:
        for row in sheet.iter_rows(values_only=True):
            yield [cell_text(cell) for cell in row]
    except Exception as error:  # noqa: BLE001 - as above
        raise Fault("TABLES-016", sheet.title, reason=str(error)) from None


def _kept(source: BinaryIO) -> IO[bytes]:
    return source


def cell_text(cell: Any) -> str:
    """A cell as the text that a CSV export would have."""
    if isinstance(cell, str):
        return cell
    say = _SAYINGS.get(type(cell))
    return say(cell) if say else ("" if cell is None else str(cell))


def _number(cell: float) -> str:
    return str(int(cell)) if abs(cell) < 1e15 and cell == int(cell) else f"{cell:.15g}"


def _moment(cell: datetime) -> str:
    return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "seconds")


_SAYINGS: dict[type, Callable[[Any], str]] = {
    float: _number,
    bool: lambda cell: "1" if cell else "0",
    datetime: _moment,
    date: date.isoformat,
    time: time.isoformat,
}
