"""Faults: every refusal the platform gives, with a stable code, a place, and words in both languages.

A package keeps its refusals in `errors.toml` beside its modules:

    [RECORDS-012]
    category = "conflict"
    zh = "…{type}/{id}…"
    en = "…{type}/{id}…"
    advice_zh = "…"
    advice_en = "…"

and raises them by code: `raise Fault('RECORDS-012', type='Patient', id='1')`. The category decides what every
door makes of the fault (HTTP status, FHIR issue type, exit code), so that no door keeps a table of codes.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True)
class Category:
    """What a kind of fault means at each door.

    Attributes:
        status: the HTTP status.
        issue: the code of FHIR's IssueType value set.
        exit_code: what a command exits with.
    """

    status: int
    issue: str
    exit_code: int


CATEGORIES: Mapping[str, Category] = {
    "malformed": Category(400, "structure", 10),
    "invalid": Category(422, "invalid", 11),
    "query": Category(400, "invalid", 10),
    "not-supported": Category(400, "not-supported", 12),
    "unauthenticated": Category(401, "login", 13),
    "forbidden": Category(403, "forbidden", 14),
    "not-found": Category(404, "not-found", 15),
    "method": Category(405, "not-supported", 12),
    "not-acceptable": Category(406, "not-supported", 12),
    "media-type": Category(415, "not-supported", 12),
    "conflict": Category(409, "conflict", 16),
    "gone": Category(410, "deleted", 15),
    "precondition": Category(412, "conflict", 16),
    "many-matches": Category(412, "multiple-matches", 16),
    "too-large": Category(413, "too-long", 17),
    "too-costly": Category(422, "too-costly", 17),
    "throttled": Category(429, "throttled", 18),
    "unavailable": Category(503, "transient", 19),
    "setup": Category(500, "exception", 20),
    "internal": Category(500, "exception", 21),
}


@dataclass(frozen=True)
class Entry:
    """One line of the catalogue: a code, its category and its words."""

    code: str
    category: Category
    words: Mapping[Language, str]
    advice: Mapping[Language, str]


class Fault(Exception):
    """A refusal that its reader can act on.

    Args:
        code: its code in a catalogue (`RECORDS-012`).
        where: the place, as the caller knows it: a FHIRPath, a parameter, a file and line. May be empty.
        params: the values its wording names. They are shown to the caller and never logged by this class.
    """

    def __init__(self, code: str, where: str = "", **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.where = where
        self.params = params

    @property
    def entry(self) -> Entry:
        """The catalogue line; a code without one is a fault of the program (`KeyError`)."""
        return catalogue()[self.code]

    @property
    def category(self) -> Category:
        """What the doors make of it."""
        return self.entry.category

    def text(self, language: Language = "zh") -> str:
        """What was wrong and where, in one sentence."""
        said = self.entry.words[language].format(**self.params)
        return f"{said} ({self.where})" if self.where else said

    def advice(self, language: Language = "zh") -> str:
        """What to do."""
        return self.entry.advice[language].format(**self.params)

    def __str__(self) -> str:
        return f"{self.code}: {self.text('en')} {self.advice('en')}"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.code, self.where, self.params)


class Faults(Fault):
    """Several faults found in one look, so that the caller can mend them all at once."""

    def __init__(self, faults: list[Fault]) -> None:
        first = faults[0]
        super().__init__(first.code, first.where, **first.params)
        self.faults = faults

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)

    def __reduce__(self) -> tuple[object, ...]:
        return Faults, (self.faults,)


def _rebuild(kind: type[Fault], code: str, where: str, params: dict[str, object]) -> Fault:
    return kind(code, where, **params)


@cache
def catalogue() -> Mapping[str, Entry]:
    """All faults of the installed program by code; read once, when the first is needed."""
    entries: dict[str, Entry] = {}
    for place in package_files("errors.toml"):
        for code, line in tomllib.loads(place.read_text("utf-8")).items():
            if code in entries:
                raise ValueError(f"{place}: {code} stands in two catalogues")
            entries[code] = Entry(
                code=code,
                category=CATEGORIES[line["category"]],
                words={"zh": line["zh"], "en": line["en"]},
                advice={"zh": line["advice_zh"], "en": line["advice_en"]},
            )
    return entries


def package_files(name: str) -> Iterator[Traversable]:
    """Every data file called `name` in the packages of the program, the outermost first."""
    yield from _below(files("minkang"), name)


def _below(folder: Traversable, name: str) -> Iterator[Traversable]:
    place = folder / name
    if place.is_file():
        yield place
    for child in sorted(folder.iterdir(), key=lambda item: item.name):
        if child.is_dir() and child.name not in {"__pycache__", "r4", "node_modules"}:
            yield from _below(child, name)


def placeholders(text: str) -> set[str]:
    """The names a wording expects (`{type}` gives `type`)."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
