"""The connector for tables: a file becomes rows, a row becomes a message, a message becomes drafts."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import PurePosixPath
from typing import BinaryIO, cast

import msgspec

from minkang.codes.translator import Translator
from minkang.errors import Fault, Faults
from minkang.exchange.message import Converted, Draft, Message, Note, Rank, Rejected
from minkang.exchange.tables import heads
from minkang.exchange.tables.cells import EMPTY, ZONE
from minkang.exchange.tables.checks import compile_checks
from minkang.exchange.tables.compiled import Plan, Row
from minkang.exchange.tables.lines import Line, read_lines, torn
from minkang.exchange.tables.loader import mapping, shipped
from minkang.exchange.tables.reading import Context
from minkang.exchange.tables.spec import Mapping as Mapped
from minkang.exchange.tables.workbook import is_workbook, read_sheets

FAMILY = "csv"


class Sent(msgspec.Struct, omit_defaults=True):
    """The body of a message: one row as it came.

    Attributes:
        row: number in the file or sheet, from 1.
        cells: head to text; empty cells are left out.
        sheet: name of the sheet, of a workbook.
    """

    row: int
    cells: dict[str, str]
    sheet: str = ""


_DECODER = msgspec.json.Decoder(Sent)
_ENCODER = msgspec.json.Encoder()


class Tables:
    """Reads tables by mapping files; `name` is the family, the feed of its messages is `csv/<mapping>`.

    Args:
        mapped: the mapping of every file that is split; where it is None each table is recognised by its head among
            the shipped mappings.
        more: further mappings whose messages can be converted.
    """

    name = FAMILY

    def __init__(self, mapped: Mapped | None = None, more: Sequence[Mapped] = ()) -> None:
        own = (*more, *((mapped,) if mapped else ()))
        self._own = {one.name: _Conversion(Plan(one)) for one in own}
        self._only = self._own[mapped.name].plan if mapped else None

    def split(self, source: BinaryIO, place: str, sender: str) -> Iterator[Message | Rejected]:
        """Cut a CSV file or workbook into one message a row; see `minkang.exchange.message.Connector`."""
        cut = _Cut(self._only, place, sender)
        head = source.read(512)
        if is_workbook(head):
            yield from cut.workbook(_seekable(head, source))
        else:
            yield from cut.lines(cast(BinaryIO, _Again(head, source)))

    def convert(self, message: Message, translator: Translator) -> Converted:
        """Say what a row means.

        Raises:
            Fault: `TABLES-002` for a feed without mapping, `TABLES-039` for a body that is no row; `Faults` of
                `TABLES-020` and on, one a column that is wrong.
        """
        name = message.feed.removeprefix(f"{FAMILY}/")
        return (self._own.get(name) or _shipped(name)).convert(message, translator)


def table_connector(feed: str) -> Tables:
    """The connector of a feed (`csv/front-page`), for `minkang.exchange.connectors.Connectors`.

    Raises:
        Fault: `TABLES-002` where there is no such mapping; `csv` alone recognises tables by their heads.
    """
    name = feed.partition("/")[2]
    return Tables(mapping(name) if name else None)


@cache
def _shipped(name: str) -> _Conversion:
    return _Conversion(Plan(mapping(name)))


def recognised(row: Sequence[str]) -> Plan | None:
    """The shipped mapping whose head a row is."""
    return heads.best((_shipped(name).plan for name in shipped()), row)


class _Again:
    """A stream whose first bytes were looked at."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = io.BytesIO(head), rest

    def read(self, size: int = -1) -> bytes:
        found = self._head.read(size)
        return found + self._rest.read(size - len(found) if size >= 0 else -1) if len(found) != size else found

    def readline(self, size: int = -1) -> bytes:
        found = self._head.readline(size)
        if found.endswith(b"\n") or len(found) == size:
            return found
        return found + self._rest.readline(size - len(found) if size >= 0 else -1)


