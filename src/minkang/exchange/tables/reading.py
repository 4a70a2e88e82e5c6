"""Readers of cells by kind of column: text in, value out; notes for what is doubtful, faults for what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minkang.codes.translator import Translator
from minkang.codes.units import measure
from minkang.errors import Fault
from minkang.exchange.message import Note
from minkang.exchange.tables.cells import (
    card_doubt,
    institution_doubt,
    read_day,
    read_flag,
    read_moment,
    read_number,
)
from minkang.exchange.tables.spec import Column


class Context:
    """What reading a row needs and gathers."""

    __slots__ = ("_told", "notes", "sender", "translator")

    def __init__(self, sender: str, translator: Translator) -> None:
        self.sender, self.translator = sender, translator
        self.notes: list[Note] = []
        self._told: set[tuple[str, str]] = set()

    def add(self, note: Note) -> None:
        """One note a kind and column."""
        if (note.code, note.where) not in self._told:
            self._told.add((note.code, note.where))
            self.notes.append(note)


Read = Callable[[str, Context], Any]


def reader(column: Column, unit: str = "") -> Read:
    """How a cell of this column is read.

    Args:
        unit: stood in the head of the column, and goes before the column's own.
    """
    read = _READERS[column.kind](column, unit)
    return _lenient(read, column) if column.note else read


def _lenient(read: Read, column: Column) -> Read:
    def tried(text: str, context: Context) -> Any:
        try:
            return read(text, context)
        except Fault as fault:
            context.add(Note(fault.code, column.name, dict(fault.params)))
            return None

    return tried


def _text(column: Column, unit: str) -> Read:
    limit, values = column.max, frozenset(column.values)
    if not limit and not values:
        return lambda text, context: text

    def read(text: str, context: Context) -> str:
        if limit and len(text) > limit:
            raise Fault("TABLES-028", column.name, length=len(text), limit=limit)
        if values and text not in values:
            raise Fault("TABLES-040", column.name, given=text, known="、".join(column.values))
        return text

    return read


def _moment(column: Column, unit: str) -> Read:
    read_it = read_day if column.kind == "date" else read_moment
    low, high = column.range or ("1880-01-01", "2100-01-01")

    def read(text: str, context: Context) -> str:
        try:
            found = read_it(text)
        except Fault as fault:
            raise Fault(fault.code, column.name, **fault.params) from None
        if not low <= found[:10] <= high:
            raise Fault("TABLES-038", column.name, given=text, low=low, high=high)
        return found

    return read


def _number(column: Column, unit: str) -> Read:
    whole = column.kind == "integer"
    low, high = column.range or (float("-inf"), float("inf"))
    least, most = column.plausible or (float("-inf"), float("inf"))

    def read(text: str, context: Context) -> float | None:
        try:
            sign, value, behind = read_number(text)
        except Fault as fault:
            raise Fault(fault.code, column.name, **fault.params) from None
        if sign:
            context.add(Note("TABLES-037", column.name, {"given": text}))
            return None
        if said := behind or unit:
            value = _converted(column, value, said, context)
        if not low <= value <= high:
            raise Fault("TABLES-026", column.name, value=value, low=low, high=high)
        if not least <= value <= most:
            context.add(Note("TABLES-027", column.name, {"value": value, "low": least, "high": most}))
        if whole and value != int(value):
            raise Fault("TABLES-022", column.name, given=text)
        return value

    return read


def _converted(column: Column, value: float, said: str, context: Context) -> float:
    """The value in the column's unit, when it came with a unit of its own."""
    found = measure(value, said, column.analyte)
    if not found.known or (column.unit and found.code != column.unit):
        context.add(Note("TABLES-035", column.name, {"unit": said}))
    elif found.converted:
        given = f"{value} {said}"
        context.add(Note("TABLES-036", column.name, {"given": given, "value": found.value, "unit": found.unit}))
        return found.value
    return value


def _card(column: Column, unit: str) -> Read:
    def read(text: str, context: Context) -> str:
        if doubt := card_doubt(text):
            context.add(Note(doubt, column.name, {"length": len(text)} if doubt == "CODES-001" else {}))
        return text.upper()

    return read


def _institution(column: Column, unit: str) -> Read:
    def read(text: str, context: Context) -> str:
        if doubt := institution_doubt(text):
            context.add(Note(doubt, column.name, {"given": text}))
        return text

    return read


def _flag(column: Column, unit: str) -> Read:
    def read(text: str, context: Context) -> bool:
        try:
            return read_flag(text)
        except Fault as fault:
            raise Fault(fault.code, column.name, **fault.params) from None

    return read


_READERS: dict[str, Callable[[Column, str], Read]] = {
    "text": _text,
    "code": _text,
    "date": _moment,
    "datetime": _moment,
    "number": _number,
    "integer": _number,
    "id_card": _card,
    "institution": _institution,
    "flag": _flag,
}
