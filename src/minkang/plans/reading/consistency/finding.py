"""What a careful reader would object to, with its places and its words in both languages."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from msgspec import Struct, to_builtins

# error: cannot stand as printed; warning: two statements that a person has to choose between; note: worth knowing.
Severity = Literal["error", "warning", "note"]


class Place(Struct, frozen=True):
    """Where in the document.

    Attributes:
        offset: in the normalised text.
        section: the path of headings there.
        quote: the words there, exactly.
    """

    offset: int
    section: str
    quote: str


class Finding(Struct, frozen=True):
    """One finding.

    Attributes:
        kind: a name of `words.toml`, e.g. `text_table_conflict`.
        severity: how much it matters.
        places: where it shows; at least one.
        zh, en: what is wrong, in a sentence.
        evidence: the figures behind it, by name.
    """

    kind: str
    severity: Severity
    places: tuple[Place, ...]
    zh: str
    en: str
    evidence: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        built: dict[str, Any] = to_builtins(self)
        return built


@cache
def _words() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("minkang.plans.reading.consistency").joinpath("words.toml").read_text("utf-8"))


def kinds() -> dict[str, dict[str, str]]:
    """Every kind of finding with its title (`title_zh`, `title_en`) and severity, for pages and documentation."""
    return _words()


def finding(kind: str, *places: Place, severity: Severity | None = None, **evidence: Any) -> Finding:
    """A finding in the words of its kind, filled with its evidence."""
    words = _words()[kind]
    grave: Any = severity or words["severity"]
    return Finding(kind, grave, places, words["zh"].format(**evidence), words["en"].format(**evidence), evidence)
