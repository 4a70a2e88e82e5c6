"""Rows of the ledger, written in the transaction that stores what the messages say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from psycopg import Connection

from minkang.blobs import Piece
from minkang.db import Queries
from minkang.exchange.ledger.identities import Identified, kept
from minkang.exchange.message import Note

SQL = Queries.read("minkang.exchange.ledger", "ledger.sql")
MOST_NOTES = 100
"""Notes kept of one message; how many there were is kept as well."""

_MESSAGES = (
    "COPY exchange_message (identity, sender, feed, key, digest, state, code, received, settled, place, intake, blob,"
    " blob_from, blob_length, drafts, written, noted, notes, replay_of) FROM STDIN"
)
_OBJECTS = "COPY exchange_object (id, type, content, withdrawn, message) FROM STDIN"


class Line(Struct, frozen=True):
    """One new line of the ledger.

    Attributes:
        state: `accepted`, `superseded` or `rejected`.
        code: of the fault, where rejected.
        drafts, written: statements of the message, and those that took effect.
        intake: the file it came in.
        replay_of: the reject whose correction it is.
    """

    identified: Identified
    sender: int
    state: str
    code: str
    settled: datetime
    intake: int | None
    piece: Piece
    drafts: int
    written: int
    notes: Sequence[Note]
    replay_of: int | None = None


class ObjectLine(Struct, frozen=True):
    """Ranks of one object, and the message that raised them."""

    id: str
    type: str
    content: str | None
    withdrawn: str | None
    message: UUID


def write_lines(connection: Connection[Any], lines: Iterable[Line]) -> None:
    """New messages."""
    with connection.cursor() as cursor, cursor.copy(_MESSAGES) as copying:
        for line in lines:
            arrival = line.identified.arrival
            copying.write_row((
                line.identified.identity, line.sender, arrival.feed, kept(arrival.key), line.identified.digest,
                line.state, line.code, arrival.received, line.settled, kept(arrival.place), line.intake,
                line.piece.blob, line.piece.offset, line.piece.length, line.drafts, line.written, len(line.notes),
                notes_json(line.notes), line.replay_of,
            ))  # fmt: skip


def notes_json(notes: Sequence[Note]) -> str | None:
    """Notes as the ledger keeps them; None where there are none."""
    if not notes:
        return None
    return msgspec.json.encode(notes[:MOST_NOTES], enc_hook=str).decode().replace("\\u0000", "\\ufffd")


def write_objects(connection: Connection[Any], new: Sequence[ObjectLine], raised: Sequence[ObjectLine]) -> None:
    """Objects spoken of for the first time, and objects whose ranks rose."""
    if new:
        with connection.cursor() as cursor, cursor.copy(_OBJECTS) as copying:
            for line in new:
                copying.write_row((line.id, line.type, line.content, line.withdrawn, line.message))
    if raised:
        connection.execute(
            SQL["change_objects"],
            {
                "ids": [line.id for line in raised],
                "contents": [line.content for line in raised],
                "withdrawals": [line.withdrawn for line in raised],
                "messages": [line.message for line in raised],
            },
        )


def count_again(connection: Connection[Any], counts: Mapping[UUID, int]) -> None:
    """Messages that came again."""
    if counts:
        parameters = {"identities": list(counts), "counts": list(counts.values())}
        connection.execute(SQL["again"], parameters)


def count_outcomes(connection: Connection[Any], sender: int, counts: Mapping[tuple[str, date, str], int]) -> None:
    """Arrivals by feed, day and outcome."""
    if counts:
        keys = sorted(counts)
        parameters = {
            "sender": sender,
            "feeds": [feed for feed, _, _ in keys],
            "days": [day for _, day, _ in keys],
            "outcomes": [outcome for _, _, outcome in keys],
            "counts": [counts[key] for key in keys],
        }
        connection.execute(SQL["tally"], parameters)


def count_unmapped(
    connection: Connection[Any], sender: int, counts: Mapping[tuple[str, str, str], int], at: datetime
) -> None:
    """Codes that have no map, by map, code and text."""
    if counts:
        keys = sorted(counts)
        parameters = {
            "sender": sender,
            "maps": [kept(map) for map, _, _ in keys],
            "codes": [kept(code) for _, code, _ in keys],
            "texts": [kept(text) for _, _, text in keys],
            "counts": [counts[key] for key in keys],
            "at": at,
        }
        connection.execute(SQL["unmapped"], parameters)
