"""Code maps as data: `maps.toml` names them, `maps/<name>.csv` holds their dated rows."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import NamedTuple

from minkang.codes.systems import CodeSystem, code_systems, folder, plain, uri_of

COLUMNS = ("sender", "from_system", "from_code", "to_system", "to_code", "to_display", "from_date", "to_date")


class Target(NamedTuple):
    """A coding that a map leads to."""

    system: str
    code: str
    display: str


@dataclass(frozen=True)
class MapRow:
    """One row of a map: valid from `begins` (inclusive) to `ends` (exclusive), None for open.

    `place` is file and line, for people.
    """

    sender: str
    from_system: str
    from_code: str
    to: Target
    begins: date | None
    ends: date | None
    place: str

    def holds(self, on: date | None) -> bool:
        """Whether it is in force on a day; without a day, whether its end is open."""
        if on is None:
            return self.ends is None
        return (self.begins is None or self.begins <= on) and (self.ends is None or on < self.ends)


@dataclass(frozen=True)
class CodeMap:
    """A map.

    Attributes:
        name: in `maps.toml`.
        zh, en: what it translates.
        national: the systems whose own codes and names are read without a row, the first one preferred.
        fhir: URI of the system that `Translator.code` gives a code of; empty for the first national one.
        by_name: names are trusted before codes, where senders are known to number the same names differently.
        rows: all of them.
    """

    name: str
    zh: str
    en: str
    national: tuple[CodeSystem, ...]
    fhir: str
    by_name: bool
    rows: tuple[MapRow, ...]
    _index: dict[tuple[str, str], list[MapRow]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for row in self.rows:
            self._index.setdefault((row.sender, plain(row.from_code)), []).append(row)

    def resolve(
        self, sender: str, system: str, code: str, text: str, on: date | None
    ) -> tuple[tuple[Target, ...], bool]:
        """National codings of what was sent, and whether it was read by its name and not by a code."""
        if self.by_name and text and (found := self._named(sender, text, on)):
            return found, False
        if code:
            if found := self._rows(sender, system, code, on):
                return found, False
            for one in self.national:
                if system in {"", one.uri} and (known := one.find(code)) is not None:
                    return (Target(one.uri, known, one.display(known) or text),), False
            if found := self._named(sender, code, on):
                return found, True
        if text and (found := self._named(sender, text, on)):
            return found, False
        return (), False

    def beyond(self, sender: str, national: Sequence[Target], on: date | None) -> tuple[Target, ...]:
        """What rows lead on to from national codings."""
        found: list[Target] = []
        for one in national:
            for row in self._index.get(("", plain(one.code)), ()):
                if row.from_system == one.system and row.holds(on) and row.to not in found:
                    found.append(row.to)
        return tuple(found)

    def required(self, codings: Iterable[tuple[tuple[str, str], ...]]) -> str | None:
        """The code that `Translator.code` gives: of the FHIR system where the map names one."""
        wanted = self.fhir or (self.national[0].uri if self.national else "")
        return next((one[1][1] for one in codings if one[0][1] == wanted), None)

    def same(self, code: str) -> str | None:
        """The code as the first national system that has it writes it."""
        return next((known for one in self.national if (known := one.find(code)) is not None), None)

    def _rows(self, sender: str, system: str, code: str, on: date | None) -> tuple[Target, ...]:
        uris = {one.uri for one in self.national}
        for whose in (sender, "") if sender else ("",):
            rows = [
                row
                for row in self._index.get((whose, plain(code)), ())
                if row.holds(on) and (row.from_system == system or (not system and row.from_system not in uris)
                                      or not row.from_system)
            ]  # fmt: skip
            if rows:
                return tuple(row.to for row in rows)
        return ()

    def _named(self, sender: str, text: str, on: date | None) -> tuple[Target, ...]:
        if found := self._rows(sender, "", text, on):
            return found
        said = plain(text)
        for one in self.national:
            if (code := one.names.get(said)) is not None:
                return (Target(one.uri, code, one.display(code)),)
        return ()


@cache
def code_maps() -> Mapping[str, CodeMap]:
    """All shipped maps by name; read once."""
    heads = tomllib.loads((folder() / "maps.toml").read_text("utf-8"))
    return {name: _read(name, head) for name, head in heads.items()}


def _read(name: str, head: Mapping[str, object]) -> CodeMap:
    place = folder() / "maps" / f"{name}.csv"
    text = place.read_text("utf-8") if place.is_file() else ""
    systems = code_systems()
    wanted = head.get("national", [])
    assert isinstance(wanted, list)
    return CodeMap(
        name=name,
        zh=str(head["zh"]),
        en=str(head["en"]),
        national=tuple(systems[one] for one in wanted),
        fhir=uri_of(str(head["fhir"])) if "fhir" in head else "",
        by_name=bool(head.get("by_name", False)),
        rows=tuple(read_rows(text, f"{name}.csv")),
    )


def read_rows(text: str, place: str) -> list[MapRow]:
    """The rows of a map file.

    Args:
        text: CSV with the eight columns of `COLUMNS`; dates as `2025-01-01`, systems by name or URI. Further
            columns (`mark`) are for people.
    """
    rows = []
    for line, row in enumerate(csv.DictReader(text.splitlines()), 2):
        system = uri_of(row["to_system"])
        display = row["to_display"] or _display(system, row["to_code"])
        rows.append(
            MapRow(
                sender=row["sender"],
                from_system=uri_of(row["from_system"]) if row["from_system"] else "",
                from_code=row["from_code"],
                to=Target(system, row["to_code"], display),
                begins=date.fromisoformat(row["from_date"]) if row["from_date"] else None,
                ends=date.fromisoformat(row["to_date"]) if row["to_date"] else None,
                place=f"{place}:{line}",
            )
        )
    return rows


def _display(uri: str, code: str) -> str:
    return next((one.display(code) for one in code_systems().values() if one.uri == uri), "")
