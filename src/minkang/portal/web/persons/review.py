"""The review queue on pages: the list with its batches, and one pair with its evidence and what a decision does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from minkang.access import Access, Scope
from minkang.access.audit import AuditEntry
from minkang.errors import Fault
from minkang.flows import Item
from minkang.flows.items import Step as Taken
from minkang.persons.explaining import steps, verdict
from minkang.persons.review.queue import WAITING, Side
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.components import Comparison, Message, Tab, Tabs, Waterfall
from minkang.portal.web.components.waterfall import Step
from minkang.portal.web.language import language_of
from minkang.portal.web.page import Action, Head, access, administers, page, said
from minkang.portal.web.persons.sources import SEXES, PairSource, reason_in_words
from minkang.portal.web.tables import Table

if TYPE_CHECKING:
    from minkang.persons.keeping import Persons

FIELDS = (
    "name", "sex", "birth_date", "id_card", "phone", "address", "division", "guardian", "mother_id", "birth_order",
    "health_card", "document",
)  # fmt: skip
KEYS = {"link": "l", "separate": "s", "later": "d", "reopen": "u"}


def review(request: HttpRequest) -> HttpResponseBase:
    """What waits, the likeliest first."""
    table = Table(request, PairSource(request), empty=said(request, "people.nothing_waits"))
    if answer := table.answer():
        return answer
    queue = the_platform().persons.queue
    _ = table.found  # so that the status is known
    first = queue.page(count=1)
    actions = (
        [Action(said(request, "people.begin"), reverse("review_pair", args=[first[0].id]), main=True)] if first else []
    )
    lead = said(request, "people.review_lead")
    found = queue.agreement()
    if found.pairs:
        share = f"{found.agreed / found.pairs:.0%}"
        kappa = f"{found.kappa:.2f}" if found.kappa is not None else "–"
        lead += said(request, "people.agreement", pairs=found.pairs, share=share, kappa=kappa)
    head = Head(said(request, "areas.review"), crumbs(request), actions=actions)
    return page(
        request, "listing.html", head, table=table, lead=lead, tabs=tabs(request, "review"), status=table.status
    )


def pair(request: HttpRequest, id: int) -> HttpResponseBase:
    """One pair: side by side, the score step by step, and what saving would do."""
    return _pair(request, id, None)


def _pair(request: HttpRequest, id: int, fault: Fault | None) -> HttpResponse:
    persons, reader = the_platform().persons, access(request)
    item = persons.queue.flows.item(id)
    left, right = persons.queue.sides(reader, item)
    the_platform().audit.write(AuditEntry(reader, "read", "Person", item.subject, query="pair"))
    sender = request.GET.get("sender", "")
    language = language_of(request)
    decision = persons.scorer().decide(left.known.columns, right.known.columns)
    told = steps(decision, left.known.columns, right.known.columns, language)
    bars = [Step(f"{one.what}:{one.finding}", one.bits) for one in told[1:] if one.bits]
    waterfall = Waterfall(bars, said(request, "people.total"), said(request, "people.bits"),
                          start=told[0].bits, start_name=told[0].what)  # fmt: skip
    title = " · ".join(side.entry.record.raw.get("name", "—") for side in (left, right))
    context = {
        "message": Message.of(fault, language) if fault else None,
        "comparison": _comparison(request, left, right),
        "waterfall": waterfall,
        "start": f"{told[0].bits:+.1f}",
        "verdict": verdict(decision, persons.index.profile, language),
        "reason": reason_in_words(request, str(item.about["reason"])),
        "item": item,
        "state": persons.queue.flow.states[item.state].words[language],
        "effects": _effects(request, left, right),
        "choices": _choices(request, persons, item),
        "past": [_step(request, persons, one) for one in persons.queue.steps(item.id)],
        "sides": [(one.entry.record.source, one.known.person) for one in (left, right)],
        "second": persons.queue.needs_second(item) and item.state in {"open", "later"},
        "next": _address(next(iter(persons.queue.page(sender=sender, after=item, count=1)), None), sender),
        "before": _address(persons.queue.before(item, sender=sender), sender),
        "sender": sender,
    }
    head = Head(title, [*crumbs(request), (said(request, "areas.review"), reverse("review"))], note=item.organisation)
    return page(request, "persons/pair.html", head, status=fault.category.status if fault else 200, **context)


@require_POST
def decide(request: HttpRequest, id: int) -> HttpResponse:
    """Save a decision, and go on with the next pair."""
    queue, sender = the_platform().persons.queue, request.GET.get("sender", "")
    version = request.POST.get("version", "")
    item = queue.flows.item(id)
    following = next(iter(queue.page(sender=sender, after=item, count=1)), None)
    try:
        queue.act(
            acting(request),
            id,
            request.POST.get("decision", ""),
            reason=request.POST.get("reason", ""),
            version=int(version) if version.isdecimal() else None,
        )
    except Fault as fault:
        return _pair(request, id, fault)
    return redirect(_address(following, sender) or reverse("review"))


def acting(request: HttpRequest) -> Access:
    """The access to decide with: an administrator has every role and may link, others have what they were given."""
    given = access(request)
    if not administers(request):
        return given
    change = Scope("Patient", frozenset(("create", "read", "update", "search")))
    return replace(given, scopes=(*given.scopes, change), roles=frozenset("*"))


def crumbs(request: HttpRequest) -> list[tuple[str, str]]:
    """The way here."""
    return [(said(request, "areas.population"), reverse("population"))]


def tabs(request: HttpRequest, chosen: str) -> Tabs:
    """The three lists."""
    waiting = sum(count for _, count in the_platform().persons.queue.batches(WAITING))
    doubts = sum(count for _, count in the_platform().persons.register.disagreement_counts())
    return Tabs(
        said(request, "areas.population"),
        [
            Tab(said(request, "areas.population"), reverse("population"), chosen == "population"),
            Tab(said(request, "areas.review"), reverse("review"), chosen == "review", waiting),
            Tab(said(request, "areas.disagreements"), reverse("disagreements"), chosen == "disagreements", doubts),
        ],
    )


def shown(request: HttpRequest, field: str, value: str) -> str:
    """A field's value as it is read."""
    return said(request, SEXES[value]) if field == "sex" and value in SEXES else value