def _seekable(head: bytes, source: BinaryIO) -> BinaryIO:
    """A workbook must be read to and fro; a stream that cannot be is kept in memory, within the packed limit."""
    if source.seekable():
        source.seek(0)
        return source
    return io.BytesIO(head + source.read(512 << 20))


class _Cut:
    """One file being cut."""

    def __init__(self, only: Plan | None, place: str, sender: str) -> None:
        self.only, self.place, self.sender = only, place, sender
        self.file = PurePosixPath(place.replace("\\", "/")).name
        self.received = datetime.now(UTC)

    def reject(self, fault: Fault, raw: bytes, where: str, feed: str = "") -> Rejected:
        """What could not become a message."""
        name = self.only.mapping.name if self.only else ""
        return Rejected(self.sender, feed or f"{FAMILY}/{name}", raw, self.received, fault, f"{self.file}, {where}")

    def lines(self, source: BinaryIO) -> Iterator[Message | Rejected]:
        """The rows of a CSV file."""
        looked: list[Line] = []
        table: _Rows | None = None
        for line in read_lines(source):
            if table is None:
                table = self._begin(line.fields)
                looked.append(line)
                if table is None and len(looked) >= self._within():
                    break
            elif line.fault is not None:
                fault = Fault("TABLES-012") if torn(line) and line.fault.code != "TABLES-015" else line.fault
                yield self.reject(fault, line.raw, f"row {line.number}", table.feed)
            elif any(line.fields):
                last = torn(line) and len(line.fields) < len(table.head)
                yield table.message(line.number, line.fields, torn=last, raw=line.raw)
        if table is None:
            yield self._headless([line.fields for line in looked], b"".join(line.raw for line in looked))

    def workbook(self, source: BinaryIO) -> Iterator[Message | Rejected]:
        """The rows of all sheets that have the head; a workbook of which no sheet has it is rejected."""
        looked: list[list[str]] = []
        found = False
        try:
            for name, rows in read_sheets(source):
                if self.only and self.only.mapping.table.sheets and name not in self.only.mapping.table.sheets:
                    continue
                table: _Rows | None = None
                for number, row in enumerate(rows, 1):
                    if table is None:
                        table = self._begin(row, name)
                        looked.append(row)
                        if table is None and number >= self._within():
                            break
                    elif any(row):
                        yield table.message(number, row)
                found = found or table is not None
        except Fault as fault:
            yield self.reject(fault, b"", fault.where or "workbook")
            return
        if not found:
            yield self._headless(looked, b"")

    def _within(self) -> int:
        return self.only.mapping.table.header_within if self.only else 20

    def _begin(self, row: list[str], sheet: str = "") -> _Rows | None:
        if not any(row):
            return None
        plan = self.only if self.only and heads.fits(self.only, row) else None
        if self.only is None:
            plan = recognised(row)
        return _Rows(self, plan, heads.named(row), sheet) if plan else None

    def _headless(self, rows: list[list[str]], raw: bytes) -> Rejected:
        if not any(any(row) for row in rows):
            return self.reject(Fault("TABLES-019"), raw, "row 1")
        if self.only is None:
            fault = Fault("TABLES-002", name=self.file, known=", ".join(shipped()))
            return self.reject(fault, raw[:4096], "row 1")
        return self.reject(heads.no_head(self.only, rows, ""), raw[:4096], f"row 1-{len(rows)}")


