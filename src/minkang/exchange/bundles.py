"""Bundles opened for the bulk path: each resource by itself, with its id and with references that will stand.

A transaction bundle sent over REST is stored by the record store as one transaction. A file of bundles with millions of
entries is another matter: here each entry keeps the id it carries, references by `urn:uuid:` become `Type/id` by the
bundle's own fullUrls, and conditional references (`Practitioner?identifier=a|b`) are looked up.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from minkang.errors import Fault

_OPENED = frozenset(("transaction", "batch", "collection", "searchset"))
_URN = re.compile(rb'"(urn:(?:uuid|oid):[^"\\]+)"')
_CONDITIONAL = re.compile(rb'"reference"\s*:\s*"([A-Z][A-Za-z]+\?[^"\\]+)"')


class _Request(msgspec.Struct):
    method: str = "PUT"
    url: str = ""
    ifNoneExist: str | None = None


class _Entry(msgspec.Struct):
    fullUrl: str = ""
    resource: msgspec.Raw = msgspec.Raw(b"")
    request: _Request | None = None


class _Bundle(msgspec.Struct):
    type: str = ""
    entry: list[_Entry] = []


class _Head(msgspec.Struct):
    resourceType: str = ""
    id: str = ""


@dataclass(frozen=True)
class Opened:
    """One resource out of a document.

    Attributes:
        index: its place among the entries, from 1; 0 for a document that is a resource itself.
        body: its JSON with id and references as they shall stand.
        fault: why it cannot be taken; the body is then as it came.
    """

    index: int
    body: bytes
    fault: Fault | None = None


Lookup = Callable[[str], str]
"""Takes a conditional reference (`Practitioner?identifier=a|b`), gives `Practitioner/123` or raises a Fault."""

_read_bundle = msgspec.json.Decoder(_Bundle).decode
_read_head = msgspec.json.Decoder(_Head).decode


def is_bundle(body: bytes) -> bool:
    """Whether a document is a bundle: by its first bytes, or by reading it where they do not say."""
    start = body[:400]
    if b'"resourceType"' in start and b'"Bundle"' not in start:
        return False
    try:
        return _read_head(body).resourceType == "Bundle"
    except msgspec.MsgspecError:
        return False


def bundle_type(body: bytes) -> str:
    """The `type` of a bundle (`transaction`, `batch` …).

    Raises:
        Fault: `EXCHANGE-010` for a bundle that is not well formed.
    """
    return _read(body).type


def open_bundle(body: bytes, lookup: Lookup) -> Iterator[Opened]:
    """The resources of a bundle, in order.

    Raises:
        Fault: `EXCHANGE-010` for a bundle that is not well formed, `EXCHANGE-011` for a type that is kept whole
            (document, message) or cannot be loaded (history), `EXCHANGE-012` for an entry that is no plain create or
            update; such a bundle goes through the REST interface.
    """
    bundle = _read(body)
    if bundle.type not in _OPENED:
        raise Fault("EXCHANGE-011", type=bundle.type or "?")
    addresses, resources = _addresses(bundle)
    for index, resource in resources:
        try:
            yield Opened(index, _settle(resource, addresses, lookup))
        except Fault as fault:
            yield Opened(index, resource, fault)


def _read(body: bytes) -> _Bundle:
    try:
        return _read_bundle(body)
    except msgspec.MsgspecError as error:
        raise Fault("EXCHANGE-010", reason=str(error)) from error


def _addresses(bundle: _Bundle) -> tuple[dict[bytes, bytes], list[tuple[int, bytes]]]:
    addresses: dict[bytes, bytes] = {}
    resources: list[tuple[int, bytes]] = []
    for index, entry in enumerate(bundle.entry, 1):
        request = entry.request or _Request()
        if request.method not in ("POST", "PUT") or request.ifNoneExist or "?" in request.url:
            raise Fault("EXCHANGE-012", where=f"Bundle.entry[{index - 1}].request", method=request.method)
        raw = bytes(entry.resource)
        if not raw:
            continue
        head = _head(raw, index)
        if not head.id:
            named = entry.fullUrl.startswith("urn:uuid:")
            head.id = entry.fullUrl.removeprefix("urn:uuid:") if named else str(uuid.uuid4())
            raw = b'{"id":"' + head.id.encode() + b'",' + raw.lstrip()[1:]
        resources.append((index, raw))
        if entry.fullUrl.startswith("urn:"):
            addresses[entry.fullUrl.encode()] = f"{head.resourceType}/{head.id}".encode()
    return addresses, resources


def _settle(resource: bytes, addresses: dict[bytes, bytes], lookup: Lookup) -> bytes:
    if b'"urn:' in resource:
        resource = _URN.sub(lambda found: b'"' + addresses.get(found[1], found[1]) + b'"', resource)
    if b"?" in resource:
        resource = _CONDITIONAL.sub(lambda found: b'"reference":"' + _looked_up(found[1], lookup) + b'"', resource)
    return resource


def _looked_up(criteria: bytes, lookup: Lookup) -> bytes:
    return lookup(criteria.decode()).encode()


def _head(raw: bytes, index: int) -> _Head:
    try:
        return _read_head(raw)
    except msgspec.MsgspecError as error:
        raise Fault("EXCHANGE-010", where=f"Bundle.entry[{index - 1}].resource", reason=str(error)) from error
