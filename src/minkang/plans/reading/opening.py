"""A file of any known format as a document."""

from __future__ import annotations

from pathlib import Path

from minkang.plans.reading.document import Document
from minkang.plans.reading.outline import outline


def read_document(path: Path) -> Document:
    """Read a plan from a file (.txt, .docx, .doc, .html, .pdf).

    Raises:
        Fault: `PLANS-001` to `PLANS-009`, when the file cannot be read as text.
    """
    # Loads lxml, pdfplumber and python-docx, which no other command needs.
    from minkang.plans.reading.formats import pieces_of  # noqa: PLC0415

    text, pieces = pieces_of(path)
    return outline(path.name, text, pieces)
