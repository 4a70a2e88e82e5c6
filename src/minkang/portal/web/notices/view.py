"""The page of notices, and marking them as read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from minkang.portal.accounts.project import the_platform
from minkang.portal.web.components import State, StateChip
from minkang.portal.web.language import language_of
from minkang.portal.web.notices import store
from minkang.portal.web.page import Head, page, said
from minkang.portal.web.tables import Column, Link, Rows, Table, TableQuery


class NoticeSource:
    """The notices of the reader, the newest first."""

    name = "notices"
    paging: Literal["offset", "keyset"] = "offset"

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._account = request.user.get_username()
        self.columns: Sequence[Column] = (
            Column("text", said(request, "notices.text")),
            Column("at", said(request, "notices.at"), "time"),
            Column("state", said(request, "notices.state"), "state"),
        )

    def rows(self, query: TableQuery) -> Rows:
        """One page."""
        language = language_of(self._request)
        found = store.newest(the_platform().database, self._account, limit=query.size, offset=query.offset)
        new, old = (said(self._request, f"notices.{name}") for name in ("new", "old"))
        return Rows(
            [
                {
                    "text": Link(one.text(language), one.address) if one.address else one.text(language),
                    "at": one.at,
                    "state": StateChip(State.UNMEASURED if one.read else State.MET, old if one.read else new),
                }
                for one in found
            ]
        )

    def count(self, query: TableQuery) -> int:
        """All of them."""
        return store.count(the_platform().database, self._account)


def show(request: HttpRequest) -> HttpResponseBase:
    """All notices of the reader."""
    table = Table(request, NoticeSource(request), empty=said(request, "notices.none"))
    head = Head(said(request, "pages.notices"))
    return table.answer() or page(request, "notices.html", head, table=table)


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark all as read."""
    store.read_all(the_platform().database, request.user.get_username())
    return redirect("notices")
