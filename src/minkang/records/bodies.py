"""Bodies of records: what the store writes into them, and what it reads from them without decoding."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import uuid4

from minkang.errors import Fault, Faults
from minkang.fhir import encode
from minkang.fhir.r4 import Meta

if TYPE_CHECKING:
    from minkang.fhir import Resource

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_REFERENCE = re.compile(rb'"reference":"([^"\\]*)"')
_LOCAL = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")
_PERSON = re.compile(
    rb'"(?:subject|patient|beneficiary|individual|for)":\{"reference":"(Patient/[A-Za-z0-9\-.]{1,64})"'
)


def new_id() -> str:
    """An id nobody has: a random UUID."""
    return str(uuid4())


def check_id(id: str, where: str = "") -> None:
    """Refuse what cannot be an id (datatypes.html#id).

    Raises:
        Fault: `RECORDS-017`.
    """
    if not ID.fullmatch(id):
        raise Fault("RECORDS-017", where, id=id[:80])


def now() -> datetime:
    """This instant in UTC, in whole milliseconds, as `meta.lastUpdated` has it."""
    instant = datetime.now(UTC)
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


@lru_cache(maxsize=256)
def instant_text(at: datetime) -> str:
    """An instant as FHIR writes it: `2026-01-31T08:00:00.000Z`."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def stamp(resource: Resource, id: str, version: int, at: datetime) -> bytes:
    """The body to keep: canonical JSON with id, versionId and lastUpdated. The resource is changed so as well."""
    if resource.meta is None:
        resource.meta = Meta()
    resource.id = id
    resource.meta.versionId = str(version)
    resource.meta.lastUpdated = instant_text(at)
    return encode(resource)


def within(fault: Fault, place: str) -> Fault:
    """The fault with the entry of a bundle as its place, unless it names one already."""
    if not place or fault.where.startswith("Bundle."):
        return fault
    if isinstance(fault, Faults):
        return Faults([within(each, place) for each in fault.faults])
    return Fault(fault.code, f"{place}: {fault.where}" if fault.where else place, **fault.params)


def references_in(body: bytes) -> list[str]:
    """Every `Reference.reference` of a canonical body, in document order, contained resources included."""
    return [found.decode() for found in _REFERENCE.findall(body)]


def local_reference(reference: str) -> tuple[str, str] | None:
    """Type and id of a reference into this store (`Patient/1`, `Patient/1/_history/2`); None for any other."""
    found = _LOCAL.fullmatch(reference)
    return (found[1], found[2]) if found else None


def person_of(type: str, id: str, body: bytes | None) -> str:
    """Whom a record is about (`Patient/…`), as far as its body says so at first sight; empty where it does not."""
    if type == "Patient":
        return f"Patient/{id}"
    found = _PERSON.search(body) if body else None
    return found[1].decode() if found else ""
