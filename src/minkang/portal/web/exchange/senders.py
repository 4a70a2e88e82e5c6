"""Who sends what: all senders with their feeds, and one sender with its days and files."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from minkang.access.audit import AuditEntry
from minkang.db import Queries
from minkang.exchange.ledger.looking import File
from minkang.exchange.ledger.senders import Sender
from minkang.exchange.rejects.states import WAITING
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.components import Chart, Dialog, FigureCard, Series, State, StateChip
from minkang.portal.web.exchange import parts
from minkang.portal.web.page import Action, Head, access, page, said
from minkang.portal.web.tables import Column, Link, ListSource, Row, Table
from minkang.portal.web.templatetags.page import thin

SQL = Queries.read("minkang.portal.web.exchange", "exchange.sql")
DAYS = 60
FILES = 500
_OUTCOMES = ("accepted", "superseded", "duplicate", "rejected")


@dataclass
class Flow:
    """One feed of one sender: arrivals by outcome, the last day one came, rejects that wait."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_OUTCOMES, 0))
    last: date | None = None
    waiting: int = 0

    @property
    def arrived(self) -> int:
        """All arrivals; each has exactly one outcome."""
        return sum(self.counts.values())


def senders(request: HttpRequest) -> HttpResponseBase:
    """All senders, a line a feed."""
    parts.enter(request)
    found, flows = parts.senders(), _flows(request)
    rows = [_row(request, one, feed, flows[one.slug, feed]) for one in found for feed in one.feeds or ("",)]
    source = ListSource("senders", _columns(request, found), rows)
    table = Table(request, source, empty=said(request, "desk.no_senders"))
    if answer := table.answer():
        return answer
    actions = [
        Action(said(request, "desk.tab_take"), reverse("exchange_take"), main=True),
        Action(said(request, "desk.add_sender"), reverse("add_sender")),
    ]
    head = Head(said(request, "areas.exchange"), actions=actions)
    return page(
        request, "exchange/senders.html", head, table=table, tabs=parts.tabs(request, "senders"),
        cards=_cards(request, list(flows.values())), chart=_chart(request, ""),
    )  # fmt: skip


def sender(request: HttpRequest, slug: str) -> HttpResponseBase:
    """One sender: what came of it by day, and its files."""
    parts.enter(request)
    found = parts.the_intake().senders.sender(slug)
    flows = {feed: flow for (one, feed), flow in _flows(request).items() if one == slug}
    rows = [_row(request, found, feed, flows.get(feed, Flow())) for feed in found.feeds]
    columns = [one for one in _columns(request, [found]) if one.name != "sender"]
    feeds = Table(request, ListSource("feeds", columns, rows), empty=said(request, "desk.no_feeds"))
    files = [_file(request, one) for one in parts.the_ledger().files(access(request), sender=slug, count=FILES)]
    source = ListSource("files", _file_columns(request), files)
    table = Table(request, source, empty=said(request, "desk.no_files"), prefix="b.")
    if answer := feeds.answer() or table.answer():
        return answer
    actions = [
        Action(said(request, "desk.tab_take"), f"{reverse('exchange_take')}?sender={slug}", main=True),
        Action(said(request, "desk.tab_ledger"), f"{reverse('exchange_ledger')}?f.sender={slug}"),
        Action(said(request, "desk.tab_rejects"), f"{reverse('exchange_rejects')}?show=each&f.sender={slug}"),
        Action(said(request, "desk.tab_unmapped"), f"{reverse('exchange_unmapped')}?f.sender={slug}"),
    ]
    head = Head(found.name or slug, parts.crumbs(request), note=slug if found.name else "", actions=actions)
    return page(
        request, "exchange/sender.html", head, feeds=feeds, table=table, facts=_facts(request, found),
        ask=_ask(request, found), chart=_chart(request, slug),
    )  # fmt: skip


@require_POST
def change(request: HttpRequest, slug: str) -> HttpResponse:
    """Shut a sender out, or let it in again."""
    parts.enter(request)
    wanted = request.POST.get("change") == "open"
    parts.the_intake().senders.set_active(slug, wanted)
    _audit(request, "update", f"sender:{slug}:{'open' if wanted else 'shut'}")
    return redirect("exchange_sender", slug=slug)


def _audit(request: HttpRequest, interaction: str, query: str) -> None:
    the_platform().audit.write(AuditEntry(access(request), interaction, query=query))


def _flows(request: HttpRequest) -> dict[tuple[str, str], Flow]:
    flows: dict[tuple[str, str], Flow] = defaultdict(Flow)
    for one in parts.the_ledger().tallies(access(request)):
        flow = flows[one.sender, one.feed]
        flow.counts[one.outcome] += one.count
        flow.last = max(flow.last or one.last, one.last)
    with the_platform().database.singly() as connection:
        for slug, feed, count in connection.execute(SQL["waiting"], {"states": list(WAITING)}):
            flows[slug, feed].waiting = count
    return flows


def _columns(request: HttpRequest, found: list[Sender]) -> list[Column]:
    counts = [Column(name, said(request, f"desk.state_{name}"), "number", sortable=True) for name in _OUTCOMES]
    feeds = parts.feed_choices(request, found)
    return [
        Column("sender", said(request, "desk.sender"), sortable=True, filter="text"),
        Column("feed", said(request, "desk.feed"), sortable=True, filter="choice",
               choices=[(words, words) for _, words in feeds]),
        Column("state", said(request, "desk.state"), "state"),
        Column("last", said(request, "desk.last"), "date", sortable=True, filter="dates"),
        Column("arrived", said(request, "desk.arrived"), "number", sortable=True),
        *counts,
        Column("waiting", said(request, "desk.waiting"), "number", sortable=True, filter="range"),
    ]  # fmt: skip


