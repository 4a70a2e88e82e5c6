"""The page of long work; while something runs it refreshes itself."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from minkang.portal.web.page import Head, page, said
from minkang.portal.web.work.sources import all_work

MOST = 100


def work(request: HttpRequest) -> HttpResponse:
    """What runs, waits, is done or failed, the newest first."""
    found = all_work(request, count=MOST)
    if request.GET.get("part"):
        return render(request, "work_list.html", {"work": found})
    return page(
        request, "work.html", Head(said(request, "areas.work")), work=found, live=any(one.live for one in found)
    )
