"""`$validate` (R4 resource-operation-validate): would this be taken? The answer is always 200 with an outcome."""

from __future__ import annotations

import msgspec

from minkang.errors import Fault
from minkang.fhir import Resource, decode
from minkang.portal.api.fhir.answers import document
from minkang.portal.api.fhir.call import Call
from minkang.portal.api.fhir.headers import check_content
from minkang.portal.api.fhir.outcomes import approval, refusal
from minkang.portal.api.messages import Response
from minkang.wording import say

_MODES = ("create", "update", "delete", "profile")


class _Parameter(msgspec.Struct):
    name: str = ""
    resource: msgspec.Raw = msgspec.Raw()
    valueCode: str = ""
    valueString: str = ""
    valueUri: str = ""
    valueCanonical: str = ""


class _Body(msgspec.Struct):
    resourceType: str = ""
    parameter: list[_Parameter] = msgspec.field(default_factory=list)


def validate(call: Call) -> Response:
    """`POST Patient/$validate` or `Patient/1/$validate`, with a bare resource or with Parameters.

    Parameters hold `resource`, `mode` and `profile`. What is checked: structure, cardinality, formats, choice types,
    contained resources, the address against the body, and for `update` and `delete` that there is a record to change.
    Invariants and profiles are not checked, and an issue says so where a profile was asked for.
    """
    body, mode, profile = _given(call)
    try:
        _check(call, body, mode)
    except Fault as fault:
        if fault.category.status >= 500 or fault.code == "ACCESS-002":
            raise
        return document(call, refusal(fault, call.request.language))
    language = call.request.language
    warnings = [Fault("REST-045", profile=profile)] if profile else []
    return document(call, approval(say("rest.valid", language), warnings=warnings, language=language))


def _check(call: Call, body: bytes | None, mode: str) -> None:
    if mode not in ("", *_MODES):
        raise Fault("REST-032", name="mode", value=mode)
    if mode in ("update", "delete") or (body is None and call.id):
        if not call.id:
            raise Fault("REST-043", method=mode)
        stored = call.repository.read(call.access, call.type, call.id)
        body = stored.body if body is None and mode != "delete" else body
    if mode == "delete":
        return
    if body is None:
        raise Fault("REST-015")
    call.access.require(call.type or "*", "create" if not call.id else "update")
    resource: Resource = decode(body, call.type or None)
    if call.id and mode != "create" and resource.id not in (None, call.id):
        raise Fault("REST-042", where=f"{call.type}.id", given=resource.id, expected=call.id)


def _given(call: Call) -> tuple[bytes | None, str, str]:
    """The resource's bytes (None when there are none), the mode and the profile."""
    mode, profile = call.parameter("mode") or "", call.parameter("profile") or ""
    if call.request.method == "GET" or not call.request.body.strip():
        return None, mode, profile
    check_content(call.request)
    body = call.json_body()
    try:
        outer = msgspec.json.decode(body, type=_Body)
    except msgspec.DecodeError:
        return body, mode, profile
    if outer.resourceType != "Parameters" or call.type == "Parameters":
        return body, mode, profile
    decode(body, "Parameters")
    found: bytes | None = None
    for parameter in outer.parameter:
        if parameter.name == "resource":
            found = bytes(parameter.resource)
        elif parameter.name == "mode":
            mode = parameter.valueCode or parameter.valueString
        elif parameter.name == "profile":
            profile = parameter.valueUri or parameter.valueCanonical or parameter.valueString
    return found, mode, profile
