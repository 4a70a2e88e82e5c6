"""The connector of clinical documents: files of them, one after another or in a ZIP, to messages; those to drafts."""

from __future__ import annotations

import hashlib
import re
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, BinaryIO, cast

from minkang.codes.translator import Translator
from minkang.errors import Fault
from minkang.exchange.cda.drafting import Drafting
from minkang.exchange.cda.header import DOCUMENT_ROOT
from minkang.exchange.cda.parsing import MAX_BYTES, parse
from minkang.exchange.message import Converted, Message, Rejected

FEED = "cda"
PIECE = 1 << 18
SPOOLED = 1 << 26
_END = re.compile(rb"</(?:[A-Za-z_][\w.-]*:)?ClinicalDocument\s*>")
_LONGEST_END = 80
_HEAD = 8192
_ID = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?id\b([^<>]*)>")
_ATTRIBUTE = re.compile(r"""\b(root|extension)\s*=\s*["']([^"'<>]{1,200})["']""")


class Documents:
    """Reads WS/T 500 and WS/T 483 documents; see `minkang.exchange.message.Connector`."""

    name = FEED

    def split(self, source: BinaryIO, place: str, sender: str) -> Iterator[Message | Rejected]:
        """One message a document; the rest of a file that ends inside one is rejected, as is a damaged ZIP."""
        head = source.read(4)
        if head == b"PK\x03\x04":
            yield from _unzip(head, source, place, sender)
        else:
            yield from _cut(head, source, place, sender)

    def convert(self, message: Message, translator: Translator) -> Converted:
        """What a document says.

        Raises:
            Fault: `CDA-001` to `CDA-014`: why it is refused, with line or element.
        """
        return Drafting(parse(message.body), translator, message.sender).converted()


def _unzip(head: bytes, source: BinaryIO, place: str, sender: str) -> Iterator[Message | Rejected]:
    with tempfile.SpooledTemporaryFile(max_size=SPOOLED) as kept:
        kept.write(head)
        while piece := source.read(PIECE):
            kept.write(piece)
        kept.seek(0)
        try:
            archive = zipfile.ZipFile(cast(IO[bytes], kept))
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            kept.seek(0)
            yield _rejected(kept.read(MAX_BYTES), place, sender, Fault("EXCHANGE-003", place, reason=str(error)))
            return
        with archive:
            for entry in archive.infolist():
                if not entry.is_dir():
                    yield _entry(archive, entry, f"{place}/{entry.filename}", sender)


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, place: str, sender: str) -> Message | Rejected:
    """One document of a ZIP, never more of it than a document may have, whatever its head says."""
    body = b""
    try:
        with archive.open(entry) as opened:
            body = opened.read(MAX_BYTES + 1)
    except Exception as error:  # noqa: BLE001 -- a damaged entry makes zlib, zipfile and struct raise what they like.
        return _rejected(body, place, sender, Fault("EXCHANGE-003", place, reason=str(error)))
    if len(body) > MAX_BYTES:
        return _rejected(body[:MAX_BYTES], place, sender, Fault("CDA-001", place, limit=MAX_BYTES))
    return _message(body, place, sender)


def _cut(head: bytes, source: BinaryIO, place: str, sender: str) -> Iterator[Message | Rejected]:
    """Documents that follow each other in one file: each ends with the end tag of its root element.

    The end tag is searched for in bytes: in UTF-8 and GB18030 no character contains `<`. UTF-16 is taken as
    one document.
    """
    held, number, searched, skipping = head, 1, 0, False
    wide = head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in head
    more = True
    while more:
        piece = source.read(PIECE)
        more = bool(piece)
        held += piece
        while not wide and (end := _END.search(held, max(searched, 0))):
            body, held, searched = held[: end.end()], held[end.end() :], 0
            if not skipping:
                yield _message(body.lstrip(b"\r\n\t "), f"{place}#{number}", sender)
            skipping, number = False, number + 1
        searched = len(held) - _LONGEST_END
        if len(held) > MAX_BYTES and more:
            if not skipping:
                yield _rejected(
                    held[:MAX_BYTES],
                    f"{place}#{number}",
                    sender,
                    Fault("CDA-001", f"{place}#{number}", limit=MAX_BYTES),
                )
            held, searched, skipping = held[-_LONGEST_END:], 0, True
    rest = held.strip(b"\r\n\t \x1a")
    if rest and not skipping:
        whole = wide and len(rest) <= MAX_BYTES
        where = f"{place}#{number}"
        yield _message(held, where, sender) if whole else _rejected(rest, where, sender, Fault("CDA-007", where))


def _message(body: bytes, place: str, sender: str) -> Message:
    return Message(sender, FEED, key_of(body), body, datetime.now(UTC), place)


def _rejected(body: bytes, place: str, sender: str, fault: Fault) -> Rejected:
    return Rejected(sender, FEED, body, datetime.now(UTC), fault, place, key_of(body))


def key_of(body: bytes) -> str:
    """The document's own number, read from its beginning without parsing; a digest where there is none."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in body[:4]:
        codec = "utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-16-le" if body[:1] == b"<" else "utf-16-be"
        head = body[: 2 * _HEAD].decode(codec, "replace")
    else:
        head = body[:_HEAD].decode("utf-8", "replace")
    head = re.sub(r"<!--.*?(?:-->|$)", "", head, flags=re.DOTALL)
    if (found := _ID.search(head)) and (said := dict(_ATTRIBUTE.findall(found.group(1)))):
        root, number = said.get("root", ""), said.get("extension", "")
        key = number if root == DOCUMENT_ROOT and number else "/".join(part for part in (root, number) if part)
        if "\ufffd" not in key:
            return key
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
