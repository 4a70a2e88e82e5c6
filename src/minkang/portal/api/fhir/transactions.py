"""Batch and transaction at the base address (R4 3.1.0.11)."""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from minkang.errors import Fault
from minkang.fhir.search.reading import parse_query
from minkang.fhir.search.subset import subset
from minkang.portal.api.fhir.answers import document
from minkang.portal.api.fhir.bundles import bundle, history_bundle, response_entry, search_entry
from minkang.portal.api.fhir.call import Call, read_pairs
from minkang.portal.api.fhir.headers import check_content
from minkang.portal.api.fhir.outcomes import refusal
from minkang.portal.api.messages import Response
from minkang.records.repository import EntryResult, HistoryPage, Record, SearchPage


class _Head(msgspec.Struct):
    """The two members that decide what is done with a bundle."""

    resourceType: str = ""
    type: str = ""


class _Request(msgspec.Struct):
    url: str = ""


class _Entry(msgspec.Struct):
    request: _Request = msgspec.field(default_factory=_Request)


class _Asked(msgspec.Struct):
    entry: list[_Entry]


def transaction(call: Call) -> Response:
    """`POST /fhir` with a Bundle of type `transaction` (all or nothing) or `batch` (each for itself).

    Entries answer without the resource unless `Prefer: return=representation` asks for it; reads and searches always
    carry their result.
    """
    check_content(call.request)
    body = call.json_body()
    head = _head(body)
    if head.resourceType != "Bundle":
        raise Fault("RECORDS-016", given=head.resourceType, expected="Bundle")
    run = call.repository.batch if head.type == "batch" else call.repository.transaction
    result = run(call.access, body)
    urls = _urls(body) if any(entry.page is not None for entry in result.entries) else []
    entries = [_entry(call, entry, urls[index] if urls else "") for index, entry in enumerate(result.entries)]
    return document(call, bundle(f"{head.type}-response", entries))


def _head(body: bytes) -> _Head:
    try:
        return msgspec.json.decode(body, type=_Head)
    except msgspec.DecodeError as problem:
        raise Fault("REST-019", problem=str(problem)) from None


def _urls(body: bytes) -> list[str]:
    return [entry.request.url for entry in msgspec.json.decode(body, type=_Asked).entry]


def _entry(call: Call, result: EntryResult, url: str) -> bytes:
    if result.fault is not None:
        outcome = refusal(result.fault, call.request.language)
        return response_entry(call.base, result.status, outcome=outcome)
    if result.page is not None:
        return response_entry(call.base, result.status, resource=_page(call, result.page, url))
    shown = None
    if result.record is not None and result.record.body is not None:
        read = not result.location
        if read or call.prefer.returns == "representation":
            shown = result.record.body
    return response_entry(call.base, result.status, record=result.record, location=result.location, resource=shown)


def _part(place: str, criteria: str, record: Record) -> bytes | None:
    """What `_summary` and `_elements` of an entry's address leave of a result; None where all of it is sent."""
    asked = [pair for pair in read_pairs(criteria) if pair[0] in ("_summary", "_elements")]
    return subset(record.body or b"", parse_query(place.split("/", maxsplit=1)[0] or None, asked)) if asked else None


def _page(call: Call, page: SearchPage | HistoryPage, url: str) -> bytes:
    place, _, criteria = quote(url.removeprefix("/"), safe="/?&=:,|%+$*").partition("?")
    address = f"{call.base}/{place}"
    links = [("self", f"{address}?{criteria}" if criteria else address)]
    if page.next is not None:
        cursor = f"_cursor={quote(page.next)}"
        links.append(("next", f"{address}?{criteria}&{cursor}" if criteria else f"{address}?{cursor}"))
    if isinstance(page, HistoryPage):
        return history_bundle(call.base, page, links)
    entries = [
        search_entry(call.base, record, mode, _part(place, criteria, record))
        for mode, records in (("match", page.matches), ("include", page.included))
        for record in records
    ]
    return bundle("searchset", entries, links=links, total=page.total)
