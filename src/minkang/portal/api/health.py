"""`/healthz`: the process answers. `/readyz`: it can also do its work."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from minkang.errors import Fault
from minkang.portal.api.messages import Request, Response

_CONTENT = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]


def live(request: Request) -> Response:
    """200 as long as the process takes requests."""
    return Response(200, b'{"status":"ok"}', list(_CONTENT))


def ready(request: Request, check: Callable[[], None]) -> Response:
    """200 when the database answers and fits the program; 503 with the fault's code and words when not.

    Args:
        check: raises the fault that keeps the server from working.
    """
    try:
        check()
    except Fault as fault:
        body = {"status": "not ready", "code": fault.code, "text": fault.text(request.language)}
        return Response(503, msgspec.json.encode(body), [*_CONTENT, ("Retry-After", "5")])
    return Response(200, b'{"status":"ready"}', list(_CONTENT))
