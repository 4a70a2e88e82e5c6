"""What a mapping would make of a file, row by row, before it runs: for `minkang exchange try` and its page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from minkang.codes.translator import Translator
from minkang.errors import Fault, Faults
from minkang.exchange.message import Draft, Note, Rejected
from minkang.exchange.tables.connector import Tables
from minkang.exchange.tables.spec import Mapping


@dataclass(frozen=True)
class Tried:
    """One row.

    Attributes:
        place: file and row; `key`: of the message; `feed`: says which mapping was taken.
        drafts: what would be stored; empty for a row that is refused.
        notes: what is doubtful; `faults`: why it is refused.
    """

    place: str
    key: str
    feed: str
    drafts: list[Draft] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def attempt(mapped: Mapping | None, source: BinaryIO, place: str, translator: Translator) -> Iterator[Tried]:
    """Convert a file without storing anything.

    Args:
        mapped: the mapping; None recognises the table by its head.
        translator: counts what has no map; its sender is the sender of the rows.
    """
    tables = Tables(mapped)
    for message in tables.split(source, place, translator.sender or "try"):
        if isinstance(message, Rejected):
            yield Tried(message.place, message.key, message.feed, faults=[message.fault])
            continue
        try:
            found = tables.convert(message, translator)
        except Fault as fault:
            listed = fault.faults if isinstance(fault, Faults) else [fault]
            yield Tried(message.place, message.key, message.feed, faults=listed)
        else:
            yield Tried(message.place, message.key, message.feed, found.drafts, found.notes)


def note_fault(note: Note) -> Fault:
    """A note as the words of its code."""
    return Fault(note.code, note.where, **note.params)
