"""Search: `GET Patient?…`, `POST Patient/_search`, over all types, and within a compartment (R4 3.1.1)."""

from __future__ import annotations

from urllib.parse import urlencode

from minkang.errors import Fault
from minkang.fhir.search import Query
from minkang.fhir.search.reading import parse_query
from minkang.fhir.search.subset import is_subset, subset
from minkang.fhir.search.values import Limits
from minkang.portal.api.fhir.answers import document
from minkang.portal.api.fhir.bundles import bundle, outcome_entry, search_entry
from minkang.portal.api.fhir.call import GENERAL, Call, read_pairs
from minkang.portal.api.fhir.compartments import COMPARTMENT, within
from minkang.portal.api.fhir.headers import FORM, check_content
from minkang.portal.api.fhir.outcomes import approval
from minkang.portal.api.messages import Response
from minkang.records.repository import SearchPage
from minkang.records.types import TYPE_CODES

_FORMS = frozenset((FORM,))


def search(call: Call) -> Response:
    """`GET Patient?name=…` or `GET ?_type=…`."""
    return _answer(call, call.pairs)


def search_by_form(call: Call) -> Response:
    """`POST Patient/_search`: criteria in the body, the address, or both."""
    pairs = list(call.pairs)
    if call.request.headers.get("content-type") or call.request.body:
        if check_content(call.request, also=_FORMS) != FORM:
            raise Fault("REST-022", type=call.request.headers.get("content-type", ""))
        try:
            pairs += read_pairs(call.request.body.decode("utf-8"))
        except UnicodeDecodeError as problem:
            raise Fault("REST-017", offset=problem.start) from None
    return _answer(call, pairs)


def _answer(call: Call, pairs: list[tuple[str, str]]) -> Response:
    if call.target and call.target not in TYPE_CODES:
        raise Fault("RECORDS-001", type=call.target)
    criteria = [pair for pair in pairs if pair[0] not in GENERAL]
    type = call.target or call.type
    query = parse_query(type or None, criteria, limits=_limits(call))
    if call.target:
        query = within(query, call.type, call.id, call.target)
    page = call.repository.search(call.access, query)
    return document(call, search_bundle(call, query, page))


def _limits(call: Call) -> Limits:
    return Limits(strict=call.prefer.strict, count=call.offer.max_count, base=call.base)


def search_bundle(call: Call, query: Query, page: SearchPage) -> bytes:
    """A page of results as a searchset Bundle.

    The self link says what was understood; `total` is there only where it is known; what was left out of the query is
    reported in an outcome of its own.
    """
    entries = []
    if query.unknown:
        warnings = [Fault("REST-033", name=name) for name, _ in query.unknown]
        entries.append(outcome_entry(approval("", warnings=warnings, language=call.request.language)))
    part = is_subset(query)
    for mode, records in (("match", page.matches), ("include", page.included)):
        for record in records:
            entries.append(search_entry(call.base, record, mode, subset(record.body or b"", query) if part else None))
    return bundle("searchset", entries, links=_links(call, query, page), total=page.total)


def _links(call: Call, query: Query, page: SearchPage) -> list[tuple[str, str]]:
    place = "/".join(part for part in (call.base, call.type, call.id, call.target) if part)
    kept = [pair for pair in query.pairs if pair[0] != COMPARTMENT]
    links = [("self", _address(place, kept + ([("_cursor", query.cursor)] if query.cursor else [])))]
    if query.cursor:
        links.append(("first", _address(place, kept)))
    if page.next is not None:
        links.append(("next", _address(place, [*kept, ("_cursor", page.next)])))
    return links


def _address(place: str, pairs: list[tuple[str, str]]) -> str:
    return f"{place}?{urlencode(pairs)}" if pairs else place
