"""What the headers of FHIR's REST interface mean (R4 3.1.0: versions, conditional reads, `Prefer`, formats)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from typing import Literal

from minkang.errors import Fault
from minkang.portal.api.messages import Request

JSON = "application/fhir+json"
NDJSON = "application/fhir+ndjson"
PATCH = "application/json-patch+json"
FORM = "application/x-www-form-urlencoded"

_ETAG = re.compile(r'(?:W/)?"([^"]*)"')
_JSON_NAMES = frozenset(
    ("json", "application/json", "application/fhir+json", "text/json", "application/json+fhir", "*/*", "application/*")
)
_NDJSON_NAMES = frozenset(("ndjson", "application/ndjson", "application/fhir+ndjson"))
_XML_NAMES = frozenset(("xml", "application/xml", "application/fhir+xml", "text/xml", "application/xml+fhir"))
Return = Literal["minimal", "representation", "OperationOutcome"]


def etag(version: int) -> str:
    """`W/"3"`: the weak tag of a version."""
    return f'W/"{version}"'


def if_match(request: Request) -> int | None:
    """The version a writer says it saw; None without the header, or for `*`.

    Raises:
        Fault: `REST-020` when it is not one tag that this server could have given.
    """
    header = request.headers.get("if-match", "").strip()
    if not header or header == "*":
        return None
    match = _ETAG.fullmatch(header)
    if match is None or not match[1].isdigit():
        raise Fault("REST-020", header="If-Match", value=header)
    return int(match[1])


def not_modified(request: Request, version: int, at: datetime) -> bool:
    """Whether the caller already has this version (`If-None-Match` first, then `If-Modified-Since`)."""
    if tags := request.headers.get("if-none-match"):
        return tags.strip() == "*" or str(version) in _ETAG.findall(tags)
    if since := request.headers.get("if-modified-since"):
        try:
            known = parsedate_to_datetime(since)
        except ValueError:
            raise Fault("REST-020", header="If-Modified-Since", value=since) from None
        return at.replace(microsecond=0) <= known.replace(tzinfo=known.tzinfo or UTC)
    return False


@lru_cache(maxsize=4096)
def _http_date(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, UTC), usegmt=True)


def last_modified(at: datetime) -> str:
    """An instant as HTTP writes it, whole seconds."""
    return _http_date(int(at.timestamp()))


@dataclass(frozen=True)
class Prefer:
    """What a caller would rather have (RFC 7240; R4 3.1.0.1.10.2)."""

    returns: Return | None = None
    strict: bool = False
    asynchronous: bool = False


_NO_PREFERENCE = Prefer()


def prefer(request: Request) -> Prefer:
    """The `Prefer` header; what it does not know it leaves aside, as RFC 7240 asks."""
    header = request.headers.get("prefer")
    return _prefer(header) if header else _NO_PREFERENCE


@lru_cache(maxsize=64)
def _prefer(header: str) -> Prefer:
    words = {word.strip().replace('"', "") for word in re.split("[,;]", header)}
    returns: Return | None = None
    for choice in ("minimal", "representation", "OperationOutcome"):
        if f"return={choice}" in words:
            returns = choice
    return Prefer(returns, "handling=strict" in words, "respond-async" in words)


def check_accepts(request: Request, asked_format: str | None, *, ndjson: bool = False) -> None:
    """Refuse a caller who takes no JSON; `_format` outranks `Accept`.

    Raises:
        Fault: `REST-021`.
    """
    given = asked_format if asked_format else request.headers.get("accept", "")
    if given and not _accepts(given, ndjson):
        raise Fault("REST-021", format=given)


@lru_cache(maxsize=256)
def _accepts(given: str, ndjson: bool) -> bool:
    kinds = [part.split(";")[0].strip().replace(" ", "+").lower() for part in given.split(",")]
    if any(kind in _JSON_NAMES or (ndjson and kind in _NDJSON_NAMES) for kind in kinds):
        return True
    # A browser that asks for a page gets JSON, which it can show; one that insists on XML is told no.
    return "text/html" in kinds and not set(kinds) <= _XML_NAMES


def check_content(request: Request, *, also: frozenset[str] = frozenset()) -> str:
    """The media type of the body, refusing other types than FHIR JSON (and `also`) and other charsets than UTF-8.

    Returns:
        The bare type in lower case; `application/fhir+json` when none is given.

    Raises:
        Fault: `REST-022` for a type, `REST-023` for a charset.
    """
    header = request.headers.get("content-type", "")
    if not header:
        return JSON
    kind, charset = _content(header)
    if charset not in ("", "utf-8", "utf8", "us-ascii"):
        raise Fault("REST-023", charset=charset)
    if kind not in _JSON_NAMES and kind not in also:
        raise Fault("REST-022", type=kind)
    return kind if kind in also else JSON


@lru_cache(maxsize=256)
def _content(header: str) -> tuple[str, str]:
    kind, *parameters = (part.strip() for part in header.split(";"))
    charset = ""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    return kind.lower(), charset
