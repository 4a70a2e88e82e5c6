"""The shapes of a mapping file, checked strictly: unknown keys are refused, and all problems are told at once.

Reference: docs/reference/mappings.md.
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from typing import Any

KINDS = ("text", "code", "date", "datetime", "number", "integer", "id_card", "institution", "flag")
FORMS = ("concept", "code", "coding", "text", "date", "value", "quantity", "money", "flag")
MAX_REPEAT = 100


@dataclass(frozen=True)
class Column:
    """A column of the table.

    Attributes:
        name: as the mapping speaks of it; `alias`: other heads it comes under.
        kind: one of `KINDS`.
        required: a row without it is rejected.
        map: of a code column; `unit`, `analyte`: of a number.
        max: of a text, in characters.
        range: values outside are rejected; `plausible`: values outside are kept with a note.
        note: a value that cannot be read is left out with a note and does not reject the row.
        values: what a text may be; empty for anything.
        default: template that stands in for an empty cell.
    """

    name: str
    kind: str = "text"
    alias: tuple[str, ...] = ()
    required: bool = False
    map: str = ""
    unit: str = ""
    analyte: str = ""
    max: int = 0
    range: tuple[Any, Any] | None = None
    plausible: tuple[float, float] | None = None
    note: bool = False
    values: tuple[str, ...] = ()
    default: str = ""


@dataclass(frozen=True)
class When:
    """A condition of a row: a column is present, absent, or one of some values (`in`, `not_in`)."""

    column: str
    present: bool = True
    values: frozenset[str] | None = None


@dataclass(frozen=True)
class Value:
    """Where an element of a draft comes from; see `docs/reference/mappings.md`.

    Attributes:
        column: whose value it is, in the form `form` (empty for the column's own); `text`: the column of its words.
        fixed: a constant (any JSON).
        template: a text with `{columns}`; with `type` it is the key of the resource referred to.
        first: columns of which the first present one counts.
        when: all must hold.
    """

    column: str = ""
    form: str = ""
    text: str = ""
    map: str = ""
    fixed: Any = None
    template: str = ""
    type: str = ""
    first: tuple[str, ...] = ()
    when: tuple[When, ...] = ()


@dataclass(frozen=True)
class Resource:
    """One resource a row asserts.

    Attributes:
        type: of the resource; `key`: template of its business key.
        when: all must hold, else the row says nothing about it (a corrected row then withdraws it).
        set: FHIRPath-like paths (`name[0].text`) to values.
        authority: see `minkang.exchange.message.Rank`.
        shared: told by many rows (a Patient): withdrawing a row does not withdraw it.
    """

    type: str
    key: str
    set: Dict[str, Value]
    when: tuple[When, ...] = ()
    authority: int = 1
    shared: bool = False


@dataclass(frozen=True)
class Check:
    """A check across columns: `order` (columns in time order), `sum`, `id_card` (against born and sex), `needs`.

    Attributes:
        reject: whether a row that fails is rejected; else it gets a note.
    """

    kind: str
    columns: tuple[str, ...] = ()
    total: str = ""
    born: str = ""
    sex: str = ""
    reject: bool = False
    tolerance: float = 0.01


@dataclass(frozen=True)
class State:
    """The column that says whether a row is new, corrects an earlier one or withdraws it."""

    column: str
    corrected: frozenset[str]
    withdrawn: frozenset[str]


@dataclass(frozen=True)
class Table:
    """How rows are told apart and ranked.

    Attributes:
        key: columns that together name a row; `at`: columns of which the first present one is when it was stated.
        sheets: names of the sheets to read, all where empty.
        header_within: rows in which the head is looked for.
        ignored: columns that are known and not carried over.
        skip: rows for which one of these holds are no data (totals).
    """

    key: tuple[str, ...]
    at: tuple[str, ...]
    sheets: tuple[str, ...] = ()
    header_within: int = 20
    ignored: tuple[str, ...] = ()
    skip: tuple[When, ...] = ()
    state: State | None = None


@dataclass(frozen=True)
class Mapping:
    """A mapping file that passed its checks.

    Attributes:
        name: of its file without suffix; the feed is `csv/<name>`.
        zh, en: what the table is; `source`: where its columns come from.
    """

    name: str
    zh: str
    en: str
    source: str
    table: Table
    columns: Dict[str, Column]
    resources: tuple[Resource, ...]
    checks: tuple[Check, ...] = ()
    headers: Dict[str, str] = field(default_factory=dict)
    """Head as plain text to column name."""
