"""Codes without a map: kept as they came, counted, and listed here for those who map them."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from minkang.codes.maps import code_maps
from minkang.exchange.ledger.looking import Unmapped
from minkang.portal.web.components import Message
from minkang.portal.web.exchange import parts
from minkang.portal.web.language import language_of
from minkang.portal.web.page import Head, access, page, said
from minkang.portal.web.tables import Column, ListSource, Row, Table

MOST = 5000


def unmapped(request: HttpRequest) -> HttpResponseBase:
    """The most frequent first."""
    parts.enter(request)
    found = parts.the_ledger().unmapped(access(request), count=MOST)
    maps = sorted({one.map for one in found})
    names = {one.slug: one.name or one.slug for one in parts.senders()}
    columns = [
        Column("code", said(request, "desk.local_code"), sortable=True, filter="text"),
        Column("text", said(request, "desk.text"), sortable=True, filter="text"),
        Column("map", said(request, "desk.map"), sortable=True, filter="choice",
               choices=[(_title(request, one), _title(request, one)) for one in maps]),
        Column("sender", said(request, "desk.sender"), sortable=True, filter="choice",
               choices=[(slug, names.get(slug, slug)) for slug in sorted({one.sender for one in found})]),
        Column("count", said(request, "desk.times"), "number", sortable=True, filter="range"),
        Column("first", said(request, "desk.first"), "time", sortable=True, shown=False),
        Column("last", said(request, "desk.last_time"), "time", sortable=True, filter="dates"),
    ]  # fmt: skip
    source = ListSource("unmapped", columns, [_row(request, one) for one in found])
    table = Table(request, source, empty=said(request, "desk.no_unmapped"))
    if answer := table.answer():
        return answer
    head = Head(said(request, "desk.tab_unmapped"), parts.crumbs(request))
    lead = said(request, "desk.unmapped_lead")
    cut = Message(said(request, "desk.unmapped_cut", most=MOST), "risk") if len(found) == MOST else None
    return page(request, "listing.html", head, table=table, tabs=parts.tabs(request, "unmapped"), lead=lead,
                message=cut, status=table.status)  # fmt: skip


def _row(request: HttpRequest, one: Unmapped) -> Row:
    return {
        "code": one.code,
        "text": one.text,
        "map": _title(request, one.map),
        "sender": one.sender,
        "count": one.count,
        "first": one.first,
        "last": one.last,
    }


def _title(request: HttpRequest, map: str) -> str:
    """A map in words, where it says what it is."""
    known = code_maps().get(map)
    words = str(getattr(known, "zh" if language_of(request) == "zh" else "en", "")) if known else ""
    return f"{words} ({map})" if words else map
