"""Notifiable diseases with season, trend and age, and outbreaks whose place, time and size are known."""

from __future__ import annotations

import numpy as np

from minkang.synth.arrays import Columns, Floats, Ints, day, minutes, pick
from minkang.synth.catalogue import numbers, rows, texts
from minkang.synth.chunk import Chunk

AGES = {"kindergarten": (2.5, 7.0), "school": (6.0, 15.0)}
DISTANCED = {2020, 2021, 2022}
TUBERCULOSIS = "2600"
DELAY_DAYS = {"2600": 26.0, "0302": 40.0, "0303": 40.0, "0805": 30.0, "0602": 60.0, "1800": 12.0}


def report(chunk: Chunk) -> None:
    """Background cases of every disease and year, then the outbreaks whose place lies in this chunk."""
    rng = chunk.rng("notifiable")
    first, last = chunk.county.years
    for year in range(first, last + 1):
        present = chunk.here(day(year, 7, 1))
        group = np.searchsorted((5, 15, 65), chunk.age(day(year, 7, 1)), side="right")
        for disease in range(len(rows("diseases"))):
            weight = numbers("diseases", "a0", "a1", "a2", "a3")[disease][group] * present
            _background(chunk, rng, (disease, year), weight)
    _outbreaks(chunk)


def _background(chunk: Chunk, rng: np.random.Generator, what: tuple[int, int], weight: Floats) -> None:
    """Poisson cases at the rate of the vocabulary; who by age and sex, when by a season of one or two peaks."""
    disease, year = what
    row = rows("diseases")[disease]
    rate = float(row["per_100k"]) * (1 + float(row["trend"])) ** (year - 2020) / 1e5
    if year in DISTANCED and row["code"] != TUBERCULOSIS:
        rate *= float(row["distancing"])
    residents = int(chunk.here(day(year, 7, 1)).sum())
    cases = int(rng.poisson(rate * residents))
    weight = weight * np.where(chunk.people["male"], float(row["men"]), 1.0)
    if not cases or weight.sum() <= 0:
        return
    who = pick(rng, weight, cases)
    season = _season(float(row["peak"]), float(row["second"]), float(row["amplitude"]))
    onset = day(year) + pick(rng, season, cases)
    alive = chunk.here(onset, who)
    _file(chunk, rng, who[alive], onset[alive], (disease, -1))


def _season(peak: float, second: float, amplitude: float) -> Floats:
    """Weights of the 365 days of a year; the second peak is half as high where it is another month."""
    days = np.arange(365)
    first = np.exp(3.0 * amplitude * np.cos(2 * np.pi * (days / 365 - (peak - 0.5) / 12)))
    again = np.exp(3.0 * amplitude * np.cos(2 * np.pi * (days / 365 - (second - 0.5) / 12)))
    return np.asarray(first / first.mean() + (0.5 if second != peak else 0.0) * again / again.mean(), dtype=np.float64)


def _outbreaks(chunk: Chunk) -> None:
    """Cases among the children of a place (and, where they are too few, of its township), onset within four weeks."""
    rng = chunk.rng("outbreaks")
    planned = chunk.county.outbreaks
    mine = np.flatnonzero((planned["place"] >= chunk.first_place) & (planned["place"] < chunk.last_place))
    for number in mine:
        one: Columns = {name: column[number : number + 1] for name, column in planned.items()}
        first = int(one["first"][0])
        who = _exposed(chunk, rng, one)
        size = min(int(one["planned"][0]), int(0.6 * len(who)))
        onset = first + np.minimum(rng.gamma(2.2, 3.0, size), 28).astype(np.int64)
        if size:
            onset[0] = first
            _file(chunk, rng, who[:size], onset, (int(one["disease"][0]), int(one["id"][0])))
        chunk.add(
            "outbreaks",
            disease=one["disease"],
            place=one["place"],
            setting=one["setting"],
            first=one["first"],
            last=int(onset.max()) if size else first,
            planned=one["planned"],
            cases=size,
        )


def _exposed(chunk: Chunk, rng: np.random.Generator, one: Columns) -> Ints:
    """Children of the setting's age, those of the place itself first, each group in random order."""
    low, high = AGES[str(one["setting"][0])]
    first, place = int(one["first"][0]), int(one["place"][0])
    age = chunk.age(first)
    able = (age >= low) & (age < high) & chunk.here(first) & chunk.here(first + 30)
    township = np.array([int(code[:9]) for code in chunk.county.places])
    near = chunk.people["place"] == place
    wide = township[chunk.people["place"]] == township[place]
    return np.concatenate(
        [rng.permutation(np.flatnonzero(able & near)), rng.permutation(np.flatnonzero(able & wide & ~near))]
    )


def _file(chunk: Chunk, rng: np.random.Generator, who: Ints, onset: Ints, what: tuple[int, int]) -> None:
    """One card a case: seen some days after onset, reported mostly within 24 hours; the attendance beside it."""
    disease, outbreak = what
    county, row, size = chunk.county, rows("diseases")[disease], len(who)
    wait = rng.exponential(DELAY_DAYS.get(row["code"], 1.6), size).astype(np.int64)
    seen_on = np.minimum(onset + wait, np.minimum(county.end, chunk.leaves(who)) - 1)
    level = pick(rng, (0.05, 0.75, 0.2) if row["class"] == "乙" else (0.3, 0.5, 0.2), size)
    general, tcm = county.of_kind("general"), county.of_kind("tcm")
    choices = [
        chunk.centre(who),
        general[pick(rng, county.beds(general), size)],
        tcm[pick(rng, county.beds(tcm), size)],
    ]
    minute = minutes(rng, size)
    seen = chunk.meet(
        rng,
        who,
        seen_on,
        np.choose(level, choices),
        minute=minute,
        kind="outpatient",
        icd10=texts("diseases", "icd10")[disease],
        zh=texts("diseases", "zh")[disease],
    )
    late = rng.random(size) < 0.04
    delay = np.where(late, rng.integers(1441, 4300, size), rng.integers(20, 1300, size))
    chunk.add(
        "notifications",
        person=who,
        encounter=seen.encounter,
        disease=disease,
        onset=onset,
        diagnosed=seen_on,
        minute=minute,
        minutes_to_report=delay,
        institution=np.choose(level, choices),
        staff=seen.staff,
        outbreak=outbreak,
        certainty=np.array([1, 2, 3])[pick(rng, (0.55, 0.42, 0.03), size)],
    )
