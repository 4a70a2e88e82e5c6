"""Notifiable diseases with season, trend and age, and outbreaks whose place, time and size are known."""

from __future__ import annotations

import numpy as np

from minkang.synth.arrays import Ints, day, minutes, pick
from minkang.synth.catalogue import numbers, rows, texts
from minkang.synth.chunk import Chunk

AGES = {"kindergarten": (2.5, 7.0), "school": (6.0, 15.0)}
DISTANCED = {2020, 2021, 2022}
DELAY_DAYS = {"2600": 26.0, "0302": 40.0, "0303": 40.0, "0805": 30.0, "0602": 60.0, "1800": 12.0}


def report(chunk: Chunk) -> None:
    """Background cases of every disease and year, then the outbreaks whose place lies in this chunk."""
    rng = chunk.rng("notifiable")
    first, last = chunk.county.years
    for disease in range(len(rows("diseases"))):
        for year in range(first, last + 1):
            _background(chunk, rng, disease, year)
    _outbreaks(chunk)


def _background(chunk: Chunk, rng: np.random.Generator, disease: int, year: int) -> None:
    """Poisson cases at the rate of the vocabulary; who by age and sex, when by a season of one or two peaks."""
    row = rows("diseases")[disease]
    middle = day(year, 7, 1)
    present = chunk.here(middle)
    rate = float(row["per_100k"]) * (1 + float(row["trend"])) ** (year - 2020) / 1e5
    rate *= float(row["distancing"]) if year in DISTANCED and row["code"] != "2600" else 1.0
    cases = int(rng.poisson(rate * present.sum()))
    if not cases:
        return
    group = np.searchsorted((5, 15, 65), chunk.age(middle), side="right")
    weight = numbers("diseases", "a0", "a1", "a2", "a3")[disease][np.clip(group, 0, 3)]
    men = float(row["men"])
    weight = weight * np.where(chunk.people["male"], men, 1.0) * present
    if weight.sum() <= 0:
        return
    who = pick(rng, weight, cases)
    season = _season(float(row["peak"]), float(row["second"]), float(row["amplitude"]))
    onset = day(year) + pick(rng, season, cases)
    _file(chunk, rng, who, onset, disease, -1)


def _season(peak: float, second: float, amplitude: float) -> np.ndarray:  # type: ignore[type-arg]
    """Weights of the 365 days of a year; the second peak is half as high where it is another month."""
    days = np.arange(365)
    first = np.exp(3.0 * amplitude * np.cos(2 * np.pi * (days / 365 - (peak - 0.5) / 12)))
    again = np.exp(3.0 * amplitude * np.cos(2 * np.pi * (days / 365 - (second - 0.5) / 12)))
    return np.asarray(first / first.mean() + (0.5 if second != peak else 0.0) * again / again.mean())


def _outbreaks(chunk: Chunk) -> None:
    rng = chunk.rng("outbreaks")
    planned = chunk.county.outbreaks
    people = chunk.people
    mine = np.flatnonzero((planned["place"] >= chunk.first_place) & (planned["place"] < chunk.last_place))
    for number_ in mine:
        low, high = AGES[str(planned["setting"][number_])]
        first, place = int(planned["first"][number_]), int(planned["place"][number_])
        age = chunk.age(first)
        near = people["place"] == place
        township = np.array([code[:9] for code in chunk.county.places], dtype=object)
        wide = township[people["place"]] == township[place]
        able = (age >= low) & (age < high) & chunk.here(first) & chunk.here(first + 30)
        pool = np.concatenate(
            [rng.permutation(np.flatnonzero(able & near)), rng.permutation(np.flatnonzero(able & wide & ~near))]
        )
        size = min(int(planned["planned"][number_]), int(0.6 * len(pool)))
        who = pool[:size]
        onset = first + np.minimum(rng.gamma(2.2, 3.0, size), 28).astype(np.int64)
        if size:
            onset[0] = first
            _file(chunk, rng, who, onset, int(planned["disease"][number_]), int(planned["id"][number_]))
        chunk.add("outbreaks", disease=planned["disease"][[number_]], place=place, setting=planned["setting"][[number_]],
                  first=first, last=int(onset.max()) if size else first, planned=planned["planned"][[number_]], cases=size)  # fmt: skip


def _file(chunk: Chunk, rng: np.random.Generator, who: Ints, onset: Ints, disease: int, outbreak: int) -> None:
    """One card a case: seen some days after onset, reported mostly within 24 hours; the attendance beside it."""
    county, row, size = chunk.county, rows("diseases")[disease], len(who)
    wait = rng.exponential(DELAY_DAYS.get(row["code"], 1.6), size).astype(np.int64)
    seen = np.minimum(onset + wait, np.minimum(county.end, chunk.leaves(who)) - 1)
    level = pick(rng, (0.3, 0.5, 0.2), size) if row["class"] != "乙" else pick(rng, (0.05, 0.75, 0.2), size)
    general, tcm = county.of_kind("general"), county.of_kind("tcm")
    institution = np.choose(level, [chunk.centre(who), general[rng.integers(0, len(general), size)],
                                    tcm[rng.integers(0, len(tcm), size)]])  # fmt: skip
    staff, minute = county.a_doctor(rng, institution), minutes(rng, size)
    late = rng.random(size) < 0.04
    delay = np.where(late, rng.integers(1441, 4300, size), rng.integers(20, 1300, size))
    chunk.encounter(who, seen, minute, kind="outpatient", institution=institution, staff=staff,
                    icd10=texts("diseases", "icd10")[disease], zh=texts("diseases", "zh")[disease])  # fmt: skip
    chunk.add("notifications", person=who, disease=disease, onset=onset, diagnosed=seen,
              reported=np.minimum(seen + (minute + delay) // 1440, county.end - 1), minutes_to_report=delay,
              institution=institution, staff=staff, outbreak=outbreak,
              certainty=np.array([1, 2, 3])[pick(rng, (0.55, 0.42, 0.03), size)])  # fmt: skip
