"""Code systems as data: `systems.toml` names them, `systems/<name>.csv` lists their codes with source marks.

A list holds `code,zh,en,alias,mark`: aliases are joined by `|`; `mark` is `verified` (seen at a public source),
`memory` (to be verified before it is relied on) or `computed`, as in the norms (section 0).
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

MARKS = frozenset({"verified", "memory", "computed"})


@dataclass(frozen=True)
class Code:
    """One code: its names in both languages, other names it goes by, and how sure its source is."""

    code: str
    zh: str
    en: str
    alias: tuple[str, ...]
    mark: str


@dataclass(frozen=True)
class CodeSystem:
    """A code system.

    Attributes:
        name: in `systems.toml` (`nation`).
        uri: in FHIR.
        zh, en: its name.
        source: the standard it comes from.
        codes: those listed, by code; a system too large to be listed whole (ICD-10) also has a `pattern`.
        names: names and aliases, as sent by people, to code.
        pattern: what a code of it looks like where the list is not complete; None where the list is complete.
        width: digits a number is padded to (`1` means `01`), 0 where it is not.
    """

    name: str
    uri: str
    zh: str
    en: str
    source: str
    codes: Mapping[str, Code]
    names: Mapping[str, str]
    pattern: re.Pattern[str] | None
    width: int

    def find(self, code: str) -> str | None:
        """The code as this system writes it, or None where it has no such code."""
        if code in self.codes:
            return code
        if self.width and code.isascii() and code.isdigit() and (padded := code.zfill(self.width)) in self.codes:
            return padded
        upper = code.upper()
        if upper in self.codes or (self.pattern is not None and self.pattern.fullmatch(upper)):
            return upper
        return None

    def display(self, code: str) -> str:
        """The Chinese name of a code; empty where the list does not have it."""
        found = self.codes.get(code)
        return found.zh if found else ""


def folder() -> Traversable:
    """Where the data of this package lie."""
    return files("minkang.codes")


@cache
def code_systems() -> Mapping[str, CodeSystem]:
    """All code systems by name; read once."""
    heads = tomllib.loads((folder() / "systems.toml").read_text("utf-8"))
    return {name: _read(name, head) for name, head in heads.items()}


@cache
def system_uris() -> Mapping[str, CodeSystem]:
    """The same by URI."""
    return {one.uri: one for one in code_systems().values()}


def uri_of(name: str) -> str:
    """The URI of a system named in `systems.toml`; a URI stays as it is."""
    return name if ":" in name else code_systems()[name].uri


def _read(name: str, head: Mapping[str, str]) -> CodeSystem:
    place = folder() / "systems" / f"{name}.csv"
    listed = list(csv.DictReader(place.read_text("utf-8").splitlines())) if place.is_file() else []
    codes = {
        row["code"]: Code(row["code"], row["zh"], row["en"], tuple(filter(None, row["alias"].split("|"))), row["mark"])
        for row in listed
    }
    names: dict[str, str] = {}
    for one in codes.values():
        for said in (one.zh, one.en, *one.alias):
            if said:
                names.setdefault(plain(said), one.code)
    pattern = head.get("pattern")
    return CodeSystem(
        name=name,
        uri=head["uri"],
        zh=head["zh"],
        en=head["en"],
        source=head["source"],
        codes=codes,
        names=names,
        pattern=re.compile(pattern) if pattern else None,
        width=int(head.get("width", 0)),
    )


_WIDE = str.maketrans("（），：％", "(),:%")


def plain(name: str) -> str:
    """A name without what people write differently: case, spaces, full-width brackets."""
    return "".join(name.translate(_WIDE).split()).casefold()
