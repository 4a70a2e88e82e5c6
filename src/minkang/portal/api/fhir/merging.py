"""JSON Merge Patch (RFC 7396), which R4 does not name and everyday clients (fhirpy) send: members replace members.

It is told from a FHIRPath Patch by its media type: `application/merge-patch+json`, or `application/json` with a body
that is no Parameters resource. `application/fhir+json` always means a FHIRPath Patch. What the patch does not touch
stays as raw JSON, so that decimals keep their digits.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from minkang.errors import Fault
from minkang.fhir import decode
from minkang.portal.api.fhir.call import Call
from minkang.portal.api.fhir.headers import if_match
from minkang.records.repository import Written

Members: TypeAlias = dict[str, msgspec.Raw]
MERGE = "application/merge-patch+json"
_ATTEMPTS = 5


def merge_document(call: Call) -> Members | None:
    """The patch document of a merge patch; None where the request is another kind of patch.

    Raises:
        Fault: those of `Call.json_body`; `REST-046` for a merge patch that is no object.
    """
    kind = call.request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in (MERGE, "application/json"):
        return None
    try:
        given = msgspec.json.decode(call.json_body(), type=Members)
    except msgspec.DecodeError as problem:
        if kind == MERGE:
            raise Fault("REST-046", problem=str(problem)) from None
        return None
    is_parameters = bytes(given.get("resourceType", b"")) == b'"Parameters"'
    return None if kind != MERGE and is_parameters else given


def merged(call: Call, patch: Members) -> Written:
    """Read, merge, write where it was; again when another writer was quicker and the caller named no version."""
    wanted = if_match(call.request)
    for attempt in range(_ATTEMPTS):
        record = call.repository.read(call.access, call.type, call.id)
        body = _members(record.body or b"{}", patch)
        body["id"] = msgspec.Raw(msgspec.json.encode(call.id))
        resource = decode(msgspec.json.encode(body), call.type)
        try:
            return call.repository.update(call.access, resource, if_match=wanted or record.version)
        except Fault as fault:
            if fault.code != "RECORDS-006" or wanted is not None or attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError


def _members(target: bytes, patch: Members) -> Members:
    """RFC 7396, section 2, for an object."""
    result = msgspec.json.decode(target, type=Members) if target[:1] == b"{" else {}
    for name, value in patch.items():
        text = bytes(value)
        if text == b"null":
            result.pop(name, None)
        elif text[:1] == b"{":
            inner = _members(bytes(result.get(name, b"")), msgspec.json.decode(text, type=Members))
            result[name] = msgspec.Raw(msgspec.json.encode(inner))
        else:
            result[name] = value
    return result
