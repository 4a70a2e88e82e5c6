"""The regions that the bar offers, and the one a reader has chosen."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache

from minkang.errors import Language
from minkang.synth.region import region_names, regions_folder

FIRST = "wenshang"
"""The region of an installation where nobody has chosen."""


@dataclass(frozen=True)
class RegionName:
    """What a region is called."""

    id: str
    zh: str
    en: str

    def text(self, language: Language) -> str:
        """Its name in a language."""
        return self.zh if language == "zh" else self.en


@cache
def offered() -> tuple[RegionName, ...]:
    """All regions; their names alone are read, once a process."""
    found = []
    for name in region_names():
        facts = tomllib.loads((regions_folder() / name / "region.toml").read_text("utf-8"))
        found.append(RegionName(name, str(facts["name"]), str(facts["name_en"])))
    return tuple(found)


def chosen(id: str) -> RegionName:
    """The region of that id, or the one that holds where nobody has chosen."""
    held = {one.id: one for one in offered()}
    return held.get(id) or held.get(FIRST) or offered()[0]
