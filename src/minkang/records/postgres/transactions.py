"""A transaction bundle: every entry or none.

Who each entry is about is settled first (ids given, conditions searched); then the references between the entries are
rewritten on the raw JSON; then everything is written chunk by chunk; then the GETs see what was written.

Source: FHIR R4 http.html#transaction and #trules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from minkang.access.audit import AuditEntry
from minkang.errors import Fault
from minkang.fhir import Resource, decode, encode, resource_type
from minkang.records import references
from minkang.records.bodies import check_id, new_id, person_of
from minkang.records.bundles import Entry, in_order
from minkang.records.patches import patch_of
from minkang.records.postgres.current import Address
from minkang.records.postgres.drafts import Draft
from minkang.records.postgres.session import Session
from minkang.records.postgres.single import patch_draft
from minkang.records.postgres.writer import Answers
from minkang.records.repository import EntryResult, Written
from minkang.records.types import TYPE_CODES


class _Id(msgspec.Struct):
    """As much of a resource as says its id."""

    id: str = ""


@dataclass(slots=True)
class Plan:
    """What each entry is about, by its index."""

    addresses: dict[int, Address] = field(default_factory=dict)
    fresh: set[int] = field(default_factory=set)
    matched: dict[int, Address] = field(default_factory=dict)
    deleted: set[Address] = field(default_factory=set)
    renamed: dict[bytes, bytes] = field(default_factory=dict)


def transact(session: Session, entries: Sequence[Entry], read: Callable[[Entry], EntryResult]) -> list[EntryResult]:
    """Carry out a transaction.

    Args:
        session: its transaction.
        entries: in the order of the bundle.
        read: answers a GET within the same transaction.

    Returns:
        An answer an entry, in the order of the bundle.

    Raises:
        Fault: of the first entry that cannot be carried out.
    """
    ordered = in_order(entries)
    plan = _settle(session, ordered)
    _resolve_conditional_references(session, ordered, plan)
    drafts = {
        entry.index: _draft(entry, plan)
        for entry in ordered
        if entry.index in plan.addresses and entry.index not in plan.matched
    }
    _refuse_twice(drafts.values())
    answers = session.write(list(drafts.values()), _audit_entry(session, len(entries)))
    written = dict(zip(drafts, answers, strict=True))
    matches = {index: session.current(address) for index, address in plan.matched.items()}
    results = []
    for entry in entries:
        if entry.reads:
            results.append(read(entry))
        elif entry.index in plan.matched:
            match = matches[entry.index]
            record = match.record(plan.matched[entry.index]) if match else None
            results.append(EntryResult(200, record, location=True))
        else:
            results.append(result_of(entry, written.get(entry.index)))
    return results


def result_of(entry: Entry, written: Written | None) -> EntryResult:
    """The answer to a write."""
    if entry.verb == "DELETE":
        return EntryResult(204, written.record if written else None)
    assert written is not None
    return EntryResult(201 if written.created else 200, written.record, location=True)


# Who each entry is about.


def _settle(session: Session, ordered: Sequence[Entry]) -> Plan:
    plan = Plan()
    session.claim(condition for entry in ordered if (condition := _condition(entry)))
    created: dict[tuple[str, str], int] = {}
    for entry in ordered:
        if entry.reads:
            continue
        condition = _condition(entry)
        if condition is None:
            _settle_plain(entry, plan)
        elif entry.verb == "POST" and condition in created:
            _same_as(entry, created[condition], plan)
        else:
            _settle_conditional(session, entry, condition, plan)
            if entry.verb == "POST":
                created[condition] = entry.index
        if entry.verb in {"POST", "PUT"}:
            _rename(entry, plan)
    return plan


def _condition(entry: Entry) -> tuple[str, str] | None:
    if entry.verb == "POST":
        return None if entry.if_none_exist is None else (entry.type, entry.if_none_exist)
    return (entry.type, entry.criteria) if entry.criteria is not None and not entry.reads else None


def _settle_plain(entry: Entry, plan: Plan) -> None:
    if entry.verb == "POST":
        plan.addresses[entry.index] = Address(entry.type, new_id())
        plan.fresh.add(entry.index)
        return
    address = Address(entry.type, entry.id)
    plan.addresses[entry.index] = address
    if entry.verb == "DELETE":
        plan.deleted.add(address)


def _settle_conditional(session: Session, entry: Entry, condition: tuple[str, str], plan: Plan) -> None:
    match = session.find_one(*condition, entry.place)
    if match in plan.deleted:
        match = None  # This transaction deletes it first.
    if entry.verb == "DELETE":
        if match:
            plan.addresses[entry.index] = match
            plan.deleted.add(match)
    elif entry.verb == "PATCH":
        if match is None:
            raise Fault("RECORDS-009", entry.place, type=condition[0], criteria=condition[1])
        plan.addresses[entry.index] = match
    elif entry.verb == "POST":
        if match:
            plan.addresses[entry.index] = plan.matched[entry.index] = match
        else:
            _settle_plain(entry, plan)
    else:
        _settle_put(entry, match, plan)


def _settle_put(entry: Entry, match: Address | None, plan: Plan) -> None:
    given = _id_of(entry)
    if match and given and given != match.id:
        raise Fault("RECORDS-011", entry.place, type=entry.type, found=match.id, given=given)
    if given:
        check_id(given, f"{entry.place}.resource.id")
    plan.addresses[entry.index] = match or Address(entry.type, given or new_id())
    if not match and not given:
        plan.fresh.add(entry.index)


def _same_as(entry: Entry, first: int, plan: Plan) -> None:
    """Two entries that would create the same resource: the second finds what the first made."""
    plan.addresses[entry.index] = plan.matched[entry.index] = plan.addresses[first]


def _rename(entry: Entry, plan: Plan) -> None:
    address = plan.addresses[entry.index]
    old = _id_of(entry) if entry.full_url.startswith("http") else ""
    plan.renamed.update(references.addresses_of(entry.full_url, entry.type, old, address.id))


def _id_of(entry: Entry) -> str:
    try:
        return msgspec.json.decode(entry.resource or b"{}", type=_Id).id
    except msgspec.MsgspecError:
        return ""  # Decoding the resource says what is wrong with it.


def _refuse_twice(drafts: Iterable[Draft]) -> None:
    seen: set[Address] = set()
    for draft in drafts:
        if draft.address in seen:
            raise Fault("RECORDS-025", draft.place, type=draft.address.type, id=draft.address.id)
        seen.add(draft.address)


# Their resources.


def _draft(entry: Entry, plan: Plan) -> Draft:
    address = plan.addresses[entry.index]
    if entry.verb == "DELETE":
        return Draft(address, None, if_match=entry.if_match, place=entry.place)
    if entry.verb == "PATCH":
        return patch_draft(address, patch_of(entry.resource or b"", entry.place), entry.if_match, entry.place)
    return Draft(
        address,
        lambda _: _resource(entry, address, plan),
        fresh=entry.index in plan.fresh,
        if_match=entry.if_match,
        if_none_match_any=entry.if_none_match_any,
        place=entry.place,
    )


def _resource(entry: Entry, address: Address, plan: Plan) -> Resource:
    place = f"{entry.place}.resource"
    raw = references.rewrite(_plain(entry), plan.renamed)
    dangling = references.unresolved(raw)
    if dangling:
        raise Fault("RECORDS-023", place, reference=dangling)
    resource = decode(raw, where=place)
    given = resource_type(resource)
    if given != entry.type:
        raise Fault("RECORDS-016", place, given=given, expected=entry.type)
    if entry.verb == "PUT" and resource.id != address.id and (entry.criteria is None or resource.id):
        raise Fault("RECORDS-004", f"{place}.id")
    return resource


def _plain(entry: Entry) -> bytes:
    raw = entry.resource or b""
    if not references.hides(raw):
        return raw
    return encode(decode(raw, where=f"{entry.place}.resource"))


def _resolve_conditional_references(session: Session, ordered: Sequence[Entry], plan: Plan) -> None:
    places: dict[str, str] = {}
    for entry in ordered:
        if entry.resource is not None and entry.verb in {"POST", "PUT"} and b"?" in entry.resource:
            for reference in references.found_in(_plain(entry)):
                if "?" in reference and reference.partition("?")[0] in TYPE_CODES:
                    places.setdefault(reference, f"{entry.place}.resource")
    for reference, address in session.find_references(places).items():
        plan.renamed[reference.encode()] = "/".join(address).encode()


def _audit_entry(session: Session, count: int) -> Callable[[Answers], AuditEntry]:
    def entry(answers: Answers) -> AuditEntry:
        persons = {
            person_of(written.record.type, written.record.id, written.record.body) for written in answers if written
        }
        persons.discard("")
        person = persons.pop() if len(persons) == 1 else ""
        return AuditEntry(session.access, "transaction", person=person, count=count)

    return entry
