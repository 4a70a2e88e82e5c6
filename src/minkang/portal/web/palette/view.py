"""The page of the find field, and the part of it that the dialog shows as one types."""

from __future__ import annotations

from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from minkang.portal.web.page import Head, page, said
from minkang.portal.web.palette import finders
from minkang.portal.web.palette.finding import Finder, Found

FINDERS: tuple[Finder, ...] = (finders.pages, finders.persons, finders.institutions, finders.records)
"""Who is asked, in the order their answers stand. A new one is one line here."""
MOST = 6
LONGEST = 80


def find(request: HttpRequest) -> HttpResponse:
    """`/find?q=…`: everything found, by kind; `part=1` gives the list alone."""
    text = request.GET.get("q", "").strip()[:LONGEST]
    found: list[Found] = [one for finder in FINDERS for one in finder(request, text, MOST)]
    kinds = [(kind, list(some)) for kind, some in groupby(found, key=lambda one: one.kind)]
    if request.GET.get("part"):
        return render(request, "found.html", {"kinds": kinds, "text": text})
    return page(request, "find.html", Head(said(request, "pages.find"), as_of=False), kinds=kinds, text=text)
