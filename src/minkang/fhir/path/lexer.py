"""Text to tokens (FHIRPath 2.0 grammar, "Lexical rules")."""

from __future__ import annotations

import re
from typing import NamedTuple

from minkang.errors import Fault

LONGEST = 10_000

_RULES = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*|/\*.*?\*/)
  | (?P<temporal>@T?[0-9](?:[0-9A-Z:+\-]|\.(?=[0-9]))*)
  | (?P<number>[0-9]+(?:\.[0-9]+)?)
  | (?P<string>'(?:\\.|[^'\\])*')
  | (?P<quoted>`(?:\\.|[^`\\])*`)
  | (?P<variable>%(?:[A-Za-z_][A-Za-z0-9_]*|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`))
  | (?P<special>\$(?:this|index|total))
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<symbol><=|>=|!=|!~|[-+*/&|=~<>.,()\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)


class Word(NamedTuple):
    """One token: `kind` is the name of its rule, or "end"; `at` counts characters from 0."""

    kind: str
    text: str
    at: int


def split(text: str) -> list[Word]:
    """The tokens of an expression, the last of kind "end". Raises FHIRPATH-001 where no token begins."""
    if len(text) > LONGEST:
        raise Fault("FHIRPATH-008", where=text[:40] + "…", limit=LONGEST)
    words: list[Word] = []
    at = 0
    while at < len(text):
        found = _RULES.match(text, at)
        if found is None:
            raise Fault("FHIRPATH-001", where=text, character=text[at], position=at + 1)
        kind = found.lastgroup or ""
        if kind != "space":
            words.append(Word(kind, _plain(kind, found.group()), at))
        at = found.end()
    words.append(Word("end", "", len(text)))
    return words


def _plain(kind: str, text: str) -> str:
    """Quotes, escapes and marks taken off."""
    if kind == "variable":
        return _unquote(text[1:]) if text[1] in "'`" else text[1:]
    return _unquote(text) if kind in {"string", "quoted"} else text


def _unquote(text: str) -> str:
    return _ESCAPE.sub(_unescape, text[1:-1])


def _unescape(found: re.Match[str]) -> str:
    mark = found.group(1)
    if len(mark) == 5:
        return chr(int(mark[1:], 16))
    return _ESCAPES.get(mark, mark)
