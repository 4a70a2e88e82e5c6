"""Words the program says, in Chinese and English, kept in `words.toml` beside the code that says them.

    [doctor.database]
    zh = "数据库"
    en = "database"
"""

from __future__ import annotations

import locale
import os
import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any

from minkang.errors import Language, package_files

__all__ = ["Language", "language_of_terminal", "say", "words"]


def say(key: str, language: Language = "zh", **params: object) -> str:
    """The wording of `key`; an unknown key is a fault of the program (`KeyError`)."""
    return words()[key][language].format(**params)


@cache
def words() -> Mapping[str, Mapping[Language, str]]:
    """All wordings by dotted key; read once, when the first is needed."""
    found: dict[str, Mapping[Language, str]] = {}
    for place in package_files("words.toml"):
        for key, line in _leaves(tomllib.loads(place.read_text("utf-8")), ""):
            if key in found:
                raise ValueError(f"{place}: {key} is worded twice")
            found[key] = {"zh": line["zh"], "en": line["en"]}
    return found


def _leaves(table: Mapping[str, Any], prefix: str) -> list[tuple[str, Mapping[str, str]]]:
    if isinstance(table.get("zh"), str):
        return [(prefix, table)]
    leaves: list[tuple[str, Mapping[str, str]]] = []
    for name, value in table.items():
        leaves += _leaves(value, f"{prefix}.{name}" if prefix else name)
    return leaves


def language_of_terminal() -> Language:
    """`MINKANG_LANGUAGE` where it is set; else Chinese in a Chinese locale and English elsewhere."""
    asked = os.environ.get("MINKANG_LANGUAGE", "")
    if asked in {"zh", "en"}:
        return "zh" if asked == "zh" else "en"
    return "zh" if (locale.getlocale()[0] or "").startswith("zh") else "en"
