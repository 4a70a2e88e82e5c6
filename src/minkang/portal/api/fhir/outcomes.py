"""Every fault as an OperationOutcome: the one place where an exception becomes an answer."""

from __future__ import annotations

import logging
import re
from typing import Any

import msgspec

from minkang.errors import Fault, Faults, Language
from minkang.portal.api.fhir.headers import JSON
from minkang.portal.api.messages import Request, Response

FAULT_SYSTEM = "urn:minkang:fault"
_PATH = re.compile(r"[A-Z][A-Za-z]*([.\[].*)?")
_MOST_ISSUES = 100
_log = logging.getLogger("minkang.rest")


def response_of(problem: Exception, request: Request) -> Response:
    """The answer to a request that met a problem.

    A fault has its own status. What nobody foresaw is logged with the request's id and answered with `REST-900`,
    without its inner words: they may quote a record.
    """
    fault = fault_of(problem, request)
    body = msgspec.json.encode(outcome_of(fault, request.language))
    headers = [("Content-Type", f"{JSON};charset=UTF-8"), ("Cache-Control", "no-store")]
    status = fault.category.status
    if status == 401:
        headers.append(("WWW-Authenticate", 'Bearer realm="minkang"'))
    if status in (429, 503):
        headers.append(("Retry-After", "5"))
    if allowed := fault.params.get("allowed"):
        headers.append(("Allow", str(allowed)))
    return Response(status, body, headers)


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


def outcome_of(fault: Fault, language: Language) -> dict[str, Any]:
    """An OperationOutcome with one issue a fault (the first hundred)."""
    faults = fault.faults if isinstance(fault, Faults) else [fault]
    return outcome([issue_of(one, language) for one in faults[:_MOST_ISSUES]])


def outcome(issues: list[dict[str, Any]]) -> dict[str, Any]:
    """An OperationOutcome of these issues."""
    return {"resourceType": "OperationOutcome", "issue": issues}


def issue_of(fault: Fault, language: Language, *, severity: str = "error") -> dict[str, Any]:
    """One issue: our code and words in `details`, what to do in `diagnostics`, the place in `expression`."""
    issue: dict[str, Any] = {
        "severity": severity,
        "code": fault.category.issue,
        "details": {
            "coding": [{"system": FAULT_SYSTEM, "code": fault.code}],
            "text": fault.text(language),
        },
        "diagnostics": f"{fault.code}: {fault.text(language)} {fault.advice(language)}",
    }
    if fault.where and _PATH.fullmatch(fault.where):
        issue["expression"] = [fault.where]
    return issue


def information(text: str, *, code: str = "informational") -> dict[str, Any]:
    """An issue that says all is well."""
    return {"severity": "information", "code": code, "details": {"text": text}, "diagnostics": text}
