"""Service clients: programs that are let in by their own credentials."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from minkang.access.clients import Client
from minkang.errors import Fault
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.administration.accounts import crumbs
from minkang.portal.web.components import Dialog, State, StateChip
from minkang.portal.web.page import Head, page, require_administrator, said
from minkang.portal.web.tables import Column, Link, ListSource, Row, Table


def clients(request: HttpRequest) -> HttpResponseBase:
    """All clients. They are added by `minkang client add`, which shows the secret to nobody but the terminal."""
    require_administrator(request)
    columns = [
        Column("id", said(request, "admin.client"), sortable=True, filter="text"),
        Column("name", said(request, "admin.called"), sortable=True, filter="text"),
        Column("state", said(request, "admin.state"), "state"),
        Column("scopes", said(request, "admin.scopes"), filter="text"),
        Column("proof", said(request, "admin.proof")),
        Column("created", said(request, "admin.since"), "time", sortable=True),
    ]
    rows = [_row(request, one) for one in the_platform().clients.list()]
    table = Table(request, ListSource("clients", columns, rows), empty=said(request, "admin.no_clients"))
    head = Head(said(request, "areas.clients"), crumbs(request))
    return table.answer() or page(request, "listing.html", head, table=table)


def _row(request: HttpRequest, client: Client) -> Row:
    return {
        "id": Link(client.id, reverse("client", args=[client.id])),
        "name": client.name,
        "state": _state(request, client),
        "scopes": client.scopes,
        "proof": said(request, "admin.by_secret" if client.secret else "admin.by_key"),
        "created": client.created,
    }


def _state(request: HttpRequest, client: Client) -> StateChip:
    state = State.ON_TRACK if client.active else State.UNMEASURED
    return StateChip(state, said(request, "admin.active" if client.active else "admin.shut"))


def client(request: HttpRequest, id: str) -> HttpResponse:
    """One client."""
    require_administrator(request)
    found = the_platform().clients.find(id)
    if found is None:
        raise Fault("ACCESS-013", id=id)
    row = _row(request, found)
    keys = (
        ("client", "id"),
        ("called", "name"),
        ("state", "state"),
        ("scopes", "scopes"),
        ("proof", "proof"),
        ("since", "created"),
    )
    facts = [(said(request, f"admin.{key}"), found.id if name == "id" else row[name]) for key, name in keys]
    change = "shut" if found.active else "open"
    words = {part: said(request, f"admin.client_{change}_{part}", name=id) for part in ("opener", "title", "text")}
    ask = Dialog(
        change,
        words["opener"],
        words["title"],
        words["text"],
        reverse("change_client", args=[id]),
        words["opener"],
        (("change", change),),
    )
    head = Head(found.id, [*crumbs(request), (said(request, "areas.clients"), reverse("clients"))], as_of=False)
    return page(request, "facts.html", head, facts=facts, asks=[ask])


@require_POST
def change(request: HttpRequest, id: str) -> HttpResponse:
    """Shut a client out, or let it in again."""
    require_administrator(request)
    register = the_platform().clients
    (register.enable if request.POST.get("change") == "open" else register.disable)(id)
    return redirect("client", id=id)
