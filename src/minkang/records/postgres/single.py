"""Interactions with one record: create, update, patch, delete and their conditional forms."""

from __future__ import annotations

from minkang.access.audit import AuditEntry
from minkang.errors import Fault
from minkang.fhir import Resource, decode, resource_type
from minkang.records.bodies import check_id, new_id, person_of
from minkang.records.patches import Patch, apply_patch
from minkang.records.postgres.current import Address, Current
from minkang.records.postgres.drafts import Draft
from minkang.records.postgres.session import Session
from minkang.records.repository import Record, Written

DELETED_AT_ONCE = 500
"""Resources that one transaction of a conditional deletion of many takes."""


def create(session: Session, resource: Resource, if_none_exist: str | None) -> Written:
    """http.html#create, http.html#ccreate."""
    type = resource_type(resource)
    if if_none_exist is not None:
        session.claim([(type, if_none_exist)])
        match = session.find_one(type, if_none_exist)
        if match:
            return _matched(session, match, if_none_exist)
    draft = Draft(Address(type, new_id()), lambda _: resource, fresh=True)
    return _one(session, "create", draft, if_none_exist or "")


def _matched(session: Session, match: Address, criteria: str) -> Written:
    current = session.current(match)
    if current is None or current.deleted:  # Deleted between the search and this look at it.
        raise Fault("RECORDS-008", attempts=1)
    record = current.record(match)

    def entry(_: object) -> AuditEntry:
        return AuditEntry(
            session.access, "create", *match, person_of(*match, current.body), query=criteria, count=0
        )  # fmt: skip

    session.write([], entry)
    return Written(record, created=False, changed=False)


def update(session: Session, resource: Resource, if_match: int | None, if_none_match_any: bool) -> Written:
    """http.html#update."""
    draft = Draft(address_of(resource), lambda _: resource, if_match=if_match, if_none_match_any=if_none_match_any)
    return _one(session, "update", draft)


def conditional_update(session: Session, type: str, criteria: str, resource: Resource, if_match: int | None) -> Written:
    """http.html#cond-update."""
    session.claim([(type, criteria)])
    match = session.find_one(type, criteria)
    given = resource.id
    if match and given and given != match.id:
        raise Fault("RECORDS-011", found=match.id, given=given, type=type)
    address = match or Address(type, given or new_id())
    draft = Draft(address, lambda _: resource, fresh=match is None and not given, if_match=if_match)
    return _one(session, "update", draft, criteria)


def patch(session: Session, address: Address, patch: Patch, if_match: int | None, criteria: str = "") -> Written:
    """http.html#patch."""
    return _one(session, "patch", patch_draft(address, patch, if_match), criteria)


def patch_draft(address: Address, patch: Patch, if_match: int | None, place: str = "") -> Draft:
    """The change that a patch means to make."""

    def make(current: Current | None) -> Resource:
        assert current is not None
        assert current.body is not None
        return decode(apply_patch(current.body, patch, place), address.type)

    return Draft(address, make, must_exist=True, if_match=if_match, place=place)


def conditional_patch(session: Session, type: str, criteria: str, given: Patch, if_match: int | None) -> Written:
    """http.html#patch, "Conditional patch"."""
    session.claim([(type, criteria)])
    match = session.find_one(type, criteria)
    if match is None:
        raise Fault("RECORDS-009", type=type, criteria=criteria)
    return patch(session, match, given, if_match, criteria)


def delete(session: Session, address: Address, if_match: int | None) -> Record | None:
    """http.html#delete."""
    written = session.write_one("delete", Draft(address, None, if_match=if_match))[0]
    return written.record if written else None


def conditional_delete(session: Session, type: str, criteria: str, many: bool) -> int:
    """http.html#cdelete; of many, as many as one transaction takes: call it until it takes none."""
    session.claim([(type, criteria)])
    found = session.find_all(type, criteria, DELETED_AT_ONCE if many else 2)
    if len(found) > 1 and not many:
        raise Fault("RECORDS-010", type=type, criteria=criteria)

    def entry(answers: list[Written | None]) -> AuditEntry:
        return AuditEntry(session.access, "delete", type, query=criteria, count=len(answers))

    answers = session.write([Draft(address, None) for address in found], entry)
    return sum(1 for written in answers if written and written.changed)


def address_of(resource: Resource) -> Address:
    """Type and id of a resource that carries its id.

    Raises:
        Fault: `RECORDS-004` where it carries none, `RECORDS-017` where that cannot be one.
    """
    type = resource_type(resource)
    if not resource.id:
        raise Fault("RECORDS-004", f"{type}.id")
    check_id(resource.id, f"{type}.id")
    return Address(type, resource.id)


def _one(session: Session, interaction: str, draft: Draft, query: str = "") -> Written:
    written = session.write_one(interaction, draft, query)[0]
    assert written is not None
    return written
