"""Family-doctor contracts, and the registrations of each person at the systems that know them."""

from __future__ import annotations

import numpy as np

from minkang.synth.arrays import NEVER, Ints, day
from minkang.synth.chronic import Chronic
from minkang.synth.chunk import Chunk

GENERAL, PRIORITY = 0.33, 0.76  # share under contract in 2020 (modelled); both rise by two points a year


def sign(chunk: Chunk, chronic: Chronic) -> None:
    """A contract a year; the old, the small, the pregnant and the chronically ill are priority groups."""
    rng = chunk.rng("contracts")
    county, people = chunk.county, chunk.people
    habit = rng.random(chunk.size)
    for year in range(county.years[0], county.years[1] + 1):
        start = day(year, 1, 4)
        age = chunk.age(start)
        priority = (age >= 65) | (age < 7) | (chronic.hypertension < start) | (chronic.diabetes < start)
        share = np.where(priority, PRIORITY, GENERAL) + (year - 2020) * 0.02
        who = np.flatnonzero(
            chunk.here(start) & chunk.here(day(year, 6, 1)) & (habit * 0.9 + rng.random(chunk.size) * 0.1 < share)
        )
        days = start + rng.integers(0, 80, len(who))
        centre = chunk.centre(who)
        chunk.add("contracts", person=who, day=days, to_day=np.full(len(who), day(year, 12, 31)), institution=centre,
                  staff=_own_doctor(chunk, who, centre), priority=priority[who])  # fmt: skip
    _register(chunk, people["birth"])


def _own_doctor(chunk: Chunk, who: Ints, institution: Ints) -> Ints:
    """The same doctor year after year."""
    count = np.maximum(chunk.county.doctors[institution], 1)
    return np.asarray(chunk.county.first[institution] + chunk.people["household"][who] % count)


def _register(chunk: Chunk, birth: Ints) -> None:
    """Where each person is known, under which local number, name and card.

    A newborn is registered at the place of birth before it has a name or a card: as `<mother>之子` or `之女`, with the
    mother's card. Every other person has a row at the township centre and at each hospital visited.
    """
    people = chunk.people
    visits = chunk.rows("encounters")
    hospitals = chunk.county.of_kind("general", "tcm", "mch", "specialist")
    at = np.isin(visits["institution"], hospitals)
    pairs = np.unique(visits["person"][at].astype(np.int64) * 10_000 + visits["institution"][at])
    who, institution = pairs // 10_000, pairs % 10_000
    all_, centre = np.arange(chunk.size), chunk.centre(np.arange(chunk.size))
    who, institution = np.concatenate([all_, who]), np.concatenate([centre, institution])
    number = np.arange(len(who))
    local = np.array([f"{chunk.number:03d}{value:08d}" for value in number], dtype=object)
    has = people["card_from"][who] < NEVER
    chunk.add("registrations", person=who, institution=institution, local=local, name=people["name"][who],
              card=np.where(has, people["card"][who], ""), birth=birth[who],
              day=np.maximum(people["birth"][who], chunk.county.begin), reason="resident")  # fmt: skip
    babies = chunk.rows("births")
    if len(babies["id"]):
        child, mother = babies["person"].astype(np.int64), babies["mother"].astype(np.int64)
        suffix = np.where(people["male"][child], "之子", "之女").astype(object)
        chunk.add("registrations", person=child, institution=babies["institution"], day=babies["day"], reason="newborn",
                  local=np.array([f"N{chunk.number:03d}{value:07d}" for value in range(len(child))], dtype=object),
                  name=people["name"][mother] + suffix, card=people["card"][mother], birth=birth[child])  # fmt: skip