def _comparison(request: HttpRequest, left: Side, right: Side) -> Comparison:
    sides = (left.entry.record, right.entry.record)
    rows = [
        (said(request, f"people.{field}"), [shown(request, field, one.raw.get(field, "")) for one in sides])
        for field in FIELDS
        if any(one.raw.get(field) for one in sides)
    ]
    rows.append((said(request, "people.others"), [str(len(left.others)), str(len(right.others))]))
    return Comparison([f"{one.sender or '—'} {one.feed}" for one in sides], rows)


def _effects(request: HttpRequest, left: Side, right: Side) -> list[str]:
    """What each decision would do, before it is saved."""
    if left.known.person == right.known.person:
        return [said(request, "people.effect_same")]
    return [
        said(
            request, "people.effect_link", moved=len(right.others) + 1, total=len(left.others) + len(right.others) + 2
        ),
        said(request, "people.effect_separate"),
    ]


def _choices(request: HttpRequest, persons: Persons, item: Item) -> list[tuple[str, str, str]]:
    language = language_of(request)
    events = persons.queue.steps_open(acting(request), item)
    return [(key, persons.queue.flow.events[event].words[language], KEYS[key]) for key, event in events.items()]


def _step(request: HttpRequest, persons: Persons, step: Taken) -> tuple[str, str, str, datetime]:
    events = persons.queue.flow.events
    word = events[step.event].words[language_of(request)] if step.event in events else said(request, "people.queued")
    return word, step.caller, step.reason, timezone.localtime(step.at)


def _address(one: Item | int | None, sender: str) -> str:
    if one is None:
        return ""
    number = one.id if isinstance(one, Item) else one
    return reverse("review_pair", args=[number]) + (f"?{urlencode({'sender': sender})}" if sender else "")
