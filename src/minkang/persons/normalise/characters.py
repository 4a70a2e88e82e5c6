"""Characters before anything else: full width to half, traditional to simplified, look-alikes, readings."""

from __future__ import annotations

import re
import unicodedata
import warnings
from functools import cache, lru_cache
from importlib.resources import files

import zhconv  # type: ignore[import-untyped]
from pypinyin import Style, lazy_pinyin

_SPACE = re.compile(r"\s+")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003134f]")
_MANY = 200_000


def plain(text: str | None) -> str:
    """NFKC (full width to half), control characters and spaces at the ends taken away; "" for nothing."""
    if not text:
        return ""
    if text.isascii() and text.isprintable():
        return text.strip() if "  " not in text else _SPACE.sub(" ", text).strip()
    kept = unicodedata.normalize("NFKC", text)
    if not kept.isprintable():
        kept = "".join(one if one.isprintable() else " " if one.isspace() else "" for one in kept)
    return _SPACE.sub(" ", kept).strip()


def has_han(text: str) -> bool:
    """Whether a Chinese character stands in the text."""
    return _HAN.search(text) is not None


@lru_cache(maxsize=_MANY)
def simplified(text: str) -> str:
    """Traditional characters as simplified ones (zhconv, mainland)."""
    if not has_han(text):
        return text
    _load_dictionary()
    return str(zhconv.convert(text, "zh-cn"))


@cache
def _load_dictionary() -> None:
    """Once; zhconv leaves its file to the garbage collector, which would warn where warnings are errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        zhconv.loaddict()


@lru_cache(maxsize=_MANY)
def reading(text: str) -> str:
    """Pinyin without tones, one syllable a character, joined by spaces; Latin text as itself in lower case.

    A character with several readings takes the one of its word, and every character that is not Chinese stays; the
    reading of a surname is `surname_reading`.
    """
    return " ".join(part.strip().lower() for part in lazy_pinyin(text, style=Style.NORMAL) if part.strip())


@cache
def _shapes() -> dict[int, str]:
    """Every character of a line of `data/shapes.txt` to the first of its line."""
    found: dict[int, str] = {}
    text = (files("minkang.persons") / "data" / "shapes.txt").read_text("utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            for one in line[1:]:
                found.setdefault(ord(one), line[0])
    return found


def shape(text: str) -> str:
    """The text with every character that is easily taken for another one as the first of its group."""
    return text.translate(_shapes())
