"""What every page carries: a content policy without inline code, and words in place of a fault."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from minkang.errors import Fault
from minkang.portal.web.components.messages import Message
from minkang.portal.web.language import language_of

Handler = Callable[[HttpRequest], HttpResponse]
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_log = logging.getLogger("minkang.pages")


def content_policy(get_response: Handler) -> Handler:
    """Forbid whatever a page does not bring from this server, and keep pages with records out of caches."""

    def answer(request: HttpRequest) -> HttpResponse:
        request.id = uuid.uuid4().hex  # type: ignore[attr-defined]  # for the audit trail
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Request-Id"] = request.id  # type: ignore[attr-defined]
        return response

    return answer


class ExplainFaults:
    """Show a fault as a page: what, where, what to do; an unforeseen problem by its request id alone."""

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """A page in place of the exception; Django's own (404, permission) are left to Django."""
        if not isinstance(problem, Fault):
            return None
        if problem.category.status >= 500:
            _log.error("%s %s: %s", request.method, request.path, problem.code, exc_info=problem)
        return fault_page(request, problem)


def fault_page(request: HttpRequest, fault: Fault) -> HttpResponse:
    """The page of a fault."""
    message = Message.of(fault, language_of(request))
    return render(request, "fault.html", {"message": message}, status=fault.category.status)


explain_faults = ExplainFaults
