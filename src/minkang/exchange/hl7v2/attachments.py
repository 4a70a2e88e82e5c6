"""ED and RP: data and pointers as FHIR Attachments."""

from __future__ import annotations

import base64
import binascii
import re

from minkang.exchange.hl7v2.conversion import Conversion
from minkang.exchange.hl7v2.datatypes import Json, kept
from minkang.exchange.hl7v2.parsing import Repetition, Segment
from minkang.exchange.hl7v2.values import content_type

_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{1,15}:[^\s\"<>]+")


def attachment(c: Conversion, one: Segment, part: Repetition, kind: str) -> Json:
    """An Attachment of OBX-5 in ED or RP; empty where there is nothing to show. Data that do not decode are noted."""
    title = one.get(3, 2) or one.get(3)
    if kind == "RP":
        pointer = part.get(1)
        if not pointer:
            return {}
        if not _URL.fullmatch(pointer):
            return {"title": f"{title} {pointer}".strip()}
        return kept(contentType=content_type(part.get(3), part.get(4)), url=pointer, title=title)
    data = _data(part)
    if data is None:
        c.note("HL7-025", one.where(5), type="ED", value=part.get(5)[:40])
    return kept(
        contentType=content_type(part.get(2), part.get(3)),
        data=base64.b64encode(data).decode() if data else None,
        title=title,
    )


def text_attachment(text: str, title: str = "") -> Json:
    """Words as an Attachment."""
    return kept(
        contentType="text/plain; charset=utf-8", data=base64.b64encode(text.encode()).decode() if text else None,
        title=title,
    )  # fmt: skip


def _data(part: Repetition) -> bytes | None:
    """The bytes of an ED; empty where it holds none, None where they cannot be decoded."""
    text = "".join(part.get(5).split())
    way = part.get(4).upper()
    if not text:
        return b""
    try:
        if way == "BASE64":
            return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        if way == "HEX":
            return bytes.fromhex(text)
    except (binascii.Error, ValueError):
        return None
    return part.get(5).encode()
