"""Style and script of the pages: packaged files served under an address that changes with their content."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse

_KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Asset:
    """A file: the hash of its content, the content, and the content packed."""

    digest: str
    content: bytes
    packed: bytes


@cache
def held() -> Mapping[str, Asset]:
    """All files by name; those that came from npm (`design/built`) too, where they were built."""
    found = {}
    for place in _places():
        if _suffix(place.name) in _KINDS:
            content = place.read_bytes()
            found[place.name] = Asset(hashlib.sha256(content).hexdigest()[:16], content, gzip.compress(content, 6))
    return found


@cache
def addresses() -> Mapping[str, str]:
    """Where each asset is, by its name with `.` as `_` (`frame_css`)."""
    return {name.replace(".", "_"): f"/assets/{one.digest}/{name}" for name, one in held().items()}


@login_not_required
def asset(request: HttpRequest, digest: str, name: str) -> HttpResponse:
    """One file; it may be kept for ever, because another content has another address."""
    one = held().get(name)
    if one is None or one.digest != digest:
        raise Http404
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(one.packed if packed else one.content, content_type=_KINDS[_suffix(name)])
    if packed:
        response["Content-Encoding"] = "gzip"
    response["Vary"] = "Accept-Encoding"
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _places() -> Iterator[Traversable]:
    design = files("minkang.portal.web") / "design"
    yield from design.iterdir()
    if (design / "built").is_dir():
        yield from (design / "built").iterdir()


def _suffix(name: str) -> str:
    return name[name.rfind(".") :]
