"""The addresses of bulk export: kick-off, status, file, cancellation (Bulk Data Access 2.0.0, "Request Flow")."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

from minkang.errors import Fault
from minkang.portal.api.fhir.answers import document
from minkang.portal.api.fhir.call import Call
from minkang.portal.api.fhir.export.jobs import Exports, Job, chunks
from minkang.portal.api.fhir.export.plan import plan_of
from minkang.portal.api.fhir.headers import NDJSON
from minkang.portal.api.fhir.outcomes import approval
from minkang.portal.api.messages import Response
from minkang.wording import say

_RETRY_SECONDS = "2"


def kick_off(call: Call) -> Response:
    """`$export` of the store, of all patients, or of a group: 202 and where to ask how it goes.

    Raises:
        Fault: `REST-055` without `Prefer: respond-async`.
    """
    exports = _exports(call)
    if not call.prefer.asynchronous:
        raise Fault("REST-055")
    plan = plan_of(call)
    if plan.level == "Group":
        call.repository.read(call.access, "Group", plan.group)
    query = f"?{call.request.query}" if call.request.query else ""
    address = f"{call.base}/{'/'.join(call.request.segments)}{query}"
    id = exports.add(call.access, plan, request=address, language=call.request.language)
    answer = document(call, approval(say("rest.export", call.request.language)), status=202)
    answer.headers.append(("Content-Location", f"{call.base}/$export-status/{id}"))
    return answer


def status(call: Call) -> Response:
    """202 with `X-Progress` while it runs, 200 with the manifest when it is done.

    Raises:
        Fault: `REST-056` when it failed.
    """
    job = _exports(call).find(call.access, call.id)
    if job.state == "failed":
        raise Fault("REST-056", problem=job.problem)
    if job.state != "done":
        done, all = len(job.finished_types), len(job.plan["types"])
        progress = f"{done}/{all} {job.current}".strip()
        return Response(202, b"", [("X-Progress", progress), ("Retry-After", _RETRY_SECONDS)])
    answer = document(call, _manifest(call, job))
    answer.headers[0] = ("Content-Type", "application/json")
    if job.expires:
        answer.headers.append(("Expires", format_datetime(job.expires.astimezone(UTC), usegmt=True)))
    return answer


def cancel(call: Call) -> Response:
    """Ends the job, or removes what it wrote: 202."""
    _exports(call).cancel(call.access, call.id)
    return document(call, approval(say("rest.cancelled", call.request.language)), status=202)


def download(call: Call) -> Response:
    """One file, streamed to the caller who asked for the export and may still read that type."""
    exports = _exports(call)
    job = exports.find(call.access, call.id)
    type = call.target.removesuffix(".ndjson")
    call.access.require(type, "read")
    path = exports.file(job, type)
    headers = [("Content-Type", NDJSON), ("Content-Length", str(path.stat().st_size))]
    return Response(200, chunks(path), headers)


def _manifest(call: Call, job: Job) -> dict[str, object]:
    output = [
        {
            "type": line["type"],
            "url": f"{call.base}/$export-file/{job.id}/{line['type']}.ndjson",
            "count": line["count"],
        }
        for line in job.finished_types
        if line["count"]
    ]
    return {
        "transactionTime": (job.started or datetime.now(UTC)).isoformat(timespec="milliseconds"),
        "request": job.request,
        "requiresAccessToken": True,
        "output": output,
        "error": [],
    }


def _exports(call: Call) -> Exports:
    if call.offer.exports is None:
        raise Fault("REST-057")
    return call.offer.exports
