"""History of a record, a type, or all (R4 3.1.0.13)."""

from __future__ import annotations

from urllib.parse import urlencode

from minkang.errors import Fault
from minkang.portal.api.fhir.answers import document
from minkang.portal.api.fhir.bundles import history_bundle
from minkang.portal.api.fhir.call import GENERAL, Call
from minkang.portal.api.fhir.times import interval
from minkang.portal.api.messages import Response

_KNOWN = frozenset(("_since", "_at", "_count", "_cursor")) | GENERAL
_COUNT = 50


def history(call: Call) -> Response:
    """`GET Patient/1/_history`, `Patient/_history` or `_history`, with `_since`, `_at`, `_count`.

    Raises:
        Fault: `REST-031` for a parameter it does not know (under strict handling), `REST-032` for one it cannot read.
    """
    given = dict(call.pairs)
    if call.prefer.strict and (unknown := sorted(set(given) - _KNOWN)):
        raise Fault("REST-031", name=unknown[0], known="_since, _at, _count")
    at = given.get("_at")
    page = call.repository.history(
        call.access,
        type=call.type or None,
        id=call.id or None,
        since=interval("_since", given["_since"])[0] if "_since" in given else None,
        at=interval("_at", at) if at else None,
        count=count(given.get("_count"), call.offer.max_count, _COUNT),
        after=given.get("_cursor"),
    )
    place = "/".join(part for part in (call.base, call.type, call.id, "_history") if part)
    kept = [(name, value) for name, value in call.pairs if name in _KNOWN]
    links = [("self", _address(place, kept))]
    if page.next is not None:
        kept = [pair for pair in kept if pair[0] != "_cursor"]
        links.append(("next", _address(place, [*kept, ("_cursor", page.next)])))
    return document(call, history_bundle(call.base, page, links))


def count(text: str | None, most: int, default: int) -> int:
    """A `_count`, cut to the most a page may hold.

    Raises:
        Fault: `REST-032` when it is no whole number of zero or more.
    """
    if text is None:
        return default
    if not text.isdigit() or len(text) > 9:
        raise Fault("REST-032", name="_count", value=text)
    return min(int(text), most) or 1


def _address(place: str, pairs: list[tuple[str, str]]) -> str:
    return f"{place}?{urlencode(pairs)}" if pairs else place
