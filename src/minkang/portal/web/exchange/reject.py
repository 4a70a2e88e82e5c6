"""One reject: why it was refused, what it says, and what can be done: correct, try, replay, discard, reopen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from minkang.errors import Fault, Faults
from minkang.exchange.intake.conversion import Understood
from minkang.exchange.ledger.identities import identify
from minkang.exchange.message import Message as Sent
from minkang.exchange.rejects.desk import Reject
from minkang.exchange.rejects.states import STEPS
from minkang.portal.web.components import Event, Field, Message, Timeline
from minkang.portal.web.exchange import parts
from minkang.portal.web.exchange.editing import CELL, Draft, body_of, draft_of, typed
from minkang.portal.web.exchange.originals import show
from minkang.portal.web.language import language_of
from minkang.portal.web.page import Head, access, page, said
from minkang.records.bodies import now


@dataclass(frozen=True)
class Trial:
    """What the intake would make of a body: resources, or why it would refuse it."""

    message: Message
    resources: Sequence[str] = ()
    faults: Sequence[Fault] = ()


def reject(request: HttpRequest, id: int) -> HttpResponse:
    """The page; `?done=` says what the last act came to."""
    parts.enter(request)
    return _show(request, id)


@require_POST
def act(request: HttpRequest, id: int) -> HttpResponse:
    """One act: `do` is `try` (stores nothing), `correct`, `mend` (correct and replay), `replay`, `discard` or `reopen`.

    Raises:
        Fault: as `minkang.exchange.rejects.desk.Rejects`.
    """
    parts.enter(request)
    desk, who, wanted = parts.the_desk(), access(request), request.POST.get("do", "")
    reason = request.POST.get("reason", "").strip()
    if wanted in ("try", "correct", "mend"):
        return _mend(request, id, wanted, reason)
    if wanted == "discard" and not reason:
        return _show(request, id, errors={"reason": Fault("EXCHANGE-043").text(language_of(request))})
    if wanted == "discard":
        desk.discard(who, id, reason)
    elif wanted == "reopen":
        desk.reopen(who, id, reason)
    elif wanted == "replay":
        return _replay(request, id)
    return redirect("exchange_reject", id=id)


def _mend(request: HttpRequest, id: int, wanted: str, reason: str) -> HttpResponse:
    desk, who = parts.the_desk(), access(request)
    found, body = desk.read(who, id), desk.body(who, id)
    draft = typed(found, body, {name: str(value) for name, value in request.POST.items()})
    mended = body_of(found, body, draft)
    if wanted == "try":
        return _show(request, id, draft=draft, trial=_try(request, found, mended))
    if not mended.strip():
        fault = Fault("EXCHANGE-042", size=len(mended), limit=1 << 20)
        return _show(request, id, draft=draft, errors={"text": fault.text(language_of(request))})
    if mended != body:
        desk.correct(who, id, mended, reason=reason)
    return _replay(request, id) if wanted == "mend" else redirect("exchange_reject", id=id)


def _replay(request: HttpRequest, id: int) -> HttpResponse:
    settled = parts.the_desk().replay(access(request), id)
    done = f"{settled.outcome}-{settled.written}-{settled.drafts}"
    return redirect(f"{reverse('exchange_reject', args=[id])}?done={done}")


def _try(request: HttpRequest, found: Reject, body: bytes) -> Trial:
    """Convert and check a body without storing anything."""
    intake = parts.the_intake()
    sender = intake.senders.sender(found.sender)
    one = identify(Sent(found.sender, found.feed, found.key, body, found.received, found.place))
    understood = intake.understand(sender, {one.identity: one}, now())[one.identity]
    language = language_of(request)
    if understood.fault:
        fault = understood.fault
        message = Message(said(request, "desk.try_refused"), "bad", fault.advice(language), fault.code)
        return Trial(message, faults=fault.faults if isinstance(fault, Faults) else [fault])
    made = [f"{one.type}/{one.id}" + (" ×" if one.withdrawn else "") for one in understood.assertions]
    return Trial(_fine(request, understood), made)


def _fine(request: HttpRequest, understood: Understood) -> Message:
    return Message(
        said(request, "desk.try_fine", count=len(understood.assertions), notes=len(understood.notes)), "good",
        said(request, "desk.try_advice"),
    )  # fmt: skip


def _show(
    request: HttpRequest,
    id: int,
    *,
    draft: Draft | None = None,
    trial: Trial | None = None,
    errors: dict[str, str] | None = None,
) -> HttpResponse:
    desk, who, language = parts.the_desk(), access(request), language_of(request)
    found = desk.read(who, id)
    body = desk.body(who, id)
    fault = parts.fault_words(request, found.code, found.inside, found.params)
    form = (draft or draft_of(found, body)) if _may(found, "correct") else None
    facts = [
        (said(request, "desk.state"), parts.outcome(request, found.state)),
        (said(request, "desk.sender"), found.sender),
        (said(request, "desk.feed"), f"{parts.feed_word(request, found.feed)} ({found.feed})"),
        (said(request, "desk.received"), found.received),
        (said(request, "desk.place"), found.place or "—"),
    ]
    head = Head(found.key or f"#{id}", parts.crumbs(request, "rejects"), as_of=found.at)
    return page(
        request, "exchange/reject.html", head, reject=found, facts=facts, done=_done(request),
        why=Message.of(fault, language) if fault else Message(found.code, "bad", found.inside),
        waits=_may(found, "replay"), reopens=_may(found, "reopen"), history=_history(request, id),
        original=show(found.feed, body, language, found.inside),
        form=form, fields=_fields(request, found, form, trial, errors or {}), trial=trial,
        reason=_reason(request, errors or {}), to_message=reverse("exchange_message", args=[found.message]),
        words=[(one.code, one.text(language), one.advice(language)) for one in trial.faults] if trial else (),
        status=422 if errors else 200,
    )  # fmt: skip


def _may(found: Reject, event: str) -> bool:
    return any(state == found.state and step == event for state, step in STEPS)


def _fields(
    request: HttpRequest, found: Reject, form: Draft | None, trial: Trial | None, errors: dict[str, str]
) -> list[Field]:
    """The form's fields, the wrong ones marked: by the last trial, else by why it was refused."""
    if form is None or not form.editable:
        return []
    if form.cells is None:
        label = said(request, "desk.text_of")
        return [Field("text", label, "source", form.text, errors.get("text", ""), required=True)]
    language = language_of(request)
    if trial is None:
        fault = parts.fault_words(request, found.code, found.inside, found.params)
        wrong = {found.inside: fault.text(language)} if fault else {}
    else:
        wrong = {fault.where: fault.text(language) for fault in trial.faults}
    return [
        Field(f"{CELL}{number}", head, value=value, error=wrong.get(head, ""))
        for number, (head, value) in enumerate(form.cells.items())
    ]


def _reason(request: HttpRequest, errors: dict[str, str]) -> Field:
    return Field("reason", said(request, "desk.discard_reason"), error=errors.get("reason", ""),
                 value=request.POST.get("reason", ""), required=True)  # fmt: skip


def _done(request: HttpRequest) -> Message | None:
    outcome, _, rest = request.GET.get("done", "").partition("-")
    written, _, drafts = rest.partition("-")
    if outcome == "rejected":
        return Message(said(request, "desk.done_rejected"), "bad")
    if outcome in ("accepted", "superseded", "duplicate") and written.isdecimal() and drafts.isdecimal():
        return Message(said(request, f"desk.done_{outcome}", written=written, drafts=drafts), "good")
    return None


def _history(request: HttpRequest, id: int) -> Timeline:
    steps = parts.the_desk().history(access(request), id)
    events = [
        Event(
            timezone.localtime(step.at), said(request, f"desk.event_{step.event}"), "",
            " ".join(filter(None, (step.caller, step.reason, step.code))),
        )
        for step in reversed(steps)
    ]  # fmt: skip
    return Timeline(events)
