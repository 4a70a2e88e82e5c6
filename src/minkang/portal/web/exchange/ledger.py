"""The ledger: every message that came, and one message with its original, its resources and its history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from minkang.errors import Fault
from minkang.exchange.ledger.looking import Entry
from minkang.exchange.message import draft_id
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.components import Event, Message, Timeline
from minkang.portal.web.exchange import parts
from minkang.portal.web.exchange.originals import show
from minkang.portal.web.exchange.senders import SQL
from minkang.portal.web.language import language_of
from minkang.portal.web.page import Action, Head, access, page, said
from minkang.portal.web.tables import Column, Link, ListSource, Row, Rows, Table, TableQuery
from minkang.portal.web.templatetags.page import typename

STATES = ("accepted", "superseded", "rejected", "replayed", "discarded")
MOST_TARGETS = 2000


class LedgerSource:
    """Messages, the latest first; found by sender, feed, key and state, for which there are indexes."""

    name = "ledger"
    paging: Literal["offset", "keyset"] = "keyset"

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        found = parts.senders()
        states = [(one, said(request, f"desk.state_{one}")) for one in STATES]
        self._names = {one.slug: one.name or one.slug for one in found}
        self.columns: Sequence[Column] = (
            Column("key", said(request, "desk.key"), filter="text"),
            Column("sender", said(request, "desk.sender"), filter="choice", choices=parts.sender_choices(found)),
            Column("feed", said(request, "desk.feed"), filter="choice", choices=parts.feed_choices(request, found)),
            Column("state", said(request, "desk.state"), "state", filter="choice", choices=states),
            Column("code", said(request, "desk.code")),
            Column("records", said(request, "desk.records")),
            Column("noted", said(request, "desk.notes"), "number"),
            Column("copies", said(request, "desk.copies"), "number"),
            Column("received", said(request, "desk.received"), "time"),
            Column("place", said(request, "desk.place"), shown=False),
            Column("number", said(request, "desk.number"), "number", shown=False),
        )

    def rows(self, query: TableQuery) -> Rows:
        """One page."""
        asked: dict[str, Any] = {name: query.filters.get(name) for name in ("sender", "feed", "key", "state")}
        before = int(query.after) if query.after.isdecimal() else None
        found = parts.the_ledger().messages(access(self._request), **asked, before=before, count=query.size + 1)
        kept = found[: query.size]
        following = str(kept[-1].number) if len(found) > query.size else ""
        return Rows([self._row(one) for one in kept], following)

    def count(self, query: TableQuery) -> int | None:
        """Not counted: there may be hundreds of millions."""
        return None

    def _row(self, one: Entry) -> Row:
        return {
            "key": Link(one.key or "—", reverse("exchange_message", args=[one.identity])),
            "sender": Link(self._names.get(one.sender, one.sender), reverse("exchange_sender", args=[one.sender])),
            "feed": parts.feed_word(self._request, one.feed),
            "state": parts.outcome(self._request, one.state),
            "code": one.code,
            "records": f"{one.written}/{one.drafts}",
            "noted": one.noted,
            "copies": one.copies,
            "received": one.received,
            "place": one.place,
            "number": one.number,
        }


def ledger(request: HttpRequest) -> HttpResponseBase:
    """All messages."""
    parts.enter(request)
    table = Table(request, LedgerSource(request), empty=said(request, "desk.no_messages"))
    if answer := table.answer():
        return answer
    head = Head(said(request, "desk.tab_ledger"), parts.crumbs(request))
    lead = said(request, "desk.ledger_lead")
    _ = table.found
    return page(request, "listing.html", head, table=table, tabs=parts.tabs(request, "ledger"), lead=lead,
                status=table.status)  # fmt: skip


def message(request: HttpRequest, identity: UUID) -> HttpResponseBase:
    """One message: what came, what it became, what happened to it."""
    parts.enter(request)
    book, who = parts.the_ledger(), access(request)
    entry = book.message(who, identity)
    if entry is None:
        raise Fault("DESK-001", id=str(identity))
    if "original" in request.GET:
        return _download(entry, book.original(who, entry))
    table = Table(request, ListSource("resources", _columns(request), _targets(request, entry)),
                  empty=said(request, "desk.no_resources"))  # fmt: skip
    if answer := table.answer():
        return answer
    original, problem = None, None
    try:
        original = show(entry.feed, book.original(who, entry), language_of(request))
    except Fault as fault:  # The ledger is there though its original is not: say so, and show the rest.
        problem = Message.of(fault, language_of(request))
    reject = _reject(identity) or entry.replay_of
    actions = [Action(said(request, "desk.download"), "?original=1")]
    if reject:
        actions.insert(0, Action(said(request, "desk.to_reject"), reverse("exchange_reject", args=[reject]), main=True))
    head = Head(entry.key or "—", parts.crumbs(request, "ledger"), as_of=entry.settled, actions=actions)
    return page(
        request, "exchange/message.html", head, facts=_facts(request, entry), original=original, problem=problem,
        table=table, notes=_notes(request, entry), history=_history(request, entry), written=entry.written,
    )  # fmt: skip


def _download(entry: Entry, body: bytes) -> HttpResponse:
    """The original as a file that no browser opens by itself."""
    answer = HttpResponse(body, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{entry.identity}.bin"'
    return answer


def _columns(request: HttpRequest) -> list[Column]:
    return [
        Column("resource", said(request, "desk.resource"), sortable=True, filter="text"),
        Column("id", said(request, "desk.id")),
    ]


def _targets(request: HttpRequest, entry: Entry) -> list[Row]:
    """The resources that the message's Provenance names, each a link; and the Provenance itself."""
    if not entry.drafts:
        return []
    id = draft_id(entry.sender, "Provenance", str(entry.identity))
    try:
        record = the_platform().repository.read(access(request), "Provenance", id)
    except Fault as fault:
        if fault.category.status not in (404, 410):
            raise
        return []
    told = msgspec.json.decode(record.body) if record.body else {}
    references = [str(one.get("reference", "")) for one in told.get("target", ())][:MOST_TARGETS]
    language = language_of(request)
    return [
        {"resource": Link(typename(type, language), f"/records/{type}/{one}"), "id": one}
        for type, _, one in (text.partition("/") for text in [*references, f"Provenance/{id}"])
        if one
    ]


