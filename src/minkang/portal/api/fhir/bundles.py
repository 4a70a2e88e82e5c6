"""Bundles put together from stored bytes: bodies are spliced in as they lie, nothing is decoded and encoded again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from minkang.portal.api.fhir.headers import etag
from minkang.records.repository import HistoryPage, Record

_encode = msgspec.json.encode
_METHODS = {"create": "POST", "update": "PUT", "delete": "DELETE"}


def bundle(
    kind: str, entries: Sequence[bytes], *, links: Iterable[tuple[str, str]] = (), total: int | None = None
) -> bytes:
    """A Bundle of ready entries.

    Args:
        kind: `Bundle.type`.
        entries: each a JSON object of Bundle.entry.
        links: relation and address.
        total: `Bundle.total` where it is known.
    """
    head: dict[str, Any] = {"resourceType": "Bundle", "type": kind}
    if total is not None:
        head["total"] = total
    if listed := [{"relation": relation, "url": url} for relation, url in links]:
        head["link"] = listed
    if not entries:
        return _encode(head)
    return b"".join((_encode(head)[:-1], b',"entry":[', b",".join(entries), b"]}"))


def search_entry(base: str, record: Record, mode: str, body: bytes | None = None) -> bytes:
    """One result; type and id need no escaping, they are checked when they are stored."""
    address = f'{{"fullUrl":"{base}/{record.type}/{record.id}","resource":'.encode()
    return b"".join((address, body or record.body or b"null", b',"search":{"mode":"', mode.encode(), b'"}}'))


def outcome_entry(outcome: bytes) -> bytes:
    """Warnings of a search, as an entry of its own (R4 3.1.1.4.2)."""
    return _encode({"resource": msgspec.Raw(outcome), "search": {"mode": "outcome"}})


def history_entry(base: str, record: Record) -> bytes:
    """One version, with the request that made it and the response it had."""
    first = record.version == 1
    created = record.method == "create"
    request = {
        "method": _METHODS[record.method],
        "url": record.type if created else f"{record.type}/{record.id}",
    }
    parts = [f'{{"fullUrl":"{base}/{record.type}/{record.id}",'.encode()]
    if record.body is not None:
        parts += [b'"resource":', record.body, b","]
    parts += [b'"request":', _encode(request), b',"response":']
    parts += [_encode(_versioned(201 if first else 204 if record.deleted else 200, record)), b"}"]
    return b"".join(parts)


def response_entry(
    base: str,
    status: int,
    *,
    record: Record | None = None,
    location: bool = False,
    resource: bytes | None = None,
    outcome: bytes | None = None,
) -> bytes:
    """The answer to one entry of a batch or transaction."""
    response = _versioned(status, record)
    if location and record is not None:
        response["location"] = f"{base}/{record.type}/{record.id}/_history/{record.version}"
    if outcome is not None:
        response["outcome"] = msgspec.Raw(outcome)
    parts = [b"{"]
    if record is not None and not record.deleted:
        parts.append(f'"fullUrl":"{base}/{record.type}/{record.id}",'.encode())
    if resource is not None:
        parts += [b'"resource":', resource, b","]
    parts += [b'"response":', _encode(response), b"}"]
    return b"".join(parts)


def history_bundle(base: str, page: HistoryPage, links: Iterable[tuple[str, str]]) -> bytes:
    """A page of versions."""
    return bundle("history", [history_entry(base, record) for record in page.records], links=links)


def _versioned(status: int, record: Record | None) -> dict[str, Any]:
    response: dict[str, Any] = {"status": f"{status} {HTTPStatus(status).phrase}"}
    if record is not None:
        response["etag"] = etag(record.version)
        response["lastModified"] = record.at
    return response
