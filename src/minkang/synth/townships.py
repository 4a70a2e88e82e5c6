"""The figures of a truth for the county and for each township, by year."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from minkang.synth.arrays import Columns, Ints
from minkang.synth.figures import Figures, count
from minkang.synth.truth import Truth

WHOLE = ""
STAFF = ("doctors", "nurses")  # of the county alone: hospitals stand in one township and serve all


class Townships:
    """Counts of the whole county (under the empty name) and of each township (its nine digits).

    A person counts for the township of residence, wherever care was given.
    """

    def __init__(self, years: tuple[int, int]) -> None:
        self.years = years
        self.figures: dict[str, Figures] = {}

    def count(self, part: Truth) -> None:
        """Add one chunk."""
        self._of(WHOLE, part)
        for township, some in split(part):
            self._of(township, some)

    def _of(self, name: str, part: Truth) -> None:
        figures = self.figures.setdefault(name, Figures(self.years))
        count(part, figures)
        if name != WHOLE:
            for staff in STAFF:
                figures.counts.pop(staff, None)

    def add(self, other: Townships) -> None:
        """Add what was counted apart, of other chunks of the same county."""
        for name, more in other.figures.items():
            mine = self.figures.setdefault(name, Figures(self.years))
            for key, table in more.counts.items():
                mine.counts[key] = table if key in STAFF or key not in mine.counts else mine.counts[key] + table
            mine.deaths = mine.deaths + more.deaths
            mine.exposure = mine.exposure + more.exposure
            mine.chronic = mine.chronic + more.chronic


def measure_townships(truth: Truth | Iterable[Truth], years: tuple[int, int]) -> Townships:
    """Count a truth, whole or chunk by chunk."""
    out = Townships(years)
    for part in [truth] if isinstance(truth, Truth) else truth:
        out.count(part)
    return out


def split(part: Truth) -> Iterable[tuple[str, Truth]]:
    """Each township's people, and what happened to them, as a truth of its own."""
    persons = part.tables["persons"]
    code = np.array([place[:9] for place in part.county.places], dtype=object)[persons["place"]]
    names, township = np.unique(code.astype(str), return_inverse=True)
    base = int(persons["id"][0])
    for number, name in enumerate(names.tolist()):
        inside = township == number
        tables = {table: _some(columns, inside, base) for table, columns in part.tables.items()}
        tables["persons"] = {column: values[inside] for column, values in persons.items()}
        yield name, Truth(part.county, tables)


def _some(columns: Columns, inside: Ints, base: int) -> Columns:
    """The rows whose person is inside; tables without persons stay whole."""
    if "person" not in columns:
        return columns
    rows = inside[np.asarray(columns["person"]) - base]
    return {name: values[rows] for name, values in columns.items()}
