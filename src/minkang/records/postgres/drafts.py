"""What a transaction means to do with one record, and what that comes to when it meets the record as it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from minkang.errors import Fault
from minkang.fhir import Resource, decode
from minkang.fhir.search import extract
from minkang.records.bodies import stamp
from minkang.records.keys import NO_KEYS, KeyRows, difference, key_rows
from minkang.records.postgres.current import METHODS, Address, Current
from minkang.records.postgres.rows import CREATED, DELETED, UPDATED
from minkang.records.repository import Record, Written


@dataclass(slots=True)
class Draft:
    """One change, not yet made.

    Attributes:
        address: of which record.
        make: gives the resource, from the current version where there is one (a patch needs it); None for a deletion.
        fresh: the store gave the id, so nothing can be there.
        must_exist: only where a resource is (a patch).
        if_match, if_none_match_any: what the caller knows.
        place: where the change stands in a bundle; empty alone.
    """

    address: Address
    make: Callable[[Current | None], Resource] | None
    fresh: bool = False
    must_exist: bool = False
    if_match: int | None = None
    if_none_match_any: bool = False
    place: str = ""


@dataclass(slots=True)
class Outcome:
    """What a draft comes to.

    Attributes:
        written: the answer.
        rid: the number of the record; 0 when nothing is to be stored and none was needed.
        gone, come: search keys to take away and to add; `present` of `come` is the whole list.
    """

    written: Written | None
    rid: int = 0
    gone: KeyRows = field(default=NO_KEYS)
    come: KeyRows = field(default=NO_KEYS)


def settle(draft: Draft, current: Current | None, at: datetime, rid: Callable[[], int]) -> Outcome:
    """Decide what becomes of a draft.

    Args:
        current: the record as it stands, locked; None where nothing ever was.
        at: the time of the transaction.
        rid: gives a new record number.

    Raises:
        Fault: `RECORDS-002`, `RECORDS-003`, `RECORDS-006`, `RECORDS-007`, `RECORDS-018`, and what decoding raises.
    """
    _check(draft, current)
    if current:
        at = max(at, current.at)  # A clock set back must not make a version older than the one before.
    if draft.make is None:
        return _delete(draft, current, at)
    resource = draft.make(current)
    if current and current.body is not None:
        return _update(draft, current, resource, at)
    version = current.version + 1 if current else 1
    body = stamp(resource, draft.address.id, version, at)
    method = CREATED if draft.fresh else UPDATED
    record = Record(*draft.address, version, at, METHODS[method], body)  # type: ignore[arg-type]
    return Outcome(
        Written(record, created=True, changed=True),
        rid=current.rid if current else rid(),
        come=key_rows(extract(resource)),
    )


def _update(draft: Draft, current: Current, resource: Resource, at: datetime) -> Outcome:
    assert current.body is not None
    if stamp(resource, draft.address.id, current.version, current.at) == current.body:
        return Outcome(Written(current.record(draft.address), created=False, changed=False))
    body = stamp(resource, draft.address.id, current.version + 1, at)
    record = Record(*draft.address, current.version + 1, at, "update", body)
    gone, come = difference(key_rows(extract(decode(current.body))), key_rows(extract(resource)))
    return Outcome(Written(record, created=False, changed=True), current.rid, gone, come)


def _delete(draft: Draft, current: Current | None, at: datetime) -> Outcome:
    if current is None:
        return Outcome(None)
    if current.body is None:
        return Outcome(Written(current.record(draft.address), created=False, changed=False))
    record = Record(*draft.address, current.version + 1, at, METHODS[DELETED], None)  # type: ignore[arg-type]
    gone = key_rows(extract(decode(current.body)))
    return Outcome(Written(record, created=False, changed=True), current.rid, gone=gone)


def _check(draft: Draft, current: Current | None) -> None:
    type, id = draft.address
    if draft.must_exist:
        require_there(draft.address, current, draft.place)
    if draft.if_match is not None:
        if current is None:
            raise Fault("RECORDS-018", draft.place, type=type, id=id, expected=draft.if_match)
        if current.version != draft.if_match:
            raise Fault("RECORDS-006", draft.place, type=type, id=id, current=current.version, expected=draft.if_match)
    if draft.if_none_match_any and current and not current.deleted:
        raise Fault("RECORDS-007", draft.place, type=type, id=id, current=current.version)


def require_there(address: Address, current: Current | None, place: str = "") -> Current:
    """The record where there is one to be read.

    Raises:
        Fault: `RECORDS-002` where nothing ever was, `RECORDS-003` where it was deleted.
    """
    if current is None:
        raise Fault("RECORDS-002", place, type=address.type, id=address.id)
    if current.deleted:
        raise Fault("RECORDS-003", place, type=address.type, id=address.id, at=current.at.isoformat())
    return current
