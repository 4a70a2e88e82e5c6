"""The living page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from minkang.portal.web.language import language_of
from minkang.portal.web.living import samples
from minkang.portal.web.page import Action, Head, page, said
from minkang.portal.web.tables import Table

ROLES = ("ground", "surface", "line", "edge", "ink", "second", "accent", "target", "chosen")
SIZES = (12, 13, 14, 16, 20, 28, 40)
MOST = 10_000


def design(request: HttpRequest) -> HttpResponseBase:
    """Every component in every state; `?rows=0` and `?rows=10000` show the table empty and long."""
    language = language_of(request)
    asked = request.GET.get("rows", "37")
    many = min(int(asked), MOST) if asked.isdecimal() else 37
    table = Table(request, samples.rows(language, many), empty=said(request, "design.sample_empty"))
    if answer := table.answer():
        return answer
    errors, fields = samples.fields(language)
    actions = [
        Action(said(request, "design.sample_action"), "/design"),
        Action(said(request, "design.main_action"), "/design", main=True),
    ]
    head = Head(
        said(request, "areas.design"),
        [(said(request, "areas.home"), "/")],
        "2025-06-30",
        said(request, "design.note"),
        actions,
    )
    others: dict[str, Any] = samples.others(language)
    return page(
        request,
        "design.html",
        head,
        synthetic=True,
        table=table,
        errors=errors,
        fields=fields,
        roles=ROLES,
        sizes=SIZES,
        figures=samples.figures(language),
        chips=samples.chips(),
        timeline=samples.timeline(language),
        comparison=samples.comparison(language),
        work=samples.work(language),
        messages=samples.messages(language),
        charts=samples.charts(language),
        **others,
    )
