"""What is to be made."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from minkang.synth.county import County, plan
from minkang.synth.feeds.faults import DEFAULT, Faults
from minkang.synth.region import read_region


@dataclass(frozen=True)
class Order:
    """A county and what is to be told of it.

    Attributes:
        region, people, years, seed: as for `generate`.
        faults: rates; `feeds`: names of feed modules; `fhir`: whether the truth is told as FHIR.
    """

    region: str
    people: int
    years: tuple[int, int] = (2019, 2025)
    seed: int = 1
    faults: Faults = field(default=DEFAULT)
    feeds: tuple[str, ...] = ()
    fhir: bool = True

    def plan(self) -> County:
        """The county before anyone lives in it.

        Raises:
            Fault: `SYNTH-002`, `SYNTH-003`.
        """
        return plan(read_region(self.region), self.people, self.years, self.seed)

    def about(self) -> dict[str, object]:
        """What a reader of the folder must know, for `about.json`."""
        return {
            "synthetic": True,
            "note": "Nobody in these files ever lived. 本数据全部为模拟生成,不对应任何真实个人。",
            "region": self.region,
            "people": self.people,
            "years": list(self.years),
            "seed": self.seed,
            "fhir": self.fhir,
            "feeds": list(self.feeds),
            "faults": self.faults.as_dict(),
        }


@dataclass(frozen=True)
class Workshop:
    """Where parts lie until they are joined, under one unfinished folder that is renamed when all is done."""

    folder: Path

    def part(self, number: int) -> Path:
        """The folder of a chunk's truth and FHIR."""
        return self.folder / "parts" / f"{number:04d}"

    @property
    def runs(self) -> Path:
        """The folder of the feeds' runs."""
        return self.folder / "runs"

    @property
    def result(self) -> Path:
        """What becomes the output."""
        return self.folder / "result"
