"""From messages to resources that can be stored: everything that needs no database, message by message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from minkang.access import Access
from minkang.codes.translator import Translator
from minkang.errors import Fault, Faults
from minkang.exchange.connectors import Connectors
from minkang.exchange.intake.checking import Checks, ready_of
from minkang.exchange.intake.provenance import provenance
from minkang.exchange.intake.ranks import rank_text
from minkang.exchange.intake.withdrawal import mark
from minkang.exchange.ledger.identities import Identified
from minkang.exchange.message import Draft, Message, Note, draft_id, source_of
from minkang.fhir import is_resource_type
from minkang.records.bulk import Ready

TEST_DATA = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
    "code": "HTEST",
    "display": "test health data",
}
Unmapped = list[tuple[str, str, str, int]]


class Assertion(Struct):
    """What a message says of one resource.

    Attributes:
        type, id: of the resource.
        rank: as text, see `ranks`.
        withdrawn: the message takes it back.
        body: its JSON with id and meta; None for a withdrawal without content.
        ready: the same, indexed; None where it was checked in an earlier batch and is indexed only if it is stored.
    """

    type: str
    id: str
    rank: str
    withdrawn: bool
    body: dict[str, Any] | None
    ready: Ready | None


class Understood(Struct):
    """A message and what it says, or why it is refused.

    Attributes:
        identified: the message.
        assertions: one a draft.
        provenance: of the message; None where it is refused or says nothing.
        notes: what could not be carried over.
        unmapped: codes without a map: map, code, text, count.
        fault: why it is refused.
    """

    identified: Identified
    assertions: list[Assertion] = field(default_factory=list)
    provenance: Ready | None = None
    notes: list[Note] = field(default_factory=list)
    unmapped: Unmapped = field(default_factory=list)
    fault: Fault | None = None


def understand(
    identified: Identified,
    connectors: Connectors,
    translator: Translator,
    access: Access,
    at: datetime,
    *,
    checks: Checks | None = None,
    synthetic: bool = False,
) -> Understood:
    """Convert a message and check every resource it asserts; one that is wrong refuses the whole message.

    Args:
        access: of the sender: a type it was not granted refuses the message (`ACCESS-002`).
        at: the time the resources will bear.
        checks: remembers what was checked before; None to check all anew.
        synthetic: every resource is to say that it is test data.
    """
    checks = checks or Checks()
    labels = [TEST_DATA] if synthetic else []
    arrival = identified.arrival
    if not isinstance(arrival, Message):
        return Understood(identified, fault=arrival.fault)
    translator.unmapped.clear()
    try:
        converted = connectors.of(arrival.feed).convert(arrival, translator)
        drafts = _each_once(converted.drafts)
        assertions = [_assertion(identified, draft, access, at, checks, labels) for draft in drafts]
        told = ready_of(_labelled(provenance(identified, drafts), labels), at) if drafts else None
        return Understood(identified, assertions, told, converted.notes, translator.drain(), None)
    except Fault as fault:
        return Understood(identified, fault=fault)
    except (RecursionError, ValueError, KeyError, IndexError, TypeError, AttributeError, ArithmeticError) as error:
        # A message that a connector stumbles over must not stop those behind it: it is kept, and the fault is ours.
        return Understood(identified, fault=Fault("EXCHANGE-030", reason=f"{type(error).__name__}: {error}"[:300]))


def marked(assertion_body: dict[str, Any], at: datetime) -> Ready:
    """A resource as it is stored once withdrawn."""
    return ready_of(mark(assertion_body), at)


def _labelled(body: dict[str, Any], labels: list[dict[str, str]]) -> dict[str, Any]:
    """A resource with security labels beside those it bears."""
    if not labels:
        return body
    meta = body.get("meta", {})
    return {**body, "meta": {**meta, "security": [*meta.get("security", []), *labels]}}


def _assertion(  # noqa: PLR0917 - one call
    identified: Identified,
    draft: Draft,
    access: Access,
    at: datetime,
    checks: Checks,
    labels: list[dict[str, str]],
) -> Assertion:
    message = identified.arrival
    if not is_resource_type(draft.type):
        raise Fault("RECORDS-001", draft.key, type=draft.type)
    access.require(draft.type, "create")
    access.require(draft.type, "update")
    id = draft_id(message.sender, draft.type, draft.key)
    rank = rank_text(draft.rank, identified.digest)
    if draft.withdrawn and not draft.body:
        return Assertion(draft.type, id, rank, True, None, None)
    meta = {**draft.body.get("meta", {}), "source": source_of(message.sender, message.feed)}
    body = _labelled({**draft.body, "resourceType": draft.type, "id": id, "meta": meta}, labels)
    return Assertion(draft.type, id, rank, draft.withdrawn, body, _placed(draft, lambda: checks.check(body, at)))


def _placed(draft: Draft, check: Callable[[], Ready | None]) -> Ready | None:
    try:
        return check()
    except Faults as faults:
        raise Faults([_within(draft, fault) for fault in faults.faults]) from faults
    except Fault as fault:
        raise _within(draft, fault) from fault


def _within(draft: Draft, fault: Fault) -> Fault:
    return Fault(fault.code, f"{draft.key}: {fault.where}" if fault.where else draft.key, **fault.params)


def _each_once(drafts: list[Draft]) -> list[Draft]:
    """Drop what is said twice in the same words; refuse what is said twice in different ones."""
    first: dict[tuple[str, str], Draft] = {}
    for draft in drafts:
        if first.setdefault((draft.type, draft.key), draft) != draft:
            raise Fault("EXCHANGE-031", draft.key, type=draft.type, key=draft.key)
    return list(first.values())