def _row(request: HttpRequest, one: Sender, feed: str, flow: Flow) -> Row:
    there = f"{reverse('exchange_rejects')}?show=each&f.sender={one.slug}&f.feed={feed}"
    return {
        "sender": Link(one.name or one.slug, reverse("exchange_sender", args=[one.slug])),
        "feed": parts.feed_word(request, feed) if feed else "—",
        "state": _state(request, one, flow),
        "last": flow.last,
        "arrived": flow.arrived,
        **flow.counts,
        "waiting": Link(thin(flow.waiting), there) if flow.waiting else 0,
    }


def _state(request: HttpRequest, one: Sender, flow: Flow) -> StateChip:
    if not one.active:
        return StateChip(State.UNMEASURED, said(request, "desk.shut"))
    if not flow.arrived:
        return StateChip(State.UNMEASURED, said(request, "desk.silent"))
    if flow.waiting:
        return StateChip(State.AT_RISK, said(request, "desk.has_rejects"))
    return StateChip(State.ON_TRACK, said(request, "desk.fine"))


def _cards(request: HttpRequest, flows: list[Flow]) -> list[FigureCard]:
    arrived = sum(flow.arrived for flow in flows)
    unit, rejected = said(request, "desk.messages"), sum(flow.counts["rejected"] for flow in flows)
    cards = [FigureCard(said(request, "desk.arrived"), thin(arrived), unit, why=reverse("exchange_ledger"))]
    for name in ("accepted", "duplicate"):
        cards.append(
            FigureCard(said(request, f"desk.state_{name}"), thin(sum(one.counts[name] for one in flows)), unit)
        )
    share = f"{rejected / arrived:.2%}" if arrived else ""
    cards.append(FigureCard(said(request, "desk.state_rejected"), thin(rejected), unit, change=share))
    waiting, there = sum(flow.waiting for flow in flows), reverse("exchange_rejects")
    state = State.AT_RISK if waiting else State.ON_TRACK
    words = said(request, "desk.has_rejects" if waiting else "desk.fine")
    cards.append(
        FigureCard(said(request, "desk.waiting"), thin(waiting), unit, state=state, state_text=words, why=there)
    )
    return cards


def _chart(request: HttpRequest, slug: str) -> Chart | None:
    with the_platform().database.singly() as connection:
        rows = connection.execute(SQL["days"], {"sender": slug, "days": DAYS}).fetchall()
    days = sorted({row[0] for row in rows})
    if len(days) < 2:  # One bar says no more than the table.
        return None
    counts = {(row[0], row[1]): row[2] for row in rows}
    series = [
        Series(
            said(request, f"desk.state_{name}"), [counts.get((day, name), 0) for day in days], "bar", name == "accepted"
        )
        for name in _OUTCOMES
        if any((day, name) in counts for day in days)
    ]
    return Chart(
        f"days-{slug or 'all'}", said(request, "desk.by_day"), [f"{day}" for day in days], series,
        unit=said(request, "desk.messages"),
    )  # fmt: skip


def _facts(request: HttpRequest, one: Sender) -> list[tuple[str, object]]:
    state = StateChip(State.ON_TRACK if one.active else State.UNMEASURED,
                      said(request, "desk.open" if one.active else "desk.shut"))  # fmt: skip
    return [
        (said(request, "desk.slug"), one.slug),
        (said(request, "desk.institution"), one.institution or "—"),
        (said(request, "desk.state"), state),
        (said(request, "desk.scopes"), one.scopes),
    ]


def _ask(request: HttpRequest, one: Sender) -> Dialog:
    wanted = "shut" if one.active else "open"
    words = {
        part: said(request, f"desk.{wanted}_{part}", name=one.name or one.slug) for part in ("opener", "title", "text")
    }
    there = reverse("change_sender", args=[one.slug])
    return Dialog(wanted, words["opener"], words["title"], words["text"], there, words["opener"], (("change", wanted),))


def _file_columns(request: HttpRequest) -> list[Column]:
    return [
        Column("place", said(request, "desk.file"), sortable=True, filter="text"),
        Column("feed", said(request, "desk.feed"), sortable=True),
        Column("state", said(request, "desk.state"), "state"),
        Column("touched", said(request, "desk.at"), "time", sortable=True, filter="dates"),
        Column("position", said(request, "desk.arrived"), "number", sortable=True),
        *(Column(name, said(request, f"desk.state_{name}"), "number", sortable=True) for name in _OUTCOMES),
        Column("size", said(request, "desk.size"), "number", sortable=True, shown=False, unit="B"),
        Column("started", said(request, "desk.started"), "time", sortable=True, shown=False),
    ]


def _file(request: HttpRequest, one: File) -> Row:
    states = {"done": State.ON_TRACK, "open": State.AT_RISK}
    return {
        "place": one.place.rpartition("/")[2],
        "feed": parts.feed_word(request, one.feed),
        "state": StateChip(states.get(one.state, State.OFF_TRACK), said(request, f"desk.file_{one.state}")),
        "touched": one.touched,
        "position": one.position,
        **{name: getattr(one, name) for name in _OUTCOMES},
        "size": one.size,
        "started": one.started,
    }
