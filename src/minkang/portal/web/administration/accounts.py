"""Accounts: who may sign in; add one, give a new password, shut one out."""

from __future__ import annotations

import secrets

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from minkang.errors import Fault
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.components import Dialog, Field, FormErrors, Message, State, StateChip
from minkang.portal.web.notices.store import tell
from minkang.portal.web.page import Action, Head, page, require_administrator, said
from minkang.portal.web.tables import Column, Link, ListSource, Row, Table

_NAME = 64


def accounts(request: HttpRequest) -> HttpResponseBase:
    """All accounts."""
    require_administrator(request)
    states = [
        (State.ON_TRACK.value, said(request, "admin.active")),
        (State.UNMEASURED.value, said(request, "admin.shut")),
    ]
    columns = [
        Column("name", said(request, "admin.account"), sortable=True, filter="text"),
        Column("kind", said(request, "admin.kind"), sortable=True),
        Column("state", said(request, "admin.state"), "state", filter="choice", choices=states),
        Column("seen", said(request, "admin.seen"), "time", sortable=True, filter="dates"),
        Column("since", said(request, "admin.since"), "time", sortable=True),
    ]
    rows = [_row(request, user) for user in User.objects.order_by("username")]
    table = Table(request, ListSource("accounts", columns, rows), empty="")
    actions = [Action(said(request, "admin.add_account"), reverse("add_account"), main=True)]
    head = Head(said(request, "areas.accounts"), crumbs(request), actions=actions)
    return table.answer() or page(request, "listing.html", head, table=table)


def _row(request: HttpRequest, user: User) -> Row:
    state = State.ON_TRACK if user.is_active else State.UNMEASURED
    return {
        "name": Link(user.username, reverse("account", args=[user.pk])),
        "kind": said(request, "admin.administrator" if user.is_superuser else "admin.usual"),
        "state": StateChip(state, said(request, "admin.active" if user.is_active else "admin.shut")),
        "seen": user.last_login,
        "since": user.date_joined,
    }


def add(request: HttpRequest) -> HttpResponse:
    """Add an account; its password is shown once."""
    require_administrator(request)
    given = {name: request.POST.get(name, "").strip() for name in ("username", "last_name", "administrator")}
    errors = _wrong(request, given["username"]) if request.method == "POST" else {}
    if request.method == "POST" and not errors:
        password = secrets.token_urlsafe(12)
        made = User.objects.create_user(given["username"], password=password, last_name=given["last_name"])
        made.is_superuser = bool(given["administrator"])
        made.save()
        by = request.user.get_username()
        tell(the_platform().database, [made.username], "notices.account_added", address="/", by=by)
        return _show(request, made, _password(request, password))
    fields = [
        Field(
            "username",
            said(request, "admin.account"),
            value=given["username"],
            error=errors.get("username", ""),
            hint=said(request, "admin.account_hint"),
            required=True,
        ),
        Field("last_name", said(request, "admin.called"), value=given["last_name"]),
        Field("administrator", said(request, "admin.administrator_too"), "yes", given["administrator"]),
    ]
    above = [*crumbs(request), (said(request, "areas.accounts"), reverse("accounts"))]
    head = Head(said(request, "admin.add_account"), above, as_of=False)
    return page(
        request,
        "form.html",
        head,
        fields=fields,
        errors=FormErrors(errors),
        send=said(request, "admin.add_account"),
        status=422 if errors else 200,
    )


def account(request: HttpRequest, id: int) -> HttpResponse:
    """One account."""
    require_administrator(request)
    return _show(request, _found(id), None)


@require_POST
def change(request: HttpRequest, id: int) -> HttpResponse:
    """Give an account a new password, shut it out, or let it in again; nobody shuts out themselves."""
    require_administrator(request)
    user, wanted = _found(id), request.POST.get("change", "")
    if wanted == "password":
        password = secrets.token_urlsafe(12)
        user.set_password(password)
        user.save()
        by = request.user.get_username()
        tell(the_platform().database, [user.username], "notices.password_reset", address="/", by=by)
        return _show(request, user, _password(request, password))
    if user.pk == request.user.pk:
        raise Fault("WEB-012")
    user.is_active = wanted == "open"
    user.save()
    return redirect("account", id=id)


def crumbs(request: HttpRequest) -> list[tuple[str, str]]:
    """What stands above every page of administration."""
    return [(said(request, "areas.administration"), reverse("administration"))]


def _found(id: int) -> User:
    user = User.objects.filter(pk=id).first()
    if user is None:
        raise Fault("WEB-013", id=id)
    return user


def _wrong(request: HttpRequest, name: str) -> dict[str, str]:
    if not name or len(name) > _NAME or not name.replace(".", "").replace("-", "").replace("_", "").isalnum():
        return {"username": said(request, "admin.bad_name", longest=_NAME)}
    if User.objects.filter(username__iexact=name).exists():
        return {"username": said(request, "admin.taken", name=name)}
    return {}


def _password(request: HttpRequest, password: str) -> Message:
    return Message(said(request, "admin.password_is", password=password), "good", said(request, "admin.password_once"))


def _show(request: HttpRequest, user: User, message: Message | None) -> HttpResponse:
    row = _row(request, user)
    facts = [
        (said(request, "admin.account"), user.username),
        (said(request, "admin.called"), user.last_name or "—"),
        (said(request, "admin.kind"), row["kind"]),
        (said(request, "admin.state"), row["state"]),
        (said(request, "admin.seen"), user.last_login or "—"),
        (said(request, "admin.since"), user.date_joined),
    ]
    there, name = reverse("change_account", args=[user.pk]), {"name": user.username}
    wanted = "shut" if user.is_active else "open"
    asks = [_ask(request, "password", there, name)] + (
        [_ask(request, wanted, there, name)] if user.pk != request.user.pk else []
    )
    head = Head(user.username, [*crumbs(request), (said(request, "areas.accounts"), reverse("accounts"))], as_of=False)
    return page(request, "facts.html", head, facts=facts, asks=asks, message=message)


def _ask(request: HttpRequest, change: str, there: str, named: dict[str, str]) -> Dialog:
    words = {part: said(request, f"admin.{change}_{part}", **named) for part in ("opener", "title", "text")}
    return Dialog(change, words["opener"], words["title"], words["text"], there, words["opener"], (("change", change),))
