"""The bulk path: what a chunk of resources needs before a store takes it. Pure; `postgres.bulk` does the storing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from minkang.errors import Fault
from minkang.fhir import Resource, decode, resource_type
from minkang.fhir.search import extract
from minkang.records.bodies import check_id, stamp
from minkang.records.keys import KeyRows, key_rows, record_key
from minkang.records.repository import Incoming, Rejected
from minkang.records.types import type_code


class Ready(Struct, frozen=True):
    """A resource that can be stored as the first version of a new record.

    Attributes:
        code: the number of its type.
        key, id: of the record.
        body: canonical JSON, with version 1 and the time of the chunk.
        rows: its search keys.
        incoming: as it came.
        resource: as decoded, for the ordinary path where the record exists already.
    """

    code: int
    key: bytes
    id: str
    body: bytes
    rows: KeyRows
    incoming: Incoming
    resource: Resource


def prepare(chunk: Sequence[Incoming], at: datetime) -> tuple[list[Ready], list[Rejected]]:
    """Decode, check and index a chunk.

    Returns:
        What can be stored, in the chunk's order, and what cannot, with the reason.
    """
    ready: list[Ready] = []
    rejected: list[Rejected] = []
    for incoming in chunk:
        try:
            ready.append(_prepare(incoming, at))
        except Fault as fault:
            rejected.append(Rejected(incoming.source, incoming.line, fault, incoming.body))
    return ready, rejected


def _prepare(incoming: Incoming, at: datetime) -> Ready:
    resource = decode(incoming.body)
    type = resource_type(resource)
    if not resource.id:
        raise Fault("RECORDS-004", f"{type}.id")
    check_id(resource.id, f"{type}.id")
    body = stamp(resource, resource.id, 1, at)
    rows = key_rows(extract(resource))
    key = record_key(f"{type}/{resource.id}")
    return Ready(type_code(type), key, resource.id, body, rows, incoming, resource)
