"""What a table shows: the protocol a source keeps, and the question it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol

from minkang.portal.web.components.figures import StateChip
from minkang.portal.web.components.forms import Choice

Kind = Literal["text", "number", "date", "time", "state"]
Filter = Literal["", "text", "choice", "range", "dates"]


@dataclass(frozen=True)
class Link:
    """Text that leads somewhere."""

    text: str
    address: str

    def __str__(self) -> str:
        return self.text


Value = str | int | float | bool | date | datetime | Link | StateChip | None
Row = Mapping[str, Value]
"""Values by the name of their column; a column without one is empty."""


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: in rows, in addresses (`sort=-name`, `f.name=`), and in exports of programs.
        title: in the language of the page.
        kind: how its values are written: `number` with thin groups, `time` in the platform's zone to the minute.
        sortable: whether the source can sort by it.
        filter: `text` (the source decides what matches), `choice` (one of `choices`), `range` (numbers) and `dates`,
            which are two filters, `name.from` and `name.to`, both ends included.
        shown: whether it is there before somebody chooses columns.
        unit: of its numbers.
    """

    name: str
    title: str
    kind: Kind = "text"
    sortable: bool = False
    filter: Filter = ""
    choices: Sequence[Choice] = ()
    shown: bool = True
    unit: str = ""


@dataclass(frozen=True)
class TableQuery:
    """What is asked of a source.

    Attributes:
        filters: by name of the column, or `name.from`/`name.to`; values as typed, none empty. A source refuses what it
            cannot read with a `Fault`, which the table shows above its rows.
        sort: name of a sortable column; empty for the source's own order.
        after: where to go on: an offset as text, or the cursor a source gave.
        size: the most rows to give.
    """

    filters: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    descending: bool = False
    after: str = ""
    size: int = 50

    @property
    def offset(self) -> int:
        """The place to go on from, for sources that page by offset."""
        return int(self.after) if self.after.isdecimal() else 0


@dataclass(frozen=True)
class Rows:
    """Rows, and for keyset sources the cursor of the next page (empty on the last)."""

    rows: Sequence[Row]
    next: str = ""


class TableSource(Protocol):
    """What a list is made of. One is made for each request, with the access of its reader.

    Attributes:
        name: of the table, unique on its page; in file names of exports and in saved views.
        columns: in the order they stand.
        paging: `offset` gives pages that can be jumped to; `keyset` is for lists too long to count through.
    """

    @property
    def name(self) -> str:
        """See above."""
        ...

    @property
    def columns(self) -> Sequence[Column]:
        """See above."""
        ...

    @property
    def paging(self) -> Literal["offset", "keyset"]:
        """See above."""
        ...

    def rows(self, query: TableQuery) -> Rows:
        """The rows of one page. Exports ask with a larger size, page after page."""
        ...

    def count(self, query: TableQuery) -> int | None:
        """How many rows the filters leave; None where counting costs too much."""
        ...
