"""Text as searches compare it: without case, accents, width and surplus space (R4 search, "string")."""

from __future__ import annotations

import unicodedata

_ACCENTS = range(0x0300, 0x0370)


def fold(text: str) -> str:
    """`  Ａé B` gives `ae b`: compatibility forms unified, case folded, accents removed, whitespace squeezed."""
    if text.isascii():
        return " ".join(text.lower().split())
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", text) if ord(letter) not in _ACCENTS)
    return " ".join(unicodedata.normalize("NFKC", bare.casefold()).split())
