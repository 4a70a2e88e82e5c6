"""Register a sender: its name, its institution, and what it may send."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from minkang.access.audit import AuditEntry
from minkang.errors import Fault
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.components import Field, FormErrors
from minkang.portal.web.exchange import parts
from minkang.portal.web.language import language_of
from minkang.portal.web.page import Head, access, page, said

_FIELDS = ("slug", "name", "institution", "feed")
_PLACES = {"EXCHANGE-020": "slug", "EXCHANGE-021": "feed"}


def add(request: HttpRequest) -> HttpResponse:
    """A form; a sender that exists gets what is said here, and the feed beside those it has."""
    parts.enter(request)
    given = {name: request.POST.get(name, request.GET.get(name, "")).strip() for name in _FIELDS}
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            return _add(request, given)
        except Fault as fault:
            if fault.code not in _PLACES:
                raise
            errors = {_PLACES[fault.code]: fault.text(language_of(request))}
    fields = [
        Field(name, said(request, f"desk.{name}"), value=given[name], error=errors.get(name, ""),
              hint=said(request, f"desk.{name}_hint"), required=name == "slug")
        for name in ("slug", "name", "institution")
    ]  # fmt: skip
    choices = parts.every_feed(request)
    fields.append(Field("feed", said(request, "desk.feed"), "choice", given["feed"], errors.get("feed", ""),
                        choices=choices, required=True))  # fmt: skip
    head = Head(said(request, "desk.add_sender"), parts.crumbs(request), as_of=False)
    send = said(request, "desk.add_sender")
    status = 422 if errors else 200
    return page(request, "form.html", head, fields=fields, errors=FormErrors(errors), send=send, status=status)


def _add(request: HttpRequest, given: dict[str, str]) -> HttpResponse:
    intake = parts.the_intake()
    intake.connectors.of(given["feed"])
    intake.senders.add(given["slug"], {given["feed"]: {}}, name=given["name"], institution=given["institution"])
    the_platform().audit.write(AuditEntry(access(request), "update", query=f"sender:{given['slug']}"))
    return redirect("exchange_sender", slug=given["slug"])
