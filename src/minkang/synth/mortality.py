"""A mortality that gives the region's published life expectancy and premature mortality at once.

Below 15 the published infant and under-five rates hold; from 15 on a Gompertz hazard `a * exp(b * x)` has two free
numbers, which are solved for the two published figures. Chiang's abridged method with the same age groups gives
the truth's own figures afterwards (norms, section 5.1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minkang.synth.arrays import Bools, Floats
from minkang.synth.catalogue import number, numbers
from minkang.synth.region import Region

MEN, WOMEN = 1.28, 0.76
CHILD_RATE = 0.00022  # a year, ages 5 to 14


@dataclass(frozen=True)
class Mortality:
    """Hazards by age and sex; `a` and `b` are Gompertz's, per year."""

    infant: float
    toddler: float
    a: float
    b: float

    def within_a_year(self, age: Floats, male: Bools) -> Floats:
        """The probability of dying within the year that begins at `age` (years); ages below 1 give the infant's."""
        grown = self.a * np.exp(self.b * (np.minimum(age, 105) + 0.5)) * np.where(male, MEN, WOMEN)
        hazard = np.where(age < 1, 0.0, np.where(age < 5, self.toddler, np.where(age < 15, CHILD_RATE, grown)))
        return np.asarray(np.where(age < 1, self.infant, 1 - np.exp(-hazard)), dtype=np.float64)

    def life_expectancy(self) -> float:
        """At birth, years, both sexes in equal parts."""
        ages = np.arange(0, 111, dtype=np.float64)
        years = []
        for male in (True, False):
            alive = np.concatenate([[1.0], np.cumprod(1 - self.within_a_year(ages, np.full(len(ages), male)))])
            years.append(float(((alive[:-1] + alive[1:]) / 2).sum()))
        return sum(years) / 2


def fit(region: Region) -> Mortality:
    """Solve the region's published figures; `b` by bisection, `a` from the premature mortality given `b`."""
    facts = region.facts["mortality"]
    target, premature = float(facts["life_expectancy"]), float(facts["premature"]) / 100
    infant, under_five = float(facts["infant"]), float(facts["under_five"])
    toddler = -np.log((1 - under_five) / (1 - infant)) / 4
    integral = -np.log(1 - premature) / premature_share()

    def at(b: float) -> Mortality:
        mean_sex = (MEN + WOMEN) / 2
        a = integral / mean_sex * b / (np.exp(70 * b) - np.exp(30 * b))
        return Mortality(infant=infant, toddler=float(toddler), a=float(a), b=b)

    low, high = 0.02, 0.14
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if at(middle).life_expectancy() > target else (low, middle)
    return at((low + high) / 2)


def premature_share() -> float:
    """The share of deaths between 30 and 70 that the four chronic diseases cause, as the vocabulary has it."""
    weights, chronic = numbers("causes", "a2", "a3"), number("causes", "ncd") > 0
    share = weights[chronic].sum(axis=0) / weights.sum(axis=0)
    return float(0.15 * share[0] + 0.85 * share[1])
