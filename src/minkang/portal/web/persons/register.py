"""The population register on pages: the list, one person with its sources, and what is in disagreement."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from minkang.errors import Fault
from minkang.persons.online.index import Entry
from minkang.persons.store.acts import Past
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.components import Comparison, Message
from minkang.portal.web.language import language_of
from minkang.portal.web.page import Head, access, page, said
from minkang.portal.web.persons.review import FIELDS, acting, crumbs, shown, tabs
from minkang.portal.web.persons.sources import DisagreementSource, RegisterSource
from minkang.portal.web.tables import Table

BEST = ("name", "sex", "birth", "id_card", "phone", "address", "division", "died")
MOST = 6


def population(request: HttpRequest) -> HttpResponseBase:
    """The register."""
    table = Table(request, RegisterSource(request), empty=said(request, "people.nobody"))
    if answer := table.answer():
        return answer
    _ = table.found  # so that the status is known
    head = Head(said(request, "areas.population"))
    return page(request, "listing.html", head, table=table, tabs=tabs(request, "population"),
                lead=said(request, "people.register_lead"), status=table.status)  # fmt: skip


def disagreements(request: HttpRequest) -> HttpResponseBase:
    """What sources say that cannot all be true."""
    table = Table(request, DisagreementSource(request), empty=said(request, "people.all_agree"))
    if answer := table.answer():
        return answer
    _ = table.found  # so that the status is known
    head = Head(said(request, "areas.disagreements"), crumbs(request))
    return page(request, "listing.html", head, table=table, tabs=tabs(request, "disagreements"),
                lead=said(request, "people.disagreements_lead"), status=table.status)  # fmt: skip


def person(request: HttpRequest, id: str) -> HttpResponseBase:
    """One person: the best values and where they come from, the sources, the history of links."""
    return _person(request, id, None)


def _person(request: HttpRequest, id: str, fault: Fault | None) -> HttpResponse:
    platform, reader = the_platform(), access(request)
    row = platform.persons.register.row(reader, id)
    language = language_of(request)
    with platform.database.connection() as session:
        sources = [link.source for link in platform.persons.links.members(id)]
        entries = platform.persons.index.entries(session, sources)
    links = platform.persons.links.of_sources(sources)
    past = platform.persons.links.history(platform.persons.links.sources_ever(id))
    context = {
        "message": Message.of(fault, language) if fault else None,
        "best": [_best(request, name, row.origin[name]) for name in BEST if name in row.origin],
        "facts": [
            (said(request, "people.vital"), said(request, f"persons.vital_{row.vital}")),
            (said(request, "people.residence"), said(request, f"persons.residence_{row.residence}")),
            (said(request, "people.household"), row.household or "—"),
        ],
        "household": row.household,
        "comparison": _comparison(request, entries[:MOST]),
        "sources": [_source(request, one, links[one.record.source].method) for one in entries],
        "many": len(entries) > 1,
        "past": [_past(request, one) for one in past[:50]],
        "doubts": [
            (said(request, f"persons.kind_{one.kind}"), " / ".join(sorted({str(v) for v in one.said.values()})))
            for one in platform.persons.register.of_person(id)
        ],
        "person": id,
    }
    head = Head(row.name or "—", crumbs(request), as_of=row.at)
    return page(request, "persons/person.html", head, status=fault.category.status if fault else 200, **context)


@require_POST
def change(request: HttpRequest, id: str) -> HttpResponse:
    """Split chosen records off, unlink them, or undo an act."""
    platform, doer = the_platform(), acting(request)
    links = platform.persons.links
    reason, chosen = request.POST.get("reason", ""), request.POST.getlist("source")
    undo = request.POST.get("undo", "")
    try:
        if undo.isdecimal():
            links.undo(doer, int(undo), reason)
        elif request.POST.get("act") == "split":
            links.split(doer, chosen, reason)
        else:
            for source in chosen:
                links.unlink(doer, source, reason)
    except Fault as fault:
        return _person(request, id, fault)
    with platform.database.connection() as session:
        touched = {id, *(link.person for link in links.of_sources(chosen).values())}
        for past in links.history(chosen or links.sources_ever(id), 50):
            touched |= {one for one in (past.person, past.was) if one}
        platform.persons.register.renew(session, touched)
    there = links.members(id)
    return redirect(reverse("person", args=[id]) if there else reverse("population"))


def _best(request: HttpRequest, name: str, origin: dict[str, Any]) -> tuple[str, str, str, str]:
    """Field, value, where it comes from, and what others say."""
    others = "、".join(shown(request, name, other) for other in origin["others"])
    where = f"{origin['sender'] or '—'} {origin['feed']}"
    return said(request, f"people.{name}"), shown(request, name, origin["value"]), where, others


def _comparison(request: HttpRequest, entries: list[Entry]) -> Comparison:
    rows = [
        (said(request, f"people.{field}"), [shown(request, field, one.record.raw.get(field, "")) for one in entries])
        for field in FIELDS
        if any(one.record.raw.get(field) for one in entries)
    ]
    return Comparison([f"{one.record.sender or '—'} {one.record.feed}" for one in entries], rows)


def _source(request: HttpRequest, one: Entry, method: str) -> tuple[str, str, str]:
    profile = the_platform().persons.index.profile
    rule = next((rule for rule in profile.rules if rule.name == method), None)
    words = (rule.zh if language_of(request) == "zh" else rule.en) if rule else said(request, f"people.method_{method}")
    return one.record.source, f"{one.record.raw.get('name', '—')} · {one.record.sender or '—'} {one.record.feed}", words


def _past(request: HttpRequest, one: Past) -> dict[str, Any]:
    return {
        "words": said(request, f"people.event_{one.event}"),
        "source": one.source,
        "by": one.caller,
        "reason": one.reason,
        "at": timezone.localtime(one.at),
        "undo": one.operation if one.by_hand and one.undone is None and one.kind != "undo" else 0,
        "undone": one.undone is not None,
    }
