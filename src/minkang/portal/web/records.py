"""Looking into the store: search one type, show one record with its versions."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from minkang.access import Access
from minkang.errors import Fault
from minkang.fhir.search import parameters_of
from minkang.fhir.search.reading import parse_query
from minkang.portal.accounts.people import access_of
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.titles import is_synthetic, row_of, title_of
from minkang.records.types import TYPE_CODES, TYPE_NAMES

_PAGE = 50
_FIRST_PARAMETERS = ("name", "identifier", "patient", "code", "date", "birthdate", "status", "_id")


def choose(request: HttpRequest) -> HttpResponse:
    """From the search box of the head to the page of a type, or of one record for `Patient/1`."""
    asked = request.GET.get("q", "").strip().strip("/")
    type, _, id = asked.partition("/")
    if type not in TYPE_CODES:
        raise Fault("WEB-003", type=type)
    return redirect("show", type=type, id=id) if id else redirect("search", type=type)


def search(request: HttpRequest, type: str) -> HttpResponse:
    """`/records/Patient?name=…`: the query goes to the record store as it stands."""
    if type not in TYPE_CODES:
        raise Fault("WEB-003", type=type)
    if "_parameter" in request.GET:
        return _named(request, type)
    pairs = parse_qsl(request.META.get("QUERY_STRING", ""), keep_blank_values=True)
    given = [pair for pair in pairs if pair[0] not in ("_count",)]
    context: dict[str, Any] = {"type": type, "types": TYPE_NAMES, "parameters": _parameters(type)}
    context["criteria"] = [pair for pair in given if pair[0] != "_cursor"]
    try:
        query = parse_query(type, [*given, ("_count", str(_PAGE))])
        page = the_platform().repository.search(_access(request), query)
    except Fault as fault:
        if fault.category.status != 400:
            raise
        return render(request, "search.html", {**context, "fault": fault, "rows": []}, status=400)
    context["rows"] = [row_of(record) for record in page.matches]
    context["synthetic"] = any(row.synthetic for row in context["rows"])
    context["unknown"] = [name for name, _ in query.unknown]
    if page.next:
        context["next"] = urlencode([*context["criteria"], ("_cursor", page.next)])
    return render(request, "search.html", context)


def show(request: HttpRequest, type: str, id: str, version: int | None = None) -> HttpResponse:
    """One record as it is stored, with its versions."""
    access, repository = _access(request), the_platform().repository
    versions = repository.history(access, type=type, id=id, count=_PAGE)
    if version is not None:
        record = repository.vread(access, type, id, version)
    else:
        record = repository.read(access, type, id) if not versions.records[0].deleted else versions.records[0]
    body = msgspec.json.decode(record.body) if record.body else {}
    context = {
        "record": record,
        "title": title_of(body),
        "synthetic": is_synthetic(body),
        "json": msgspec.json.format(record.body, indent=2).decode() if record.body else "",
        "versions": [row_of(one) for one in versions.records],
        "current": versions.records[0].version,
        "more": versions.next is not None,
    }
    return render(request, "record.html", context)


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


def _access(request: HttpRequest) -> Access:
    return access_of(request, request.id)  # type: ignore[attr-defined]
