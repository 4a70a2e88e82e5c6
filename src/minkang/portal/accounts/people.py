"""Accounts of people: who may see records, and the administrator that a new installation begins with."""

from __future__ import annotations

import secrets

from django.http import HttpRequest

from minkang.access import Access, Interaction, Scope
from minkang.portal.accounts.project import configure
from minkang.wiring import Platform

ADMINISTRATOR = "admin"
_LOOKING: frozenset[Interaction] = frozenset(("read", "search"))


def ensure_demo_accounts(platform: Platform, *, renew: bool = False) -> tuple[str, str]:
    """See that there is an administrator.

    Args:
        renew: give an existing administrator a new password.

    Returns:
        Name and password of the administrator; the password is empty where the account was there and keeps the one it
        has. It is stored hashed and cannot be shown again.
    """
    configure(platform)
    # Django's models can be imported only after its settings stand.
    from django.contrib.auth.models import User  # noqa: PLC0415

    found = User.objects.filter(username=ADMINISTRATOR).first()
    if found is not None and not renew:
        return ADMINISTRATOR, ""
    password = secrets.token_urlsafe(12)
    if found is None:
        User.objects.create_superuser(ADMINISTRATOR, password=password)
    else:
        found.set_password(password)
        found.save()
    return ADMINISTRATOR, password


def access_of(request: HttpRequest, request_id: str) -> Access:
    """The access of the signed-in account: an administrator may look at all records, others at none yet."""
    user = request.user
    scopes = (Scope("*", _LOOKING),) if getattr(user, "is_superuser", False) else ()
    return Access(
        caller=f"account:{user.get_username()}",
        scopes=scopes,
        address=str(request.META.get("REMOTE_ADDR", "")).rpartition(":")[0],
        request=request_id,
    )
