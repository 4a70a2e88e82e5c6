"""A reject's body as a form, and a form as a body: a row cell by cell, everything else as text in its own encoding."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from minkang.errors import Fault
from minkang.exchange.rejects.desk import Reject
from minkang.exchange.tables.connector import Sent
from minkang.exchange.tables.loader import mapping
from minkang.portal.web.exchange.originals import read_text, row_of

MOST_EDITED = 1 << 20
"""Bytes that a form takes; larger bodies are mended elsewhere and sent again."""
CELL = "cell."
_ROW = re.compile(r"row (\d+)")


@dataclass(frozen=True)
class Draft:
    """A body on its way through a form.

    Attributes:
        cells: head and value of each column, of a row; None for text.
        text: the body as text, with line feeds; empty for a row.
        editable: False where a form cannot hold it (not text, or too large).
    """

    cells: Mapping[str, str] | None = None
    text: str = ""
    editable: bool = True


def draft_of(reject: Reject, body: bytes) -> Draft:
    """The form of a body. What came as a row and could not be cut becomes an empty row of its mapping."""
    read = read_text(body)
    if not body or len(body) > MOST_EDITED or read is None:
        return Draft(editable=False)
    family, _, name = reject.feed.partition("/")
    if family == "csv" and name:
        sent = row_of(body)
        cells = dict(sent.cells) if sent else {}
        for column in _columns(name, required=sent is not None):
            cells.setdefault(column, "")
        if reject.inside and sent:
            cells.setdefault(reject.inside, "")
        return Draft(cells=cells)
    return Draft(text=read[0].replace("\r\n", "\n").replace("\r", "\n"))


def typed(reject: Reject, body: bytes, given: Mapping[str, str]) -> Draft:
    """The form as somebody filled it."""
    draft = draft_of(reject, body)
    if draft.cells is not None:
        return Draft(cells={head: given.get(f"{CELL}{number}", "") for number, head in enumerate(draft.cells)})
    return Draft(text=given.get("text", "").replace("\r\n", "\n"), editable=draft.editable)


def body_of(reject: Reject, body: bytes, draft: Draft) -> bytes:
    """The body that a form says, in the encoding and with the line ends of the one it replaces."""
    if draft.cells is not None:
        sent = row_of(body)
        row = sent.row if sent else _row_number(reject.place)
        cells = {head: value.strip() for head, value in draft.cells.items() if value.strip()}
        return msgspec.json.encode(Sent(row, cells, sent.sheet if sent else ""))
    read = read_text(body)
    before, encoding = read or ("", "utf-8")
    ends = "\r\n" if "\r\n" in before else "\r" if "\r" in before else "\n"
    text = draft.text
    if before.endswith(("\r", "\n")) and not text.endswith("\n"):
        text += "\n"
    return text.replace("\n", ends).encode(encoding, "replace")


def _row_number(place: str) -> int:
    found = _ROW.findall(place)
    return int(found[-1]) if found else 0


def _columns(name: str, *, required: bool) -> Sequence[str]:
    """The heads of a mapping; only those a row must have where the others are known from the row itself."""
    try:
        found = mapping(name)
    except Fault:
        return []
    return [one.name for one in found.columns.values() if one.required or not required]
