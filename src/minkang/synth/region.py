"""A region's folder as the generator needs it. The format is described in `regions/README.md`."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from minkang.errors import Fault
from minkang.synth.arrays import Floats


@dataclass(frozen=True)
class Institution:
    """One row of `institutions.csv`; `code` and `credit_code` pass their checks and belong to nobody."""

    id: str
    name: str
    kind: str
    category: str
    level: str
    division: str
    beds: int
    code: str
    credit_code: str
    synthetic: bool


@dataclass(frozen=True)
class Region:
    """A region: what is published of it, and the model that fills what is not.

    Attributes:
        divisions: code to name, all levels.
        places: codes of the places people live in: villages, or townships where the region has no villages.
        residents: township to weights of shape (2 sexes, men first; 19 age groups) by year.
        facts: the tables of `region.toml`.
    """

    id: str
    name: str
    code: str
    divisions: dict[str, str]
    places: tuple[str, ...]
    institutions: tuple[Institution, ...]
    residents: dict[tuple[int, str], Floats]
    facts: dict[str, Any]

    @property
    def births(self) -> dict[int, float]:
        """Live births per 1000 residents by year."""
        return {int(year): float(rate) for year, rate in self.facts["births"].items() if year.isdigit()}

    def township(self, place: str) -> str:
        """The nine digits of the township a place lies in."""
        return place[:9]


def regions_folder() -> Path:
    """Where the region folders are: inside the installed package, or at the root of the source tree.

    Raises:
        Fault: `SYNTH-001` when neither is there.
    """
    for place in (Path(str(files("minkang"))) / "regions", Path(__file__).parents[3] / "regions"):
        if any(place.glob("*/region.toml")):
            return place
    raise Fault("SYNTH-001")


def region_names() -> list[str]:
    """The regions that can be had."""
    return sorted(place.parent.name for place in regions_folder().glob("*/region.toml"))


def read_region(name: str) -> Region:
    """Read one region.

    Raises:
        Fault: `SYNTH-002` for a name without a folder.
    """
    folder = regions_folder() / name
    if name not in region_names():
        raise Fault("SYNTH-002", name, known=", ".join(region_names()))
    facts = tomllib.loads((folder / "region.toml").read_text("utf-8"))
    divisions = {row["code"]: row["name"] for row in _rows(folder / "divisions.csv")}
    deepest = max(map(len, divisions))
    institutions = tuple(
        Institution(
            **{key: value for key, value in row.items() if key not in {"beds", "synthetic"}},
            beds=int(row["beds"]),
            synthetic=row["synthetic"] == "true",
        )
        for row in _rows(folder / "institutions.csv")
    )
    return Region(
        id=facts["id"],
        name=facts["name"],
        code=facts["code"],
        divisions=divisions,
        places=tuple(code for code in divisions if len(code) == deepest),
        institutions=institutions,
        residents=_residents(folder / "population.csv"),
        facts=facts,
    )


def _rows(place: Path) -> list[dict[str, str]]:
    with place.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _residents(place: Path) -> dict[tuple[int, str], Floats]:
    found: dict[tuple[int, str], Floats] = {}
    for row in _rows(place):
        key = (int(row["year"]), row["township"])
        table = found.setdefault(key, np.zeros((2, 19)))
        table[int(row["sex"]) - 1] = [float(value) for value in list(row.values())[4:]]
    return found
