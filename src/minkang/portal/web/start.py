"""The start page: what is in the store, what changed last, how the platform is."""

from __future__ import annotations

import platform as machine
import sys
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from minkang.errors import Fault
from minkang.portal.accounts.people import access_of
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.policy import fault_page
from minkang.portal.web.titles import row_of
from minkang.records.counts import count_by_type

_NEWEST = 12


def start(request: HttpRequest) -> HttpResponse:
    """Counts by type, the newest changes, and the state of the parts."""
    platform = the_platform()
    access = access_of(request, request.id)  # type: ignore[attr-defined]
    counts = count_by_type(platform.database, platform.audit, access)
    newest = platform.repository.history(access, count=_NEWEST).records if access.scopes else []
    rows = [row_of(record) for record in newest]
    context: dict[str, Any] = {
        "counts": counts,
        "total": sum(one.count for one in counts),
        "exact": all(one.exact for one in counts),
        "most": max((one.count for one in counts), default=1),
        "newest": rows,
        "synthetic": any(row.synthetic for row in rows),
        "database": platform.server.status(),
        "python": machine.python_version(),
        "fhir_address": f"{platform.settings.base_url}/fhir",
    }
    return render(request, "start.html", context)


@login_not_required
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A page for an address that leads nowhere."""
    return fault_page(request, Fault("WEB-001", path=request.path))


@login_not_required
def failed(request: HttpRequest) -> HttpResponse:
    """A page for a problem that no view answered for; the log has it under the request's id.

    The usual one is a database that is away when Django looks for the session. So this page asks for no account.
    """
    request.user = AnonymousUser()
    # Without a session on the request Django leaves the caller's cookie as it is; with one it could not read it would
    # take the cookie away, and everybody would have to sign in again.
    if hasattr(request, "session"):
        del request.session
    if isinstance(sys.exc_info()[1], DatabaseError | InterfaceError):
        return fault_page(request, Fault("WEB-004"))
    return fault_page(request, Fault("WEB-002", request=getattr(request, "id", "")))
