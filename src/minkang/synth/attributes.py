"""What a person is besides age and sex: insurance, schooling, nation, smoking, phone, health record number."""

from __future__ import annotations

import numpy as np

from minkang.synth.arrays import Floats, Ints, Texts, pick, rank_within
from minkang.synth.chunk import Chunk

NATIONS = np.array([1, 3, 5, 6, 7, 11, 15])
NATION_SHARE = (0.988, 0.007, 0.0003, 0.001, 0.001, 0.0017, 0.001)
RECORD_SHARE = 0.955  # of residents have a health record (健康档案)


def describe(chunk: Chunk) -> None:
    """Fill the remaining columns of `people`.

    `insurance` 0 none, 1 employees, 2 residents; `education` and `nation` are codes of GB/T 4658 and GB 3304;
    `phone` begins with 100, which no mobile number does; `record` is the 17-digit number, empty without a record.
    """
    rng = chunk.rng("attributes")
    people, size = chunk.people, chunk.size
    age = chunk.age(chunk.county.end)
    working = (age > 22) & (age < 85)
    people["insurance"] = np.where(working & (rng.random(size) < 0.16), 1, np.where(rng.random(size) < 0.965, 2, 0))
    people["education"] = _education(rng, age)
    people["nation"] = NATIONS[pick(rng, NATION_SHARE, size)]
    chance = np.where(people["male"], np.interp(age, (16, 25, 50, 70, 90), (0.0, 0.34, 0.46, 0.33, 0.2)), 0.012)
    people["smokes"] = rng.random(size) < chance
    number = chunk.number * 1_000_000 + np.arange(size)
    phone = np.array([f"100{value:08d}" for value in number], dtype=object)
    people["phone"] = np.where((age > 14) & (age < 88), phone, "")
    people["record"] = _records(chunk, rng)


def _education(rng: np.random.Generator, age: Floats) -> Ints:
    codes = np.array([90, 80, 70, 60, 30, 20, 10])
    old, middle, young = (0.3, 0.42, 0.22, 0.05, 0.01, 0, 0), (0.05, 0.25, 0.48, 0.14, 0.05, 0.03, 0), (
        0.01, 0.06, 0.36, 0.22, 0.19, 0.15, 0.01)  # fmt: skip
    size = len(age)
    grown = np.where(age > 62, codes[pick(rng, old, size)], np.where(age > 38, codes[pick(rng, middle, size)],
                     codes[pick(rng, young, size)]))  # fmt: skip
    return np.where(age < 7, 90, np.where(age < 13, 80, np.where(age < 18, 70, grown)))


def _records(chunk: Chunk, rng: np.random.Generator) -> Texts:
    """17 digits: 6 region, 3 township, 3 village or community, 5 in order (norms, section 1.2)."""
    people = chunk.people
    has = rng.random(chunk.size) < RECORD_SHARE
    codes = np.array([(code + "001")[:12] for code in chunk.county.places], dtype=object)
    middle = np.array([f"{code[:9]}{'0' if code[9] == '0' else '1'}{code[10:12]}" for code in codes], dtype=object)
    order = rank_within(people["birth"] % 7919, people["place"]) + 1
    text = np.array([f"{middle[place]}{number:05d}" for place, number in zip(people["place"], order, strict=True)],
                    dtype=object)  # fmt: skip
    return np.asarray(np.where(has, text, ""))
