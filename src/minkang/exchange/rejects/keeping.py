"""Rows of rejects, written in the transaction that settles the batch."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import msgspec
from psycopg import Connection

from minkang.blobs import Piece
from minkang.db import Queries
from minkang.errors import Fault
from minkang.exchange.ledger.identities import Identified, kept
from minkang.exchange.ledger.writing import SQL as LEDGER
from minkang.exchange.rejects.states import WAITING, Event, State, after

SQL = Queries.read("minkang.exchange.rejects", "rejects.sql")


class Held(NamedTuple):
    """A reject as it stands, held by the transaction."""

    id: int
    message: UUID
    state: State
    version: int
    blob: str
    blob_from: int
    blob_length: int


class Refused(Protocol):
    """A message and why it is refused."""

    @property
    def identified(self) -> Identified:
        """The message."""
        ...

    @property
    def fault(self) -> Fault | None:
        """Why."""
        ...


class Taken(Protocol):
    """A message that was taken."""

    @property
    def identity(self) -> UUID:
        """Of the message."""
        ...

    @property
    def outcome(self) -> str:
        """`accepted` or `superseded`."""
        ...


def keep_rejects(
    connection: Connection[Any],
    sender: int,
    refused: Sequence[Refused],
    pieces: Mapping[UUID, Piece],
    *,
    known: Collection[UUID],
    at: datetime,
) -> None:
    """Keep messages that were refused for the first time."""
    rows = [_row(sender, one, pieces, at) for one in refused if one.identified.identity not in known]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(SQL["keep"], rows)


def _row(sender: int, refused: Refused, pieces: Mapping[UUID, Piece], at: datetime) -> dict[str, object]:
    arrival = refused.identified.arrival
    assert refused.fault is not None
    return {
        "message": refused.identified.identity,
        "sender": sender,
        "feed": arrival.feed,
        "key": kept(arrival.key),
        "place": kept(arrival.place),
        "received": arrival.received,
        "at": at,
        **why(refused.fault),
        **where(pieces[refused.identified.identity]),
    }


def why(fault: Fault) -> dict[str, object]:
    """The columns that say why."""
    params = {name: kept(str(value)) for name, value in fault.params.items()}
    return {"code": fault.code, "inside": kept(fault.where), "params": msgspec.json.encode(params).decode()}


def where(piece: Piece) -> dict[str, object]:
    """The columns that say where the body is."""
    return {"blob": piece.blob, "blob_from": piece.offset, "blob_length": piece.length}


def close_by_resending(connection: Connection[Any], taken: Sequence[Taken], caller: str, at: datetime) -> None:
    """Rejects whose message came again and was taken this time."""
    if not taken:
        return
    states = {one.identity: one.outcome for one in taken}
    rows = connection.execute(SQL["of_messages"], {"messages": list(states), "states": list(WAITING)}).fetchall()
    for row in rows:
        take_step(connection, Held(*row), "resend", caller, at)
    for identity, outcome in states.items():
        connection.execute(LEDGER["settled"], {"identity": identity, "state": outcome, "at": at})


def hold(connection: Connection[Any], id: int, *, lock: bool = True) -> Held:
    """A reject as it stands; with `lock` held until the transaction ends.

    Raises:
        Fault: `EXCHANGE-041`.
    """
    row = connection.execute(SQL["hold" if lock else "look"], {"id": id}).fetchone()
    if row is None:
        raise Fault("EXCHANGE-041", id=id)
    return Held(*row)


def take_step(
    connection: Connection[Any],
    held: Held,
    event: Event,
    caller: str,
    at: datetime,
    *,
    reason: str = "",
    code: str = "",
    piece: Piece | None = None,
) -> State:
    """Move a held reject and keep the step; `piece` is its body from now on, where that changes.

    Raises:
        Fault: `EXCHANGE-040` where the event has no place in its state.
    """
    target = after(held.state, event)
    body = where(piece) if piece else {name: getattr(held, name) for name in ("blob", "blob_from", "blob_length")}
    step = {"reject": held.id, "version": held.version + 1, "at": at, "caller": caller, "event": event,
            "source": held.state, "target": target, "reason": kept(reason), "code": code, **body}  # fmt: skip
    connection.execute(SQL["step"], step)
    connection.execute(SQL["move"], {"id": held.id, "target": target, "at": at, **body})
    return target
