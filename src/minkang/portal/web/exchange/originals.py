"""A message's body as people read it: segments, document, row, JSON, text; whatever it holds, nothing of it runs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import msgspec
from django.utils.safestring import SafeString, mark_safe

from minkang.errors import Fault, Language
from minkang.exchange.cda.showing import to_html
from minkang.exchange.tables.connector import Sent

MOST_SHOWN = 200_000
"""Characters that a page shows of a body; the file can be downloaded whole."""
_ENCODINGS = ("utf-8", "gb18030")
_BODY = re.compile(r"<body>(.*)</body>", re.DOTALL)
_TITLE = re.compile(r"<h1>(.*?)</h1>", re.DOTALL)
_NONE = SafeString("")
_HL7_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}")


@dataclass(frozen=True)
class Segment:
    """A segment of an HL7 v2 message: its name, its line, its fields that say something by number (from 1)."""

    name: str
    line: str
    fields: Sequence[tuple[int, str]]
    marked: bool = False


@dataclass(frozen=True)
class Original:
    """A body ready to be shown.

    Attributes:
        kind: which of the following is filled.
        text: the body as text, cut at `MOST_SHOWN`; empty for `bytes`.
        segments, pairs: of `segments` and `row`.
        document: of `document`: markup in which every word of the body is escaped.
        cut: whether there is more than is shown.
        size: of the body in bytes.
        wrong: the name of the field that a fault names.
    """

    template: ClassVar[str] = "exchange/original.html"
    kind: Literal["segments", "document", "row", "json", "text", "bytes"]
    size: int
    text: str = ""
    segments: Sequence[Segment] = ()
    pairs: Sequence[tuple[str, str]] = ()
    document: SafeString = _NONE
    cut: bool = False
    wrong: str = ""


def read_text(body: bytes) -> tuple[str, str] | None:
    """A body as text, and its encoding; None where it is none."""
    for encoding in _ENCODINGS:
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text else (text, encoding)
    return None


def show(feed: str, body: bytes, language: Language, where: str = "") -> Original:
    """A body as it is read.

    Args:
        feed: what the message is.
        where: the place inside it that a fault names.
    """
    read = read_text(body)
    if read is None:
        return Original("bytes", len(body))
    text, size = read[0], len(body)
    cut = len(text) > MOST_SHOWN
    shown = text[:MOST_SHOWN].replace("\r\n", "\n").replace("\r", "\n")
    family = feed.partition("/")[0]
    if family == "hl7v2":
        return Original("segments", size, shown, segments=_segments(shown, where), cut=cut)
    if family == "cda" and not cut:
        return _document(body, shown, language)
    if family == "csv" and (sent := row_of(body)) is not None:
        return Original("row", size, shown, pairs=list(sent.cells.items()), wrong=where)
    if text.lstrip()[:1] in ("{", "[") and not cut:
        return _json(shown, size)
    return Original("text", size, shown, cut=cut)


def row_of(body: bytes) -> Sent | None:
    """A row as the exchange keeps it; None where the body is something else."""
    try:
        return msgspec.json.decode(body, type=Sent)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _segments(text: str, where: str) -> list[Segment]:
    found = []
    separator = text[3:4] if text.startswith("MSH") and len(text) > 3 else "|"
    name_of_fault = re.match(r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?", where)
    seen: dict[str, int] = {}
    for line in text.split("\n"):
        if not line.strip():
            continue
        name, *rest = line.split(separator)
        seen[name] = seen.get(name, 0) + 1
        # The separator itself is the first field of a header.
        first = 2 if name in ("MSH", "FHS", "BHS") else 1
        fields = [(number, value) for number, value in enumerate(rest, first) if value]
        marked = bool(name_of_fault and name_of_fault[1] == name and name_of_fault[2] in (None, str(seen[name])))
        found.append(Segment(name if _HL7_SEGMENT.fullmatch(name) else "?", line, fields, marked))
    return found


def _document(body: bytes, text: str, language: Language) -> Original:
    try:
        whole = to_html(body, language)
    except Fault:
        return Original("text", len(body), text)
    inner = _BODY.search(whole)
    # The page has a heading of its own. All words inside are escaped by `to_html`, which makes no link or script.
    markup = _TITLE.sub(r"<p><b>\1</b></p>", inner[1]) if inner else ""
    return Original("document", len(body), text, document=mark_safe(markup))


def _json(text: str, size: int) -> Original:
    try:
        said = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return Original("text", size, text)
    return Original("json", size, said)
