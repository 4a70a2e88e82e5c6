"""Style and script of the pages: packaged files served under an address that changes with their content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse

_KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@cache
def _assets() -> Mapping[str, tuple[str, bytes]]:
    """Content hash and bytes by file name."""
    found = {}
    for place in (files("minkang.portal.web") / "design").iterdir():
        if place.name[place.name.rfind(".") :] in _KINDS:
            content = place.read_bytes()
            found[place.name] = (hashlib.sha256(content).hexdigest()[:16], content)
    return found


def addresses() -> Mapping[str, str]:
    """Where each asset is, by its name with `.` as `_` (`minkang_css`)."""
    return {name.replace(".", "_"): f"/assets/{digest}/{name}" for name, (digest, _) in _assets().items()}


@login_not_required
def asset(request: HttpRequest, digest: str, name: str) -> HttpResponse:
    """One file; it may be kept for ever, because another content has another address."""
    held = _assets().get(name)
    if held is None or held[0] != digest:
        raise Http404
    response = HttpResponse(held[1], content_type=_KINDS[name[name.rfind(".") :]])
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
