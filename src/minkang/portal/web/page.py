"""How a view makes a page: a head with title, crumbs, as-of and actions, and a template for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from minkang.access import Access
from minkang.errors import Fault
from minkang.portal.accounts.people import access_of
from minkang.portal.web.language import language_of
from minkang.wording import say


@dataclass(frozen=True)
class Action:
    """Something a page can do: its words and address; `main` is the one it is there for."""

    text: str
    address: str
    main: bool = False


@dataclass(frozen=True)
class Head:
    """The head of a page.

    Attributes:
        title: what the page is about; the `h1`.
        crumbs: words and address of the pages above it.
        as_of: when its figures were taken, text or time; the present if nothing is said; False: none.
        note: a few words beside the title.
        actions: what can be done here.
    """

    title: str
    crumbs: Sequence[tuple[str, str]] = ()
    as_of: datetime | str | Literal[False] | None = None
    note: str = ""
    actions: Sequence[Action] = ()

    @property
    def taken(self) -> str:
        """The as-of, as it is read (`06-30 08:00`)."""
        if isinstance(self.as_of, str):
            return self.as_of
        return f"{timezone.localtime(self.as_of or None):%m-%d %H:%M}"


def page(request: HttpRequest, template: str, head: Head, *, status: int = 200, **context: Any) -> HttpResponse:
    """Answer with a page.

    Args:
        template: extends `frame.html`.
        context: what the template names. `synthetic=True` says that the page shows synthetic data, `wide=True` lets
            it use the whole width.
    """
    return render(request, template, {"head": head, **context}, status=status)


def said(request: HttpRequest, key: str, **params: object) -> str:
    """A wording in the language of the page; `key` in full (`exchange.title`)."""
    return say(key, language_of(request), **params)


def access(request: HttpRequest) -> Access:
    """The access of the signed-in account, under the request's id."""
    return access_of(request, request.id)  # type: ignore[attr-defined]


def administers(request: HttpRequest) -> bool:
    """Whether the account administers the platform."""
    return bool(getattr(request.user, "is_superuser", False))


def require_administrator(request: HttpRequest) -> None:
    """Refuse an account that does not administer the platform.

    Raises:
        Fault: `WEB-010`.
    """
    if not administers(request):
        raise Fault("WEB-010")
