"""Looking into the store: search one type, show one record with its versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from minkang.errors import Fault
from minkang.fhir.search import parameters_of
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.data.parts import tabs
from minkang.portal.web.language import language_of
from minkang.portal.web.page import Head, access, administers, page, said
from minkang.portal.web.tables import Column, Link, ListSource, Row, Table
from minkang.portal.web.tables.search import SearchSource
from minkang.portal.web.templatetags.page import typename
from minkang.portal.web.titles import is_synthetic, row_of, title_of
from minkang.records.counts import count_by_type
from minkang.records.repository import Record
from minkang.records.types import TYPE_CODES

_PAGE = 50
_FIRST_PARAMETERS = ("name", "identifier", "patient", "code", "date", "birthdate", "status", "_id")
_OWN = ("sort", "columns", "size", "after", "export")


def choose(request: HttpRequest) -> HttpResponseBase:
    """All types that have records; with `?q=Patient/1` straight to that record, with `?q=Patient` to the type."""
    asked = request.GET.get("q", "").strip().strip("/")
    if asked:
        type, _, id = asked.partition("/")
        if type not in TYPE_CODES:
            raise Fault("WEB-003", type=type)
        return redirect("show", type=type, id=id) if id else redirect("search", type=type)
    platform, language = the_platform(), language_of(request)
    counts = count_by_type(platform.database, platform.audit, access(request))
    columns = [
        Column("type", said(request, "pages.type"), sortable=True, filter="text"),
        Column("count", said(request, "pages.count"), "number", sortable=True),
    ]
    rows: list[Row] = [
        {"type": Link(typename(one.type, language), reverse("search", args=[one.type])), "count": one.count}
        for one in counts
    ]
    table = Table(request, ListSource("types", columns, rows), empty=said(request, "pages.empty_store"))
    note = "" if all(one.exact for one in counts) else said(request, "pages.estimated")
    return table.answer() or page(
        request, "listing.html", Head(said(request, "areas.data"), note=note), table=table, status=table.status,
        tabs=tabs(request, "records") if administers(request) else None,
    )  # fmt: skip


def search(request: HttpRequest, type: str) -> HttpResponseBase:
    """`/records/Patient?name=…`: the query goes to the record store as it stands."""
    if type not in TYPE_CODES:
        raise Fault("WEB-003", type=type)
    if "_parameter" in request.GET:
        return _named(request, type)
    pairs = parse_qsl(request.META.get("QUERY_STRING", ""), keep_blank_values=True)
    criteria = [pair for pair in pairs if pair[0] not in (*_OWN, "_count", "_cursor")]
    source = _source(request, type, criteria)
    table = Table(request, source, empty=said(request, "pages.no_rows" if criteria else "pages.no_rows_at_all"))
    if answer := table.answer():
        return answer
    rows = table.found  # before the context, which tells what this search said
    crumbs = [(said(request, "areas.data"), reverse("choose"))]
    return page(
        request,
        "search.html",
        Head(typename(type, language_of(request)), crumbs),
        table=table,
        type=type,
        parameters=_parameters(type),
        criteria=criteria,
        unknown=source.unknown,
        synthetic=bool(rows.rows) and source.synthetic,
        status=table.status,
    )


def _source(request: HttpRequest, type: str, criteria: list[tuple[str, str]]) -> SearchSource:
    columns = [
        Column("title", said(request, "pages.title")),
        Column("date", said(request, "pages.date")),
        Column("id", said(request, "pages.id")),
        Column("version", said(request, "pages.version"), "number", shown=False),
        Column("changed", said(request, "pages.changed"), "time", sortable=not criteria),
    ]
    return SearchSource(
        access(request), type, type, columns, _row, criteria=criteria, sorts={"changed": "_lastUpdated"}
    )


def _row(record: Record, body: dict[str, Any], along: Mapping[str, dict[str, Any]]) -> Row:
    row = row_of(record)
    return {
        "title": Link(row.title or row.id, reverse("show", args=[row.type, row.id])),
        "date": row.date,
        "id": row.id,
        "version": row.version,
        "changed": row.at,
    }


def show(request: HttpRequest, type: str, id: str, version: int | None = None) -> HttpResponse:
    """One record as it is stored, with its versions."""
    reader, repository = access(request), the_platform().repository
    versions = repository.history(reader, type=type, id=id, count=_PAGE)
    if version is not None:
        record = repository.vread(reader, type, id, version)
    else:
        record = repository.read(reader, type, id) if not versions.records[0].deleted else versions.records[0]
    body = msgspec.json.decode(record.body) if record.body else {}
    shown = typename(type, language_of(request))
    crumbs = [(said(request, "areas.data"), reverse("choose")), (shown, reverse("search", args=[type]))]
    note = f"{type}/{id} · {said(request, 'pages.version')} {record.version}"
    return page(
        request,
        "record.html",
        Head(title_of(body) or shown, crumbs, record.at, note),
        record=record,
        synthetic=is_synthetic(body),
        current=versions.records[0].version,
        more=versions.next is not None,
        json=msgspec.json.format(record.body, indent=2).decode() if record.body else "",
        versions=[row_of(one) for one in versions.records],
    )


def _named(request: HttpRequest, type: str) -> HttpResponse:
    """From the form's fields (parameter, value) to the address that a FHIR search would have."""
    parameter, value = request.GET.get("_parameter", ""), request.GET.get("_value", "").strip()
    address = redirect("search", type=type)
    if value:
        address["Location"] += f"?{urlencode([(parameter, value)])}"
    return address


def _parameters(type: str) -> list[str]:
    known = set(parameters_of(type))
    first = [name for name in _FIRST_PARAMETERS if name in known]
    return first + sorted(name for name in known if name not in first and not name.startswith("_"))
