"""A chart: data as JSON for the script, and as a table one key away (T), which stands alone without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal


@dataclass(frozen=True)
class Series:
    """One line or row of bars; None leaves a gap. `own` is drawn in the accent colour, others in quiet ones.

    Attributes:
        kind: `ahead` is a forecast: lighter, after the tick "today".
    """

    name: str
    values: Sequence[float | None]
    kind: Literal["line", "bar", "ahead"] = "line"
    own: bool = True


@dataclass(frozen=True)
class Band:
    """An interval around a series: low and high by place; None where there is none."""

    name: str
    low: Sequence[float | None]
    high: Sequence[float | None]


@dataclass(frozen=True)
class Chart:
    """Values over places on one axis (years, weeks, townships).

    Attributes:
        id: unique on the page.
        title: what it shows.
        places: the axis, as text.
        series: up to four are labelled at their ends.
        band: the interval.
        target, target_name: a dashed line with its value.
        today: the place after which all is forecast.
        unit: of all values.
        lying: bars that lie, for long names.
    """

    template: ClassVar[str] = "components/chart.html"
    id: str
    title: str
    places: Sequence[str]
    series: Sequence[Series]
    band: Band | None = None
    target: float | None = None
    target_name: str = ""
    today: str = ""
    unit: str = ""
    lying: bool = False
    tall: bool = False
    note: str = ""

    @property
    def data(self) -> dict[str, Any]:
        """What the script draws from."""
        return {key: value for key, value in asdict(self).items() if key not in ("note", "tall")}

    @property
    def heads(self) -> list[str]:
        """The columns of its table."""
        edges = [f"{self.band.name} ▽", f"{self.band.name} △"] if self.band else []
        return [*(one.name for one in self.series), *edges]

    @property
    def table(self) -> list[tuple[str, list[float | None]]]:
        """Its values, place by place."""
        columns = [list(one.values) for one in self.series]
        columns += [list(self.band.low), list(self.band.high)] if self.band else []
        return [(place, [column[row] for column in columns]) for row, place in enumerate(self.places)]
