"""Search keys: what a resource can be found by, one small tuple a value, before any hashing or storage.

Keys carry the `branch` they come from: the number of one indexed expression such as `Observation.component.code`
(see `parameters.Branch`). `group` is 0, except below a repeating element within which a composite parameter pairs
values (`Observation.component`): there it counts that element's occurrences from 1, so that a code and a value can be
told to stand in the same component.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple


class Token(NamedTuple):
    """A code with its system; `text` is what `:text` looks in.

    `system` and `code` are "" where the resource has none; both are "" for a concept that is only a text.
    """

    branch: int
    system: str
    code: str
    group: int
    text: str


class Reference(NamedTuple):
    """A pointer: `Patient/123` (relative, without version), an absolute address, a canonical, or a urn."""

    branch: int
    target: str
    group: int


class Dates(NamedTuple):
    """A stretch of time [low, high) in UTC; open ends are `dates.BEGINNING` and `dates.END`."""

    branch: int
    low: datetime
    high: datetime
    group: int


class Number(NamedTuple):
    """A number or quantity. A plain value is the point low == high; a Range is closed, open ends are ±Infinity."""

    branch: int
    low: Decimal
    high: Decimal
    system: str
    code: str
    group: int


class Text(NamedTuple):
    """A string; `folded` is what searches without `:exact` compare (see `text.fold`)."""

    branch: int
    folded: str
    value: str
    group: int


class Uri(NamedTuple):
    """A uri, url, oid or canonical, as written (a canonical with a version also stands without it)."""

    branch: int
    value: str
    group: int


@dataclass(slots=True)
class Keys:
    """All keys of one resource (whose type is `type`), each kind without repeats and in document order."""

    type: str
    tokens: list[Token] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    dates: list[Dates] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    uris: list[Uri] = field(default_factory=list)

    def squeeze(self) -> Keys:
        """Repeats removed, in place; the first of each stays where it stood."""
        if len(self.tokens) > 1:
            self.tokens = list(dict.fromkeys(self.tokens))
        if len(self.references) > 1:
            self.references = list(dict.fromkeys(self.references))
        if len(self.dates) > 1:
            self.dates = list(dict.fromkeys(self.dates))
        if len(self.numbers) > 1:
            self.numbers = list(dict.fromkeys(self.numbers))
        if len(self.texts) > 1:
            self.texts = list(dict.fromkeys(self.texts))
        if len(self.uris) > 1:
            self.uris = list(dict.fromkeys(self.uris))
        return self
