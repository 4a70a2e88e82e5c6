"""Interactions with one record: read, vread, create, update, patch, delete (R4 3.1.0), and their conditional forms."""

from __future__ import annotations

import re

import msgspec

from minkang.errors import Fault
from minkang.fhir import Resource, decode
from minkang.fhir.search.reading import parse_query
from minkang.fhir.search.subset import subset
from minkang.portal.api.fhir.answers import document, record_answer, written_answer
from minkang.portal.api.fhir.call import Call
from minkang.portal.api.fhir.headers import PATCH, check_content, etag, if_match, not_modified
from minkang.portal.api.fhir.merging import merge_document, merged
from minkang.portal.api.fhir.outcomes import approval
from minkang.portal.api.messages import Response
from minkang.records.patches import Patch
from minkang.records.repository import Record
from minkang.wording import say

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_PATCHES = frozenset((PATCH,))


def read(call: Call) -> Response:
    """`GET Patient/1`: the current version, or 304 for a caller who has it."""
    _plain_read(call)
    record = call.repository.read(call.access, call.type, call.id)
    if not_modified(call.request, record.version, record.at):
        return Response(304, b"", [("ETag", etag(record.version))])
    return record_answer(call, record, body=_part(call, record))


def vread(call: Call) -> Response:
    """`GET Patient/1/_history/2`: one version."""
    _plain_read(call)
    if not call.version.isdigit() or len(call.version) > 9:
        raise Fault("RECORDS-005", type=call.type, id=call.id, version=call.version)
    record = call.repository.vread(call.access, call.type, call.id, int(call.version))
    if not_modified(call.request, record.version, record.at):
        return Response(304, b"", [("ETag", etag(record.version))])
    return record_answer(call, record, body=_part(call, record))


def create(call: Call) -> Response:
    """`POST Patient`, with `If-None-Exist` only where nothing matches.

    Some clients (fhirpy, Aidbox's) put the criteria into the address instead. To pass over them would make the
    duplicate that the caller wanted to avoid, so they mean the same.
    """
    resource = _resource(call)
    criteria = _criteria(call.request.headers.get("if-none-exist", "")) or _from_address(call)
    return written_answer(call, call.repository.create(call.access, resource, if_none_exist=criteria or None))


def update(call: Call) -> Response:
    """`PUT Patient/1`; the body's id must be the address's."""
    resource = _resource(call)
    given = resource.id
    if given is None:
        raise Fault("REST-041", where=f"{call.type}.id", id=call.id)
    if given != call.id:
        raise Fault("REST-042", where=f"{call.type}.id", given=given, expected=call.id)
    anything = call.request.headers.get("if-none-match", "").strip() == "*"
    written = call.repository.update(call.access, resource, if_match=if_match(call.request), if_none_match_any=anything)
    return written_answer(call, written)


def conditional_update(call: Call) -> Response:
    """`PUT Patient?identifier=…`."""
    resource = _resource(call)
    criteria = _query_criteria(call)
    version = if_match(call.request)
    return written_answer(
        call, call.repository.conditional_update(call.access, call.type, criteria, resource, if_match=version)
    )


def patch(call: Call) -> Response:
    """`PATCH Patient/1` by JSON Patch, FHIRPath Patch or JSON Merge Patch."""
    if (merge := merge_document(call)) is not None:
        return written_answer(call, merged(call, merge))
    change = _patch(call)
    written = call.repository.patch(call.access, call.type, call.id, change, if_match=if_match(call.request))
    return written_answer(call, written)


def conditional_patch(call: Call) -> Response:
    """`PATCH Patient?identifier=…`."""
    change = _patch(call)
    criteria, version = _query_criteria(call), if_match(call.request)
    return written_answer(
        call, call.repository.conditional_patch(call.access, call.type, criteria, change, if_match=version)
    )


def delete(call: Call) -> Response:
    """`DELETE Patient/1`: 204, also where nothing was; the deletion is a version of its own."""
    record = call.repository.delete(call.access, call.type, call.id, if_match=if_match(call.request))
    headers = [("ETag", etag(record.version))] if record else []
    if call.prefer.returns == "OperationOutcome":
        text = say("rest.deleted", call.request.language, count=1 if record else 0)
        answer = document(call, approval(text))
        answer.headers += headers
        return answer
    return Response(204, b"", headers)


def conditional_delete(call: Call) -> Response:
    """`DELETE Patient?identifier=…`: deletes the one match; a criterion too wide deletes nothing."""
    count = call.repository.conditional_delete(call.access, call.type, _query_criteria(call))
    if call.prefer.returns == "OperationOutcome":
        text = say("rest.deleted", call.request.language, count=count)
        return document(call, approval(text))
    return Response(204)


def _resource(call: Call) -> Resource:
    check_content(call.request)
    return decode(call.json_body(), call.type)


def _patch(call: Call) -> Patch:
    kind = check_content(call.request, also=_PATCHES)
    body = call.json_body()
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except msgspec.DecodeError as problem:
        raise Fault("REST-019", problem=str(problem)) from None
    return Patch("json" if kind == PATCH else "fhirpath", body)


def _part(call: Call, record: Record) -> bytes | None:
    """What `_summary` and `_elements` leave of a record; None where nothing was asked for."""
    if not call.request.query:
        return None
    asked = [pair for pair in call.pairs if pair[0] in ("_summary", "_elements")]
    return subset(record.body or b"", parse_query(call.type, asked)) if asked else None


def _plain_read(call: Call) -> None:
    if not _ID.fullmatch(call.id):
        raise Fault("RECORDS-017", id=call.id)


def _criteria(text: str) -> str:
    """Criteria as `If-None-Exist` has them: a query string, with or without the `?`."""
    return text.strip().partition("?")[2] if "?" in text else text.strip()


def _query_criteria(call: Call) -> str:
    """The query string without what shapes the answer; empty criteria match all and are refused.

    Raises:
        Fault: `REST-043`.
    """
    if criteria := _from_address(call):
        return criteria
    raise Fault("REST-043", method=call.request.method)


def _from_address(call: Call) -> str:
    parts = call.request.query.split("&") if call.request.query else []
    return "&".join(part for part in parts if part and part.split("=")[0] not in _SHAPING)


_SHAPING = frozenset(("_format", "_pretty"))
