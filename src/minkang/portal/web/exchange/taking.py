"""A file of a sender taken in from a page: uploaded, kept, and taken in by a worker; its progress, its outcome."""

from __future__ import annotations

import secrets
from pathlib import Path, PurePosixPath
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from minkang.access.audit import AuditEntry
from minkang.errors import Fault
from minkang.exchange.intake.requests import TAKE, UPLOADS
from minkang.jobs import JobSeen
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.components import Field, FigureCard, LongWork
from minkang.portal.web.exchange import parts
from minkang.portal.web.language import language_of
from minkang.portal.web.page import Action, Head, access, page, said
from minkang.portal.web.templatetags.page import thin

MOST_BYTES = 1 << 30
_COUNTS = ("arrived", "accepted", "duplicate", "superseded", "rejected", "written")
_SHOWN = 12


def take(request: HttpRequest) -> HttpResponse:
    """The form; below it the files that were taken in this way of late."""
    parts.enter(request)
    given = {name: request.POST.get(name, request.GET.get(name, "")) for name in ("sender", "feed")}
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            return _ask(request, given)
        except Fault as fault:
            errors = {_place(fault): f"{fault.text(language_of(request))} {fault.advice(language_of(request))}"}
    found = parts.senders()
    fields = [
        Field("sender", said(request, "desk.sender"), "choice", given["sender"], errors.get("sender", ""),
              choices=parts.sender_choices(found), required=True),
        Field("feed", said(request, "desk.feed"), "choice", given["feed"], errors.get("feed", ""),
              said(request, "desk.feed_hint"), choices=parts.feed_choices(request, found), required=True),
    ]  # fmt: skip
    jobs = [one for one in the_platform().jobs.board.newest(count=200) if one.task == TAKE][:_SHOWN]
    head = Head(said(request, "desk.tab_take"), parts.crumbs(request), as_of=False)
    return page(
        request, "exchange/take.html", head, fields=fields, error=errors.get("file", ""),
        tabs=parts.tabs(request, "take"), work=[_work(request, one) for one in jobs], status=422 if errors else 200,
    )  # fmt: skip


def taken(request: HttpRequest, job: int) -> HttpResponse:
    """One file on its way in, and what became of its messages.

    Raises:
        Fault: `DESK-003`.
    """
    parts.enter(request)
    seen = the_platform().jobs.board.one(job)
    if seen is None or seen.task != TAKE:
        raise Fault("DESK-003", id=job)
    context: dict[str, Any] = {"work": _work(request, seen), "cards": _cards(request, seen)}
    if request.GET.get("part"):
        return render(request, "exchange/taken_part.html", context)
    sender = str(seen.about.get("sender", ""))
    actions = []
    if seen.state == "done":
        there = f"{reverse('exchange_rejects')}?show=each&f.sender={sender}&f.feed={seen.about.get('feed', '')}"
        actions = [Action(said(request, "desk.tab_ledger"), f"{reverse('exchange_ledger')}?f.sender={sender}")]
        if seen.result.get("rejected"):
            actions.append(Action(said(request, "desk.tab_rejects"), there, main=True))
    head = Head(str(seen.about.get("file", job)), parts.crumbs(request, "take"), actions=actions)
    return page(request, "exchange/taken.html", head, live=seen.state in ("waiting", "running"), **context)


def _place(fault: Fault) -> str:
    return {"EXCHANGE-022": "sender", "EXCHANGE-023": "sender", "EXCHANGE-024": "feed", "EXCHANGE-021": "feed"}.get(
        fault.code, "file"
    )


def _ask(request: HttpRequest, given: dict[str, str]) -> HttpResponse:
    parts.the_intake().senders.may_send(given["sender"], given["feed"])
    file = request.FILES.get("file")
    if file is None:
        raise Fault("DESK-004")
    name, size = PurePosixPath(str(file.name).replace("\\", "/")).name[:200] or "file", file.size or 0
    if size > MOST_BYTES:
        raise Fault("DESK-002", size=size, limit=MOST_BYTES)
    path = _keep(the_platform().settings.home / UPLOADS, name, file)
    platform, who = the_platform(), access(request)
    about = {"file": name, "sender": given["sender"], "feed": given["feed"], "size": size}
    job = platform.jobs.ask(who, TAKE, about=about, sender=given["sender"], feed=given["feed"], path=str(path))
    platform.audit.write(AuditEntry(who, "load", query=f"take:{given['sender']}:{given['feed']}:{name}"))
    assert job is not None  # It has no key that another one could hold.
    return redirect("exchange_taken", job=job)


def _keep(uploads: Path, name: str, upload: UploadedFile[Any]) -> Path:
    """Write the file where a worker finds it, in a folder of its own."""
    folder = uploads / secrets.token_hex(8)
    folder.mkdir(parents=True, mode=0o700)
    safe = name.lstrip(".~$") or "file"
    with (folder / safe).open("wb") as kept:
        for chunk in upload.chunks():
            kept.write(chunk)
    return folder / safe


def _work(request: HttpRequest, seen: JobSeen) -> LongWork:
    about = seen.about
    title = (
        f"{about.get('file', '')} · {parts.feed_word(request, str(about.get('feed', '')))} · {about.get('sender', '')}"
    )
    return LongWork(
        str(seen.job), said(request, "jobs.take-in"), title, seen.state, said(request, f"work.stage_{seen.state}"),
        seen.share, seen.fault, seen.begun or seen.asked, seen.ended,
        address=reverse("exchange_taken", args=[seen.job]), owner=seen.caller,
    )  # fmt: skip


def _cards(request: HttpRequest, seen: JobSeen) -> list[FigureCard]:
    if seen.state != "done":
        return []
    names = {"arrived": "desk.arrived", "written": "desk.written"}
    return [
        FigureCard(said(request, names.get(name, f"desk.state_{name}")), thin(int(seen.result.get(name, 0))))
        for name in _COUNTS
    ]
