"""Patches as a caller sends them, and what they make of a body."""

from __future__ import annotations

from base64 import b64decode
from decimal import Decimal
from typing import Any, Literal

import jsonpatch
import msgspec
from jsonpointer import JsonPointerException
from msgspec import Struct

from minkang.errors import Fault
from minkang.fhir import decode, resource_type
from minkang.fhir.path.patch import apply
from minkang.records.bodies import within

_READER = msgspec.json.Decoder(float_hook=Decimal)
_WRITER = msgspec.json.Encoder(decimal_format="number")


class Patch(Struct, frozen=True):
    """A patch, not yet applied.

    Attributes:
        kind: `json` for JSON Patch (RFC 6902), `fhirpath` for a FHIRPath Patch (fhirpatch.html), a Parameters resource.
        body: the document as it came.
    """

    kind: Literal["json", "fhirpath"]
    body: bytes


def patch_of(resource: bytes, place: str) -> Patch:
    """The patch in an entry of a bundle: a Binary with a JSON Patch, or a Parameters (http.html#trules).

    Raises:
        Fault: `RECORDS-012` for anything else.
    """
    where = f"{place}.resource"
    given = decode(resource, where=where)
    if resource_type(given) == "Parameters":
        return Patch("fhirpath", resource)
    if resource_type(given) == "Binary":
        return Patch("json", b64decode(getattr(given, "data", None) or ""))
    raise Fault("RECORDS-012", where, reason=resource_type(given))


def apply_patch(body: bytes, patch: Patch, place: str = "") -> bytes:
    """The body as the patch would have it, not yet checked. Numbers keep the digits they were written with.

    Raises:
        Fault: `RECORDS-012` when the patch cannot be read or does not apply.
    """
    document = _READER.decode(body)
    if patch.kind == "json":
        return _WRITER.encode(_json_patch(document, patch.body, place))
    try:
        parameters = _READER.decode(patch.body)
    except msgspec.DecodeError as error:
        raise Fault("RECORDS-012", place, reason=str(error)) from None
    if not isinstance(parameters, dict):
        raise Fault("RECORDS-012", place, reason="Parameters")
    try:
        return _WRITER.encode(apply(parameters, document))
    except Fault as fault:
        raise within(fault, place) from None


def _json_patch(document: Any, body: bytes, place: str) -> Any:
    try:
        operations = _READER.decode(body)
        return jsonpatch.JsonPatch(operations).apply(document)
    except (msgspec.DecodeError, jsonpatch.JsonPatchException, JsonPointerException, TypeError, KeyError) as error:
        raise Fault("RECORDS-012", place, reason=str(error).strip().split("\n")[0]) from None
