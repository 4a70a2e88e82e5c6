"""Names with the frequency of real ones: surnames as in the national register, given names by cohort and sex."""

from __future__ import annotations

import numpy as np

from minkang.synth.arrays import Bools, Ints, Texts, pick, years_of
from minkang.synth.catalogue import given_names, rows


def surnames(rng: np.random.Generator, size: int) -> Texts:
    """Surnames drawn by their national share (percent); those not in the list share nothing."""
    table = rows("surnames")
    words = np.array([row["surname"] for row in table], dtype=object)
    return words[pick(rng, [float(row["share"]) for row in table], size)]


def given(rng: np.random.Generator, birth: Ints, male: Bools) -> Texts:
    """Given names of one or two characters, as people born then are called."""
    out = np.empty(len(birth), dtype=object)
    born = years_of(birth)
    low = 0
    for cohort in given_names():
        for sex, key in ((True, "male"), (False, "female")):
            here = np.flatnonzero((born >= low) & (born < cohort["until"]) & (male == sex))
            characters = np.array(list(cohort[key]), dtype=object)
            weights = 1.0 / (np.arange(len(characters)) + 3.0) ** 0.9
            first = characters[pick(rng, weights, len(here))]
            second = characters[pick(rng, weights, len(here))]
            single = rng.random(len(here)) < cohort["single"]
            out[here] = np.where(single, first, first + second)
        low = cohort["until"]
    return out


def full_names(rng: np.random.Generator, birth: Ints, male: Bools) -> Texts:
    """Surname and given name for people without family."""
    return np.asarray(surnames(rng, len(birth)) + given(rng, birth, male), dtype=object)