def _reject(identity: UUID) -> int | None:
    with the_platform().database.singly() as connection:
        row = connection.execute(SQL["reject_of"], {"message": identity}).fetchone()
    return row[0] if row else None


def _facts(request: HttpRequest, entry: Entry) -> list[tuple[str, object]]:
    words = parts.feed_word(request, entry.feed)
    facts: list[tuple[str, object]] = [
        (said(request, "desk.state"), parts.outcome(request, entry.state)),
        (said(request, "desk.sender"), entry.sender),
        (said(request, "desk.feed"), f"{words} ({entry.feed})"),
        (said(request, "desk.received"), entry.received),
        (said(request, "desk.place"), entry.place or "—"),
        (said(request, "desk.records"), said(request, "desk.records_of", written=entry.written, drafts=entry.drafts)),
        (said(request, "desk.copies"), entry.copies),
        (said(request, "desk.digest"), entry.digest.hex()),
    ]
    if entry.code:
        facts.insert(1, (said(request, "desk.code"), entry.code))
    return facts


@dataclass(frozen=True)
class Noted:
    """Something that could not be carried over: where, what, and its code."""

    where: str
    text: str
    code: str


def _notes(request: HttpRequest, entry: Entry) -> list[Noted]:
    """What could not be carried over; a code that the program no longer has is shown as it is."""
    shown = []
    for note in entry.notes or ():
        where, code, params = note.get("where", ""), note.get("code", ""), dict(note.get("params", {}))
        fault = parts.fault_words(request, code, "", params)
        text = fault.text(language_of(request)) if fault else " ".join(map(str, params.values()))
        shown.append(Noted(where, text, code))
    return shown


def _history(request: HttpRequest, entry: Entry) -> Timeline:
    settled = timezone.localtime(entry.settled)
    words = said(request, f"desk.state_{entry.state}")
    there = reverse("exchange_reject", args=[entry.replay_of]) if entry.replay_of else ""
    detail = said(request, "desk.made_of", id=entry.replay_of) if entry.replay_of else entry.code
    events = [Event(settled, words, "", detail, there)]
    if entry.copies:
        events.append(Event(settled, said(request, "desk.event_again", count=entry.copies)))
    received = said(request, "desk.event_received")
    return Timeline([*events, Event(timezone.localtime(entry.received), received, "", entry.place)])
