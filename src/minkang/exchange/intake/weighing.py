"""What a batch of messages changes, given what is known of the objects it speaks of. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from minkang.exchange.intake.conversion import Assertion, Understood
from minkang.exchange.intake.ranks import higher, stands
from minkang.records.bulk import Ready


class Known(NamedTuple):
    """The highest ranks that were ever stated of an object; None for never."""

    content: str | None = None
    withdrawn: str | None = None


UNKNOWN = Known()


@dataclass(slots=True)
class Change:
    """What becomes of one object.

    Attributes:
        type, id: of the resource.
        before, after: its ranks.
        message: the identity of the message that changed it last.
        ready, body: the content to store, where the batch brings some.
        standing: whether it stands, or is to be marked as withdrawn.
        mark_stored: the content in the store is to be marked; the batch brings none.
    """

    type: str
    id: str
    before: Known
    after: Known
    message: UUID
    ready: Ready | None = None
    body: dict[str, Any] | None = None
    standing: bool = True
    mark_stored: bool = False


@dataclass(slots=True)
class Weighed:
    """All that a batch changes, and how many of each message's statements took effect (by identity)."""

    changes: list[Change] = field(default_factory=list)
    written: dict[UUID, int] = field(default_factory=dict)


class _Stated(NamedTuple):
    assertion: Assertion
    message: UUID


def weigh(messages: Iterable[Understood], known: Mapping[str, Known]) -> Weighed:
    """Find of each object the highest content and the highest withdrawal, and what they change.

    Args:
        messages: those that are to take effect, in any order.
        known: ranks by id; nothing for an object nobody spoke of yet.
    """
    content: dict[str, _Stated] = {}
    withdrawn: dict[str, _Stated] = {}
    weighed = Weighed()
    for message in messages:
        identity = message.identified.identity
        weighed.written[identity] = 0
        for assertion in message.assertions:
            stated = _Stated(assertion, identity)
            if assertion.body is not None:
                _keep_higher(content, stated)
            if assertion.withdrawn:
                _keep_higher(withdrawn, stated)
    for id in content | withdrawn:
        change = _change(id, content.get(id), withdrawn.get(id), known.get(id, UNKNOWN), weighed.written)
        if change:
            weighed.changes.append(change)
    return weighed


def _keep_higher(best: dict[str, _Stated], stated: _Stated) -> None:
    had = best.get(stated.assertion.id)
    if had is None or stated.assertion.rank > had.assertion.rank:
        best[stated.assertion.id] = stated


def _change(
    id: str, content: _Stated | None, withdrawn: _Stated | None, before: Known, written: dict[UUID, int]
) -> Change | None:
    after = Known(
        higher(before.content, content and content.assertion.rank),
        higher(before.withdrawn, withdrawn and withdrawn.assertion.rank),
    )
    if after == before:
        return None
    standing = stands(*after)
    new_content = content if after.content != before.content else None
    new_withdrawal = withdrawn if after.withdrawn != before.withdrawn else None
    movers = [stated for stated in (new_content, new_withdrawal) if stated]
    for identity in {stated.message for stated in movers}:
        written[identity] += 1
    last = max(movers, key=lambda stated: stated.assertion.rank)
    change = Change(last.assertion.type, id, before, after, last.message, standing=standing)
    if new_content:
        change.ready, change.body = new_content.assertion.ready, new_content.assertion.body
    elif before.content is not None:
        change.mark_stored = stands(*before) and not standing
    return change
