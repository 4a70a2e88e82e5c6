"""One transaction for a batch: records, ledger, ranks, rejects and counts, all or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from psycopg import Connection

from minkang.blobs import Piece
from minkang.errors import Fault
from minkang.exchange.intake.checking import ready_of
from minkang.exchange.intake.conversion import Understood, marked
from minkang.exchange.intake.weighing import UNKNOWN, Known, Weighed, weigh
from minkang.exchange.ledger import writing
from minkang.exchange.ledger.identities import Identified
from minkang.exchange.ledger.senders import SQL as SENDERS
from minkang.exchange.ledger.senders import Sender
from minkang.exchange.ledger.writing import SQL, Line, ObjectLine
from minkang.exchange.rejects.keeping import close_by_resending, keep_rejects
from minkang.records.bulk import Ready
from minkang.records.postgres.joint import Joint

Outcome = Literal["accepted", "duplicate", "superseded", "rejected"]
RETRIED = "rejected"
"""A message in this state that comes again is tried again: a map or the program may have been mended since."""


class Settled(msgspec.Struct, frozen=True):
    """What became of one arrival.

    Attributes:
        identity, key: of the message.
        outcome: see the reference, docs/reference/exchange.md.
        fault: why it was rejected.
        drafts, written: how many resources it speaks of, and of how many it changed what the store says.
        notes: how many things could not be carried over.
    """

    identity: UUID
    key: str
    outcome: Outcome
    fault: Fault | None = None
    drafts: int = 0
    written: int = 0
    notes: int = 0


class Moved(Exception):
    """Another process has settled this part of the file."""


@dataclass(frozen=True)
class Step:
    """The stretch of a file that a batch is.

    Attributes:
        intake: the number of the run.
        position: messages of the file settled before.
    """

    intake: int
    position: int


@dataclass
class Batch:
    """A batch, ready to be settled.

    Attributes:
        sender: all messages are of one sender.
        at: the time its records bear.
        arrivals: in order, each as often as it came.
        understood: by identity, each once; without those that were settled before.
        pieces: where the originals of those are.
        step: where it stands in a file; None for a stream.
    """

    sender: Sender
    at: datetime
    arrivals: Sequence[Identified]
    understood: Mapping[UUID, Understood]
    pieces: Mapping[UUID, Piece]
    step: Step | None = None


@dataclass
class _Found:
    """What the ledger knew before the batch."""

    states: dict[UUID, str]
    fresh: list[Understood] = field(default_factory=list)


def settle(joint: Joint, batch: Batch) -> list[Settled]:
    """Settle a batch in an open transaction of the store.

    Returns:
        What became of each arrival, in order.

    Raises:
        Moved: the batch's stretch of the file was settled by another process.
    """
    connection = joint.connection
    connection.execute(SQL["lock_sender"], {"sender": batch.sender.id}, prepare=True)
    if batch.step:
        _check_position(connection, batch.step)
    found = _look(connection, batch)
    good = [message for message in found.fresh if message.fault is None]
    weighed = weigh(good, known_objects(connection, good))
    store(joint, batch, good, weighed)
    settled = _outcomes(batch, found, weighed)
    _write(connection, batch, found, weighed, settled)
    return settled


def _check_position(connection: Connection[Any], step: Step) -> None:
    row = connection.execute(SENDERS["intake"], {"id": step.intake}, prepare=True).fetchone()
    if row is None or row[1] != step.position:
        raise Moved


def _look(connection: Connection[Any], batch: Batch) -> _Found:
    found = _Found(known_states(connection, [arrival.identity for arrival in batch.arrivals]))
    for identity, message in batch.understood.items():
        if found.states.get(identity, RETRIED) == RETRIED:
            found.fresh.append(message)
    return found


def known_states(connection: Connection[Any], identities: Sequence[UUID]) -> dict[UUID, str]:
    """The states of those messages that came before."""
    rows = connection.execute(SQL["known"], {"identities": list(set(identities))}, prepare=True, binary=True)
    return dict(rows.fetchall())


def known_objects(connection: Connection[Any], messages: Sequence[Understood]) -> dict[str, Known]:
    """The ranks of the objects that messages speak of."""
    ids = list({assertion.id for message in messages for assertion in message.assertions})
    if not ids:
        return {}
    rows = connection.execute(SQL["objects"], {"ids": ids}, prepare=True, binary=True)
    return {str(id): Known(content, withdrawn) for id, content, withdrawn in rows}


def store(joint: Joint, batch: Batch, good: Sequence[Understood], weighed: Weighed) -> None:
    """Store what a batch changes, and the Provenance of each of its messages."""
    stored = joint.bodies([(change.type, change.id) for change in weighed.changes if change.mark_stored])
    ready: list[Ready] = []
    for change in weighed.changes:
        if change.body is not None:
            content = (change.ready or ready_of(change.body, batch.at)) if change.standing else None
            ready.append(content or marked(change.body, batch.at))
        elif change.mark_stored and (body := stored.get((change.type, change.id))):
            ready.append(marked(msgspec.json.decode(body), batch.at))
    ready += [message.provenance for message in good if message.provenance]
    if ready:
        joint.put(ready, batch.at, note=f"exchange:{batch.arrivals[0].arrival.feed}")


def _outcomes(batch: Batch, found: _Found, weighed: Weighed) -> list[Settled]:
    fresh = {message.identified.identity: message for message in found.fresh}
    settled = []
    for arrival in batch.arrivals:
        message = fresh.pop(arrival.identity, None)
        key = arrival.arrival.key
        if message is None or (message.fault and arrival.identity in found.states):
            settled.append(Settled(arrival.identity, key, "duplicate", message.fault if message else None))
        elif message.fault:
            settled.append(Settled(arrival.identity, key, "rejected", message.fault))
        else:
            written = weighed.written[arrival.identity]
            outcome: Outcome = "accepted" if written or not message.assertions else "superseded"
            counts = (len(message.assertions), written, len(message.notes))
            settled.append(Settled(arrival.identity, key, outcome, None, *counts))
    return settled


def _write(
    connection: Connection[Any], batch: Batch, found: _Found, weighed: Weighed, settled: Sequence[Settled]
) -> None:
    write_objects(connection, weighed)
    outcomes = {one.identity: one for one in settled if one.outcome != "duplicate"}
    lines = [
        line(batch, message, outcomes[message.identified.identity])
        for message in found.fresh
        if message.identified.identity not in found.states
    ]
    writing.write_lines(connection, lines)
    refused = [message for message in found.fresh if message.fault]
    keep_rejects(connection, batch.sender.id, refused, batch.pieces, known=found.states, at=batch.at)
    retaken = [outcomes[identity] for identity in found.states if identity in outcomes]
    close_by_resending(connection, retaken, batch.sender.access().caller, batch.at)
    writing.count_again(
        connection,
        Counter(one.identity for one in settled if one.outcome == "duplicate")
        + Counter(one.identity for one in retaken),
    )
    _count(connection, batch, found, settled)


def line(batch: Batch, message: Understood, outcome: Settled, replay_of: int | None = None) -> Line:
    """The ledger's line of a message."""
    return Line(
        identified=message.identified,
        sender=batch.sender.id,
        state=outcome.outcome,
        code=message.fault.code if message.fault else "",
        settled=batch.at,
        intake=batch.step.intake if batch.step else None,
        piece=batch.pieces[message.identified.identity],
        drafts=outcome.drafts,
        written=outcome.written,
        notes=message.notes,
        replay_of=replay_of,
    )


