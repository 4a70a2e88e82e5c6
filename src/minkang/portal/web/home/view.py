"""The front page and the pages that lead everywhere."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from minkang.portal.web.home import facts
from minkang.portal.web.home.cards import Card, Provider
from minkang.portal.web.page import Head, page, said

PROVIDERS: tuple[Provider, ...] = (
    facts.notices_card,
    facts.work_card,
    facts.changes_card,
    facts.records_card,
    facts.platform_card,
)
"""Who gives cards, in the order they stand within their part. A new one is one line here."""


def home(request: HttpRequest) -> HttpResponse:
    """What needs me today, what changed, how we stand."""
    cards = [card for provider in PROVIDERS if (card := provider(request)) is not None]
    parts: list[tuple[str, list[Card]]] = [
        (said(request, f"home.part_{part}"), some)
        for part in ("needs", "changed", "stand")
        if (some := [card for card in cards if card.part == part])
    ]
    return page(
        request,
        "home.html",
        Head(said(request, "pages.start_title")),
        parts=parts,
        synthetic=any(card.synthetic for card in cards),
    )


def everything(request: HttpRequest) -> HttpResponse:
    """All pages one may open, and how pages look: the menu of a phone."""
    return page(request, "all.html", Head(said(request, "pages.all"), as_of=False))


def keys(request: HttpRequest) -> HttpResponse:
    """The keys, for those whose browser runs no scripts to show them above the page."""
    return page(request, "keys_page.html", Head(said(request, "pages.keys"), as_of=False))
