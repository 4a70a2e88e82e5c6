"""The weights: what each level of each comparison says, as learned without labels, kept as a plain JSON file.

`m` is the share of a level among pairs of one person, `u` among pairs of two (Fellegi and Sunter 1969,
doi:10.1080/01621459.1969.10501049). Both scorers, SQL and Python, read this and nothing else.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from minkang.errors import Fault

FORM = 1


@dataclass(frozen=True)
class LevelWeight:
    """The two shares of a level; its weight is log2(m / u) bits."""

    m: float
    u: float

    @property
    def bits(self) -> float:
        """What the level adds to the score without regard to frequency."""
        return math.log2(self.m / self.u)


@dataclass(frozen=True)
class Frequencies:
    """How often each value of a column stands in the population.

    Attributes:
        shares: value to share of records that have the column, for values seen more than `floor` says.
        floor: the share every other value counts with; no rare value can outweigh it.
    """

    floor: float
    shares: Mapping[str, float] = field(default_factory=dict)

    def of(self, value: str) -> float:
        """The share a value counts with."""
        return max(self.floor, self.shares.get(value, 0.0))


@dataclass(frozen=True)
class Model:
    """All that a score needs beside the two records.

    Attributes:
        weights: comparison, level to its shares.
        frequencies: by column.
        pairs_a_record: how many pairs of one person a record is expected to have; with the number of records it
            gives the odds before anything is compared.
        records: the number of records the prior is reckoned for.
    """

    weights: Mapping[str, Mapping[str, LevelWeight]]
    frequencies: Mapping[str, Frequencies] = field(default_factory=dict)
    pairs_a_record: float = 1.0
    records: int = 1_000_000
    source: str = ""

    @property
    def prior(self) -> float:
        """Bits before anything is compared: log2 of the odds that two records at random are one person's."""
        chance = min(0.5, 2.0 * self.pairs_a_record / max(1, self.records - 1))
        return math.log2(chance / (1.0 - chance))

    def to_json(self) -> str:
        """The file's text."""
        told = {
            "form": FORM,
            "source": self.source,
            "pairs_a_record": self.pairs_a_record,
            "records": self.records,
            "weights": {
                name: {level: {"m": one.m, "u": one.u} for level, one in levels.items()}
                for name, levels in self.weights.items()
            },
            "frequencies": {
                name: {"floor": one.floor, "shares": dict(one.shares)} for name, one in self.frequencies.items()
            },
        }
        return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def read_model(what: str) -> Model:
    """A model by its name in `profiles/<name>.model.json`, or from a file.

    Raises:
        Fault: `PERSONS-004` where it cannot be read.
    """
    shipped = files("minkang.persons") / "profiles" / f"{what}.model.json"
    try:
        text = shipped.read_text("utf-8") if shipped.is_file() else Path(what).read_text("utf-8")
        return from_json(json.loads(text))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Fault("PERSONS-004", what, reason=str(error)) from error


def from_json(told: Mapping[str, Any]) -> Model:
    """A model from what its file holds."""
    return Model(
        weights={
            name: {level: LevelWeight(float(one["m"]), float(one["u"])) for level, one in levels.items()}
            for name, levels in told["weights"].items()
        },
        frequencies={
            name: Frequencies(float(one["floor"]), one["shares"]) for name, one in told["frequencies"].items()
        },
        pairs_a_record=float(told["pairs_a_record"]),
        records=int(told["records"]),
        source=told["source"],
    )