def write_objects(connection: Connection[Any], weighed: Weighed) -> None:
    """Keep the ranks that a batch raised."""
    lines = [
        (ObjectLine(change.id, change.type, *change.after, change.message), change.before == UNKNOWN)
        for change in weighed.changes
    ]
    writing.write_objects(connection, [line for line, new in lines if new], [line for line, new in lines if not new])


def unmapped_of(messages: Sequence[Understood]) -> Counter[tuple[str, str, str]]:
    """The codes without a map in some messages."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for message in messages:
        for map, code, text, count in message.unmapped:
            counts[map, code, text] += count
    return counts


def _count(connection: Connection[Any], batch: Batch, found: _Found, settled: Sequence[Settled]) -> None:
    day = batch.at.date()
    feeds = [arrival.arrival.feed for arrival in batch.arrivals]
    tally: Counter[tuple[str, date, str]] = Counter()
    for feed, one in zip(feeds, settled, strict=True):
        tally[feed, day, one.outcome] += 1
    writing.count_outcomes(connection, batch.sender.id, tally)
    taken = [message for message in found.fresh if message.fault is None]
    writing.count_unmapped(connection, batch.sender.id, unmapped_of(taken), batch.at)
    if batch.step:
        by_outcome = Counter(one.outcome for one in settled)
        advanced = connection.execute(
            SENDERS["advance"],
            {
                "id": batch.step.intake,
                "position": batch.step.position,
                "count": len(settled),
                **{name: by_outcome[name] for name in ("accepted", "duplicate", "superseded", "rejected")},
            },
        ).fetchone()
        if advanced is None:
            raise Moved
