"""From what senders write to what the platform reads: local code → national code → FHIR code, by dated maps.

A map is named in `maps.toml` and may have rows in `maps/<name>.csv`
(`sender,from_system,from_code,to_system,to_code,to_display,from_date,to_date`). What a sender wrote is always kept as
a coding of its own; a code without a map is kept, counted and listed, never dropped.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from minkang.codes.maps import CodeMap, code_maps
from minkang.codes.units import Measured, measure

LOCAL = "urn:minkang:local:"
CACHED = 1 << 16

Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Coded:
    """What became of one code: its codings, its text, the FHIR code where the map asks for one, and whether a map
    was found."""

    codings: tuple[tuple[tuple[str, str], ...], ...]
    text: str
    fhir: str | None
    mapped: bool

    def concept(self) -> dict[str, Any]:
        """A CodeableConcept of the caller's own."""
        found: dict[str, Any] = {}
        if self.codings:
            found["coding"] = [dict(one) for one in self.codings]
        if self.text:
            found["text"] = self.text
        return found


class Translator:
    """Translates the codes of one sender as its maps stand on one day, and counts what has no map.

    Args:
        maps: by name; all shipped maps where none are given.
        on: the day of the statement; None reads every row whose end is open.
        sender: whose own rows go before those of everybody.
    """

    def __init__(self, maps: Mapping[str, CodeMap] | None = None, on: date | None = None, sender: str = "") -> None:
        self.maps = code_maps() if maps is None else maps
        self.on = on
        self.sender = sender
        self.unmapped: Counter[tuple[str, str, str]] = Counter()
        """How often (map, code, text) came without a map; shared by all translators made from this one."""
        self._days = _changes(self.maps)
        self._found: dict[Key, Coded] = {}
        self._others: dict[tuple[str, date | None], Translator] = {(sender, on): self}

    def of(self, sender: str, on: date | None = None) -> Translator:
        """The same maps for another sender or day; what has no map is counted together."""
        if on is not None:  # Days between the same two changes of the maps share what was found for one of them.
            on = self._days[bisect(self._days, on) - 1]
        known = self._others.get((sender, on))
        if known is None:
            if len(self._others) > 4096:  # A stream of many senders must not grow without end.
                self._others.clear()
            known = Translator(self.maps, on, sender)
            known.unmapped, known._others = self.unmapped, self._others
            self._others[sender, on] = known
        return known

    def find(self, map: str, code: str, text: str = "", system: str = "") -> Coded:
        """What a code means; counted where it has no map. A map that does not exist is a `KeyError`."""
        key = (map, code, text, system)
        found = self._found.get(key)
        if found is None:
            found = self._look(self.maps[map], code.strip(), text.strip(), system)
            if len(self._found) > CACHED:  # Free text in a code column must not fill the memory.
                self._found.clear()
            self._found[key] = found
        if not found.mapped:
            self.unmapped[map, code, text] += 1
        return found

    def concept(self, map: str, code: str, text: str = "", *, system: str = "") -> dict[str, Any]:
        """A CodeableConcept (JSON): the sender's coding, then national and FHIR codings where there is a map.

        Args:
            map: a name in `maps.toml`; an unknown one is a `KeyError`, since it is a fault of the program.
            code: as sent; may be a name (`汉族`), which is read as one. May be empty where there is a `text`.
            text: as sent beside the code.
            system: URI of the sender's code system; one of the sender's own is named where it is empty.
        """
        return self.find(map, code, text, system).concept()

    def code(self, map: str, code: str, text: str = "") -> str | None:
        """The one code for an element that takes a required FHIR code (gender, class); None where there is no map."""
        return self.find(map, code, text).fhir

    def measure(self, value: float, unit: str, analyte: str = "") -> Measured:
        """A value with its unit in UCUM, converted to the unit of the analyte where a conversion is known."""
        found = measure(value, unit, analyte)
        if not found.known:
            self.unmapped["unit", unit, ""] += 1
        return found

    def drain(self) -> list[tuple[str, str, str, int]]:
        """What had no map since the last call, as (map, code, text, count), and forget it."""
        listed = [(*key, count) for key, count in self.unmapped.items()]
        self.unmapped.clear()
        return listed

    def _look(self, map: CodeMap, code: str, text: str, system: str) -> Coded:
        if not code and not text:
            return Coded((), "", None, True)
        local = system or f"{LOCAL}{self.sender + ':' if self.sender else ''}{map.name}"
        national, named = map.resolve(self.sender, system, code, text, self.on)
        codings: list[tuple[tuple[str, str], ...]] = []
        same = any(one.code == code or one.code == map.same(code) for one in national)
        if code and not named and not (same and system in {"", *(one.system for one in national)}):
            codings.append(_coding(local, code, text))
        for one in (*national, *map.beyond(self.sender, national, self.on)):
            found = _coding(one.system, one.code, one.display)
            if found not in codings:
                codings.append(found)
        display = next((one.display for one in national if one.display), "")
        said = text or (code if named else display)
        return Coded(tuple(codings), said, map.required(codings), bool(national))


def _changes(maps: Mapping[str, CodeMap]) -> list[date]:
    """The first day of all, and every day on which some row begins or ends."""
    days = {day for one in maps.values() for row in one.rows for day in (row.begins, row.ends) if day}
    return [date.min, *sorted(days)]


def _coding(system: str, code: str, display: str) -> tuple[tuple[str, str], ...]:
    found = (("system", system), ("code", code))
    return (*found, ("display", display)) if display else found
