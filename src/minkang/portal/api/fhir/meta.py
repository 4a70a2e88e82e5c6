"""`$meta`, `$meta-add`, `$meta-delete` on a record (R4 resource-operation-meta): tags, security labels and profiles."""

from __future__ import annotations

from typing import Any

import msgspec

from minkang.errors import Fault
from minkang.fhir import decode
from minkang.portal.api.fhir.answers import document
from minkang.portal.api.fhir.call import Call
from minkang.portal.api.fhir.headers import check_content
from minkang.portal.api.messages import Response
from minkang.records.repository import Record

_LISTS = ("profile", "security", "tag")
_ATTEMPTS = 5


def meta(call: Call) -> Response:
    """`GET Patient/1/$meta`."""
    return _answer(call, call.repository.read(call.access, call.type, call.id))


def meta_add(call: Call) -> Response:
    """`POST Patient/1/$meta-add`: adds what is not there yet."""
    given = _given(call)
    return _change(call, lambda held, name: [*held, *(one for one in given.get(name, []) if one not in held)])


def meta_delete(call: Call) -> Response:
    """`POST Patient/1/$meta-delete`: takes away what is there; a label is told by its system and code."""
    given = _given(call)
    gone = {name: {_key(one) for one in given.get(name, [])} for name in _LISTS}
    return _change(call, lambda held, name: [one for one in held if _key(one) not in gone[name]])


def _change(call: Call, change: Any) -> Response:
    """Read, change, write where it was; again when another writer was quicker."""
    for attempt in range(_ATTEMPTS):
        record = call.repository.read(call.access, call.type, call.id)
        body = msgspec.json.decode(record.body or b"{}")
        held = body.setdefault("meta", {})
        for name in _LISTS:
            held[name] = change(held.get(name, []), name)
            if not held[name]:
                del held[name]
        try:
            resource = decode(msgspec.json.encode(body), call.type)
            return _answer(call, call.repository.update(call.access, resource, if_match=record.version).record)
        except Fault as fault:
            if fault.code != "RECORDS-006" or attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError


def _given(call: Call) -> dict[str, Any]:
    """The `meta` parameter of a Parameters body.

    Raises:
        Fault: `REST-044`.
    """
    check_content(call.request)
    body = call.json_body()
    decode(body, "Parameters")
    for parameter in msgspec.json.decode(body).get("parameter", []):
        if parameter["name"] == "meta" and "valueMeta" in parameter:
            return dict(parameter["valueMeta"])
    raise Fault("REST-044", where="Parameters.parameter")


def _key(one: Any) -> tuple[str, str]:
    return (one, "") if isinstance(one, str) else (one.get("system", ""), one.get("code", ""))


def _answer(call: Call, record: Record) -> Response:
    held = msgspec.json.decode(record.body or b"{}").get("meta", {})
    return document(call, {"resourceType": "Parameters", "parameter": [{"name": "return", "valueMeta": held}]})
