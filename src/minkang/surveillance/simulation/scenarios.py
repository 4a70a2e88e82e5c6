"""Scenarios of a detection benchmark, as data."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path

from minkang.errors import Fault


@dataclass(frozen=True)
class Scenario:
    """One kind of weekly series: log mean = theta + beta t + harmonics of the year, variance = phi times the mean.

    Attributes:
        scenario: its number.
        theta: log of the mean in week 0.
        trend: 1 if `beta` acts.
        beta: growth of the log mean in a week.
        m: how many harmonics of the year of 52 weeks.
        gamma1: weight of each cosine.
        gamma2: weight of each sine.
        phi: variance over mean, at least 1 (1 = Poisson).
    """

    scenario: int
    theta: float
    trend: int
    beta: float
    m: int
    gamma1: float
    gamma2: float
    phi: float


def standard_scenarios() -> list[Scenario]:
    """The 42 scenarios of Noufaily et al. 2013 (doi:10.1002/sim.5595): seven sets of parameters × trend × harmonics."""
    text = files("minkang.surveillance.simulation").joinpath("scenarios.csv").read_text("utf-8")
    return _scenarios(text.splitlines(), "scenarios.csv")


def read_scenarios(path: Path) -> list[Scenario]:
    """Scenarios of one's own, in a CSV with the columns of `Scenario`; raises SURVEILLANCE-101 naming the line."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Fault("CLI-010", where=str(path), reason=getattr(error, "strerror", None) or "UTF-8") from error
    return _scenarios(lines, path.name)


def _scenarios(lines: Sequence[str], place: str) -> list[Scenario]:
    made = []
    for number, row in enumerate(csv.DictReader(lines), start=2):
        try:
            values = {
                field.name: int(row[field.name]) if field.type == "int" else float(row[field.name])
                for field in fields(Scenario)
            }
            one = Scenario(**values)  # type: ignore[arg-type]  # each value was made of its field's type above
        except (KeyError, TypeError, ValueError) as error:
            raise Fault("SURVEILLANCE-101", where=f"{place}:{number}", reason=str(error)) from error
        _check(one, f"{place}:{number}")
        made.append(one)
    if not made:
        raise Fault("SURVEILLANCE-101", where=place, reason="0")
    return made


def _check(one: Scenario, place: str) -> None:
    numbers = (one.theta, one.beta, one.gamma1, one.gamma2, one.phi)
    if not all(map(math.isfinite, numbers)) or one.phi < 1 or one.trend not in (0, 1) or not 0 <= one.m <= 26:
        raise Fault("SURVEILLANCE-101", where=place, reason="phi ≥ 1, trend 0/1, 0 ≤ m ≤ 26")
