"""What a feed says: one `Telling` a message, and how the messages of a feed are packed into files (`Feed`)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

TruthRow = tuple[str, int]


class Telling(NamedTuple):
    """One message as its sender makes it, before arrival faults (duplicate, late, out of order) befall it.

    Attributes:
        sender: slug of the sender, `seen.slug(number)`: `wenshang-0001` or `wenshang-vaccination`.
        feed: name of one of the module's `FEEDS`.
        key: the message's own identity at the sender, another one for each message, also for a correction: MSH-10,
            document number; in tables the row's business key (a corrected row bears the same).
        at: when the sender makes the statement, minutes since 1970-01-01 local time. The message must say it
            (MSH-7, effectiveTime, a column): receivers rank contradicting messages by it.
        truth: rows of the truth that the message carries, (table, id) each.
        body: bytes of the message; in tables the row, one text a column of the feed.
        state: "new", "corrected" or "withdrawn" (`Sending.state`).
        faults: what is wrong in it (`Sending.faults` and `Identity.faults`), written to `carried.parquet`.
    """

    sender: str
    feed: str
    key: str
    at: int
    truth: tuple[TruthRow, ...]
    body: bytes | tuple[str, ...]
    state: str = "new"
    faults: tuple[str, ...] = ()


class Pack(Enum):
    """How messages stand in a file; they come in the order of their arrival."""

    LINES = "lines"  # one body a line (JSON); bodies hold no line break
    MESSAGES = "messages"  # bodies one after another, each followed by a line feed (HL7: bodies end with \\r)
    ZIP = "zip"  # one entry a body, `<key><inner>`; a later entry of an earlier name gets `~2`, `~3` …
    CSV = "csv"  # a head of column names and one row a body, in the encoding of the feed (see `Feed.encoding`)
    XLSX = "xlsx"  # the same as a workbook of one sheet


@dataclass(frozen=True)
class Feed:
    r"""One stream that some senders send.

    Attributes:
        name: as receivers know it: "hl7v2", "cda", "fhir", "device", "csv/<mapping>"; also its folder.
        pack: see `Pack`. A CSV feed may come as XLSX from a share of senders, `excel`.
        every: "month", "quarter" or "year": what one file covers, by arrival.
        suffix: of the file name, which is `<period><suffix>`, for example `2021-03.hl7`.
        columns: names of the columns (tables only).
        encoding: of CSV: usually this one; at the rate `encoding` a file comes in the other of utf-8 and gb18030.
            (Excel's own CSV in UTF-8 begins with a byte order mark: utf-8 files here do so.)
        excel: share of senders that send XLSX in place of CSV.
        inner: suffix of entries of a ZIP.
        separator: between fields of CSV.
    """

    name: str
    pack: Pack
    every: str = "month"
    suffix: str = ""
    columns: tuple[str, ...] = ()
    encoding: str = "utf-8"
    excel: float = 0.0
    inner: str = ".xml"
    separator: str = ","
