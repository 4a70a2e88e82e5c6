"""Answers that carry one record or one document, with the headers FHIR asks for."""

from __future__ import annotations

from typing import Any

import msgspec

from minkang.portal.api.fhir.call import Call
from minkang.portal.api.fhir.headers import JSON, etag, last_modified
from minkang.portal.api.fhir.outcomes import approval
from minkang.portal.api.messages import Response
from minkang.records.repository import Record, Written
from minkang.wording import say

CONTENT = ("Content-Type", f"{JSON};charset=UTF-8")


def document(call: Call, value: bytes | dict[str, Any], *, status: int = 200) -> Response:
    """A resource that is no stored record: a Bundle, an outcome, Parameters."""
    body = value if isinstance(value, bytes) else msgspec.json.encode(value)
    return Response(status, _pretty(call, body), [CONTENT])


def record_answer(call: Call, record: Record, *, status: int = 200, body: bytes | None = None) -> Response:
    """A record as it is stored, with its version and time; `body` where a part of it is sent."""
    return Response(status, _pretty(call, body if body is not None else record.body or b""), _versions(call, record))


def written_answer(call: Call, written: Written) -> Response:
    """The answer to a write, as `Prefer: return=` asks: the record (the default), nothing, or an outcome."""
    record, status = written.record, 201 if written.created else 200
    headers = _versions(call, record)
    if written.created:
        headers.append(("Location", location(call.base, record)))
    if call.prefer.returns == "minimal":
        return Response(status, b"", headers[1:])
    if call.prefer.returns == "OperationOutcome":
        key = "rest.created" if written.created else "rest.updated" if written.changed else "rest.unchanged"
        text = say(key, call.request.language, type=record.type, id=record.id, version=record.version)
        return Response(status, _pretty(call, approval(text)), headers)
    return Response(status, _pretty(call, record.body or b""), headers)


def location(base: str, record: Record) -> str:
    """The address of a version."""
    return f"{base}/{record.type}/{record.id}/_history/{record.version}"


def _versions(call: Call, record: Record) -> list[tuple[str, str]]:
    return [
        CONTENT,
        ("ETag", etag(record.version)),
        ("Last-Modified", last_modified(record.at)),
        ("Content-Location", location(call.base, record)),
    ]


def _pretty(call: Call, body: bytes) -> bytes:
    if call.request.query and "_pretty" in call.request.query and call.parameter("_pretty") == "true":
        return msgspec.json.format(body, indent=2)
    return body
