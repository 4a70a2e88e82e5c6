"""Reading TOML tables strictly: every wrong or unknown key is told, with the line it stands in and advice."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping as Dict
from typing import Any

from minkang.errors import Fault

Path = tuple[str, ...]
_HEAD = re.compile(r"\s*(\[\[?)(.+?)\]\]?\s*(#.*)?$")
_KEY = re.compile(r"\s*((?:\"[^\"]*\"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:\"[^\"]*\"|'[^']*'|[\w-]+))*)\s*=")
_PART = re.compile(r"\"([^\"]*)\"|'([^']*)'|([\w-]+)")


class Lines:
    """The lines of a TOML text in which tables and keys stand (as its writer sees them, inline tables as one line)."""

    def __init__(self, text: str, place: str) -> None:
        self.place = place
        self._at: dict[Path, int] = {}
        here: Path = ()
        counts: dict[Path, int] = {}
        for number, line in enumerate(text.splitlines(), 1):
            if head := _HEAD.match(line):
                here = _parts(head[2])
                if head[1] == "[[":
                    counts[here] = counts.get(here, -1) + 1
                    here = (*here, str(counts[here]))
                else:  # A table within the last one of an array of tables.
                    for upper in range(len(here) - 1, 0, -1):
                        if here[:upper] in counts:
                            here = (*here[:upper], str(counts[here[:upper]]), *here[upper:])
                            break
                self._at.setdefault(here, number)
            elif key := _KEY.match(line):
                self._at.setdefault((*here, *_parts(key[1])), number)

    def of(self, path: Path) -> str:
        """`file:line` of the nearest thing written down, going outward."""
        for length in range(len(path), 0, -1):
            if (line := self._at.get(path[:length])) is not None:
                return f"{self.place}:{line}"
        return self.place


def _parts(text: str) -> Path:
    return tuple(one or two or three for one, two, three in _PART.findall(text))


class Problems:
    """What was found wrong so far."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.faults: list[Fault] = []

    def add(self, path: Path, problem: str) -> None:
        """One more; `problem` is a sentence in Chinese and English, shown in both."""
        self.faults.append(Fault("TABLES-001", self.lines.of(path), problem=problem))


class Fields:
    """One table of the file; `done` complains about what was never asked for."""

    def __init__(self, table: object, path: Path, problems: Problems) -> None:
        self.path, self.problems = path, problems
        self.table: Dict[str, Any] = table if isinstance(table, dict) else {}
        if not isinstance(table, dict):
            self.bad("", "应为一个表 / a table is expected here")
        self._asked: set[str] = set()

    def bad(self, name: str, problem: str) -> None:
        """Say that a key is wrong."""
        shown = ".".join((*self.path, name)) if name else ".".join(self.path)
        self.problems.add((*self.path, name) if name else self.path, f"{shown} {problem}")

    def any(self, name: str) -> Any:
        """A value of any kind; None where it is absent."""
        self._asked.add(name)
        return self.table.get(name)

    def text(self, name: str, default: str | None = "") -> str:
        """A text; without a default it must be there."""
        found = self.any(name)
        if found is None:
            if default is None:
                self.bad(name, "缺少 / is missing")
            return default or ""
        if not isinstance(found, str):
            self.bad(name, "应为文本 / must be a text")
            return ""
        return found

    def texts(self, name: str, *, needed: bool = False) -> tuple[str, ...]:
        """A list of texts; one text counts as a list of one."""
        found = self.any(name)
        if found is None:
            if needed:
                self.bad(name, "缺少 / is missing")
            return ()
        listed = [found] if isinstance(found, str) else found
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            self.bad(name, "应为文本或文本列表 / must be a text or a list of texts")
            return ()
        return tuple(listed)

    def flag(self, name: str) -> bool:
        """True or false; false where it is absent."""
        found = self.any(name)
        if found not in {None, True, False} or not isinstance(found, bool | None):
            self.bad(name, "应为 true 或 false / must be true or false")
        return found is True

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number within bounds."""
        found = self.any(name)
        if found is None:
            return default
        if not isinstance(found, int) or isinstance(found, bool) or not low <= found <= high:
            self.bad(name, f"应为 {low} 到 {high} 的整数 / must be a whole number from {low} to {high}")
            return default
        return found

    def pair(self, name: str) -> tuple[Any, Any] | None:
        """Two numbers or two texts, the lower first."""
        found = self.any(name)
        if found is None:
            return None
        same = isinstance(found, list) and len(found) == 2 and len({isinstance(one, str) for one in found}) == 1
        if not same or not all(isinstance(one, int | float | str) for one in found) or found[0] > found[1]:
            self.bad(name, "应为 [下限, 上限] / must be [low, high]")
            return None
        return found[0], found[1]

    def choice(self, name: str, known: tuple[str, ...], default: str) -> str:
        """One of some words."""
        found = self.text(name, default)
        if found not in known:
            self.bad(name, f"应为其中之一 / must be one of: {', '.join(word for word in known if word)}")
            return default
        return found

    def inner(self, name: str) -> Fields | None:
        """A table within; None where it is absent."""
        found = self.any(name)
        return None if found is None else Fields(found, (*self.path, name), self.problems)

    def each(self, name: str) -> list[Fields]:
        """The tables of an array of tables."""
        found = self.any(name)
        if found is None:
            return []
        if not isinstance(found, list):
            self.bad(name, "应写成 [[…]] / must be an array of tables")
            return []
        return [Fields(one, (*self.path, name, str(number)), self.problems) for number, one in enumerate(found)]

    def done(self) -> None:
        """Refuse every key that nobody asked for."""
        for name in self.table:
            if name not in self._asked:
                near = difflib.get_close_matches(name, self._asked, 1)
                hint = f",是否为 / did you mean {near[0]}?" if near else ""
                self.bad(name, f"不认识 / is not known{hint}")
