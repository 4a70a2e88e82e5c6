"""Every fault as an answer: the one place where an exception becomes an OperationOutcome with its status."""

from __future__ import annotations

import logging

from minkang.errors import Fault, Faults, Language
from minkang.fhir import encode
from minkang.fhir.outcomes import outcome_of, success
from minkang.portal.api.fhir.headers import JSON
from minkang.portal.api.messages import Request, Response

_MOST_ISSUES = 100
_log = logging.getLogger("minkang.rest")


def response_of(problem: Exception, request: Request) -> Response:
    """The answer to a request that met a problem.

    A fault has its own status. What nobody foresaw is logged with the request's id and answered with `REST-900`,
    without its inner words: they may quote a record.
    """
    fault = fault_of(problem, request)
    headers = [("Content-Type", f"{JSON};charset=UTF-8"), ("Cache-Control", "no-store")]
    status = fault.category.status
    if status == 401:
        headers.append(("WWW-Authenticate", 'Bearer realm="minkang"'))
    if status in (429, 503):
        headers.append(("Retry-After", "5"))
    if allowed := fault.params.get("allowed_methods"):
        headers.append(("Allow", str(allowed)))
    return Response(status, refusal(fault, request.language), headers)


def fault_of(problem: Exception, request: Request) -> Fault:
    """The fault an exception stands for; what nobody foresaw is logged and becomes `REST-900`."""
    if isinstance(problem, Fault):
        if problem.category.status >= 500:
            _log.error("%s %s: %s", request.method, request.id, problem.code, exc_info=problem)
        return problem
    if isinstance(problem, RecursionError):
        return Fault("REST-018")
    _log.error("%s /%s request %s", request.method, "/".join(request.segments), request.id, exc_info=problem)
    return Fault("REST-900", request=request.id)


def refusal(fault: Fault, language: Language) -> bytes:
    """An OperationOutcome with an issue a fault, the first hundred."""
    if isinstance(fault, Faults) and len(fault.faults) > _MOST_ISSUES:
        fault = Faults(fault.faults[:_MOST_ISSUES])
    return encode(outcome_of(fault, language))


def approval(text: str, *, warnings: list[Fault] | None = None, language: Language = "en") -> bytes:
    """An OperationOutcome that says all is well, after what there is to warn of; no text, no last issue."""
    issues = list(outcome_of(Faults(warnings), language).issue) if warnings else []
    for issue in issues:
        issue.severity = "warning"
    outcome = success(text)
    outcome.issue = [*issues, *outcome.issue] if text else issues
    return encode(outcome)
