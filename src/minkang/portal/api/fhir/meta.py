"""`$meta`, `$meta-add`, `$meta-delete` on a record (R4 resource-operation-meta): tags, security labels and profiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from minkang.errors import Fault
from minkang.fhir import decode
from minkang.portal.api.fhir.answers import document
from minkang.portal.api.fhir.call import Call
from minkang.portal.api.fhir.headers import check_content
from minkang.portal.api.messages import Response
from minkang.records.repository import Record

Members: TypeAlias = dict[str, msgspec.Raw]
Parts: TypeAlias = list[msgspec.Raw]
_LISTS = ("profile", "security", "tag")
_ATTEMPTS = 5


def meta(call: Call) -> Response:
    """`GET Patient/1/$meta`."""
    return _answer(call, call.repository.read(call.access, call.type, call.id))


def meta_add(call: Call) -> Response:
    """`POST Patient/1/$meta-add`: adds what is not there yet; a label is told by its system and code."""
    given = _given(call)

    def add(held: Parts, name: str) -> Parts:
        known = {_key(one) for one in held}
        return [*held, *(one for one in given.get(name, []) if _key(one) not in known)]

    return _change(call, add)


def meta_delete(call: Call) -> Response:
    """`POST Patient/1/$meta-delete`: takes away what is there."""
    given = _given(call)
    gone = {name: {_key(one) for one in given.get(name, [])} for name in _LISTS}
    return _change(call, lambda held, name: [one for one in held if _key(one) not in gone[name]])


def _change(call: Call, change: Callable[[Parts, str], Parts]) -> Response:
    """Read, change, write where it was; again when another writer was quicker. What is not changed stays raw."""
    for attempt in range(_ATTEMPTS):
        record = call.repository.read(call.access, call.type, call.id)
        body = msgspec.json.decode(record.body or b"{}", type=Members)
        held = msgspec.json.decode(body.get("meta", b"{}"), type=Members)
        for name in _LISTS:
            parts = change(msgspec.json.decode(held.pop(name, b"[]"), type=Parts), name)
            if parts:
                held[name] = msgspec.Raw(msgspec.json.encode(parts))
        body["meta"] = msgspec.Raw(msgspec.json.encode(held))
        resource = decode(msgspec.json.encode(body), call.type)
        try:
            return _answer(call, call.repository.update(call.access, resource, if_match=record.version).record)
        except Fault as fault:
            if fault.code != "RECORDS-006" or attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError


class _Parameter(msgspec.Struct):
    name: str = ""
    valueMeta: dict[str, msgspec.Raw] | None = None


class _Parameters(msgspec.Struct):
    parameter: list[_Parameter] = msgspec.field(default_factory=list)


def _given(call: Call) -> dict[str, Parts]:
    """The lists of the `meta` parameter of a Parameters body.

    Raises:
        Fault: `REST-044`.
    """
    check_content(call.request)
    body = call.json_body()
    decode(body, "Parameters")
    for parameter in msgspec.json.decode(body, type=_Parameters).parameter:
        if parameter.name == "meta" and parameter.valueMeta is not None:
            held = parameter.valueMeta
            return {name: msgspec.json.decode(held[name], type=Parts) for name in _LISTS if name in held}
    raise Fault("REST-044", where="Parameters.parameter")


def _key(one: msgspec.Raw) -> tuple[str, str]:
    part = msgspec.json.decode(one)
    return (part, "") if isinstance(part, str) else (part.get("system", ""), part.get("code", ""))


def _answer(call: Call, record: Record) -> Response:
    held = msgspec.json.decode(record.body or b"{}", type=Members).get("meta", msgspec.Raw(b"{}"))
    return document(call, {"resourceType": "Parameters", "parameter": [{"name": "return", "valueMeta": held}]})
