"""Transaction and batch bundles as they come: entries, in the order they are done, and the references between them.

Source: FHIR R4 http.html#transaction. Nothing here knows a database, so that every store reads bundles alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from minkang.errors import Fault
from minkang.fhir import decode_shallow
from minkang.records.bodies import ID
from minkang.records.types import TYPE_CODES

if TYPE_CHECKING:
    from minkang.fhir.r4.bundle import BundleEntry

Verb = Literal["DELETE", "POST", "PUT", "PATCH", "GET", "HEAD"]

_ORDER: Mapping[str, int] = {"DELETE": 0, "POST": 1, "PUT": 2, "PATCH": 2, "GET": 3, "HEAD": 3}
_ETAG = re.compile(r'\s*(?:W/)?"?([0-9]{1,9})"?\s*')
_ADDRESS = re.compile(r'"reference"\s*:\s*"([^"\\]*)"')


class Entry(Struct, frozen=True):
    """One entry of a bundle.

    Attributes:
        index: where it stands, from 0.
        verb: its HTTP method.
        url: its address as written, without a leading slash.
        type, id, criteria: what the address says; `criteria` is the text after `?`.
        version: of a vread.
        full_url: empty where there is none.
        resource: the raw JSON; None where there is none.
        if_match: the version it is based on.
        if_none_exist: criteria of a conditional create; None where it is not one.
        if_none_match_any: `If-None-Match: *`.
    """

    index: int
    verb: Verb
    url: str
    type: str
    id: str
    criteria: str | None
    full_url: str
    resource: bytes | None
    if_match: int | None
    if_none_exist: str | None
    if_none_match_any: bool

    @property
    def place(self) -> str:
        """The entry as a FHIRPath."""
        return f"Bundle.entry[{self.index}]"

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.verb in {"GET", "HEAD"}


def read_bundle(body: bytes, kind: str, limit: int) -> list[Entry | Fault]:
    """The entries of a bundle in their own order; a fault stands where an entry cannot be understood.

    Raises:
        Fault: `RECORDS-020` for another type of bundle, `RECORDS-021` over the limit, `RECORDS-022` for a fullUrl that
            stands twice; what `decode_shallow` raises for what is no Bundle.
    """
    bundle = decode_shallow(body)
    if bundle.type != kind:
        raise Fault("RECORDS-020", "Bundle.type", expected=kind, given=bundle.type or "")
    entries = bundle.entry or []
    if len(entries) > limit:
        raise Fault("RECORDS-021", "Bundle.entry", entries=len(entries), limit=limit)
    seen: set[str] = set()
    read: list[Entry | Fault] = []
    for index, entry in enumerate(entries):
        if entry.fullUrl:
            if entry.fullUrl in seen:
                raise Fault("RECORDS-022", f"Bundle.entry[{index}].fullUrl", url=entry.fullUrl)
            seen.add(entry.fullUrl)
        try:
            read.append(_entry(index, entry))
        except Fault as fault:
            read.append(fault)
    return read


def _entry(index: int, entry: BundleEntry) -> Entry:
    place = f"Bundle.entry[{index}]"
    request = entry.request
    if request is None or request.url is None or request.method is None:
        raise Fault("RECORDS-024", f"{place}.request", method="", url="")
    url = request.url.lstrip("/")
    path, mark, criteria = url.partition("?")
    type, _, id = path.partition("/")
    bad = Fault("RECORDS-024", f"{place}.request", method=request.method, url=request.url)
    if request.method not in _ORDER:
        raise bad
    verb: Verb = request.method
    if verb not in {"GET", "HEAD"}:
        _check_write(verb, type, id, mark, bad)
    raw = entry.resource
    if verb in {"POST", "PUT", "PATCH"} and raw is None:
        raise Fault("RECORDS-026", place)
    return Entry(
        index=index,
        verb=verb,
        url=url,
        type=type,
        id=id,
        criteria=criteria if mark else None,
        full_url=entry.fullUrl or "",
        resource=None if raw is None else bytes(raw),
        if_match=_version(request.ifMatch, bad),
        if_none_exist=request.ifNoneExist,
        if_none_match_any=request.ifNoneMatch == "*",
    )


def _check_write(verb: str, type: str, id: str, mark: str, bad: Fault) -> None:
    if type not in TYPE_CODES:
        raise bad
    good = not id and not mark if verb == "POST" else bool(mark) != bool(id)
    if not good or (id and not ID.fullmatch(id)):
        raise bad


def _version(tag: str | None, bad: Fault) -> int | None:
    if tag is None:
        return None
    found = _ETAG.fullmatch(tag)
    if not found:
        raise bad
    return int(found[1])


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """The entries as a transaction does them: DELETE, POST, PUT and PATCH, GET; each kind as it stands."""
    return sorted(entries, key=lambda entry: _ORDER[entry.verb])
