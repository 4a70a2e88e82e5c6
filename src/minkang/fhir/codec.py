"""JSON to checked structs and back.

Source: FHIR R4 4.0.1, "JSON representation of resources". Two things that JSON leaves open are settled so: a UTF-8
byte order mark is skipped (RFC 8259, 8.1 allows it), and of a property given twice the last counts. What is stored is
what `encode` writes, where each property stands once, so no later reader can take the other one.
"""

from __future__ import annotations

import re
import threading
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, cast

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from minkang.errors import Fault
from minkang.fhir.depth import FEW_OBJECTS, check_depth
from minkang.fhir.formats import read_decimal
from minkang.fhir.r4.datatypes import DomainResource, Resource
from minkang.fhir.refusals import check_characters, check_empty, may_have_control_characters, refusal
from minkang.fhir.types import is_resource_type, resource_type, struct_of

if TYPE_CHECKING:
    from minkang.fhir.r4.bundle import Bundle
    from minkang.fhir.r4.parameters import ParametersParameter

_BOM = b"\xef\xbb\xbf"
_TYPE_FIRST = re.compile(rb'\s*\{\s*"resourceType"\s*:\s*"([A-Za-z]{1,64})"').match
_EMPTY = re.compile(rb"\{\s*\}").search
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class _Head(msgspec.Struct):
    """Just the type of a resource."""

    resourceType: str | None = None


def decode(body: bytes | Raw, type: str | None = None, *, where: str = "") -> Resource:
    """Read and check one resource, with the resources it contains.

    Args:
        body: UTF-8 JSON of one resource.
        type: the type it must have; None takes the type it names.
        where: its place in a larger document (`Bundle.entry[3].resource`), for the place of a fault; empty begins
            places with the type's name.

    Raises:
        Fault: of `FHIR-001` to `FHIR-040`, the first that is found.
    """
    resource, text, place = _read(body, type, where)
    if b"\\" in text:
        check_characters(text, place)
    if _EMPTY(text):
        check_empty(text, place)
    if isinstance(resource, DomainResource):
        if resource.contained is not None:
            _check_contained(resource, place)
    else:
        _check_inner(resource, place)
    return resource


def decode_shallow(body: bytes | Raw) -> Bundle:
    """Read and check a Bundle but not its entries' resources, which stay raw for the caller to decode one by one.

    Raises:
        Fault: as `decode`; `FHIR-007` for a resource that is no Bundle.
    """
    resource, text, place = _read(body, "Bundle", "")
    bundle = cast("Bundle", resource)
    if may_have_control_characters(text) or _EMPTY(text):
        shell = _shell(bundle)
        check_characters(shell, place)
        check_empty(shell, place)
    return bundle


def encode(resource: Resource) -> bytes:
    """Canonical JSON: `resourceType` first, elements in the order of their definition, nothing absent or null."""
    return _ENCODER.encode(resource)


def encode_part(part: msgspec.Struct) -> bytes:
    """JSON of a data type or backbone, as it would stand inside a resource."""
    return _ENCODER.encode(part)


def _read(body: bytes | Raw, type: str | None, where: str) -> tuple[Resource, bytes, str]:
    """The resource, its text and its place; contained and entered resources are not yet looked at."""
    text = body if isinstance(body, bytes) else bytes(body)
    match = _TYPE_FIRST(text)
    known = _DECODERS.get(match[1]) if match else None
    if known is None:
        text = text.removeprefix(_BOM)
        known = _decoder(match[1].decode() if match else _type_inside(text, where), where)
    decoder, name = known
    place = where or name
    if type is not None and name != type:
        raise Fault("FHIR-007", where or type, expected=type, got=name)
    try:
        resource = decoder.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError, InvalidOperation) as problem:
        raise refusal(problem, text, name, where) from None
    if text.count(b"{") > FEW_OBJECTS:
        check_depth(text, place)
    return resource, text, place


def _shell(bundle: Bundle) -> bytes:
    """The bundle's own JSON, with a number in place of each resource."""
    entries = [entry if entry.resource is None else replace(entry, resource=Raw(b"0")) for entry in bundle.entry or ()]
    return encode(replace(bundle, entry=entries or None))


def _type_inside(text: bytes, where: str) -> str:
    """The type of a resource that does not begin with it."""
    try:
        name = _HEAD.decode(text).resourceType
    except (msgspec.DecodeError, ValueError, RecursionError, InvalidOperation) as problem:
        raise refusal(problem, text, "", where) from None
    if name is None:
        raise Fault("FHIR-005", where)
    return name


_HEAD = msgspec.json.Decoder(_Head)
# msgspec looks at a struct once and shows what it has found so far to every thread: two threads that make decoders of
# types with parts in common would end the process.
_MAKING = threading.Lock()


def _decoder(name: str, where: str) -> _Known:
    known = _DECODERS.get(name.encode())
    if known is None:
        if not is_resource_type(name):
            raise Fault("FHIR-006", f"{where}.resourceType".lstrip("."), type=name)
        with _MAKING:
            struct = cast("type[Resource]", struct_of(name))
            decoder = msgspec.json.Decoder(struct, float_hook=Decimal, dec_hook=read_decimal)
            _DECODERS[name.encode()] = known = (decoder, name)
    return known


_Known = tuple[msgspec.json.Decoder[Resource], str]
_DECODERS: dict[bytes, _Known] = {}


def _check_contained(resource: DomainResource, where: str) -> None:
    checked = []
    for index, raw in enumerate(resource.contained or ()):
        place = f"{where}.contained[{index}]"
        inner = decode(raw, where=place)
        if isinstance(inner, DomainResource) and inner.contained is not None:
            raise Fault("FHIR-023", f"{place}.contained")
        checked.append(Raw(encode(inner)))
    resource.contained = checked


def _check_inner(resource: Resource, where: str) -> None:
    """Check the resources inside a Bundle or Parameters, and keep them in canonical form."""
    name = resource_type(resource)
    if name == "Bundle":
        for index, entry in enumerate(cast("Bundle", resource).entry or ()):
            place = f"{where}.entry[{index}]"
            if entry.resource is not None:
                entry.resource = _checked(entry.resource, f"{place}.resource")
            if entry.response is not None and entry.response.outcome is not None:
                entry.response.outcome = _checked(entry.response.outcome, f"{place}.response.outcome")
    elif name == "Parameters":
        _check_parameters(getattr(resource, "parameter", None), f"{where}.parameter")


def _check_parameters(parameters: list[ParametersParameter] | None, where: str) -> None:
    for index, parameter in enumerate(parameters or ()):
        if parameter.resource is not None:
            parameter.resource = _checked(parameter.resource, f"{where}[{index}].resource")
        _check_parameters(parameter.part, f"{where}[{index}].part")


def _checked(raw: Raw, where: str) -> Raw:
    return Raw(encode(decode(raw, where=where)))
