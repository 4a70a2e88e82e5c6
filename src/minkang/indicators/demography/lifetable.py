"""The abridged life table with standard errors.

Sources: C. L. Chiang, The Life Table and its Applications (1984), chapters 5 and 8: nqx from nmx and the fraction of
the last interval lived, the variance of nqx given the deaths, the variance of ex. Infant and child separation factors
where none are given: Coale and Demeny's West model as given by Preston, Heuveline and Guillot (2001), table 3.3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from minkang.errors import Fault

RADIX = 100_000.0
NORMAL_95 = 1.959963984540054
HIGH_INFANT_MORTALITY = 0.107
Sex = Literal["male", "female", ""]

# Separation factors of the first year and of ages one to four: above the limit fixed, below it linear in 1m0.
_HIGH = {"male": (0.330, 1.352), "female": (0.350, 1.361)}
_FIRST = {"male": (0.045, 2.684), "female": (0.053, 2.800)}
_CHILD = {"male": (1.651, -2.816), "female": (1.522, -1.518)}


@dataclass(frozen=True)
class AgeGroup:
    """One age group as counted.

    Attributes:
        start: exact age at its beginning, years. The last group of a table is open.
        deaths: in the period; may be a fraction where deaths were shared out or adjusted.
        population: person-years (the mid-year population of one year, or the sum over years).
        lived: years lived in the interval by those who die in it (nax); None to take the standard ones.
    """

    start: float
    deaths: float
    population: float
    lived: float | None = None


@dataclass(frozen=True)
class LifeRow:
    """One row of a life table.

    Attributes:
        start: age; `width`: years, None for the open group.
        mx: deaths a person-year; `ax`: years lived in the interval by those who die in it.
        qx: probability of dying in the interval; `lx`: survivors of 100,000; `dx`: deaths of these; `person_years`:
            nLx; `total`: Tx.
        ex: expectation, years; `se_ex` its standard error; `low`, `high`: 95 % interval.
        se_qx: standard error of qx; 0 in the open group, where qx is 1 for certain.
    """

    start: float
    width: float | None
    mx: float
    ax: float
    qx: float
    lx: float
    dx: float
    person_years: float
    total: float
    ex: float
    se_qx: float
    se_ex: float

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval of `ex`, years."""
        return self.ex - NORMAL_95 * self.se_ex

    @property
    def high(self) -> float:
        """Upper end of the 95 % interval of `ex`, years."""
        return self.ex + NORMAL_95 * self.se_ex


def life_table(groups: Sequence[AgeGroup], sex: Sex = "") -> list[LifeRow]:
    """The table of one population.

    Args:
        groups: by age, without gaps, the last open.
        sex: chooses the standard separation factors; without one, the mean of both sexes' is taken.

    Raises:
        Fault: `INDICATORS-001` ages not rising from 0 or above, `INDICATORS-002` a negative or missing count,
            `INDICATORS-003` an age group without population, `INDICATORS-004` no deaths in the open group (its
            expectation is not defined), `INDICATORS-005` a separation factor outside its interval.
    """
    _check(groups)
    widths = [later.start - group.start for group, later in pairwise(groups)]
    infant = groups[0].deaths / groups[0].population
    rows: list[tuple[AgeGroup, float | None, float, float, float]] = []
    for group, width in zip(groups, [*widths, None], strict=True):
        rate = group.deaths / group.population
        lived = _lived(group, width, rate, infant, sex)
        rows.append((group, width, rate, lived, _dying(rate, width, lived)))
    return _sum_up(rows)


def _check(groups: Sequence[AgeGroup]) -> None:
    starts = [group.start for group in groups]
    if len(groups) < 2 or starts[0] < 0 or any(b <= a for a, b in pairwise(starts)):
        raise Fault("INDICATORS-001", ages=", ".join(f"{start:g}" for start in starts))
    for group in groups:
        counts = (group.deaths, group.population)
        if not all(math.isfinite(count) and count >= 0 for count in counts):
            raise Fault("INDICATORS-002", age=f"{group.start:g}")
        if group.population == 0:
            raise Fault("INDICATORS-003", age=f"{group.start:g}")
    if groups[-1].deaths == 0:
        raise Fault("INDICATORS-004", age=f"{groups[-1].start:g}")


def _lived(group: AgeGroup, width: float | None, rate: float, infant: float, sex: Sex) -> float:
    if width is None:
        return 1.0 / rate
    if group.lived is not None:
        if not 0 <= group.lived <= width:
            raise Fault("INDICATORS-005", age=f"{group.start:g}", value=f"{group.lived:g}")
        return group.lived
    place = {(0.0, 1.0): 0, (1.0, 4.0): 1}.get((group.start, width))
    if place is None:
        return width / 2
    sexes: tuple[str, ...] = (sex,) if sex else ("male", "female")
    return sum(_standard(one, place, infant) for one in sexes) / len(sexes)


def _standard(sex: str, place: int, infant: float) -> float:
    if infant >= HIGH_INFANT_MORTALITY:
        return _HIGH[sex][place]
    base, slope = (_FIRST, _CHILD)[place][sex]
    return base + slope * infant


def _dying(rate: float, width: float | None, lived: float) -> float:
    """The probability of dying in the interval; more deaths than the interval's years allow make it certain."""
    if width is None:
        return 1.0
    return min(1.0, width * rate / (1 + (width - lived) * rate))


def _sum_up(rows: Sequence[tuple[AgeGroup, float | None, float, float, float]]) -> list[LifeRow]:
    survivors = [RADIX]
    for *_, dying in rows[:-1]:
        survivors.append(survivors[-1] * (1 - dying))
    table: list[LifeRow] = []
    total, spread = 0.0, 0.0  # Tx and the sum of lx² (e(x+n) + n − nax)² var(nqx) from the oldest down.
    for (group, width, rate, lived, dying), alive in zip(reversed(rows), reversed(survivors), strict=True):
        dead = alive * dying
        years = dead * lived if width is None else width * (alive - dead) + lived * dead
        variance = 0.0 if width is None or group.deaths == 0 else dying**2 * (1 - dying) / group.deaths
        if width is not None:
            later = table[-1].ex
            spread += alive**2 * (later + width - lived) ** 2 * variance
        total += years
        expected, error = (total / alive, math.sqrt(spread) / alive) if alive else (0.0, 0.0)
        row = LifeRow(
            group.start, width, rate, lived, dying, alive, dead, years, total, expected, math.sqrt(variance), error
        )
        table.append(row)
    return table[::-1]
