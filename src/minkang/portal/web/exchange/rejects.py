"""Rejects: by sender and cause, one by one, and replayed in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from minkang.access.audit import AuditEntry
from minkang.errors import catalogue
from minkang.exchange.intake.requests import REPLAY
from minkang.exchange.rejects.desk import Reject, parse_states
from minkang.exchange.rejects.states import STATES, WAITING
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.components import Dialog, Message, Tab, Tabs
from minkang.portal.web.exchange import parts
from minkang.portal.web.exchange.senders import SQL
from minkang.portal.web.language import language_of
from minkang.portal.web.page import Head, access, page, said
from minkang.portal.web.tables import Column, Link, ListSource, Row, Rows, Table, TableQuery

_FILTERS = ("sender", "feed", "code")


def rejects(request: HttpRequest) -> HttpResponseBase:
    """`?show=causes` (from the start): how many of each kind wait; `?show=each`: one by one, in any state."""
    parts.enter(request)
    each = request.GET.get("show") == "each"
    source = RejectSource(request) if each else _causes(request)
    table = Table(request, source, empty=said(request, "desk.no_rejects"))
    if answer := table.answer():
        return answer
    head = Head(said(request, "desk.tab_rejects"), parts.crumbs(request))
    asks = [_ask(request, table.address.query.filters)] if each and table.found.rows else []
    return page(
        request, "exchange/rejects.html", head, table=table, tabs=parts.tabs(request, "rejects"),
        views=_views(request, each=each), asks=asks, message=_asked(request), status=table.status,
    )  # fmt: skip


@require_POST
def replay_all(request: HttpRequest) -> HttpResponse:
    """Ask for a replay of all that wait and match; a worker does it."""
    parts.enter(request)
    wanted = {name: request.POST.get(name, "") for name in _FILTERS}
    there = reverse("exchange_rejects")
    about = {"address": there, **{name: value for name, value in wanted.items() if value}}
    who, platform = access(request), the_platform()
    key = f"{REPLAY}:" + "\0".join(wanted.values()).replace("\0", "|")
    job = platform.jobs.ask(who, REPLAY, key=key[:200], about=about, caller=who.caller, **wanted)
    platform.audit.write(AuditEntry(who, "update", query="rejects:replay " + " ".join(wanted.values())))
    return redirect(f"{there}?job={job or 0}")


def _asked(request: HttpRequest) -> Message | None:
    if "job" not in request.GET:
        return None
    asked = request.GET["job"] != "0"
    return Message(said(request, "desk.replay_asked" if asked else "desk.replay_waits"), "good",
                   said(request, "desk.see_work"))  # fmt: skip


def _views(request: HttpRequest, *, each: bool) -> Tabs:
    with the_platform().database.singly() as connection:
        counts = dict(connection.execute(SQL["states"], {"sender": ""}).fetchall())
    there = reverse("exchange_rejects")
    state = request.GET.get("f.state", "") if each else ""
    found = [Tab(said(request, "desk.by_cause"), there, not each, sum(counts.get(one, 0) for one in WAITING))]
    found.append(Tab(said(request, "desk.one_by_one"), f"{there}?show=each", each and not state))
    for one in STATES:
        address = f"{there}?show=each&f.state={one}"
        found.append(Tab(said(request, f"desk.state_{one}"), address, state == one, counts.get(one, 0)))
    return Tabs(said(request, "desk.tab_rejects"), found)


def _causes(request: HttpRequest) -> ListSource:
    found = parts.senders()
    names = {one.slug: one.name or one.slug for one in found}
    with the_platform().database.singly() as connection:
        rows = connection.execute(SQL["groups"], {"states": list(WAITING)}).fetchall()
    the_platform().audit.write(AuditEntry(access(request), "search", query="rejects:causes", count=len(rows)))
    columns = [
        Column("why", said(request, "desk.cause"), filter="text"),
        Column("code", said(request, "desk.code"), sortable=True, filter="text"),
        Column("sender", said(request, "desk.sender"), sortable=True, filter="text"),
        Column("feed", said(request, "desk.feed"), sortable=True, filter="text"),
        Column("count", said(request, "desk.count"), "number", sortable=True, filter="range"),
        Column("first", said(request, "desk.first"), "time", sortable=True, shown=False),
        Column("last", said(request, "desk.received"), "time", sortable=True),
    ]
    made: list[Row] = []
    for slug, feed, code, count, first, last, inside, params in rows:
        there = f"{reverse('exchange_rejects')}?show=each&f.sender={slug}&f.feed={feed}&f.code={code}"
        made.append({
            "why": Link(_why(request, code, inside, params), there), "code": code, "sender": names.get(slug, slug),
            "feed": parts.feed_word(request, feed), "count": count, "first": first, "last": last,
        })  # fmt: skip
    return ListSource("causes", columns, made)


def _why(request: HttpRequest, code: str, inside: str, params: dict[str, str]) -> str:
    fault = parts.fault_words(request, code, inside, params)
    return fault.text(language_of(request)) if fault else f"{code} {inside}"


class RejectSource:
    """Rejects one by one, the oldest first; those that wait, unless a state is asked for."""

    name = "rejects"
    paging: Literal["offset", "keyset"] = "keyset"

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        found = parts.senders()
        self._names = {one.slug: one.name or one.slug for one in found}
        states = [(one, said(request, f"desk.state_{one}")) for one in STATES]
        codes = sorted({one.code for one in parts.the_desk().counts(access(request))} & set(catalogue()))
        self.columns: Sequence[Column] = (
            Column("key", said(request, "desk.key")),
            Column("why", said(request, "desk.cause")),
            Column("code", said(request, "desk.code"), filter="choice", choices=[(one, one) for one in codes]),
            Column("sender", said(request, "desk.sender"), filter="choice", choices=parts.sender_choices(found)),
            Column("feed", said(request, "desk.feed"), filter="choice", choices=parts.feed_choices(request, found)),
            Column("state", said(request, "desk.state"), "state", filter="choice", choices=states),
            Column("received", said(request, "desk.received"), "time"),
            Column("place", said(request, "desk.place"), shown=False),
            Column("id", said(request, "desk.number"), "number", shown=False),
        )

    def rows(self, query: TableQuery) -> Rows:
        """One page."""
        state = query.filters.get("state", "")
        found = parts.the_desk().page(
            access(self._request), **{name: query.filters.get(name) for name in _FILTERS},
            states=parse_states(state) if state else WAITING,
            after=int(query.after) if query.after.isdecimal() else 0, count=query.size + 1,
        )  # fmt: skip
        kept = found[: query.size]
        return Rows([self._row(one) for one in kept], str(kept[-1].id) if len(found) > query.size else "")

    def count(self, query: TableQuery) -> int | None:
        """Not counted."""
        return None

    def _row(self, one: Reject) -> Row:
        there = reverse("exchange_reject", args=[one.id])
        return {
            "key": Link(one.key or f"#{one.id}", there),
            "why": _why(self._request, one.code, one.inside, one.params),
            "code": one.code,
            "sender": self._names.get(one.sender, one.sender),
            "feed": parts.feed_word(self._request, one.feed),
            "state": parts.outcome(self._request, one.state),
            "received": one.received,
            "place": one.place,
            "id": one.id,
        }


def _ask(request: HttpRequest, filters: object) -> Dialog:
    """The question before a replay of all that wait and match the filters that are set."""
    held = cast("dict[str, str]", filters)
    wanted = tuple((name, held.get(name, "")) for name in _FILTERS)
    with the_platform().database.singly() as connection:
        rows = connection.execute(SQL["groups"], {"states": list(WAITING)}).fetchall()
    count = sum(
        row[3] for row in rows if all(not value or row[place] == value for place, (_, value) in enumerate(wanted))
    )
    words = {part: said(request, f"desk.replay_all_{part}", count=count) for part in ("opener", "title", "text")}
    there = reverse("replay_rejects")
    return Dialog("replay-all", words["opener"], words["title"], words["text"], there, words["opener"], wanted)
