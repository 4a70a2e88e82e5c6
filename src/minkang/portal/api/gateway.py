"""From WSGI to plain requests and back: bodies within limits, gzip, `HEAD`, the headers every answer carries.

It stands beside Django and not in it: a request through Django with the middleware its pages need costs about 210 us
here, and about 5 us this way (docs/decisions/0005-fhir-door.md).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from minkang.errors import Fault
from minkang.portal.api.limits import read_body
from minkang.portal.api.messages import Request, Response

StartResponse = Callable[..., Any]
Environ = dict[str, Any]

_STATUS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
_SMALLEST_ZIPPED = 1024
_ALWAYS = [
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "private, no-cache"),
    ("Vary", "Accept, Accept-Encoding"),
]


def request_of(environ: Environ, *, prefix: str, base: str, max_body: int) -> Request:
    """The request below a prefix of the path.

    Args:
        environ: of WSGI; a path that is not UTF-8 keeps its bytes as replacement characters and fits no route.
        prefix: `/fhir`; taken off the path.
        base: the public address; empty to take the one the caller used.
        max_body: the most bytes of a body.
    """
    path = environ["PATH_INFO"].encode("latin-1", "replace").decode("utf-8", "replace")[len(prefix) :]
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name[:5] == "HTTP_"}
    if kind := environ.get("CONTENT_TYPE"):
        headers["content-type"] = kind
    return Request(
        method=environ["REQUEST_METHOD"],
        segments=tuple(path.strip("/").split("/")) if path.strip("/") else (),
        query=environ.get("QUERY_STRING", ""),
        headers=headers,
        receive=lambda: _body(environ, headers.get("content-encoding", ""), max_body),
        base=base or f"{environ['wsgi.url_scheme']}://{environ.get('HTTP_HOST', 'localhost')}",
        address=environ.get("REMOTE_ADDR", "").rpartition(":")[0] or environ.get("REMOTE_ADDR", ""),
    )


def _body(environ: Environ, encoding: str, most: int) -> bytes:
    declared = environ.get("CONTENT_LENGTH") or ""
    if declared and not declared.isdigit():
        raise Fault("REST-013", declared=declared, received=0)
    length = int(declared) if declared else None
    if length is None and "chunked" not in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return b""
    return read_body(environ["wsgi.input"], length=length, encoding=encoding.strip().lower(), most=most)


def send(request: Request, response: Response, start_response: StartResponse) -> Iterable[bytes]:
    """Start the WSGI response and return its body."""
    headers, body = list(response.headers), response.body
    named = {name.lower() for name, _ in headers}
    headers += [header for header in _ALWAYS if header[0].lower() not in named]
    headers.append(("X-Request-Id", request.id))
    if not isinstance(body, bytes):
        start_response(_STATUS[response.status], headers)
        return [] if request.method == "HEAD" else body
    if len(body) >= _SMALLEST_ZIPPED and "gzip" in request.headers.get("accept-encoding", ""):
        body = _zipped(body)
        headers.append(("Content-Encoding", "gzip"))
    if response.status not in (204, 304):
        headers.append(("Content-Length", str(len(body))))
    start_response(_STATUS[response.status], headers)
    return [b"" if request.method == "HEAD" else body]


def _zipped(body: bytes) -> bytes:
    # Level 1: a page of records shrinks to an eighth at a third of the time of the usual level.
    machine = zlib.compressobj(1, zlib.DEFLATED, 31)
    return machine.compress(body) + machine.flush()
