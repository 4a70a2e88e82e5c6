"""A request and a response as plain values, so that handlers are functions and tests need no server."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from minkang.errors import Language

_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")


@dataclass
class Request:
    """What a caller sent.

    Attributes:
        method: HTTP method in capitals.
        segments: the path below the door, percent-decoded (`("Patient", "1")`).
        query: the query string as sent, without `?`.
        headers: by lower-case name.
        receive: reads the whole body, decompressed and within the limits; called at most once.
        base: public address of the server without a trailing slash (`https://fhir.example.cn`).
        address: network address of the caller.
    """

    method: str
    segments: tuple[str, ...]
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    receive: Callable[[], bytes] = bytes
    base: str = ""
    address: str = ""

    @cached_property
    def body(self) -> bytes:
        """The body, read when first asked for; a handler that needs none leaves it unread."""
        return self.receive()

    @cached_property
    def id(self) -> str:
        """`X-Request-Id` where the caller sent a usable one, else a new id; it joins audit rows and log lines."""
        given = self.headers.get("x-request-id", "")
        return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex

    @cached_property
    def language(self) -> Language:
        """`zh` or `en`, whichever `Accept-Language` weighs more; English when it names neither."""
        return preferred_language(self.headers.get("accept-language", ""), otherwise="en")


@dataclass
class Response:
    """What is sent back.

    Attributes:
        status: HTTP status.
        body: bytes, or chunks of bytes for what should not lie in memory at once.
        headers: in the order they are sent; names in their usual spelling.
    """

    status: int
    body: bytes | Iterable[bytes] = b""
    headers: list[tuple[str, str]] = field(default_factory=list)

    def header(self, name: str) -> str:
        """The first header of this name in any case; empty when there is none."""
        lowered = name.lower()
        return next((value for key, value in self.headers if key.lower() == lowered), "")


def preferred_language(header: str, *, otherwise: Language) -> Language:
    """The language of the two that an `Accept-Language` header weighs most (RFC 9110, 12.5.4)."""
    if not header:
        return otherwise
    best: tuple[float, Language] = (0.0, otherwise)
    for part in header.split(","):
        tag, _, weight = part.strip().partition(";")
        language: Language | None = _language_of(tag)
        if language and _weight(weight) > best[0]:
            best = (_weight(weight), language)
    return best[1]


def _language_of(tag: str) -> Language | None:
    first = tag.split("-", maxsplit=1)[0].strip().lower()
    if first == "zh":
        return "zh"
    return "en" if first == "en" else None


def _weight(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
