"""From a request to the handler that answers it: the routes as a table, and the one `try` round all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from minkang.access import Access
from minkang.errors import Fault
from minkang.portal.api.fhir import (
    bulk,
    capability,
    everything,
    history,
    instance,
    meta,
    persons,
    search,
    shared_documents,
    transactions,
    validate,
)
from minkang.portal.api.fhir.call import Call, Offer
from minkang.portal.api.fhir.headers import check_accepts
from minkang.portal.api.fhir.outcomes import response_of
from minkang.portal.api.messages import Request, Response
from minkang.records.repository import Repository
from minkang.records.types import TYPE_CODES

Handler = Callable[[Call], Response]


@dataclass(frozen=True)
class Route:
    """One line of the table.

    Attributes:
        method, path: what is asked; `{type}`, `{id}`, `{version}`, `{target}` stand for a segment.
        handler: answers it.
        public: whether it answers without a token; declared, never by omission.
        types: the types it serves; empty for all.
        ndjson: whether the answer may be NDJSON.
    """

    method: str
    path: str
    handler: Handler
    public: bool = False
    types: tuple[str, ...] = ()
    ndjson: bool = False


_PATIENT, _GROUP = ("Patient",), ("Group",)

ROUTES: tuple[Route, ...] = (
    Route("GET", "metadata", capability.metadata, public=True),
    Route("GET", ".well-known/smart-configuration", capability.smart_configuration, public=True),
    Route("GET", "", search.search),
    Route("POST", "", transactions.transaction),
    Route("POST", "_search", search.search_by_form),
    Route("GET", "_history", history.history),
    Route("GET", "$export", bulk.kick_off),
    Route("POST", "$export", bulk.kick_off),
    Route("GET", "$export-status/{id}", bulk.status),
    Route("DELETE", "$export-status/{id}", bulk.cancel),
    Route("GET", "$export-file/{id}/{target}", bulk.download, ndjson=True),
    Route("POST", "$validate", validate.validate),
    Route("GET", "{type}", persons.look),
    Route("POST", "{type}", instance.create),
    Route("PUT", "{type}", instance.conditional_update),
    Route("PATCH", "{type}", instance.conditional_patch),
    Route("DELETE", "{type}", instance.conditional_delete),
    Route("POST", "{type}/_search", search.search_by_form),
    Route("GET", "{type}/_history", history.history),
    Route("POST", "{type}/$validate", validate.validate),
    Route("GET", "{type}/$export", bulk.kick_off, types=_PATIENT),
    Route("POST", "{type}/$export", bulk.kick_off, types=_PATIENT),
    Route("POST", "{type}/$match", persons.match, types=_PATIENT),
    Route("GET", "{type}/$ihe-pix", persons.pix, types=_PATIENT),
    Route("GET", "{type}/{id}", persons.read),
    Route("PUT", "{type}/{id}", instance.update),
    Route("PATCH", "{type}/{id}", instance.patch),
    Route("DELETE", "{type}/{id}", instance.delete),
    Route("GET", "{type}/{id}/_history", history.history),
    Route("GET", "{type}/{id}/_history/{version}", instance.vread),
    Route("POST", "{type}/{id}/$validate", validate.validate),
    Route("GET", "{type}/{id}/$validate", validate.validate),
    Route("GET", "{type}/{id}/$meta", meta.meta),
    Route("POST", "{type}/{id}/$meta-add", meta.meta_add),
    Route("POST", "{type}/{id}/$meta-delete", meta.meta_delete),
    Route("GET", "{type}/{id}/$everything", everything.everything, types=_PATIENT),
    Route("POST", "{type}/{id}/$everything", everything.everything, types=_PATIENT),
    Route("GET", "{type}/{id}/$export", bulk.kick_off, types=_GROUP),
    Route("POST", "{type}/{id}/$export", bulk.kick_off, types=_GROUP),
    Route("GET", "{type}/{id}/$cda", shared_documents.shared_document, types=shared_documents.TYPES),
    Route("GET", "{type}/{id}/{target}", search.search),
    Route("POST", "{type}/{id}/{target}/_search", search.search_by_form),
)


def _table(routes: tuple[Route, ...]) -> Mapping[str, Mapping[str, Route]]:
    table: dict[str, dict[str, Route]] = {}
    for route in routes:
        table.setdefault(route.path, {})[route.method] = route
    return table


_TABLE = _table(ROUTES)


def handle(request: Request, repository: Repository, let_in: Callable[[Request], Access], offer: Offer) -> Response:
    """Answer a request; whatever goes wrong becomes an OperationOutcome.

    Args:
        request: with the path below `/fhir`.
        repository: the record store.
        let_in: gives the caller's access, or raises the fault of a caller who may not come in.
        offer: what this server offers.
    """
    try:
        shape = _shape(request.segments)
        route = _TABLE.get(shape, {}).get("GET" if request.method == "HEAD" else request.method)
        access = _NOBODY if route is not None and route.public else let_in(request)
        if route is None:
            raise _nothing_there(request, shape)  # noqa: TRY301  after the caller is known, inside the one `try`
        call = _call(request, access, repository, offer, shape=shape, route=route)
        asked = call.parameter("_format") if "_format=" in request.query else None
        check_accepts(request, asked, ndjson=route.ndjson)
        return route.handler(call)
    except Exception as problem:  # noqa: BLE001  the one place where anything becomes an answer
        return response_of(problem, request)


_NOBODY = Access(caller="public", scopes=(), request="")


def _call(request: Request, access: Access, repository: Repository, offer: Offer, *, shape: str, route: Route) -> Call:
    call = Call(request, access, repository, offer)
    for name, segment in zip(shape.split("/"), request.segments, strict=False):
        if name[:1] == "{":
            setattr(call, name[1:-1], segment)
    if call.type and call.type not in TYPE_CODES:
        raise Fault("RECORDS-001", type=call.type)
    if route.types and call.type not in route.types:
        raise Fault("REST-001", path="/".join(request.segments))
    return call


def _shape(segments: tuple[str, ...]) -> str:
    """The path of the table that these segments fit: names that begin with `$`, `_` or `.` stand for themselves."""
    if not segments or segments == ("",):
        return ""
    first = segments[0]
    if first == "metadata" or first[:1] in ("$", "_", "."):
        places = (first, "smart-configuration" if first[:1] == "." else "{id}", "{target}")
        return "/".join(places[: len(segments)]) if len(segments) <= 3 else "?"
    parts = ["{type}"]
    for place, segment in zip(("{id}", "{target}", "{version}"), segments[1:4], strict=False):
        parts.append(segment if segment[:1] in ("$", "_") else place)
    return "/".join(parts) if len(segments) <= 4 else "?"


def _nothing_there(request: Request, shape: str) -> Fault:
    """Why no route fits: no such address, or not for this method."""
    path = "/".join(request.segments)
    methods = _TABLE.get(shape)
    if methods is None:
        return Fault("REST-001", path=path)
    allowed = sorted({*methods, *(["HEAD"] if "GET" in methods else [])})
    return Fault("REST-002", path=path, method=request.method, allowed_methods=", ".join(allowed))
