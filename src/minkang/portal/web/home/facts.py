"""The cards that every installation has: notices, long work, newest changes, records, platform, clients."""

from __future__ import annotations

import platform as machine

from django.http import HttpRequest
from django.urls import reverse

from minkang import __version__
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.components import FigureCard, State, StateChip
from minkang.portal.web.home.cards import Card, Line
from minkang.portal.web.language import language_of
from minkang.portal.web.notices import store as notices
from minkang.portal.web.page import access, administers, said
from minkang.portal.web.templatetags.page import method, thin, typename
from minkang.portal.web.titles import row_of
from minkang.portal.web.work.sources import all_work
from minkang.records.counts import count_by_type

_NEWEST = 10
_LOOKED_AT = 100


def notices_card(request: HttpRequest) -> Card:
    """What the reader was told and has not read."""
    found = notices.newest(the_platform().database, request.user.get_username(), limit=5)
    language = language_of(request)
    lines = [Line(one.text(language), one.address, at=one.at) for one in found if one.read is None]
    title, empty = said(request, "home.notices"), said(request, "home.no_notices")
    return Card("needs", "notices", title, lines, address=reverse("notices"), empty=empty)


def work_card(request: HttpRequest) -> Card:
    """Long work that goes on or failed."""
    found = [one for one in all_work(request, count=20) if one.live or one.stage == "failed"][:5]
    lines = [Line(one.title, one.address or reverse("work"), one.stage_text, one.started) for one in found]
    title, empty = said(request, "home.work"), said(request, "home.no_work")
    return Card("needs", "work", title, lines, address=reverse("work"), empty=empty)


def changes_card(request: HttpRequest) -> Card | None:
    """The newest versions of records."""
    reader = access(request)
    if not reader.scopes:
        return None
    language = language_of(request)
    newest = the_platform().repository.history(reader, count=_LOOKED_AT).records
    # What records where a message came from is as many as the messages, and nobody's news.
    rows = [row_of(one) for one in newest if one.type != "Provenance"][:_NEWEST]
    lines = [
        Line(
            row.title or f"{row.type}/{row.id}",
            reverse("show_version", args=[row.type, row.id, row.version]),
            f"{typename(row.type, language).split()[0]} · {method(row.method, language)}",
            row.at,
        )
        for row in rows
    ]
    synthetic = any(row.synthetic for row in rows)
    title, empty = said(request, "pages.newest"), said(request, "pages.no_changes")
    return Card("changed", "newest", title, lines, empty=empty, synthetic=synthetic)


def records_card(request: HttpRequest) -> Card:
    """How many records there are, by type."""
    platform, language = the_platform(), language_of(request)
    counts = count_by_type(platform.database, platform.audit, access(request))
    lines = [
        Line(
            typename(one.type, language),
            reverse("search", args=[one.type]),
            _about(request, one.exact) + thin(one.count),
        )
        for one in counts[:8]
    ]
    exact = all(one.exact for one in counts)
    total = FigureCard(
        said(request, "home.records"),
        _about(request, exact) + thin(sum(one.count for one in counts)),
        unit=said(request, "home.records_unit", types=len(counts)),
    )
    title, empty = said(request, "pages.counts"), said(request, "pages.empty_store")
    return Card("stand", "counts", title, lines, [total] if counts else [], reverse("choose"), empty)


def platform_card(request: HttpRequest) -> Card:
    """The program, its database and its address for programs."""
    platform = the_platform()
    with platform.database.singly() as connection:
        number = connection.info.server_version  # 180003
    kind = said(request, "pages.embedded" if platform.settings.embedded else "pages.external")
    lines = [
        Line(said(request, "pages.fhir_address"), "/fhir/metadata?_pretty=true", f"{platform.settings.base_url}/fhir"),
        Line(said(request, "pages.database"), second=f"{kind} {number // 10000}.{number % 10000}"),
        Line(said(request, "pages.program"), second=f"Minkang {__version__} · Python {machine.python_version()}"),
    ]
    if administers(request):
        clients = platform.clients.list()
        active = f"{sum(one.active for one in clients)} / {len(clients)}"
        lines.append(Line(said(request, "areas.clients"), reverse("clients"), active))
    running = StateChip(State.ON_TRACK, said(request, "pages.in_use"))
    return Card("stand", "platform", said(request, "pages.platform"), lines, [running])


def _about(request: HttpRequest, exact: bool) -> str:
    return "" if exact else f"{said(request, 'pages.about')} "