class _Rows:
    """The rows under one head."""

    def __init__(self, cut: _Cut, plan: Plan, head: list[str], sheet: str) -> None:
        self.cut, self.head, self.sheet = cut, head, sheet
        self.feed = f"{FAMILY}/{plan.mapping.name}"
        places = {plan.head(name)[0]: name for name in reversed(head)}
        self._key = [places.get(plan.places[name], "") for name in plan.mapping.table.key]

    def message(self, number: int, fields: list[str], *, torn: bool = False, raw: bytes = b"") -> Message | Rejected:
        """One row as a message; one whose fields do not fit the head is rejected."""
        where = f"{self.sheet} row {number}" if self.sheet else f"row {number}"
        if len(fields) != len(self.head):
            if torn:
                return self.cut.reject(Fault("TABLES-012"), raw, where, self.feed)
            if any(fields[len(self.head) :]) or (len(fields) < len(self.head) and not self.sheet):
                fault = Fault("TABLES-011", found=len(fields), expected=len(self.head))
                return self.cut.reject(fault, raw or _ENCODER.encode(fields), where, self.feed)
        cells = {name: text for name, cell in zip(self.head, fields, strict=False) if (text := cell.strip())}
        key = "/".join([cells.get(name, "") for name in self._key])
        body = _ENCODER.encode(Sent(number, cells, self.sheet))
        cut = self.cut
        name = f"{cut.file}#{key}" if key.strip("/") else f"{cut.file}#row {number}"
        return Message(cut.sender, self.feed, name, body, cut.received, f"{cut.file}, {where}")


class _Conversion:
    """A plan with its checks: what a row means."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._checks = compile_checks(plan.mapping.checks, plan.places)
        state = plan.mapping.table.state
        self._state = plan.places[state.column] if state else 0
        self._corrected = state.corrected if state else frozenset()
        self._withdrawn = state.withdrawn if state else frozenset()

    def convert(self, message: Message, translator: Translator) -> Converted:
        try:
            sent = _DECODER.decode(message.body)
        except (msgspec.DecodeError, ValueError) as error:
            raise Fault("TABLES-039", message.place, reason=str(error)) from None
        context = Context(message.sender, translator)
        row, faults = self._read(sent.cells, context)
        if any(test(row) for test in self.plan.skip):
            return Converted([], context.notes)
        at = next((row[place] for place in self.plan.at if row[place] is not None), "")
        context.translator = translator.of(message.sender, _day(at))
        self._checks(row, faults)
        if faults:
            raise Faults(faults) if len(faults) > 1 else faults[0]
        tie = f"{message.key.partition('#')[0]}#{sent.row:09d}"
        stated = at if len(at) != 10 else f"{at}T00:00:00{ZONE}"
        return Converted(self._drafts(row, stated, tie), context.notes)

    def _read(self, cells: Mapping[str, str], context: Context) -> tuple[Row, list[Fault]]:
        plan = self.plan
        row: Row = [None] * plan.size
        row[0] = context
        faults: list[Fault] = []
        unknown: list[str] = []
        known, head = plan.heads.get, plan.head
        for name, text in cells.items():
            place, read = known(name) or head(name)
            if read is None:
                if place < 0:
                    unknown.append(name)
            elif text not in EMPTY and row[place] is None:
                try:
                    row[place] = read(text, context)
                except Fault as fault:
                    faults.append(fault)
        if unknown:
            context.add(Note("TABLES-030", "", {"columns": "、".join(unknown)}))
        for place, build in plan.defaults:
            if row[place] is None:
                row[place] = build(row)
        wrong = {fault.where for fault in faults}
        for place, name in plan.required:
            if row[place] is None and name not in wrong:
                faults.append(Fault("TABLES-025", name))
        return row, faults

    def _drafts(self, row: Row, at: str, tie: str) -> list[Draft]:
        state = row[self._state] if self._state else None
        withdrawn, corrected = state in self._withdrawn, state in self._corrected
        ranks = (Rank(0, at, tie), Rank(1, at, tie), Rank(2, at, tie))
        drafts: list[Draft] = []
        for one, gate, test, key, body in self.plan.resources:
            if gate and not corrected and row[gate] is None:
                continue
            holds = test(row)
            if not holds and (one.shared or not corrected):
                continue
            name = key(row)
            if name is not None:
                taken = not holds or (withdrawn and not one.shared)
                drafts.append(Draft(one.type, name, body(row) if holds else {}, ranks[one.authority], taken))
        return drafts


def _day(at: str) -> date | None:
    return date.fromisoformat(at[:10]) if at else None
