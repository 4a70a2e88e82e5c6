"""A reject through the intake once more, in one transaction with its own next state."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from minkang.access import Access
from minkang.errors import Fault
from minkang.exchange.intake.conversion import Understood
from minkang.exchange.intake.engine import Intake
from minkang.exchange.intake.settling import (
    Batch,
    Settled,
    known_objects,
    known_states,
    line,
    store,
    unmapped_of,
    write_objects,
)
from minkang.exchange.intake.weighing import weigh
from minkang.exchange.ledger import writing
from minkang.exchange.ledger.identities import Identified
from minkang.exchange.rejects.keeping import SQL, Held, hold, take_step, why
from minkang.records.bodies import now
from minkang.records.postgres.joint import Joint


class Attempt(Struct, frozen=True):
    """One replay.

    Attributes:
        id, version: of the reject as its caller saw it.
        caller: who replays, for the history.
        batch: the message alone.
        message: as understood.
        at: now.
    """

    id: int
    version: int
    caller: str
    batch: Batch
    message: Understood
    at: datetime


def replay(intake: Intake, access: Access, id: int, version: int, identified: Identified) -> Settled:
    """See `Rejects.replay`."""
    arrival = identified.arrival
    sender = intake.senders.may_send(arrival.sender, arrival.feed)
    at = now()
    message = intake.understand(sender, {identified.identity: identified}, at)[identified.identity]
    batch = Batch(sender, at, [identified], {}, intake.keep([identified]))
    attempt = Attempt(id, version, access.caller, batch, message, at)
    return intake.patiently(lambda: intake.repository.jointly(sender.access(), lambda joint: _replay(joint, attempt)))


def _replay(joint: Joint, attempt: Attempt) -> Settled:
    connection, message = joint.connection, attempt.message
    connection.execute(writing.SQL["lock_sender"], {"sender": attempt.batch.sender.id})
    held = hold_seen(joint, attempt)
    identified = message.identified
    if message.fault:
        parameters = {"id": attempt.id, **why(message.fault)}
        take_step(connection, held, "fail", attempt.caller, attempt.at, code=message.fault.code)
        connection.execute(SQL["refuse_again"], parameters)
        return Settled(identified.identity, identified.arrival.key, "rejected", message.fault)
    taken = known_states(connection, [identified.identity])
    settled = _take(joint, attempt, held.message, taken)
    take_step(connection, held, "replay", attempt.caller, attempt.at)
    return settled


def hold_seen(joint: Joint, attempt: Attempt) -> Held:
    """The reject, held; refused where somebody took a step since it was read.

    The row is only looked at here: a lock on it would give the transaction its place in the feed before it waits for
    records. The lock of the sender, which every replay takes first, keeps two replays apart.
    """
    held = hold(joint.connection, attempt.id, lock=False)
    if held.version != attempt.version:
        raise Fault("EXCHANGE-045", id=attempt.id)
    return held


def _take(joint: Joint, attempt: Attempt, rejected: UUID, taken: dict[UUID, str]) -> Settled:
    connection, batch, message = joint.connection, attempt.batch, attempt.message
    identity, key = message.identified.identity, message.identified.arrival.key
    if taken.get(identity, "rejected") in {"accepted", "superseded"}:
        # The correction is a message that the sender has sent by now itself.
        _close(joint, rejected, attempt.at)
        return Settled(identity, key, "duplicate")
    weighed = weigh([message], known_objects(connection, [message]))
    store(joint, batch, [message], weighed)
    written = weighed.written[identity]
    counts = (len(message.assertions), written, len(message.notes))
    settled = Settled(identity, key, "accepted" if written or not message.assertions else "superseded", None, *counts)
    write_objects(connection, weighed)
    if identity not in taken:
        writing.write_lines(connection, [line(batch, message, settled, attempt.id)])
    writing.count_unmapped(connection, batch.sender.id, unmapped_of([message]), attempt.at)
    _close(joint, rejected, attempt.at)
    return settled


def _close(joint: Joint, rejected: UUID, at: datetime) -> None:
    joint.connection.execute(writing.SQL["settled"], {"identity": rejected, "state": "replayed", "at": at})
