"""What Django calls where no page was found, or one failed."""

from __future__ import annotations

import sys

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse

from minkang.errors import Fault
from minkang.portal.web.policy import fault_page


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
