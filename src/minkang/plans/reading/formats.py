"""Which reader takes which file, told by its first bytes and its ending."""

from __future__ import annotations

from pathlib import Path

from minkang.errors import Fault
from minkang.plans.reading.pieces import Piece
from minkang.plans.reading.text import read_text

MOST_BYTES = 100 * 1024 * 1024
ENCODINGS = ("utf-8-sig", "gb18030")
ENDINGS = ".txt .docx .doc .html .htm .pdf"


def pieces_of(path: Path) -> tuple[str, list[Piece]]:
    """The normalised text of a file and its pieces.

    Raises:
        Fault: `PLANS-001` unreadable, `PLANS-002` format unknown, and what the readers of the formats raise.
    """
    body = file_bytes(path)
    ending = path.suffix.lower()
    if body.startswith(b"%PDF"):
        from minkang.plans.reading.pdf import read_pdf  # noqa: PLC0415  loads pdfplumber

        return read_pdf(path)
    if body.startswith(b"\xd0\xcf\x11\xe0"):
        from minkang.plans.reading.office import read_office  # noqa: PLC0415  runs LibreOffice

        return read_office(path, body)
    if body.startswith(b"PK") or ending == ".docx":
        from minkang.plans.reading.word import read_word  # noqa: PLC0415  loads python-docx

        return read_word(path)
    if ending in (".html", ".htm") or body[:200].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        from minkang.plans.reading.web import read_web  # noqa: PLC0415  loads lxml

        return read_web(body)
    if ending not in (".txt", ".text", ""):
        raise Fault("PLANS-002", where=path.name, known=ENDINGS)
    return read_text(decode(body, path.name))


def decode(body: bytes, name: str) -> str:
    """The text of a file in UTF-8, UTF-16 with its mark, or GB 18030."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", errors="replace")
    for encoding in ENCODINGS:
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Fault("PLANS-001", where=name, reason="UTF-8 / GB 18030")


def file_bytes(path: Path) -> bytes:
    """The bytes of a file; `PLANS-001`, `PLANS-003` (too large) or `PLANS-004` (empty) where there are none to read."""
    try:
        body = path.read_bytes()
    except OSError as error:
        raise Fault("PLANS-001", where=path.name, reason=error.strerror or str(error)) from error
    if len(body) > MOST_BYTES:
        raise Fault("PLANS-003", where=path.name, most=MOST_BYTES // 1024**2)
    if not body.strip():
        raise Fault("PLANS-004", where=path.name)
    return body
