"""`Patient/1/$everything` (R4 patient-operation-everything): all records of one person, page by page."""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec

from minkang.errors import Fault
from minkang.fhir import decode
from minkang.fhir.search import Query
from minkang.fhir.search.reading import parse_query
from minkang.portal.api.fhir.answers import document
from minkang.portal.api.fhir.bundles import bundle, search_entry
from minkang.portal.api.fhir.call import GENERAL, Call
from minkang.portal.api.fhir.compartments import PATIENT_TYPES, everything_of
from minkang.portal.api.fhir.headers import check_content
from minkang.portal.api.fhir.history import count
from minkang.portal.api.fhir.persons import sources_of
from minkang.portal.api.messages import Response
from minkang.records.types import TYPE_CODES

_KNOWN = frozenset(("_since", "_type", "_count", "_cursor", "start", "end", "person")) | GENERAL
_COUNT = 200


def everything(call: Call) -> Response:
    """The patient first, then what is about that patient, with `_since`, `_type`, `_count`.

    With `person=true` so of every Patient that is linked to the same person, one after another.

    Records that these merely refer to (practitioners, institutions) are included on the page of the first that does.

    Raises:
        Fault: `RECORDS-002` or `RECORDS-003` where there is no such patient; `REST-031` for `start` and `end`, and for
            what is not known under strict handling.
    """
    pairs = _pairs(call)
    given = dict(pairs)
    unknown = sorted(set(given) - _KNOWN) if call.prefer.strict else []
    if refused := [name for name in ("start", "end") if name in given] + unknown:
        raise Fault("REST-031", name=refused[0], known="_since, _type, _count")
    sources = sources_of(call, call.id) if given.get("person") == "true" else [call.id]
    turn, given["_cursor"] = _turn(given.get("_cursor", ""), len(sources))
    now = sources[turn]
    patient = call.repository.read(call.access, "Patient", now)
    types = _types(call, given.get("_type", ""))
    entries = []
    if "Patient" in types and not given["_cursor"]:
        entries.append(search_entry(call.base, patient, "match"))
    others = tuple(type for type in types if type != "Patient")
    place = f"{call.base}/Patient/{call.id}/$everything"
    kept = [(name, value) for name, value in pairs if name in _KNOWN and name != "_cursor"]
    links = [("self", f"{place}?{urlencode(kept)}" if kept else place)]
    if others:
        page = call.repository.search(call.access, everything_of(_query(call, given), now, others))
        entries += [search_entry(call.base, record, "match") for record in page.matches]
        entries += [search_entry(call.base, record, "include") for record in page.included if record.id != now]
        following = f"{turn}~{page.next}" if page.next is not None else ""
    else:
        following = ""
    if not following and turn + 1 < len(sources):
        following = f"{turn + 1}~"
    if following:
        links.append(("next", f"{place}?{urlencode([*kept, ('_cursor', following)])}"))
    return document(call, bundle("searchset", entries, links=links))


def _turn(cursor: str, sources: int) -> tuple[int, str]:
    """Which of the sources is read, and where to go on in it.

    Raises:
        Fault: `RECORDS-013` for a cursor that is none.
    """
    if not cursor:
        return 0, ""
    number, _, rest = cursor.partition("~")
    if not number.isdecimal() or int(number) >= sources:
        raise Fault("RECORDS-013", cursor=cursor)
    return int(number), rest


def _query(call: Call, given: dict[str, str]) -> Query:
    """A search over types with what the operation lets one narrow."""
    size = count(given.get("_count"), call.offer.max_count, _COUNT)
    pairs = [("_count", str(size)), ("_include", "*")]
    if since := given.get("_since"):
        pairs.append(("_lastUpdated", f"ge{since.replace(' ', '+')}"))
    if cursor := given.get("_cursor"):
        pairs.append(("_cursor", cursor))
    return parse_query(None, pairs)


def _types(call: Call, text: str) -> tuple[str, ...]:
    """The types asked for, of those the caller may read."""
    asked = [type for type in text.split(",") if type]
    for type in asked:
        if type not in TYPE_CODES:
            raise Fault("RECORDS-001", type=type)
    allowed = (type for type in PATIENT_TYPES if call.access.allows(type, "search"))
    return tuple(type for type in allowed if not asked or type in asked)


class _Parameter(msgspec.Struct):
    name: str = ""
    valueInstant: str = ""
    valueCode: str = ""
    valueString: str = ""
    valueInteger: int | None = None


class _Parameters(msgspec.Struct):
    parameter: list[_Parameter] = msgspec.field(default_factory=list)


def _pairs(call: Call) -> list[tuple[str, str]]:
    """Parameters of the address, and of a Parameters body."""
    if call.request.method != "POST" or not call.request.body.strip():
        return call.pairs
    check_content(call.request)
    body = call.json_body()
    decode(body, "Parameters")
    return call.pairs + [
        (one.name, one.valueInstant or one.valueCode or one.valueString or str(one.valueInteger or ""))
        for one in msgspec.json.decode(body, type=_Parameters).parameter
    ]
