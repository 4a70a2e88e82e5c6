"""Parts of a resource as `_summary` and `_elements` ask for them (R4 search, "Summary", "Elements").

Works on the stored JSON: what stays is copied byte for byte, so numbers keep their digits. Such a part carries the tag
SUBSETTED, so that nobody takes it for the whole or writes it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TypeAlias

import msgspec

from minkang.fhir.path.items import CHOICES
from minkang.fhir.search.query import Query

Members: TypeAlias = dict[str, msgspec.Raw]
_ALWAYS = frozenset(("resourceType", "id", "meta"))
_TAG = msgspec.Raw(b'{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}')
_TAGS = msgspec.Raw(b"[" + bytes(_TAG) + b"]")


class Outline(msgspec.Struct, frozen=True):
    """The summary of a type.

    Attributes:
        summary: the elements that belong to it, each with the type whose summary applies to it, or "" for all of it.
        required: the elements every such resource has.
    """

    summary: dict[str, str]
    required: tuple[str, ...]


@cache
def outlines() -> Mapping[str, Outline]:
    """Summaries by type or path (`Patient`, `Patient.link`)."""
    place = files("minkang.fhir.search") / "summaries.json"
    return msgspec.json.decode(place.read_bytes(), type=dict[str, Outline])


def is_subset(query: Query) -> bool:
    """Whether a query asks for parts of resources."""
    return bool(query.elements) or query.summary in {"true", "text", "data"}


def subset(body: bytes, query: Query) -> bytes:
    """The part of a resource (canonical JSON) that a query asks for; the whole where it asks for no part."""
    if not is_subset(query):
        return body
    members = msgspec.json.decode(body, type=Members)
    type = msgspec.json.decode(members["resourceType"], type=str)
    kept = _kept(members, type, query)
    return msgspec.json.encode(_tagged(kept))


def _kept(members: Members, type: str, query: Query) -> Members:
    outline = outlines()[type]
    match query.summary:
        case "true":
            return _summary(members, type, _ALWAYS)
        case "text":
            names = _ALWAYS | {"text", *outline.required}
        case "data":
            return {name: value for name, value in members.items() if name != "text"}
        case _:
            # An element may be asked for with its type before it or not: Patient.name, name.
            asked = {name.removeprefix(f"{type}.") for name in query.elements}
            names = _ALWAYS | asked | set(outline.required)
    return {name: value for name, value in members.items() if _asked(name.removeprefix("_"), names)}


def _asked(name: str, names: frozenset[str] | set[str]) -> bool:
    """Whether a property is one of the names, or a form of a choice among them (`valueQuantity` of `value`)."""
    return name in names or any(name.startswith(stem) and name[len(stem) :] in CHOICES for stem in names)


def _summary(members: Members, type: str, always: frozenset[str] = frozenset(("id", "extension"))) -> Members:
    inner = outlines()[type].summary
    kept: Members = {}
    for name, value in members.items():
        plain = name.removeprefix("_")
        if plain in inner or name in always:
            below = inner.get(plain, "") if plain == name else ""
            kept[name] = _pruned(value, below) if below else value
    return kept


def _pruned(value: msgspec.Raw, type: str) -> msgspec.Raw:
    if bytes(value)[:1] == b"[":
        items = msgspec.json.decode(value, type=list[Members])
        return msgspec.Raw(msgspec.json.encode([_summary(item, type) for item in items]))
    return msgspec.Raw(msgspec.json.encode(_summary(msgspec.json.decode(value, type=Members), type)))


def _tagged(members: Members) -> Members:
    """The members with the tag in `meta`, which stands after `id`."""
    meta = msgspec.json.decode(members["meta"], type=Members) if "meta" in members else {}
    tags = msgspec.json.decode(meta["tag"], type=list[msgspec.Raw]) if "tag" in meta else []
    meta["tag"] = msgspec.Raw(msgspec.json.encode([*tags, _TAG])) if tags else _TAGS
    result: Members = {name: value for name, value in members.items() if name in {"resourceType", "id"}}
    result["meta"] = msgspec.Raw(msgspec.json.encode(meta))
    return result | {name: value for name, value in members.items() if name not in _ALWAYS}
